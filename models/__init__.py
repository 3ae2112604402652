"""Models of a region: its tables, demand and money."""
