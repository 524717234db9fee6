"""The cell in time: attempted steps, their length, a held potential, a met limit.

Steps are cut into as many sub-steps as accuracy asks for: a jump of the current is
entered with a step of `FIRST_STEP`, and the following ones may grow as long as the
potential is straight within `TOLERATED_BEND`. An attempt goes from `Memory.state` to
`Memory.after`, and is kept by `keep`.
"""

import math
from typing import Final

from drivers.twins.world.kernel.interface import (
    begin_electrode,
    bend_of,
    carry_electrode,
    finish_electrode,
    solve_electrode,
)
from drivers.twins.world.kernel.memory import (
    ACROSS,
    ACROSS_EACH,
    ATTEMPTS,
    BEND,
    CHARGE,
    COUNTER,
    CURRENT,
    FILM_RESISTANCES,
    FILMS,
    FILMS_SETTLED,
    GRAINS,
    PARAMETERS,
    POTENTIAL,
    SERIES,
    STATE,
    STEP,
    TOTAL_FILMS,
    TRANSFER,
    WARMTH,
    WORKING,
    Floats,
    Memory,
)
from drivers.twins.world.kernel.particles import GAMMA
from labctl.compiled import compiled

FIRST_STEP: Final = 2e-3
"""s; after a jump, and never checked: far above the double layer's time constant."""
LONGEST_STEP: Final = 300.0
"""s; a full host at C/20 moves 0.4 % in this time."""
TOLERATED_BEND: Final = 5e-4
"""V; how far the potential at the first stage may lie off the straight line. The
error of the second-order step is a small part of it."""
MOST_GROWTH: Final = 1.9
"""Of a step over the one before: a √t transient keeps its shape within 0.2 %."""
CROSSING_TOLERANCE: Final = 1e-6
"""V; how closely a limit is met."""
MOST_TRIALS: Final = 60
POTENTIAL_TOLERANCE: Final = 1e-9
"""V; between the wanted and the found potential in potential control."""


@compiled
def voltage(cell: Memory, current: float) -> float:
    """Return the terminal voltage in V now, while ``current`` (A) flows."""
    return _voltage_of(cell, cell.state, current)


@compiled
def advance(
    cell: Memory, current: float, dt: float, lower: float, upper: float
) -> float:
    """Let ``current`` (A) flow until ``dt`` s have passed or a limit is met.

    Returns the time in s that has passed; see `drivers.twins.world.cell.Cell.advance`.
    """
    state, after = cell.state, cell.after
    left = dt
    if current != state[CURRENT]:
        jump = abs(current - state[CURRENT]) * _total_resistance(cell)
        if jump > TOLERATED_BEND:
            state[STEP] = FIRST_STEP
    limited = lower > -math.inf or upper < math.inf
    before = voltage(cell, current) if limited else 0.0
    if limited and (
        (before >= upper and current > 0.0) or (before <= lower and current < 0.0)
    ):
        return 0.0
    while left > 0.0:
        passed = _accept(cell, True, current, 0.0, left)
        if limited:
            reached = _voltage_of(cell, after, current)
            limit = upper if reached > upper else lower
            beyond = reached > upper or reached < lower
            if beyond and (before - limit) * (reached - limit) < 0.0:
                found = _cross(cell, current, passed, limit, before, reached)
                return dt - left + found
            before = reached
        keep(cell)
        left -= passed
    return dt


@compiled
def hold(cell: Memory, wanted: float, dt: float) -> float:
    """Hold ``wanted`` (V) for ``dt`` s; return the current in A at the end."""
    state = cell.state
    if abs(wanted - voltage(cell, state[CURRENT])) > TOLERATED_BEND:
        state[STEP] = FIRST_STEP
    left = dt
    while left > 0.0:
        left -= _accept(cell, False, 0.0, wanted, left)
        keep(cell)
    return state[CURRENT]


@compiled
def keep(cell: Memory) -> None:
    """Make the attempted step's end the state."""
    state, after = cell.state, cell.after
    for k in range(len(state)):
        state[k] = after[k]


@compiled
def _voltage_of(cell: Memory, state: Floats, current: float) -> float:
    shape = cell.shape
    found = state[shape[WORKING + STATE] + POTENTIAL] + state[ACROSS]
    if shape[COUNTER + GRAINS] > 0:
        found -= state[shape[COUNTER + STATE] + POTENTIAL]
    return found + current * cell.parameters[SERIES]


@compiled
def _total_resistance(cell: Memory) -> float:
    shape, parameters = cell.shape, cell.parameters
    total = parameters[SERIES] + parameters[TOTAL_FILMS]
    own = shape[WORKING + PARAMETERS]
    total += parameters[own + TRANSFER] * parameters[own + WARMTH]
    if shape[COUNTER + GRAINS] > 0:
        own = shape[COUNTER + PARAMETERS]
        total += parameters[own + TRANSFER] * parameters[own + WARMTH]
    return total


