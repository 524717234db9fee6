"""Records as the twin of a WBCS3000 writes them, and a driver that reads them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from drivers.twins.wonatech.wbcs3000 import SimulatedWbcs3000
from drivers.twins.world.world import BenchWorld
from drivers.wonatech.folder import DiskFolder
from drivers.wonatech.follower import Follower
from drivers.wonatech.options import Options
from labctl.clock import VirtualClock
from labctl.data import Array
from labctl.roles.driver import Setup
from labctl.roles.record_source import Recordings
from labctl.roles.schedule import ScheduleStep

NAME = "cell.wrd"
FORMS = ("1.3", "2.13")
EVERY = 240.0
"""s of virtual time between two looks."""


@dataclass(frozen=True)
class Written:
    """A record as it was while it grew, and as it was sealed."""

    growing: bytes
    sealed: bytes
    charge: float
    """What really passed, A·h."""


def written(
    folder: Path,
    form: str = "1.3",
    schedule: Sequence[Mapping[str, Any]] = (),
    sample: str = "qms-0.7",
) -> Written:
    """Let the twin record a whole test of a cell into ``folder``."""
    clock = VirtualClock()
    world = BenchWorld(clock, 0)
    told = {"format": form, "folder": str(folder), "file": NAME, "schedule": schedule}
    setup = Setup("w", "wonatech-wbcs3000", "", {}, told)
    twin = SimulatedWbcs3000(setup, world, clock)
    world.place(sample, ("w",))
    start = world.socket("w").cell.charge
    twin.names()
    before = b""
    while twin.truth is None or not twin.truth.at.is_over:
        before = twin.read(NAME, 0, 1 << 30)
        clock.sleep(EVERY)
        twin.size(NAME)
    sealed = (folder / NAME).read_bytes()
    growing = before + sealed[len(before) :]
    charge = (world.socket("w").cell.charge - start) / 3600.0
    return Written(growing, sealed, charge)


def follower(
    folder: Path, clock: VirtualClock | None = None, **options: Any
) -> tuple[Follower, VirtualClock]:
    """Return who follows the record in a real folder."""
    clock = clock or VirtualClock()
    told = Options(**options)
    return Follower(DiskFolder(folder), NAME, told, clock), clock


def read_out(following: Follower, clock: VirtualClock) -> Mapping[str, Array]:
    """Return all rows up to the end that the record states."""
    parts = []
    for _ in range(1000):
        glance = following.glance()
        if glance.rows is not None:
            parts.append(glance.rows.columns)
        if glance.stands is Recordings.ENDED:
            break
        clock.sleep(EVERY)
    return {k: np.concatenate([part[k] for part in parts]) for k in parts[0]}


def as_json(lines: Sequence[ScheduleStep]) -> list[dict[str, Any]]:
    """Return a schedule as the twin takes it."""
    return [json.loads(json.dumps(one.to_json())) for one in lines]
