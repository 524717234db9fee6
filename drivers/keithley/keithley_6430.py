"""Keithley 6430 sub-femtoampere source meter: a 2400's SCPI with other limits."""

from drivers.keithley.keithley_2400 import Keithley2400
from drivers.specification import Specification
from drivers.visa.opening import VisaDriver
from drivers.visa.talk import SCPI

VOLTAGE = Specification((0.2, 2.0, 20.0, 200.0), 1.5e-4, 3e-5)
CURRENT = Specification(
    (1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1),
    1e-3,
    5e-4,
)
"""One-year limits of error."""
MODELS = {"6430": (210.0, 0.105)}


class Keithley6430(Keithley2400):
    """A 6430 that plays `labctl.roles.source_meter.SourceMeter`."""

    instrument_class = SCPI  # PyMeasure's 2400 would refuse or round the small ranges
    voltage_spec = VOLTAGE
    current_spec = CURRENT
    models = MODELS


driver = VisaDriver(("6430",), Keithley6430)
