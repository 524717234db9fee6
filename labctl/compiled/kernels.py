"""A few entry points that go over from plain Python to machine code while in use.

A short simulation never notices. Once plain Python has worked for a while (`worked`),
a thread loads the machine code from the cache; if there is none, a process of low
priority makes it first. Until then, without numba, without a cache that can be
written, or if anything of this fails, plain Python goes on.
"""

import atexit
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from labctl.compiled import cache

log = logging.getLogger(__name__)

HOW = "LABCTL_KERNELS"
"""Environment: `plain` never compiles, `compiled` waits for it at the first step."""
ENOUGH = 2500
"""Attempted steps of 0.1 ms in plain Python: machine code is half a second away."""
LONGEST = 300.0
"""s that a process may compile."""
LOOKS = 1.0
"""s between two looks whether another process has compiled."""

Entries = TypeVar("Entries", bound=NamedTuple)


class Kernels(Generic[Entries]):
    """Entry points in both forms; ``fast`` is None until they are machine code."""

    def __init__(
        self,
        place: str,
        plain: Entries,
        example: Callable[[], list[tuple[Any, ...]]],
    ) -> None:
        """Take ``plain``, a named tuple of marked functions.

        ``place``: ``module:name`` of this object; ``example``: returns one set of
        arguments for each of them.
        """
        self.plain = plain
        self.fast: Entries | None = None
        self._place, self._example = place, example
        self._done = 0.0
        how = os.environ.get(HOW, "")
        self.begun = how == "plain"
        """Whether the machine code is on its way, or never to come."""
        self.warming: threading.Thread | None = None
        """What looks for the machine code, once it was begun in the background."""
        self._loading = threading.Lock()
        self._stopped = threading.Event()
        self._at_once = how == "compiled"

    def worked(self, steps: float) -> None:
        """Count steps that were made in plain Python."""
        self._done += steps
        if self.begun:
            return
        if self._at_once:
            self.begun = True
            self._guarded(self.load)
        elif self._done >= ENOUGH:
            self.begun = True
            atexit.register(self._stop)
            self.warming = threading.Thread(
                target=self._guarded, args=(self._warm,), name="kernels", daemon=True
            )
            self.warming.start()

    def folder(self) -> Path | None:
        """Return where the machine code is kept; None: without numba."""
        return cache.folder(self.plain)

    def load(self) -> None:
        """Load the machine code, or compile it here; 10 to 30 s if there is none."""
        from labctl.compiled.machine_code import machine_code  # noqa: PLC0415

        place = self.folder()
        if place is None:
            return
        with self._loading:
            if self._stopped.is_set():
                return
            entries = list(zip(self.plain, self._example(), strict=True))
            try:
                made = machine_code(entries, place)
            except OSError:  # a full disk, a folder of others: it may be good
                raise
            except Exception:
                cache.drop(place)  # a damaged one would keep every run from it
                raise
            self.fast = type(self.plain)._make(made)
            cache.complete(place)

    # ---- in the background

    def _warm(self) -> None:
        """Load what is compiled, once it is."""
        place = self.folder()
        if place is None:
            return
        if cache.is_complete(place) or self._compiled_elsewhere(place):
            import numba  # noqa: F401, PLC0415  (the long part, which may be cut off)

            self.load()

    def _guarded(self, warm: Callable[[], None]) -> None:
        """Whatever fails on the way to machine code, plain Python goes on."""
        try:
            warm()
        except Exception:
            log.info("no machine code; plain Python goes on", exc_info=True)

    def _compiled_elsewhere(self, place: Path) -> bool:
        """Have a process compile, this one's or another's; tell whether it did."""
        child: subprocess.Popen[bytes] | None = None
        if sys.executable and cache.begin(place):
            child = _child(self._place, place)
        waited = 0.0
        while waited < LONGEST and not cache.is_complete(place):
            if child is not None and child.poll() is not None:
                break
            if self._stopped.wait(LOOKS):
                return False
            waited += LOOKS
        if child is not None and cache.is_complete(place):
            child.wait(LONGEST)  # it has only to give the lock back
        return cache.is_complete(place)

    def _stop(self) -> None:
        """Load nothing more: the interpreter ends, and native code must not be cut."""
        self._stopped.set()
        with self._loading:
            pass


def _child(place: str, folder: Path) -> subprocess.Popen[bytes]:
    """Start a process that fills ``folder`` and ends by itself, whoever ends before."""
    apart: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        low, no_window = 0x4000, 0x0800_0000
        apart = {"creationflags": low | no_window}
    # Python puts the folder it starts in before all others: not the user's.
    paths = os.pathsep.join(map(os.path.abspath, sys.path))
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "labctl.compiled", place],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **apart,
    )
