"""Independent verification of a plan from its own arrays."""
