"""Constant-phase elements as ladders of resistors and capacitors.

A rough interface answers with a spread of time constants: its arc in the Nyquist plot
is depressed. Both ladders are ordinary networks, so the steps in time and the spectra
of a cell come from the same elements; an exponent of 1 leaves one ideal element.

* film: R/(1 + (jωRC)^α) as parallel RC pairs in series (Foster's form), found by least
  squares on a logarithmic grid; within 0.5 % of R at every frequency.
* double layer: Q(jω)^α as series RC branches in parallel, the trapezoidal sum of

      (jω)^α = (sin απ)/π ∫ τ^−α · jωτ/(1 + jωτ) d ln τ

  within 0.5 % two decades inside the grid. Above it the branches are one capacitor
  without resistance, below it their sum is one.
"""

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivers.twins.world.nonnegative import nonnegative_least_squares
from drivers.twins.world.parameters import ElectrodeParameters, FilmParameters

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

RUNGS = 11
DECADES = 2.5
"""Of the film's time constants on either side of RC."""
SPACING = math.log(10.0) / 1.5
"""Between the ln τ of the double layer's branches."""
FASTEST, SLOWEST = 1e-2, 1e2
"""Of the branches, in units of R_ct·C at 25 °C: two decades beyond its arc."""


class Rungs(NamedTuple):
    """Parallel RC pairs in series."""

    resistance: FloatArray
    """Ω; shape (n,)."""
    time: FloatArray
    """s; shape (n,)."""

    def impedance(self, omega: FloatArray) -> ComplexArray:
        """Return Z in Ω at ``omega`` in 1/s, same shape."""
        pairs = self.resistance / (1.0 + 1j * np.multiply.outer(omega, self.time))
        result: ComplexArray = pairs.sum(axis=-1)
        return result


class Layer(NamedTuple):
    """A capacitor beside series RC branches."""

    bare: float
    """F; follows the potential at once."""
    capacitance: FloatArray
    """F; shape (n,), n = 0 for an ideal double layer."""
    time: FloatArray
    """s; shape (n,)."""

    def admittance(self, omega: FloatArray) -> ComplexArray:
        """Return Y in S at ``omega`` in 1/s, same shape."""
        jw = 1j * omega
        branches = self.capacitance / (1.0 + np.multiply.outer(jw, self.time))
        result: ComplexArray = jw * (self.bare + branches.sum(axis=-1))
        return result


def film_rungs(film: FilmParameters) -> Rungs:
    """Return the pairs of a film."""
    share, times = _unit_arc(film.exponent)
    time = film.resistance_ohm * film.capacitance_farad
    return Rungs(share * film.resistance_ohm, times * time)


@cache
def _unit_arc(exponent: float) -> tuple[FloatArray, FloatArray]:
    """Return the shares and times of an arc with R = 1 and RC = 1."""
    if exponent == 1.0:
        return np.ones(1), np.ones(1)
    times = np.logspace(-DECADES, DECADES, RUNGS)
    omega = np.logspace(-DECADES - 0.5, DECADES + 0.5, 10 * RUNGS)
    wanted = 1.0 / (1.0 + (1j * omega) ** exponent)
    pairs = 1.0 / (1.0 + 1j * np.multiply.outer(omega, times))
    both = np.concatenate((pairs.real, pairs.imag))
    share = nonnegative_least_squares(both, np.concatenate((wanted.real, wanted.imag)))
    kept = share > 0.0
    return share[kept] / share.sum(), times[kept]


def double_layer(electrode: ElectrodeParameters) -> Layer:
    """Return the branches of an electrode's double layer.

    Q is such that the arc with the pristine R_ct peaks at ω = 1/(R_ct·C), whatever
    the exponent: Q = (R_ct·C)^α / R_ct.
    """
    alpha, capacitance = electrode.double_layer_exponent, electrode.double_layer_farad
    if alpha == 1.0:
        return Layer(capacitance, np.empty(0), np.empty(0))
    centre = electrode.charge_transfer_resistance_ohm * capacitance
    places = np.arange(
        math.floor(math.log(FASTEST) / SPACING), math.log(SLOWEST) / SPACING + 1.0
    )
    times = np.exp(SPACING * places)
    # in units of R_ct and R_ct·C, where Q is 1
    weight = math.sin(alpha * math.pi) / math.pi * SPACING
    shares = weight * times ** (1.0 - alpha)
    ratio = math.exp(-SPACING * (1.0 - alpha))
    faster = float(shares[0]) * ratio / (1.0 - ratio)
    return Layer(faster * capacitance, shares * capacitance, times * centre)
