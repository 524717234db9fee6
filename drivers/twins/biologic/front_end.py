"""What the twin's electronics do to a true reading: ranges, errors, noise, converters.

Everything here belongs to the instrument channel and nothing to the cell. Noise is
drawn by number (block and place), so a resumed run goes on with the same sequence.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.twins.biologic.codes import AUTO_RANGE, RANGES, VOLTS
from drivers.twins.biologic.imperfections import NONE, Imperfections

Floats = NDArray[np.float64]

BITS = 65536.0
"""Steps of the converters over both signs of a range: 16 bits."""
CONTROL_STEP = 4e-5
"""Resolution of a driven current as a fraction of its range: 0.004 %."""
VOLTAGE_NOISE = 4e-6
"""rms of a reading as a fraction of the voltage range: 10 µV on ±2.5 V."""
CURRENT_NOISE = 1e-5
"""rms of a reading as a fraction of the current range."""
SINE_NOISE = 4e-8
"""rms of a sine's component after averaging one point, as a fraction of the range."""
OVERRANGE = 1.05
"""Converters read a little beyond the name of a range."""
BLOCK = 4096

_SPANS = np.array(sorted(RANGES.values()))
_SPAN_LIST = [span for span in _SPANS.tolist() if span >= 1e-6]  # noqa: PLR2004
_CODES = np.array(sorted(RANGES, key=RANGES.__getitem__))


class Noise:
    """Standard normal numbers, the same for the same seed and place."""

    def __init__(self, seed: int, channel: int) -> None:
        self._key = (seed % 2**64, channel)
        self.count = 0
        self._block = -1
        self._values = np.empty(0)

    def take(self, n: int) -> Floats:
        """Return the next ``n`` numbers."""
        self.count += n
        return self.at(self.count - n, n)

    def at(self, first: int, n: int) -> Floats:
        """Return the ``n`` numbers from place ``first`` on."""
        block, offset = divmod(first, BLOCK)
        if offset + n <= BLOCK:
            return self._load(block)[offset : offset + n]
        parts = []
        while n > 0:
            part = self._load(block)[offset : offset + n]
            parts.append(part)
            n -= len(part)
            block, offset = block + 1, 0
        return np.concatenate(parts)

    def _load(self, block: int) -> Floats:
        if block != self._block:
            bits = np.random.Philox(key=self._key, counter=[0, 0, block, 0])
            self._values = np.random.Generator(bits).standard_normal(BLOCK)
            self._block = block
        return self._values


