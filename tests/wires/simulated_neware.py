"""A simulated BTS Server on a real socket in one call, in virtual time."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dummy_cell import DummyCell

from drivers.neware.channel import NewareChannel
from drivers.neware.device import NewareDevice
from drivers.neware.entry import driver
from drivers.submitted.endpoint import Endpoint
from drivers.twins.neware.bts import SimulatedBts
from drivers.twins.neware.server import Faults, Served, serve
from drivers.twins.world.socket import CellModel
from drivers.twins.world.world import BenchWorld
from labctl.clock import VirtualClock
from labctl.roles.driver import Setup
from labctl.roles.potentiostat import Poll
from labctl.techniques import Technique

NAME, CHANNEL = "neware", "1-1-1"


@dataclass(slots=True)
class NewareBench:
    """One server, its world and its clock."""

    clock: VirtualClock
    world: BenchWorld
    bts: SimulatedBts
    faults: Faults
    wire: Endpoint
    setup: Setup
    device: NewareDevice

    @property
    def channel(self) -> NewareChannel:
        return self.device.roles[CHANNEL]

    def another_process(self) -> NewareChannel:
        """Open the same server anew, as a process does that came after a crash."""
        self.device.close()
        self.device = driver.open(self.wire, self.setup, self.clock)
        return self.channel

    def somebody_starts(self, barcode: str, file: Path, number: int = 1) -> None:
        """Let a person start a test in BTS Client."""
        self.bts.tests += 1
        started = self.bts.channels[1, number].start(
            self.bts.tests, barcode, str(file), self.clock.now()
        )
        assert started

    def run(self, techniques: Sequence[Technique], every: float = 60.0) -> list[Poll]:
        """Load, start, and poll every ``every`` s until the end."""
        self.channel.load(techniques)
        self.channel.start()
        return self.follow(every)

    def follow(self, every: float = 60.0) -> list[Poll]:
        """Poll every ``every`` s until the end."""
        polls = []
        while True:
            self.clock.sleep(every)
            polls.append(self.channel.poll())
            if not polls[-1].running:
                return polls


@contextmanager
def neware_bench(
    folder: Path,
    options: Mapping[str, Any] | None = None,
    cell: CellModel | None = None,
) -> Iterator[NewareBench]:
    """Open a server with a cell at its first channel; converters are exact."""
    clock = VirtualClock(1.7e9)
    world = BenchWorld(clock)
    world.put(DummyCell() if cell is None else cell, (f"{NAME}/{CHANNEL}",))
    wanted = {"folder": str(folder), **(options or {})}
    simulated = {"channels": 4, "imperfections": "none"}
    setup = Setup(NAME, "neware-bts", "127.0.0.1:502", wanted, simulated)
    wire = serve(SimulatedBts(setup, world, clock))
    assert isinstance(wire.keeps, Served)
    served = wire.keeps
    device = driver.open(wire, setup, clock)
    bench = NewareBench(clock, world, served.bts, served.faults, wire, setup, device)
    try:
        yield bench
    finally:
        bench.device.close()
