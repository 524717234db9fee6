"""One attempted time step of one electrode: the interface that its particles share.

The double layer's branches are linear, so in each stage (`grain_trial.py`) they are
one capacitance and one base potential, exactly:

    V = (B + γΔt (I_host − Σ i_F)) / C_eff
    C_eff = C_0 + Σ C_k b_k,  B = C_0 V_0 + Σ C_k b_k V_k,  b_k = γΔt/(γΔt + τ_k)

Stages long beside every τ_k take b_k = 1. With one size this closes the particle's
scalar equation; several sizes are brought to one potential by Newton around theirs.

Whoever edits: charge is conserved to rounding; the tests hold it to 1e-9.
"""

import math

import numpy as np

from drivers.twins.world.ageing import lived_on
from drivers.twins.world.diffusion import FloatArray
from drivers.twins.world.electrode import Electrode, ElectrodeState
from drivers.twins.world.grain_trial import CARRY, GAMMA, TOLERANCE, GrainTrial

__all__ = ["GAMMA", "Trial"]

LOWEST_POTENTIAL, HIGHEST_POTENTIAL = -5.0, 10.0
"""V; beyond these the electrolyte carries whatever current is still forced."""
MOST_POTENTIALS = 60


class Trial:
    """A step in two stages; nothing is kept unless `finish` is asked for.

    In each stage `solve` may be called with several currents, `next_stage` keeps the
    last one and goes on, `finish` returns the new state.
    """

    __slots__ = (
        "_base",
        "_base_layer",
        "_capacitance",
        "_electrode",
        "_follow",
        "_gain",
        "_grains",
        "_pull",
        "_share",
        "_start",
        "_taken",
        "_time",
        "current",
        "middle",
        "potential",
    )

    def __init__(
        self, electrode: Electrode, start: ElectrodeState, current: float, time: float
    ) -> None:
        """Prepare a step of ``time`` s; ``current`` in A is a first guess."""
        self._electrode, self._start, self._time = electrode, start, time
        self.current = current
        self.potential = self.middle = start.potential
        self._taken = 0.0
        self._share = electrode.share_of_film(start)
        if self._share > 0.0 and current < 0.0:
            filled = electrode.parameters.sei.share * -current * time
            filled /= start.age.film_capacity
            self._share *= -math.expm1(-filled) / filled
        capacity = electrode.capacity * start.age.active
        exchange = electrode.middle_exchange_current(start.age)
        self._grains = [
            GrainTrial(electrode, grain, state, capacity, exchange, time)
            for grain, state in zip(electrode.grains, start.grains, strict=True)
        ]
        layer = electrode.layer
        self._base_layer = start.layer
        stage = GAMMA * time
        self._follow: FloatArray | None = None
        self._pull, self._capacitance = layer.capacitance, electrode.layer_total
        if stage < electrode.layer_settled:
            self._follow = stage / (stage + layer.time)
            self._pull = layer.capacitance * self._follow
            self._capacitance = layer.bare + float(self._pull.sum())
        self._gain = stage / self._capacitance
        self._base = self._base_potential(start.potential)

    def _base_potential(self, bare: float) -> float:
        """Return B/C_eff in V with the bare capacitance at ``bare``."""
        if not self._pull.size:
            return bare
        charge = self._electrode.layer.bare * bare
        return (charge + float(self._pull @ self._base_layer)) / self._capacitance

    def solve(self, current: float) -> tuple[float, float]:
        """Return the electrode's potential in V and dV/dI in Ω at the stage's end."""
        gain = self._gain
        to_host = 1.0 - self._share if current < 0.0 else 1.0
        forced = self._base + gain * current * to_host
        if len(self._grains) == 1:
            (grain,) = self._grains
            potential = forced - gain * grain.solve(forced, gain)
            slope = grain.stiffness / (gain + grain.stiffness)
        else:
            potential, slope = self._common_potential(forced)
        self.current = current
        self.potential = min(max(potential, LOWEST_POTENTIAL), HIGHEST_POTENTIAL)
        return self.potential, gain * to_host * slope

    def _common_potential(self, forced: float) -> tuple[float, float]:
        """Return where V = forced − gain·Σ i_F(V), and dV/dforced."""
        low, high = LOWEST_POTENTIAL, HIGHEST_POTENTIAL
        potential, softness = self.potential, 1.0
        for _ in range(MOST_POTENTIALS):
            total = compliance = 0.0
            for grain in self._grains:
                total += grain.solve(potential, 0.0)
                compliance += 1.0 / grain.stiffness
            error = forced - self._gain * total - potential
            softness = 1.0 + self._gain * compliance
            change = error / softness
            if abs(change) < TOLERANCE:
                # The rest by the tangent, so that no charge is lost.
                for grain in self._grains:
                    grain.faradaic += change / grain.stiffness
                return potential + change, 1.0 / softness
            if error > 0.0:
                low = potential
            else:
                high = potential
            potential += change
            if not low < potential < high:
                potential = 0.5 * (low + high)
        return potential, 1.0 / softness

    def next_stage(self) -> None:
        """Keep the last solution as the first stage's and set up the second."""
        start = self._start
        self.middle = self.potential
        self._taken += (1.0 - GAMMA) * max(-self.current, 0.0)
        for grain in self._grains:
            grain.next_stage()
        # towards the stage's end and CARRY as far
        part = CARRY * (self.middle - start.layer)
        if self._follow is not None:
            part *= self._follow
        self._base_layer = start.layer + part
        risen = self.middle - start.potential
        self._base = self._base_potential(start.potential + CARRY * risen)

    def finish(self) -> ElectrodeState:
        """Return the state at the end of the step."""
        start, electrode = self._start, self._electrode
        grains = tuple(grain.finish() for grain in self._grains)
        if len(grains) == 1:
            mean = grains[0].mean
        else:
            mean = sum(
                g.volume * s.mean for g, s in zip(electrode.grains, grains, strict=True)
            )
        layer = self._base_layer
        if self._follow is None:
            layer = np.full(layer.size, self.potential)
        else:
            layer = layer + self._follow * (self.potential - layer)
        taken = self._taken + GAMMA * max(-self.current, 0.0)
        return ElectrodeState(
            grains,
            mean,
            self.potential,
            layer,
            start.film_charge + self._share * taken * self._time,
            lived_on(start.age, mean, electrode.parameters),
        )

    def bend(self) -> float:
        """Return how far V at the first stage lies off the straight line, in V."""
        start = self._start.potential
        return abs(self.middle - start - GAMMA * (self.potential - start))
