"""One small file of every format that can be imported, for the contract of readers.

Whoever adds a `Format` adds a module ``samples_<maker>.py`` beside this one with
``SAMPLES``: name of the format -> `ForeignSample`. A test fails for a format that has
none.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ForeignSample:
    """How a small, whole file of one format is written."""

    write: Callable[[Path, frozenset[str]], Path]
    """Write the file into a folder, without the columns of these titles; return it.
    Called with an empty set: the whole file."""
    titles: tuple[str, ...] = ()
    """Titles of the columns that a file of this format may lack, all of them written
    into the whole file; empty where the layout is fixed."""


def samples() -> Mapping[str, ForeignSample]:
    """Return the sample of each format, by `Format.name`."""
    found: dict[str, ForeignSample] = {}
    for path in sorted(Path(__file__).parent.glob("samples_*.py")):
        found.update(importlib.import_module(path.stem).SAMPLES)
    return found
