"""The charge-transfer resistance of a spectrum, at rest or while a current flows.

Circuits of one to three arcs, with and without a diffusion tail, are fitted and the
one with the least AICc is kept, unless its tail or an arc is not determined by the
spectrum. R_ct is the resistance of the slowest arc. Under a current I the symmetric
Butler–Volmer film has R_ct(I) = (RT/F)/√(I0² + I²/4), which gives I0 and
R_ct(0) = RT/(F I0) back.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.spectra.circuit_fit import CircuitFit, fit_circuit
from labctl.analysis.spectra.impedance import parse_circuit
from labctl.analysis.spectra.kramers_kronig import (
    KramersKronig,
    Verdict,
    linear_kramers_kronig,
)
from labctl.analysis.uncertainty import Measured, estimated

Complexes = NDArray[np.complexfloating[Any, Any]]

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
GAS_OVER_FARADAY = 8.31446261815324 / 96485.33212331
"""R/F in V/K."""
PLAIN = 298.15
"""K."""
LOOSE = 0.3
"""Relative uncertainty of R_ct above which a candidate is not considered."""
VOLUME = 300.0
"""Times the capacitance of the next faster arc: double layers and films are within
a factor of a hundred, the lithium stored in a particle is 10 000 times as much."""
RELATED = 10.0
"""AICc difference below which two circuits describe the data alike."""


@dataclass(frozen=True, slots=True)
class ChargeTransfer:
    """R_ct of one spectrum and what it rests on; resistances in Ω."""

    measured: Measured
    """R_ct as it is at the DC current of the spectrum."""
    at_rest: Measured
    """The same, corrected to no current; equal to `measured` without one."""
    exchange_current: Measured
    """I0 of the film in A."""
    films: float
    """Sum of the faster arcs in Ω; 0 if there are none."""
    series: float
    """R0 in Ω."""
    frequency: float
    """Top of the arc, 1/(2π(R Q)^(1/α)) in Hz."""
    fit: CircuitFit
    """The circuit that was kept."""
    compared: tuple[tuple[str, float], ...]
    """Every circuit tried and its AICc minus the least, best first."""
    kramers_kronig: KramersKronig
    """The test of the spectrum."""


def charge_transfer_resistance(
    frequency: ArrayLike,
    impedance: ArrayLike,
    *,
    current: float = 0.0,
    temperature: float = PLAIN,
    circuits: Sequence[str] = CANDIDATES,
    inductive: bool = False,
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
        Keep points with Im ≥ 0 (then put an L into ``circuits``).
    seed
        Of the fits' starts.
    """
    f = np.asarray(frequency, dtype=np.float64)
    z: Complexes = np.asarray(impedance, dtype=np.complex128)
    if not inductive:
        f, z = f[z.imag < 0], z[z.imag < 0]
    verdict = linear_kramers_kronig(f, z)
    fits = []
    for text in circuits:
        circuit = parse_circuit(text)
        if 2 * len(f) > 2 * len(circuit.names):
            fits.append(fit_circuit(circuit, f, z, seed=seed))
    if not fits:
        raise ValueError(f"{len(f)} points are too few for any circuit of {circuits}")
    fits.sort(key=lambda fit: fit.aicc)
    least = fits[0].aicc
    low = float(f.min())
    kept = next(
        (fit for fit in fits if _resistance(fit, low).relative < LOOSE), fits[0]
    )
    resistance = _with_model_spread(kept, fits, low)
    measured = _judged(resistance, kept, verdict, kept.aicc - least)
    exchange = exchange_current(measured, current, temperature)
    arcs = _arcs(kept, low)
    return ChargeTransfer(
        measured=measured,
        at_rest=_at_rest(measured, exchange, current, temperature),
        exchange_current=exchange,
        films=sum(kept.value(f"R{k}") for k in arcs[:-1]),
        series=kept.value("R0"),
        frequency=1 / (2 * math.pi * _time(kept, arcs[-1])),
        fit=kept,
        compared=tuple((str(fit.circuit), fit.aicc - least) for fit in fits),
        kramers_kronig=verdict,
    )


