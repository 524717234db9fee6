"""What a plan can tell a humidifier: whether it can at all, and to hold a humidity."""

import math
from dataclasses import dataclass

from labctl.data import Batch, Event, Level
from labctl.errors import Complaint, InstrumentError, RefusedError
from labctl.protocol import Bench, Ending, Rows, Step
from labctl.steps.waiting import waited
from labctl_climate.humidifier import Humidifier
from labctl_climate.humidity import HUMIDITY, row_of

ROLE = "humidifier"


@dataclass(frozen=True, kw_only=True)
class CheckHumidifier(Step):
    """Compare humidities with the humidifier's bounds; nothing is switched on.

    RefusedError names every humidity that it cannot do.
    """

    humidities: tuple[float, ...]
    """%, relative."""

    def execute(self, bench: Bench) -> Rows:
        """See `labctl.protocol.Step`."""
        complaints = self.beyond(bench)
        if complaints:
            raise RefusedError(complaints)
        yield Event(Level.INFO, "bench", "the chamber reaches every humidity")
        return Ending()

    def beyond(self, bench: Bench) -> list[Complaint]:
        """See `labctl.protocol.Step`: so `labctl check` says it, too."""
        return out_of_reach(bench.role(ROLE, Humidifier), self.humidities)


def out_of_reach(
    humidifier: Humidifier, humidities: tuple[float, ...]
) -> list[Complaint]:
    """Return which humidities are not within a humidifier's bounds; no talk."""
    low, high = humidifier.bounds.driest, humidifier.bounds.wettest
    return [
        Complaint(
            ("parameters", "humidities", k),
            f"{percent:g} % is outside {low:g} … {high:g} % of the humidifier.",
        )
        for k, percent in enumerate(humidities)
        if not low <= percent <= high
    ]


@dataclass(frozen=True, kw_only=True)
class HoldHumidity(Step):
    """Go to a humidity, wait until it is there, hold it; a row a look.

    The humidifier regulates on at the end: the next step expects it. One that was
    interrupted begins anew, as it was off meanwhile. InstrumentError: it did not come
    in time, or left the tolerance.
    """

    humidity: float
    """%, relative."""
    hold: float
    """s within the tolerance."""
    tolerance: float = 2.0
    """%."""
    deadline: float = 7200.0
    """s that it may take to get there."""
    every: float = 10.0
    """s between two rows."""

    def execute(self, bench: Bench) -> Rows:
        """See `labctl.protocol.Step`."""
        humidifier, clock = bench.role(ROLE, Humidifier), bench.clock
        humidifier.humidify(self.humidity)
        yield None
        begun, arrived = clock.now(), math.nan
        while not clock.now() - arrived >= self.hold:
            reading = humidifier.read()
            yield Batch.row(HUMIDITY.name, row_of(reading))
            off = abs(reading.humidity - self.humidity)
            if math.isnan(arrived) and off <= self.tolerance:
                arrived = clock.now()
            elif math.isnan(arrived) and clock.now() - begun > self.deadline:
                raise InstrumentError(
                    f"{ROLE}: {reading.humidity:.1f} % after {self.deadline:g} s, "
                    f"asked for {self.humidity:g} %; check door, water and deadline"
                )
            elif not math.isnan(arrived) and not off <= self.tolerance:
                raise InstrumentError(
                    f"{ROLE}: {reading.humidity:.1f} % while {self.humidity:g} ± "
                    f"{self.tolerance:g} % was held"
                )
            yield from waited(bench, self.every)
        return Ending(values={"reached_after": arrived - begun})
