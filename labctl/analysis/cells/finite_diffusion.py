"""Diffusivity from scans that feel the end of the particle, by one isotherm for all.

A sphere with one diffusivity is linear: whatever its isotherm and its kinetics, the
charge that its surface stands for follows from the current alone,

    q_s(t) = ∫ i(t') [dG/dt](t - t') dt',   G(t) = g(k t)/(3 k),   k = D/r²

with g of `labctl.analysis.cells.sphere`; for k → ∞ it is the charge itself. Equilibrium
says that q_s against E - iR is one curve, whatever the scan rate. So k and R are those
at which the scans tell one isotherm, and a current beside the sphere's (the meter's
zero, a side reaction) that at which their cycles close. Nothing else is assumed:
neither Nernst's factor nor area, concentration or full charge. After the idea of
convolution voltammetry (Imbeaux and Savéant 1973), for a finite sphere. A peak that
diffusion limits far from any end leaves k undetermined: Randles–Ševčík is for that.

Each scan begins in equilibrium, all of it up to the branch is needed. The uncertainty
is that of leaving out one rate after the other (jackknife), and what the isotherms'
scatter says of the model, `MODEL`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.cells.sphere_sizes import sizes_table
from labctl.analysis.uncertainty import Measured
from labctl.sources import Distribution, Kind, Source
from labctl.verdicts import voltammetry as verdicts

Floats = NDArray[np.float64]

FEWEST = 3
"""Scans of which one can be left out and two still be compared."""
POINTS = 400
"""Of a branch on its scan's grid in time."""
MOST_POINTS = 4000
"""Of a scan."""
GRID = 120
"""Voltages at which isotherms are compared."""
STARTS = (-3.0, -1.5, 0.0, 1.5)
"""Natural logarithms of k times the duration of a middling branch, to begin from."""
TYPICAL_DROP = 0.1
"""Of the window, where the search for the resistance begins if none is given."""
MODEL = 25.0
"""Relative standard uncertainty of k per scatter of the isotherms over the lead of the
surface. On spheres of three sizes (±30 %), with D ∝ exp(θ), with Butler–Volmer kinetics
of a tenth of the peak's current, and scatter up to 0.5 %, the error was 5 to 35 times
it. With 25, 34 of 40 electrodes that had several such faults at once were good, 33 of
them within 2 u, the farthest 2.6 u off (tests/benchmarks/finite_scans.py 40)."""
NUMBERS = 0.01
"""Relative, of grids in time and voltage: the same sweep solved by finite volumes."""
MOST_BESIDE = 0.2
"""Of the slowest scan's largest current: what may flow beside the sphere's."""
REMEMBERED = 2
"""Values of k whose surfaces are kept: that of a step and that of its slope."""
FARTHEST = 9.0
"""Beyond e⁹ of the same the sphere is in equilibrium, below e⁻⁹ it is endless."""


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """One scan rate, from equilibrium on."""

    time: Floats
    """s, shape (n,), rising."""
    voltage: Floats
    """V."""
    current: Floats
    """A."""
    branch: slice
    """Rows of the branch that is compared; voltage runs one way in it."""


@dataclass(frozen=True, slots=True)
class FiniteDiffusion:
    """What makes all scans tell one isotherm."""

    rate: Measured
    """D/r² in 1/s."""
    resistance: float
    """Ω, of electrolyte and kinetics together, as far as they are ohmic."""
    beside: float
    """A, the current that is not the sphere's; anodic is positive."""
    misfit: float
    """Root mean square scatter of the isotherms, of their charge."""
    lead: float
    """Largest |q_s - q| of the last (fastest) scan, of the charge."""


