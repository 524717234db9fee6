"""One attempted time step of the particles of one size.

SDIRK2 (γ = 1 − √½: two stages with one matrix, L-stable, order 2), so a steep start
is damped and √t transients keep their shape. In each stage the profile is linear in
the faradaic current, θ = a − i_F·b; what is left is one scalar equation, falling in
i_F, solved by Newton inside a bracket:

    forced − gain·i_F − U(θ_s(i_F), past(i_F)) − (2RT/F) asinh(i_F / 2I0(θ_s)) = 0

where forced − gain·i_F is the potential across the double layer: with one size its
own answer to i_F, with several a given potential and gain = 0.
"""

import math

import numpy as np
from scipy.linalg.lapack import dptsv, dpttrs

from drivers.twins.world.diffusion import FloatArray
from drivers.twins.world.electrode import EDGE, Electrode, Grain, GrainState
from drivers.twins.world.history import (
    CRYSTAL_RATE,
    gone_on,
    pristine_slope,
    pristine_weight,
)

GAMMA = 1.0 - math.sqrt(0.5)
"""Where the first stage ends, as a fraction of the step."""
CARRY = (1.0 - GAMMA) / GAMMA
"""Weight of the first stage's increment in the second stage."""
TOLERANCE = 1e-11
"""V; residual of the scalar equation."""
NEWTON_ITERATIONS = 25
"""After these the bracket is halved instead; Newton creeps where U is steepest."""
MOST_ITERATIONS = 100


class GrainTrial:
    """A step of one size in two stages."""

    __slots__ = (
        "_base_mean",
        "_composition_gain",
        "_crystal",
        "_electrode",
        "_exchange",
        "_factors",
        "_pristine",
        "_profile",
        "_start",
        "_surface",
        "_surface_gain",
        "_unit",
        "_volume",
        "equilibrium",
        "faradaic",
        "stiffness",
    )

    def __init__(
        self,
        electrode: Electrode,
        grain: Grain,
        start: GrainState,
        capacity: float,
        exchange: float,
        time: float,
    ) -> None:
        """Prepare a step of ``time`` s.

        ``capacity`` (C) and ``exchange`` (A, at θ = 0.5) are the electrode's.
        """
        self._electrode, self._start = electrode, start
        self._base_mean = start.mean
        past = start.past
        self._crystal = self._pristine = pristine_weight(past.furthest)
        if self._crystal > 0.0:
            self._pristine *= math.exp(CRYSTAL_RATE * (past.slack - past.furthest))
        self.faradaic = start.faradaic
        self.equilibrium = self.stiffness = 0.0
        self._exchange = 2.0 * exchange * grain.surface
        capacity *= grain.volume
        self._composition_gain = GAMMA * time / capacity
        sphere, theta = grain.sphere, start.theta
        self._volume = sphere.volume
        at_surface = sphere.uniform
        if at_surface:
            off = sphere.conductance * (-GAMMA * time * at_surface)
        else:
            # D where the profile will be at half time: second order in slow drifts.
            drift = 0.5 * time * self.faradaic / capacity
            law = sphere.diffusivities(theta - drift)
            at_surface = float(law[-1])
            off = law[1:] + law[:-1]
            off *= sphere.conductance
            off *= -0.5 * GAMMA * time
        diagonal = sphere.volume.copy()
        diagonal[:-1] -= off
        diagonal[1:] -= off
        sides = np.zeros((2, theta.size)).T
        sides[:, 0] = sphere.volume * theta
        sides[-1, 1] = self._composition_gain / 3.0
        pivots, lower, solved, info = dptsv(diagonal, off, sides, 1, 1, 1)
        if info != 0:
            message = f"diffusion matrix not positive in a step of {time} s"
            raise ArithmeticError(message)
        self._factors = pivots, lower
        self._profile: FloatArray = solved[:, 0]
        self._unit: FloatArray = solved[:, 1]
        self._surface = float(self._profile[-1])
        self._surface_gain = float(self._unit[-1]) + sphere.surface_distance / (
            3.0 * capacity * at_surface
        )

    def solve(self, forced: float, gain: float) -> float:
        """Return i_F in A; sets `stiffness`, −d(V − η − U)/di_F in Ω without gain."""
        electrode, (branch_then, slack, furthest, deep) = (
            self._electrode,
            self._start.past,
        )
        ocp, thermal, exchange = electrode.ocp, electrode.thermal, self._exchange
        half_gap, rate, backlash = (
            electrode.half_gap,
            electrode.branch_rate,
            electrode.backlash,
        )
        crystal, pristine = self._crystal, self._pristine
        surface, surface_gain = self._surface, self._surface_gain
        composition_gain = self._composition_gain
        low = (surface - (1.0 - EDGE)) / surface_gain
        high = (surface - EDGE) / surface_gain
        x = self.faradaic if low < self.faradaic < high else 0.5 * (low + high)
        stiffness = equilibrium = 0.0
        for iteration in range(MOST_ITERATIONS):
            theta = surface - x * surface_gain
            mean = self._base_mean - x * composition_gain
            branch, turn, weight, fresh = branch_then, 0.0, pristine, 0.0
            if (moved := mean - backlash - slack) > 0.0:
                turn = rate * (branch + 1.0) * math.exp(-rate * moved)
                branch = turn / rate - 1.0
            elif (moved := mean + backlash - slack) < 0.0:
                turn = rate * (1.0 - branch) * math.exp(rate * moved)
                branch = 1.0 - turn / rate
            else:
                moved = 0.0
            if crystal and moved:
                now = slack + moved
                if now > furthest:
                    weight, fresh = pristine_weight(now), pristine_slope(now)
                else:
                    weight = crystal * math.exp(CRYSTAL_RATE * (now - furthest))
                    fresh = CRYSTAL_RATE * weight
            equilibrium, slope, gap, by_pristine = ocp(theta, branch, weight, deep)
            equilibrium += half_gap * branch
            mixing = theta * (1.0 - theta)
            double = exchange * math.sqrt(mixing) * 2.0
            driven = x / double
            residual = (
                forced - gain * x - equilibrium - 2.0 * thermal * math.asinh(driven)
            )
            bend = (1.0 + driven * (0.5 - theta) * double / mixing * surface_gain) / (
                double * math.sqrt(1.0 + driven * driven)
            )
            stiffness = (
                ((gap + half_gap) * turn - by_pristine * fresh) * composition_gain
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
        self.faradaic, self.stiffness, self.equilibrium = x, stiffness, equilibrium
        return x

    def next_stage(self) -> None:
        """Keep the last solution as the first stage's and set up the second."""
        start = self._start
        base = self._profile - self.faradaic * self._unit
        base -= start.theta
        base *= CARRY
        base += start.theta
        base *= self._volume
        self._profile = dpttrs(*self._factors, base, 1)[0]
        self._surface = float(self._profile[-1])
        self._base_mean = start.mean - CARRY * self.faradaic * self._composition_gain

    def finish(self) -> GrainState:
        """Return the state at the end of the step."""
        electrode = self._electrode
        mean = self._base_mean - self.faradaic * self._composition_gain
        past = gone_on(
            self._start.past,
            mean,
            self.equilibrium,
            electrode.branch_rate,
            electrode.backlash,
        )
        theta = self._profile - self.faradaic * self._unit
        return GrainState(theta, mean, self.faradaic, past)
