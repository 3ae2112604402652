"""Trade-offs: near-optimal plans, Pareto front, two-stage plans."""
