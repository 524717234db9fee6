"""Keithley 6430 sub-femtoampere source meter: a 2400's SCPI with other limits."""

from drivers.keithley.keithley_2400 import Keithley2400
from drivers.specification import Specification
from drivers.visa.opening import VisaDriver
from drivers.visa.talk import SCPI

VOLTAGE = Specification.by_range(
    (0.2, 1.2e-4, 3.5e-4),
    (2.0, 1.2e-4, 3.5e-4),
    (20.0, 1.5e-4, 1.5e-3),
    (200.0, 1.5e-4, 1e-2),
)
CURRENT = Specification.by_range(
    (1e-12, 1e-2, 7e-15),
    (1e-11, 5e-3, 7e-15),
    (1e-10, 1.5e-3, 3e-14),
    (1e-9, 5e-4, 2e-13),
    (1e-8, 5e-4, 2e-12),
    (1e-7, 5e-4, 2e-11),
    (1e-6, 5e-4, 3e-10),
    (1e-5, 5e-4, 2e-9),
    (1e-4, 5e-4, 2e-8),
    (1e-3, 5e-4, 2e-7),
    (1e-2, 5e-4, 2e-6),
    (0.1, 1e-3, 3e-5),
)
"""One-year limits of error, range by range: of the reading, and at zero in V or A."""
MODELS = {"6430": (210.0, 0.105)}


class Keithley6430(Keithley2400):
    """A 6430 that plays `labctl.roles.source_meter.SourceMeter`."""

    instrument_class = SCPI  # PyMeasure's 2400 would refuse or round the small ranges
    voltage_spec = VOLTAGE
    current_spec = CURRENT
    models = MODELS


driver = VisaDriver(("6430",), Keithley6430)
