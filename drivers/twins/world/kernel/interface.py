"""One attempted time step of one electrode: the interface that its particles share.

The double layer's branches are linear, so in each stage (`particles.py`) they are
one capacitance and one base potential, exactly:

    V = (B + γΔt (I_host − Σ i_F)) / C_eff
    C_eff = C_0 + Σ C_k b_k,  B = C_0 V_0 + Σ C_k b_k V_k,  b_k = γΔt/(γΔt + τ_k)

Stages long beside every τ_k take b_k = 1. With one size this closes the particle's
scalar equation; several sizes are brought to one potential by Newton around theirs.

A step goes begin, solve with one or several currents, carry, which keeps the last one
and sets up the second stage, solve again, and finish. ``electrode`` is `WORKING` or
`COUNTER`, where what the shape says of it begins.

Whoever edits: charge is conserved to rounding; the tests hold it to 1e-9.
"""

import math
from typing import Final

from drivers.twins.world.kernel.life import grow_older
from drivers.twins.world.kernel.memory import (
    ACTIVE,
    BARE,
    BASE,
    CAPACITANCES,
    CAPACITY,
    EFFECTIVE,
    FILM_CAPACITY,
    FILM_CHARGE,
    FOLLOWS,
    GAIN,
    GRAIN_PARAMETERS,
    GRAIN_STATE,
    GRAIN_WORK,
    GRAINS,
    HALF_CYCLES,
    LAYER,
    LAYER_SETTLED,
    LAYER_TOTAL,
    LAYERS,
    MEAN,
    MIDDLE,
    OF_FILM,
    ONSET,
    PARAMETERS,
    POTENTIAL,
    REACHED,
    RESISTANCE_FACTOR,
    SETTLED,
    SHARE,
    STATE,
    STIFFNESS,
    TAKEN,
    THERMAL,
    THROUGH,
    TRANSFER,
    TRIED,
    VOLUME,
    WARMTH,
    WORK,
    Memory,
)
from drivers.twins.world.kernel.particles import (
    CARRY,
    GAMMA,
    TOLERANCE,
    begin_grain,
    carry_grain,
    finish_grain,
    solve_grain,
)
from labctl.compiled import compiled

LOWEST_POTENTIAL: Final = -5.0
HIGHEST_POTENTIAL: Final = 10.0
"""V; beyond these the electrolyte carries whatever current is still forced."""
MOST_POTENTIALS: Final = 60
SWITCH_WIDTH: Final = 0.02
"""V; softness of the potential below which the film forms."""


@compiled
def share_of_film(
    share: float, onset: float, filled: float, most: float, potential: float
) -> float:
    """Return the part of a lithiating current that the film takes now.

    ``filled`` of ``most``: what it has taken, C; ``potential`` and ``onset`` in V.
    """
    if filled >= most:
        return 0.0
    open_part = 1.0 - filled / most
    # Beyond exp(±40) the switch is 0 or 1 to rounding.
    above = min(max((potential - onset) / SWITCH_WIDTH, -40.0), 40.0)
    return share * open_part / (1.0 + math.exp(above))


