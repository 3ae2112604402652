"""Sets of plans that answer one question."""
