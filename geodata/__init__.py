"""Geography: areas, neighbours, roads and travel minutes."""
