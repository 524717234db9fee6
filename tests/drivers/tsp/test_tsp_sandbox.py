"""What a client sends to a TSP twin reaches neither Python, files nor all memory."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.twins.scpi import lua, tsp

GONE = [
    *("io", "os", "package", "require", "module", "dofile", "load"),
    *("loadfile", "debug", "newproxy", "getfenv", "setfenv"),
    *("coroutine", "python", "string.dump", "jit", "ffi"),
]


@pytest.mark.parametrize("name", GONE)
def test_nothing_of_lua_that_reaches_out_is_there(wire: Any, name: str) -> None:
    assert wire.ask(f"print({name})") == "nil"


def test_no_value_in_lua_is_an_object_of_pythons(wire: Any) -> None:
    """Such an object is userdata, and its metatable holds its destructor."""
    wire.tell(
        "loadandrunscript\n"
        "local seen, found = {}, 0\n"
        "local function walk(value)\n"
        "  if type(value) == 'userdata' then found = found + 1 end\n"
        "  if type(value) ~= 'table' or seen[value] then return end\n"
        "  seen[value] = true\n"
        "  for k, v in next, value do walk(k) walk(v) end\n"
        "  walk(getmetatable(value))\n"
        "end\n"
        "walk(_G) walk(getmetatable(''))\n"
        "local _, why = pcall(function() smua.source.levelv = {} end)\n"
        "print(found, type(why))\n"
        "endscript"
    )

    count, kind = wire.resource.read().split("\t")
    assert (float(count), kind) == (0, "string")


@pytest.mark.parametrize(
    "bomb",
    [
        "x = string.rep('x', 1e10)",
        "x = ('x'):rep(1e10)",
        "t = {} for k = 1, 1e9 do t[k] = k end",
        "s = 'x' while true do s = s .. s end",
    ],
)
def test_memory_is_bounded_and_there_again_afterwards(wire: Any, bomb: str) -> None:
    wire.tell(bomb)
    wire.tell("x, t, s = nil, nil, nil")

    assert set(wire.errors()) <= {-225, -286}
    assert len(wire.ask("print(string.rep('y', 1e5))")) == 100_000


@pytest.mark.parametrize(
    "slow",
    [
        "x = string.rep('', 1e15)",
        "x = string.find(string.rep('a', 3000), string.rep('.-', 8) .. 'b')",
        "x = string.gsub(string.rep('a', 1e6), '.*b', '')",
    ],
)
def test_no_function_of_lua_runs_for_hours(wire: Any, slow: str) -> None:
    wire.tell(slow)

    assert not wire.is_silent


def test_a_program_that_never_stops_talking_is_stopped(
    wire: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tsp, "MOST_SAID", 10_000)

    wire.tell("for k = 1, 1e6 do print(string.rep('x', 1000)) end")

    assert len(wire.twin.drain()) < 20_000
    assert wire.is_silent
    wire.resource.clear()
    assert not wire.is_silent


def test_a_script_too_long_to_keep_is_refused(
    wire: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tsp, "LONGEST_SCRIPT", 100)

    wire.tell("loadscript long\n" + "x = 1\n" * 50 + "endscript")

    assert -225 in wire.errors()
    assert wire.ask("print(long)") == "nil"


@pytest.mark.parametrize(
    ("mean", "codes"),
    [
        ("pairs, ipairs, tostring, type = nil, nil, nil, nil", []),
        ("error(string.rep('x', 1e6))", [-286]),
        ("error(setmetatable({}, {__tostring = function() error('x') end}))", [-286]),
        ("getmetatable('').__index = nil", []),
        ("getmetatable(smub).__index = nil", []),
    ],
)
def test_a_mean_program_harms_only_itself(
    wire: Any, mean: str, codes: list[int]
) -> None:
    wire.tell(mean)

    texts = [text for _, text in wire.twin.status.errors]
    assert wire.errors() == codes
    assert all(len(text) < 300 for text in texts)
    assert wire.ask("b = smua.makebuffer(5) print(b.n)") == "0.00000e+00"
    assert wire.ask("print('%d', smua.source.levelv)") == "%d\t0.00000e+00"


def test_an_error_that_never_ends_to_describe_itself_is_stopped(
    wire: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lua, "IDLE_STRIDES", 50)

    wire.tell(
        "error(setmetatable({}, {__tostring = function() while true do end end}))"
    )

    assert wire.is_silent
    wire.resource.clear()
    assert not wire.is_silent


@pytest.mark.parametrize(
    "slow",
    [
        "while true do t = string.rep('y', 1e6) end",
        "s = string.rep('y', 1e6) while true do t = s .. 'a' end",
        "s = string.rep('y', 1e6) while true do t = string.upper(s) end",
        "s = string.rep('y', 1e5) while true do pcall(string.find, s, 'y*z') end",
    ],
)
def test_a_program_of_few_but_long_instructions_is_stopped_too(
    wire: Any, monkeypatch: pytest.MonkeyPatch, slow: str
) -> None:
    monkeypatch.setattr(lua, "PATIENCE", 0.05)

    wire.tell(slow)

    assert wire.is_silent
    wire.resource.clear()
    assert not wire.is_silent


def test_binary_chunks_are_refused(wire: Any) -> None:
    wire.tell("f, why = loadstring('\\27Lua') print(f, why)")

    assert wire.resource.read().startswith("nil\t")
    wire.tell("\x1bLuaQ")
    assert wire.errors() == [-285]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.text(st.characters(max_codepoint=255), max_size=30), max_size=4))
def test_no_message_silences_the_instrument_for_good(
    wire: Any, lines: list[str]
) -> None:
    wire.resource.write_raw("\n".join(lines).encode("latin-1"))
    wire.resource.write_raw(b"smua\nloadscript\n(((\n\x00'\nendscript")

    wire.resource.clear()

    assert not wire.is_silent