def quantised(values: Floats, span: float | Floats) -> Floats:
    """Round to the converter's steps and clip a little beyond ±span.

    What is no number (a torn lead) drifts to the rail: a board's floats know no NaN.
    """
    step = 2.0 * np.asarray(span) / BITS
    most = OVERRANGE * np.asarray(span)
    clipped = np.clip(np.rint(values / step) * step, -most, most)
    return np.where(np.isnan(clipped), most, clipped)


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """Ranges of one technique on one channel."""

    current_range: int
    """Code; 12 is auto."""
    voltage_range: int
    largest_range: int = 10
    """Code of the channel's largest current range."""
    board_current: float = math.inf
    """A that the board drives, whatever its largest range is called."""
    imperfections: Imperfections = NONE
    """Gain and zero of each converter."""
    begun: float = 0.0
    """Age of the channel when the technique began, s: its zeros drift."""

    @property
    def voltage_span(self) -> float:
        """Full scale in V; auto counts as the widest."""
        return VOLTS.get(self.voltage_range, 10.0)

    @property
    def largest_current(self) -> float:
        """A that the channel can hold in this technique."""
        code = self.current_range
        span = RANGES[self.largest_range if code == AUTO_RANGE else code]
        return min(span, self.board_current)

    def set_point(self, current: float) -> float:
        """Return the current that the DAC is told, A: in steps, within its range."""
        most = self.largest_current
        current = max(-most, min(most, current))
        if self.current_range == AUTO_RANGE:
            return current
        step = CONTROL_STEP * RANGES[self.current_range]
        return round(current / step) * step

    def flowing(self, current: float, time: float) -> float:
        """Return the current that really flows for a set-point, A.

        ``time`` here and below: s since the technique began.
        """
        source = self.imperfections.drives_current(self._span_of(current))
        return source.apply(current, self.begun + time)

    def held(self, voltage: float, time: float) -> float:
        """Return the voltage that is really held for a set-point, V."""
        source = self.imperfections.drives_voltage(self.voltage_span)
        return source.apply(voltage, self.begun + time)

    @property
    def ramp_gain(self) -> float:
        """By what a ramp is really steeper than it was told."""
        return 1.0 + self.imperfections.drives_voltage(self.voltage_span).gain

    def seen(self, voltage: float, current: float, time: float) -> tuple[float, float]:
        """Return what both converters make of V and A, without noise and steps."""
        age, errors = self.begun + time, self.imperfections
        return (
            errors.reads_voltage(self.voltage_span).apply(voltage, age),
            errors.reads_current(self._span_of(current)).apply(current, age),
        )

    def voltage_seen_as(self, voltage: float, time: float) -> float:
        """Return the true voltage that the converter reads as ``voltage``, V."""
        meter = self.imperfections.reads_voltage(self.voltage_span)
        return meter.undo(voltage, self.begun + time)

    def _span_of(self, current: float) -> float:
        if self.current_range != AUTO_RANGE:
            return RANGES[self.current_range]
        size = abs(current)
        return next((s for s in _SPAN_LIST if s >= size), self.largest_current)

    def spans(self, currents: Floats) -> float | Floats:
        """Return the span in A that each current is measured on."""
        if self.current_range != AUTO_RANGE:
            return RANGES[self.current_range]
        place = np.searchsorted(_SPANS, np.abs(currents))
        spans: Floats = np.maximum(_SPANS[np.minimum(place, len(_SPANS) - 1)], 1e-6)
        return spans

    def range_codes(self, currents: Floats) -> Floats:
        """Return the I range code of each row."""
        place = np.searchsorted(_SPANS, np.asarray(self.spans(currents)) * 0.999)
        return np.broadcast_to(_CODES[place], currents.shape).astype(np.float64)

    def voltages(self, true: Floats, times: Floats, noise: Floats) -> Floats:
        """Return what the voltage converter reads, V."""
        span = self.voltage_span
        meter = self.imperfections.reads_voltage(span)
        seen = meter.apply_all(true, self.begun + times)
        return quantised(seen + noise * (VOLTAGE_NOISE * span), span)

    def currents(self, true: Floats, times: Floats, noise: Floats) -> Floats:
        """Return what the current converter reads, A."""
        spans = self.spans(true)
        if isinstance(spans, float):  # a fixed range: one converter sees all
            meter = self.imperfections.reads_current(spans)
            read = meter.apply_all(true, self.begun + times)
            return quantised(read + noise * (CURRENT_NOISE * spans), spans)
        seen = np.empty_like(true)
        for span in np.unique(spans).tolist():
            of_range = spans == span
            meter = self.imperfections.reads_current(span)
            ages = self.begun + times[of_range]
            seen[of_range] = meter.apply_all(true[of_range], ages)
        return quantised(seen + noise * (CURRENT_NOISE * spans), spans)

    def charges(self, true: Floats, currents: Floats, times: Floats) -> Floats:
        """Return what a count of the current converter's readings comes to, C."""
        if self.current_range == AUTO_RANGE:
            return true
        meter = self.imperfections.reads_current(RANGES[self.current_range])
        gain = meter.gain + np.copysign(meter.asymmetry, currents)
        counted: Floats = true * (1.0 + gain) + meter.zero * times
        return counted

    def reading(
        self, voltage: float, current: float, time: float, noise: Floats
    ) -> tuple[float, float]:
        """Return one reading of both converters, V and A."""
        span, size = self.voltage_span, self._span_of(current)
        voltage, current = self.seen(voltage, current, time)
        a, b = noise.tolist()
        return (
            _one(voltage + a * VOLTAGE_NOISE * span, span),
            _one(current + b * CURRENT_NOISE * size, size),
        )


def _one(value: float, span: float) -> float:
    step = 2.0 * span / BITS
    most = OVERRANGE * span
    if math.isnan(value):
        return most
    return max(min(round(value / step) * step, most), -most)
