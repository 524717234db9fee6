"""Bring a chamber to a temperature and wait until it has settled, or say it did not.

The chamber regulates on by itself: the steps that follow are measured in it. It has
settled when it stayed within the band for the dwell, and the sample's own thermometer
stands still; where the sample has none, when it stayed for the soak after the dwell.
What interrupts the run makes the chamber safe too, so `SetTemperature` stands
(`labctl.protocol.Step.stands`) and is restored first.
"""

import dataclasses
import itertools
import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from labctl import columns
from labctl.clock import Clock
from labctl.data import Batch, EndReason, Event, Level, Outcome
from labctl.errors import Complaint, InstrumentError
from labctl.protocol import Bench, Ending, Rows, Step
from labctl.roles.chamber import Chamber, ChamberReading
from labctl.roles.needs import Ability, Need
from labctl.steps.waiting import waited
from labctl.temperatures import THERMOMETERS, Temperatures

ROLE = "chamber"
LOOK_EVERY = 10.0
"""s between two looks at the chamber; waits are yielded once a poll."""
DWELL = 120.0
"""s within the band before the soak counts: an overshoot passes through it faster."""
STILL = 0.2
"""Of the band: a sample whose mean moved by less from one dwell to the next stands
still; it is then within twice that of where it goes, if it follows in 300 s."""
LOOKS = int(DWELL / LOOK_EVERY)
"""That make the temperature at which it settled."""
ROUNDING = 1e-6
"""K; a set point that differs by less is the same."""


@dataclass(frozen=True, slots=True)
class TemperatureTarget:
    """A temperature, how near the chamber must come, and how long it may take."""

    celsius: float
    """°C."""
    band: float = 0.5
    """K on either side that count as reached, by the chamber's own sensor."""
    soak: float = 0.0
    """s within the band after the dwell, for the sample to follow."""
    deadline: float | None = None
    """s until it is within the band; None: what the chamber states of itself."""
    ramp: float | None = None
    """K/s; None: as fast as the chamber can."""


@dataclass(frozen=True, kw_only=True)
class SetTemperature(Step):
    """Bring the chamber to a temperature and leave it there for the next steps."""

    stands: ClassVar[bool] = True

    target: TemperatureTarget
    role: str = ROLE
    required: bool = True
    """False: a temperature that does not come is said and the run goes on; at its end,
    when everything has been measured."""

    def execute(self, bench: Bench) -> Rows:
        """See `Step.execute`. InstrumentError: it did not come in time."""
        chamber, target = bench.role(self.role, Chamber), self.target
        held = chamber.regulate(target.celsius, target.ramp)
        sample = bench.role(THERMOMETERS, Temperatures)
        watch = _Watch(bench.clock, chamber, target, held, sample)
        yield None
        while True:
            yield from watch.look()
            if watch.is_settled:
                return Ending(values=watch.values())
            late = watch.late()
            if late and self.required:
                raise InstrumentError(late)
            if late:
                yield Event(Level.WARNING, "temperature", late)
                return Ending(values={**watch.values(), "settled": 0.0})
            yield from waited(bench, LOOK_EVERY)

    def still_stands(self, bench: Bench) -> bool:
        """See `Step.still_stands`."""
        try:
            reading = bench.role(self.role, Chamber).read()
        except InstrumentError:
            return False
        return reading.regulates and self._is_near(reading)

    def disturbance(self, bench: Bench) -> str:
        """See `Step.disturbance`: it was switched off, or its set point turned."""
        try:
            reading = bench.role(self.role, Chamber).read()
        except InstrumentError:  # whoever reads its air beside the run says so
            return ""
        asked = f"it was asked for {self.target.celsius:g} °C"
        if not reading.regulates:
            why = "; ".join(reading.faults) or "somebody switched it off"
            return f"{self.role} does not regulate any more ({why}); {asked}"
        if _is_other(reading, self.target.celsius, self.target.band):
            return (
                f"the set point of {self.role} is {reading.setpoint:g} °C; {asked}, "
                "and somebody turned it"
            )
        return ""

    def restore(self, bench: Bench) -> Rows:
        """See `Step.restore`: at once where the chamber held on."""
        if self.still_stands(bench):
            yield row_of(bench.role(self.role, Chamber).read())
            yield None
            return Ending()
        text = f"the chamber is brought back to {self.target.celsius:g} °C first"
        yield Event(Level.INFO, "temperature", text)
        return (yield from self.execute(bench))

    def beyond(self, bench: Bench) -> list[Complaint]:
        """See `Step.beyond`; no talk."""
        found = target_beyond(bench.role(self.role, Chamber), self.target)
        if self.required:
            return found
        cure = "Choose another, or none at all with `return_to=null`."
        return [
            dataclasses.replace(each, cure=cure) if each.unit == "°C" else each
            for each in found
        ]

    def needs(self) -> Iterable[Need]:
        """See `Step.needs`."""
        yield Need(self.role, Ability.HIGHEST_TEMPERATURE, self.target.celsius)
        yield Need(self.role, Ability.LOWEST_TEMPERATURE, self.target.celsius)

    def assumed(self, ended_by: str = "") -> Outcome:  # noqa: ARG002
        """See `Step.assumed`: the temperature comes."""
        return Outcome(EndReason.COMPLETED, values={"celsius": self.target.celsius})

    def _is_near(self, reading: ChamberReading) -> bool:
        target = self.target
        near = abs(reading.celsius - target.celsius) <= target.band
        return near and not _is_other(reading, target.celsius, target.band)


