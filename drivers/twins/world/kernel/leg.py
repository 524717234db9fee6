"""A constant current in one go: step after step, with the rows that fall due.

The steps are those of `drivers.twins.biologic.in_flight`, which makes them singly
wherever somebody looks on or a technique does something else. Whoever edits either
keeps them the same to the bit; the tests compare them.
"""

import math
from typing import Final, NamedTuple

from drivers.twins.world.kernel.memory import BEND, CHARGE, Floats, Memory
from drivers.twins.world.kernel.rows import (
    FINEST,
    TOLERANCE,
    is_due,
    is_overdue,
    next_step,
    until,
)
from drivers.twins.world.kernel.steps import advance, voltage
from labctl.compiled import compiled

MOST_ROWS: Final = 512
"""Of one leg."""


class Leg(NamedTuple):
    """Where to go from where; all floats."""

    to: float
    """s; where it stops at the latest."""
    end: float
    """s; of the stage."""
    steady: float
    """s; until when the cell is as warm as it is, if that lies ahead."""
    level: float
    """A."""
    lower: float
    """V; a limit that ends the stage, as `upper`."""
    upper: float
    compliance: float
    """V, either way."""
    every_s: float
    every_volt: float
    every_ampere: float
    time: float
    """s; where the cell stands, with the two below in V and A."""
    voltage: float
    current: float
    cap: float
    """s; longest next step."""
    row_time: float
    """s; of the last row, with the two below in V and A."""
    row_voltage: float
    row_current: float
    lowest: float
    """V; a row that is not between this and `highest` ends the leg."""
    highest: float


class Gone(NamedTuple):
    """What became of a leg."""

    steps: int
    rows: int
    time: float
    """s; where the cell stands, with V below."""
    voltage: float
    cap: float
    fired: bool
    """Whether it stands at a limit."""


class Rows(NamedTuple):
    """Room for what a leg writes."""

    times: Floats
    voltages: Floats
    charges: Floats
    """s, V and C of the rows; shape (MOST_ROWS,)."""
    mark: Floats
    """A cell's state."""


@compiled
def follow(cell: Memory, leg: Leg, rows: Rows) -> Gone:
    """Go along ``leg`` until its end, the stage's, a limit, a surprise, or `MOST_ROWS`.

    A step without an answer that is a number is taken back and ends it.
    """
    current, every_volt, every_ampere = leg.level, leg.every_volt, leg.every_ampere
    by_change = min(every_volt, every_ampere) < math.inf
    time, stood, flowed, cap = leg.time, leg.voltage, leg.current, leg.cap
    row_time, row_voltage, row_current = leg.row_time, leg.row_voltage, leg.row_current
    steps, count = 0, 0
    fired, ended, surprises = False, False, False
    while count < MOST_ROWS and not (ended or surprises):
        end = min(leg.end, row_time + leg.every_s, time + cap)
        if leg.steady > time + TOLERANCE:
            end = min(end, leg.steady)
        end = max(end, time)
        if not end <= leg.to + TOLERANCE:
            break
        dt = end - time
        _copy(cell.state, rows.mark)
        passed = advance(cell, current, dt, leg.lower, leg.upper)
        if math.isnan(cell.work[BEND]):
            _copy(rows.mark, cell.state)
            break
        reached = voltage(cell, current)
        reached = max(min(reached, leg.compliance), -leg.compliance)
        moved, changed = reached - row_voltage, current - row_current
        fired = passed < dt
        if (
            not fired
            and dt > 1.5 * FINEST
            and is_overdue(moved, changed, every_volt, every_ampere)
        ):
            _copy(rows.mark, cell.state)
            cap = max(0.5 * dt, FINEST)
            continue
        steps += 1
        stepped, switched = abs(reached - stood), abs(current - flowed)
        stood, flowed = reached, current
        time = time + passed if fired else end
        ended = fired or time >= leg.end - TOLERANCE
        if ended or is_due(
            time - row_time, moved, changed, leg.every_s, every_volt, every_ampere
        ):
            rows.times[count], rows.voltages[count] = time, reached
            rows.charges[count] = cell.state[CHARGE]
            row_time, row_voltage, row_current = time, reached, current
            count += 1
            surprises = not leg.lowest <= reached <= leg.highest
        if by_change and passed > 0.0:
            cap = next_step(
                until(every_volt, reached - row_voltage, stepped, passed),
                until(every_ampere, current - row_current, switched, passed),
                passed,
            )
    return Gone(steps, count, time, stood, cap, fired)


@compiled
def _copy(source: Floats, target: Floats) -> None:
    for k in range(len(source)):
        target[k] = source[k]
