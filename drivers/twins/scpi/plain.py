"""Lake Shore's older words: flat commands, no error queue, errors only in ``*ESR?``.

A handler's pattern is the whole keyword; a message may hold several commands between
semicolons. An unknown word sets bit 5 of ``*ESR?``, a value out of range bit 4;
neither answers, and what follows in the message is carried out all the same: Lake
Shore's own package asks ``…; *ESR?`` in one message.
"""

from drivers.twins.scpi.exchange import LATENCY
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.ieee488 import Ieee488Twin
from labctl.clock import Clock


class PlainTwin(Ieee488Twin):
    """A simulated instrument without SCPI."""

    terminator = b"\r\n"

    def __init__(self, clock: Clock, latency: float = LATENCY) -> None:
        super().__init__(clock, latency)
        self.status.reports_errors = False
        self._words = {
            entry.header.pattern.lstrip(":"): entry for entry in self._entries
        }

    def reset(self) -> None:
        """Put the settings back."""
        self.put_back()

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
