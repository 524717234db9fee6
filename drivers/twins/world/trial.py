"""One attempted time step of one electrode.

SDIRK2 (γ = 1 − √½: two stages with one matrix, L-stable, order 2), so a steep start
is damped and √t transients keep their shape. In each stage the profile is linear in
the faradaic current, θ = a − i_F·b, and the double layer ties V to it, so what is
left is one scalar equation, falling in i_F, solved by Newton inside a bracket:

    V(i_F) − U(θ_s(i_F)) − h(i_F)·ΔU − (2RT/F) asinh(i_F / 2I0(θ_s)) = 0

Whoever edits: charge is conserved to rounding; the tests hold it to 1e-9.
"""

import math

import numpy as np
from scipy.linalg.lapack import dptsv, dpttrs

from drivers.twins.world.ageing import lived_on
from drivers.twins.world.diffusion import FloatArray
from drivers.twins.world.electrode import EDGE, Electrode, ElectrodeState

GAMMA = 1.0 - math.sqrt(0.5)
"""Where the first stage ends, as a fraction of the step."""
CARRY = (1.0 - GAMMA) / GAMMA
"""Weight of the first stage's increment in the second stage."""
LOWEST_POTENTIAL, HIGHEST_POTENTIAL = -5.0, 10.0
"""V; beyond these the electrolyte carries whatever current is still forced."""
TOLERANCE = 1e-11
"""V; residual of the scalar equation."""
NEWTON_ITERATIONS = 25
"""After these the bracket is halved instead; Newton creeps where U is steepest."""
MOST_ITERATIONS = 100


