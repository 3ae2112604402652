"""Classical facility location models and exact solvers for them."""
