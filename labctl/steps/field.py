"""Set a magnetic field and wait until it stands still, or say that it did not come.

Two ways, chosen by the target: a supply that is told a current, corrected by what the
gaussmeter reads (a secant search, because iron saturates and remembers), or a magnet
that closes its own loop. Both wait on the measured field, never on the setpoint.
"""

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass

from labctl import columns
from labctl.clock import Clock
from labctl.data import Batch, EndReason, Outcome
from labctl.errors import Complaint, InstrumentError
from labctl.protocol import Bench, Ending, Item, Rows, Step
from labctl.roles.gaussmeter import Gaussmeter
from labctl.roles.magnet import Magnet, MagnetSupply
from labctl.steps.demands import FieldDemand, field_beyond
from labctl.steps.stated import stated

LOOK_EVERY = 0.5
"""s between two looks at the field; waits are yielded at least as often."""
LEAST_MOVE = 0.05
"""A; a shorter move of the current says nothing about tesla per ampere."""
WIDEST_GAIN = 3.0
"""The secant may differ from the stated tesla per ampere by this factor."""

Settling = Generator[Item, None, float]
"""Rows of the stream ``magnet`` as they come; the settled field in T at the end."""


@dataclass(frozen=True, slots=True)
class FieldTarget:
    """A field, how near it must come, and how long it may take."""

    field: float
    """T; the sign is the gaussmeter's."""
    tolerance: float
    """T."""
    deadline: float = 180.0
    """s from the start until the field stands still within the tolerance."""
    drift: float = 1e-4
    """T/s; slower than that is still."""
    tesla_per_ampere: float = 0.025
    """Of magnet and supply, roughly; 0 uses a magnet that closes its own loop."""
    largest: float = 0.0
    """Largest |B| of the run in T, for the gaussmeter's range; 0: ``field``."""


def reach_field(bench: Bench, target: FieldTarget) -> Settling:
    """Bring the field to the target; nothing moves if it is there already.

    InstrumentError: no probe, or the field did not settle before the deadline.
    LimitError: beyond what supply or magnet can do.
    """
    watch = _Watch(bench, target)
    if target.tesla_per_ampere:
        yield from _by_current(bench, target, watch)
    else:
        yield from _closed_loop(bench, target, watch)
    return watch.field


def target_beyond(bench: Bench, target: FieldTarget) -> list[Complaint]:
    """Return why the magnet cannot reach a target; see `Step.beyond`."""
    role = "magnet" if target.tesla_per_ampere else "field_controller"
    size = abs(target.field)
    return field_beyond(bench, FieldDemand(role, size, target.tesla_per_ampere))


def read_field(gaussmeter: Gaussmeter) -> float:
    """Return the field in T; InstrumentError without a probe or over range."""
    reading = gaussmeter.read()
    if reading.overflow or not math.isfinite(reading.field):
        raise InstrumentError(
            "gaussmeter: reads no field (no probe, or over range); check the probe "
            "and its cable"
        )
    return reading.field


@dataclass(frozen=True, kw_only=True)
class SetField(Step):
    """Bring the field to a target and leave it there for the next steps."""

    target: FieldTarget

    def execute(self, bench: Bench) -> Rows:
        """See `Step.execute`."""
        field = yield from reach_field(bench, self.target)
        meter = bench.role("gaussmeter", Gaussmeter)
        return Ending(values={"field": field, **stated("field", meter.accuracy)})

    def beyond(self, bench: Bench) -> list[Complaint]:
        """See `Step.beyond`."""
        return target_beyond(bench, self.target)

    def assumed(self, ended_by: str = "") -> Outcome:  # noqa: ARG002
        """See `Step.assumed`: the field comes."""
        return Outcome(EndReason.COMPLETED, values={"field": self.target.field})


@dataclass(frozen=True, kw_only=True)
class RampSupply(Step):
    """Bring a magnet's supply to a current and leave it there, whatever the field."""

    current: float
    """A."""
    deadline: float = 180.0
    """s."""

    def execute(self, bench: Bench) -> Rows:
        """See `Step.execute`."""
        supply = bench.role("magnet", MagnetSupply)
        supply.ramp_to(self.current)
        yield from _ramp(bench.clock, supply, self.deadline, f"{self.current:g} A")
        yield None
        return Ending()

    def beyond(self, bench: Bench) -> list[Complaint]:
        """See `Step.beyond`."""
        most = bench.role("magnet", MagnetSupply).bounds.current
        if abs(self.current) <= most:
            return []
        what = f"{self.current:g} A is beyond ±{most:g} A of magnet."
        value = self.current
        return [Complaint((), what, "Lower it.", value=value, limit=most, unit="A")]


