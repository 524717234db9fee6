"""A cell's parameters and state as rows of numbers, and the state read back."""

import numpy as np

from drivers.twins.world.ageing import Age
from drivers.twins.world.cell_state import (
    CellState,
    ElectrodeState,
    GrainState,
    Past,
)
from drivers.twins.world.electrode import Electrode
from drivers.twins.world.kernel.memory import (
    ACROSS_EACH,
    CAPACITANCES,
    COUNTER,
    FILM_RESISTANCES,
    FILMS,
    FOLLOWS,
    GRAIN_PARAMETERS,
    GRAIN_STATE,
    GRAIN_WORK,
    GRAINS,
    LAYER,
    LAYERS,
    PARAMETERS,
    SHAPE_SIZE,
    SHELLS,
    STATE,
    THETA,
    WORK,
    WORK_SIZE,
    WORKING,
    Floats,
    Integers,
)
from drivers.twins.world.ladder import Rungs


def shape_of(
    films: int, working: Electrode, counter: Electrode | None
) -> tuple[Integers, int]:
    """Return the counts and places of a cell, and how long its work is."""
    shape = [0] * SHAPE_SIZE
    shape[FILMS] = films
    state, parameters, work = (
        ACROSS_EACH + films,
        FILM_RESISTANCES + 2 * films,
        WORK_SIZE,
    )
    for place, electrode in ((WORKING, working), (COUNTER, counter)):
        if electrode is None:
            continue
        sizes, layers = len(electrode.grains), electrode.layer.time.size
        shape[place + GRAINS], shape[place + LAYERS] = sizes, layers
        shape[place + STATE], shape[place + PARAMETERS] = state, parameters
        shape[place + WORK] = work
        state += LAYER + layers + sizes * GRAIN_STATE
        parameters += CAPACITANCES + 2 * layers + sizes * GRAIN_PARAMETERS
        work += FOLLOWS + 2 * layers + sizes * GRAIN_WORK
    return shape, work


def packed_parameters(
    series: float, films: Rungs, electrodes: tuple[Electrode | None, ...]
) -> Floats:
    """Return them in the order of `kernel/memory.py`, as warm as they are now."""
    # exp(−40) is nothing to rounding
    settled = 40.0 * float(films.time.max())
    row = [series, float(films.resistance.sum()), settled]
    row += films.resistance.tolist() + films.time.tolist()
    for electrode in electrodes:
        if electrode is not None:
            row += _packed_electrode(electrode)
    return row


def _packed_electrode(electrode: Electrode) -> Floats:
    of, layer = electrode.parameters, electrode.layer
    fade, sei = of.fade, of.sei
    row = [
        electrode.capacity,
        electrode.thermal,
        of.charge_transfer_resistance_ohm,
        electrode.warmth,
        electrode.material,
        of.hysteresis.half_gap_volt,
        of.hysteresis.rate,
        of.hysteresis.backlash,
        sei.share,
        sei.onset_volt,
        electrode.layer_settled,
        electrode.layer_total,
        layer.bare,
        fade.coefficient,
        fade.exponent,
        fade.least,
        fade.resistance_growth,
        sei.irreversible_mah_per_g,
        sei.growth_fraction,
        sei.cracking_fraction,
        of.capacity_mah_per_g,
        of.mass_mg,
    ]
    row += layer.capacitance.tolist() + layer.time.tolist()
    for grain in electrode.grains:
        sphere = grain.sphere
        row += [
            grain.volume,
            grain.surface,
            sphere.surface_distance,
            sphere.uniform,
            sphere.law.mid_m2_per_s,
            sphere.exponent,
            sphere.law.width,
        ]
        row += sphere.conductance.tolist() + sphere.volume.tolist()
    return row


def packed_state(state: CellState) -> Floats:
    """Return a state as a row, in the order of `kernel/memory.py`."""
    row = [state.charge, state.current, state.step, state.across_films]
    row += state.films.tolist()
    for electrode in (state.working, state.counter):
        if electrode is None:
            continue
        row += [electrode.mean, electrode.potential, electrode.film_charge]
        row += [float(number) for number in electrode.age]
        row += electrode.layer.tolist()
        for grain in electrode.grains:
            row += [grain.mean, grain.faradaic, *grain.past, *grain.theta.tolist()]
    return row


def unpacked_state(shape: Integers, row: Floats) -> CellState:
    """Return the state that a row is."""
    charge, current, step, across = row[:ACROSS_EACH]
    return CellState(
        working=_unpacked_electrode(shape, WORKING, row),
        counter=(
            _unpacked_electrode(shape, COUNTER, row)
            if shape[COUNTER + GRAINS]
            else None
        ),
        films=np.array(row[ACROSS_EACH : ACROSS_EACH + shape[FILMS]]),
        across_films=across,
        charge=charge,
        current=current,
        step=step,
    )


def _unpacked_electrode(shape: Integers, electrode: int, row: Floats) -> ElectrodeState:
    place, layers = shape[electrode + STATE], shape[electrode + LAYERS]
    mean, potential, film_charge, half_cycles, direction, *age = row[
        place : place + LAYER
    ]
    first = place + LAYER + layers
    ends = range(first, first + shape[electrode + GRAINS] * GRAIN_STATE, GRAIN_STATE)
    grains = []
    for grain in ends:
        own_mean, faradaic, *past = row[grain : grain + THETA]
        theta = row[grain + THETA : grain + THETA + SHELLS]
        grains.append(GrainState(np.array(theta), own_mean, faradaic, Past(*past)))
    return ElectrodeState(
        grains=tuple(grains),
        mean=mean,
        potential=potential,
        layer=np.array(row[place + LAYER : first]),
        film_charge=film_charge,
        age=Age(int(half_cycles), int(direction), *age),
    )
