"""Comparison of plans or inputs: differences, attribution, sensitivity."""
