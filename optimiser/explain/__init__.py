"""Explanation of a plan: binding rules, marginal values, counterfactuals."""
