"""The spectra of a run, as they were recorded and at one time each.

A sweep goes from high to low frequencies while the cell changes: its ends answer for
different states. Where neighbouring spectra under the same current have the same
frequencies, each Z(f) is moved to the middle of its sweep along the slope that the
neighbours show, Z(f, t_m) = Z(f, t_f) + (t_m - t_f) dZ(f)/dt (Stoynov's instantaneous
impedance, to first order).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from labctl.analysis.cells.cycles_of_rows import only
from labctl.analysis.spectra.elements import Complexes
from labctl.data import Array
from labctl.protocol import RecordedRun
from protocols.cells.cycling_results import cycles_of

SAME_FREQUENCY = 0.01
"""Relative difference up to which two points are one frequency."""


@dataclass(frozen=True, slots=True)
class RecordedSpectrum:
    """One spectrum as it was recorded."""

    number: int
    label: str
    """``1C``; empty at rest."""
    state: float
    """Part of the capacity passed in the opening direction, at its middle."""
    moved: float
    """Part of the capacity that passed while it was taken."""
    frequency: Array
    """Hz."""
    impedance: Complexes
    """Ω, Im < 0 for a capacitance."""
    voltage: float
    """Mean, V."""
    current: float
    """Mean DC, A."""
    drift: float
    """Largest DC voltage drift in one period over the sine's amplitude."""
    time: Array = field(default_factory=lambda: np.zeros(0))
    """s of each point since the run began."""
    amplitude: float = math.nan
    """Largest voltage amplitude of the sine, V."""
    driven: bool = False
    """A direct current flows that is larger than the sine's."""
    returned: float = math.nan
    """Change of the DC voltage (or of the DC current, times |Z|) over the sweep, V."""
    moves: Complexes = field(default_factory=lambda: np.zeros(0, dtype=np.complex128))
    """What was added to each Z for its time, over Z; empty where nothing could be."""

    @property
    def change(self) -> float:
        """Largest relative change of Z over the whole sweep; NaN: not seen."""
        return 2 * float(np.max(np.abs(self.moves), initial=0)) or math.nan


def spectra_of(
    run: RecordedRun, labels: Mapping[int, str], capacity: float
) -> tuple[RecordedSpectrum, ...]:
    """Return the spectra of a run, in order.

    ``labels``: cycle number → what the spectra of that cycle are called; ``capacity``
    in C is what states are parts of.
    """
    table, series = run.table("eis"), run.table("timeseries")
    out = []
    for number in np.unique(table["spectrum_id"]):
        rows = {n: c[table["spectrum_id"] == number] for n, c in table.items()}
        f, time = rows["frequency_hertz"], rows["test_time_second"]
        z = rows["real_impedance_ohm"] + 1j * rows["imaginary_impedance_ohm"]
        cycle = int(rows["cycle_count"][0])
        voltage, currents = rows["voltage_volt"], rows["current_ampere"]
        swing = rows["voltage_amplitude_volt"]
        current = float(np.mean(currents))
        passed = _charge_at(series, cycle, time) / capacity
        sine = float(np.nanmax(rows["current_amplitude_ampere"], initial=0.0))
        shift = abs(currents[-1] - currents[0]) * float(np.abs(z).max())
        out.append(
            RecordedSpectrum(
                number=int(number),
                label=labels.get(cycle, ""),
                state=float(np.mean(np.abs(passed[[0, -1]]))),
                moved=abs(current) * float(np.ptp(time)) / capacity,
                frequency=f,
                impedance=z,
                voltage=float(np.mean(voltage)),
                current=current,
                drift=drift_in_a_period(time, voltage, f, swing),
                time=time,
                amplitude=float(np.max(swing)),
                driven=abs(current) > sine,
                returned=max(abs(float(voltage[-1] - voltage[0])), float(shift)),
            )
        )
    return tuple(out)


def at_one_time(spectra: Sequence[RecordedSpectrum]) -> tuple[RecordedSpectrum, ...]:
    """Return spectra under current, each moved to the middle of its own time."""
    out = []
    for one in spectra:
        alike = [
            s
            for s in spectra
            if s.driven and s.label == one.label and _same(s.frequency, one.frequency)
        ]
        if not one.driven or len(alike) < 2:  # noqa: PLR2004 - a slope has two ends
            out.append(one)
            continue
        place = alike.index(one)
        before, after = alike[max(place - 1, 0)], alike[min(place + 1, len(alike) - 1)]
        slope = (after.impedance - before.impedance) / (after.time - before.time)
        middle = 0.5 * (one.time.min() + one.time.max())
        moves = slope * (middle - one.time) / one.impedance
        moved = one.impedance * (1 + moves)
        out.append(replace(one, impedance=moved, moves=moves))
    return tuple(out)


def capacity_of(run: RecordedRun, formation_cycles: int, otherwise: float) -> float:
    """Return what the last formation cycle gave back, C."""
    formation = only(cycles_of(run), range(1, formation_cycles + 1))
    done = formation.second[formation.complete]
    return float(done[-1]) if len(done) else otherwise


def _same(one: Array, other: Array) -> bool:
    return len(one) == len(other) and bool(
        np.allclose(one, other, rtol=SAME_FREQUENCY, atol=0)
    )


def _charge_at(series: Mapping[str, Array], cycle: int, time: Array) -> Array:
    """Return the net charge in C since ``cycle`` began, at ``time``."""
    net = 3600.0 * series["net_capacity_ah"]
    if not len(net):
        return np.zeros_like(time)
    before = np.flatnonzero(series["cycle_count"] < cycle)
    zero = net[before[-1]] if len(before) else 0.0
    charge: Array = np.interp(time, series["test_time_second"], net) - zero
    return charge


def drift_in_a_period(time: Array, voltage: Array, f: Array, amplitude: Array) -> float:
    """Return the largest drift in a period, in amplitudes of the sine; NaN: unknown.

    Other programs write whole seconds: of rows of one moment, the first counts.
    """
    moments, first = np.unique(time, return_index=True)
    if len(moments) < 3:  # noqa: PLR2004 - no slope in the middle otherwise
        return math.nan
    slope = np.gradient(voltage[first], moments)
    return float(np.max(np.abs(slope / f[first] / amplitude[first])[1:]))
