"""Rate capability: what is left of the capacity at each current, with its own error.

Each rate's capacity is the median of its cycles, in the middle of whatever trend they
follow. What they scatter beside a straight trend, all rates together, is the error of
one cycle; the median of n has 1.25/√n of it, and so has the reference. The ammeter's
gain cancels between rates on one range, and only there.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.cells.cycle_errors import CycleErrors, cycle_errors
from labctl.analysis.cells.cycling import COULOMB_PER_MAH, Cycles
from labctl.analysis.uncertainty import Measured
from labctl.sources import Kind, Source
from labctl.verdicts.cycling import PLAUSIBLE_RETENTION, STEADY_RATE

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MEDIAN = (1.0, 1.0, 1.16, 1.09, 1.20)
"""Standard error of a median over that of a mean of n = 1 … 5 normal values …"""
MANY = math.sqrt(math.pi / 2)
"""… and of many."""
FEWEST_FOR_TREND = 3


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
    numbers: tuple[int, ...]
    """Which they are."""
    first: float
    """Opening half (lithiation of an anode half cell) in mAh/g."""
    second: float
    """Closing half (delithiation) in mAh/g."""
    second_last: float
    """Closing half of the block's last cycle in mAh/g."""
    retention: Measured
    """Median closing charge over that of the first block, in %."""
    efficiency: float
    """Median coulombic efficiency, a fraction."""
    mean_voltage: float
    """Mean voltage of the closing half in V."""


def rate_table(
    cycles: Cycles,
    blocks: Sequence[RateBlock],
    *,
    mass: float,
    errors: CycleErrors | None = None,
) -> tuple[RateRow, ...]:
    """Return one row per block; the first block is the reference of the retention.

    A last block at the first rate gives the recovered capacity in its retention.
    ``mass`` is the active mass in g.
    """
    if not blocks:
        return ()
    places = [_complete(cycles, block) for block in blocks]
    scatter = _scatter(cycles, places)
    errors = errors or cycle_errors(cycles)
    per_gram = 1 / (COULOMB_PER_MAH * mass)
    rows = []
    for block, at in zip(blocks, places, strict=True):
        down = cycles.opening[at] < 0
        time = np.where(down, cycles.charge_duration[at], cycles.discharge_duration[at])
        voltage = np.where(
            down, cycles.mean_charge_voltage[at], cycles.mean_discharge_voltage[at]
        )
        second = cycles.second[at]
        rows.append(
            RateRow(
                label=block.label,
                current=float(np.median(second / time)),
                cycles=len(at),
                numbers=tuple(cycles.number[at].tolist()),
                first=float(np.median(cycles.first[at])) * per_gram,
                second=float(np.median(second)) * per_gram,
                second_last=float(second[-1]) * per_gram,
                retention=_retention(cycles, at, places[0], scatter, errors),
                efficiency=float(np.median(cycles.coulombic_efficiency[at])),
                mean_voltage=float(np.median(voltage)),
            )
        )
    return tuple(rows)


def _complete(cycles: Cycles, block: RateBlock) -> Ints:
    at = np.flatnonzero(np.isin(cycles.number, block.cycles) & cycles.complete)
    if not len(at):
        raise ValueError(
            f"rate {block.label}: none of cycles {block.cycles} is complete"
        )
    return at


def _scatter(cycles: Cycles, places: Sequence[Ints]) -> tuple[float, int]:
    """Return the relative scatter of one cycle beside its rate's trend, and its dof."""
    square, freedom = 0.0, 0
    for at in places:
        if len(at) >= FEWEST_FOR_TREND:
            y = cycles.second[at] / float(np.median(cycles.second[at]))
            line = np.polyval(np.polyfit(np.arange(len(at)), y, 1), np.arange(len(at)))
            square += float(np.sum((y - line) ** 2))
            freedom += len(at) - 2
    return (math.sqrt(square / freedom) if freedom else math.nan), freedom


def _retention(
    cycles: Cycles,
    at: Ints,
    reference: Ints,
    scatter: tuple[float, int],
    errors: CycleErrors,
) -> Measured:
    whole, part = _median(cycles, reference), _median(cycles, at)
    base = float(np.median(cycles.second[reference]))
    percent = 100 * float(np.median(cycles.second[at])) / base
    weight = (100 * part - percent * whole) / base
    found = errors.measured(percent, "%", second=weight)
    if at[0] == reference[0]:
        return found  # it is 100 % by definition
    for which in (at, reference):
        own = percent * scatter[0] * _of_median(len(which))
        if math.isfinite(own):
            source = Source.fresh(
                "scatter between cycles", which.tolist(), own, kind=Kind.A
            )
            found = found.with_part(source, own, scatter[1])
    for which in (at, reference):
        found = found.suspect(*STEADY_RATE.at_most(_change(cycles.second[which])))
    return found.suspect(*PLAUSIBLE_RETENTION.between(percent))


def _median(cycles: Cycles, at: Ints) -> Floats:
    """Return the weights of all cycles that make their sum the median of these."""
    order = at[np.argsort(cycles.second[at], kind="stable")]
    n = len(order)
    weight = np.zeros(len(cycles))
    np.add.at(weight, [order[(n - 1) // 2], order[n // 2]], 0.5)
    return weight


def _of_median(n: int) -> float:
    factor = MEDIAN[n - 1] if n <= len(MEDIAN) else MANY
    return factor / math.sqrt(n)


def _change(values: Floats) -> float:
    """Return by what part of their median values changed from first to last."""
    if len(values) < FEWEST_FOR_TREND:
        return float(abs(values[-1] - values[0]) / np.median(values))
    slope = float(np.polyfit(np.arange(len(values)), values, 1)[0])
    return float(abs(slope) * (len(values) - 1) / np.median(values))
