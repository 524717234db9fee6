"""Status registers and the error queue of IEEE 488.2 and SCPI-99."""

from collections import deque

from drivers.twins.scpi.faults import POWER_ON, TEXTS, ScpiError

EAV = 4
"""Status byte: error queue not empty."""
QUES = 8
MAV = 16
"""Status byte: message available."""
ESB = 32
RQS = 64
"""Status byte: request for service (serial poll) or master summary (*STB?)."""
OPER = 128

QUEUE_LENGTH = 10
"""Errors kept; SCPI asks for two at least."""


class Register:
    """Condition, event and enable of one SCPI status register."""

    __slots__ = ("condition", "enable", "event")

    def __init__(self) -> None:
        self.condition = 0
        self.event = 0
        self.enable = 0

    def set(self, bits: int) -> None:
        """Make ``bits`` the condition; those that rise stay in the event register."""
        self.event |= bits & ~self.condition
        self.condition = bits

    def raise_bits(self, bits: int) -> None:
        """Note events that have no lasting condition."""
        self.event |= bits

    def take(self) -> int:
        """Return the event register and clear it."""
        event, self.event = self.event, 0
        return event

    @property
    def summary(self) -> bool:
        """Whether an enabled event is noted."""
        return bool(self.event & self.enable)


class Status:
    """All of an instrument's status, and its error queue."""

    def __init__(self) -> None:
        self.event_status = POWER_ON
        self.event_enable = 0
        self.service_enable = 0
        self.registers: dict[str, Register] = {
            "OPER": Register(),
            "QUES": Register(),
            "MEAS": Register(),
        }
        self.summary_bits: dict[str, int] = {"OPER": OPER, "QUES": QUES, "MEAS": 1}
        self.errors: deque[tuple[int, str]] = deque()
        self.reports_errors = True
        """Whether the status byte has the EAV bit (SCPI) or not (Lake Shore)."""
        self._requested = False
        self._summary = False

    def byte(self, message_available: bool) -> int:
        """Return the status byte without bit 6."""
        bits = MAV if message_available else 0
        if self.errors and self.reports_errors:
            bits |= EAV
        if self.event_status & self.event_enable:
            bits |= ESB
        for name, register in self.registers.items():
            if register.summary:
                bits |= self.summary_bits[name]
        return bits

    def master_summary(self, message_available: bool) -> int:
        """Return what ``*STB?`` answers; bit 6 is the summary and stays."""
        bits = self.byte(message_available)
        return bits | RQS if bits & self.service_enable & ~RQS else bits

    def serial_poll(self, message_available: bool) -> int:
        """Return the status byte with RQS, then clear RQS only."""
        self.update(message_available)
        bits = self.byte(message_available)
        if self._requested:
            bits |= RQS
            self._requested = False
        return bits

    def update(self, message_available: bool) -> bool:
        """Look for a new reason for service; return whether the SRQ line is pulled."""
        if not self.service_enable:
            self._requested = self._summary = False
            return False
        summary = bool(self.master_summary(message_available) & RQS)
        if summary and not self._summary:
            self._requested = True
        if not summary:
            self._requested = False
        self._summary = summary
        return self._requested

    def note(self, error: ScpiError) -> None:
        """Put an error into the queue and its class into the event register."""
        self.event_status |= error.event
        if len(self.errors) >= QUEUE_LENGTH:
            self.errors[-1] = (-350, TEXTS[-350])
        else:
            self.errors.append((error.code, error.text))

    def next_error(self) -> tuple[int, str]:
        """Take the oldest error; ``(0, "No error")`` if there is none."""
        return self.errors.popleft() if self.errors else (0, TEXTS[0])

    def clear(self) -> None:
        """Do what ``*CLS`` does: events and errors go, enables stay."""
        self.event_status = 0
        self.errors.clear()
        for register in self.registers.values():
            register.event = 0
        self._requested = self._summary = False

    def preset(self) -> None:
        """Do what ``STAT:PRES`` does."""
        for register in self.registers.values():
            register.enable = 0
