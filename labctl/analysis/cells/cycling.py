"""Half cycles become cycles, and cycles become the numbers of a cycling paper.

Coulombic efficiency is always second half over first half of the same cycle:
delithiation over lithiation for an anode half cell (discharge first), discharge over
charge for a full cell (charge first). Energy efficiency is always what the cell gave
over what it took: discharge energy over charge energy.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.cells.completeness import Cut
from labctl.analysis.cells.half_cycles import HalfCycles

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

COULOMB_PER_MAH = 3.6


class Pairing(StrEnum):
    """Which half cycle opens a cycle."""

    DISCHARGE_FIRST = "discharge-first"
    """Anode half cell: lithiation, which discharges the cell, then delithiation."""
    CHARGE_FIRST = "charge-first"
    """Full cell and cathode half cell."""
    FILE = "file"
    """The file's own cycle column decides; the first half found opens the cycle."""


@dataclass(frozen=True, slots=True)
class Cycles:
    """Columns of equal length, one row per cycle, in order of time."""

    pairing: Pairing
    number: Ints
    """From 1; 0 is a half cycle before the first opening one; or the file's own."""
    opening: Ints
    """Direction of the opening half: -1 discharge, +1 charge."""
    discharge: Floats
    """Charge of the discharge half in C, positive; NaN if it is not there."""
    charge: Floats
    """Charge of the charge half in C, positive; NaN if it is not there."""
    discharge_energy: Floats
    """Energy the cell gave in J, positive; NaN if the half is not there."""
    charge_energy: Floats
    """Energy the cell took in J, positive; NaN if the half is not there."""
    discharge_duration: Floats
    """Time under discharge current in s."""
    charge_duration: Floats
    """Time under charge current in s."""
    discharge_largest: Floats
    """Largest |current| of the discharge half in A."""
    charge_largest: Floats
    """Largest |current| of the charge half in A."""
    discharge_edge: Floats
    """See `HalfCycles.edge_charge`; C."""
    charge_edge: Floats
    """See `HalfCycles.edge_charge`; C."""
    discharge_by_current: Floats
    """Charge of the discharge half in C, positive, that its current can have passed:
    see `HalfCycles.current_charge`."""
    charge_by_current: Floats
    """The same of the charge half."""
    discharge_cut: Ints
    """Whether the discharge half ended as it was meant to: a `Cut`."""
    charge_cut: Ints
    """Whether the charge half ended as it was meant to: a `Cut`."""
    discharge_range: Ints
    """Code of the current range of the discharge half; -1: not known, or several."""
    charge_range: Ints
    """Code of the current range of the charge half; -1: not known, or several."""
    after_cut: NDArray[np.bool_]
    """True where the half cycle before was cut: the cycle begins at another state."""
    perhaps_pulses: NDArray[np.bool_]
    """True where a half cycle may be no more than a pulse within a larger one."""
    start_time: Floats
    """s."""
    end_time: Floats
    """s."""
    goes_on: bool = False
    """The rows go on with a test that began before them: the first cycle of the rows is
    not the cell's first."""

    def __len__(self) -> int:
        return len(self.number)

    @property
    def first(self) -> Floats:
        """Charge of the opening half in C."""
        return np.where(self.opening < 0, self.discharge, self.charge)

    @property
    def second(self) -> Floats:
        """Charge of the closing half in C: what the material gives back."""
        return np.where(self.opening < 0, self.charge, self.discharge)

    @property
    def first_by_current(self) -> Floats:
        """Charge in C that the current of the opening half can have passed."""
        return np.where(
            self.opening < 0, self.discharge_by_current, self.charge_by_current
        )

    @property
    def second_by_current(self) -> Floats:
        """Charge in C that the current of the closing half can have passed."""
        return np.where(
            self.opening < 0, self.charge_by_current, self.discharge_by_current
        )

    @property
    def first_cut(self) -> Ints:
        """How the opening half ended: a `Cut`."""
        return np.where(self.opening < 0, self.discharge_cut, self.charge_cut)

    @property
    def second_cut(self) -> Ints:
        """How the closing half ended: a `Cut`."""
        return np.where(self.opening < 0, self.charge_cut, self.discharge_cut)

    @property
    def coulombic_efficiency(self) -> Floats:
        """Second half over first half, a fraction (1 is 100 %)."""
        return _ratio(self.second, self.first)

    @property
    def energy_efficiency(self) -> Floats:
        """Energy given over energy taken, a fraction; above 1 where material aged."""
        return _ratio(self.discharge_energy, self.charge_energy)

    @property
    def irreversible(self) -> Floats:
        """First half minus second half in C."""
        return self.first - self.second

    @property
    def mean_discharge_voltage(self) -> Floats:
        """Mean over charge in V."""
        return _ratio(self.discharge_energy, self.discharge)

    @property
    def mean_charge_voltage(self) -> Floats:
        """Mean over charge in V."""
        return _ratio(self.charge_energy, self.charge)

    @property
    def hysteresis(self) -> Floats:
        """Mean charge voltage minus mean discharge voltage in V."""
        return self.mean_charge_voltage - self.mean_discharge_voltage

    @property
    def complete(self) -> NDArray[np.bool_]:
        """True where both halves are there and whole, and so was the one before."""
        there = np.isfinite(self.first) & np.isfinite(self.second)
        return there & ~self.cut & ~self.after_cut

    @property
    def cut(self) -> NDArray[np.bool_]:
        """True where a half cycle is known to be cut."""
        return np.maximum(self.first_cut, self.second_cut) >= Cut.STOPPED