@dataclass(frozen=True, kw_only=True)
class CheckTemperature(Step):
    """Look at the chamber once more, at the end of what was measured in it."""

    role: str = ROLE

    def execute(self, bench: Bench) -> Rows:
        """See `Step.execute`."""
        reading = bench.role(self.role, Chamber).read()
        yield row_of(reading)
        return Ending(values={"celsius": reading.celsius})


def row_of(reading: ChamberReading) -> Batch:
    """Return a look as a row of the stream ``climate``."""
    return Batch.row(
        columns.CLIMATE.name,
        {
            columns.SETPOINT_TEMPERATURE.name: reading.setpoint,
            columns.CHAMBER_TEMPERATURE.name: reading.celsius,
            columns.REGULATES.name: int(reading.regulates),
        },
    )


def target_beyond(chamber: Chamber, target: TemperatureTarget) -> list[Complaint]:
    """Return what of a target a chamber cannot do, from what it stated."""
    bounds, found = chamber.bounds, []
    if not bounds.lowest <= target.celsius <= bounds.highest:
        found.append(
            Complaint(
                (),
                f"{target.celsius:g} °C is outside {bounds.lowest:g} … "
                f"{bounds.highest:g} °C of the chamber.",
                "Choose another temperature or another chamber.",
                value=target.celsius,
                limit=(
                    bounds.highest if target.celsius > bounds.highest else bounds.lowest
                ),
                unit="°C",
            )
        )
    fastest = bounds.fastest_ramp
    if target.ramp is not None and (fastest is None or target.ramp > fastest):
        can = "takes no ramp" if fastest is None else f"goes {60 * fastest:g} K/min"
        cure = "Leave it out." if fastest is None else "Leave it out, or go slower."
        found.append(
            Complaint(
                (),
                f"a ramp of {60 * target.ramp:g} K/min: the chamber {can}.",
                cure,
                value=target.ramp,
                limit=fastest,
                unit="K/s",
            )
        )
    return found


