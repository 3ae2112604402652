"""Infeasibility: conflicting policies and the smallest repairs."""
