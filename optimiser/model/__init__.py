"""The optimisation model: variables, rules and objective."""
