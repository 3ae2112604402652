"""The page of a plan: report.html."""