@compiled
def begin_electrode(cell: Memory, electrode: int, current: float, time: float) -> None:
    """Prepare a step of ``time`` s; ``current`` in A is a first guess."""
    shape, parameters, state, work = cell.shape, cell.parameters, cell.state, cell.work
    start, own = shape[electrode + STATE], shape[electrode + PARAMETERS]
    place, layers = shape[electrode + WORK], shape[electrode + LAYERS]
    potential = state[start + POTENTIAL]
    work[place + THROUGH] = current
    work[place + REACHED] = work[place + MIDDLE] = potential
    work[place + TAKEN] = 0.0
    most = state[start + FILM_CAPACITY]
    share = share_of_film(
        parameters[own + SHARE],
        parameters[own + ONSET],
        state[start + FILM_CHARGE],
        most,
        potential,
    )
    if share > 0.0 and current < 0.0:
        filled = parameters[own + SHARE] * -current * time / most
        share *= -math.expm1(-filled) / filled
    work[place + OF_FILM] = share
    capacity = parameters[own + CAPACITY] * state[start + ACTIVE]
    factor = state[start + RESISTANCE_FACTOR] * parameters[own + WARMTH]
    exchange = parameters[own + THERMAL] / (parameters[own + TRANSFER] * factor)
    for size in range(shape[electrode + GRAINS]):
        begin_grain(
            cell,
            start + LAYER + layers + size * GRAIN_STATE,
            own + CAPACITANCES + 2 * layers + size * GRAIN_PARAMETERS,
            place + FOLLOWS + 2 * layers + size * GRAIN_WORK,
            capacity,
            exchange,
            time,
        )
    stage = GAMMA * time
    settled = not stage < parameters[own + LAYER_SETTLED]
    effective = parameters[own + LAYER_TOTAL]
    if not settled:
        effective = 0.0
    for k in range(layers):
        follow = 1.0
        if not settled:
            follow = stage / (stage + parameters[own + CAPACITANCES + layers + k])
            effective += parameters[own + CAPACITANCES + k] * follow
        work[place + FOLLOWS + k] = follow
        work[place + FOLLOWS + layers + k] = state[start + LAYER + k]
    if not settled:
        effective += parameters[own + BARE]
    work[place + SETTLED] = 1.0 if settled else 0.0
    work[place + EFFECTIVE] = effective
    work[place + GAIN] = stage / effective
    work[place + BASE] = _base_potential(cell, electrode, potential)


@compiled
def _base_potential(cell: Memory, electrode: int, bare: float) -> float:
    """Return B/C_eff in V with the bare capacitance at ``bare``."""
    shape, parameters, work = cell.shape, cell.parameters, cell.work
    own, place = shape[electrode + PARAMETERS], shape[electrode + WORK]
    layers = shape[electrode + LAYERS]
    if layers == 0:
        return bare
    pulled = 0.0
    for k in range(layers):
        pull = parameters[own + CAPACITANCES + k] * work[place + FOLLOWS + k]
        pulled += pull * work[place + FOLLOWS + layers + k]
    return (parameters[own + BARE] * bare + pulled) / work[place + EFFECTIVE]


@compiled
def solve_electrode(
    cell: Memory, electrode: int, current: float
) -> tuple[float, float]:
    """Return the electrode's potential in V and dV/dI in Ω at the stage's end."""
    shape, work = cell.shape, cell.work
    place, layers = shape[electrode + WORK], shape[electrode + LAYERS]
    gain = work[place + GAIN]
    to_host = 1.0 - work[place + OF_FILM] if current < 0.0 else 1.0
    forced = work[place + BASE] + gain * current * to_host
    if shape[electrode + GRAINS] == 1:
        grain = place + FOLLOWS + 2 * layers
        faradaic = solve_grain(
            cell,
            shape[electrode + PARAMETERS],
            shape[electrode + STATE] + LAYER + layers,
            grain,
            forced,
            gain,
        )
        potential = forced - gain * faradaic
        stiffness = work[grain + STIFFNESS]
        slope = stiffness / (gain + stiffness)
    else:
        potential, slope = _common_potential(cell, electrode, forced)
    work[place + THROUGH] = current
    potential = min(max(potential, LOWEST_POTENTIAL), HIGHEST_POTENTIAL)
    work[place + REACHED] = potential
    return potential, gain * to_host * slope


