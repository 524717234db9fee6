"""Keithley 2460 source meter: the 2450's SCPI with 7 A and 105 V.

Ranges and accuracy as the writer recalls the data sheet; what the output reaches
together is an option (``cell: {corners: …}``), since nobody has held it against the
page. A 2461 speaks the same and has further pulse ranges, which nothing here uses.
"""

from drivers.keithley.keithley_2450 import ONE_OUTPUT, Keithley2450
from drivers.specification import Specification
from drivers.visa.opening import VisaDriver
from labctl.roles.source_meter import SourceBounds

VOLTAGE = Specification.by_range(
    (0.2, 1.5e-4, 2e-4),
    (2.0, 1.2e-4, 3e-4),
    (7.0, 1.5e-4, 1e-3),
    (10.0, 1.5e-4, 1e-3),
    (20.0, 1.5e-4, 1e-3),
    (100.0, 1.5e-4, 1e-2),
)
CURRENT = Specification.by_range(
    (1e-6, 2.5e-4, 7e-10),
    (1e-5, 2.5e-4, 1.5e-9),
    (1e-4, 2e-4, 1.5e-8),
    (1e-3, 2e-4, 1.5e-7),
    (1e-2, 2e-4, 1.5e-6),
    (0.1, 2.5e-4, 1.5e-5),
    (1.0, 5e-4, 5e-4),
    (4.0, 1e-3, 2.5e-3),
    (5.0, 1e-3, 2.5e-3),
    (7.0, 1.5e-3, 5e-3),
)
"""One-year limits of error, range by range: of the reading, and at zero in V or A."""
LARGEST_VOLTAGE, LARGEST_CURRENT = 105.0, 7.35
LEAST_CURRENT, LEAST_VOLTAGE = 1e-9, 0.02
"""Smallest limits that may be set."""


class Keithley2460(Keithley2450):
    """A 2460: a source meter, and the same output on a cell."""

    instrument_class = "pymeasure.instruments.keithley:Keithley2450"
    voltage_spec = VOLTAGE
    current_spec = CURRENT
    _bounds = SourceBounds(
        LARGEST_VOLTAGE, LARGEST_CURRENT, LEAST_CURRENT, LEAST_VOLTAGE
    )
    corners = ((7.35, 7.35), (10.5, 5.25), (21.0, 4.2), (105.0, 1.05))


driver = VisaDriver(("2460",), Keithley2460, outputs=ONE_OUTPUT)
