"""A dummy cell: R₀ + (R₁ ∥ C₁) + C₂ and an EMF, everything in closed form.

What one plugs in to check an instrument before trusting it with a battery:
E(I, t) = EMF + Q/C₂ + v₁ + I R₀, v₁' = (I − v₁/R₁)/C₁,
Z(ω) = R₀ + R₁/(1 + jωR₁C₁) + 1/(jωC₂).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

CROSSING_TOLERANCE = 1e-12
"""V; how closely a limit is met."""


@dataclass(frozen=True, slots=True)
class DummyParameters:
    """What is soldered."""

    series_ohm: float = 10.0
    parallel_ohm: float = 20.0
    parallel_farad: float = 1e-4
    series_farad: float = 20.0
    """inf for none."""
    emf: float = 1.0
    """V when uncharged."""


class DummyCell:
    """The circuit and the state of its two capacitors."""

    def __init__(self, parameters: DummyParameters | None = None) -> None:
        self.parameters = parameters or DummyParameters()
        self._state = (0.0, 0.0)

    @property
    def charge(self) -> float:
        """Net charge through the terminals, C."""
        return self._state[1]

    def voltage(self, current: float = 0.0) -> float:
        """Return the terminal voltage in V now, while ``current`` (A) flows."""
        parallel, charge = self._state
        own = self.parameters
        return own.emf + charge / own.series_farad + parallel + current * own.series_ohm

    def advance(
        self,
        current: float,
        dt: float,
        lower: float = -math.inf,
        upper: float = math.inf,
    ) -> float:
        """Let ``current`` flow for ``dt`` s or until a limit (V); return s passed."""
        before = self.voltage(current)
        if (before >= upper and current > 0.0) or (before <= lower and current < 0.0):
            return 0.0
        start = self._state
        self._state = self._after(start, current, dt)
        after = self.voltage(current)
        limit = upper if after > upper else lower if after < lower else None
        if limit is None or (before - limit) * (after - limit) >= 0.0:
            return dt
        early, late = 0.0, dt
        while True:
            middle = 0.5 * (early + late)
            self._state = self._after(start, current, middle)
            error = self.voltage(current) - limit
            if abs(error) < CROSSING_TOLERANCE or late - early < 1e-12 * dt:
                return middle
            if (error > 0.0) == (after > limit):
                late = middle
            else:
                early = middle

    def step_voltage(self, voltage: float, dt: float) -> float:
        """Hold ``voltage`` (V) for ``dt`` s; return the current in A at the end.

        Exact for C₂ = inf, else by sub-steps of a tenth of the shorter time constant.
        """
        own = self.parameters
        fastest = (
            own.parallel_farad
            * own.series_ohm
            * own.parallel_ohm
            / (own.series_ohm + own.parallel_ohm)
        )
        steps = max(1, min(200, math.ceil(10.0 * dt / fastest)))
        h = dt / steps
        current = 0.0
        for _ in range(steps):
            parallel, charge = self._state
            # Implicit: v₁ and Q at the step's end, I from the loop equation.
            decay = 1.0 / (1.0 + h / (own.parallel_ohm * own.parallel_farad))
            offset = own.emf + charge / own.series_farad + parallel * decay
            resistance = (
                own.series_ohm + h / own.series_farad + decay * h / own.parallel_farad
            )
            current = (voltage - offset) / resistance
            self._state = (
                decay * (parallel + h * current / own.parallel_farad),
                charge + current * h,
            )
        return current

    def impedance(
        self,
        frequencies: ArrayLike,
        current: float = 0.0,  # noqa: ARG002
    ) -> NDArray[np.complex128]:
        """Return Z in Ω at ``frequencies`` in Hz."""
        own = self.parameters
        omega = 2.0 * np.pi * np.asarray(frequencies, dtype=np.float64)
        parallel = own.parallel_ohm / (
            1.0 + 1j * omega * own.parallel_ohm * own.parallel_farad
        )
        blocking = 1.0 / (1j * omega * own.series_farad)
        result: NDArray[np.complex128] = own.series_ohm + parallel + blocking
        return result

    def mark(self) -> tuple[float, float]:
        """Return a mark to `rewind` to."""
        return self._state

    def rewind(self, mark: tuple[float, float]) -> None:
        """Go back to a mark, exactly."""
        self._state = mark

    def snapshot(self) -> dict[str, Any]:
        """Return the state of both capacitors."""
        return {"parallel_volt": self._state[0], "charge": self._state[1]}

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Take over the state of a `snapshot`."""
        self._state = (float(snapshot["parallel_volt"]), float(snapshot["charge"]))

    def _after(
        self, state: tuple[float, float], current: float, dt: float
    ) -> tuple[float, float]:
        own = self.parameters
        settled = current * own.parallel_ohm
        decay = math.exp(-dt / (own.parallel_ohm * own.parallel_farad))
        return settled + (state[0] - settled) * decay, state[1] + current * dt
