"""One attempted time step of the particles of one size.

SDIRK2 (γ = 1 − √½: two stages with one matrix, L-stable, order 2), so a steep start
is damped and √t transients keep their shape. In each stage the profile is linear in
the faradaic current, θ = a − i_F·b; what is left is one scalar equation, falling in
i_F, solved by Newton inside a bracket:

    forced − gain·i_F − U(θ_s(i_F), past(i_F)) − (2RT/F) asinh(i_F / 2I0(θ_s)) = 0

where forced − gain·i_F is the potential across the double layer: with one size its
own answer to i_F, with several a given potential and gain = 0. The matrix is symmetric
and positive, so its L·D·Lᵀ needs no pivoting.
"""

import math
from typing import Final

from drivers.twins.world.kernel.hosts import equilibrium
from drivers.twins.world.kernel.memory import (
    BACKLASH,
    BASE_MEAN,
    BRANCH,
    COMPOSITION_GAIN,
    CONDUCTANCES,
    CRYSTAL,
    DEEP,
    DISTANCE,
    EQUILIBRIUM,
    EXCHANGE,
    EXPONENT,
    FARADAIC,
    FURTHEST,
    HALF_GAP,
    LOWERS,
    MATERIAL,
    MEAN,
    MID,
    OUTERMOST,
    PIVOTS,
    PRISTINE,
    PROFILE,
    RATE,
    SHELL_VOLUMES,
    SHELLS,
    SLACK,
    STIFFNESS,
    SURFACE,
    SURFACE_GAIN,
    THERMAL,
    THETA,
    TRIED,
    UNIFORM,
    UNIT,
    VOLUME,
    WIDTH,
    Floats,
    Memory,
)
from drivers.twins.world.kernel.past import (
    CRYSTAL_RATE,
    live_on,
    pristine_slope,
    pristine_weight,
)
from labctl.compiled import compiled

GAMMA: Final = 1.0 - math.sqrt(0.5)
"""Where the first stage ends, as a fraction of the step."""
CARRY: Final = (1.0 - GAMMA) / GAMMA
"""Weight of the first stage's increment in the second stage."""
TOLERANCE: Final = 1e-11
"""V; residual of the scalar equation."""
NEWTON_ITERATIONS: Final = 25
"""After these the bracket is halved instead; Newton creeps where U is steepest."""
MOST_ITERATIONS: Final = 100
EDGE: Final = 1e-9
"""The surface composition stays between EDGE and 1 − EDGE."""


@compiled
def begin_grain(
    cell: Memory,
    grain: int,
    own: int,
    place: int,
    capacity: float,
    exchange: float,
    time: float,
) -> None:
    """Prepare a step of ``time`` s.

    ``grain``, ``own``, ``place``: where these particles' blocks begin in the state, the
    parameters and the work; ``capacity`` (C) and ``exchange`` (A, at θ = 0.5) are the
    electrode's.
    """
    state, parameters, work = cell.state, cell.parameters, cell.work
    furthest = state[grain + FURTHEST]
    crystal = pristine_weight(furthest)
    pristine = crystal
    if crystal > 0.0:
        pristine *= math.exp(CRYSTAL_RATE * (state[grain + SLACK] - furthest))
    work[place + CRYSTAL], work[place + PRISTINE] = crystal, pristine
    work[place + BASE_MEAN] = state[grain + MEAN]
    faradaic = state[grain + FARADAIC]
    work[place + TRIED] = faradaic
    work[place + EXCHANGE] = 2.0 * exchange * parameters[own + SURFACE]
    capacity *= parameters[own + VOLUME]
    gain = GAMMA * time / capacity
    work[place + COMPOSITION_GAIN] = gain
    # D where the profile will be at half time: second order in slow drifts.
    drift = 0.5 * time * faradaic / capacity
    at_surface = _factorise(state, parameters, work, grain, own, place, drift, time)
    for k in range(SHELLS):
        work[place + PROFILE + k] = (
            parameters[own + SHELL_VOLUMES + k] * state[grain + THETA + k]
        )
    _solve_profile(work, place)
    last = place + UNIT + SHELLS - 1
    work[last] = gain / 3.0 / work[place + PIVOTS + SHELLS - 1]
    for back in range(SHELLS - 1):
        k = SHELLS - 2 - back
        work[place + UNIT + k] = -work[place + UNIT + k + 1] * work[place + LOWERS + k]
    work[place + SURFACE_GAIN] = work[last] + parameters[own + DISTANCE] / (
        3.0 * capacity * at_surface
    )


