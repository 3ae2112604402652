"""Optimisation: problem, plan and the questions about a plan."""
