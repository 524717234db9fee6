"""Talks to Lake Shore's older instruments: errors only through ``*ESR?``."""

from drivers.visa.adapter import ScpiInstrument
from drivers.visa.numbers import number
from drivers.visa.talk import Talk
from labctl.errors import InstrumentError

SERIAL_7O1 = {"baud_rate": 57600, "data_bits": 7, "parity": 1, "stop_bits": 10}
"""USB serial settings: 57600 baud, 7 bits, odd parity, 1 stop bit."""
ENDS = {"write_termination": "\r\n", "asrl": SERIAL_7O1}
COMMAND_ERROR, EXECUTION_ERROR = 32, 16
DEVICE_ERROR = 8
ERRORS = (
    (COMMAND_ERROR, "unknown command"),
    (EXECUTION_ERROR, "value refused"),
    (DEVICE_ERROR, "device error"),
)
"""Query errors are the link's own business."""


def _told(register: int) -> str:
    return ", ".join(text for bit, text in ERRORS if register & bit)


class PlainInstrument(ScpiInstrument):
    """PyMeasure's side of them: errors are the event register's, options are none."""

    @property
    def next_error(self) -> tuple[int, str]:
        """Return the error bits of ``*ESR?``, which forgets them, and their text."""
        register = int(self.ask("*ESR?"))
        return register & sum(bit for bit, _ in ERRORS), _told(register)

    @property
    def options(self) -> str:
        """There is no ``*OPT?``."""
        raise NotImplementedError(f"{self.name}: tells no options")


class PlainTalk(Talk):
    """`Talk` for instruments without an error queue."""

    instrument_class = "drivers.lakeshore.plain_talk:PlainInstrument"
    error_query = "*ESR?"

    def _error_of(self, answer: str) -> str:
        value = number(answer, self.name)
        if not (value.is_integer() and 0 <= value < 256):  # noqa: PLR2004
            raise InstrumentError(f"{self.name}: {answer[:60]!r} is no event register")
        return _told(int(value))

    def refuse_errors(self, doing: str) -> None:
        """Read ``*ESR?``. InstrumentError: one of its error bits is set."""
        found = self.inquire("*ESR?", self._error_of)
        if found:
            raise InstrumentError(f"{self.name}: {found} while {doing}")