def finite_diffusion(scans: Sequence[Scan], resistance: float = 0.0) -> FiniteDiffusion:
    """Find D/r² and the resistance at which the scans agree.

    ``scans`` slowest first; ``resistance`` in Ω is where the search begins. ValueError:
    fewer than three scans, or branches that share no voltages.
    """
    if len(scans) < FEWEST:
        raise ValueError(f"{len(scans)} scans: at least {FEWEST} are needed")
    given = [_Given.of(scan) for scan in scans]
    drop = resistance or TYPICAL_DROP * _middle_span(given) / _largest(given)
    log_middle = math.log(given[len(given) // 2].lasted)
    first = [
        _agree(given, (start - log_middle, r, 0.0))
        for start in STARTS
        for r in (0.1 * drop, drop)
    ]
    best = min(first, key=lambda one: one.cost)
    left_out = [
        _agree([g for g in given if g is not out], best.found).found[0] for out in given
    ]
    log_k, r, beside = best.found
    k, n = math.exp(log_k), len(left_out)
    spread = math.sqrt((n - 1) * float(np.var(left_out)))
    last = given[-1]
    ahead = (last.surface(k, beside) - last.passed(beside))[last.rows]
    lead = float(np.ptp(ahead)) / best.span
    rates = Source.fresh("scan rates", *left_out, kind=Kind.A)
    parts = {
        replace(rates, distribution=Distribution.STUDENT): k * spread,
        Source.fresh("one sphere", k): k * MODEL * best.misfit / lead,
        Source.fresh("grids", k): k * NUMBERS,
    }
    freedom = {source: n - 1.0 for source in parts if source.kind is Kind.A}
    found = Measured(k, "1/s", parts, freedom)
    return FiniteDiffusion(
        found.suspect(
            *verdicts.ENOUGH_RATES.at_least(n),
            *verdicts.ONE_ISOTHERM.at_most(100.0 * best.misfit),
            *verdicts.DIFFUSION_SEEN.at_least(100.0 * lead),
            *verdicts.RATES_AGREE.at_most(100.0 * found.relative),
        ),
        r,
        beside,
        best.misfit,
        lead,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Given:
    """A scan on an even grid in time."""

    step: float
    charge: Floats
    """∫ i dt at each point, C."""
    flow: Floats
    """Mean current of the interval in front of each point, A; 0 at the first."""
    voltage: Floats
    rows: NDArray[np.bool_]
    """Points of the branch."""
    lasted: float
    """The branch, s."""
    log_points: Floats
    """ln of the number of each point but the first."""
    length: int
    """Points of a Fourier transform that holds a convolution."""
    spectrum: NDArray[np.complex128]
    """Of ``flow`` from the second point on."""
    answers: "_Answers" = field(default_factory=dict)
    """By k, of the last ones that were asked for."""

    @classmethod
    def of(cls, scan: Scan) -> "_Given":
        t, i = scan.time, scan.current
        passed = np.concatenate([[0.0], np.cumsum(0.5 * (i[1:] + i[:-1]) * np.diff(t))])
        begins, ends = t[scan.branch][0], t[scan.branch][-1]
        count = POINTS * (t[-1] - t[0]) / (ends - begins)
        even = np.linspace(t[0], t[-1], int(min(max(count, POINTS), MOST_POINTS)))
        charge = np.interp(even, t, passed)
        step = float(even[1] - even[0])
        flow = np.concatenate([[0.0], np.diff(charge) / step])
        rows = (even >= begins) & (even <= ends)
        voltage = np.interp(even, t, scan.voltage)
        length = _fast_length(2 * len(even) - 3)
        return cls(
            step,
            charge,
            flow,
            voltage,
            rows,
            float(ends - begins),
            np.log(np.arange(1.0, len(even))),
            length,
            np.fft.rfft(flow[1:], length),
        )

    def passed(self, beside: float) -> Floats:
        """Return the sphere's charge at each point, C."""
        return self.charge - beside * self.step * np.arange(len(self.charge))

    def surface(self, k: float, beside: float) -> Floats:
        """Return q_s at each point, C."""
        answer, constant = self._answer(k)
        return answer - beside * constant

    def _answer(self, k: float) -> tuple[Floats, Floats]:
        """Return q_s of the whole current, and of 1 A, at each point, C.

        They hang on k alone; a search that tries another resistance has them already.
        """
        if k not in self.answers:
            if len(self.answers) >= REMEMBERED:
                self.answers.pop(next(iter(self.answers)))
            count = len(self.charge)
            part = sizes_table(0.0).read(self.log_points + math.log(k * self.step))[0]
            constant = np.zeros(count)  # G at each point: g/3k = (g/3τ') t
            constant[1:] = part * self.step * np.arange(1, count)
            spectrum = np.fft.rfft(np.diff(constant), self.length)
            spectrum *= self.spectrum
            answer = np.zeros(count)
            answer[1:] = np.fft.irfft(spectrum, self.length)[: count - 1]
            self.answers[k] = answer, constant
        return self.answers[k]

    def isotherm(self, k: float, r: float, beside: float) -> tuple[Floats, Floats]:
        """Return E - iR, rising, and q_s of the branch."""
        volts = self.voltage - r * self.flow
        v, q = volts[self.rows], self.surface(k, beside)[self.rows]
        order = np.argsort(v, kind="stable")
        return v[order], q[order]


_Answers = dict[float, tuple[Floats, Floats]]


def _fast_length(least: int) -> int:
    """Return the next length of 1, 3 or 5 times a power of 2."""
    return min(odd << max(0, math.ceil(math.log2(least / odd))) for odd in (1, 3, 5))


@dataclass(frozen=True, slots=True)
class _Agreed:
    found: tuple[float, float, float]
    """ln k, R, the current beside."""
    cost: float
    misfit: float
    span: float
    """Of the mean isotherm, C."""


def _agree(given: Sequence[_Given], start: tuple[float, float, float]) -> _Agreed:
    from scipy import optimize  # noqa: PLC0415  (start-up time)

    most = 0.5 * _middle_span(given) / _largest(given)
    flow = MOST_BESIDE * min(_largest([one]) for one in given)

    def apart(x: Floats) -> Floats:
        curves = _curves(given, *x.tolist())
        mean = curves.mean(axis=0)
        spread: Floats = ((curves - mean) / np.ptp(mean)).ravel()
        return spread

    centre = -math.log(given[len(given) // 2].lasted)
    low = np.array([centre - FARTHEST, 0.0, -flow])
    high = np.array([centre + FARTHEST, most, flow])
    found = optimize.least_squares(
        apart,
        np.clip(start, low + 1e-9 * (high - low), high - 1e-9 * (high - low)),
        bounds=(low, high),
        x_scale=(1.0, 0.1 * most, 0.02 * flow),
        diff_step=(1e-3, 1e-3, 1e-3),
        max_nfev=60,
    )
    x = found.x.tolist()
    span = float(np.ptp(_curves(given, *x).mean(axis=0)))
    misfit = math.sqrt(float(np.mean(found.fun**2)))
    return _Agreed((x[0], x[1], x[2]), float(found.cost), misfit, span)


def _largest(given: Sequence[_Given]) -> float:
    return max(float(np.abs(g.flow[g.rows]).max()) for g in given)


def _middle_span(given: Sequence[_Given]) -> float:
    return float(np.median([np.ptp(g.voltage[g.rows]) for g in given]))


def _curves(given: Sequence[_Given], log_k: float, r: float, beside: float) -> Floats:
    """Return the isotherms at the voltages that all reach, each about its own mean."""
    curves = [one.isotherm(math.exp(log_k), r, beside) for one in given]
    low = max(float(v[0]) for v, _ in curves)
    high = min(float(v[-1]) for v, _ in curves)
    if not high > low:
        raise ValueError("the branches share no voltages")
    grid = np.linspace(low, high, GRID)
    found = np.stack([np.interp(grid, v, q) for v, q in curves])
    centred: Floats = found - found.mean(axis=1, keepdims=True)
    return centred
