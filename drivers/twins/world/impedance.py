"""The cell linearised at its present state: Z(ω) of the same equations.

For each size of particle, with i_F = f(V, θ_s), a_V = ∂f/∂V, a_θ = ∂f/∂θ_s and the
sphere's answer G = dθ_s/di_F, the faradaic branch is Z_F = (1 − a_θ G)/a_V. The
branches lie in parallel with each other and with the double layer's ladder; a film
that is forming takes its share of the current beforehand. G comes from the discretised
sphere, gradients and dD/dθ included; for constant D and a flat profile it tends to
−(r²/3DQ)·tanh s/(s − tanh s), s = √(jω r²/D).
"""

import math
from typing import Any

import numpy as np

from drivers.twins.world.cell_state import ElectrodeState, GrainState
from drivers.twins.world.diffusion import FloatArray, Sphere
from drivers.twins.world.electrode import Electrode, Grain
from drivers.twins.world.kernel.particles import EDGE
from drivers.twins.world.ladder import ComplexArray

FEW = 4
"""Frequencies that are faster one by one."""


def electrode_impedance(
    electrode: Electrode, state: ElectrodeState, omega: FloatArray, current: float
) -> ComplexArray:
    """Return the electrode's Z in Ω, film apart, at ``omega`` in 1/s."""
    # Without direct current the film takes its share of every other half wave only.
    rectified = 1.0 if current < 0.0 else 0.5 if current == 0.0 else 0.0
    to_host = 1.0 - rectified * electrode.share_of_film(state)
    # What the particles carry now; a different current is shared out by surface.
    missing = current * to_host - sum(g.faradaic for g in state.grains)
    admittance = electrode.layer.admittance(omega)
    for grain, held in zip(electrode.grains, state.grains, strict=True):
        faradaic = held.faradaic + missing * grain.surface
        admittance += 1.0 / _branch(electrode, state, grain, held, omega, faradaic)
    result: ComplexArray = to_host / admittance
    return result


def _branch(
    electrode: Electrode,
    state: ElectrodeState,
    grain: Grain,
    held: GrainState,
    omega: FloatArray,
    faradaic: float,
) -> ComplexArray:
    """Return Z_F in Ω of one size of particles that carry ``faradaic`` in A."""
    capacity = electrode.capacity * state.age.active * grain.volume
    sphere = grain.sphere
    outermost = float(held.theta[-1])
    at_surface = sphere.diffusivity(outermost)
    surface_gain = sphere.surface_distance / (3.0 * capacity * at_surface)
    # A host that cannot carry the current is as good as empty, or full.
    surface = min(max(outermost - faradaic * surface_gain, EDGE), 1.0 - EDGE)
    # ∂θ_s/∂θ_N: the surface's distance from the last shell depends on its D.
    law_slope = float(sphere.diffusivity_slope(held.theta)[-1])
    follow = 1.0 + faradaic * surface_gain * law_slope / at_surface

    exchange = electrode.exchange_current(surface, state.age) * grain.surface
    overpotential = math.asinh(0.5 * faradaic / exchange)
    conductance = exchange * math.cosh(overpotential) / electrode.thermal
    slope = electrode.equilibrium(surface, held.past).by_composition
    mixing = surface * (1.0 - surface)
    by_composition = -conductance * slope + faradaic * (0.5 - surface) / mixing

    answer = follow * _outermost_answer(sphere, held.theta, omega) / (3.0 * capacity)
    answer = -answer - surface_gain
    return (1.0 - by_composition * answer) / conductance


def _outermost_answer(
    sphere: Sphere, theta: FloatArray, omega: FloatArray
) -> ComplexArray:
    """Return dθ_N per unit of outward flux, (jωv − L)⁻¹ at the outermost shell."""
    # As the steps have it: the mean of D at both sides, not D of the mean.
    law = sphere.diffusivities(theta)
    bend = sphere.diffusivity_slope(theta)
    across = np.diff(theta)
    mean = 0.5 * (law[1:] + law[:-1])
    from_inner = sphere.conductance * (mean - 0.5 * bend[:-1] * across)
    from_outer = sphere.conductance * (mean + 0.5 * bend[1:] * across)
    shells = list(
        zip(
            from_inner.tolist(),
            from_outer.tolist(),
            sphere.volume.tolist()[1:],
            strict=True,
        )
    )
    innermost = float(sphere.volume[0])

    def answer(rate: Any) -> Any:
        # Elimination from the centre outwards, of what a pivot is more than the way to
        # the next shell: only sums, so nothing cancels however slow the sine is.
        more = rate * innermost
        for inner, outer, volume in shells:
            more = rate * volume + outer * more / (inner + more)
        return 1.0 / more

    rates = 1j * omega
    result = np.empty(omega.shape, dtype=np.complex128)
    if omega.size > FEW:
        result[...] = answer(rates)
    else:  # twins ask frequency by frequency, where an array would cost more
        alone = [answer(rate) for rate in rates.ravel().tolist()]
        result[...] = np.array(alone).reshape(omega.shape)
    return result
