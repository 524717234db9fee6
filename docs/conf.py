"""Sphinx settings; pages are Markdown, those in ``notebooks`` are executed."""

import os
import sys
from pathlib import Path
from typing import Any

project = "labctl"
author = "the labctl authors"
project_copyright = "2026, the labctl authors"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
exclude_patterns = ["_build", "examples"]
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "undoc-members": False}
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
napoleon_google_docstring = False
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 300  # s a cell; simulated runs take ten
nb_merge_streams = True
# The commands that a notebook runs are those beside the interpreter that builds it.
os.environ["PATH"] = os.pathsep.join(
    [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
)
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"  # not a kernel of the same name elsewhere
suppress_warnings = ["ref.python"]  # a field may be called `range`, as a built-in is


def setup(app: Any) -> None:
    """Let ``|current|`` in a docstring be a magnitude, not a substitution."""

    def escape(*given: Any) -> None:
        lines: list[str] = given[-1]
        lines[:] = [line.replace("|", r"\|") for line in lines]

    app.connect("autodoc-process-docstring", escape)
