"""Keithley's TSP: every message is a chunk of Lua, carried out by a real Lua.

Attributes of the instrument (``smua.source.levelv``) are proxies: reading and writing
one calls `get` and `put` of the twin, a call calls `call`. Lua has no way to Python:
no ``python`` table, no attribute access, no eval.
"""

import importlib
from collections.abc import Callable
from typing import Any, ClassVar

from drivers.twins.scpi.exchange import LATENCY, Exchange
from drivers.twins.scpi.faults import ScpiError
from labctl.clock import Clock
from labctl.errors import OperatorError

PRECISION = 6
"""Digits of a printed number after power-on: ``%.5e``."""

_PROXY = """
function(get, put)
  local function node(path)
    return setmetatable({}, {
      __index = function(_, key)
        local kind, value = get(path, tostring(key))
        if kind == 'node' then return node(path .. '.' .. key) end
        if kind == 'call' then
          return function(...) return table.unpack(value(...)) end
        end
        return value
      end,
      __newindex = function(_, key, value) put(path, tostring(key), value) end,
      __tostring = function() return path end,
    })
  end
  return node
end
"""


def _refuse(_object: Any, name: str, _setting: bool) -> str:
    raise AttributeError(f"no attribute {name}")


def _lupa() -> Any:
    try:
        return importlib.import_module("lupa")
    except ImportError as error:
        raise OperatorError(
            "a simulated instrument that speaks TSP runs Lua, and lupa is not "
            "installed. Install it: pip install 'labctl-bench[sim]'."
        ) from error


class LuaTwin(Exchange):
    """A simulated instrument that speaks TSP."""

    identification: str = "Keithley Instruments Inc., Model TWIN, 0, 0"
    roots: ClassVar[tuple[str, ...]] = ()
    """Names of the tables an instrument has: ``smua``, ``localnode`` …"""

    def __init__(self, clock: Clock, latency: float = LATENCY) -> None:
        super().__init__(clock, latency)
        self._printed: list[str] = []
        self._block: bytes | None = None
        """A binary answer, in place of printed lines."""
        self._script: list[str] | None = None
        self._run_script = False
        self.precision = PRECISION
        self._lupa = _lupa()
        self._lua = self._lupa.LuaRuntime(
            register_eval=False,
            register_builtins=False,
            unpack_returned_tuples=True,
            attribute_filter=_refuse,
        )
        world = self._lua.globals()
        for dangerous in ("io", "os", "package", "require", "dofile", "loadfile"):
            world[dangerous] = None
        world["python"] = None
        node = self._lua.eval(_PROXY)(self._get, self.put)
        for root in (*self.roots, "errorqueue", "format"):
            world[root] = node(root)
        world["print"] = self._print
        world["delay"] = self.spend
        world["waitcomplete"] = self._wait
        world["reset"] = self.reset
        self.define(world)

    def define(self, world: Any) -> None:
        """Add the instrument's own functions to Lua's globals."""

    def reset(self) -> None:
        """Put everything back."""

    def get(self, path: str, key: str) -> Any:
        """Return the value of ``path.key``; a `Node` or a callable where it is one."""
        raise NotImplementedError

    def put(self, path: str, key: str, value: Any) -> None:
        """Set ``path.key``; ScpiError refuses."""
        raise NotImplementedError

    def _get(self, path: str, key: str) -> tuple[str, Any]:
        value = self.get(path, key)
        if value is NODE:
            return "node", None
        if callable(value):
            return "call", self._listed(value)
        return "value", value

    def _listed(self, function: Any) -> Any:
        def call(*arguments: Any) -> Any:
            answer = function(*arguments)
            if answer is None:
                return self._lua.table()
            if isinstance(answer, tuple):
                return self._lua.table(*answer)
            return self._lua.table(answer)

        return call

    def _wait(self) -> None:
        self.time = max(self.time, self.pending_until)

    def show(self, value: Any) -> str:
        """Write a value as ``print`` does."""
        if value is None:
            return "nil"
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float):
            return f"{float(value):.{self.precision - 1}e}"
        return str(value)

    def path_of(self, proxy: Any) -> str:
        """Return the name of an attribute that Lua handed over: ``smua.nvbuffer1``."""
        return str(self._lua.globals().tostring(proxy))

    def answer_with(self, text: str | bytes) -> None:
        """Answer with a line of text, or with bytes as they are."""
        if isinstance(text, bytes):
            self._block = text
        else:
            self._printed.append(text)

    def _print(self, *values: Any) -> None:
        self._printed.append("\t".join(self.show(value) for value in values))

    def execute(self, message: str) -> str | bytes | None:
        """Run one line; scripts are collected until ``endscript``."""
        if self._script is not None:
            return self._collect(message)
        head = message.split(None, 1)[0]
        if head in {"loadscript", "loadandrunscript"}:
            self._script, self._run_script = [], head == "loadandrunscript"
            return None
        if head.startswith("*"):
            return self._common(head.upper())
        return self._run(message)

    def _collect(self, line: str) -> str | bytes | None:
        assert self._script is not None  # noqa: S101
        if line != "endscript":
            self._script.append(line)
            return None
        chunk, self._script = "\n".join(self._script), None
        return self._run(chunk) if self._run_script else None

    def _run(self, chunk: str) -> str | bytes | None:
        self._printed, self._block = [], None
        try:
            self._lua.execute(chunk)
        except ScpiError as error:
            self.status.note(error)
        except self._lupa.LuaSyntaxError as error:
            self.status.note(ScpiError(-285, str(error)[:120]))
        except self._lupa.LuaError as error:
            self.status.note(ScpiError(-286, str(error)[:120]))
        return self._answer()

    def _answer(self) -> str | bytes | None:
        if self._block is not None:
            return self._block
        return "\n".join(self._printed) or None

    def _common(self, word: str) -> str | None:
        answers: dict[str, Callable[[], str]] = {
            "*IDN?": lambda: self.identification,
            "*ESR?": self._event_status,
            "*STB?": lambda: self.show(
                self.status.master_summary(self.message_available)
            ),
            "*OPC?": self._complete,
            "*TST?": lambda: "0",
            "*LANG?": lambda: "TSP",
        }
        acts: dict[str, Callable[[], None]] = {
            "*RST": self.reset,
            "*CLS": self.status.clear,
            "*OPC": self.await_operation_complete,
            "*WAI": self._wait,
            "*TRG": self.trigger,
        }
        if word in answers:
            return answers[word]()
        if word in acts:
            acts[word]()
        else:
            self.status.note(ScpiError(-285, word))
        return None

    def _event_status(self) -> str:
        bits, self.status.event_status = self.status.event_status, 0
        return self.show(bits)

    def _complete(self) -> str:
        self._wait()
        return "1"

    def error_queue(self, key: str) -> Any:
        """Return what ``errorqueue.count``, ``.next`` and ``.clear`` are."""
        if key == "count":
            return len(self.status.errors)
        if key == "next":
            return self._next_error
        if key == "clear":
            return self.status.errors.clear
        return None

    def _next_error(self) -> tuple[Any, ...]:
        code, text = self.status.next_error()
        if code == 0:
            return (0, "Queue Is Empty", 0, 0)
        return (code, text, 20, 1)


class _Node:
    """Marks a name that has names of its own."""


NODE = _Node()
