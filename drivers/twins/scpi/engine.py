"""The message engine: program messages in, handlers called, answers out.

Each distinct header is matched once and remembered as a `Call`, so a known message
costs a dictionary look-up per unit. Commands are carried out in order; a command error
(-1xx) throws away the rest of its message, any other error only its own unit.
"""

import typing
from collections.abc import Callable
from typing import ClassVar

from drivers.twins.scpi.call import Call
from drivers.twins.scpi.commands import command, query, show
from drivers.twins.scpi.exchange import LATENCY
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.header import SuffixError
from drivers.twins.scpi.ieee488 import Ieee488Twin
from drivers.twins.scpi.parameters import Number, split
from labctl.clock import Clock

_BYTE = Number(0, 255, whole=True)
_WORD = Number(0, 65535, whole=True)
MOST_KNOWN = 2000
"""Headers that are remembered: a stranger may spell each in very many ways."""


class ScpiTwin(Ieee488Twin):
    """A simulated instrument that speaks SCPI."""

    version: ClassVar[str] = "1999.0"
    shown: Callable[[object], str] = staticmethod(show)

    def __init__(self, clock: Clock, latency: float = LATENCY) -> None:
        super().__init__(clock, latency)
        self._known: dict[str, dict[str, Call]] = {"": {}}
        """By the path that a unit before has left, and by header."""

    def reset(self) -> None:
        """Put the settings back and stop what is going on; status stays."""
        self.put_back()
        self.pending_until = 0.0

    def execute(self, message: str) -> str | bytes | None:
        """Carry out one program message."""
        answers: list[str | bytes] = []
        path = ""
        try:
            units = split(message, ";")
        except ScpiError as error:
            self.status.note(error)
            return None
        known = self._known[path]
        for unit in units:
            header, _, data = unit.strip().partition(" ")
            if not header:
                continue
            try:
                call = known.get(header) or self._look_up(path, header)
                if call.leaves != path:
                    path = call.leaves
                    known = self._known[path]
                answer = call(data)
            except ScpiError as error:
                self.status.note(error)
                if error.is_command_error:
                    break
                continue
            if answer is not None:
                answers.append(
                    answer if isinstance(answer, (str, bytes)) else self.shown(answer)
                )
        return _joined(answers)

    def _look_up(self, path: str, header: str) -> Call:
        typed = header.upper().removeprefix(":*")
        typed = typed if len(typed) == len(header) else f"*{typed}"
        if typed.startswith("*"):
            call = self._match(typed, path)
        else:
            whole = typed if typed.startswith(":") else f"{path}:{typed}"
            left = whole.removesuffix("?").rpartition(":")[0]
            call = self._match(whole, left)
        if sum(map(len, self._known.values())) >= MOST_KNOWN:
            self._known = {"": {}, path: {}}
        self._known[path][header] = call
        self._known.setdefault(call.leaves, {})
        return call

    def _match(self, typed: str, left: str) -> Call:
        is_query = typed.endswith("?")
        text = typed.removesuffix("?")
        suffix_wrong = False
        for entry in self._entries:
            if entry.header.is_query != is_query:
                continue
            try:
                numbers = entry.header.match(text)
            except SuffixError:
                suffix_wrong = True
                continue
            if numbers is not None:
                return Call(self, entry, numbers, left)
        raise ScpiError(-114 if suffix_wrong else -113, typed)

    @query("*OPT?")
    def _opt(self) -> str:
        return "0"

    @command("*TRG")
    def _trg(self) -> None:
        self.trigger()

    @command("*SAV", _BYTE)
    @command("*RCL", _BYTE)
    @command("*PSC", _BYTE)
    def _accept(self, value: int) -> None:
        """Take what a twin has no memory for."""

    @command("*WAI")
    def _wai(self) -> None:
        self.time = max(self.time, self.pending_until)

    # What SCPI-99 asks of every instrument.

    @query(":SYSTem:ERRor[:NEXT]?")
    def _error(self) -> str:
        code, text = self.status.next_error()
        return f'{code},"{text}"'

    @query(":SYSTem:ERRor:ALL?")
    def _errors(self) -> str:
        answers = [self._error()]
        while self.status.errors:
            answers.append(self._error())
        return ",".join(answers)

    @query(":SYSTem:ERRor:COUNt?")
    def _error_count(self) -> str:
        return str(len(self.status.errors))

    @command(":SYSTem:CLEar")
    @command(":STATus:QUEue:CLEar")
    def _clear_errors(self) -> None:
        self.status.errors.clear()

    @query(":STATus:QUEue[:NEXT]?")
    def _queue(self) -> str:
        return self._error()

    @query(":SYSTem:VERSion?")
    def _version(self) -> str:
        return self.version

    @command(":STATus:PRESet")
    def _preset(self) -> None:
        self.status.preset()

    @query(":STATus:OPERation[:EVENt]?")
    def _oper(self) -> str:
        return str(self.status.registers["OPER"].take())

    @query(":STATus:QUEStionable[:EVENt]?")
    def _ques(self) -> str:
        return str(self.status.registers["QUES"].take())

    @query(":STATus:MEASurement[:EVENt]?")
    def _meas(self) -> str:
        return str(self.status.registers["MEAS"].take())

    @query(":STATus:OPERation:CONDition?")
    def _oper_condition(self) -> str:
        return str(self.status.registers["OPER"].condition)

    @query(":STATus:QUEStionable:CONDition?")
    def _ques_condition(self) -> str:
        return str(self.status.registers["QUES"].condition)

    @query(":STATus:MEASurement:CONDition?")
    def _meas_condition(self) -> str:
        return str(self.status.registers["MEAS"].condition)

    @command(":STATus:OPERation:ENABle", _WORD)
    def _oper_enable(self, bits: int) -> None:
        self.status.registers["OPER"].enable = bits

    @command(":STATus:QUEStionable:ENABle", _WORD)
    def _ques_enable(self, bits: int) -> None:
        self.status.registers["QUES"].enable = bits

    @command(":STATus:MEASurement:ENABle", _WORD)
    def _meas_enable(self, bits: int) -> None:
        self.status.registers["MEAS"].enable = bits

    @query(":STATus:OPERation:ENABle?")
    def _oper_enabled(self) -> str:
        return str(self.status.registers["OPER"].enable)

    @query(":STATus:QUEStionable:ENABle?")
    def _ques_enabled(self) -> str:
        return str(self.status.registers["QUES"].enable)

    @query(":STATus:MEASurement:ENABle?")
    def _meas_enabled(self) -> str:
        return str(self.status.registers["MEAS"].enable)


def _joined(answers: list[str | bytes]) -> str | bytes | None:
    """Return one response message; None where nothing was asked."""
    if not answers:
        return None
    if len(answers) == 1:
        return answers[0]
    try:
        return ";".join(typing.cast("list[str]", answers))
    except TypeError:  # a block of bytes is among them
        return b";".join(
            answer.encode("latin-1") if isinstance(answer, str) else answer
            for answer in answers
        )
