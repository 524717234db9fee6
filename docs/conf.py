"""Sphinx settings; pages are Markdown."""

from typing import Any

project = "labctl"
author = "the labctl authors"
project_copyright = "2026, the labctl authors"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
exclude_patterns = ["_build", "examples"]
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "undoc-members": False}
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
napoleon_google_docstring = False
suppress_warnings = ["ref.python"]  # a field may be called `range`, as a built-in is


def setup(app: Any) -> None:
    """Let ``|current|`` in a docstring be a magnitude, not a substitution."""

    def escape(*given: Any) -> None:
        lines: list[str] = given[-1]
        lines[:] = [line.replace("|", r"\|") for line in lines]

    app.connect("autodoc-process-docstring", escape)
