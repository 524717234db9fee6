"""Files that another program is to read appear whole, together, and replace nothing.

A writer puts them into a folder of its own beside their place. A file that is there
already with the same content is left alone; one with other content is refused, and then
none appears.
"""

import filecmp
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from labctl.errors import OperatorError, StoreError

FIRST = 3
"""So many of the files that are in the way are named."""


@dataclass(slots=True)
class Delivery:
    """What is being written, and where it will lie."""

    directory: Path
    """Where the files go."""
    workplace: Path
    """Where they are written meanwhile."""
    names: list[str] = field(default_factory=list)
    """In the order in which they were asked for."""

    @property
    def paths(self) -> list[Path]:
        """Where the files lie, once delivered."""
        return [self.directory / name for name in self.names]

    def file(self, name: str) -> Path:
        """Return where to write what will be called ``name``."""
        if name in self.names:
            raise ValueError(f"{name} is delivered already")
        self.names.append(name)
        return self.workplace / name


@contextmanager
def delivery(directory: Path, *, replace: bool = False) -> Iterator[Delivery]:
    """Deliver what the block writes, if it ends well.

    ``replace``: what has other content is replaced. OperatorError: it is in the way.
    StoreError: the folder or a file cannot be written.
    """
    workplace: Path | None = None
    try:
        directory.mkdir(parents=True, exist_ok=True)
        workplace = Path(tempfile.mkdtemp(prefix=".labctl-export-", dir=directory))
        goods = Delivery(directory, workplace)
        yield goods
        _hand_over(goods, replace=replace)
    except OSError as e:
        raise StoreError(
            f"{directory}: cannot be written: {e.strerror or e}; choose another folder"
        ) from e
    finally:
        if workplace is not None:
            shutil.rmtree(workplace, ignore_errors=True)


def _hand_over(goods: Delivery, *, replace: bool) -> None:
    fresh = [name for name in goods.names if not same_content(goods, name)]
    taken = [name for name in fresh if os.path.lexists(goods.directory / name)]
    if taken and not replace:
        more = len(taken) - FIRST
        raise OperatorError(
            f"{goods.directory}: {', '.join(taken[:FIRST])}"
            f"{f' and {more} more' if more > 0 else ''} "
            f"{'is' if len(taken) == 1 else 'are'} there with other content; nothing "
            "was written: choose another folder, or replace with --force"
        )
    for name in fresh:
        (goods.workplace / name).replace(goods.directory / name)


def same_content(goods: Delivery, name: str, there: str = "") -> bool:
    """Tell whether a file lies in its place already, byte for byte.

    ``there``: the name to compare with; empty: its own.
    """
    path = goods.directory / (there or name)
    return path.is_file() and filecmp.cmp(goods.workplace / name, path, shallow=False)


def word_of(text: str) -> str:
    """Return ``text`` as part of a file name on any system: ``U Cam`` -> ``U-Cam``."""
    return re.sub(r"[^A-Za-z0-9.-]+", "-", text).strip("-.") or "unnamed"
