"""From labctl's techniques to levels and limits of a source meter; refusals by name.

Everything that the output cannot do is found before anything is switched on. A current
is driven towards a voltage at which it must end: the technique's own cut-off, else the
envelope's bound; a current without either is refused.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from drivers.visa.cell_terminals import Order
from labctl import columns
from labctl.errors import Complaint, RefusedError
from labctl.limits import Envelope, exceeds
from labctl.quantities.format import format_si
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    ConstantPower,
    ConstantVoltage,
    Loop,
    Spectrum,
    Technique,
    VoltageSweep,
    drives,
    voltages_of,
)

BEYOND = 0.01
"""V outside the envelope where a current without a cut-off of its own is held."""
TALLEST_STAIR = 5e-3
"""V; a sweep of higher stairs is no sweep any more (2 RT/F is 51 mV)."""
SHARE_OF_BOUND = 0.99
"""Of the largest current allowed: the limit of a voltage that states none."""
BY_HOST = frozenset({ConditionQuantity.VOLTAGE_RATE, ConditionQuantity.TEMPERATURE})
"""What the step tests on its rows, not the channel on its readings."""
ANYTHING = (-math.inf, math.inf)


@dataclass(frozen=True, slots=True)
class Reach:
    """What one output can do."""

    name: str
    corners: tuple[tuple[float, float], ...]
    """(V, A): up to so many V it drives and sinks so many A; ascending in V."""
    least_limit: float
    """A."""
    shortest_look: float
    """s between two looks at most often."""

    @property
    def largest_current(self) -> float:
        """A, at the smallest voltages."""
        return self.corners[0][1]

    @property
    def largest_voltage(self) -> float:
        """V, at the smallest currents."""
        return self.corners[-1][0]

    @property
    def largest_power(self) -> float:
        """W of any corner."""
        return max(volts * amperes for volts, amperes in self.corners)

    def current_at(self, voltage: float) -> float:
        """Return the largest |current| in A on the range that holds ``voltage``."""
        fits = (a for v, a in self.corners if not exceeds(abs(voltage), v))
        return next(fits, 0.0)


@dataclass(frozen=True, slots=True)
class CellBounds:
    """What the envelope allows, as far as an output can keep it."""

    voltage: tuple[float, float] = ANYTHING
    current: tuple[float, float] = ANYTHING

    @classmethod
    def of(cls, envelope: Envelope | None) -> "CellBounds":
        """Return what an envelope says; a cell that is charged may be outside it."""
        if envelope is None:
            return cls()
        volts, amperes = columns.VOLTAGE.name, columns.CURRENT.name
        low, high = envelope.bounds.get(volts, ANYTHING)
        easy_low, easy_high = envelope.eased.get(volts, (low, high))
        return cls(
            (min(low, easy_low), max(high, easy_high)),
            envelope.bounds.get(amperes, ANYTHING),
        )

    @property
    def most(self) -> float:
        """Largest |current| in A that is allowed in either direction."""
        return min(-self.current[0], self.current[1])


@dataclass(frozen=True, slots=True)
class CellProgram:
    """What one upload does, checked."""

    techniques: tuple[Technique, ...]
    reach: Reach
    bounds: CellBounds
    span: float
    """Largest |V| of anything in it, V."""
    host_conditions: tuple[tuple[int, Condition], ...] = ()

    @property
    def drives(self) -> bool:
        """Whether it lets any current flow on purpose."""
        return any(drives(technique) for technique in self.techniques)

    def towards(self, technique: Technique) -> float | None:
        """Return the voltage in V at which a driven current ends; None: nowhere."""
        return _towards(technique, self.bounds)

    def most(self, technique: ConstantVoltage | VoltageSweep) -> float:
        """Return the current limit of a held or swept voltage, A."""
        if technique.max_current is not None:
            return technique.max_current
        most = min(SHARE_OF_BOUND * self.bounds.most, self.reach.largest_current)
        return min(most, self.reach.current_at(self.span))

    def order(
        self, technique: Technique, voltage: float, passed: float = 0.0
    ) -> Order | None:
        """Return what is held ``passed`` s after a technique began; None: a rest.

        ``voltage`` is the cell's of this moment, V.
        """
        if isinstance(technique, ConstantVoltage):
            level = technique.voltage
            level += voltage if technique.versus_initial else 0.0
            return Order(level, self.most(technique))
        if isinstance(technique, VoltageSweep):
            return Order(stair_at(technique, self.reach, passed), self.most(technique))
        level_or_none = self.towards(technique)
        if level_or_none is None:
            return None
        if isinstance(technique, ConstantPower):
            return Order(level_or_none, abs(technique.power / voltage))
        if isinstance(technique, ConstantCurrent) and technique.current != 0.0:
            return Order(level_or_none, abs(technique.current))
        return None


def compile_cell(
    techniques: Sequence[Technique],
    reach: Reach,
    bounds: CellBounds,
    voltage: float | None = None,
) -> CellProgram:
    """Return a program. RefusedError carries everything that the output cannot do.

    ``voltage`` is the cell's now, V; None where nobody looked.
    """
    draft = _Draft(techniques, reach, bounds)
    if not techniques:
        draft.complaints.append(
            Complaint((), "there is nothing to load.", file=reach.name)
        )
    for index, technique in enumerate(techniques):
        draft.check(index, technique)
    if voltage is not None and techniques:
        draft.check_start(techniques[0], voltage)
    if draft.complaints:
        raise RefusedError(draft.complaints)
    volts = [abs(v) for v in draft.voltages]
    if voltage is not None:
        volts.append(abs(voltage))
    return CellProgram(
        tuple(techniques), reach, bounds, max([*volts, 0.1]), tuple(draft.host)
    )


def stair(technique: VoltageSweep, reach: Reach) -> tuple[float, float]:
    """Return height in V and length in s of a sweep's stairs."""
    height = technique.record.every_volt or 0.0
    height = max(height, technique.scan_rate * reach.shortest_look)
    return height, height / technique.scan_rate


