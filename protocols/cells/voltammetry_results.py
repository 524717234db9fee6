"""What voltammograms at several rates say: peaks, b, Dunn's share, diffusivities.

Two routes to a diffusivity stand side by side, each with its conditions.
`diffusivity_…` is Randles and Ševčík's: it needs an area and a concentration, and holds
where diffusion feels no end. `diffusivity_finite_…` is that at which all rates tell one
isotherm in a sphere of the label's radius: it holds where the particle's size is felt.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np

from labctl.analysis.cells.finite_diffusion import FEWEST, finite_diffusion
from labctl.analysis.cells.voltammetry import (
    FEWEST_RATES,
    b_value,
    dunn_split,
    exponent,
    randles_sevcik,
    shift_in_a_decade,
)
from labctl.analysis.uncertainty import Measured
from labctl.data import Array, Result
from labctl.protocol import RecordedRun
from labctl.verdicts import voltammetry as verdicts
from labctl.verdicts.condition import Condition, Doubts
from protocols.cells.voltammograms import (
    BRANCHES,
    Scanned,
    VoltammetrySettings,
    Voltammogram,
    measured_peaks,
    name,
    voltammograms,
)

GRID_POINTS = 200
REVERSIBLE_WIDTH = 56.5
"""mV, |E_p - E_p/2| of n = 1 at 25 °C: 2.20 RT/F."""
Table = dict[str, tuple[float, ...]]


def voltammetry_results(
    run: RecordedRun, scans: Sequence[Scanned], settings: VoltammetrySettings
) -> Mapping[str, Result]:
    """Return b and the slowest scan's peak of both branches, shares, diffusivities."""
    taken = voltammograms(run, scans, settings)
    if not taken:
        none = _not_met(verdicts.ALL_RATES, "no scan was completed")
        return {"b_value_anodic": none.to_result()}
    whole = _whole(taken, settings)
    found: dict[str, Measured] = {}
    tables: dict[str, Table] = {}
    for branch in BRANCHES:
        found[f"b_value_{branch}"] = b_of(run, taken, branch)
    for branch in BRANCHES:
        found[f"diffusivity_{branch}"] = _apparent(run, taken, branch, settings)
    for branch in BRANCHES:
        found[f"diffusivity_finite_{branch}"] = _finite(taken, branch, settings)
    found["surface_share_fastest"], tables["surface_share_fastest"] = share_of(taken)
    for branch in BRANCHES:
        peak = f"peak_current_{branch}_slowest"
        found[peak], tables[peak] = _slowest(run, taken, branch)
    return {
        each: dataclasses.replace(
            (one if one.is_absent else one.suspect(*whole)).to_result(),
            table=tables.get(each) or None,
        )
        for each, one in found.items()
    }


def _whole(taken: Sequence[Voltammogram], settings: VoltammetrySettings) -> Doubts:
    cut = [one.rate for one in taken if not one.whole]
    asked = set(settings.scan_rates)
    missing = sorted({*cut, *(asked - {one.rate for one in taken})})
    said = ", ".join(map(name, missing))
    return verdicts.ALL_RATES.met(not missing, f"not scanned to the end: {said}")


def b_of(run: RecordedRun, taken: Sequence[Voltammogram], branch: str) -> Measured:
    """Return b of a branch, or why there is none."""
    rates, peaks = measured_peaks(run, taken, branch)
    if len(rates) < FEWEST_RATES:
        return _too_few(len(rates), branch)
    return b_value(rates, peaks)


def _too_few(rates: int, branch: str, unit: str = "") -> Measured:
    reason = f"the {branch} peak is seen at {rates} rates; {FEWEST_RATES} are needed"
    return _not_met(verdicts.ENOUGH_RATES, reason, unit)


def _not_met(condition: Condition, reason: str, unit: str = "") -> Measured:
    return Measured.absent(condition.met(fulfilled=False, text=reason)[0], unit)


def _apparent(
    run: RecordedRun,
    taken: Sequence[Voltammogram],
    branch: str,
    settings: VoltammetrySettings,
) -> Measured:
    for needed, word in (
        (settings.concentration, "concentration"),
        (settings.area, "area"),
    ):
        if needed.is_absent:
            reason = f"Randles–Ševčík needs `{word}`"
            return _not_met(verdicts.STATED, reason, "m²/s")
    rates, peaks = measured_peaks(run, taken, branch)
    if len(rates) < FEWEST_RATES:
        return _too_few(len(rates), branch, "m²/s")
    found = randles_sevcik(
        rates,
        peaks,
        area=settings.area,
        concentration=settings.concentration,
        temperature=settings.temperature,
    ).diffusivity
    there = [(one, p) for one in taken if (p := one.peak(branch)) is not None]
    widths = [1e3 * peak.half_width for _, peak in there]
    unknown = any(map(math.isnan, widths))
    odd = math.nan if unknown else max(widths, key=lambda w: abs(w - REVERSIBLE_WIDTH))
    charges = [one.charge(branch) for one, _ in there]
    return found.suspect(
        *verdicts.HALF_WIDTH.between(odd),
        *_stay(taken, branch),
        *verdicts.SEMI_INFINITE.between(exponent(rates, charges)),
    ).with_unit("m²/s")


