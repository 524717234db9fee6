"""The cell linearised at its present state: Z(ω) of the same equations.

With i_F = f(V, θ_s), a_V = ∂f/∂V, a_θ = ∂f/∂θ_s and the sphere's answer
G = dθ_s/di_F, the faradaic branch is Z_F = (1 − a_θ G)/a_V, in parallel with the
double layer; a film that is forming takes its share of the current beforehand.
G comes from the discretised sphere, gradients and dD/dθ included; for constant D and
a flat profile it tends to −(r²/3DQ)·tanh s/(s − tanh s), s = √(jω r²/D).
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import zgtsv

from drivers.twins.world.diffusion import FloatArray
from drivers.twins.world.electrode import EDGE, Electrode, ElectrodeState
from drivers.twins.world.parameters import FilmParameters

ComplexArray = NDArray[np.complex128]


def film_impedance(film: FilmParameters, omega: FloatArray) -> ComplexArray:
    """Return R ∥ C in Ω at ``omega`` in 1/s."""
    time = film.resistance_ohm * film.capacitance_farad
    result = film.resistance_ohm / (1.0 + 1j * omega * time)
    return result.astype(np.complex128)


def electrode_impedance(
    electrode: Electrode, state: ElectrodeState, omega: FloatArray, current: float
) -> ComplexArray:
    """Return the electrode's Z in Ω, film included, at ``omega`` in 1/s."""
    # Without direct current the film takes its share of every other half wave only.
    rectified = 1.0 if current < 0.0 else 0.5 if current == 0.0 else 0.0
    to_host = 1.0 - rectified * electrode.share_of_film(state)
    faradaic = current * to_host
    capacity = electrode.capacity * state.age.active
    sphere = electrode.sphere
    outermost = float(state.theta[-1])
    at_surface = sphere.diffusivity(outermost)
    surface_gain = sphere.surface_distance / (3.0 * capacity * at_surface)
    # A host that cannot carry the current is as good as empty, or full.
    surface = min(max(outermost - faradaic * surface_gain, EDGE), 1.0 - EDGE)
    # ∂θ_s/∂θ_N: the surface's distance from the last shell depends on its D.
    law_slope = float(sphere.diffusivity_slope(state.theta)[-1])
    follow = 1.0 + faradaic * surface_gain * law_slope / at_surface

    exchange = electrode.exchange_current(surface, state.age)
    overpotential = math.asinh(0.5 * faradaic / exchange)
    conductance = exchange * math.cosh(overpotential) / electrode.thermal
    slope = electrode.ocp(surface)[1]
    mixing = surface * (1.0 - surface)
    by_composition = -conductance * slope + faradaic * (0.5 - surface) / mixing

    answer = follow * _outermost_answer(electrode, state, omega) / (3.0 * capacity)
    answer = -answer - surface_gain
    branch = (1.0 - by_composition * answer) / conductance
    admittance = 1j * omega * electrode.capacitance + 1.0 / branch
    return to_host / admittance + film_impedance(electrode.parameters.film, omega)


def _outermost_answer(
    electrode: Electrode, state: ElectrodeState, omega: FloatArray
) -> ComplexArray:
    """Return dθ_N per unit of outward flux, (jωv − L)⁻¹ at the outermost shell."""
    sphere, theta = electrode.sphere, state.theta
    # As the steps have it: the mean of D at both sides, not D of the mean.
    law = sphere.diffusivities(theta)
    bend = sphere.diffusivity_slope(theta)
    across = np.diff(theta)
    mean = 0.5 * (law[1:] + law[:-1])
    from_inner = sphere.conductance * (mean - 0.5 * bend[:-1] * across)
    from_outer = sphere.conductance * (mean + 0.5 * bend[1:] * across)
    diagonal = np.zeros(theta.size)
    diagonal[:-1] += from_inner
    diagonal[1:] += from_outer
    load = np.zeros((theta.size, 1), dtype=np.complex128)
    load[-1, 0] = 1.0
    lower = (-from_inner).astype(np.complex128)
    upper = (-from_outer).astype(np.complex128)
    result = np.empty(omega.shape, dtype=np.complex128)
    for place, rate in np.ndenumerate(omega):
        full = diagonal + 1j * rate * sphere.volume
        result[place] = zgtsv(lower, full, upper, load)[3][-1, 0]
    return result
