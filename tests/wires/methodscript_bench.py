"""A simulated instrument with a cell at its leads, and the driver that talks to it."""

from dataclasses import dataclass
from typing import Any

from drivers.palmsens.channel import MethodScriptChannel
from drivers.palmsens.entry import driver
from drivers.palmsens.instrument import MethodScriptInstrument
from drivers.twins.palmsens.entry import alone
from drivers.twins.palmsens.instrument import MethodScriptTwin
from drivers.twins.visa.library import LabsimLibrary
from drivers.twins.world.world import BenchWorld
from labctl.clock import VirtualClock
from labctl.data import Batch, Event
from labctl.roles.driver import Setup

ADDRESS = "ASRL/dev/ttyACM0::INSTR"


@dataclass
class Bench:
    """Everything of one instrument, on both sides of its line."""

    clock: VirtualClock
    twin: MethodScriptTwin
    library: LabsimLibrary
    setup: Setup

    def open(self) -> MethodScriptInstrument:
        """Connect as another program, or again."""
        return driver.open(self.library, self.setup, self.clock)


@dataclass
class Ended:
    """What came of an upload."""

    batches: list[Batch]
    events: list[Event]

    def column(self, stream: str, name: str) -> list[float]:
        """Return one column of a stream."""
        parts = [b.columns[name].tolist() for b in self.batches if b.stream == stream]
        return [value for part in parts for value in part]


def bench_of(
    sample: str = "qms-0.7", options: dict[str, Any] | None = None, **simulated: Any
) -> Bench:
    """Return a bench; ``simulated`` is what the configuration says of the twin."""
    clock = VirtualClock(1.7e9)
    world = BenchWorld(clock)
    if sample:
        world.place(sample, ["emstat4"])
    setup = Setup("emstat4", "palmsens-methodscript", ADDRESS, options or {}, simulated)
    twin = alone(setup, world, clock)
    world.join("emstat4", twin)
    return Bench(clock, twin, LabsimLibrary.around({ADDRESS: twin}), setup)


def run_out(bench: Bench, channel: MethodScriptChannel, every: float = 300.0) -> Ended:
    """Poll until the upload has ended."""
    batches, events, running = list[Batch](), list[Event](), True
    for _ in range(2000):
        if not running:
            break
        bench.clock.sleep(every)
        poll = channel.poll()
        running = poll.running
        batches += poll.batches
        events += poll.events
    assert not running
    return Ended(batches, events)