class Trial:
    """A step in two stages; nothing is kept unless `finish` is asked for.

    In each stage `solve` may be called with several currents, `next_stage` keeps the
    last one and goes on, `finish` returns the new state.
    """

    __slots__ = (
        "_base_mean",
        "_base_potential",
        "_composition_gain",
        "_electrode",
        "_exchange",
        "_factors",
        "_film_decay",
        "_gain",
        "_profile",
        "_share",
        "_start",
        "_surface",
        "_surface_gain",
        "_taken",
        "_time",
        "_unit",
        "current",
        "faradaic",
        "middle",
        "potential",
    )

    def __init__(
        self, electrode: Electrode, start: ElectrodeState, current: float, time: float
    ) -> None:
        """Prepare a step of ``time`` s; ``current`` in A is a first guess."""
        self._electrode, self._start, self._time = electrode, start, time
        self.current, self.faradaic = current, start.faradaic
        self.potential = self.middle = start.potential
        self._base_mean, self._base_potential = start.mean, start.potential
        self._film_decay = math.exp(-GAMMA * time / electrode.film_time)
        self._taken = 0.0
        self._share = electrode.share_of_film(start)
        if self._share > 0.0 and current < 0.0:
            filled = electrode.parameters.sei.share * -current * time
            filled /= start.age.film_capacity
            self._share *= -math.expm1(-filled) / filled
        capacity = electrode.capacity * start.age.active
        self._gain = GAMMA * time / electrode.capacitance
        self._composition_gain = GAMMA * time / capacity
        self._exchange = 2.0 * electrode.middle_exchange_current(start.age)
        self._prepare_profile(capacity)

    def _prepare_profile(self, capacity: float) -> None:
        sphere, theta = self._electrode.sphere, self._start.theta
        at_surface = sphere.uniform
        if at_surface:
            off = sphere.conductance * (-GAMMA * self._time * at_surface)
        else:
            # D where the profile will be at half time: second order in slow drifts.
            drift = 0.5 * self._time * self.faradaic / capacity
            law = sphere.diffusivities(theta - drift)
            at_surface = float(law[-1])
            off = law[1:] + law[:-1]
            off *= sphere.conductance
            off *= -0.5 * GAMMA * self._time
        diagonal = sphere.volume.copy()
        diagonal[:-1] -= off
        diagonal[1:] -= off
        sides = np.zeros((2, theta.size)).T
        sides[:, 0] = sphere.volume * theta
        sides[-1, 1] = self._composition_gain / 3.0
        pivots, lower, solved, info = dptsv(diagonal, off, sides, 1, 1, 1)
        if info != 0:
            message = f"diffusion matrix not positive in a step of {self._time} s"
            raise ArithmeticError(message)
        self._factors = pivots, lower
        self._profile: FloatArray = solved[:, 0]
        self._unit: FloatArray = solved[:, 1]
        self._surface = float(self._profile[-1])
        self._surface_gain = float(self._unit[-1]) + sphere.surface_distance / (
            3.0 * capacity * at_surface
        )

    def solve(self, current: float) -> tuple[float, float]:
        """Return the electrode's potential in V and dV/dI in Ω at the stage's end."""
        electrode, start = self._electrode, self._start
        ocp, thermal, exchange = electrode.ocp, electrode.thermal, self._exchange
        gap, rate, backlash = (
            electrode.half_gap,
            electrode.branch_rate,
            electrode.backlash,
        )
        surface, surface_gain, gain = self._surface, self._surface_gain, self._gain
        to_host = 1.0 - self._share if current < 0.0 else 1.0
        forced = self._base_potential + gain * current * to_host
        low = (surface - (1.0 - EDGE)) / surface_gain
        high = (surface - EDGE) / surface_gain
        x = self.faradaic if low < self.faradaic < high else 0.5 * (low + high)
        stiffness = 0.0
        for iteration in range(MOST_ITERATIONS):
            theta = surface - x * surface_gain
            mean = self._base_mean - x * self._composition_gain
            equilibrium, slope = ocp(theta)
            branch, turn = start.branch, 0.0
            if (moved := mean - backlash - start.slack) > 0.0:
                turn = rate * (branch + 1.0) * math.exp(-rate * moved)
                branch = turn / rate - 1.0
            elif (moved := mean + backlash - start.slack) < 0.0:
                turn = rate * (1.0 - branch) * math.exp(rate * moved)
                branch = 1.0 - turn / rate
            mixing = theta * (1.0 - theta)
            double = exchange * math.sqrt(mixing) * 2.0
            driven = x / double
            residual = (
                forced
                - gain * x
                - equilibrium
                - gap * branch
                - 2.0 * thermal * math.asinh(driven)
            )
            bend = (1.0 + driven * (0.5 - theta) * double / mixing * surface_gain) / (
                double * math.sqrt(1.0 + driven * driven)
            )
            stiffness = (
                gap * turn * self._composition_gain
                - slope * surface_gain
                + 2.0 * thermal * bend
            )
            if -TOLERANCE < residual < TOLERANCE:
                break
            if residual > 0.0:
                low = x
            else:
                high = x
            x += residual / (gain + stiffness) if stiffness > -gain else math.inf
            if not low < x < high or iteration > NEWTON_ITERATIONS:
                x = 0.5 * (low + high)
            if high - low < 4e-16 * max(abs(high), abs(low)):
                break  # rounding, or the host is full or empty
        self.current, self.faradaic = current, x
        potential = forced - gain * x
        self.potential = min(max(potential, LOWEST_POTENTIAL), HIGHEST_POTENTIAL)
        decay, resistance = self._film_decay, electrode.film_resistance
        through_film = resistance * (1.0 - decay)
        return (
            self.potential + start.film * decay + current * through_film,
            gain * to_host * stiffness / (gain + stiffness) + through_film,
        )

    def next_stage(self) -> None:
        """Keep the last solution as the first stage's and set up the second."""
        start = self._start
        self.middle = self.potential
        self._taken += (1.0 - GAMMA) * max(-self.current, 0.0)
        base = self._profile - self.faradaic * self._unit
        base -= start.theta
        base *= CARRY
        base += start.theta
        base *= self._electrode.sphere.volume
        self._profile = dpttrs(*self._factors, base, 1)[0]
        self._surface = float(self._profile[-1])
        moved = self.faradaic * self._composition_gain
        self._base_mean = start.mean - CARRY * moved
        risen = self.middle - start.potential
        self._base_potential = start.potential + CARRY * risen
        self._film_decay = math.exp(-self._time / self._electrode.film_time)

    def finish(self) -> ElectrodeState:
        """Return the state at the end of the step."""
        start, electrode = self._start, self._electrode
        mean = self._base_mean - self.faradaic * self._composition_gain
        branch, slack = start.branch, start.slack
        if (moved := mean - electrode.backlash - slack) > 0.0:
            branch = (branch + 1.0) * math.exp(-electrode.branch_rate * moved) - 1.0
            slack = mean - electrode.backlash
        elif (moved := mean + electrode.backlash - slack) < 0.0:
            branch = 1.0 - (1.0 - branch) * math.exp(electrode.branch_rate * moved)
            slack = mean + electrode.backlash
        taken = self._taken + GAMMA * max(-self.current, 0.0)
        settled = self.current * electrode.film_resistance
        return ElectrodeState(
            self._profile - self.faradaic * self._unit,
            mean,
            self.potential,
            settled + (start.film - settled) * self._film_decay,
            branch,
            slack,
            start.film_charge + self._share * taken * self._time,
            self.faradaic,
            lived_on(start.age, mean, electrode.parameters),
        )

    def bend(self) -> float:
        """Return how far V at the first stage lies off the straight line, in V."""
        start = self._start.potential
        return abs(self.middle - start - GAMMA * (self.potential - start))
