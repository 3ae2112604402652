"""Accounts of a plan: every euro and who pays it."""
