"""What people look at: the folder of a plan with its page, workbook, layers and arrays.

A rim: nothing imports it but the command line and notebooks.
"""

from reports.folder import read_plan, write

__all__ = ["read_plan", "write"]
