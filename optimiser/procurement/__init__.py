"""Procurement: contract volumes and lots."""
