"""Monitoring of a plan: expected counts, control bands, re-basing."""
