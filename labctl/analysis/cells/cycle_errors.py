"""What is not known of the charges of cycles, and what a number made of them inherits.

Of every half cycle's charge: the ammeter's gain, the difference between its gains of
either sign, its zero and the drift of it (`labctl.analysis.meter`; one error for all
half cycles, so no average over cycles makes it smaller), and what is of that half cycle
alone: when its current began and ended.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.cells.cycling import Cycles
from labctl.analysis.meter import ChargeErrors, charge_errors
from labctl.analysis.uncertainty import Measured
from labctl.roles.channel_accuracy import MeterAccuracy
from labctl.sources import Source

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TIMING = 2e-4
"""Relative standard uncertainty of one half cycle's charge: its last row lies within
half a polling of the end. A choice; what its first row says stands in the rows."""


@dataclass(frozen=True, slots=True)
class CycleErrors:
    """The charges of cycles with their errors: the opening halves, then the closing."""

    meter: ChargeErrors
    """Groups: opening halves by cycle, then closing halves by cycle."""
    alone: Floats
    """Standard uncertainty of each charge that no other shares, C, shape (2n,)."""

    def measured(
        self,
        value: float,
        unit: str = "",
        *,
        first: ArrayLike = 0.0,
        second: ArrayLike = 0.0,
    ) -> Measured:
        """Return a number that was worked out of these charges.

        ``first``, ``second``: ∂value/∂|charge| of the opening and closing halves, in
        the number's unit per C, shape (n,).
        """
        n = len(self.alone) // 2
        weight = np.concatenate([np.broadcast_to(w, n) for w in (first, second)])
        used = weight != 0
        signs = np.where(self.meter.charge >= 0, 1.0, -1.0)
        found = self.meter.measured(value, weight * signs, unit)
        own = float(np.sqrt(np.sum((weight[used] * self.alone[used]) ** 2)))
        return found.with_part(Source.fresh("end of half cycle", value, own), own)

    def of_each(
        self,
        *,
        first: ArrayLike = 0.0,
        second: ArrayLike = 0.0,
        reference: tuple[int, ArrayLike] | None = None,
    ) -> Floats:
        """Return the standard uncertainty of one number a cycle, shape (n,).

        ``first``, ``second``: ∂number/∂|charge| of its own halves. ``reference``: a
        cycle whose closing half all of them have in common, and ∂number/∂|charge| of
        that one.
        """
        n = len(self.alone) // 2
        parts = self.meter.parts * np.where(self.meter.charge >= 0, 1.0, -1.0)
        f, s = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
        opening, closing = parts[:, :n] * f, parts[:, n:] * s
        own = np.square(self.alone[:n] * f) + np.square(self.alone[n:] * s)
        if reference is not None:
            at, weight = reference[0] + n, np.asarray(reference[1])
            closing = closing + np.outer(parts[:, at], weight)
            own = own + np.square(self.alone[at] * weight)
        return np.asarray(np.sqrt(np.square(opening + closing).sum(axis=0) + own))


def cycle_errors(
    cycles: Cycles,
    accuracy: MeterAccuracy | None = None,
    *,
    instrument: str = "",
) -> CycleErrors:
    """Return the errors of the charges of ``cycles``.

    Parameters
    ----------
    cycles
        As they will be used.
    accuracy
        Of the measured current; None: the declared default of `labctl.analysis.meter`.
    instrument
        Whose errors these are; runs of one instrument share them.
    """
    down = cycles.opening < 0
    charge = np.concatenate(
        [
            np.where(down, -cycles.discharge, cycles.charge),
            np.where(down, cycles.charge, -cycles.discharge),
        ]
    )
    time = _by_half(cycles.discharge_duration, cycles.charge_duration, down)
    largest = _by_half(cycles.discharge_largest, cycles.charge_largest, down)
    edge = np.nan_to_num(_by_half(cycles.discharge_edge, cycles.charge_edge, down))
    n = len(cycles)
    half = np.nan_to_num(time) / 2  # a half cycle that is not there takes no time
    middle = np.concatenate([cycles.start_time + half[:n], cycles.end_time - half[n:]])
    codes = np.concatenate(
        [
            np.where(down, cycles.discharge_range, cycles.charge_range),
            np.where(down, cycles.charge_range, cycles.discharge_range),
        ]
    )
    meter = _of_halves(charge, time, largest, middle, accuracy, codes, instrument)
    alone = np.hypot(TIMING * charge, edge / math.sqrt(3.0))
    return CycleErrors(meter, alone)


def _by_half(discharge: Floats, charge: Floats, down: NDArray[np.bool_]) -> Floats:
    return np.concatenate(
        [np.where(down, discharge, charge), np.where(down, charge, discharge)]
    )


def _of_halves(
    charge: Floats,
    time: Floats,
    largest: Floats,
    middle: Floats,
    accuracy: MeterAccuracy | None,
    codes: Ints,
    instrument: str,
) -> ChargeErrors:
    """Return the ammeter's errors, each half cycle told as two intervals.

    Half of its charge at its largest current, the other half in what is left of its
    time: the same charge, time and range as its own rows, which need not be read again.
    """
    q, t, i = (np.nan_to_num(each) for each in (charge, time, largest))
    i = np.maximum(i, np.divide(np.abs(q), t, out=np.zeros_like(q), where=t > 0))
    soon = np.divide(np.abs(q) / 2, i, out=np.zeros_like(q), where=i > 0)
    late = np.maximum(t - soon, 0.0)
    slow = np.divide(q / 2, late, out=np.zeros_like(q), where=late > 0)
    begin, turn, end = middle - t / 2, middle - t / 2 + soon, middle + t / 2
    none, own = np.zeros(len(q)), np.arange(len(q))
    nobody = np.full(len(q), -1)
    when = np.stack([begin, turn, turn, end], axis=1)
    flow = np.stack([none, np.sign(q) * i, none, slow], axis=1)
    group = np.stack([nobody, own, nobody, own], axis=1)
    found = charge_errors(
        when.ravel(),
        flow.ravel(),
        group.ravel(),
        accuracy=accuracy,
        codes=np.repeat(codes, 4),
        instrument=instrument,
    )
    return ChargeErrors(charge, found.sources, found.parts)
