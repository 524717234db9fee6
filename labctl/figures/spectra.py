"""The figures of impedance spectra: Nyquist, Bode, Kramers–Kronig, relaxation times."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from labctl.analysis.spectra.kramers_kronig import (
    KramersKronig,
    linear_kramers_kronig,
)
from labctl.analysis.spectra.relaxation_times import relaxation_times
from labctl.analysis.uncertainty import Measured
from labctl.data import Array
from labctl.figures.figure import Figure, Series

NEEDED = frozenset(
    {
        *("frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm"),
        "spectrum_id",
    }
)
"""Columns of a stream that the figures are made of."""
MOST_WORKED_OUT = 12
"""Spectra whose residuals and relaxation times are worked out: the latest ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """One spectrum, and what it is called."""

    name: str
    frequency: Array
    """Hz."""
    impedance: Array
    """Ω, Im < 0 for a capacitance."""
    shade: float | None = None
    group: str = ""

    @property
    def look(self) -> dict[str, Any]:
        """Return how each of its curves is coloured."""
        return {"shade": self.shade, "group": self.group}

    @property
    def capacitive(self) -> tuple[Array, Array]:
        """Return frequencies and impedances of the points with Im Z < 0."""
        kept = self.impedance.imag < 0
        return self.frequency[kept], self.impedance[kept]


def spectra_of_rows(table: Mapping[str, Array]) -> list[Shown]:
    """Return the spectra of a stream, numbered from 1, in order."""
    number = np.asarray(table["spectrum_id"])
    z = table["real_impedance_ohm"] + 1j * np.asarray(table["imaginary_impedance_ohm"])
    frequency = np.asarray(table["frequency_hertz"])
    there = np.unique(number)
    return [
        Shown(
            f"spectrum {int(one) + 1}",
            frequency[number == one],
            z[number == one],
            shade=place / max(len(there) - 1, 1),
        )
        for place, one in enumerate(there)
    ]


def spectra_figures(spectra: Sequence[Shown], note: str = "") -> tuple[Figure, ...]:
    """Return Nyquist, Bode, what Kramers and Kronig say, relaxation times."""
    if not spectra:
        return ()
    tested = [(one, _tested(one)) for one in spectra[-MOST_WORKED_OUT:]]
    figures = (
        nyquist_figure(spectra, note=note),
        _bode(spectra, note),
        _residuals(tested),
        _relaxation(tested),
    )
    return tuple(figure for figure in figures if figure.series)


def nyquist_figure(
    spectra: Sequence[Shown],
    name: str = "nyquist",
    title: str = "Nyquist",
    note: str = "",
) -> Figure:
    """Return −Im Z against Re Z, one ohm as long either way."""
    series = tuple(
        Series(
            one.name, one.impedance.real, -one.impedance.imag, points=True, **one.look
        )
        for one in spectra
    )
    return Figure(
        name, title, "Re Z / Ω", "−Im Z / Ω", series, equal_scale=True, note=note
    )


def _bode(spectra: Sequence[Shown], note: str) -> Figure:
    size = [
        Series(one.name, one.frequency, np.abs(one.impedance), **one.look)
        for one in spectra
    ]
    phase = [
        Series(
            one.name,
            one.frequency,
            -np.degrees(np.angle(one.impedance)),
            points=True,
            right=True,
            **one.look,
        )
        for one in spectra
    ]
    return Figure(
        "bode",
        "Bode",
        "Frequency / Hz",
        "|Z| / Ω",
        (*size, *phase),
        right_label="−Phase / °",
        x_log=True,
        y_log=True,
        note=f"Lines: modulus; points: phase. {note}".strip(),
    )


def _tested(one: Shown) -> KramersKronig | None:
    try:
        return linear_kramers_kronig(*one.capacitive)
    except (ValueError, np.linalg.LinAlgError):
        return None


Tested = Sequence[tuple[Shown, KramersKronig | None]]


def _residuals(tested: Tested) -> Figure:
    series = [
        Series(
            one.name, one.capacitive[0], 100 * part, points=True, **one.look
        ).doubted(found.reason)
        for one, found in tested
        if found is not None
        for part in (found.residual_real, found.residual_imaginary)
    ]
    return Figure(
        "kramers_kronig",
        "Kramers–Kronig residual",
        "Frequency / Hz",
        "Residual / % of |Z|",
        tuple(series),
        x_log=True,
        note="Real and imaginary part; beyond 1 % without noise the cell was not "
        "steady or not linear. Points with Im Z ≥ 0 are left out.",
    )


def _relaxation(tested: Tested) -> Figure:
    series, arcs = [], ""
    for one, kk in tested:
        if kk is None:
            continue
        found = relaxation_times(*one.capacitive)
        doubts = " ".join(map(str, (*kk.doubts, *found.doubts)))
        curve = Series(
            one.name, found.tau, found.gamma, error=found.uncertainty, **one.look
        )
        series.append(curve.doubted(doubts))
        tops = [
            f"{_text(p.resistance)} Ω at {float(f'{p.frequency:.2g}'):g} Hz"
            for p in found.peaks
        ]
        arcs = f" Arcs of {one.name}: {', '.join(tops)}." if tops else ""
    return Figure(
        "relaxation_times",
        "Distribution of relaxation times",
        "τ / s",
        "γ / Ω",
        tuple(series),
        x_log=True,
        note="γ per unit of ln τ, by non-negative least squares (Tikhonov, λ = 10⁻³); "
        "the area of a peak is the resistance of its arc. Bars: standard uncertainty "
        f"by residuals and by the choice of λ; neighbours are not independent.{arcs}",
    )


def _text(found: Measured) -> str:
    """Return value ± standard uncertainty, which has two digits."""
    u = found.uncertainty
    places = max(1 - math.floor(math.log10(u)), 0) if u > 0 else 3
    return f"{found.value:.{places}f} ± {u:.{places}f}"
