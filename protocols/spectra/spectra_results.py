"""What spectra say: charge-transfer resistance with its verdict, and the figures."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from labctl.analysis.spectra.calibration import with_calibration
from labctl.analysis.spectra.charge_transfer import (
    ChargeTransfer,
    charge_transfer_resistance,
)
from labctl.analysis.spectra.relaxation_times import relaxation_times
from labctl.analysis.spectra.rest_correction import exchange_current
from labctl.analysis.uncertainty import Measured, rectangular
from labctl.data import Result
from labctl.figures.figure import Figure
from labctl.figures.spectra import Shown
from labctl.figures.spectra import spectra_figures as figures_of_spectra
from labctl.protocol import RecordedRun
from labctl.roles.channel_accuracy import ChannelAccuracy
from labctl.sample import SampleKind
from labctl.verdicts import spectra as conditions
from labctl.verdicts.condition import Doubts
from labctl.work_told import told
from protocols.spectra.recorded_spectra import RecordedSpectrum

FOLLOWED = 2.0
"""Drift per period over the sine's amplitude where the instrument takes a straight
drift out."""
CURVED = 0.5
"""Part of the correction for a spectrum's own time that is left in doubt."""
MICROFARAD_PER_SQUARE_CM = 1e2
"""In F/m²."""
SLOW = 12.0
"""A spectrum takes about so many periods of its lowest frequency."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One spectrum and what follows from it."""

    taken: RecordedSpectrum
    found: ChargeTransfer | None
    """None where no circuit could be fitted."""
    resistance: Measured
    """R_ct at the spectrum's DC current, with every doubt."""
    exchange: Measured
    """I0 of the film in A, with every doubt."""
    peaks: tuple[tuple[float, Measured], ...] = ()
    """Top in Hz and resistance of each peak of the relaxation times."""


def judged_of(
    run: RecordedRun,
    spectra: Sequence[RecordedSpectrum],
    *,
    corrected: bool = False,
) -> list[Judged]:
    """Judge the spectra of a run by its sample's label and its instrument's accuracy.

    ``corrected``: the instrument took a straight drift out.
    """
    sample = run.sample
    against_lithium = sample.kind is SampleKind.HALF_CELL
    area = math.nan if sample.area is None else sample.area
    out: list[Judged] = []
    for taken in told("spectrum", spectra):
        before = out[-1].found if out else None
        out.append(
            judged(
                taken,
                temperature=sample.temperature,
                corrected=corrected,
                accuracy=run.accuracy("cell"),
                lithium=area if against_lithium else 0.0,
                both=sample.kind is SampleKind.FULL_CELL,
                like=before,
            )
        )
    return out


def judged(
    taken: RecordedSpectrum,
    *,
    temperature: float,
    corrected: bool,
    accuracy: ChannelAccuracy | None = None,
    lithium: float = 0.0,
    both: bool = False,
    like: ChargeTransfer | None = None,
) -> Judged:
    """Fit circuits and add what drift and amplitude say.

    Parameters
    ----------
    taken, temperature
        The spectrum, and K.
    corrected
        The instrument took a straight drift out.
    accuracy
        What it states of its errors; None: a declared default.
    lithium
        Area of a lithium counter electrode in m²; 0 without one, NaN if unknown.
    both
        A full cell: either electrode has arcs.
    like
        What was found in the spectrum before, near which this one's may be.
    """
    current = taken.current if taken.driven else 0.0
    try:
        found = charge_transfer_resistance(
            taken.frequency,
            taken.impedance,
            current=current,
            temperature=temperature,
            accuracy=accuracy.impedance if accuracy else None,
            instrument=accuracy.instrument if accuracy else "",
            like=like,
        )
    except ValueError as error:
        (doubt,) = conditions.FITTED.met(fulfilled=False, text=str(error))
        return Judged(taken, None, Measured.absent(doubt), Measured.absent(doubt))
    doubts = steadiness(taken, corrected=corrected)
    doubts += conditions.LINEAR.at_most(1000 * taken.amplitude)
    doubts += conditions.ONE_ELECTRODE.met(
        not both, "a full cell: the arc may be the sum of both electrodes'"
    )
    resistance = found.measured.suspect(*doubts)
    resistance = resistance.suspect(*_apart(found.capacitance, lithium))
    if len(taken.moves):
        left = CURVED * abs(found.follows(taken.frequency, taken.moves))
        resistance = resistance.with_part("state during the sweep", rectangular(left))
    exchange = exchange_current(resistance, current, temperature)
    peaks = tuple(
        (
            frequency,
            peak.suspect(*_apart(1 / (2 * np.pi * frequency * peak.value), lithium)),
        )
        for frequency, peak in _peaks(taken, found, accuracy, doubts)
    )
    return Judged(taken, found, resistance, exchange, peaks)


def _apart(capacitance: float, lithium: float) -> Doubts:
    """Return a doubt if an arc of ``capacitance`` in F may be the lithium's."""
    if lithium == 0:
        return ()
    each = MICROFARAD_PER_SQUARE_CM * capacitance / lithium
    return conditions.COUNTER_APART.at_least(each)


def _peaks(
    taken: RecordedSpectrum,
    found: ChargeTransfer,
    accuracy: ChannelAccuracy | None,
    doubts: Doubts,
) -> tuple[tuple[float, Measured], ...]:
    """Return what a distribution of relaxation times says, without any circuit."""
    kept = taken.impedance.imag < 0
    f, z = taken.frequency[kept], taken.impedance[kept]
    stated, instrument = (
        (accuracy.impedance, accuracy.instrument) if accuracy else (None, "")
    )
    out = []
    for peak in relaxation_times(f, z).peaks:
        resistance = with_calibration(
            peak.resistance, peak.response, f, z, stated, instrument
        )
        said = (*found.kramers_kronig.doubts, *doubts)
        out.append((peak.frequency, resistance.suspect(*said)))
    return tuple(out)


