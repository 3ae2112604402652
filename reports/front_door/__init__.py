"""Calls of the front door for Python: one function per question, each with a result that shows itself."""
