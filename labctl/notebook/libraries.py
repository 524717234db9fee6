"""Libraries of the extra ``notebook``: loaded when asked for, named when missing."""

import importlib
from typing import Any

from labctl.errors import OperatorError

EXTRA = "labctl-bench[notebook]"
"""What installs all of them."""


def library(name: str, purpose: str) -> Any:
    """Return the module ``name``, which is what ``purpose`` needs.

    OperatorError: it is not installed; the message has the line that installs it.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.partition(".")[0] != name:
            raise  # it is there, something that it needs is not
        raise OperatorError(
            f"{purpose} needs {name}, which is not installed here: "
            f"pip install {name}, or pip install '{EXTRA}' for all that notebooks use"
        ) from error