def steadiness(taken: RecordedSpectrum, *, corrected: bool) -> Doubts:
    """Return what to doubt of a spectrum because the cell changed meanwhile."""
    limit = FOLLOWED if corrected else conditions.DRIFT.limit
    doubts = conditions.DRIFT.at_most(taken.drift, limit)
    doubts += conditions.STATE.at_most(100 * taken.moved)
    if taken.driven:
        seen = not math.isnan(taken.change)
        if seen or not 100 * taken.moved <= conditions.CHANGED.lowest:
            doubts += conditions.CHANGED.at_most(100 * taken.change)
        return doubts
    return doubts + conditions.RETURNED.at_most(1000 * taken.returned)


def exchange_result(spectra: Sequence[Judged], state: float | None = None) -> Result:
    """Return I0 of one Butler–Volmer film, from the spectrum R_ct is taken from."""
    if not spectra:
        text = "no whole spectrum was recorded"
        (doubt,) = conditions.RECORDED.met(fulfilled=False, text=text)
        return Measured.absent(doubt, "A").to_result()
    return _headline(spectra, state).exchange.with_unit("A").to_result()


def relaxation_result(spectra: Sequence[Judged], state: float | None = None) -> Result:
    """Return the resistance of the peak at R_ct's arc, with a table of all peaks.

    It knows of no circuit: a second opinion on R_ct.
    """
    rows = [
        (one, frequency, resistance)
        for one in spectra
        for frequency, resistance in one.peaks
    ]
    if not rows:
        text = "no peak of relaxation times was found"
        (doubt,) = conditions.RECORDED.met(fulfilled=False, text=text)
        return Measured.absent(doubt, "Ω").to_result()
    chosen = _headline([one for one in spectra if one.peaks], state)
    top = chosen.found.frequency if chosen.found else math.nan
    near = min(chosen.peaks, key=lambda peak: abs(math.log(peak[0] / top)))
    table = {
        "spectrum_id": [float(one.taken.number) for one, _, _ in rows],
        "state": [one.taken.state for one, _, _ in rows],
        "current_ampere": [one.taken.current for one, _, _ in rows],
        "top_hertz": [frequency for _, frequency, _ in rows],
        "resistance_ohm": [resistance.value for _, _, resistance in rows],
        "uncertainty_ohm": [resistance.uncertainty for _, _, resistance in rows],
        "valid": [float(resistance.valid) for _, _, resistance in rows],
    }
    columns = {name: tuple(values) for name, values in table.items()}
    return replace(near[1].with_unit("Ω").to_result(), table=columns)


def _headline(spectra: Sequence[Judged], state: float | None) -> Judged:
    if state is None:
        return spectra[0]
    able = [one for one in spectra if one.resistance.valid] or list(spectra)
    return min(able, key=lambda one: abs(one.taken.state - state))


def series_result(spectra: Sequence[Judged], state: float | None = None) -> Result:
    """Return what lies in series with the arcs: electrolyte, contacts and leads."""
    if not spectra:
        text = "no whole spectrum was recorded"
        (doubt,) = conditions.RECORDED.met(fulfilled=False, text=text)
        return Measured.absent(doubt, "Ω").to_result()
    found = _headline(spectra, state).found
    if found is None:
        (doubt,) = conditions.FITTED.met(fulfilled=False, text="no circuit fits")
        return Measured.absent(doubt, "Ω").to_result()
    return found.series.with_unit("Ω").to_result()


def resistance_result(spectra: Sequence[Judged], state: float | None = None) -> Result:
    """Return R_ct of the spectrum nearest to ``state``, with a table of all."""
    if not spectra:
        text = "no whole spectrum was recorded"
        (doubt,) = conditions.RECORDED.met(fulfilled=False, text=text)
        return Measured.absent(doubt, "Ω").to_result()
    chosen = _headline(spectra, state)
    found = chosen.resistance.with_unit("Ω").to_result()
    return replace(found, table=resistance_table(spectra))


def resistance_table(spectra: Sequence[Judged]) -> dict[str, tuple[float, ...]]:
    """Return one row a spectrum; uncertainties are standard (k = 1)."""
    rows = []
    for one in spectra:
        taken, found = one.taken, one.found
        kk = None if found is None else found.kramers_kronig
        rest = math.nan if found is None else found.at_rest.value
        rest_u = math.nan if found is None else found.at_rest.uncertainty
        exchange = math.nan if found is None else found.exchange_current.value
        rows.append(
            {
                "spectrum_id": taken.number,
                "state": taken.state,
                "voltage_volt": taken.voltage,
                "current_ampere": taken.current,
                "charge_transfer_ohm": one.resistance.value,
                "uncertainty_ohm": one.resistance.uncertainty,
                "valid": float(one.resistance.valid),
                "at_rest_ohm": rest,
                "at_rest_uncertainty_ohm": rest_u,
                "exchange_current_ampere": exchange,
                "films_ohm": math.nan if found is None else found.films.value,
                "series_ohm": math.nan if found is None else found.series.value,
                "top_hertz": math.nan if found is None else found.frequency,
                "lowest_frequency_hertz": float(taken.frequency.min()),
                "kramers_kronig_percent": math.nan if kk is None else 100 * kk.largest,
                "drift_per_period": taken.drift,
                "capacity_moved_percent": 100 * taken.moved,
                "change_percent": 100 * taken.change,
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
                np.asarray(taken.impedance),
                shade=taken.state,
                group=taken.label,
            )
            for taken in spectra
        ],
        "Shaded by the part of the capacity passed in the opening direction.",
    )
