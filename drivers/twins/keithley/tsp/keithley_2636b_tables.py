"""What the 2636B's manual and data sheet say, transcribed for the twin alone.

Series 2600B reference manual, 2600BS-901-01: defaults and limits of smuX attributes
(section 9), ranges ("Available ranges": full-scale source 101 % of a range, reading
102 %), operating boundaries (4-13: 101 mA at 200 V, 1.515 A at 20 V). Errors: one-year
limits of the data sheet for ranges above 200 mV and below 1 A; noise is a guess.
"""

import math

from drivers.specification import Specification

SOURCE_REACH = 1.01
"""A source reaches this share of its range's name."""
MEASURE_REACH = 1.02
VOLTAGE = Specification(
    ranges=(0.2, 2.0, 20.0, 200.0), gain=1.5e-4, offset=1.75e-4, noise=2e-6, over=1.02
)
CURRENT = Specification(
    ranges=(
        *(1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1),
        *(1.0, 1.5),
    ),
    gain=2e-4,
    offset=1.5e-4,
    noise=1e-5,
    over=1.02,
)
SMALLEST_SOURCE_RANGE = 1e-9
"""The 100 pA range is only for measurements, A."""
HIGH_RANGE, HIGH_RANGE_CURRENT = 200.0, 0.101
"""Above 20 V no more current than this flows, V and A."""
HIGH_CURRENT, HIGH_CURRENT_VOLTAGE = 0.1, 20.2
"""On current ranges above this no more voltage, A and V."""
LARGEST = {"v": 200.0 * SOURCE_REACH, "i": 1.5 * SOURCE_REACH}

DEFAULTS: dict[str, float] = {
    "sense": 0,
    "source.func": 1,
    "source.levelv": 0.0,
    "source.leveli": 0.0,
    "source.limitv": 20.0,
    "source.limiti": 0.1,
    "source.rangev": 0.2,
    "source.rangei": 1e-7,
    "source.autorangev": 1,
    "source.autorangei": 1,
    "source.lowrangev": 0.2,
    "source.lowrangei": 1e-9,
    "source.delay": 0.0,
    "source.output": 0,
    "source.offmode": 0,
    "source.offfunc": 1,
    "source.offlimiti": 1e-3,
    "source.offlimitv": 40.0,
    "source.settling": 0,
    "source.highc": 0,
    "source.sink": 0,
    "measure.nplc": 1.0,
    "measure.autozero": 2,
    "measure.rangev": 0.2,
    "measure.rangei": 1e-7,
    "measure.autorangev": 1,
    "measure.autorangei": 1,
    "measure.lowrangev": 0.2,
    "measure.lowrangei": 1e-10,
    "measure.delay": -1.0,
    "measure.delayfactor": 1.0,
    "measure.count": 1,
    "measure.interval": 0.0,
    "measure.filter.enable": 0,
    "measure.filter.type": 1,
    "measure.filter.count": 1,
}
RANGES = {
    "source.levelv": (-LARGEST["v"], LARGEST["v"]),
    "source.leveli": (-LARGEST["i"], LARGEST["i"]),
    "source.limitv": (0.02, LARGEST["v"]),
    "source.limiti": (1e-10, LARGEST["i"]),
    "source.rangev": (-LARGEST["v"], LARGEST["v"]),
    "source.rangei": (-LARGEST["i"], LARGEST["i"]),
    "source.lowrangev": (0.0, LARGEST["v"]),
    "source.lowrangei": (0.0, LARGEST["i"]),
    "source.delay": (-1.0, 1e5),
    "source.offlimiti": (1e-10, LARGEST["i"]),
    "source.offlimitv": (0.02, LARGEST["v"]),
    "measure.rangev": (-LARGEST["v"], LARGEST["v"]),
    "measure.rangei": (-LARGEST["i"], LARGEST["i"]),
    "measure.lowrangev": (0.0, LARGEST["v"]),
    "measure.lowrangei": (0.0, LARGEST["i"]),
    "measure.nplc": (1e-3, 25.0),
    "measure.delay": (-1.0, 1e5),
    "measure.delayfactor": (0.0, 1e3),
    "measure.interval": (0.0, 1.0),
}
"""Lowest and highest value; beyond are errors 1102 and 1101."""
CHOICES = {
    "sense": 1,
    "source.func": 1,
    "source.autorangev": 1,
    "source.autorangei": 1,
    "source.output": 2,
    "source.offmode": 2,
    "source.offfunc": 1,
    "source.settling": 4,
    "source.highc": 1,
    "source.sink": 1,
    "measure.autozero": 2,
    "measure.autorangev": 2,
    "measure.autorangei": 2,
    "measure.filter.enable": 1,
    "measure.filter.type": 2,
}
"""Whole numbers from 0 up to this. Calibration (``sense`` 3) is not simulated."""
COUNTS = {"measure.count": 60_000, "measure.filter.count": 100}
"""Whole numbers from 1 up to this."""
CONSTANTS = {
    "OUTPUT_DCAMPS": 0,
    "OUTPUT_DCVOLTS": 1,
    "OUTPUT_OFF": 0,
    "OUTPUT_ON": 1,
    "OUTPUT_HIGH_Z": 2,
    "OUTPUT_NORMAL": 0,
    "OUTPUT_ZERO": 1,
    "SENSE_LOCAL": 0,
    "SENSE_REMOTE": 1,
    "AUTORANGE_OFF": 0,
    "AUTORANGE_ON": 1,
    "AUTORANGE_FOLLOW_LIMIT": 2,
    "AUTOZERO_OFF": 0,
    "AUTOZERO_ONCE": 1,
    "AUTOZERO_AUTO": 2,
    "DELAY_AUTO": -1,
    "DELAY_OFF": 0,
    "DISABLE": 0,
    "ENABLE": 1,
    "ASYNC": 2,
    "SOURCE_IDLE": 0,
    "SOURCE_HOLD": 1,
    "FILTER_OFF": 0,
    "FILTER_ON": 1,
    "FILTER_MOVING_AVG": 0,
    "FILTER_REPEAT_AVG": 1,
    "FILTER_MEDIAN": 2,
    "SETTLE_SMOOTH": 0,
}
OVERFLOW = 9.91e37
"""What a reading beyond its range is."""


def range_for(quantity: str, value: float, reach: float) -> float:
    """Return the smallest range that holds ``value`` of ``v`` or ``i``."""
    ranges = (VOLTAGE if quantity == "v" else CURRENT).ranges
    held = (name for name in ranges if abs(value) <= name * reach * (1 + 1e-9))
    return next(held, ranges[-1])


def bounded(value: float) -> float:
    """Return a reading as the instrument shows it."""
    return OVERFLOW if math.isinf(value) else value
