"""What a data sheet says; driver and twin may share it, as it is no message."""

from drivers.specification import Specification

VOLTAGE = Specification(
    (0.1, 1.0, 10.0, 100.0, 1000.0), gain=4.0e-5, offset=3.5e-5, noise=1e-6
)
"""DMM6500, DC volts, one year: the largest limits of all ranges; noise at 1 PLC."""
LARGEST = 1010.0
"""V; what the largest range holds."""
NPLC = (0.0005, 12.0)
"""Power-line cycles at 50 Hz."""
