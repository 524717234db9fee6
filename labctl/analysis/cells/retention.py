"""How long a cell lasts: retention, cycles to 80 %, fade, rate capability."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.cells.cycling import COULOMB_PER_MAH, Cycles
from labctl.analysis.uncertainty import Measured, estimated

Floats = NDArray[np.float64]

FEWEST_FOR_SLOPE = 3
MOST_FOR_SLOPE = 500
"""Theil–Sen compares every pair; more cycles than this are thinned evenly."""


@dataclass(frozen=True, slots=True)
class Retention:
    """Capacity against a reference cycle; formation stays in the table, marked."""

    cycle: NDArray[np.int64]
    """Cycle numbers, all cycles."""
    retention: Floats
    """Second-half charge over the reference cycle's, a fraction."""
    reference_cycle: int
    """The cycle that is 1 by definition: the first after formation."""
    last: Measured
    """Retention of the last complete cycle."""
    cycles_to_end: Measured
    """Cycles after the reference until ``end_of_life``, interpolated; absent if not
    reached."""
    fade_per_cycle: Measured
    """Theil–Sen slope of retention, fraction per cycle; negative when it fades."""
    cumulative_efficiency: float
    """Product of the coulombic efficiencies from the reference cycle on."""
    mean_efficiency: float
    """Mean coulombic efficiency from the reference cycle on, a fraction."""


def retention(
    cycles: Cycles,
    *,
    formation_cycles: int = 0,
    end_of_life: float = 0.8,
    charge_uncertainty: float = 0.0,
) -> Retention:
    """Return the retention of the closing half's charge.

    Parameters
    ----------
    cycles
        From `pair_cycles`.
    formation_cycles
        Complete cycles that came before the reference cycle.
    end_of_life
        Fraction that ends the life.
    charge_uncertainty
        Relative standard uncertainty of one half cycle's charge; mass and the
        current's gain error cancel in the ratio.

    Raises
    ------
    ValueError
        There are not more complete cycles than formation cycles.
    """
    known = np.flatnonzero(cycles.complete)
    if len(known) <= formation_cycles:
        raise ValueError(
            f"retention: {len(known)} complete cycles, {formation_cycles} of them "
            "formation; one more is needed as the reference"
        )
    start = known[formation_cycles]
    fraction = cycles.second / cycles.second[start]
    ageing = known[formation_cycles:]
    number, value = cycles.number[ageing], fraction[ageing]
    spread = float(np.sqrt(2) * charge_uncertainty)
    return Retention(
        cycle=cycles.number,
        retention=fraction,
        reference_cycle=int(cycles.number[start]),
        last=estimated(float(value[-1]), float(value[-1]) * spread, "half cycle"),
        cycles_to_end=_crossing(number - number[0], value, end_of_life),
        fade_per_cycle=_fade(number, value),
        cumulative_efficiency=float(np.prod(cycles.coulombic_efficiency[ageing])),
        mean_efficiency=float(np.mean(cycles.coulombic_efficiency[ageing])),
    )


def _crossing(number: NDArray[np.int64], value: Floats, level: float) -> Measured:
    below = np.flatnonzero(value < level)
    if not len(below):
        return Measured.absent(
            f"still at {100 * value[-1]:.1f} % after {number[-1]} cycles"
        )
    k = int(below[0])
    share = (value[k - 1] - level) / (value[k - 1] - value[k])
    return Measured(float(number[k - 1] + share * (number[k] - number[k - 1])))


def _fade(number: NDArray[np.int64], value: Floats) -> Measured:
    if len(number) < FEWEST_FOR_SLOPE:
        return Measured.absent(f"{len(number)} cycles give no slope; 3 do")
    from scipy import stats  # noqa: PLC0415  (start-up time)

    pick = np.unique(np.linspace(0, len(number) - 1, MOST_FOR_SLOPE).astype(int))
    slope, _, low, high = stats.theilslopes(value[pick], number[pick], alpha=0.95)
    return estimated(float(slope), float(high - low) / (2 * 1.96), "scatter")


@dataclass(frozen=True, slots=True)
class RateBlock:
    """Consecutive cycles at one rate."""

    label: str
    """As the lab writes it: ``C/5``, ``3C``."""
    cycles: tuple[int, ...]
    """Cycle numbers."""


@dataclass(frozen=True, slots=True)
class RateRow:
    """One line of a rate capability table; medians over the block's cycles."""

    label: str
    current: float
    """Mean |current| of the closing half in A."""
    cycles: int
    """Complete cycles at this rate."""
    first: float
    """Opening half (lithiation of an anode half cell) in mAh/g."""
    second: float
    """Closing half (delithiation) in mAh/g."""
    second_last: float
    """Closing half of the block's last cycle in mAh/g."""
    retention: Measured
    """Median closing charge over that of the first block, a fraction."""
    efficiency: float
    """Median coulombic efficiency, a fraction."""
    mean_voltage: float
    """Mean voltage of the closing half in V."""


def rate_table(
    cycles: Cycles, blocks: Sequence[RateBlock], *, mass: float
) -> tuple[RateRow, ...]:
    """Return one row per block; the first block is the reference of the retention.

    A last block at the first rate gives the recovered capacity in its retention.
    ``mass`` is the active mass in g.
    """
    rows: list[RateRow] = []
    reference = np.nan
    for block in blocks:
        at = np.flatnonzero(np.isin(cycles.number, block.cycles) & cycles.complete)
        if not len(at):
            raise ValueError(
                f"rate {block.label}: none of cycles {block.cycles} is complete"
            )
        per_gram = 1 / (COULOMB_PER_MAH * mass)
        opens_discharge = cycles.opening[at] < 0
        time = np.where(
            opens_discharge, cycles.charge_duration[at], cycles.discharge_duration[at]
        )
        voltage = np.where(
            opens_discharge,
            cycles.mean_charge_voltage[at],
            cycles.mean_discharge_voltage[at],
        )
        second = cycles.second[at]
        middle = float(np.median(second))
        reference = reference if rows else middle
        scatter = float(np.std(second, ddof=1)) if len(at) > 1 else np.nan
        rows.append(
            RateRow(
                label=block.label,
                current=float(np.median(second / time)),
                cycles=len(at),
                first=float(np.median(cycles.first[at])) * per_gram,
                second=middle * per_gram,
                second_last=float(second[-1]) * per_gram,
                retention=estimated(
                    middle / reference,
                    scatter / np.sqrt(len(at)) / reference,
                    "scatter",
                ),
                efficiency=float(np.median(cycles.coulombic_efficiency[at])),
                mean_voltage=float(np.median(voltage)),
            )
        )
    return tuple(rows)
