"""What a plan can tell a chamber: whether it can at all, and to hold a temperature."""

import math
from dataclasses import dataclass

from labctl.data import Batch, Event, Level
from labctl.errors import Complaint, InstrumentError, RefusedError
from labctl.protocol import Bench, Ending, Rows, Step
from labctl.steps.waiting import waited
from labctl_climate.chamber import Chamber
from labctl_climate.climate import CLIMATE, row_of

ROLE = "chamber"


@dataclass(frozen=True, kw_only=True)
class CheckChamber(Step):
    """Compare temperatures with the chamber's bounds; nothing is switched on.

    RefusedError names every temperature that it cannot do.
    """

    temperatures: tuple[float, ...]
    """°C."""

    def execute(self, bench: Bench) -> Rows:
        """See `labctl.protocol.Step`."""
        complaints = self.beyond(bench)
        if complaints:
            raise RefusedError(complaints)
        yield Event(Level.INFO, "bench", "the chamber reaches every temperature")
        return Ending()

    def beyond(self, bench: Bench) -> list[Complaint]:
        """See `labctl.protocol.Step`: so `labctl check` says it, too."""
        return out_of_reach(bench.role(ROLE, Chamber), self.temperatures)


def out_of_reach(chamber: Chamber, temperatures: tuple[float, ...]) -> list[Complaint]:
    """Return which temperatures are not within a chamber's bounds; no talk."""
    low, high = chamber.bounds.lowest, chamber.bounds.highest
    return [
        Complaint(
            ("parameters", "temperatures", k),
            f"{celsius:g} °C is outside {low:g} … {high:g} °C of the chamber.",
        )
        for k, celsius in enumerate(temperatures)
        if not low <= celsius <= high
    ]


@dataclass(frozen=True, kw_only=True)
class HoldTemperature(Step):
    """Go to a temperature, wait until it is there, hold it; a row a look.

    The chamber regulates on at the end: the next step expects it. One that was
    interrupted begins anew, as the chamber was off meanwhile. InstrumentError: it did
    not come in time, or left the tolerance.
    """

    temperature: float
    """°C."""
    hold: float
    """s within the tolerance."""
    tolerance: float = 0.5
    """°C."""
    deadline: float = 7200.0
    """s that it may take to get there."""
    every: float = 10.0
    """s between two rows."""

    def execute(self, bench: Bench) -> Rows:
        """See `labctl.protocol.Step`."""
        chamber, clock = bench.role(ROLE, Chamber), bench.clock
        chamber.regulate(self.temperature)
        yield None
        begun, arrived = clock.now(), math.nan
        while not clock.now() - arrived >= self.hold:
            reading = chamber.read()
            yield Batch.row(CLIMATE.name, row_of(reading))
            off = abs(reading.air - self.temperature)
            if math.isnan(arrived) and off <= self.tolerance:
                arrived = clock.now()
            elif math.isnan(arrived) and clock.now() - begun > self.deadline:
                raise InstrumentError(
                    f"{ROLE}: {reading.air:.1f} °C after {self.deadline:g} s, asked "
                    f"for {self.temperature:g} °C; check door, load and deadline"
                )
            elif not math.isnan(arrived) and not off <= self.tolerance:
                raise InstrumentError(
                    f"{ROLE}: {reading.air:.1f} °C while {self.temperature:g} ± "
                    f"{self.tolerance:g} °C was held"
                )
            yield from waited(bench, self.every)
        return Ending(values={"reached_after": arrived - begun})