@compiled
def _factorise(
    state: Floats,
    parameters: Floats,
    work: Floats,
    grain: int,
    own: int,
    place: int,
    drift: float,
    time: float,
) -> float:
    """Write L and D of one stage's matrix; return the surface's diffusivity in m²/s."""
    mid, exponent = parameters[own + MID], parameters[own + EXPONENT]
    width, law = parameters[own + WIDTH], parameters[own + UNIFORM]
    uniform = law > 0.0
    below, before, lower = 0.0, 0.0, 0.0
    for k in range(SHELLS):
        if not uniform:
            scaled = (state[grain + THETA + k] - drift) / width
            law = mid * math.exp(exponent * math.exp(-scaled * scaled))
        off = 0.0
        if k > 0:
            off = 0.5 * (law + below) * parameters[own + CONDUCTANCES + k - 1]
            off *= -GAMMA * time
        # the shell inside is complete once its outer face is known
        if k > 0:
            pivot = before - off
            lower = off / pivot
            work[place + PIVOTS + k - 1] = pivot
            work[place + LOWERS + k - 1] = lower
        before = parameters[own + SHELL_VOLUMES + k] - off - lower * off
        below = law
    work[place + PIVOTS + SHELLS - 1] = before
    return law


@compiled
def _solve_profile(work: Floats, place: int) -> None:
    """Solve the stage's equations with the right side in the profile's place."""
    profile, pivots, lowers = place + PROFILE, place + PIVOTS, place + LOWERS
    value = work[profile]
    for k in range(1, SHELLS):
        value = work[profile + k] - value * work[lowers + k - 1]
        work[profile + k] = value
    value = work[profile + SHELLS - 1] / work[pivots + SHELLS - 1]
    work[profile + SHELLS - 1] = value
    for back in range(SHELLS - 1):
        k = SHELLS - 2 - back
        value = work[profile + k] / work[pivots + k] - value * work[lowers + k]
        work[profile + k] = value
    work[place + OUTERMOST] = work[profile + SHELLS - 1]


@compiled
def solve_grain(
    cell: Memory, electrode: int, grain: int, place: int, forced: float, gain: float
) -> float:
    """Return i_F in A; writes the stiffness, −d(V − η − U)/di_F in Ω without gain.

    ``electrode``: where its block in the parameters begins.
    """
    state, parameters, work = cell.state, cell.parameters, cell.work
    deep, material = state[grain + DEEP], parameters[electrode + MATERIAL]
    thermal, backlash = (
        parameters[electrode + THERMAL],
        parameters[electrode + BACKLASH],
    )
    half_gap, rate = parameters[electrode + HALF_GAP], parameters[electrode + RATE]
    crystal, pristine = work[place + CRYSTAL], work[place + PRISTINE]
    exchange, base_mean = work[place + EXCHANGE], work[place + BASE_MEAN]
    surface, surface_gain = work[place + OUTERMOST], work[place + SURFACE_GAIN]
    composition_gain = work[place + COMPOSITION_GAIN]
    low = (surface - (1.0 - EDGE)) / surface_gain
    high = (surface - EDGE) / surface_gain
    x = work[place + TRIED]
    if not low < x < high:
        x = 0.5 * (low + high)
    stiffness, potential = 0.0, 0.0
    for iteration in range(MOST_ITERATIONS):
        theta = surface - x * surface_gain
        mean = base_mean - x * composition_gain
        branch, turn, weight, fresh = _along(
            state, grain, mean, rate, backlash, crystal, pristine
        )
        potential, slope, gap, by_pristine = equilibrium(
            cell.tables, material, theta, branch, weight, deep
        )
        potential += half_gap * branch
        mixing = theta * (1.0 - theta)
        double = exchange * math.sqrt(mixing) * 2.0
        driven = x / double
        residual = forced - gain * x - potential - 2.0 * thermal * math.asinh(driven)
        bend = (1.0 + driven * (0.5 - theta) * double / mixing * surface_gain) / (
            double * math.sqrt(1.0 + driven * driven)
        )
        stiffness = (
            ((gap + half_gap) * turn - by_pristine * fresh) * composition_gain
            - slope * surface_gain
            + 2.0 * thermal * bend
        )
        if -TOLERANCE < residual < TOLERANCE:
            # The tangent leaves rounding, so that systems whose exp differs in the last
            # place do not differ by the tolerance.
            if stiffness > -gain:
                x += residual / (gain + stiffness)
            break
        if residual > 0.0:
            low = x
        else:
            high = x
        if stiffness > -gain:
            x += residual / (gain + stiffness)
        else:
            x = math.inf
        if not low < x < high or iteration > NEWTON_ITERATIONS:
            x = 0.5 * (low + high)
        if high - low < 4e-16 * max(abs(high), abs(low)):
            break  # rounding, or the host is full or empty
    work[place + TRIED], work[place + STIFFNESS] = x, stiffness
    work[place + EQUILIBRIUM] = potential
    return x


