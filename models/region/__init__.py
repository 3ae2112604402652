"""A region folder, read and checked into frozen tables."""
