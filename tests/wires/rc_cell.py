"""The cell behind the oracle, in closed form and written a second time.

E = empty + slope·q + u + r0·i, q' = i, u' = i/c1 − u/(r1·c1): an open-circuit voltage
linear in charge, a resistance, and one RC. SI; current is positive when it charges.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RCCell:
    """Parameters as `oracle.ini` has them; its defaults are the oracle's."""

    empty: float = 3.0
    full: float = 4.2
    capacity: float = 7.2
    r0: float = 20.0
    r1: float = 10.0
    c1: float = 0.5
    charge: float = 3.6

    @property
    def slope(self) -> float:
        """V a C."""
        return (self.full - self.empty) / self.capacity

    @property
    def open_circuit(self) -> float:
        """V of the cell as it was put in."""
        return self.empty + self.slope * self.charge

    def at_current(self, current: float, time: Floats, before: float = 0.0) -> Floats:
        """Return V after ``time`` s at a current, ``before`` C through it before.

        The RC is at rest at the beginning.
        """
        settled = 1.0 - np.exp(-time / (self.r1 * self.c1))
        moved = self.slope * (before + current * time)
        volts: Floats = self.open_circuit + moved
        volts += current * (self.r0 + self.r1 * settled)
        return volts

    def at_voltage(self, voltage: float, time: Floats) -> Floats:
        """Return A after ``time`` s at a voltage, from rest: two exponentials."""
        a = np.array(
            [
                [-self.slope / self.r0, -self.slope / self.r0],
                [
                    -1.0 / (self.r0 * self.c1),
                    -1.0 / (self.r0 * self.c1) - 1.0 / (self.r1 * self.c1),
                ],
            ]
        )
        rates, modes = np.linalg.eig(a)
        step = voltage - self.open_circuit
        drive = np.array([self.slope, 1.0 / self.c1]) * step / self.r0
        fixed = np.linalg.solve(a, -drive)  # where it all ends
        weights = np.linalg.solve(modes, -fixed)
        state = fixed[:, None] + modes @ (
            weights[:, None] * np.exp(np.outer(rates, time))
        )
        amps: Floats = (step - state[0] - state[1]) / self.r0
        return amps

    def impedance(self, frequency: Floats) -> NDArray[np.complex128]:
        """Return ohm."""
        omega = 2.0 * np.pi * frequency
        branch = self.r1 / (1.0 + 1j * omega * self.r1 * self.c1)
        ohms: NDArray[np.complex128] = self.r0 + branch + self.slope / (1j * omega)
        return ohms
