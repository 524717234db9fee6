"""Keithley's TSP: each line is a chunk of Lua, and common commands stand beside it.

A message may hold several lines. ``loadscript`` and ``loadandrunscript`` collect lines
until ``endscript``; ``abort`` and a device clear end what runs and what is collected.
Of all errors only -286 ends a chunk (2600 reference manual, appendix B, "Error effects
on scripts"): a value that is refused goes to the queue, and the next statement runs.
"""

import struct
from collections.abc import Callable
from typing import Any

from drivers.twins.scpi.exchange import LATENCY, Exchange
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.lua import Ending, LuaMachine, Result
from drivers.twins.scpi.tsp_tables import (
    RUNTIME_ERROR,
    Table,
    TspError,
    number,
    within,
)
from labctl.clock import Clock

PRECISION = 6
"""Digits of a printed number after power-on: ``%.5e``."""
STATEMENT = 2e-5
"""What reading a name costs, s; lets a loop that waits for a condition end."""
SYNTAX_ERROR, OUT_OF_MEMORY = -285, -225
ASCII, REAL32, REAL64 = 1, 2, 3
CODES = {REAL32: "f", REAL64: "d"}
BIG_ENDIAN, LITTLE_ENDIAN = 0, 1
MOST_SAID = 8 * 2**20
"""Bytes that one message may answer; the instrument waits until they are read."""
LONGEST_SCRIPT = 4 * 2**20
"""Characters."""
LONGEST_TEXT = 240
"""Characters of an error's text."""
RECOVERABLE = 20
"""Severity of an error."""


