"""What the twin's numbers mean: models, boards, states, ranges, and words for errors.

A table of its own, not the driver's; see `drivers.twins.biologic.tables`.
"""

from enum import IntEnum

from drivers.twins.biologic.tables import ESSENTIAL, PREMIUM

MODELS = {
    "VMP2": 1,
    "BISTAT": 3,
    "MCS-200": 4,
    "VMP3": 5,
    "VSP": 6,
    "HCP-803": 7,
    "BISTAT2": 10,
    "FCT-150S": 11,
    "VMP-300": 12,
    "SP-50": 13,
    "SP-150": 14,
    "FCT-50S": 15,
    "SP-300": 16,
    "CLB-500": 17,
    "HCP-1005": 18,
    "CLB-2000": 19,
    "VSP-300": 20,
    "SP-200": 21,
    "MPG-2": 22,
    "SP-100": 23,
    "SP-240": 27,
    "MPG-205": 28,
    "MPG-210": 29,
    "MPG-220": 30,
    "MPG-240": 31,
    "BP-300": 32,
    "VMP-3e": 33,
    "VSP-3e": 34,
    "SP-50e": 35,
    "SP-150e": 36,
}
"""Model -> TDeviceInfos.DeviceCode."""
PREMIUM_MODELS = frozenset(
    {"SP-100", "SP-200", "SP-240", "SP-300", "VSP-300", "VMP-300", "BP-300"}
)


class State(IntEnum):
    """State of a channel, as a host is told."""

    STOP = 0
    RUN = 1
    PAUSE = 2


NO_FIRMWARE, EC_LAB, KERNEL = 0, 1, 5
"""TChannelInfos.FirmwareCode."""

AUTO_RANGE = 12
RANGES = {
    14: 1e-12,
    13: 1e-11,
    **{code: 10.0 ** (code - 10) for code in range(11)},
}
"""I range code -> full scale in A: 0 is 100 pA, 10 is 1 A."""
SMALLEST_RANGE = {ESSENTIAL: 5, PREMIUM: 2}
"""Code of the smallest range of a standard board; 10 nA where nothing is said."""
VOLTS = {0: 2.5, 1: 5.0, 2: 10.0}
"""E range code -> full scale in V, either sign; all others are auto."""
COMPLIANCE, USUAL_COMPLIANCE = {ESSENTIAL: 10.0}, 12.0
"""V of a board, and of those not named."""
DRIVES, USUALLY_DRIVES = {ESSENTIAL: 0.4}, 0.5
"""A of a board without an amplifier, whatever its largest range is called."""
BANDWIDTHS = {ESSENTIAL: 7}
"""Fastest bandwidth; 9 where nothing is said."""
VMP3_WITH_Z, VMP3_WITHOUT_Z, PREMIUM_WITH_Z, PREMIUM_WITHOUT_Z = 11, 12, 4, 5
"""TChannelInfos.BoardVersion of boards with and without impedance."""

ERRORS = {
    0: "no error",
    -1: "no instrument connected",
    -2: "connection in progress",
    -3: "selected channel(s) unplugged",
    -4: "invalid function parameters",
    -5: "selected file does not exist",
    -6: "function failed",
    -7: "no channel selected",
    -8: "invalid instrument configuration",
    -9: "EC-Lab firmware loaded on the instrument",
    -10: "library not correctly loaded",
    -11: "USB library not correctly loaded",
    -12: "function of the library already in progress",
    -13: "selected channel(s) already used",
    -14: "device not allowed",
    -15: "invalid update parameters function call",
    -101: "internal communication failed",
    -102: "too many data to transfer from the instrument",
    -103: "selected channel(s) unplugged",
    -104: "instrument response error",
    -105: "invalid message size",
    -200: "communication failed with the instrument",
    -201: "cannot establish connection with the instrument",
    -202: "waiting for the instrument response",
    -203: "invalid IP address",
    -204: "cannot allocate memory in the instrument",
    -205: "cannot load firmware into selected channel(s)",
    -206: "communication firmware not compatible with the library",
    -207: "maximum number of allowed connections reached",
    -300: "kernel file not found",
    -301: "cannot read kernel file",
    -302: "invalid kernel file",
    -303: "cannot load kernel on the selected channel(s)",
    -304: "FPGA file not found",
    -305: "cannot read FPGA file",
    -306: "invalid FPGA file",
    -307: "cannot load FPGA on the selected channel(s)",
    -308: "no firmware loaded on the selected channel(s)",
    -309: "loaded firmware not compatible with the library",
    -400: "ECC file not found",
    -401: "ECC file not compatible with the channel firmware",
    -402: "ECC file corrupted",
    -403: "cannot load the ECC file",
    -404: "data returned by the instrument are corrupted",
    -405: "cannot load techniques: full memory",
}
"""Error code -> what BL_GetErrorMsg says."""


def board_of(model: str) -> int:
    """Return the board type of a model's own channels."""
    return PREMIUM if model in PREMIUM_MODELS else ESSENTIAL