@dataclass(slots=True)
class _Watch:
    """A chamber on its way, and whether it has arrived."""

    clock: Clock
    chamber: Chamber
    target: TemperatureTarget
    held: float
    """°C; the set point as it was read back."""
    sample: Temperatures
    begun: float = field(init=False)
    first: float = math.nan
    """°C at the first look, from where a ramp begins."""
    within_since: float = math.nan
    """When it came into the band last, s of the clock; NaN: it is outside."""
    arrived: float = math.nan
    """When it came into the band first."""
    last: float = math.nan
    """°C at the last look."""
    seen: deque[float] = field(default_factory=lambda: deque(maxlen=LOOKS))
    """°C of the last looks since it came into the band last."""
    surface: deque[float] = field(default_factory=lambda: deque(maxlen=2 * LOOKS))
    """°C of the sample at the last looks; NaN: nobody knows."""
    said: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.begun = self.clock.now()

    def look(self) -> Iterator[Batch | Event]:
        """Look once. InstrumentError: it regulates no more, or to something else."""
        reading, now = self.chamber.read(), self.clock.now()
        yield row_of(reading)
        for fault in reading.faults:
            if fault not in self.said:
                self.said.add(fault)
                yield Event(Level.WARNING, "temperature", f"{ROLE}: {fault}")
        self._refuse(reading)
        self.last = reading.celsius
        self.surface.append(self.sample.latest(columns.SURFACE_TEMPERATURE.name))
        if math.isnan(self.first):
            self.first = reading.celsius
        if not abs(reading.celsius - self.target.celsius) <= self.target.band:
            self.within_since = math.nan
            self.seen.clear()
            return
        if math.isnan(self.within_since):
            self.within_since = now
        if math.isnan(self.arrived):
            self.arrived = now
        self.seen.append(reading.celsius)

    @property
    def is_settled(self) -> bool:
        within = self._within()
        if within < DWELL:
            return False
        if not math.isfinite(self.surface[-1]):  # nobody measures the sample
            return within >= DWELL + self.target.soak
        before, now = (
            sum(part) / LOOKS for part in (self._surface(0), self._surface(LOOKS))
        )
        full = len(self.surface) == 2 * LOOKS
        return full and abs(now - before) <= STILL * self.target.band

    def late(self) -> str:
        """Return why it will not settle any more; empty while it may."""
        target, passed = self.target, self.clock.now() - self.begun
        allowed = self._allowed()
        if math.isnan(self.arrived):
            if passed <= allowed:
                return ""
        elif passed <= 2 * allowed + DWELL + target.soak:
            return ""  # it may leave the band once and come back
        return (
            f"{ROLE}: {self.last:.2f} °C after {passed:.0f} s, asked for "
            f"{target.celsius:g} ± {target.band:g} °C; check door, load, band and "
            "deadline"
        )

    def values(self) -> Mapping[str, float]:
        """Return what the plan and the results are told."""
        seen = self.seen or [self.last]
        return {
            "celsius": sum(seen) / len(seen),
            "settled_after": self.clock.now() - self.begun,
        }

    def _allowed(self) -> float:
        """Return s that it may take into the band, a ramp's own time on top."""
        target = self.target
        least = self.chamber.bounds.deadline
        allowed = least if target.deadline is None else target.deadline
        if target.ramp:
            allowed += abs(target.celsius - self.first) / target.ramp
        return allowed

    def _surface(self, first: int) -> Iterator[float]:
        return itertools.islice(self.surface, first, first + LOOKS)

    def _within(self) -> float:
        within = self.clock.now() - self.within_since
        return 0.0 if math.isnan(within) else within

    def _refuse(self, reading: ChamberReading) -> None:
        if not math.isfinite(reading.celsius):
            raise InstrumentError(f"{ROLE}: its sensor reads nothing; check it")
        if not reading.regulates:
            why = "; ".join(reading.faults) or "somebody switched it off"
            raise InstrumentError(f"{ROLE}: it does not regulate any more: {why}")
        grain = self.chamber.bounds.grain
        if self.target.ramp is None and _is_other(reading, self.held, grain):
            raise InstrumentError(
                f"{ROLE}: its set point is {reading.setpoint:g} °C, and it was told "
                f"{self.held:g} °C; somebody turned it"
            )


def _is_other(reading: ChamberReading, celsius: float, within: float) -> bool:
    """Tell whether a chamber states a set point that is another one; NaN is none."""
    return abs(reading.setpoint - celsius) > within + ROUNDING
