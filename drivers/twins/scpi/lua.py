"""A Lua for programs that strangers send: no files, no Python, no endless loop.

Lua 5.1 stands in for the instruments' 5.0. What Lua can reach are its own base,
string, math and table functions and the tables that are published to it. Nothing of
Python is a value in Lua: every function and attribute is a Lua closure around one
`gate`, which never raises. Memory and instructions are bounded, so that a program
that would hang an instrument is stopped here and reported as such (`Ending.STUCK`).
"""

import enum
import importlib
import itertools
import logging
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from drivers.twins.scpi.lua_house import HOUSE
from drivers.twins.scpi.tsp_tables import Table
from labctl.clock import stopwatch
from labctl.errors import OperatorError

log = logging.getLogger(__name__)

MEMORY = 32 * 2**20
"""Bytes; a 2636B has 16 MB."""
STRIDE = 1_000
"""Instructions between two looks at the budget."""
IDLE_STRIDES = 200_000
"""Looks without a call of the instrument: 2e8 instructions, about a second."""
PATIENCE = 5.0
"""s of real time without one: joining long texts takes a millisecond an instruction."""
CALLS = 200_000
"""Calls of the instrument by one message; a sweep of 60,000 points takes 120,000."""


class Ending(enum.Enum):
    """How a chunk ended."""

    DONE = "done"
    SYNTAX = "syntax error"
    FAILED = "runtime error"
    MEMORY = "out of memory"
    STUCK = "stuck"
    """It would never end; an instrument would be busy until somebody aborts it."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a chunk."""

    ending: Ending
    message: str = ""
    """``at line 1: attempt to index …``"""


class Gate(typing.Protocol):
    """Carries out what Lua asks of the instrument; never raises."""

    def __call__(
        self, act: str, table: Table, name: Any, arguments: list[Any]
    ) -> tuple[Any, ...]:
        """Return ``(True, results …)`` or ``(False, message)``."""


def _runtime() -> Any:
    try:
        importlib.import_module("lupa")
        module = importlib.import_module("lupa.lua51")
    except ImportError as error:
        raise OperatorError(
            "a simulated instrument that speaks TSP runs Lua, and lupa is not "
            "installed. Install it: pip install 'labctl-bench[sim]'."
        ) from error
    return module


