"""What spectra say: charge-transfer resistance with its verdict, and the figures."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from labctl.analysis.cells.cycles_of_rows import only
from labctl.analysis.spectra.charge_transfer import (
    ChargeTransfer,
    charge_transfer_resistance,
)
from labctl.analysis.uncertainty import Measured
from labctl.data import Array, Result
from labctl.figures.figure import Figure
from labctl.figures.spectra import Shown
from labctl.figures.spectra import spectra_figures as figures_of_spectra
from labctl.protocol import RecordedRun
from protocols.cells.cycling_results import cycles_of, result

LEAK = 0.03
"""Drift per period over the sine's amplitude: an uncorrected ramp puts a third of it
into Z as error, 1 %."""
FOLLOWED = 2.0
"""The same where the instrument corrects for a straight drift."""
MOVED = 0.04
"""Part of the capacity that may pass during one spectrum."""
SLOW = 12.0
"""A spectrum takes about so many periods of its lowest frequency."""


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
    impedance: Array
    """Ω, Im < 0 for a capacitance."""
    voltage: float
    """Mean, V."""
    current: float
    """Mean DC, A."""
    drift: float
    """Largest DC voltage drift in one period over the sine's amplitude."""


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
        rows = np.flatnonzero(table["spectrum_id"] == number)
        f = table["frequency_hertz"][rows]
        z = (
            table["real_impedance_ohm"][rows]
            + 1j * table["imaginary_impedance_ohm"][rows]
        )
        cycle = int(table["cycle_count"][rows[0]])
        time, voltage = table["test_time_second"][rows], table["voltage_volt"][rows]
        current = float(np.mean(table["current_ampere"][rows]))
        passed = _charge_at(series, cycle, time) / capacity
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
                drift=_drift(time, voltage, f, table["voltage_amplitude_volt"][rows]),
            )
        )
    return tuple(out)


def capacity_of(run: RecordedRun, formation_cycles: int, otherwise: float) -> float:
    """Return what the last formation cycle gave back, C."""
    formation = only(cycles_of(run), range(1, formation_cycles + 1))
    done = formation.second[formation.complete]
    return float(done[-1]) if len(done) else otherwise


def _charge_at(series: Mapping[str, Array], cycle: int, time: Array) -> Array:
    """Return the net charge in C since ``cycle`` began, at ``time``."""
    net = 3600.0 * series["net_capacity_ah"]
    if not len(net):
        return np.zeros_like(time)
    before = np.flatnonzero(series["cycle_count"] < cycle)
    zero = net[before[-1]] if len(before) else 0.0
    charge: Array = np.interp(time, series["test_time_second"], net) - zero
    return charge


def _drift(time: Array, voltage: Array, f: Array, amplitude: Array) -> float:
    if len(time) < 3:  # noqa: PLR2004 - no slope in the middle otherwise
        return math.nan
    slope = np.gradient(voltage, time)
    return float(np.max(np.abs(slope / f / amplitude)[1:]))


@dataclass(frozen=True, slots=True)
class Judged:
    """One spectrum and what follows from it."""

    taken: RecordedSpectrum
    found: ChargeTransfer | None
    """None where no circuit could be fitted."""
    resistance: Measured
    """R_ct at the spectrum's DC current, with every doubt."""


def judged(taken: RecordedSpectrum, *, temperature: float, corrected: bool) -> Judged:
    """Fit circuits and add what the drift says."""
    try:
        found = charge_transfer_resistance(
            taken.frequency,
            taken.impedance,
            current=taken.current,
            temperature=temperature,
        )
    except ValueError as error:
        return Judged(taken, None, Measured.absent(str(error)))
    resistance = found.measured
    limit = FOLLOWED if corrected else LEAK
    if taken.drift > limit:
        resistance = resistance.suspect(
            f"the voltage drifts by {taken.drift:.2g} of the sine in one period "
            f"(limit {limit:g})"
        )
    if taken.moved > MOVED:
        resistance = resistance.suspect(
            f"{100 * taken.moved:.1f} % of the capacity passed during the spectrum "
            f"(limit {100 * MOVED:g} %)"
        )
    return Judged(taken, found, resistance)


def resistance_result(spectra: Sequence[Judged], state: float | None = None) -> Result:
    """Return R_ct of the spectrum nearest to ``state``, with a table of all."""
    if not spectra:
        return Result.absent("Ω", "no spectrum was recorded")
    chosen = spectra[0]
    if state is not None:
        able = [s for s in spectra if s.resistance.valid] or list(spectra)
        chosen = min(able, key=lambda s: abs(s.taken.state - state))
    found = result(chosen.resistance, "Ω")
    return Result(
        found.value,
        "Ω",
        found.uncertainty,
        found.quality,
        found.reason,
        table=resistance_table(spectra),
    )


def resistance_table(spectra: Sequence[Judged]) -> dict[str, tuple[float, ...]]:
    """Return one row a spectrum."""
    rows = []
    for one in spectra:
        taken, found = one.taken, one.found
        kk = None if found is None else found.kramers_kronig
        rows.append(
            {
                "spectrum_id": taken.number,
                "state": taken.state,
                "voltage_volt": taken.voltage,
                "current_ampere": taken.current,
                "charge_transfer_ohm": one.resistance.value,
                "uncertainty_ohm": one.resistance.uncertainty,
                "valid": float(one.resistance.valid),
                "at_rest_ohm": math.nan if found is None else found.at_rest.value,
                "films_ohm": math.nan if found is None else found.films,
                "series_ohm": math.nan if found is None else found.series,
                "top_hertz": math.nan if found is None else found.frequency,
                "lowest_frequency_hertz": float(taken.frequency.min()),
                "kramers_kronig_percent": math.nan if kk is None else 100 * kk.largest,
                "drift_per_period": taken.drift,
                "capacity_moved_percent": 100 * taken.moved,
            }
        )
    return {name: tuple(float(row[name]) for row in rows) for name in rows[0]}


def spectra_figures(spectra: Sequence[RecordedSpectrum]) -> tuple[Figure, ...]:
    """Return what spectra show, shaded by state."""
    return figures_of_spectra(
        [
            Shown(
                f"{100 * taken.state:.0f} %",
                taken.frequency,
                taken.impedance,
                shade=taken.state,
                group=taken.label,
            )
            for taken in spectra
        ],
        "Shaded by the part of the capacity passed in the opening direction.",
    )
