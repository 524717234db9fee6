"""Where runs are put together before they appear among the others, whole.

``OUT/.importing`` holds what is being made; nobody takes it for a run. A run is moved
to ``OUT`` in one step once it is sealed. One import at a time works in a folder of
runs; what a killed one left is swept away by the next.
"""

import secrets
import shutil
from pathlib import Path
from typing import Self

from labctl.errors import StoreError
from labctl.store.folder import sync_directory
from labctl.store.lock import HeldError, WriterLock

NAME = ".importing"
LOCK = "import.lock"
PATIENCE = 0.5
"""s that another import may take to end."""


class ImportPlace:
    """The place for one import into ``out``, while it is entered."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self._place = out / NAME
        self._lock: WriterLock | None = None

    def __enter__(self) -> Self:
        try:
            self._place.mkdir(parents=True, exist_ok=True)
            self._lock = WriterLock.when_free(self._place / LOCK, PATIENCE)
        except HeldError as e:
            raise StoreError(
                f"{self.out}: another import into this folder goes on; wait for its end"
            ) from e
        except OSError as e:
            raise StoreError(f"{self.out}: cannot be written: {e.strerror or e}") from e
        self._sweep()
        return self

    def __exit__(self, *_: object) -> None:
        self._sweep()
        if self._lock is not None:
            self._lock.release()

    def fresh(self) -> Path:
        """Return a new folder in which one run may be made."""
        folder = self._place / secrets.token_hex(8)
        folder.mkdir()
        return folder

    def publish(self, run: Path) -> Path:
        """Move a finished run to its place and return that. StoreError."""
        target = self.out / run.name
        try:
            run.rename(target)
            sync_directory(self.out)
        except OSError as e:
            raise StoreError(f"{target}: cannot be written: {e.strerror or e}") from e
        self.discard(run)
        return target

    def discard(self, run: Path) -> None:
        """Remove what was made of a file that is not to become a run."""
        shutil.rmtree(run.parent, ignore_errors=True)

    def _sweep(self) -> None:
        for left in self._place.iterdir():
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