class LuaMachine:
    """One runtime environment of an instrument."""

    def __init__(self, gate: Gate, root: Table) -> None:
        module = _runtime()
        self._error = module.LuaError
        self._lua = module.LuaRuntime(
            register_eval=False,
            register_builtins=False,
            unpack_returned_tuples=True,
            encoding="latin-1",
            max_memory=MEMORY,
        )
        self._type: Callable[[Any], str | None] = module.lua_type
        self._gate = gate
        self._tables: dict[str, Table] = {"": root}
        self._proxies: dict[str, Any] = {}
        self._afresh()
        house = HOUSE.replace("MEMORY", str(MEMORY)).replace("STRIDE", str(STRIDE))
        self._house = self._lua.eval(house)(self._pass, self._spent)
        self._fill(root)

    def _fill(self, root: Table) -> None:
        """Give Lua its globals."""
        world = self._lua.globals()
        for name, value in root.objects.items():
            if isinstance(value, Table):
                world[name] = self.published(value)
            elif callable(value):
                if name != "print":
                    world[name] = self._function(str(name))
            else:
                world[name] = value

    def _function(self, name: str) -> Any:
        keys = self._lua.table_from({name: True})
        objects = self._lua.table()
        empty = self._lua.table()
        self._house.publish("", "", empty, empty, objects, keys)
        return objects[name]

    def published(self, table: Table) -> Any:
        """Return the Lua table that stands for ``table``."""
        proxy = self._proxies.get(table.path)
        if proxy is not None and self._tables[table.path] is table:
            return proxy
        self._tables[table.path] = table
        objects: dict[Any, Any] = {}
        called: dict[Any, bool] = {}
        for name, value in table.objects.items():
            if isinstance(value, Table):
                objects[name] = self.published(value)
            elif callable(value):
                called[name] = True
            else:
                objects[name] = value
        make: Callable[[Mapping[Any, Any]], Any] = self._lua.table_from
        proxy = self._house.publish(
            table.path,
            table.kind,
            make(dict.fromkeys(table.attributes, True)),
            make({k: True for k, a in table.attributes.items() if a.write is not None}),
            make(objects),
            make(called),
        )
        self._proxies[table.path] = proxy
        return proxy

    def forget(self, table: Table) -> None:
        """Let a table go that nobody needs any more."""
        self._tables.pop(table.path, None)
        self._proxies.pop(table.path, None)

    def define(self, name: str, value: Any) -> None:
        """Make a global of Lua's own."""
        self._lua.globals()[name] = value

    def compile(self, text: str, name: str) -> tuple[Any, Result]:
        """Return the function that runs ``text``; None where it is no Lua."""
        chunk = self._house.compile(text, name)
        if isinstance(chunk, tuple):
            return None, Result(Ending.SYNTAX, _placed(str(chunk[1]), name))
        return chunk, Result(Ending.DONE)

    def keep(self, name: str, text: str, chunk: Any) -> None:
        """Keep a compiled script under its name; without one it is the anonymous."""
        self._house.keep(name, text, chunk)

    def run(self, chunk: Any, name: str) -> Result:
        """Run what `compile` returned."""
        self._afresh()
        try:
            done = self._house.run(chunk)
        except self._error as error:  # from a stranger's __tostring
            full = isinstance(error, MemoryError)
            done = ("failed", "not enough memory" if full else str(error))
        if self._stuck:
            self._afresh()
            self._house.calm()
            return Result(Ending.STUCK)
        if done == "done":
            return Result(Ending.DONE)
        message = str(done[1]).partition("\nstack traceback")[0]
        if "not enough memory" in message:
            self._tidy()
            return Result(Ending.MEMORY, message)
        return Result(Ending.FAILED, _placed(message, name))

    def _afresh(self) -> None:
        """Give the whole budget again."""
        self._idle = self._calls = 0
        self._since = stopwatch()
        self._stuck = False

    def _tidy(self) -> None:
        """Collect what filled the memory; Lua 5.1 does not do it in need."""
        self._lua.set_max_memory(0)
        self._lua.gccollect()
        self._lua.set_max_memory(MEMORY)

    def _spent(self) -> bool:
        self._idle += 1
        late = stopwatch() - self._since > PATIENCE
        over = late or self._idle > IDLE_STRIDES or self._calls > CALLS
        self._stuck = self._stuck or over
        return self._stuck

    def stop(self) -> None:
        """End what runs: it waits for what never comes."""
        self._stuck = True

    def _pass(self, act: str, path: str, name: Any, *arguments: Any) -> Any:
        """Hand a call to the instrument, values translated."""
        self._calls += 1
        self._idle = 0
        if self._stuck or self._calls > CALLS:
            self._stuck = True
            return False, "stuck"
        table = self._tables.get(path)
        if table is None:
            return False, f"{path} has gone"
        try:
            values = [self.from_lua(value) for value in arguments]
            done = self._gate(act, table, name, values)
            answer = (done[0], *(self.to_lua(value) for value in done[1:]))
        except Exception:  # an exception would be a Python object in Lua's hands
            log.exception(
                "%s %s.%s failed in the simulated instrument", act, path, name
            )
            return False, "failure of the simulated instrument"
        finally:
            self._since = stopwatch()
        return self._unless_stuck(answer)

    def _unless_stuck(self, answer: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return ``answer``, unless the call has found that nothing comes any more."""
        return (False, "stuck") if self._stuck else answer

    def from_lua(self, value: Any) -> Any:
        """Return a number, text, truth, our `Table` or a list of them; else None."""
        kind = self._type(value)
        if kind is None:
            return value
        if kind != "table":
            return None
        path = self._house.path(value)
        if path is not None:
            return self._tables.get(path)
        entries = dict(value.items())  # raw: no metamethod of a stranger runs here
        count = next(k for k in itertools.count(1) if k not in entries) - 1
        return [self._plain(entries[k]) for k in range(1, count + 1)]

    def _plain(self, value: Any) -> Any:
        """Return an entry of a list; a list in a list is None."""
        kind = self._type(value)
        if kind is None:
            return value
        path = self._house.path(value) if kind == "table" else None
        return None if path is None else self._tables.get(path)

    def to_lua(self, value: Any) -> Any:
        """Return what Lua gets for an instrument's value."""
        if isinstance(value, Table):
            return self.published(value)
        if isinstance(value, list | tuple):
            return self._lua.table(*value)
        return value


def _placed(message: str, name: str) -> str:
    """Turn ``name:3: text`` into ``at line 3: text``."""
    if message.startswith(f"{name}:"):
        line, _, text = message[len(name) + 1 :].partition(": ")
        return f"at line {line}: {text}"
    return f": {message}"
