"""A simulated EC-Lab with one instrument in one call, in virtual time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dummy_cell import DummyCell

from drivers.ec_lab.channel import EcLabChannel
from drivers.ec_lab.entry import driver
from drivers.twins.ec_lab.ec_lab import SimulatedEcLab
from drivers.twins.world.world import BenchWorld
from labctl.clock import VirtualClock
from labctl.roles.driver import Setup
from labctl.roles.potentiostat import Poll
from labctl.techniques import Technique

NAME, CHANNEL = "eclab", "1"


@dataclass(slots=True)
class EcLabBench:
    """One EC-Lab, its world and its clock."""

    clock: VirtualClock
    world: BenchWorld
    ec_lab: SimulatedEcLab
    setup: Setup
    channel: EcLabChannel

    def another_process(self) -> EcLabChannel:
        """Open the same EC-Lab anew, as a process does that came after a crash."""
        self.channel = driver.open(self.ec_lab, self.setup, self.clock).roles[CHANNEL]
        return self.channel

    def somebody_starts(self, settings: Path, data: str) -> None:
        """Let a person start a settings file in EC-Lab's window."""
        assert self.ec_lab.LoadSettings(0, 0, str(settings)) == 1
        assert self.ec_lab.RunChannel(0, 0, data) == 1

    @property
    def true_current(self) -> float:
        """A that really flows at the first channel."""
        return self.ec_lab.channels[0].channel.true_current

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


def ec_lab_bench(folder: Path, options: Mapping[str, Any] | None = None) -> EcLabBench:
    """Return an open instrument with a dummy cell; converters are exact."""
    clock = VirtualClock(1.7e9)
    world = BenchWorld(clock)
    world.put(DummyCell(), (f"{NAME}/{CHANNEL}",))
    wanted = {"folder": str(folder), **(options or {})}
    simulated = {"channels": 2, "imperfections": "none"}
    setup = Setup(NAME, "ec-lab", "EC-Lab:0", wanted, simulated)
    ec_lab = SimulatedEcLab(setup, world, clock)
    channel = driver.open(ec_lab, setup, clock).roles[CHANNEL]
    return EcLabBench(clock, world, ec_lab, setup, channel)
