"""Parameters of a region: schema, quantities with units, scenarios."""
