"""Funding: grants, regimes, settlement, price basis."""
