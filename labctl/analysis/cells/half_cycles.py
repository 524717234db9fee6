"""Rows of time, voltage and current become half cycles.

A half cycle ends where the current changes its sign: rests and the step from constant
current to constant voltage do not end it, and a rest belongs to the half cycle before
it (so EC-Lab counts too). Charge is the trapezoid of the measured current in double
precision. Where a current begins, by a reversal or after a rest, there is no trapezoid:
the interval flows at the new current, because instruments record the row that ends a
step. A rest passes no charge: what an ammeter shows at open circuit is its zero.

Rows go through in blocks that stay in the processor's cache, so that ten million rows
cost no copy of the file; `HalfCycleCounter` takes the blocks of a file one by one.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.cells.interval_charge import hidden_at_turns, without_spikes
from labctl.analysis.row_blocks import BLOCK_ROWS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SUMS = (
    *("charge", "current_charge", "energy", "duration", "gap_time", "edge_charge"),
    "rows",
)
"""Columns that add up where a block cuts a half cycle."""
REST_FRACTION = 1e-3
"""Below this part of the largest current a row is a rest: 5C : C/20 is only 100 : 1."""


@dataclass(frozen=True, slots=True)
class HalfCycles:
    """Columns of equal length, one row per half cycle, in order of time."""

    number: Ints
    """As counted here from 0, or as the file's own half-cycle column says."""
    cycle: Ints
    """The file's cycle column at the first row; -1 if the file has none."""
    direction: Ints
    """+1 charge (oxidation, delithiation of silicon), -1 discharge, 0 only rest."""
    charge: Floats
    """Net charge in C; has the sign of the direction."""
    energy: Floats
    """Net energy into the cell in J; has the sign of the direction."""
    start_time: Floats
    """Time of the first row in s."""
    end_time: Floats
    """Time of the last row, rests included, in s."""
    duration: Floats
    """Time under current in s; rests and gaps not counted."""
    end_voltage: Floats
    """Voltage in V at the last row under current; NaN if there is none."""
    lowest_voltage: Floats
    """V."""
    highest_voltage: Floats
    """V."""
    gap_time: Floats
    """Time in s lost in intervals longer than ``max_gap``; no charge is counted."""
    largest_current: Floats
    """Largest |current| in A: what the ammeter's range had to hold."""
    edge_charge: Floats
    """Charge in C, without sign, of the intervals in which a current began; how it
    began between those two rows nobody saw. Of an own count: what hides in intervals
    in which the current turned."""
    longest_interval: Floats
    """Longest time in s between two rows under current."""
    first_row: Ints
    """Index of the first row."""
    rows: Ints
    """Number of rows."""
    current_charge: Floats
    """Net charge in C without currents that one row alone has; where `charge` is the
    instrument's own count, as much of it as the currents at both ends of each interval
    can have passed."""

    def __len__(self) -> int:
        return len(self.number)

    @property
    def mean_voltage(self) -> Floats:
        """Mean voltage over charge in V (energy / charge); NaN without charge."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.charge != 0, self.energy / self.charge, np.nan)


def split_half_cycles(
    time: ArrayLike,
    voltage: ArrayLike,
    current: ArrayLike,
    *,
    half_cycle: ArrayLike | None = None,
    cycle: ArrayLike | None = None,
    charge: ArrayLike | None = None,
    rest_current: float | None = None,
    max_gap: float = math.inf,
) -> HalfCycles:
    """Split rows of one cell into half cycles.

    Parameters
    ----------
    time, voltage, current
        s, V, A (positive charges the cell), shape (n,); memory-mapped is welcome.
        A current of NaN (open-circuit rows have none) is a rest.
    half_cycle
        The file's own counter, shape (n,); a change in it ends a half cycle. None:
        the sign of the current decides.
    cycle
        The file's own cycle counter, shape (n,), kept for `pair_cycles`.
    charge
        What the instrument itself counted since the row before, C, signed, shape (n,);
        it is summed instead of the current. None: the current is all there is.
    rest_current
        |I| in A up to which a row is a rest; None: 0.1 % of the largest |I|.
    max_gap
        Intervals longer than this (s) count no charge (a pause, a crash).
    """
    t, v, i = (np.asarray(column) for column in (time, voltage, current))
    if not t.shape == v.shape == i.shape or t.ndim != 1:
        raise ValueError(
            f"time {t.shape}, voltage {v.shape} and current {i.shape} must be "
            "columns of equal length"
        )
    if rest_current is None:
        largest = max(
            (float(np.fmax.reduce(np.abs(i[b]), initial=0)) for b in _blocks(len(i))),
            default=0,
        )
        rest_current = REST_FRACTION * largest
    counter = HalfCycleCounter(rest_current, max_gap)
    half = None if half_cycle is None else np.asarray(half_cycle)
    own = None if cycle is None else np.asarray(cycle)
    counted = None if charge is None else np.asarray(charge)
    for block in _blocks(len(t)):
        counter.add(
            t[block],
            v[block],
            i[block],
            half_cycle=None if half is None else half[block],
            cycle=None if own is None else own[block],
            charge=None if counted is None else counted[block],
        )
    halves = counter.finish()
    if counted is None:
        return halves
    hidden = hidden_at_turns(t, i, counted, halves.first_row, rest_current, max_gap)
    return replace(halves, edge_charge=halves.edge_charge + hidden)


def _blocks(rows: int) -> Iterator[slice]:
    for start in range(0, rows, BLOCK_ROWS):
        yield slice(start, min(start + BLOCK_ROWS, rows))


class HalfCycleCounter:
    """Counts half cycles while the rows of a file arrive block by block."""

    def __init__(self, rest_current: float, max_gap: float = math.inf) -> None:
        self._rest_current = rest_current
        self._max_gap = max_gap
        self._rows = 0
        self._sign = 0
        """Direction of the half cycle under way; 0 before the first current."""
        self._last: tuple[float, float, float] | None = None
        """Last row seen: time, voltage, current."""
        self._last_active = False
        self._last_half = 0
        self._parts: list[HalfCycles] = []
        """One table per block; the first row of each may continue the one before."""
        self._continued: list[bool] = []

    def add(
        self,
        time: Floats,
        voltage: Floats,
        current: Floats,
        *,
        half_cycle: NDArray[np.integer] | None = None,
        cycle: NDArray[np.integer] | None = None,
        charge: Floats | None = None,
    ) -> None:
        """Take the next rows; columns as for `split_half_cycles`, any length."""
        n = len(time)
        if n == 0:
            return
        t, v, i = (np.asarray(x, dtype=np.float64) for x in (time, voltage, current))
        if np.isnan(i).any():
            i = np.nan_to_num(i)
        size = np.abs(i)
        active = size > self._rest_current
        under_current = np.flatnonzero(active)
        reversals = self._reversals(i, under_current, half_cycle)
        continues = self._last is not None and not (
            len(reversals) and reversals[0] == 0
        )
        starts = reversals
        if not (len(reversals) and reversals[0] == 0):
            starts = np.concatenate(([0], reversals))
        behind_rest = under_current[
            np.diff(under_current, prepend=-1 if self._last_active else -2) > 1
        ]
        part = self._measure(
            t=t,
            v=v,
            i=i,
            size=size,
            active=active,
            begins=np.union1d(behind_rest, reversals[active[reversals]]),
            starts=starts,
            own=None if charge is None else np.nan_to_num(charge),
        )
        if half_cycle is not None:
            part.number[:] = half_cycle[starts]
        if cycle is not None:
            part.cycle[:] = cycle[starts]
        last_active = np.searchsorted(
            under_current, np.append(starts[1:], n), side="left"
        )
        first_active = np.searchsorted(under_current, starts, side="left")
        has = last_active > first_active
        part.end_voltage[has] = v[under_current[last_active[has] - 1]]
        self._parts.append(part)
        self._continued.append(continues)
        self._last = (float(t[-1]), float(v[-1]), float(i[-1]))
        self._last_active = bool(active[-1])
        self._rows += n

    def finish(self) -> HalfCycles:
        """Return all half cycles seen so far; more blocks may still follow."""
        if not self._parts:
            return _no_half_cycles()
        columns = {
            f.name: np.concatenate([getattr(part, f.name) for part in self._parts])
            for f in fields(HalfCycles)
        }
        fresh = np.ones(len(columns["number"]), dtype=bool)
        at = np.cumsum([0, *(len(part) for part in self._parts[:-1])])
        fresh[at[np.asarray(self._continued)]] = False
        first = np.flatnonzero(fresh)
        last = np.append(first[1:], len(fresh)) - 1
        out = {name: columns[name][first] for name in columns}
        for name in SUMS:
            out[name] = np.add.reduceat(columns[name], first)
        out["end_time"] = columns["end_time"][last]
        for name in ("largest_current", "longest_interval"):
            out[name] = np.maximum.reduceat(columns[name], first)
        out["lowest_voltage"] = np.fmin.reduceat(columns["lowest_voltage"], first)
        out["highest_voltage"] = np.fmax.reduceat(columns["highest_voltage"], first)
        out["end_voltage"] = _last_finite(columns["end_voltage"], first, last)
        out["direction"] = np.where(
            out["duration"] > 0, np.sign(out["charge"]), 0
        ).astype(np.int64)
        if (columns["number"] < 0).any():
            out["number"] = np.arange(len(first))
        return HalfCycles(**out)

    def _reversals(
        self,
        current: Floats,
        under_current: Ints,
        half_cycle: NDArray[np.integer] | None,
    ) -> Ints:
        """Return the rows of this block at which a new half cycle begins."""
        if half_cycle is not None:
            before = half_cycle[0] if self._last is None else self._last_half
            self._last_half = int(half_cycle[-1])
            changed = np.diff(half_cycle, prepend=before) != 0
            return np.flatnonzero(changed).astype(np.int64)
        if not len(under_current):
            return np.empty(0, dtype=np.int64)
        positive = current[under_current] > 0
        before_positive = positive[0] if self._sign == 0 else self._sign > 0
        turned = np.empty(len(positive), dtype=bool)
        turned[0] = positive[0] != before_positive
        np.not_equal(positive[1:], positive[:-1], out=turned[1:])
        self._sign = 1 if positive[-1] else -1
        return under_current[turned]

    def _measure(
        self,
        *,
        t: Floats,
        v: Floats,
        i: Floats,
        size: Floats,
        active: NDArray[np.bool_],
        begins: Ints,
        starts: Ints,
        own: Floats | None,
    ) -> HalfCycles:
        """Return the half cycles of one block; ``begins``: rows where a current did."""
        t0, v0, i0 = (t[0], v[0], i[0]) if self._last is None else self._last
        n = len(t)
        step = np.empty(n)
        step[0], step[1:] = t[0] - t0, np.diff(t)
        gap = step > self._max_gap
        gap_time = np.where(gap, step, 0.0) if gap.any() else None
        if gap_time is not None:
            step[gap] = 0.0
        back = step < 0
        step[back] = 0.0
        step *= active
        charge = np.empty(n)
        charge[0] = i[0] + i0
        np.add(i[1:], i[:-1], out=charge[1:])
        charge[begins] = 2 * i[begins]
        power = i * v
        energy = np.empty(n)
        energy[0] = power[0] + i0 * v0
        np.add(power[1:], power[:-1], out=energy[1:])
        energy[begins] = 2 * power[begins]
        half_step = 0.5 * step
        charge *= half_step
        energy *= half_step
        edge = np.zeros(len(starts))
        mine = np.searchsorted(starts, begins, side="right") - 1
        np.add.at(edge, mine, np.abs(charge[begins]))
        by_current = without_spikes(charge, i, half_step)
        if own is not None:  # the instrument saw how every current began
            edge[:] = 0.0  # but for what reversals hide: see `split_half_cycles`
            either = np.diff(t, prepend=t0) * np.stack([i, np.append(i0, i[:-1])])
            by_current = np.clip(own, either.min(axis=0), either.max(axis=0))
            if self._last is None:
                by_current[0] = own[0]  # nobody knows where its interval began
            charge = own
            energy = 0.5 * own * (v + np.append(v0, v[:-1]))
            energy[begins] = own[begins] * v[begins]
        ends = np.append(starts[1:], n)
        zeros = np.zeros(len(starts))
        return HalfCycles(
            number=np.full(len(starts), -1, dtype=np.int64),
            cycle=np.full(len(starts), -1, dtype=np.int64),
            direction=np.zeros(len(starts), dtype=np.int64),
            charge=np.add.reduceat(charge, starts),
            energy=np.add.reduceat(energy, starts),
            start_time=t[starts],
            end_time=t[ends - 1],
            duration=np.add.reduceat(step, starts),
            end_voltage=np.full(len(starts), np.nan),
            lowest_voltage=np.fmin.reduceat(v, starts),
            highest_voltage=np.fmax.reduceat(v, starts),
            gap_time=zeros if gap_time is None else np.add.reduceat(gap_time, starts),
            largest_current=np.maximum.reduceat(size, starts),
            edge_charge=edge,
            longest_interval=np.maximum.reduceat(
                np.where(back & active, np.inf, step), starts
            ),
            first_row=starts + self._rows,
            rows=ends - starts,
            current_charge=np.add.reduceat(by_current, starts),
        )


def _no_half_cycles() -> HalfCycles:
    floats, ints = np.empty(0), np.empty(0, dtype=np.int64)
    return HalfCycles(
        number=ints,
        cycle=ints,
        direction=ints,
        charge=floats,
        energy=floats,
        start_time=floats,
        end_time=floats,
        duration=floats,
        end_voltage=floats,
        lowest_voltage=floats,
        highest_voltage=floats,
        gap_time=floats,
        largest_current=floats,
        edge_charge=floats,
        longest_interval=floats,
        first_row=ints,
        rows=ints,
        current_charge=floats,
    )


def _last_finite(values: Floats, first: Ints, last: Ints) -> Floats:
    """Return the last finite value of each group [first, last]; NaN if none."""
    known = np.where(np.isfinite(values), np.arange(len(values)), -1)
    newest = np.maximum.reduceat(known, first)
    return np.where(newest >= 0, values[np.where(newest >= 0, newest, last)], np.nan)
