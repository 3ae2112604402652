"""The commands in a terminal: panels, progress and messages."""
