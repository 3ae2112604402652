"""The classical location models: which sites, proven best. `optimiser.locate` is the way in."""
