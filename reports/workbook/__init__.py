"""The workbook of a plan: plan.xlsx."""