@dataclass(frozen=True, kw_only=True)
class ReleaseField(Step):
    """Take the magnet to zero current and wait until it is there."""

    supply: bool = True
    """A supply that is told a current; else a magnet that closes its own loop."""
    deadline: float = 180.0
    """s."""

    def execute(self, bench: Bench) -> Rows:
        """See `Step.execute`."""
        clock = bench.clock
        if self.supply:
            supply = bench.role("magnet", MagnetSupply)
            supply.make_safe()
            yield from _ramp(clock, supply, self.deadline, "0 A")
        else:
            magnet = bench.role("field_controller", Magnet)
            magnet.make_safe()
            begun = clock.now()
            while not magnet.is_settled():
                if clock.now() - begun > self.deadline:
                    raise InstrumentError(
                        f"field_controller: no zero field after {self.deadline:g} s, "
                        f"{magnet.field():.3g} T; check supply and probe"
                    )
                clock.sleep(LOOK_EVERY)
                yield None
        yield None
        return Ending()


class _Watch:
    """The gaussmeter, and whether the field stands still."""

    def __init__(self, bench: Bench, target: FieldTarget) -> None:
        self._clock = bench.clock
        self._target = target
        self._meter = bench.role("gaussmeter", Gaussmeter)
        largest = max(target.largest, abs(target.field))
        self._meter.prepare(largest + 2 * target.tolerance)
        self._begun = bench.clock.now()
        self.field = read_field(self._meter)

    @property
    def is_there(self) -> bool:
        return abs(self.field - self._target.field) <= self._target.tolerance

    def still(self, current: float) -> Iterator[Batch]:
        """Look until the field stands still; yield a row a look.

        A look that was cut short, because a run was asked something, tells no rate.
        """
        while True:
            before, then = self.field, self._clock.now()
            self._clock.sleep(LOOK_EVERY)
            passed = self._clock.now() - then
            self.field = read_field(self._meter)
            yield self._row(current)
            is_still = abs(self.field - before) < self._target.drift * LOOK_EVERY
            if is_still and passed > LOOK_EVERY / 2:
                return
            self.refuse_late()

    def refuse_late(self) -> None:
        """Raise InstrumentError if the deadline has passed."""
        target = self._target
        passed = self._clock.now() - self._begun
        if passed > target.deadline:
            raise InstrumentError(
                f"field: {self.field:.4g} T after {passed:.0f} s, asked for "
                f"{target.field:.4g} ± {target.tolerance:.2g} T; check magnet, "
                "interlock, probe and the tesla per ampere"
            )

    def _row(self, current: float) -> Batch:
        return Batch.row(
            columns.MAGNET.name,
            {
                columns.FIELD_SETPOINT.name: self._target.field,
                columns.FIELD.name: self.field,
                columns.MAGNET_CURRENT.name: current,
            },
        )


def _by_current(bench: Bench, target: FieldTarget, watch: _Watch) -> Rows:
    supply = bench.role("magnet", MagnetSupply)
    gain = target.tesla_per_ampere
    # After a hold the supply may still be on its way to zero.
    yield from _ramp(bench.clock, supply, target.deadline, "an earlier setpoint")
    current = supply.current()
    yield from watch.still(current)
    while not watch.is_there:
        before, field = current, watch.field
        supply.ramp_to(current + (target.field - field) / gain)
        yield from _ramp(bench.clock, supply, target.deadline, f"{target.field:g} T")
        current = supply.current()
        yield from watch.still(current)
        moved, change = current - before, watch.field - field
        if moved * change < 0 and abs(change) > target.tolerance:
            raise InstrumentError(
                f"field: {moved:+.3g} A changed it by {change:+.3g} T; the magnet's "
                "leads are swapped, or the probe is turned over"
            )
        gain = _secant(moved, change, target.tesla_per_ampere)
        watch.refuse_late()
    return Ending()


def _closed_loop(bench: Bench, target: FieldTarget, watch: _Watch) -> Rows:
    magnet = bench.role("field_controller", Magnet)
    supply = bench.role("magnet", MagnetSupply)
    magnet.ramp_to_field(target.field)
    while True:
        supply.is_settled()  # a fault of the supply is an error here
        yield from watch.still(supply.current())
        if watch.is_there and magnet.is_settled():
            return Ending()
        watch.refuse_late()


def _secant(move: float, change: float, stated_gain: float) -> float:
    if abs(move) < LEAST_MOVE or not change / move > 0:
        return stated_gain
    gain = change / move
    return min(max(gain, stated_gain / WIDEST_GAIN), stated_gain * WIDEST_GAIN)


def _ramp(
    clock: Clock, supply: MagnetSupply, deadline: float, what: str
) -> Iterator[None]:
    """Wait for the supply's ramp, yielding at every look."""
    begun = clock.now()
    while not supply.is_settled():
        if clock.now() - begun > deadline:
            raise InstrumentError(
                f"magnet: still ramping to {what} after {deadline:g} s, at "
                f"{supply.current():.3g} A; check supply and interlock"
            )
        clock.sleep(LOOK_EVERY)
        yield None