def pair_cycles(
    halves: HalfCycles,
    pairing: Pairing,
    *,
    cut: ArrayLike | None = None,
    ranges: ArrayLike | None = None,
    perhaps_pulses: ArrayLike | None = None,
) -> Cycles:
    """Pair half cycles into cycles; consecutive halves of one direction add up.

    Parameters
    ----------
    halves, pairing
        From `split_half_cycles`; which half opens a cycle.
    cut
        How each half cycle ended, a `Cut`, shape (n,); None: all of them whole.
    ranges
        Code of the current range of each, shape (n,); -1: not known. None: of none.
    perhaps_pulses
        Which of them may be pulses, shape (n,); None: none.
    """
    ends = np.zeros(len(halves), dtype=np.int64) if cut is None else np.asarray(cut)
    codes = np.full(len(halves), -1) if ranges is None else np.asarray(ranges)
    unsure = np.asarray(
        np.zeros(len(halves)) if perhaps_pulses is None else perhaps_pulses
    )
    way = halves.direction
    moving = np.flatnonzero(way)
    way = way[moving]
    opens = -1 if pairing is Pairing.DISCHARGE_FIRST else 1
    if pairing is Pairing.FILE:
        group, number = _by_file(halves.cycle[moving])
    else:
        before = np.concatenate(([-opens], way[:-1]))
        counted = np.cumsum((way == opens) & (before != opens))
        number, group = np.unique(counted, return_inverse=True)
    size = len(number)
    first_of = np.searchsorted(group, np.arange(size))
    if pairing is Pairing.FILE:
        opening = way[first_of]
    else:
        opening = np.full(size, opens, dtype=np.int64)
    last_of = np.searchsorted(group, np.arange(size), side="right") - 1

    down, up = (
        _Side(moving[way == sign], group[way == sign], size) for sign in (-1, 1)
    )
    discharge_cut = down.most(ends).astype(np.int64)
    charge_cut = up.most(ends).astype(np.int64)
    closing = np.where(opening < 0, charge_cut, discharge_cut) >= Cut.STOPPED
    after_cut = np.concatenate(([False], closing[:-1] & (number[:-1] > 0)))

    return Cycles(
        pairing=pairing,
        number=number.astype(np.int64),
        opening=opening,
        discharge=-down.total(halves.charge),
        charge=up.total(halves.charge),
        discharge_energy=-down.total(halves.energy),
        charge_energy=up.total(halves.energy),
        discharge_duration=down.total(halves.duration),
        charge_duration=up.total(halves.duration),
        discharge_largest=down.most(halves.largest_current),
        charge_largest=up.most(halves.largest_current),
        discharge_edge=down.total(halves.edge_charge),
        charge_edge=up.total(halves.edge_charge),
        discharge_by_current=-down.total(halves.current_charge),
        charge_by_current=up.total(halves.current_charge),
        discharge_cut=discharge_cut,
        charge_cut=charge_cut,
        discharge_range=down.common(codes),
        charge_range=up.common(codes),
        after_cut=after_cut,
        perhaps_pulses=np.maximum(down.most(unsure), up.most(unsure)) > 0,
        start_time=halves.start_time[moving][first_of],
        end_time=halves.end_time[moving][last_of],
    )


@dataclass(frozen=True, slots=True)
class _Side:
    """The half cycles of one direction, and the cycle that each belongs to."""

    half: Ints
    cycle: Ints
    cycles: int

    def total(self, column: Floats) -> Floats:
        """Return the sum in each cycle; NaN where it has no such half."""
        sums = np.bincount(self.cycle, column[self.half], minlength=self.cycles)
        there = np.bincount(self.cycle, minlength=self.cycles) > 0
        return np.where(there, sums, np.nan)

    def most(self, column: NDArray[np.generic]) -> Floats:
        """Return the largest in each cycle, 0 at least."""
        largest = np.zeros(self.cycles)
        np.maximum.at(largest, self.cycle, column[self.half].astype(np.float64))
        return largest

    def common(self, codes: NDArray[np.generic]) -> Ints:
        """Return the code that all halves of a cycle have; -1 where they differ."""
        own = codes[self.half]
        least = np.full(self.cycles, np.iinfo(np.int64).max)
        largest = np.full(self.cycles, -1)
        np.minimum.at(least, self.cycle, own)
        np.maximum.at(largest, self.cycle, own)
        return np.where(least == largest, largest, -1)


def _by_file(cycle: Ints) -> tuple[Ints, Ints]:
    if (cycle < 0).any():
        raise ValueError(
            "pairing by the file needs a cycle column; pair discharge-first or "
            "charge-first instead"
        )
    fresh = np.diff(cycle, prepend=-1) != 0
    return np.cumsum(fresh) - 1, cycle[fresh]


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(denominator != 0, numerator / denominator, np.nan)
