"""How far an instrument's readings may be off, by range.

Figures of the maker's brochures as this file's writer recalls them: nobody has held
them against the page, and the file says so. Of impedances nothing is stated.
"""

from drivers.palmsens.models import Model
from labctl.roles.accuracy import Accuracy
from labctl.roles.channel_accuracy import (
    ChannelAccuracy,
    MeterAccuracy,
    Origin,
    RangeAccuracy,
)

GAIN, ZERO = 2e-3, 1e-3
"""Of a current: of reading, and of range."""
VOLTAGE_GAIN, VOLTAGE_ZERO = 1e-3, 2e-3
"""Of a potential: of reading, and V."""
SHEET = "brochure"


def accuracy_of_model(model: Model) -> ChannelAccuracy:
    """Return what is known of a model."""
    ranges = tuple(
        RangeAccuracy(code, span, Accuracy(GAIN, ZERO * span))
        for code, span in sorted(model.ranges.items(), key=lambda item: item[1])
    )
    current = MeterAccuracy(ranges, Origin.MEMORY, SHEET)
    widest = max(map(abs, model.control))
    limits = Accuracy(VOLTAGE_GAIN, VOLTAGE_ZERO)
    volts = (RangeAccuracy(0, widest, limits),)
    voltage = MeterAccuracy(volts, Origin.MEMORY, SHEET)
    return ChannelAccuracy(
        current=current,
        voltage=voltage,
        driven_current=current,
        driven_voltage=voltage,
    )
