"""Sphinx settings; pages are Markdown."""

project = "labctl"
author = "the labctl authors"
project_copyright = "2026, the labctl authors"
extensions = ["myst_parser"]
html_theme = "furo"
exclude_patterns = ["_build"]
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
