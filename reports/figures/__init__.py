"""Figures of a plan, full and public."""
