"""Answers to single questions, one module each."""