def path_of(technique: VoltageSweep) -> tuple[float, ...]:
    """Return every vertex that a sweep passes, the cycles written out, V."""
    first, *turns, last = technique.vertices
    return (first, *(turns * technique.cycles), last)


def length_of(technique: VoltageSweep) -> float:
    """Return how long a sweep lasts, s."""
    path = path_of(technique)
    way = sum(abs(b - a) for a, b in itertools.pairwise(path))
    return way / technique.scan_rate


def stair_at(technique: VoltageSweep, reach: Reach, passed: float) -> float:
    """Return the level of a staircase ``passed`` s after its beginning, V."""
    height, seconds = stair(technique, reach)
    left = height * math.floor(passed / seconds + 1e-6)
    path = path_of(technique)
    for a, b in itertools.pairwise(path):
        if left <= abs(b - a):
            return a + math.copysign(left, b - a)
        left -= abs(b - a)
    return path[-1]


def _towards(technique: Technique, bounds: CellBounds) -> float | None:
    """Return the nearest voltage at which what is driven has to end, V."""
    if isinstance(technique, ConstantCurrent):
        way = technique.current
    elif isinstance(technique, ConstantPower):
        way = technique.power
    else:
        return None
    if way == 0.0:
        return None
    own = tuple(voltages_of(technique))
    bound = bounds.voltage[1] + BEYOND if way > 0.0 else bounds.voltage[0] - BEYOND
    nearest = min((*own, bound)) if way > 0.0 else max((*own, bound))
    return nearest if math.isfinite(nearest) else None


