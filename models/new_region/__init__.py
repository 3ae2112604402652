"""New regions made from a map."""