def _stay(taken: Sequence[Voltammogram], branch: str) -> Doubts:
    there = [(one.rate, p) for one in taken if (p := one.peak(branch)) is not None]
    moved = shift_in_a_decade([r for r, _ in there], [p.voltage for _, p in there])
    return verdicts.PEAKS_STAY.at_most(moved, of=branch)


def _finite(
    taken: Sequence[Voltammogram], branch: str, settings: VoltammetrySettings
) -> Measured:
    radius = settings.radius
    if radius.is_absent:
        reason = "the label has no `particle_radius`"
        return _not_met(verdicts.STATED, reason, "m²/s")
    scans = [one.scanned(branch) for one in taken if one.whole and one.has(branch)]
    if len(scans) < FEWEST:
        reason = f"{len(scans)} whole scans; {FEWEST} are needed"
        return _not_met(verdicts.ENOUGH_RATES, reason, "m²/s")
    try:
        rate = finite_diffusion(scans, settings.resistance).rate
    except ValueError as why:
        return _not_met(verdicts.ONE_ISOTHERM, str(why), "m²/s")
    return (rate * radius * radius).with_unit("m²/s")


def share_of(taken: Sequence[Voltammogram]) -> tuple[Measured, Table]:
    """Return the surface share of the charge, anodic branch, at the fastest rate.

    The table has it at every rate.
    """
    if len(taken) < FEWEST_RATES:
        reason = f"{len(taken)} scan rates; {FEWEST_RATES} are needed"
        return _not_met(verdicts.ENOUGH_RATES, reason, "%"), {}
    if not all(one.has("anodic") for one in taken):
        reason = "the share is that of a rising voltage, which was not scanned"
        return _not_met(verdicts.PEAK_SEEN, reason, "%"), {}
    low = max(float(one.voltage.min()) for one in taken)
    high = min(float(one.voltage.max()) for one in taken)
    grid = np.linspace(low, high, GRID_POINTS)
    currents = np.stack([_anodic_branch(one, grid) for one in taken])
    split = dunn_split([one.rate for one in taken], grid, currents)
    stay = _stay(taken, "anodic")
    shares = [one.with_unit("%", 100.0).suspect(*stay) for one in split.shares]
    table: Table = {
        "scan_rate_volt_per_second": tuple(one.rate for one in taken),
        "surface_share_percent": tuple(one.value for one in shares),
        "uncertainty_percent": tuple(one.uncertainty for one in shares),
        "valid": tuple(float(one.valid) for one in shares),
    }
    return shares[-1], table


def _anodic_branch(one: Voltammogram, grid: Array) -> Array:
    rising = one.scanned("anodic")
    v, i = rising.voltage[rising.branch], rising.current[rising.branch]
    order = np.argsort(v)
    branch: Array = np.interp(grid, v[order], i[order])
    return branch


def _slowest(
    run: RecordedRun, taken: Sequence[Voltammogram], branch: str
) -> tuple[Measured, Table]:
    """Return the peak current at the slowest rate; the table has it at every rate."""
    rates, peaks = measured_peaks(run, taken, branch)
    there = [p for one in taken if (p := one.peak(branch)) is not None]
    if not rates:
        reason = f"no peak is seen on any {branch} branch"
        return _not_met(verdicts.PEAK_SEEN, reason, "A"), {}
    table: Table = {
        "scan_rate_volt_per_second": rates,
        "peak_ampere": tuple(one.value for one in peaks),
        "uncertainty_ampere": tuple(one.uncertainty for one in peaks),
        "peak_volt": tuple(peak.voltage for peak in there),
        "half_width_volt": tuple(peak.half_width for peak in there),
        "valid": tuple(float(one.valid) for one in peaks),
    }
    if rates[0] != taken[0].rate:
        reason = f"the slowest scan, {name(taken[0].rate)}, shows no {branch} peak"
        return _not_met(verdicts.PEAK_SEEN, reason, "A"), table
    return peaks[0], table