@compiled
def _common_potential(
    cell: Memory, electrode: int, forced: float
) -> tuple[float, float]:
    """Return where V = forced − gain·Σ i_F(V), and dV/dforced."""
    shape, work = cell.shape, cell.work
    place, layers = shape[electrode + WORK], shape[electrode + LAYERS]
    first, own = place + FOLLOWS + 2 * layers, shape[electrode + PARAMETERS]
    held, sizes = shape[electrode + STATE] + LAYER + layers, shape[electrode + GRAINS]
    gain = work[place + GAIN]
    low, high = LOWEST_POTENTIAL, HIGHEST_POTENTIAL
    potential, softness = work[place + REACHED], 1.0
    for _ in range(MOST_POTENTIALS):
        total, compliance = 0.0, 0.0
        for size in range(sizes):
            grain = first + size * GRAIN_WORK
            total += solve_grain(
                cell, own, held + size * GRAIN_STATE, grain, potential, 0.0
            )
            compliance += 1.0 / work[grain + STIFFNESS]
        error = forced - gain * total - potential
        softness = 1.0 + gain * compliance
        change = error / softness
        if abs(change) < TOLERANCE:
            # The rest by the tangent, so that no charge is lost.
            for size in range(sizes):
                grain = first + size * GRAIN_WORK
                work[grain + TRIED] += change / work[grain + STIFFNESS]
            return potential + change, 1.0 / softness
        if error > 0.0:
            low = potential
        else:
            high = potential
        potential += change
        if not low < potential < high:
            potential = 0.5 * (low + high)
    return potential, 1.0 / softness


@compiled
def carry_electrode(cell: Memory, electrode: int) -> None:
    """Keep the last solution as the first stage's and set up the second."""
    shape, state, work = cell.shape, cell.state, cell.work
    start, own = shape[electrode + STATE], shape[electrode + PARAMETERS]
    place, layers = shape[electrode + WORK], shape[electrode + LAYERS]
    middle = work[place + REACHED]
    work[place + MIDDLE] = middle
    work[place + TAKEN] += (1.0 - GAMMA) * max(-work[place + THROUGH], 0.0)
    for size in range(shape[electrode + GRAINS]):
        carry_grain(
            cell,
            start + LAYER + layers + size * GRAIN_STATE,
            own + CAPACITANCES + 2 * layers + size * GRAIN_PARAMETERS,
            place + FOLLOWS + 2 * layers + size * GRAIN_WORK,
        )
    # towards the stage's end and CARRY as far
    for k in range(layers):
        then = state[start + LAYER + k]
        part = CARRY * (middle - then) * work[place + FOLLOWS + k]
        work[place + FOLLOWS + layers + k] = then + part
    potential = state[start + POTENTIAL]
    risen = potential + CARRY * (middle - potential)
    work[place + BASE] = _base_potential(cell, electrode, risen)


@compiled
def finish_electrode(cell: Memory, electrode: int, time: float) -> None:
    """Write the state at the end of the step."""
    shape, state, after, work = cell.shape, cell.state, cell.after, cell.work
    start, own = shape[electrode + STATE], shape[electrode + PARAMETERS]
    place, layers = shape[electrode + WORK], shape[electrode + LAYERS]
    mean, sizes = 0.0, shape[electrode + GRAINS]
    for size in range(sizes):
        mean_of_size = finish_grain(
            cell,
            own,
            start + LAYER + layers + size * GRAIN_STATE,
            place + FOLLOWS + 2 * layers + size * GRAIN_WORK,
        )
        grain = own + CAPACITANCES + 2 * layers + size * GRAIN_PARAMETERS
        mean += cell.parameters[grain + VOLUME] * mean_of_size
    potential = work[place + REACHED]
    for k in range(layers):
        base = work[place + FOLLOWS + layers + k]
        if work[place + SETTLED] == 1.0:
            after[start + LAYER + k] = potential
        else:
            follow = work[place + FOLLOWS + k]
            after[start + LAYER + k] = base + follow * (potential - base)
    taken = work[place + TAKEN] + GAMMA * max(-work[place + THROUGH], 0.0)
    film = state[start + FILM_CHARGE] + work[place + OF_FILM] * taken * time
    after[start + MEAN], after[start + POTENTIAL] = mean, potential
    after[start + FILM_CHARGE] = film
    for k in range(HALF_CYCLES, LAYER):
        after[start + k] = state[start + k]
    grow_older(cell.parameters, own, after, start, mean)


@compiled
def bend_of(cell: Memory, electrode: int) -> float:
    """Return how far V at the first stage lies off the straight line, in V."""
    place = cell.shape[electrode + WORK]
    start = cell.state[cell.shape[electrode + STATE] + POTENTIAL]
    middle, end = cell.work[place + MIDDLE], cell.work[place + REACHED]
    return abs(middle - start - GAMMA * (end - start))
