"""Each kind of measurement and the analysis of our own protocol for it."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from labctl.analysis.cells.recognition import (
    Measurement,
    is_one,
    main_current,
    parted,
)
from labctl.data import Result
from labctl.figures.cycling import cycling_figures
from labctl.figures.figure import Figure
from protocols.cells.cycling_results import (
    cycled,
    cycling_results,
    formation_results,
)
from protocols.cells.gitt_figures import gitt_figures
from protocols.cells.gitt_results import gitt_results, titration_of
from protocols.cells.pulse_results import pulse_figures, pulse_result
from protocols.cells.quasi_ocv import slow_cycle_figures, slow_cycle_results
from protocols.cells.rate_results import rate_figures, rate_results
from protocols.cells.voltammetry_figures import voltammetry_figures
from protocols.cells.voltammetry_results import voltammetry_results
from protocols.compose.imported_parts import (
    cycles_before,
    formation_cycles,
    one_c_of,
    rate_name,
    rate_test,
    scans_of_segments,
    state_pulses,
    titration_rows,
    voltammetry_settings,
)
from protocols.compose.imported_rows import COULOMB_PER_AH, ImportedRows
from protocols.spectra.insitu_eis import REFERENCE_STATE
from protocols.spectra.recorded_spectra import (
    RecordedSpectrum,
    at_one_time,
    spectra_of,
)
from protocols.spectra.spectra_results import (
    exchange_result,
    judged_of,
    relaxation_result,
    resistance_result,
    spectra_figures,
)

Results = Mapping[str, Result]
Figures = Sequence[Figure]


def _cycling(rows: ImportedRows) -> Results:
    if not rows.cycles.complete.any():
        absent = cycled(rows).absent("no whole cycle is in the data")
        return {"coulombic_efficiency": absent}
    formation, later = parted(rows.levels)
    main = main_current(later)
    apart = [n for one in later if not is_one(one.current, main) for n in one.numbers]
    return cycling_results(
        rows, formation_cycles=formation_cycles(formation), apart=apart
    )


def _cycling_figures(rows: ImportedRows) -> Figures:
    return cycling_figures(rows.table("timeseries"), rows.sample)


def _rate(rows: ImportedRows) -> Results:
    return rate_results(rows, rate_test(rows)) if rows.levels else _cycling(rows)


def _rate_figures(rows: ImportedRows) -> Figures:
    own = rate_figures(rows, rate_test(rows)) if rows.levels else ()
    return (*own, *_cycling_figures(rows))


def _titration(rows: ImportedRows) -> Results:
    own, first = titration_rows(rows)
    found = gitt_results(titration_of(rows.sample, own))
    before = cycles_before(rows, first) if len(own.time) else 0
    return {**found, **formation_results(rows, before)}


def _titration_figures(rows: ImportedRows) -> Figures:
    own, _ = titration_rows(rows)
    return gitt_figures(titration_of(rows.sample, own))


def _pulses(rows: ImportedRows) -> Results:
    pulses, length, first = state_pulses(rows)
    found = pulse_result(rows, pulses, length)
    before = cycles_before(rows, first) if pulses else 0
    return {"pulse_resistance": found, **formation_results(rows, before)}


def _pulse_figures(rows: ImportedRows) -> Figures:
    pulses, length, _ = state_pulses(rows)
    return pulse_figures(rows, pulses, length)


def _voltammetry(rows: ImportedRows) -> Results:
    scans = scans_of_segments(rows)
    found = voltammetry_results(rows, scans, voltammetry_settings(rows, scans))
    before = cycles_before(rows, int(scans[0].rows[0])) if scans else 0
    return {**found, **formation_results(rows, before)}


def _voltammetry_figures(rows: ImportedRows) -> Figures:
    scans = scans_of_segments(rows)
    return voltammetry_figures(rows, scans, voltammetry_settings(rows, scans))


def _slow_cycle(rows: ImportedRows) -> Results:
    number = _slowest(rows)
    found = slow_cycle_results(rows, number)
    return {**found, **formation_results(rows, max(number - 1, 0))}


def _slow_cycle_figures(rows: ImportedRows) -> Figures:
    number = _slowest(rows)
    way = -rows.sample.first_step.sign
    rate = rate_name(rows.current_of(number, way), one_c_of(rows.sample))
    return slow_cycle_figures(rows, number, rate)


def _slowest(rows: ImportedRows) -> int:
    """Return the number of the cycle at the lowest current, the last of them."""
    lowest = min((one.current for one in rows.levels), default=math.nan)
    own = [n for one in rows.levels if one.current == lowest for n in one.numbers]
    return own[-1] if own else 0


def _spectra(rows: ImportedRows) -> tuple[RecordedSpectrum, ...]:
    """Return all spectra, called by their direct current where one flowed."""
    table = rows.table("eis")
    if not len(table["spectrum_id"]):
        return ()
    one_c = one_c_of(rows.sample)
    return tuple(
        dataclasses.replace(one, label=rate_name(one.current, one_c))
        if one.driven
        else one
        for one in spectra_of(rows, {}, _capacity(rows))
    )


def _capacity(rows: ImportedRows) -> float:
    """Return the charge in C that states are parts of.

    What the last whole cycle gave back, or 1C in an hour, or what flowed at all.
    """
    done = rows.cycles.second[rows.cycles.complete]
    if len(done):
        return float(done[-1])
    one_c = one_c_of(rows.sample)
    net = COULOMB_PER_AH * rows.table("timeseries")["net_capacity_ah"]
    moved = float(np.ptp(net)) if len(net) else 0.0
    return 3600.0 * one_c if one_c else moved or 1.0


def spectra_at_rest(rows: ImportedRows) -> tuple[RecordedSpectrum, ...]:
    """Return the spectra without a direct current."""
    return tuple(one for one in _spectra(rows) if not one.driven)


def spectra_driven(rows: ImportedRows) -> tuple[RecordedSpectrum, ...]:
    """Return the spectra taken while a current flowed."""
    return tuple(one for one in _spectra(rows) if one.driven)


def _at_rest(rows: ImportedRows) -> Results:
    found = judged_of(rows, spectra_at_rest(rows))
    return {
        "charge_transfer_resistance": resistance_result(found),
        "exchange_current": exchange_result(found),
        "relaxation_peak_resistance": relaxation_result(found),
    }


def _at_rest_figures(rows: ImportedRows) -> Figures:
    return spectra_figures(spectra_at_rest(rows))


def _driven(rows: ImportedRows) -> Results:
    found = judged_of(rows, at_one_time(spectra_driven(rows)))
    out = {
        "charge_transfer_resistance": resistance_result(found, REFERENCE_STATE),
        "exchange_current": exchange_result(found, REFERENCE_STATE),
        "relaxation_peak_resistance": relaxation_result(found, REFERENCE_STATE),
    }
    for label in dict.fromkeys(one.taken.label for one in found):
        own = [one for one in found if one.taken.label == label]
        word = label.replace("/", "_").replace(" ", "_")
        name = f"charge_transfer_resistance_at_{word}"
        out[name] = resistance_result(own, REFERENCE_STATE)
    return out


def _driven_figures(rows: ImportedRows) -> Figures:
    return spectra_figures(spectra_driven(rows))


def _rest(rows: ImportedRows) -> Results:  # noqa: ARG001
    reason = "neither a whole cycle nor a spectrum is in the data"
    return {"coulombic_efficiency": Result.absent("%", reason)}


RESULTS: Mapping[Measurement, Callable[[ImportedRows], Results]] = {
    Measurement.CYCLING: _cycling,
    Measurement.FORMATION: _cycling,
    Measurement.RATE: _rate,
    Measurement.GITT: _titration,
    Measurement.VOLTAMMETRY: _voltammetry,
    Measurement.HPPC: _pulses,
    Measurement.QUASI_OCV: _slow_cycle,
    Measurement.PEIS: _at_rest,
    Measurement.INSITU_EIS: _driven,
    Measurement.REST: _rest,
}
FIGURES: Mapping[Measurement, Callable[[ImportedRows], Figures]] = {
    Measurement.CYCLING: _cycling_figures,
    Measurement.FORMATION: _cycling_figures,
    Measurement.RATE: _rate_figures,
    Measurement.GITT: _titration_figures,
    Measurement.VOLTAMMETRY: _voltammetry_figures,
    Measurement.HPPC: _pulse_figures,
    Measurement.QUASI_OCV: _slow_cycle_figures,
    Measurement.PEIS: _at_rest_figures,
    Measurement.INSITU_EIS: _driven_figures,
    Measurement.REST: lambda _: (),
}
