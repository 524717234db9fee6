"""Another program's rows as our own analysis wants them: counted as we count.

Cycles and half cycles are numbered as they are paired here, segments are the steps,
and rests are 0 A. Nothing of what was measured is changed; rows without a time, a
voltage or a current are left out.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from labctl.analysis.cells.beginnings import COLUMN, beginning_of
from labctl.analysis.cells.cycles_of_rows import (
    cycles_of_rows,
    half_cycles_of_rows,
    pairing_of,
)
from labctl.analysis.cells.cycling import Cycles, Pairing
from labctl.analysis.cells.half_cycles import HalfCycles, Ints
from labctl.analysis.cells.recognition import Level, is_one
from labctl.analysis.cells.segment import Driving, Segment, SegmentKind
from labctl.analysis.cells.segments import segments_of
from labctl.data import Array
from labctl.protocol import RecordedRun, StepRecord
from labctl.roles.channel_accuracy import ChannelAccuracy
from labctl.sample import Sample

COULOMB_PER_AH = 3600.0
STEP_COLUMNS = ("source_step_count", "step_id")
"""Which of the file's columns says that another step began: the first there is."""
COUNTED = "interval_charge_ah"
"""What the instrument counted since the row before; sums over rows left out."""
Table = Mapping[str, Array]


