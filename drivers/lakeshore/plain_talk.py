"""Talks to Lake Shore's older instruments: errors only through ``*ESR?``."""

from drivers.visa.talk import Talk, number
from labctl.errors import InstrumentError

COMMAND_ERROR, EXECUTION_ERROR = 32, 16
QUERY_ERROR, DEVICE_ERROR = 4, 8


class PlainTalk(Talk):
    """`Talk` for instruments without an error queue."""

    error_query = "*ESR?"

    def refuse_errors(self, doing: str) -> None:
        """Read ``*ESR?``. InstrumentError: one of its error bits is set."""
        bits = int(number(self.inquire("*ESR?"), self.name))
        found = [
            text
            for bit, text in (
                (COMMAND_ERROR, "unknown command"),
                (EXECUTION_ERROR, "value refused"),
                (DEVICE_ERROR, "device error"),
                (QUERY_ERROR, "query error"),
            )
            if bits & bit
        ]
        if found:
            raise InstrumentError(f"{self.name}: {', '.join(found)} while {doing}")
