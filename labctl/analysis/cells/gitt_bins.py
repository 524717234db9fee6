"""Averages a pulse and its rests into bins, each with the error it really has.

Bins are even in the logarithm of the time since the current was switched. Noise falls
with the rows of a bin; the converter's step does so only while the voltage runs through
several codes. Where a slow voltage changes from one code to the next it stands on the
edge between them, which is known far better than a code; bins that stay on one code
have one error together.
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
EDGE = 0.5
"""Error of an edge between codes at least, as part of that of a code: converters are
linear to about a quarter of their step."""
LEAD = 60.0
"""s of the rest before a pulse that are its starting voltage."""


def shortened(skip: float, duration: float) -> float:
    """Return what is left out after switching, s: of a short pulse a thirtieth."""
    return min(skip, duration / 30)


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
    skip = shortened(skip, pulse.duration)
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
        cut = _Cut(t, v, starts, size)
        seen, volts, error = cut.read(pulse.resolution, pulse.noise)
        parts.append((seen - pulse.start, volts, error, np.full(len(starts), on)))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    floor = FLOOR * _span(pulse)
    error = np.hypot(columns[2], floor)
    return Bins(columns[0], columns[1], 1 / error, columns[3])


def _span(pulse: Pulse) -> float:
    """Return the voltage change that diffusion makes in the pulse, V; at least 1 µV."""
    change = abs(pulse.pulse_change.value)
    if not math.isfinite(change):
        change = abs(pulse.end_voltage - pulse.rest_before.value)
    return max(change, 1e-6) if math.isfinite(change) else 1e-6


@dataclass(frozen=True, slots=True)
class _Cut:
    """Rows of one pulse or rest, cut into bins."""

    time: Floats
    voltage: Floats
    starts: Places
    size: Places

    def read(self, resolution: float, noise: float) -> tuple[Floats, Floats, Floats]:
        """Return time, voltage and error of each bin."""
        time = np.add.reduceat(self.time, self.starts) / self.size
        voltage = np.add.reduceat(self.voltage, self.starts) / self.size
        scatter = noise / np.sqrt(self.size)
        if resolution == 0:
            return time, voltage, scatter
        step = resolution * math.sqrt(12)
        low = np.minimum.reduceat(self.voltage, self.starts)
        high = np.maximum.reduceat(self.voltage, self.starts)
        codes = np.round((high - low) / step)
        error = np.full(len(time), resolution)
        many = codes > 2  # noqa: PLR2004 - it runs through: steps average out
        error[many] /= np.sqrt(np.minimum(self.size[many], codes[many] + 1))
        error *= np.sqrt(self._on_one_code(step, codes))
        error = np.hypot(error, scatter)
        count, when, edge = self._changes(step)
        told = (count > 0) & ~many
        time[told], voltage[told] = when[told], edge[told]
        share = np.minimum(count / self.size, 1.0)
        error[told] = np.hypot(noise, resolution * np.maximum(share, EDGE))[told]
        return time, voltage, error

    def _changes(self, step: float) -> tuple[Floats, Floats, Floats]:
        """Return of each bin how often the code changed, and the mean when and where.

        Where it changes the voltage is known to the noise: it is the edge of a code.
        """
        rise = np.diff(self.voltage) / step
        at = np.flatnonzero((np.abs(rise) > 0.5) & (np.abs(rise) < 1.5))  # noqa: PLR2004
        own = np.searchsorted(self.starts, at + 1, side="right") - 1
        count = np.bincount(own, minlength=len(self.starts)).astype(np.float64)
        some = np.maximum(count, 1.0)
        times = (self.time[at] + self.time[at + 1]) / 2
        edges = (self.voltage[at] + self.voltage[at + 1]) / 2
        when = np.bincount(own, times, len(self.starts)) / some
        edge = np.bincount(own, edges, len(self.starts)) / some
        return count, when, edge

    def _on_one_code(self, step: float, codes: Floats) -> Floats:
        """Return how many neighbouring bins stay on one code: they have one error."""
        code = np.round(self.voltage[self.starts] / step)
        same = np.diff(code, prepend=np.nan) == 0
        still = codes == 0
        same[1:] &= still[1:] & still[:-1]
        run = np.cumsum(~same)
        sizes: Floats = np.bincount(run)[run].astype(np.float64)
        return sizes
