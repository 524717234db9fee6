"""What of an upload a source meter's output cannot do, technique by technique."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from drivers.visa.cell_reach import CellBounds, Reach, towards
from drivers.visa.cell_stairs import TALLEST_STAIR, stair
from labctl.errors import Complaint
from labctl.limits import exceeds
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
    voltages_of,
)

BY_HOST = frozenset({ConditionQuantity.VOLTAGE_RATE, ConditionQuantity.TEMPERATURE})
"""What the step tests on its rows, not the channel on its readings."""


@dataclass(slots=True)
class Draft:
    """An upload while it is looked through."""

    techniques: Sequence[Technique]
    reach: Reach
    bounds: CellBounds
    complaints: list[Complaint] = field(default_factory=list)
    voltages: list[float] = field(default_factory=list)
    currents: list[tuple[int, float]] = field(default_factory=list)
    """Index of a technique, and A that it asks for."""
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
        """Refuse something of a technique; the others are looked at all the same."""
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
            levels = (
                (technique.voltage,)
                if isinstance(technique, ConstantVoltage)
                else technique.vertices
            )
            for level in levels:
                if not math.isfinite(level):
                    self.complain(index, f"{level:g} V is no voltage to hold.")
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
        level = towards(technique, self.bounds)
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
        self.currents.append((index, current))

    def _held(self, index: int, technique: ConstantVoltage | VoltageSweep) -> None:
        most = technique.max_current
        if most is None:
            return
        if not most > 0.0:
            self.complain(index, f"a largest current of {most:g} A is none.")
            return
        self.currents.append((index, most))

    def check_currents(self, span: float) -> None:
        """Complain of currents that the output does not hold on the range for a span.

        ``span`` in V: of the whole upload, since the range stays as it is in one.
        """
        for index, current in self.currents:
            self._amperes(index, current, span)

    def _amperes(self, index: int, current: float, span: float) -> None:
        most = self.reach.current_at(span)
        if exceeds(abs(current), most):
            self.complain(
                index,
                f"{format_si(current, 'A', 3)} is beyond the output, which holds "
                f"{format_si(most, 'A', 3)} on the range for this upload's {span:g} V.",
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
