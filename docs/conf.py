"""How Sphinx builds these pages: Markdown by MyST, the theme Furo, nothing fetched from elsewhere."""

import importlib.metadata

project = "spreidplan"
release = importlib.metadata.version("spreidplan")
copyright = "EUPL-1.2"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "examples"]
html_theme = "furo"
html_title = f"spreidplan {release}"
html_copy_source = False
html_show_sphinx = False
html_extra_path = ["house.svg"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
myst_links_external_new_tab = False
nitpicky = True
