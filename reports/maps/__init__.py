"""SVG map and charts."""