class ImportedRows:
    """A recorded run whose rows another program wrote; see the module."""

    def __init__(self, run: RecordedRun) -> None:
        self._run = run

    @property
    def sample(self) -> Sample:
        """What was measured."""
        return self._run.sample

    @property
    def steps(self) -> Sequence[StepRecord]:
        """None: nobody recorded how a step ended."""
        return ()

    def accuracy(self, role: str) -> ChannelAccuracy | None:
        """Return what is known of the instrument's accuracy."""
        return self._run.accuracy(role)

    def table(self, stream: str) -> Table:
        """Return the columns of a stream, counted as we count."""
        if stream == "timeseries":
            return self._timeseries
        return self._eis if stream == "eis" else self._run.table(stream)

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """What was kept, and in which rows."""
        rows = self._measured
        net = rows.get("net_capacity_ah", np.empty(0))
        known = len(net) > 0 and bool(np.isfinite(net).all())
        return segments_of(
            rows["test_time_second"],
            rows["voltage_volt"],
            rows["current_ampere"],
            step=next((rows[n] for n in STEP_COLUMNS if n in rows), None),
            driving=rows.get("driving_code"),
            charge=COULOMB_PER_AH * net if known else None,
        )

    @cached_property
    def halves(self) -> HalfCycles:
        """The half cycles, pulses within them not counted."""
        return half_cycles_of_rows(self._stepped)[0]

    @cached_property
    def cycles(self) -> Cycles:
        """The cycles as they are paired here."""
        return cycles_of_rows(self._timeseries, self.sample)

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """The currents of the closing half cycles, in order, of whole cycles."""
        out: list[Level] = []
        closing = -self.sample.first_step.sign
        done = self.cycles.number[self.cycles.complete & (self.cycles.number > 0)]
        for number in done.tolist():
            current = self.current_of(number, closing)
            if not current:
                continue
            if out and is_one(out[-1].current, current):
                out[-1] = Level(out[-1].current, (*out[-1].numbers, number))
            else:
                out.append(Level(current, (number,)))
        return tuple(out)

    def current_of(self, number: int, direction: int) -> float:
        """Return the constant current of one half of a cycle in A; 0: there is none."""
        return self._currents.get((number, direction), 0.0)

    @cached_property
    def _currents(self) -> Mapping[tuple[int, int], float]:
        """By cycle and direction: |current| of the segment that passed most charge."""
        count = self._timeseries["cycle_count"]
        best: dict[tuple[int, int], tuple[float, float]] = {}
        for one in self.segments:
            if one.kind is not SegmentKind.CURRENT or not np.isfinite(one.charge):
                continue
            key = (int(count[one.first_row]), one.direction)
            passed = abs(one.charge)
            if passed > best.get(key, (0.0, 0.0))[0]:
                best[key] = (passed, abs(one.current))
        return {key: current for key, (_, current) in best.items()}

    @cached_property
    def _measured(self) -> Table:
        """The rows that have a time, a voltage and a current, or are rests."""
        table = self._run.table("timeseries")
        time, volts = table["test_time_second"], table["voltage_volt"]
        current = table["current_ampere"]
        kept = np.isfinite(time)
        kept &= np.isfinite(volts) | ~np.isfinite(volts).any()
        rests = np.zeros(len(time), dtype=bool)
        if "driving_code" in table:
            rests = np.asarray(table["driving_code"]) == Driving.REST
        if np.isfinite(current).any():
            kept &= np.isfinite(current) | rests
        rows = {name: np.asarray(column)[kept] for name, column in table.items()}
        rows["current_ampere"] = np.where(
            rests[kept] & ~np.isfinite(rows["current_ampere"]),
            0.0,
            rows["current_ampere"],
        )
        if COUNTED in rows:
            total = np.cumsum(np.nan_to_num(table[COUNTED]))[kept]
            rows[COUNTED] = np.diff(total, prepend=0.0)
        rows["instrument_time_second"] = rows["test_time_second"]
        rows[COLUMN] = np.full(kept.sum(), int(beginning_of(table)))
        return rows

    @cached_property
    def _stepped(self) -> Table:
        """The rows with the segments as steps."""
        rows = dict(self._measured)
        counts = [one.rows for one in self.segments]
        numbers = np.repeat(np.arange(1, len(counts) + 1), counts)
        begun = np.repeat([one.start_time for one in self.segments], counts)
        rows["step_count"] = numbers.astype(np.int64)
        rows["technique_index"] = np.zeros(len(numbers), dtype=np.int64)
        rows["step_time_second"] = rows["test_time_second"] - begun
        return rows

    @cached_property
    def _timeseries(self) -> Table:
        """The rows with our numbers of half cycles and cycles."""
        rows, halves = dict(self._stepped), self.halves
        own = np.arange(len(halves))
        rows["half_cycle"] = np.repeat(own, halves.rows).astype(np.int64)
        numbers = numbers_of(halves, pairing_of(self.sample))
        rows["cycle_count"] = np.repeat(numbers, halves.rows).astype(np.int64)
        net = rows["net_capacity_ah"] = self._net(rows)
        first = np.maximum(halves.first_row - 1, 0)
        zero = np.repeat(net[first] if len(first) else net, halves.rows)
        rows["step_net_capacity_ah"] = net - zero
        return rows

    def _net(self, rows: Table) -> Array:
        """Return the net charge in Ah, by the current where the file has none."""
        net = rows.get("net_capacity_ah", np.empty(0))
        if len(net) and np.isfinite(net).all():
            return net
        time, current = rows["test_time_second"], np.nan_to_num(rows["current_ampere"])
        if not len(time):
            return np.empty(0)
        step = np.maximum(np.diff(time, prepend=time[0]), 0.0)
        mean = 0.5 * (current + np.append(current[:1], current[:-1]))
        charge: Array = np.cumsum(mean * step) / COULOMB_PER_AH
        return charge

    @cached_property
    def _eis(self) -> Table:
        """The spectra, in the cycles in which they were taken."""
        table = dict(self._run.table("eis"))
        series = self._timeseries
        time, own = series["test_time_second"], table["test_time_second"]
        if len(time) and len(own):
            order = np.searchsorted(np.maximum.accumulate(time), own, side="right") - 1
            table["cycle_count"] = series["cycle_count"][np.maximum(order, 0)]
        return table


def numbers_of(halves: HalfCycles, pairing: Pairing) -> Ints:
    """Return the number of the cycle that each half cycle belongs to, shape (n,).

    As `pair_cycles` counts; a rest belongs to the half cycle before it.
    """
    opens = -1 if pairing is Pairing.DISCHARGE_FIRST else 1
    number, before = 0, -opens
    out = np.zeros(len(halves), dtype=np.int64)
    for k, way in enumerate(halves.direction.tolist()):
        if way:
            number += int(way == opens and before != opens)
            before = way
        out[k] = number
    return out
