"""Run protocols on instruments, stream every reading, lose nothing.

In a notebook: ``run = labctl.open("runs/20261129-…-si-3f9a")``.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labctl.notebook.door import open, open_run, runs  # noqa: A004

__all__ = ["open", "open_run", "runs"]


def __getattr__(name: str) -> Any:
    """Load the door when somebody comes in: nothing else of labctl needs it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from labctl.notebook import door  # noqa: PLC0415

    return getattr(door, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
