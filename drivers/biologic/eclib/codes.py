"""What EClib's numbers mean: devices, boards, firmware, states and ranges.

All tables are open: a number that is not here gets a readable name, never an error.
"""

from enum import IntEnum

DEVICES = {
    0: "VMP",
    1: "VMP2",
    2: "MPG",
    3: "BISTAT",
    4: "MCS-200",
    5: "VMP3",
    6: "VSP",
    7: "HCP-803",
    8: "EPP-400",
    9: "EPP-4000",
    10: "BISTAT2",
    11: "FCT-150S",
    12: "VMP-300",
    13: "SP-50",
    14: "SP-150",
    15: "FCT-50S",
    16: "SP-300",
    17: "CLB-500",
    18: "HCP-1005",
    19: "CLB-2000",
    20: "VSP-300",
    21: "SP-200",
    22: "MPG-2",
    23: "SP-100",
    24: "MOSLED",
    25: "KINEXXX",
    26: "BCS-815",
    27: "SP-240",
    28: "MPG-205",
    29: "MPG-210",
    30: "MPG-220",
    31: "MPG-240",
    32: "BP-300",
    33: "VMP-3e",
    34: "VSP-3e",
    35: "SP-50e",
    36: "SP-150e",
}
"""Device code → model."""

PREMIUM_DEVICES = frozenset({12, 16, 20, 21, 23, 27, 32})
"""SP-300 family: board type 2. All others that this driver knows are board type 1."""


class Board(IntEnum):
    """Channel board; decides files, row layouts and number formats."""

    ESSENTIAL = 1
    """VMP3 family: files ``*.ecc``."""
    PREMIUM = 2
    """SP-300 family, so every VSP-300: files ``*4.ecc``."""
    DIGICORE = 3
    """VMP-300-P: files ``*5.ecc``; described by one public source, see `Dialect`."""


SUFFIX = {Board.ESSENTIAL: "", Board.PREMIUM: "4", Board.DIGICORE: "5"}


class Firmware(IntEnum):
    """What runs on a channel's board."""

    NONE = 0
    EC_LAB = 1
    KERNEL = 5
    """The library's own; the only one that takes techniques."""


FIRMWARE_NAMES = {
    0: "no firmware",
    1: "EC-Lab's firmware",
    4: "unknown firmware",
    5: "the library's kernel",
    8: "invalid firmware",
    10: "calibration firmware",
    11: "calibration firmware",
}


class State(IntEnum):
    """State of a channel."""

    STOP = 0
    RUN = 1
    PAUSE = 2
    SYNC = 3


AUTO_RANGE = 12
BOOSTER_RANGE = 11
CURRENT_RANGES = {
    14: 1e-12,
    13: 10e-12,
    0: 100e-12,
    1: 1e-9,
    2: 10e-9,
    3: 100e-9,
    4: 1e-6,
    5: 10e-6,
    6: 100e-6,
    7: 1e-3,
    8: 10e-3,
    9: 100e-3,
    10: 1.0,
}
"""I range code → full scale in A, smallest first."""
VOLTAGE_RANGES = {0: 2.5, 1: 5.0, 2: 10.0}
"""E range code → full scale in V, both signs."""

OPTION_ERRORS = {
    1: "option set changed",
    2: "the open-in line is asserted",
    3: "IR compensation overflow",
    **{
        base + step: f"{amplifier}: {what}"
        for base, amplifier in (
            (100, "4 A / 10 V amplifier"),
            (200, "1 A / 48 V amplifier"),
            (300, "10 A / 5 V amplifier"),
            (600, "1 A / 48 V P amplifier"),
        )
        for step, what in enumerate(
            ("error", "over-temperature", "bad power", "power failure")
        )
    },
}
"""TCurrentValues.OptErr in words."""


def device_name(code: int) -> str:
    """Return the model, such as ``VSP-300``."""
    return DEVICES.get(code, f"device {code}")


def board_name(board: int) -> str:
    """Return a board's kind, as a person knows it."""
    return _BOARD_NAMES.get(board, f"type {board}")


_BOARD_NAMES: dict[int, str] = {
    Board.ESSENTIAL: "VMP3",
    Board.PREMIUM: "SP-300 (VSP-300)",
    Board.DIGICORE: "DIGICORE",
}


def board_of_device(code: int) -> int:
    """Return the board type where the library is too old to say it."""
    return Board.PREMIUM if code in PREMIUM_DEVICES else Board.ESSENTIAL


def firmware_name(code: int) -> str:
    """Return what runs on a channel, in words."""
    return FIRMWARE_NAMES.get(code, f"firmware of an unknown kind ({code})")


def state_name(state: int) -> str:
    """Return such as ``PAUSE``."""
    return State(state).name if state in set(State) else f"state {state}"


def range_text(code: int) -> str:
    """Return an I range as a person writes it: ``10 mA``, ``auto``."""
    if code == AUTO_RANGE:
        return "auto"
    span = CURRENT_RANGES.get(code)
    if span is None:
        return f"range {code}"
    for factor, prefix in ((1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n")):
        if span >= factor * 0.999:
            return f"{span / factor:.0f} {prefix}A"
    return f"{span / 1e-12:.0f} pA"
