"""Words of the protocol: types of variables, status bits, error codes.

Transcribed from the maker's published examples and from a public library for the
EmStat Pico (error codes up to 0x0027 and from 0x4000 on). Codes that are not here are
named by their number and never guessed.
"""

from collections.abc import Mapping
from enum import IntFlag
from types import MappingProxyType

TIME = "eb"
POTENTIAL = "ab"
CURRENT = "ba"
APPLIED_POTENTIAL = "da"
APPLIED_CURRENT = "db"
FREQUENCY = "dc"
REAL_IMPEDANCE = "cc"
IMAGINARY_IMPEDANCE = "cd"
COUNT = "ee"
MISCELLANEOUS = ("ja", "jb", "jc", "jd")
"""Types for whatever a script likes to say."""

UNITS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("ab", "ac", "ad", "ae", "af", "ag", "ah", "ai"), "V"),
        **{f"a{letter}": "V" for letter in "stuvwxyz"},
        "ba": "A",
        "bb": "A",
        "ca": "deg",
        "cb": "ohm",
        "cc": "ohm",
        "cd": "ohm",
        "ce": "V",
        "cf": "A",
        "cg": "Hz",
        "ch": "V",
        "ci": "V",
        "cj": "A",
        "ck": "A",
        "da": "V",
        "db": "A",
        "dc": "Hz",
        "dd": "V",
        "ea": "",
        "eb": "s",
        "ec": "",
        "ed": "degC",
        "ee": "",
        "ef": "degC",
        "eg": "s/V",
        **{f"h{letter}": "A" for letter in "abcd"},
        **{f"i{letter}": "V" for letter in "abcd"},
        **{f"j{letter}": "" for letter in "abcd"},
    }
)
"""Type of a variable -> its unit; types that are not here are kept as they come."""


class Status(IntFlag):
    """What an instrument says of one reading."""

    TIMING = 1
    """It did not keep up with the interval."""
    OVERLOAD = 2
    """Beyond the range: the number is no reading."""
    UNDERLOAD = 4
    """Small for the range."""
    OVERLOAD_WARNING = 8
    """Near the end of the range."""


NOT_NOW = 0x0006
"""Code of a command that the instrument does not take in the state it is in."""

TOO_LARGE = 0x4005
"""Code of a script that the memory does not hold."""

ERRORS: Mapping[int, str] = MappingProxyType(
    {
        0x0001: "an unspecified error",
        0x0002: "a value type is not valid here",
        0x0003: "the command is not known",
        0x0004: "the register is not known",
        0x0005: "the register can only be read",
        0x0006: "the command is not possible now",
        0x0007: "an argument has a value that is not allowed",
        0x0008: "the command is too long",
        0x0009: "the command was not completed in time",
        0x000A: "the variable does not exist",
        0x000B: "there is no memory left for variables",
        0x000C: "no script is loaded",
        0x000D: "the time is not possible for this command",
        0x000E: "an average overflowed",
        0x000F: "the potential is not possible",
        0x0010: "a variable became NaN or infinite",
        0x0011: "the frequency is not possible",
        0x0012: "the amplitude is not possible",
        0x0013: "the address is outside the memory",
        0x0014: "the open-circuit potential cannot be measured while the cell is on",
        0x0015: "a checksum is wrong",
        0x0016: "the flash memory failed",
        0x0017: "the address is outside the flash memory",
        0x0018: "the instrument's settings are damaged",
        0x0019: "not authorised",
        0x001A: "the calibration is not valid",
        0x001B: "this instrument does not support the command or a part of it",
        0x001C: "the step must not be negative",
        0x001D: "the pulse must not be negative",
        0x001E: "the amplitude must not be negative",
        0x001F: "the instrument has no licence for this technique",
        0x0020: "only one channel can be in high speed or maximum range mode",
        0x0021: "the mode of the potentiostat is not known",
        0x0022: "the channel is not set up as a second working electrode",
        0x0023: "the command is not possible in this mode of the potentiostat",
        0x0024: "more variables are measured than is possible",
        0x0025: "the mode of pulsed detection is not known",
        0x0026: "a file operation failed",
        0x0027: "the file exists already",
        0x4000: "the script has a syntax error",
        0x4001: "the script has a command that is not known",
        0x4002: "an argument is not valid for its command",
        0x4003: "an argument is out of range",
        0x4004: "the script has a character that is not expected",
        0x4005: "the script is too large for the instrument's memory",
        0x4006: "the type of a variable is not known",
        0x4007: "a variable was not declared",
        0x4008: "an optional argument is not valid for its command",
        0x4009: "the stored script is for another firmware",
        0x7FFF: "a fatal error: the instrument must be reset",
    }
)


def error_text(code: int) -> str:
    """Return what a code says, with the code itself.

    >>> error_text(0x4003), error_text(0x1234)
    ('0x4003, an argument is out of range', '0x1234, a code that is not known here')
    """
    return f"0x{code:04X}, {ERRORS.get(code, 'a code that is not known here')}"