class TspTwin(Exchange):
    """A simulated instrument that speaks TSP."""

    identification: str = "Keithley Instruments Inc., Model TWIN, 0, 0"
    factory: str = ""
    """The factory scripts: Lua that defines the instrument's own functions."""

    def __init__(self, clock: Clock, latency: float = LATENCY) -> None:
        super().__init__(clock, latency)
        self.precision = PRECISION
        self.form, self.byteorder = ASCII, LITTLE_ENDIAN
        self._collected: list[str] | None = None
        self._length = 0
        self._script = ("", False)
        """Name of the script that is collected, and whether it runs at its end."""
        self._stuck = False
        self._said = 0
        self._timers = 0.0
        self.root = Table("")
        self._declare()
        self.declare(self.root)
        self.lua = LuaMachine(self._serve, self.root)
        if self.factory:
            self.run(self.factory, "factory")

    def declare(self, root: Table) -> None:
        """Add the instrument's own tables and functions."""

    def reset(self) -> None:
        """Put everything back."""

    def advance(self) -> None:
        """Let what is due by `time` happen: steps of a sweep that runs."""

    def _declare(self) -> None:
        root = self.root
        for name, function in (
            ("print", self._print),
            ("printnumber", self._print_number),
            ("printbuffer", self._print_buffer),
            ("delay", self._delay),
            ("waitcomplete", lambda *_: self.finish()),
            ("opc", lambda *_: self.await_operation_complete()),
            ("reset", lambda *_: self.reset()),
        ):
            root.object(name, function)
        root.attribute("errorqueue.count", lambda: len(self.status.errors))
        root.object("errorqueue.next", lambda *_: self._next_error())
        root.object("errorqueue.clear", lambda *_: self.status.errors.clear())
        root.attribute(
            "format.asciiprecision", lambda: self.precision, self._set_precision
        )
        root.attribute("format.data", lambda: self.form, self._set_form)
        root.attribute("format.byteorder", lambda: self.byteorder, self._set_order)
        for name, code in (
            ("ASCII", ASCII),
            ("REAL32", REAL32),
            ("REAL64", REAL64),
            ("SREAL", REAL32),
            ("REAL", REAL64),
            ("DREAL", REAL64),
            ("LITTLEENDIAN", LITTLE_ENDIAN),
            ("SWAPPED", LITTLE_ENDIAN),
            ("BIGENDIAN", BIG_ENDIAN),
            ("NORMAL", BIG_ENDIAN),
            ("NETWORK", BIG_ENDIAN),
        ):
            root.object(f"format.{name}", code)
        root.object("timer.reset", lambda *_: self._reset_timer())
        root.object("timer.measure.t", lambda *_: self.time - self._timers)

    def _set_precision(self, value: Any) -> None:
        self.precision = int(within(value, 0, 16, "format.asciiprecision"))

    def _set_form(self, value: Any) -> None:
        self.form = int(within(value, ASCII, REAL64, "format.data"))

    def _set_order(self, value: Any) -> None:
        self.byteorder = int(within(value, 0, 1, "format.byteorder"))

    def _reset_timer(self) -> None:
        self._timers = self.time

    # What Lua asks for.

    def _serve(
        self, act: str, table: Table, name: Any, arguments: list[Any]
    ) -> tuple[Any, ...]:
        """Carry out one access; `lua.Gate`."""
        self.time += STATEMENT
        self.advance()
        try:
            value = self._access(act, table, name, arguments)
        except ScpiError as error:
            if error.code == RUNTIME_ERROR:
                return False, error.text
            self.status.note(error)
            return (True,)
        if isinstance(value, tuple):
            return True, *value
        return True, value

    def _access(self, act: str, table: Table, name: Any, arguments: list[Any]) -> Any:
        if act == "read":
            return table.read(name)
        if act == "write":
            return table.write(name, arguments[0] if arguments else None)
        if act == "read item":
            return table.read_item(name)
        if act == "write item":
            return table.write_item(name, arguments[0] if arguments else None)
        return table.objects[name](*arguments)

    def show(self, value: Any) -> str:
        """Write a value as ``print`` does."""
        if value is None:
            return "nil"
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float):
            return f"{float(value):.{max(self.precision, 1) - 1}e}"
        return str(value)

    def _print(self, *values: Any) -> None:
        self.respond("\t".join(map(self.show, values)))

    def _print_number(self, *values: Any) -> None:
        self._put([number(value, "printnumber") for value in values])

    def _put(self, values: list[float]) -> None:
        """Send numbers as ``format.data`` says; a block has no length."""
        if self.form == ASCII:
            self.respond(", ".join(map(self.show, values)))
            return
        order = "<" if self.byteorder == LITTLE_ENDIAN else ">"
        code = f"{order}{len(values)}{CODES[self.form]}"
        self.respond(b"#0" + struct.pack(code, *values))

    def _print_buffer(self, first: Any = None, last: Any = None, *tables: Any) -> None:
        start = int(number(first, "printbuffer"))
        end = int(number(last, "printbuffer"))
        columns = [self._column(table, start, end) for table in tables]
        if not columns:
            raise TspError(RUNTIME_ERROR, "printbuffer: no buffer is given")
        self._put([value for row in zip(*columns, strict=True) for value in row])

    @staticmethod
    def _column(table: Any, first: int, last: int) -> list[float]:
        if isinstance(table, list):
            values = table
        elif isinstance(table, Table) and hasattr(table.owner, "values"):
            values = table.owner.values()
        else:
            raise TspError(RUNTIME_ERROR, "printbuffer: that is no reading buffer")
        if not 1 <= first <= last <= len(values):
            raise TspError(
                RUNTIME_ERROR,
                f"printbuffer: {first} to {last} of {len(values)} readings",
            )
        return [number(value, "printbuffer") for value in values[first - 1 : last]]

    def _delay(self, seconds: Any = None, *_: Any) -> None:
        self.spend(within(seconds, 0.0, 1e5, "delay"))

    def finish(self) -> None:
        """Wait for what runs beside the chunk; for ever, where it never ends."""

    def stuck(self) -> None:
        """Be busy until somebody aborts: what is waited for never comes."""
        self._stuck = True
        self.lua.stop()

    def _next_error(self) -> tuple[Any, ...]:
        code, text = self.status.next_error()
        if code == 0:
            return 0, "Queue Is Empty", 0, 0
        return code, text, RECOVERABLE, 1

    # Messages.

    def respond(self, answer: str | bytes) -> None:
        """See `Exchange`; who says too much waits for a reader who cannot come."""
        self._said += len(answer)
        if self._said > MOST_SAID:
            self.stuck()
        else:
            super().respond(answer)

    def execute(self, message: str) -> str | bytes | None:
        """Carry out one message, line by line."""
        self._said = 0
        for line in message.splitlines():
            text = line.strip()
            if text:
                self._carry_out_line(text)
        return None

    def _carry_out_line(self, line: str) -> None:
        words = line.split()
        if words == ["abort"]:
            self._abort_now()
        elif self._stuck:
            return  # busy with a script that never ends
        elif self._collected is not None:
            self._collect(line)
        elif words[0] in {"loadscript", "loadandrunscript"}:
            name = words[1] if len(words) > 1 else ""
            self._collected, self._length = [], 0
            self._script = name, words[0] == "loadandrunscript"
        elif line.startswith("*"):
            self.advance()
            self._common(words[0].upper(), words[1:])
        else:
            self.run(line, "chunk")

    def _collect(self, line: str) -> None:
        assert self._collected is not None  # noqa: S101
        if line != "endscript":
            self._collected.append(line)
            self._length += len(line)
            if self._length > LONGEST_SCRIPT:
                self._collected = None
                self._note(Result(Ending.MEMORY))
            return
        text, self._collected = "\n".join(self._collected), None
        name, at_once = self._script
        chunk, problem = self.lua.compile(text, name or "anonymous")
        if chunk is None:
            self._note(problem)
            return
        self.lua.keep(name, text, chunk)
        if at_once:
            self._note(self.lua.run(chunk, name or "anonymous"))

    def run(self, text: str, name: str) -> None:
        """Compile and run a chunk; what goes wrong is in the error queue."""
        chunk, result = self.lua.compile(text, name)
        if chunk is not None:
            result = self.lua.run(chunk, name)
        self._note(result)

    def _note(self, result: Result) -> None:
        message = result.message[:LONGEST_TEXT]
        if result.ending is Ending.STUCK:
            self._stuck = True
        elif result.ending is Ending.SYNTAX:
            text = f"TSP Syntax error {message}".replace(" :", ":", 1)
            self.status.note(TspError(SYNTAX_ERROR, text))
        elif result.ending is Ending.MEMORY:
            text = "Out of memory or TSP memory allocation error"
            self.status.note(TspError(OUT_OF_MEMORY, text))
        elif result.ending is Ending.FAILED:
            text = f"TSP Runtime error {message}".replace(" :", ":", 1)
            self.status.note(TspError(RUNTIME_ERROR, text))

    def abort(self) -> None:
        """Do what a device clear does to the script that runs."""
        self.clear_execution()

    def _abort_now(self) -> None:
        """End what runs, with what it would still have said."""
        self.time = self.clock.now()
        self.forget_after(self.time)
        self.clear_execution()

    def clear_execution(self) -> None:
        """End what runs and what is collected; outputs stay as they are."""
        self._collected = None
        self._stuck = False
        self.pending_until = 0.0

    def _common(self, word: str, arguments: list[str]) -> None:
        answers: dict[str, Callable[[], str]] = {
            "*IDN?": lambda: self.identification,
            "*ESR?": self._event_status,
            "*ESE?": lambda: self.show(self.status.event_enable),
            "*SRE?": lambda: self.show(self.status.service_enable),
            "*STB?": lambda: self.show(
                self.status.master_summary(self.message_available)
            ),
            "*OPC?": lambda: "1",
            "*TST?": lambda: "0",
            "*LANG?": lambda: "TSP",
        }
        acts: dict[str, Callable[[], None]] = {
            "*RST": self.reset,
            "*CLS": self.status.clear,
            "*OPC": self.await_operation_complete,
            "*WAI": self.finish,
            "*TRG": self.trigger,
        }
        if word == "*OPC?":
            self.finish()
        if self._stuck:
            return
        if word in answers:
            self.respond(answers[word]())
        elif word in acts:
            acts[word]()
        elif not self._enable(word, arguments):
            text = f"TSP Syntax error at line 1: unexpected symbol near `{word}'"
            self.status.note(TspError(SYNTAX_ERROR, text))

    def _enable(self, word: str, arguments: list[str]) -> bool:
        """Set an enable register; tell whether ``word`` names one."""
        if word not in {"*ESE", "*SRE"} or len(arguments) != 1:
            return False
        try:
            bits = int(float(arguments[0])) & 0xFF
        except (ValueError, OverflowError):
            return False
        if word == "*ESE":
            self.status.event_enable = bits
        else:
            self.status.service_enable = bits
        return True

    def _event_status(self) -> str:
        bits, self.status.event_status = self.status.event_status, 0
        return self.show(bits)
