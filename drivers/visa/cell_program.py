"""From labctl's techniques to levels and limits of a source meter; refusals by name.

Everything that the output cannot do is found before anything is switched on. A current
is driven towards a voltage at which it must end: the technique's own cut-off, else the
envelope's bound; a current without either is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from drivers.visa.cell_checks import Draft
from drivers.visa.cell_reach import CellBounds, Reach, towards
from drivers.visa.cell_stairs import stair_at
from drivers.visa.cell_terminals import Order
from labctl.errors import Complaint, RefusedError
from labctl.techniques import (
    Condition,
    ConstantCurrent,
    ConstantPower,
    ConstantVoltage,
    Technique,
    VoltageSweep,
)

NO_VOLTAGE = 1e-9
"""V; a power at less than this asks for a current that nothing has."""
LEAST_SPAN = 0.1
"""V."""
SHARE_OF_BOUND = 0.99
"""Of the largest current allowed: the limit of a voltage that states none."""


@dataclass(frozen=True, slots=True)
class CellProgram:
    """What one upload does, checked."""

    techniques: tuple[Technique, ...]
    reach: Reach
    bounds: CellBounds
    span: float
    """Largest |V| of anything in it, V."""
    host_conditions: tuple[tuple[int, Condition], ...] = ()

    def towards(self, technique: Technique) -> float | None:
        """Return the voltage in V at which a driven current ends; None: nowhere."""
        return towards(technique, self.bounds)

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
            return Order(
                level_or_none, abs(technique.power) / max(abs(voltage), NO_VOLTAGE)
            )
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
    draft = Draft(techniques, reach, bounds)
    if not techniques:
        draft.complaints.append(
            Complaint((), "there is nothing to load.", file=reach.name)
        )
    for index, technique in enumerate(techniques):
        draft.check(index, technique)
    if voltage is not None and techniques:
        draft.check_start(techniques[0], voltage)
    volts = [abs(v) for v in draft.voltages]
    if voltage is not None:
        volts.append(abs(voltage))
    span = max([*volts, LEAST_SPAN])
    draft.check_currents(span)
    if draft.complaints:
        raise RefusedError(draft.complaints)
    return CellProgram(tuple(techniques), reach, bounds, span, tuple(draft.host))
