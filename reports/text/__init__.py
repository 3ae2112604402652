"""Words and numbers in Dutch and English."""
