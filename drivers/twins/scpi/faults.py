"""Error codes of SCPI-99 (volume 2, chapter 21) and the bit of *ESR? each one sets."""

TEXTS = {
    0: "No error",
    -100: "Command error",
    -101: "Invalid character",
    -102: "Syntax error",
    -104: "Data type error",
    -105: "GET not allowed",
    -108: "Parameter not allowed",
    -109: "Missing parameter",
    -113: "Undefined header",
    -114: "Header suffix out of range",
    -131: "Invalid suffix",
    -151: "Invalid string data",
    -161: "Invalid block data",
    -171: "Invalid expression",
    -200: "Execution error",
    -211: "Trigger ignored",
    -213: "Init ignored",
    -221: "Settings conflict",
    -222: "Parameter data out of range",
    -223: "Too much data",
    -224: "Illegal parameter value",
    -230: "Data corrupt or stale",
    -240: "Hardware error",
    -241: "Hardware missing",
    -285: "Program syntax error",
    -286: "TSP runtime error",
    -310: "System error",
    -350: "Queue overflow",
    -410: "Query INTERRUPTED",
    -420: "Query UNTERMINATED",
    -440: "Query UNTERMINATED after indefinite response",
    802: "OUTPUT blocked by interlock",
    803: "Not permitted with OUTPUT off",
}
"""Positive codes are the device's own (Keithley 2400 family)."""

OPERATION_COMPLETE = 1
QUERY_ERROR = 4
DEVICE_ERROR = 8
EXECUTION_ERROR = 16
COMMAND_ERROR = 32
POWER_ON = 128

_CLASSES = {
    1: COMMAND_ERROR,
    2: EXECUTION_ERROR,
    3: DEVICE_ERROR,
    4: QUERY_ERROR,
}


class ScpiError(Exception):
    """What a handler raises to refuse; it goes to the error queue, never to a reply."""

    def __init__(self, code: int, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    @property
    def text(self) -> str:
        """The queue's text, with the detail after a semicolon."""
        text = TEXTS.get(self.code, "Device error")
        return f"{text};{self.detail}" if self.detail else text

    @property
    def is_command_error(self) -> bool:
        """Whether the rest of the program message is thrown away."""
        return -200 < self.code <= -100  # noqa: PLR2004

    @property
    def event(self) -> int:
        """The bit of the standard event register."""
        if self.code >= 0:
            return DEVICE_ERROR
        return _CLASSES.get(-self.code // 100, DEVICE_ERROR)
