"""The charge-transfer resistance of a spectrum, at rest or while a current flows.

Circuits of one to three arcs, with and without a diffusion tail and the inductance of
leads, are fitted and compared by AICc. R_ct is the resistance of the slowest arc of
the best circuit that determines it; what circuits that cannot be told from it say
otherwise is a part of its uncertainty, and so are the instrument's errors of |Z| and
phase, which no number of points averages away. Under a current I the symmetric
Butler–Volmer film has R_ct(I) = (RT/F)/√(I0² + I²/4), which gives I0 and
R_ct(0) = RT/(F I0) back (`rest_correction`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from labctl.analysis.spectra.arcs import all_arcs, films_of, slowest_of
from labctl.analysis.spectra.calibration import with_calibration
from labctl.analysis.spectra.circuit_choice import (
    DECIDED,
    Choice,
    Ranked,
    best_of,
    choose,
    lags,
    model_spread,
)
from labctl.analysis.spectra.circuit_fit import Search, search_circuit
from labctl.analysis.spectra.circuit_search import COMPARABLE
from labctl.analysis.spectra.elements import Complexes, Floats
from labctl.analysis.spectra.fitted_circuit import CircuitFit, Function
from labctl.analysis.spectra.impedance import parse_circuit
from labctl.analysis.spectra.kramers_kronig import (
    KramersKronig,
    linear_kramers_kronig,
)
from labctl.analysis.spectra.rest_correction import (
    ROOM,
    at_rest_of,
    exchange_current,
)
from labctl.analysis.spectra.shapes import Shapes
from labctl.analysis.uncertainty import Measured
from labctl.roles.channel_accuracy import ImpedanceAccuracy
from labctl.verdicts import spectra as conditions
from labctl.verdicts.condition import Doubt

CANDIDATES = (
    "R0-p(R1,CPE1)",
    "R0-p(R1-W1,CPE1)",
    "R0-p(R1,CPE1)-p(R2,CPE2)",
    "R0-p(R1,CPE1)-p(R2-W1,CPE2)",
    "R0-p(R1,CPE1)-p(R2-Wo1,CPE2)",
    "R0-p(R1,CPE1)-p(R2-Sp1,CPE2)",
    "R0-p(R1,CPE1)-p(R2,CPE2)-p(R3-W1,CPE3)",
    "R0-p(R1,CPE1)-p(R2,CPE2)-p(R3-Sp1,CPE3)",
)
"""Electrolyte, films (and lithium's own arc), charge transfer with diffusion."""
WITH_LEADS = 3
"""Best circuits that are tried with the inductance of leads as well …"""
LEADS = (1e-3, 3e-2, 0.3)
"""… from these parts of |Z| at the highest frequency …"""
KNOWN_MINIMA = 8
"""… and so many of their minima."""
FIRST_STARTS = 10
"""Descents that say which circuits may count, one round of them each."""
AGAIN = 2
"""Rounds, the first with them, that must agree where a circuit is searched again."""
NEAR = 2 * DECIDED
"""AICc difference up to which a circuit is searched again: it may yet be the best."""
HANDED_ON = 4
"""Minima of a circuit from which a neighbouring spectrum's descents begin …"""
APART = 0.3
"""… that differ by as much in the logarithm of a parameter."""
SAME_ARC = 0.5
"""Decades of time within which two arcs are the same."""


@dataclass(frozen=True, slots=True)
class ChargeTransfer:
    """R_ct of one spectrum and what it rests on; resistances in Ω."""

    measured: Measured
    """R_ct as it is at the DC current of the spectrum."""
    at_rest: Measured
    """The same, corrected to no current; equal to `measured` without one."""
    exchange_current: Measured
    """I0 of the film in A."""
    films: Measured
    """Sum of the faster arcs in Ω; 0 if there are none."""
    series: Measured
    """R0 in Ω."""
    frequency: float
    """Top of the arc, 1/(2π(R Q)^(1/α)) in Hz."""
    capacitance: float
    """τ/R of the arc in F."""
    fit: CircuitFit
    """The circuit that was kept."""
    choice: Choice
    """Whether the spectrum decides between circuits."""
    compared: tuple[tuple[str, float], ...]
    """Every circuit tried and its AICc minus the least, best first."""
    kramers_kronig: KramersKronig
    """The test of the spectrum."""
    response: tuple[Floats, Complexes]
    """Frequencies in Hz and ∂ln R_ct/∂ε of a relative error ε of Z there."""

    minima: Mapping[str, Floats]
    """Circuit -> ln p at its best minima, shape (k, p): where a neighbour's may be."""

    def follows(self, frequency: ArrayLike, errors: ArrayLike) -> float:
        """Return by how much R_ct follows relative errors of Z, in Ω, first order."""
        f, e = np.asarray(frequency), np.asarray(errors, dtype=np.complex128)
        own, weight = self.response
        return float((weight * e[np.isin(f, own)]).real.sum() * self.measured.value)


def charge_transfer_resistance(
    frequency: ArrayLike,
    impedance: ArrayLike,
    *,
    current: float = 0.0,
    temperature: float = ROOM,
    circuits: Sequence[str] = CANDIDATES,
    inductive: bool = False,
    accuracy: ImpedanceAccuracy | None = None,
    instrument: str = "",
    like: ChargeTransfer | None = None,
    seed: int = 0,
) -> ChargeTransfer:
    """Find R_ct in a spectrum.

    Parameters
    ----------
    frequency, impedance
        Hz; Ω with Im < 0 for a capacitance; shape (n,), any order. Points with Im ≥ 0
        (cable inductance) are left out unless ``inductive``.
    current
        DC current in A that flowed, either sign; 0 at rest.
    temperature
        K, of the correction.
    circuits
        What to try; each ``R1`` … needs its ``CPE1`` ….
    inductive
        Keep points with Im ≥ 0.
    accuracy, instrument
        What the instrument states of |Z| and phase (None: a declared default), and
        by what name other spectra share its errors.
    like
        That of a neighbouring spectrum of the same cell: descents begin at its minima
        too.
    seed
        Of the fits' starts.
    """
    f = np.asarray(frequency, dtype=np.float64)
    z: Complexes = np.asarray(impedance, dtype=np.complex128)
    if not inductive:
        f, z = f[z.imag < 0], z[z.imag < 0]
    verdict = linear_kramers_kronig(f, z)
    low = float(f.min())
    searched = _searched(circuits, f, z, like, seed)
    ranked, behind = _ranked(searched, low)
    kept = best_of(ranked)
    resistance = kept.resistance
    for doubt in _doubts(kept.fit, kept.lag, kept.resistance, verdict, low):
        resistance = resistance.suspect(doubt)
    spread, choice, missing = model_spread(kept, ranked)
    resistance = resistance.with_part("choice of circuit", spread).suspect(
        *conditions.CIRCUITS_AGREE.at_most(100 * spread / resistance.value),
        *conditions.ARC_NEEDED.met(not missing),
    )

    def calibrated(found: Measured, function: Function) -> Measured:
        if not found.value:
            return found
        relative = _relative_response(kept.fit, function)
        return with_calibration(found, relative, f, z, accuracy, instrument)

    measured = calibrated(resistance, lambda p: slowest_of(p, low).resistance)
    # Arcs on top of one another hand the instrument's errors on many times over.
    if resistance.valid:
        whole = 100 * measured.relative
        measured = measured.suspect(*conditions.DETERMINED.at_most(whole))
    films = _quantity(kept.fit, lambda p: films_of(p, low))
    exchange = exchange_current(measured, current, temperature)
    arc = slowest_of(kept.fit.values(), low)
    return ChargeTransfer(
        measured=measured,
        at_rest=at_rest_of(measured, exchange, current, temperature),
        exchange_current=exchange,
        films=calibrated(films, lambda p: films_of(p, low)),
        series=calibrated(kept.fit.parameters["R0"], lambda p: p["R0"]),
        frequency=1 / (2 * math.pi * arc.time),
        capacitance=arc.capacitance,
        fit=kept.fit,
        choice=choice,
        compared=_compared(ranked, searched, behind),
        kramers_kronig=verdict,
        response=(
            f,
            _relative_response(kept.fit, lambda p: slowest_of(p, low).resistance),
        ),
        minima={
            str(s.circuit): s.minima.apart(HANDED_ON, APART, COMPARABLE)
            for s in searched
        },
    )


def _ranked(searched: Sequence[Search], low: float) -> tuple[list[Ranked], list[float]]:
    """Return the circuits that may count, the best first, and how far all are behind.

    What is known of each parameter is asked only of circuits that are not ruled out.
    """
    behind = lags(searched)
    reported: dict[int, CircuitFit] = {}
    limit = DECIDED
    while True:
        near = [k for k, lag in enumerate(behind) if lag <= limit]
        for k in near:
            if k not in reported:
                reported[k] = searched[k].report()
        ranked = choose(
            [reported[k] for k in near],
            lambda fit: slowest_resistance(fit, low),
            lambda fit: (
                slowest_of(fit.values(), low).time,
                all_arcs(fit.values())[-1].time,
            ),
            [one for k, one in enumerate(searched) if k not in reported],
        )
        needed = best_of(ranked).lag + DECIDED
        if not any(limit < lag <= needed for lag in behind):
            return ranked, behind
        limit = needed


def _compared(
    ranked: Sequence[Ranked], searched: Sequence[Search], behind: Sequence[float]
) -> tuple[tuple[str, float], ...]:
    """Return every circuit and how far it is behind, the best first."""
    lag = {str(s.circuit): far for s, far in zip(searched, behind, strict=True)}
    lag |= {str(one.fit.circuit): one.lag for one in ranked}
    return tuple(sorted(lag.items(), key=lambda one: one[1]))


def slowest_resistance(fit: CircuitFit, low: float) -> Measured:
    """Return the resistance of the slowest arc of an interface in Ω.

    ``low``: lowest frequency in Hz. Elsewhere in the interval it is the arc that is as
    fast as at the minimum; where there is none, the slowest.
    """
    time = slowest_of(fit.values(), low).time

    def same(p: Mapping[str, float]) -> float:
        near = min(all_arcs(p), key=lambda arc: abs(math.log(arc.time / time)))
        apart = abs(math.log10(near.time / time))
        return (near if apart < SAME_ARC else slowest_of(p, low)).resistance

    return _quantity(fit, same)


def _searched(
    circuits: Sequence[str],
    f: Floats,
    z: Complexes,
    like: ChargeTransfer | None,
    seed: int,
) -> list[Search]:
    """Return the minima of every circuit, the best three also with leads."""
    found = []
    order = np.argsort(f, kind="stable")
    shapes = Shapes(f[order], z[order], 1 / np.abs(z[order]))
    for text in circuits:
        circuit = parse_circuit(text)
        if len(f) > len(circuit.names):
            given = None if like is None else like.minima.get(text)
            blind = given is None
            found.append(
                search_circuit(
                    circuit,
                    f,
                    z,
                    given=given,
                    starts=FIRST_STARTS,
                    thorough=blind,
                    sure=1,
                    shapes=shapes,
                    seed=seed,
                )
            )
    if not found:
        raise ValueError(f"{len(f)} points are too few for any circuit of {circuits}")
    behind = lags(found)
    if like is None:
        for k, lag in enumerate(behind):
            if lag <= NEAR:
                found[k] = _searched_again(found[k], f, z, shapes, seed)
        behind = lags(found)
    best = sorted(range(len(found)), key=behind.__getitem__)[:WITH_LEADS]
    for at in best:
        circuit = parse_circuit(f"L0-{found[at].circuit}")
        if len(f) > len(circuit.names):
            given = _with_leads(found[at], f, z)
            found.append(search_circuit(circuit, f, z, given=given, starts=0))
    return found


def _searched_again(
    search: Search, f: Floats, z: Complexes, shapes: Shapes, seed: int
) -> Search:
    """Return the minima of a circuit that may count; `AGAIN` rounds must agree."""
    return search_circuit(
        search.circuit,
        f,
        z,
        given=search.minima.apart(HANDED_ON, APART, COMPARABLE),
        sure=AGAIN,
        shapes=shapes,
        seed=seed + 1,
    )


def _with_leads(search: Search, f: Floats, z: Complexes) -> Floats:
    """Return starts of a circuit with leads from the minima of the one without.

    A lead is a small thing in series: the rest of the circuit is where it was.
    """
    points = search.minima.apart(KNOWN_MINIMA, APART, COMPARABLE)
    at = int(np.argmax(f))
    whole = abs(z[at]) / (2 * math.pi * f[at])
    return np.vstack(
        [
            np.column_stack((np.full(len(points), math.log(part * whole)), points))
            for part in LEADS
        ]
    )


def _quantity(fit: CircuitFit, function: Function) -> Measured:
    return fit.quantity(function, "circuit fit")


def _relative_response(fit: CircuitFit, function: Function) -> Complexes:
    """Return ∂ln y/∂ε by frequency of a function y of the parameters."""
    values = fit.values()
    y, slopes = function(values), []
    for name in fit.circuit.names:
        moved = function({**values, name: values[name] * (1 + 1e-4)})
        slopes.append((moved - y) / (1e-4 * y))
    return np.asarray(np.array(slopes) @ fit.response)


def _doubts(
    fit: CircuitFit, lag: float, found: Measured, kk: KramersKronig, low: float
) -> list[Doubt]:
    arc = slowest_of(fit.values(), low)
    return [
        *kk.doubts,
        *conditions.DETERMINED.at_most(100 * found.relative),
        *conditions.CIRCUIT_CHOICE.at_most(lag),
        *conditions.ONE_PROCESS.at_least(arc.alpha),
        *conditions.CIRCUIT_FITS.at_most(100 * fit.residual),
        *conditions.ARC_SEEN.at_least(1 / (2 * math.pi * arc.time) / low),
    ]
