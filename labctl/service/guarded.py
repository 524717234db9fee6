"""The runner's side of the guard: arm it, give beats, disarm it when all is safe."""

import contextlib
import dataclasses
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from labctl.clock import stopwatch
from labctl.engine.situation import Ended, Situation
from labctl.errors import InstrumentError
from labctl.roles.driver import Setup
from labctl.service.safing import CALL
from labctl.session.run import Observers
from labctl.store.seal import child_environment

log = logging.getLogger(__name__)

BEAT_EVERY = 0.5
"""s between two beats at least; the engine may poll faster."""


class Guarding:
    """Holds the guard's process; one for all runs of a process."""

    def __init__(self, folder: Path, patience: float | None = None) -> None:
        words = [str(folder)] if patience is None else [str(folder), str(patience)]
        options: dict[str, Any] = {"start_new_session": True}
        if os.name == "nt":
            group = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
            apart = getattr(subprocess, "CREATE_BREAKAWAY_FROM_JOB", 0)
            options = {"creationflags": group | apart}
        with (folder / "guard.log").open("ab") as words_of_it:
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "labctl.service.guard", *words],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=words_of_it,
                env=child_environment(),
                **options,
            )
        self._lock = threading.Lock()

    @property
    def is_alive(self) -> bool:
        """Whether the guard stands."""
        return self._process.poll() is None

    def arm(self, run: str, setups: Mapping[str, Setup], seats: Sequence[str]) -> None:
        """Name what must be made safe if this process dies.

        InstrumentError: the guard is not there; nothing may be switched on.
        """
        by_instrument: dict[str, list[str]] = {}
        for seat in seats:
            instrument, _, name = seat.partition("/")
            by_instrument.setdefault(instrument, []).append(name)
        outputs = []
        for instrument, names in by_instrument.items():
            setup = setups[instrument]
            given = {
                "name": instrument,
                "driver": setup.driver,
                "address": setup.address,
                "options": dict(setup.options),
                "seats": names,
            }
            outputs.append({"name": instrument, "call": CALL, "given": given})
        line = {"arm": run, "pid": os.getpid(), "outputs": outputs}
        if not self._say(line):
            raise InstrumentError(
                "the guard process is not there, so nothing is switched on; see "
                "guard.log beside the runs"
            )

    def beat(self, run: str) -> None:
        """Say that a run's loop came round."""
        if not self._say({"beat": run}):
            log.error("the guard is gone: outputs are on without it")

    def disarm(self, run: str) -> None:
        """Say that every output of a run is safe."""
        self._say({"disarm": run})

    def observe(
        self,
        observers: Observers,
        setups: Mapping[str, Setup],
        seats: Sequence[str],
    ) -> Observers:
        """Return observers that arm before the first step, beat, and disarm."""
        return _observe(lambda _folder: self, observers, setups, seats)

    def close(self) -> None:
        """End the guard; what is still armed is made safe by it."""
        with contextlib.suppress(OSError, ValueError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(20.0)

    def _say(self, line: dict[str, Any]) -> bool:
        with self._lock:
            try:
                assert self._process.stdin is not None  # noqa: S101  (for the types)
                self._process.stdin.write(json.dumps(line).encode() + b"\n")
                self._process.stdin.flush()
            except (OSError, ValueError):
                return False
            return True


def guarded(
    observers: Observers, setups: Mapping[str, Setup], seats: Sequence[str]
) -> Observers:
    """Return observers of one run with a guard of its own, beside the run's files."""
    return _observe(Guarding, observers, setups, seats)


def _observe(
    guard_of: Callable[[Path], Guarding],
    observers: Observers,
    setups: Mapping[str, Setup],
    seats: Sequence[str],
) -> Observers:
    known: list[tuple[Guarding, str]] = []
    last = [0.0]

    def started(folder: Path) -> None:
        guarding = guard_of(folder)
        guarding.arm(folder.name, setups, seats)
        known.append((guarding, folder.name))
        if observers.started is not None:
            observers.started(folder)

    def seen(situation: Situation) -> None:
        now = stopwatch()
        if known and now - last[0] >= BEAT_EVERY:
            last[0] = now
            known[0][0].beat(known[0][1])
        if observers.watch is not None:
            observers.watch(situation)

    def ended(how: Ended) -> None:
        if known and "STATE UNKNOWN" not in how.text:
            known[0][0].disarm(known[0][1])
        if observers.ended is not None:
            observers.ended(how)

    return dataclasses.replace(observers, started=started, watch=seen, ended=ended)
