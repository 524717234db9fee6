"""Averages a pulse and its rests into bins, each with the error it really has.

Bins are even in the logarithm of the time since the current was switched. Noise falls
with the rows of a bin; the converter's step does so only while the voltage runs through
several codes. Bins around one and the same code have one error together.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.cells.gitt_pulses import Pulse

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

BINS_PER_DECADE = 12
FLOOR = 2e-3
"""Error of the model, as part of the voltage change in the pulse (1σ of a bin)."""
LEAD = 60.0
"""s of the rest before a pulse that are its starting voltage."""


@dataclass(frozen=True, slots=True)
class Bins:
    """Bins of one pulse and its rests, all of shape (n,)."""

    time: Floats
    """s after the pulse began; negative in the rest before."""
    voltage: Floats
    weight: Floats
    """1/σ of a bin in 1/V."""
    on: Floats
    """1 under current, 0 at rest."""


def bins_of(time: Floats, voltage: Floats, pulse: Pulse, skip: float) -> Bins | None:
    """Return the bins; None when a pulse or rest has no row left, or no known noise.

    ``skip`` in s is left out after each switching (double layer and films).
    """
    rows = pulse.rows
    late = max(rows.rest, int(np.searchsorted(time, time[rows.first - 1] - LEAD)))
    off = pulse.start + pulse.duration
    spans = (
        (late, rows.first, None, 0.0),
        (rows.first, rows.last, pulse.start, 1.0),
        (rows.last, rows.end, off, 0.0),
    )
    if math.isnan(pulse.noise):
        return None
    parts = []
    for first, last, switched, on in spans:
        t, v = time[first:last], voltage[first:last]
        if switched is None:
            label = np.zeros(len(t), dtype=int)
        else:
            kept = t - switched >= skip
            t, v = t[kept], v[kept]
            label = np.floor(BINS_PER_DECADE * np.log10(t - switched)).astype(int)
        if not len(t):
            return None
        starts = np.flatnonzero(np.diff(label, prepend=label[0] - 1))
        size = np.diff(np.append(starts, len(t)))
        parts.append(
            (
                np.add.reduceat(t, starts) / size - pulse.start,
                np.add.reduceat(v, starts) / size,
                _step_error(v, starts, size, pulse.resolution),
                pulse.noise / np.sqrt(size),
                np.full(len(starts), on),
            )
        )
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    floor = FLOOR * _span(pulse)
    error = np.sqrt(columns[2] ** 2 + columns[3] ** 2 + floor**2)
    return Bins(columns[0], columns[1], 1 / error, columns[4])


def _span(pulse: Pulse) -> float:
    """Return the voltage change that diffusion makes in the pulse, V; at least 1 µV."""
    change = abs(pulse.pulse_change.value)
    if not math.isfinite(change):
        change = abs(pulse.end_voltage - pulse.rest_before.value)
    return max(change, 1e-6) if math.isfinite(change) else 1e-6


def _step_error(v: Floats, starts: Places, size: Places, resolution: float) -> Floats:
    """Return what the converter's step leaves in each bin, V."""
    if resolution == 0:
        return np.zeros(len(starts))
    low = np.minimum.reduceat(v, starts)
    high = np.maximum.reduceat(v, starts)
    step = resolution * math.sqrt(12)
    codes = np.round((high - low) / step)
    error = np.full(len(starts), resolution)
    many = codes > 1
    error[many] /= np.sqrt(np.minimum(size[many], codes[many] + 1))
    # neighbours on one code have one error: n of them know no more than one
    code = np.round((v[starts] + v[starts + size - 1]) / (2 * step))
    same = np.diff(code, prepend=np.nan) == 0
    same[1:] &= ~many[1:] & ~many[:-1]
    run = np.cumsum(~same)
    shared: Floats = error * np.sqrt(np.bincount(run)[run])
    return shared