@compiled
def _along(
    state: Floats,
    grain: int,
    mean: float,
    rate: float,
    backlash: float,
    crystal: float,
    pristine: float,
) -> tuple[float, float, float, float]:
    """Return the branch and the pristine curve's weight at ``mean``, each with slope.

    ``crystal``, ``pristine``: the weight on new ground and where the step begins.
    """
    branch, slack = state[grain + BRANCH], state[grain + SLACK]
    turn, weight, fresh = 0.0, pristine, 0.0
    filled, emptied = mean - backlash - slack, mean + backlash - slack
    if filled > 0.0:
        moved = filled
        turn = rate * (branch + 1.0) * math.exp(-rate * moved)
        branch = turn / rate - 1.0
    elif emptied < 0.0:
        moved = emptied
        turn = rate * (1.0 - branch) * math.exp(rate * moved)
        branch = 1.0 - turn / rate
    else:
        return branch, turn, weight, fresh
    if crystal != 0.0:
        now, furthest = slack + moved, state[grain + FURTHEST]
        if now > furthest:
            weight, fresh = pristine_weight(now), pristine_slope(now)
        else:
            weight = crystal * math.exp(CRYSTAL_RATE * (now - furthest))
            fresh = CRYSTAL_RATE * weight
    return branch, turn, weight, fresh


@compiled
def carry_grain(cell: Memory, grain: int, own: int, place: int) -> None:
    """Keep the last solution as the first stage's and set up the second."""
    state, parameters, work = cell.state, cell.parameters, cell.work
    faradaic = work[place + TRIED]
    for k in range(SHELLS):
        theta = state[grain + THETA + k]
        base = work[place + PROFILE + k] - faradaic * work[place + UNIT + k]
        base = (base - theta) * CARRY + theta
        work[place + PROFILE + k] = base * parameters[own + SHELL_VOLUMES + k]
    _solve_profile(work, place)
    gained = faradaic * work[place + COMPOSITION_GAIN]
    work[place + BASE_MEAN] = state[grain + MEAN] - CARRY * gained


@compiled
def finish_grain(cell: Memory, electrode: int, grain: int, place: int) -> float:
    """Write the state at the end of the step; return the mean composition."""
    parameters, after, work = cell.parameters, cell.after, cell.work
    faradaic = work[place + TRIED]
    mean = work[place + BASE_MEAN] - faradaic * work[place + COMPOSITION_GAIN]
    after[grain + MEAN], after[grain + FARADAIC] = mean, faradaic
    live_on(
        cell.state,
        after,
        grain,
        mean,
        work[place + EQUILIBRIUM],
        parameters[electrode + RATE],
        parameters[electrode + BACKLASH],
    )
    for k in range(SHELLS):
        after[grain + THETA + k] = (
            work[place + PROFILE + k] - faradaic * work[place + UNIT + k]
        )
    return mean
