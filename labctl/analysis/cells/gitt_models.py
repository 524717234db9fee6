"""What is known of the pulses of a titration but D and the sizes, row by row.

E(t) = E0 + ΔE x + κ y² + λ (y³ - y/4) + on(t) (b + c y) + h m(t) + d r(t), y = x - 1/2,
where x(t) is the composition at the surface in units of the pulse's own step: 0 in the
rest before, above 1 at the end of the pulse, 1 after an endless rest. It follows from
the pulse and the ones before it (`gitt_courses`), so that unfinished rests do no harm,
plus what a diffusivity that changes with composition adds (`gitt_march`). E0, ΔE, b
(the jump) and c (a jump that changes with composition) are free; κ and λ, the bends of
the open-circuit voltage over the step, h and d are held by what is known of them. h is
for pulses that cross from one hysteresis branch to the other: it follows the mean
composition m(t), which runs from 0 to 1 in the pulse and does not relax. d is for the
slow end of a double layer that is no ideal capacitor: a constant-phase element of
exponent α answers a step with a tail as t^-α.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.cells.gitt_bins import Bins, bins_of
from labctl.analysis.cells.gitt_courses import Courses
from labctl.analysis.cells.gitt_pulses import Pulse
from labctl.analysis.uncertainty import Measured

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
Flags = NDArray[np.bool_]

FREE = 7
"""Numbers that are fitted freely: E0, ΔE, b, c, h and d; and D."""
FEWEST_ON, FEWEST_REST = 4, 8
"""Bins that a pulse and its rests need."""
TAIL = 0.9
"""α of the double layer's tail: 0.8 to 1 are seen."""
TAIL_PART = 0.004
"""σ of the tail after 1 s, as part of the jump: (R C / 1 s)^α at 2 ms."""
LOOSE_BEND, LOOSE_THIRD = 0.05, 0.01
"""σ of κ and λ before any neighbour was fitted, in units of the step."""
CROSSING_LENGTH = 0.06
"""Part of the capacity after which 1/e of a change of branch is left."""
CROSSING_FIRST, CROSSING_LATER = 3.0, 0.01
"""σ of the hysteresis term in units of the step: at a reversal, and far from one."""
REVERSING = 0.1
"""Part of a change of branch that may be left before D(q) leaves a pulse out."""


