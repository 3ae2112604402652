"""The search: relaxations, bounds and heuristics."""
