"""Sets of regions: cooperation, districting, price coordination."""