@dataclass(frozen=True, slots=True, eq=False)
class PulseModels:
    """Pulses that have bins enough for a fit, one a row; shorter rows are filled up.

    Voltages in V; shapes are (rows, bins) of what changes in a pulse, else (rows,).
    """

    places: Places
    """Which of the titration's pulses they are."""
    pulses: tuple[Pulse, ...]
    """Just these."""
    courses: Courses
    time: Floats
    """s after the pulse began; negative in the rest before."""
    voltage: Floats
    """Less its mean over the bins."""
    weight: Floats
    """1/σ of a bin in 1/V; 0 where there is none."""
    on: Floats
    """1 under current, 0 at rest."""
    count: Places
    """Bins."""
    step: Floats
    """The step itself, V: what a change of branch is compared with."""
    bend: Floats
    """κ, and how far it is known."""
    bend_error: Floats
    third: Floats
    """λ, and how far it is known."""
    third_error: Floats
    crossing: Floats
    """Standard deviation of h around zero."""
    reversing: Flags
    """Whether it lies so near a reversal that much of it may be a crossing."""
    shift: Floats
    """What is to be added to x."""

    @classmethod
    def of(
        cls, time: Floats, voltage: Floats, pulses: Sequence[Pulse], skip: float
    ) -> "PulseModels":
        """Return what is known before any pulse is fitted.

        ``time`` in s and ``voltage`` of the titration's rows; ``skip`` in s after each
        switching is left out.
        """
        binned = [bins_of(time, voltage, pulse, skip) for pulse in pulses]
        able = [
            (k, bins)
            for k, bins in enumerate(binned)
            if bins is not None and _is_enough(bins)
        ]
        places = np.array([k for k, _ in able], dtype=np.intp)
        count = np.array([len(bins.time) for _, bins in able], dtype=np.intp)
        seconds = _filled([bins.time for _, bins in able], count)
        volts = [bins.voltage - bins.voltage.mean() for _, bins in able]
        step = np.array([abs(p.rest_change.value) + 1e-9 for p in pulses])[places]
        near = _nearness(pulses)[places]
        return cls(
            places,
            tuple(pulses[k] for k, _ in able),
            Courses.of(pulses, places.tolist(), seconds),
            seconds,
            _filled(volts, count),
            _filled([bins.weight for _, bins in able], count),
            _filled([bins.on for _, bins in able], count),
            count,
            step,
            bend=np.zeros(len(able)),
            bend_error=LOOSE_BEND * step,
            third=np.zeros(len(able)),
            third_error=LOOSE_THIRD * step,
            crossing=step * (CROSSING_FIRST * near + CROSSING_LATER),
            reversing=near > REVERSING,
            shift=np.zeros(seconds.shape),
        )

    def __len__(self) -> int:
        """Return the number of pulses."""
        return len(self.places)

    @property
    def freedom(self) -> Floats:
        """Bins less the numbers that are fitted freely, at least 1."""
        return np.maximum(self.count - FREE, 1).astype(np.float64)

    @property
    def duration(self) -> Floats:
        """Of each pulse, s."""
        return np.array([pulse.duration for pulse in self.pulses])

    def bent(self, bends: Sequence[tuple[Measured, Measured]]) -> "PulseModels":
        """Return the same with κ and λ as they are known now, one pair a row."""
        return replace(
            self,
            bend=np.array([second.value for second, _ in bends]),
            bend_error=np.array([second.uncertainty for second, _ in bends]),
            third=np.array([third.value for _, third in bends]),
            third_error=np.array([third.uncertainty for _, third in bends]),
        )

    def mean_course(self) -> Floats:
        """Return m: the mean composition in units of the step, from 0 to 1."""
        return np.clip(self.time / self.duration[:, None], 0.0, 1.0)

    def tail(self) -> Floats:
        """Return r: what is left of a jump of the double layer, 1 after a second."""
        since = self.time - np.where(self.on > 0, 0.0, self.duration[:, None])
        way = np.where(self.on > 0, 1.0, -1.0) * (self.time > 0)
        left: Floats = way * np.maximum(since, 1e-3) ** -TAIL
        return left

    def tail_error(self) -> Floats:
        """Return the standard deviation of d around zero: a part of the jump.

        Of the whole change where the jump is not known.
        """
        jump = np.array([abs(pulse.jump.value) for pulse in self.pulses])
        whole = [abs(p.end_voltage - p.rest_before.value) for p in self.pulses]
        error: Floats = TAIL_PART * np.where(np.isfinite(jump), jump, whole) + 1e-9
        return error


def _is_enough(bins: Bins) -> bool:
    on = bins.on.sum()
    return bool(on >= FEWEST_ON and len(bins.on) - on >= FEWEST_REST)


def _filled(columns: Sequence[Floats], count: Places) -> Floats:
    """Return rows of one length; missing bins are 0."""
    table = np.zeros((len(columns), max(count.tolist(), default=0)))
    for row, column in zip(table, columns, strict=True):
        row[: len(column)] = column
    return table


def _nearness(pulses: Sequence[Pulse]) -> Floats:
    """Return of each pulse what is left of a change of branch: 1 at a reversal."""
    charge = np.array([pulse.charge for pulse in pulses])
    passed = np.concatenate(([0.0], np.cumsum(charge)))
    scale = CROSSING_LENGTH * float(np.ptp(passed))
    moved, near = 0.0, []
    for k in range(len(pulses)):
        moved = moved if k and charge[k] * charge[k - 1] > 0 else 0.0
        near.append(math.exp(-moved / scale))
        moved += abs(charge[k])
    return np.array(near)
