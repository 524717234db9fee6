"""Lithium in a sphere: finite volumes, finest at the surface.

Per shell k with volume v_k (in units of 4πr³) and faces of area ρ²:

    v_k dθ_k/dt = [D a (θ_{k+1} − θ_k)]_outer face − [same]_inner face − flux

and the flux leaves the outermost shell as i/(3Q), because Σ v_k = 1/3. Times volume
the implicit matrix is symmetric and positive, so it is solved without pivoting
(`kernel/particles.py`). The sum over the shells is conserved to rounding, whatever the
step.
"""

import math

import numpy as np
from numpy.typing import NDArray

from drivers.twins.world.kernel.memory import SHELLS
from drivers.twins.world.parameters import DiffusivityParameters

FloatArray = NDArray[np.float64]

GROWTH = 1.12
"""Each shell is this much wider than its outer neighbour; the outermost is 0.13 %
of the radius, which resolves √t from about 1e-5 r²/D on."""


class Sphere:
    """A spherical particle's mesh and diffusivity law.

    ``conductance`` (n−1,), between neighbouring shells at D = 1, in 1/s per m²/s;
    ``volume`` (n,), sum 1/3; ``surface_distance`` in s·m²/s: from the middle of the
    outermost shell to the surface, D-free; ``uniform``: D at 25 °C in m²/s if it is the
    same at every composition, else 0. ``faster``: D now over D at 25 °C; it is in the
    conductance and the distance, so that D itself is looked up at 25 °C always.
    """

    __slots__ = (
        "_conductance",
        "_distance",
        "conductance",
        "exponent",
        "faster",
        "law",
        "surface_distance",
        "uniform",
        "volume",
    )

    def __init__(self, radius: float, law: DiffusivityParameters) -> None:
        width = GROWTH ** np.arange(SHELLS - 1, -1, -1, dtype=np.float64)
        width /= width.sum()
        faces = np.concatenate(([0.0], np.cumsum(width)))
        faces[-1] = 1.0
        self.volume: FloatArray = (faces[1:] ** 3 - faces[:-1] ** 3) / 3.0
        # A shell's θ is its mean; the steady profile is a parabola in ρ, so gradients
        # are taken over ρ² between mean squares, which makes the steady state exact.
        square = (faces[1:] ** 5 - faces[:-1] ** 5) / 5.0 / self.volume
        self._conductance: FloatArray = 2.0 * faces[1:-1] ** 3 / np.diff(square)
        self._conductance /= radius**2
        self._distance = 0.5 * float(1.0 - square[-1]) * radius**2
        self.warm_to(1.0)
        self.law = law
        self.exponent = math.log(law.low_lithium_factor)
        self.uniform = law.mid_m2_per_s if self.exponent == 0.0 else 0.0

    def warm_to(self, faster: float) -> None:
        """Let lithium move ``faster`` times as fast as at 25 °C from now on."""
        self.faster = faster
        self.conductance = self._conductance * faster
        self.surface_distance = self._distance / faster

    def diffusivity(self, theta: float) -> float:
        """Return D at a composition and 25 °C, m²/s."""
        bump = math.exp(-((theta / self.law.width) ** 2))
        return self.law.mid_m2_per_s * math.exp(self.exponent * bump)

    def diffusivities(self, theta: FloatArray) -> FloatArray:
        """Return D at many compositions and 25 °C, m²/s, same shape."""
        scaled = theta / self.law.width
        scaled *= -scaled
        bump = np.exp(scaled)
        bump *= self.exponent
        result: FloatArray = np.exp(bump)
        result *= self.law.mid_m2_per_s
        return result

    def diffusivity_slope(self, theta: FloatArray) -> FloatArray:
        """Return dD/dθ at 25 °C, m²/s, same shape."""
        width = self.law.width
        bump = np.exp(-((theta / width) ** 2))
        slope: FloatArray = (
            self.diffusivities(theta) * self.exponent * bump * (-2.0 * theta / width**2)
        )
        return slope

    def mean(self, theta: FloatArray) -> float:
        """Return the volume average of a profile."""
        return 3.0 * float(np.dot(self.volume, theta))
