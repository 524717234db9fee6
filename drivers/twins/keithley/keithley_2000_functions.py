"""What a 2000 can measure: each function's words, ranges and limits of error.

Model 2000 user's manual, specifications, one year at 23 ± 5 °C, on the range that a
bench uses most (volts 1 V, ohms 10 kΩ). Volts and ohms reach 120 % of a range's name.
"""

from dataclasses import dataclass

from drivers.specification import Specification

NODES = {
    "VOLT:DC": "[:SENSe]:VOLTage[:DC]",
    "VOLT:AC": "[:SENSe]:VOLTage:AC",
    "CURR:DC": "[:SENSe]:CURRent[:DC]",
    "CURR:AC": "[:SENSe]:CURRent:AC",
    "RES": "[:SENSe]:RESistance",
    "FRES": "[:SENSe]:FRESistance",
    "FREQ": "[:SENSe]:FREQuency",
    "PER": "[:SENSe]:PERiod",
    "TEMP": "[:SENSe]:TEMPerature",
    "DIOD": "[:SENSe]:DIODe",
    "CONT": "[:SENSe]:CONTinuity",
}
"""By the word that FUNCtion? answers."""


def nodes(*functions: str, under: str = "[:SENSe]") -> dict[str, str]:
    """Return the patterns of some functions, under another root if one is given."""
    return {name: NODES[name].replace("[:SENSe]", under) for name in functions}


@dataclass(frozen=True, slots=True)
class Range:
    """What a function's range may be told."""

    largest: float
    default: float


VOLTAGE = Specification((0.1, 1.0, 10.0, 100.0, 1000.0), 5e-5, 3.5e-5, 2e-6, 1.2)
VOLTAGE_AC = Specification((0.1, 1.0, 10.0, 100.0, 750.0), 6e-4, 3e-4, 1e-5, 1.2)
RESISTANCE = Specification((1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8), 1e-4, 1e-5, 3e-6, 1.2)
MEASURED = {"VOLT:DC": VOLTAGE, "VOLT:AC": VOLTAGE_AC, "RES": RESISTANCE}
"""What the bench has: its input hangs on rows 3 and 4, and on nothing else."""
OTHER_RANGES = {
    "CURR:DC": (0.01, 0.1, 1.0, 3.0),
    "CURR:AC": (1.0, 3.0),
    "FRES": RESISTANCE.ranges,
}
LIMITS = {
    "VOLT:DC": Range(1010.0, 1000.0),
    "VOLT:AC": Range(757.5, 750.0),
    "CURR:DC": Range(3.1, 3.0),
    "CURR:AC": Range(3.1, 3.0),
    "RES": Range(120e6, 1e8),
    "FRES": Range(120e6, 1e8),
}
TEST_CURRENTS = (1e-3, 1e-3, 1e-4, 1e-5, 1e-5, 7e-7, 7e-7)
"""A, on the ranges of `RESISTANCE`."""
REFERENCES = {
    **{name: limit.largest for name, limit in LIMITS.items()},
    "FREQ": 15e6,
    "PER": 1.0,
    "TEMP": 1372.0,
}
INTEGRATING = ("VOLT:DC", "VOLT:AC", "CURR:DC", "CURR:AC", "RES", "FRES", "TEMP")
WITH_DIGITS = (*INTEGRATING, "FREQ", "PER")


def range_of(function: str, value: float) -> float:
    """Return the range that holds ``value``."""
    spec = MEASURED.get(function)
    ranges = OTHER_RANGES[function] if spec is None else spec.ranges
    over = 1.05 if spec is None else spec.over
    return next((name for name in ranges if abs(value) <= name * over), ranges[-1])