@dataclass(slots=True)
class _Draft:
    techniques: Sequence[Technique]
    reach: Reach
    bounds: CellBounds
    complaints: list[Complaint] = field(default_factory=list)
    voltages: list[float] = field(default_factory=list)
    host: list[tuple[int, Condition]] = field(default_factory=list)

    def complain(
        self,
        index: int,
        what: str,
        cure: str = "",
        value: float | None = None,
        limit: float | None = None,
        unit: str = "",
    ) -> None:
        said = f"{self.techniques[index].kind}: {what}"
        path, file = ("techniques", index), self.reach.name
        self.complaints.append(
            Complaint(path, said, cure, file=file, value=value, limit=limit, unit=unit)
        )

    def check(self, index: int, technique: Technique) -> None:
        """Complain of whatever this one asks for and cannot have."""
        if isinstance(technique, Loop):
            self._loop(index, technique)
            return
        if isinstance(technique, Spectrum):
            way = "galvanostatic" if technique.galvanostatic else "potentiostatic"
            self.complain(
                index,
                f"a source meter measures no impedance ({way} spectrum).",
                "Choose a channel with an impedance board (labctl station show) or "
                "leave EIS out.",
            )
            return
        self.host += [
            (index, each) for each in technique.until if each.quantity in BY_HOST
        ]
        duration = getattr(technique, "duration", 0.0)
        if not duration >= 0.0:
            self.complain(
                index, f"a duration of {duration:g} s", "must not be negative."
            )
        if isinstance(technique, ConstantCurrent | ConstantPower):
            self._driven(index, technique)
        elif isinstance(technique, VoltageSweep):
            self._sweep(index, technique)
        if isinstance(technique, ConstantVoltage | VoltageSweep):
            self._held(index, technique)
        self._volts(index, technique)

    def check_start(self, technique: Technique, voltage: float) -> None:
        """Complain of a limit that is met before anything has begun."""
        if not isinstance(technique, ConstantCurrent | ConstantPower):
            return
        for condition in technique.until:
            if condition.quantity is ConditionQuantity.VOLTAGE and condition.holds(
                voltage
            ):
                sign = "≥" if condition.comparison is Comparison.AT_LEAST else "≤"
                self.complain(
                    0,
                    f"{condition.name} (E {sign} {condition.value:g} V) is already "
                    f"met: the cell is at {voltage:.4f} V, so the step would end at "
                    "once.",
                    "Move the limit, turn the current round, or let the cell rest "
                    "first.",
                )

    def _volts(self, index: int, technique: Technique) -> None:
        own = [v for v in voltages_of(technique) if math.isfinite(v)]
        if isinstance(technique, ConstantVoltage) and technique.versus_initial:
            own += [v for v in self.bounds.voltage if math.isfinite(v)]
        most = self.reach.largest_voltage
        for volts in own:
            if exceeds(abs(volts), most):
                self.complain(
                    index,
                    f"{volts:g} V is beyond the output's {most:g} V.",
                    value=volts,
                    limit=most,
                    unit="V",
                )
        self.voltages += own

    def _driven(self, index: int, technique: ConstantCurrent | ConstantPower) -> None:
        level = _towards(technique, self.bounds)
        driven = (
            technique.current
            if isinstance(technique, ConstantCurrent)
            else technique.power
        )
        if driven == 0.0:
            return
        if level is None:
            side = "upper" if driven > 0.0 else "lower"
            self.complain(
                index,
                "a source meter drives a current towards a voltage, and none is "
                "stated.",
                f"Give it a {side} cut-off voltage, or the bench one under `safety`.",
            )
            return
        self.voltages.append(level)
        current = driven
        if isinstance(technique, ConstantPower):
            if driven < 0.0 and not level > 0.0:
                self.complain(
                    index,
                    "a power cannot be drawn down to a voltage of zero or less.",
                    "Give it a lower cut-off voltage above 0 V.",
                )
                return
            low = level if driven < 0.0 else max(self.bounds.voltage[0], 0.1)
            current = driven / low
        self._amperes(index, current, level)

    def _held(self, index: int, technique: ConstantVoltage | VoltageSweep) -> None:
        most = technique.max_current
        if most is None:
            return
        if not most > 0.0:
            self.complain(index, f"a largest current of {most:g} A is none.")
            return
        volts = max((abs(v) for v in voltages_of(technique)), default=0.0)
        self._amperes(index, most, volts)

    def _amperes(self, index: int, current: float, voltage: float) -> None:
        most = self.reach.current_at(voltage)
        if exceeds(abs(current), most):
            self.complain(
                index,
                f"{format_si(current, 'A', 3)} at {voltage:g} V is beyond the "
                f"output, which holds {format_si(most, 'A', 3)} there.",
                "Lower it, or choose another channel.",
                value=current,
                limit=most,
                unit="A",
            )
        elif abs(current) < self.reach.least_limit:
            self.complain(
                index,
                f"{format_si(current, 'A', 3)} is below the smallest limit, "
                f"{format_si(self.reach.least_limit, 'A', 3)}.",
                "Choose a channel for small currents.",
                value=current,
                limit=self.reach.least_limit,
                unit="A",
            )

    def _sweep(self, index: int, technique: VoltageSweep) -> None:
        if len(technique.vertices) < 2 or not technique.scan_rate > 0.0:  # noqa: PLR2004
            self.complain(index, "a sweep needs two vertices and a rate above zero.")
            return
        height, _ = stair(technique, self.reach)
        fastest = TALLEST_STAIR / self.reach.shortest_look
        if exceeds(technique.scan_rate, fastest):
            self.complain(
                index,
                f"{technique.scan_rate:g} V/s would be a staircase of {height:g} V.",
                f"Scan at {fastest:g} V/s or slower, or choose a potentiostat.",
                value=technique.scan_rate,
                limit=fastest,
                unit="V/s",
            )

    def _loop(self, index: int, technique: Loop) -> None:
        if technique.passes < 2:  # noqa: PLR2004
            self.complain(index, f"{technique.passes} passes are no loop; at least 2.")
        elif not 0 <= technique.back_to < index:
            self.complain(
                index,
                f"jumps to technique {technique.back_to}, which is not before it.",
                f"back_to must be 0 … {index - 1}.",
            )
        for other, loop in enumerate(self.techniques[:index]):
            if isinstance(loop, Loop) and loop.back_to < technique.back_to <= other:
                self.complain(
                    index,
                    f"loops overlap: {loop.back_to}-{other} and "
                    f"{technique.back_to}-{index}.",
                    "One must lie inside the other, or behind it.",
                )
