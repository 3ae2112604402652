"""Observed counts and the rates estimated from them."""
