"""The solver: HiGHS, limits on a search, executors."""
