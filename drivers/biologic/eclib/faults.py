"""What an EClib error code means, whose fault it is, and what to do about it.

Unknown codes survive: they become an InstrumentError that carries the number and the
library's own words.
"""

from dataclasses import dataclass
from enum import Enum

from labctl.errors import (
    FirmwareError,
    InstrumentError,
    LinkError,
    OperatorError,
    OwnershipError,
)

NO_ANSWER = -104
"""A response in error; tried again. Also what we call one that says nothing."""


class Remedy(Enum):
    """What helps against a fault."""

    RETRY = "retry"
    """The same call again, after a pause."""
    RECONNECT = "reconnect"
    """A new connection, then the call again."""
    FIRMWARE = "firmware"
    """A person has to decide about the firmware of the channel."""
    USER = "user"
    """The request or the set-up has to change."""
    FATAL = "fatal"
    """Nothing that this program could do."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One error code."""

    remedy: Remedy
    what: str
    cure: str = ""


_RELOAD = (
    "Load the library's kernel (option allow_firmware_load: true) once nothing runs "
    "on the channel, or power-cycle the instrument."
)
_SDK = "Check sdk_path: DLL, kernels and .ecc files must come from one release."
_LINK = "Check cable, power and address."

FAULTS = {
    -1: Fault(Remedy.RECONNECT, "no instrument is connected", _LINK),
    -2: Fault(Remedy.RETRY, "a connection is being made"),
    -3: Fault(
        Remedy.USER,
        "no channel is plugged in here",
        "Choose a channel that is there (labctl station show).",
    ),
    -4: Fault(
        Remedy.USER,
        "the library refuses a parameter",
        "A value or the number of steps is beyond what the technique takes.",
    ),
    -5: Fault(Remedy.USER, "a file of the SDK does not exist", _SDK),
    -6: Fault(Remedy.FATAL, "the function failed"),
    -7: Fault(Remedy.USER, "no plugged channel was selected"),
    -8: Fault(Remedy.USER, "the instrument's configuration is invalid"),
    -9: Fault(
        Remedy.FIRMWARE,
        "EC-Lab owns the channel (its firmware is loaded)",
        "Stop the experiment in EC-Lab and disconnect EC-Lab; then " + _RELOAD,
    ),
    -10: Fault(Remedy.FATAL, "the library is not loaded correctly", _SDK),
    -11: Fault(Remedy.FATAL, "the USB library is not loaded correctly", _SDK),
    -12: Fault(Remedy.RETRY, "a call overlapped another one"),
    -13: Fault(
        Remedy.USER,
        "the channel is running",
        "Wait for its end, attach to it, or stop it.",
    ),
    -14: Fault(Remedy.USER, "this device is not allowed with this library"),
    -15: Fault(Remedy.USER, "the running technique cannot be changed like this"),
    -101: Fault(Remedy.FATAL, "the instrument's internal bus failed"),
    -102: Fault(Remedy.FATAL, "too many data at once"),
    -103: Fault(Remedy.USER, "the channel was unplugged"),
    NO_ANSWER: Fault(Remedy.RETRY, "the instrument's response was in error"),
    -105: Fault(Remedy.FATAL, "a message had the wrong size"),
    -200: Fault(Remedy.RETRY, "communication failed", _LINK),
    -201: Fault(Remedy.RECONNECT, "no connection could be made", _LINK),
    -202: Fault(Remedy.RETRY, "the instrument has not answered yet"),
    -203: Fault(Remedy.USER, "the IP address is not valid"),
    -204: Fault(Remedy.FATAL, "the instrument has no memory left"),
    -205: Fault(Remedy.USER, "the firmware could not be loaded", _SDK),
    -206: Fault(Remedy.FATAL, "the communication firmware does not fit", _SDK),
    -207: Fault(
        Remedy.RECONNECT,
        "too many PCs are connected",
        "Disconnect EC-Lab or the other PC.",
    ),
    **{
        code: Fault(Remedy.USER, f"the {kind} file {what}", _SDK)
        for first, kind in ((-300, "kernel"), (-304, "FPGA"))
        for code, what in zip(
            range(first, first - 4, -1),
            ("was not found", "cannot be read", "is invalid", "could not be loaded"),
            strict=True,
        )
    },
    -308: Fault(Remedy.FIRMWARE, "no firmware is loaded on the channel", _RELOAD),
    -309: Fault(
        Remedy.FIRMWARE,
        "the channel's firmware does not fit the library (EC-Lab was here?)",
        _RELOAD,
    ),
    -400: Fault(Remedy.USER, "the technique's .ecc file was not found", _SDK),
    -401: Fault(
        Remedy.FIRMWARE,
        "the technique's .ecc file does not fit the channel's firmware",
        _RELOAD + " " + _SDK,
    ),
    -402: Fault(Remedy.USER, "the technique's .ecc file is damaged", _SDK),
    -403: Fault(Remedy.FATAL, "the technique's .ecc file cannot be loaded", _SDK),
    -404: Fault(Remedy.FATAL, "the instrument returned damaged data"),
    -405: Fault(
        Remedy.USER, "the channel's memory is full", "Load fewer techniques at once."
    ),
}

_ERRORS: dict[int, type[InstrumentError | OperatorError]] = {
    -1: LinkError,
    -2: LinkError,
    -3: OperatorError,
    -9: OwnershipError,
    -13: OwnershipError,
    NO_ANSWER: LinkError,
    -200: LinkError,
    -201: LinkError,
    -202: LinkError,
    -207: OwnershipError,
    -308: FirmwareError,
    -309: FirmwareError,
    -401: FirmwareError,
}


class EClibError(InstrumentError):
    """An EClib function returned an error code; `translated` says it to a person."""

    def __init__(self, function: str, code: int, words: str = "") -> None:
        self.function = function
        self.code = code
        self.words = words
        super().__init__(f"{function}: {describe(code, words)}")

    @property
    def remedy(self) -> Remedy:
        """What helps; unknown codes are fatal."""
        fault = FAULTS.get(self.code)
        return Remedy.FATAL if fault is None else fault.remedy


def describe(code: int, words: str = "") -> str:
    """Return the code in words, with its cure."""
    fault = FAULTS.get(code)
    if fault is None:
        return f"unknown error {code}" + (f": {words}" if words else "")
    return f"{fault.what} (EClib {code})." + (f" {fault.cure}" if fault.cure else "")


def translated(error: EClibError, place: str) -> InstrumentError | OperatorError:
    """Return the exception of the exact class, naming ``place`` (``vsp300/1``)."""
    kind = _ERRORS.get(error.code, InstrumentError)
    text = describe(error.code, error.words)
    return kind(f"{place}: {text} [{error.function}]")