def exchange_current(
    measured: Measured, current: float, temperature: float = PLAIN
) -> Measured:
    """Return I0 in A from R_ct measured while ``current`` (A) flowed."""
    thermal = GAS_OVER_FARADAY * temperature
    conductance = thermal / measured.value
    square = conductance**2 - (current / 2) ** 2
    if square <= 0:
        return Measured.absent(
            f"R_ct = {measured.value:.4g} ohm is above what {abs(current):.3g} A "
            f"leaves ({2 * thermal / abs(current):.4g} ohm): not one Butler–Volmer film"
        )
    value = math.sqrt(square)
    u = conductance**2 * measured.relative / value
    return estimated(value, u, "circuit fit").suspect(*measured.doubts)


def _at_rest(
    measured: Measured, exchange: Measured, current: float, temperature: float
) -> Measured:
    if current == 0 or math.isnan(exchange.value):
        return measured if current == 0 else exchange
    value = GAS_OVER_FARADAY * temperature / exchange.value
    found = estimated(value, value * exchange.relative, "circuit fit")
    return found.suspect(*measured.doubts)


def _arcs(fit: CircuitFit, low: float) -> list[int]:
    """Return the numbers of the arcs of interfaces, fastest first.

    By time constant and not as written: a tail far below both arcs may stand in series
    with either resistance. A slow arc is diffusion in another guise, and left out, if
    its top lies below the lowest frequency ``low`` (Hz) or if its capacitance is that
    of a volume and not of an interface. The fastest arc is kept whatever it is.
    """
    numbers = [k for k in range(1, 10) if f"CPE{k}_Q" in fit.parameters]
    ordered = sorted(numbers, key=lambda k: _time(fit, k))
    while len(ordered) > 1:
        before, last = ordered[-2:]
        unseen = 1 / (2 * math.pi * _time(fit, last)) < low
        stored = _time(fit, last) / fit.value(f"R{last}")
        usual = _time(fit, before) / fit.value(f"R{before}")
        if not unseen and stored < VOLUME * usual:
            break
        ordered.pop()
    return ordered


def _time(fit: CircuitFit, arc: int) -> float:
    """Return (R Q)^(1/α) in s."""
    rq = fit.value(f"R{arc}") * fit.value(f"CPE{arc}_Q")
    return float(rq ** (1 / fit.value(f"CPE{arc}_alpha")))


def _resistance(fit: CircuitFit, low: float) -> Measured:
    return fit.parameters[f"R{_arcs(fit, low)[-1]}"]


def _with_model_spread(
    kept: CircuitFit, fits: Sequence[CircuitFit], low: float
) -> Measured:
    """Add what circuits that describe the data alike disagree on."""
    best = _resistance(kept, low)
    alike = [
        _resistance(fit, low).value
        for fit in fits
        if abs(fit.aicc - kept.aicc) < RELATED
        and len(_arcs(fit, low)) == len(_arcs(kept, low))
        and _resistance(fit, low).relative < LOOSE
    ]
    spread = float(np.std(alike)) if alike else 0.0
    found = estimated(best.value, best.uncertainty, "circuit fit")
    return found.with_part("choice of circuit", spread)


def _judged(
    resistance: Measured, fit: CircuitFit, verdict: KramersKronig, lag: float
) -> Measured:
    if verdict.verdict is Verdict.FAIL:
        resistance = resistance.suspect(verdict.reason)
    if not resistance.relative < LOOSE:
        resistance = resistance.suspect("no circuit determines R_ct")
    if lag > RELATED:
        resistance = resistance.suspect(
            f"a better circuit (AICc {lag:.0f} lower) does not determine R_ct"
        )
    if fit.residual > 0.02:  # noqa: PLR2004 - 2 % of |Z|
        resistance = resistance.suspect(
            f"the circuit misses the spectrum by {100 * fit.residual:.2g} %"
        )
    return resistance
