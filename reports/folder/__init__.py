"""Plan folders on disk."""
