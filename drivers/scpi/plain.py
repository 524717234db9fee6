"""Lake Shore's older words: flat commands, no error queue, errors only in ``*ESR?``.

A handler's pattern is the whole keyword; a message may hold several commands between
semicolons. An unknown word sets bit 5 of ``*ESR?``, a value out of range bit 4;
neither answers, and what follows in the message is carried out all the same: Lake
Shore's own package asks ``…; *ESR?`` in one message.
"""

from typing import Any, ClassVar

from drivers.scpi.commands import Entry, command, entries_of, query
from drivers.scpi.exchange import LATENCY, Exchange
from drivers.scpi.faults import ScpiError
from drivers.scpi.parameters import Number
from labctl.clock import Clock

_BYTE = Number(0, 255, whole=True)


class PlainTwin(Exchange):
    """A simulated instrument without SCPI."""

    terminator = b"\r\n"
    identification: str = "LSCI,TWIN,0,0"
    _entries: ClassVar[list[Entry]]
    _defaults: ClassVar[dict[str, Any]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._entries, cls._defaults = entries_of(cls)

    def __init__(self, clock: Clock, latency: float = LATENCY) -> None:
        super().__init__(clock, latency)
        self.status.reports_errors = False
        self.settings: dict[str, Any] = dict(self._defaults)
        self._words = {
            entry.header.pattern.lstrip(":"): entry for entry in self._entries
        }

    def reset(self) -> None:
        """Put the settings back."""
        self.settings = dict(self._defaults)

    def changed(self, name: str) -> None:
        """Act on a setting that a message has just changed."""

    def execute(self, message: str) -> str | None:
        """Carry out one line."""
        answers = []
        for unit in message.split(";"):
            keyword, _, data = unit.strip().partition(" ")
            if not keyword:
                continue
            try:
                answer = self._call(keyword.lstrip(":").upper(), data)
            except ScpiError as error:
                self.status.event_status |= error.event
                continue
            if answer is not None:
                answers.append(answer)
        return ";".join(answers) or None

    def _call(self, keyword: str, data: str) -> str | None:
        entry = self._words.get(keyword)
        if entry is None:
            raise ScpiError(-113, keyword)
        sent = [text.strip() for text in data.split(",")] if data.strip() else []
        if not entry.required <= len(sent) <= len(entry.kinds):
            raise ScpiError(-108, data)
        kinds = entry.kinds[: len(sent)]
        values = [kind(text) for kind, text in zip(kinds, sent, strict=True)]
        answer = entry.run(self, *values)
        return None if answer is None else str(answer)

    @query("*IDN?")
    def _idn(self) -> str:
        return self.identification

    @command("*RST")
    def _rst(self) -> None:
        self.reset()

    @command("*CLS")
    def _cls(self) -> None:
        self.status.clear()

    @command("*ESE", _BYTE)
    def _ese(self, bits: int) -> None:
        self.status.event_enable = bits

    @query("*ESE?")
    def _ese_query(self) -> str:
        return str(self.status.event_enable)

    @query("*ESR?")
    def _esr(self) -> str:
        self.settle()
        bits, self.status.event_status = self.status.event_status, 0
        return str(bits)

    @command("*SRE", _BYTE)
    def _sre(self, bits: int) -> None:
        self.status.service_enable = bits & ~64

    @query("*SRE?")
    def _sre_query(self) -> str:
        return str(self.status.service_enable)

    @query("*STB?")
    def _stb(self) -> str:
        self.settle()
        return str(self.status.master_summary(self.message_available))

    @command("*OPC")
    def _opc(self) -> None:
        self.await_operation_complete()

    @query("*OPC?")
    def _opc_query(self) -> str:
        self.time = max(self.time, self.pending_until)
        return "1"

    @query("*TST?")
    def _tst(self) -> str:
        return "0"