@compiled
def _accept(
    cell: Memory, driven: bool, current: float, wanted: float, left: float
) -> float:
    """Make one sub-step of at most ``left`` s; return its length.

    Its end is in `Memory.after` and not kept yet. ``driven``: ``current`` (A) flows;
    else ``wanted`` (V) is held.
    """
    allowed = min(cell.state[STEP], LONGEST_STEP)
    # A tenth more than allowed is not worth a second step.
    time = left / max(math.ceil(left / allowed - 0.1), 1)
    while True:
        _attempt(cell, driven, current, wanted, time)
        bend = cell.work[BEND]
        if not bend > TOLERATED_BEND or time <= FIRST_STEP:
            break
        shrink = max(0.8 * math.sqrt(TOLERATED_BEND / bend), 0.1)
        time = max(time * shrink, FIRST_STEP)
    ratio = TOLERATED_BEND / bend if bend > 0.0 else math.inf
    grown = time * min(max(0.8 * math.sqrt(ratio), 0.3), MOST_GROWTH)
    # A caller's short step says nothing against the long one allowed before.
    step = max(grown, allowed) if ratio >= 1.0 and time < allowed else grown
    cell.after[STEP] = min(max(step, FIRST_STEP), LONGEST_STEP)
    return time


@compiled
def _attempt(
    cell: Memory, driven: bool, current: float, wanted: float, time: float
) -> None:
    """Write the state ``time`` s later, and how far V bends on the way."""
    state, after, work = cell.state, cell.after, cell.work
    has_counter = cell.shape[COUNTER + GRAINS] > 0
    guess = current if driven else state[CURRENT]
    begin_electrode(cell, WORKING, guess, time)
    if has_counter:
        begin_electrode(cell, COUNTER, -guess, time)
    guess = _stage(cell, driven, wanted, GAMMA * time, guess)
    passed = (1.0 - GAMMA) * guess
    carry_electrode(cell, WORKING)
    if has_counter:
        carry_electrode(cell, COUNTER)
    guess = _stage(cell, driven, wanted, time, guess)
    passed += GAMMA * guess
    _relax_films(cell, guess, time)
    after[CHARGE] = state[CHARGE] + passed * time
    after[CURRENT], after[STEP] = guess, state[STEP]
    finish_electrode(cell, WORKING, time)
    bend = bend_of(cell, WORKING)
    if has_counter:
        finish_electrode(cell, COUNTER, time)
        bend = max(bend, bend_of(cell, COUNTER))
    work[BEND] = bend
    work[ATTEMPTS] += 1.0


@compiled
def _stage(
    cell: Memory, driven: bool, wanted: float, elapsed: float, guess: float
) -> float:
    """Solve a stage that ends after ``elapsed`` s; return its current in A."""
    if driven:
        solve_electrode(cell, WORKING, guess)
        if cell.shape[COUNTER + GRAINS] > 0:
            solve_electrode(cell, COUNTER, -guess)
        return guess
    parameters = cell.parameters
    through = parameters[TOTAL_FILMS] + parameters[SERIES]
    if elapsed < parameters[FILMS_SETTLED]:
        films = cell.shape[FILMS]
        old, gone = 0.0, 0.0
        for k in range(films):
            decay = math.exp(-elapsed / parameters[FILM_RESISTANCES + films + k])
            gone += parameters[FILM_RESISTANCES + k] * decay
            old += cell.state[ACROSS_EACH + k] * decay
        through -= gone
        wanted -= old
    return _potentiostat(cell, through, wanted, guess)


@compiled
def _potentiostat(cell: Memory, through: float, wanted: float, guess: float) -> float:
    """Find the current in A that puts the stage's end at ``wanted`` V.

    ``through``: what else it flows through, Ω.
    """
    low, high = -math.inf, math.inf
    current = guess
    for _ in range(MOST_TRIALS):
        found, slope = solve_electrode(cell, WORKING, current)
        if cell.shape[COUNTER + GRAINS] > 0:
            other, other_slope = solve_electrode(cell, COUNTER, -current)
            found -= other
            slope += other_slope
        error = found + through * current - wanted
        if abs(error) < POTENTIAL_TOLERANCE:
            break
        if error > 0.0:
            high = current
        else:
            low = current
        current -= error / (slope + through)
        if not low < current < high:
            current = 0.5 * (low + high)
    return current


@compiled
def _relax_films(cell: Memory, current: float, time: float) -> None:
    parameters, state, after = cell.parameters, cell.state, cell.after
    films = cell.shape[FILMS]
    total = 0.0
    fading = time < parameters[FILMS_SETTLED]
    for k in range(films):
        across = current * parameters[FILM_RESISTANCES + k]
        if fading:
            decay = math.exp(-time / parameters[FILM_RESISTANCES + films + k])
            across += (state[ACROSS_EACH + k] - across) * decay
        after[ACROSS_EACH + k] = across
        total += across
    after[ACROSS] = total if fading else current * parameters[TOTAL_FILMS]


@compiled
def _cross(
    cell: Memory,
    current: float,
    time: float,
    limit: float,
    before: float,
    reached: float,
) -> float:
    """Redo the last sub-step so that it ends at ``limit``; keep it, return its length.

    ``before`` and ``reached``: V at its beginning and at its end.
    """
    early, late = 0.0, time
    middle = time
    below, above = before - limit, reached - limit
    for _ in range(MOST_TRIALS):
        middle = (early * above - late * below) / (above - below)
        _attempt(cell, True, current, 0.0, middle)
        error = _voltage_of(cell, cell.after, current) - limit
        if abs(error) < CROSSING_TOLERANCE or late - early < 1e-9 * time:
            break
        if (error > 0.0) == (above > 0.0):
            late, above, below = middle, error, 0.5 * below
        else:
            early, below, above = middle, error, 0.5 * above
    cell.after[STEP] = FIRST_STEP
    keep(cell)
    return middle
