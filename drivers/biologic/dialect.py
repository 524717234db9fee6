"""How one release of EClib is spoken to where public sources contradict each other.

Everything here is a key of `config.yaml`: the page on the first session with hardware
says how each is found out.
"""

import math
from dataclasses import dataclass
from typing import Literal

AmplitudeKind = Literal["peak", "rms"]
RateUnit = Literal["V/s", "mV/s"]

RMS = math.sqrt(0.5)
"""Of a sine whose peak is 1."""
_PER_VOLT = {"V/s": 1.0, "mV/s": 1e3}


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a library means by a number, and what it calls a parameter."""

    phase_sign: int = 1
    """What the phase of an impedance is multiplied by: 1 or -1."""
    sent_amplitude: AmplitudeKind = "peak"
    """What it takes an amplitude for."""
    recorded_amplitude: AmplitudeKind = "peak"
    """What the amplitudes in its rows are."""
    geis_hold: Literal["dE", "dV"] = "dE"
    """End of the label by which GEIS records its hold."""
    cv_rate: RateUnit = "V/s"
    vscan_rate: RateUnit = "V/s"
    digicore: bool = False
    """Whether a DIGICORE board may be used as one public source describes it."""

    def sent(self, amplitude: float) -> float:
        """Return the amplitude to send for one whose peak is ``amplitude``."""
        return amplitude * (RMS if self.sent_amplitude == "rms" else 1.0)

    @property
    def peak_factor(self) -> float:
        """What a recorded amplitude is multiplied by to be a peak."""
        return 1.0 / RMS if self.recorded_amplitude == "rms" else 1.0

    def rate(self, technique: str, volt_per_second: float) -> float:
        """Return the scan rate to send to ``CV``, ``VSCAN`` or ``VSCANLIMIT``."""
        unit = self.cv_rate if technique == "CV" else self.vscan_rate
        return volt_per_second * _PER_VOLT[unit]
