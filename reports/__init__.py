"""Reports: pages, workbooks, map layers and plan folders."""
