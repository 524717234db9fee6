"""A simulated bench that outlives its process, as a real cell does.

When a commit is taken over the world's state is taken with it, in the thread that runs
the twins; it is written under the commit's number just before the rows are durable, so
that after a crash the state that belongs to the last durable row is at hand.
"""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from labctl.errors import StoreError
from labctl.store.journal.journal import Journal

PREFIX = "world-"
_SPECIMEN = frozenset({"specimen", "circuit", "specimen_kelvin"})


def keep_snapshots(journal: Journal, world: Any) -> None:
    """Save ``world`` beside the journal at every commit."""
    folder = journal.path.parent

    def take(sequence: int) -> Callable[[], None]:
        text = json.dumps(world.snapshot())
        return lambda: _save(folder, sequence, text)

    journal.take_snapshot = take


def _save(folder: Path, sequence: int, text: str) -> None:
    path = folder / f"{PREFIX}{sequence:09d}.json"
    temporary = path.with_suffix(".tmp")
    temporary.write_text(text)
    os.replace(temporary, path)  # noqa: PTH105  (atomic, and over what is there)
    for old in folder.glob(f"{PREFIX}*.json"):
        if _number(old) < sequence - 1:
            old.unlink(missing_ok=True)


def carry_over(journal: Journal) -> None:
    """Let the last state belong to the commits to come: nothing happens to the world.

    Harmless where there is none.
    """
    folder = journal.path.parent

    def save(sequence: int) -> None:
        states = sorted(folder.glob(f"{PREFIX}*.json"), key=_number)
        path = folder / f"{PREFIX}{sequence:09d}.json"
        if states and states[-1] != path:
            temporary = path.with_suffix(".tmp")
            temporary.write_text(states[-1].read_text())
            os.replace(temporary, path)  # noqa: PTH105  (atomic)

    journal.take_snapshot = lambda sequence: lambda: save(sequence)


def put_back(
    folder: Path, sequence: int, world: Any, channels: Sequence[str] | None = None
) -> None:
    """Restore the state that belongs to commit ``sequence``.

    With ``channels``, only the cells that sit there: other runs go on beside this one.

    StoreError: it is not there; the run cannot go on as if nothing had happened.
    """
    path = folder / f"{PREFIX}{sequence:09d}.json"
    if not sequence and not path.exists():
        return  # killed before its first commit: nothing has happened to the world
    if not path.exists():
        raise StoreError(
            f"{folder}: the simulated bench of commit {sequence} is not there; this "
            "simulated run cannot go on"
        )
    state = json.loads(path.read_text())
    if channels is not None:
        mine = [c for c in state["cells"] if set(c["seats"]) & set(channels)]
        state = {**state, "cells": mine, "parts": {}}
        if mine:  # the film or pellet beside it is another run's
            state = {k: v for k, v in state.items() if k not in _SPECIMEN}
    world.restore(state)


def forget(folder: Path) -> None:
    """Remove the states of a run that has ended."""
    for path in folder.glob(f"{PREFIX}*"):
        path.unlink(missing_ok=True)


def _number(path: Path) -> int:
    return int(path.stem.removeprefix(PREFIX))
