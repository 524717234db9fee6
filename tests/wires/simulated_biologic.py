"""A simulated BioLogic bench in one call, for examples and tests.

>>> bench = simulated_bench()
>>> bench.channel.load([OpenCircuit(60.0)])
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from dummy_cell import DummyCell

from drivers.biologic.channel import BiologicChannel
from drivers.biologic.device import BiologicDevice
from drivers.biologic.entry import driver
from drivers.twins.biologic.library import BiologicTwin
from drivers.twins.world.socket import CellModel
from drivers.twins.world.world import BenchWorld
from labctl.clock import VirtualClock
from labctl.data import Array, Batch
from labctl.roles.driver import Setup
from labctl.roles.potentiostat import Poll
from labctl.techniques import Technique

NAME, ADDRESS = "vsp300", "192.168.0.10"


@dataclass(frozen=True, slots=True)
class SimulatedBench:
    """One instrument, its world and its clock."""

    clock: VirtualClock
    world: BenchWorld
    twin: BiologicTwin
    device: BiologicDevice

    @property
    def channel(self) -> BiologicChannel:
        """The first channel."""
        return self.device.roles["1"]

    def run(
        self, techniques: Sequence[Technique], every: float = 60.0, channel: str = "1"
    ) -> list[Poll]:
        """Load, start, and poll every ``every`` s until the end."""
        player = self.device.roles[channel]
        player.load(techniques)
        player.start()
        polls = []
        while True:
            self.clock.sleep(every)
            polls.append(player.poll())
            if not polls[-1].running:
                return polls


def simulated_bench(
    simulated: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    cell: CellModel | None = None,
    channels: Sequence[str] = (f"{NAME}/1",),
    *,
    own_thread: bool = False,
    missing: frozenset[str] = frozenset(),
    clock: VirtualClock | None = None,
) -> SimulatedBench:
    """Return an open VSP-300 (or ``simulated["model"]``), a cell at ``channels``.

    Its converters have no gain and no zero error unless ``simulated`` says otherwise.

    ``own_thread``: a call may be made to hang. ``missing``: functions that the release
    does not have.
    """
    clock = VirtualClock(0.0) if clock is None else clock
    world = BenchWorld(clock)
    world.put(DummyCell() if cell is None else cell, channels)
    exact = {"imperfections": "none"}
    wanted = {"model": "VSP-300", "channels": 6, **exact, **(simulated or {})}
    setup = Setup(NAME, "biologic", ADDRESS, options or {}, wanted)
    twin = BiologicTwin(setup, world, clock)
    twin.faults.missing = missing
    table = twin.table(own_thread=own_thread)
    return SimulatedBench(clock, world, twin, driver.open(table, setup, clock))


def column(polls: Sequence[Poll], name: str, stream: str = "timeseries") -> Array:
    """Return one column of everything that ``polls`` brought, in order of time."""
    parts = [
        batch.columns[name]
        for poll in polls
        for batch in poll.batches
        if batch.stream == stream
    ]
    return np.concatenate(parts) if parts else np.empty(0)


def rows(batches: Sequence[Batch]) -> int:
    """Return how many rows there are."""
    return sum(len(batch) for batch in batches)
