"""Negotiation with corporations: requested homes, locks, terms."""
