"""How a TSP instrument takes messages: lines, scripts, errors, aborts."""

from typing import Any

import pytest

from drivers.twins.scpi import lua

SCRIPT = "loadandrunscript\r\nfor k = 1, 3 do\r\nprint(k)\r\nend\r\nendscript\r\n"


def test_a_script_of_many_lines_in_one_message_runs(wire: Any) -> None:
    wire.tell(SCRIPT)

    assert [float(wire.resource.read()) for _ in range(3)] == [1, 2, 3]
    assert wire.ask("*IDN?").startswith("Keithley Instruments Inc., Model 2636B")
    assert wire.errors() == []


def test_a_script_may_come_in_pieces_and_with_more_behind_it(wire: Any) -> None:
    wire.tell("loadandrunscript\nprint(1)")
    wire.tell("endscript\nprint(2)\n*IDN?")

    answers = [wire.resource.read() for _ in range(3)]
    assert [float(a) for a in answers[:2]] == [1, 2]
    assert "2636B" in answers[2]


@pytest.mark.parametrize(
    "call", ["sweep()", "sweep.run()", "script.user.scripts.sweep()"]
)
def test_a_named_script_is_kept_until_it_is_called(wire: Any, call: str) -> None:
    wire.tell("loadscript sweep\nprint('swept')\nendscript")

    assert wire.ask(call) == "swept"
    assert wire.ask("print(sweep.name)") == "sweep"


def test_the_script_without_a_name_is_run_by_script_run(wire: Any) -> None:
    wire.tell("loadscript\nprint('a')\nendscript\nloadscript\nprint('b')\nendscript")

    assert wire.ask("script.run()") == "b"
    assert wire.ask("script.anonymous()") == "b"


def test_a_script_with_a_syntax_error_is_not_kept(wire: Any) -> None:
    wire.tell("loadscript bad\nx = 1\nfor\nendscript")

    assert wire.twin.status.errors[0][1].startswith("TSP Syntax error at line 2:")
    assert wire.errors() == [-285]
    assert wire.ask("print(bad)") == "nil"


@pytest.mark.parametrize(
    ("chunk", "code", "text"),
    [
        # what is no Lua does not run at all
        ("smua.source.levelv = = 1", -285, "TSP Syntax error at line 1: "),
        # a name that is nothing ends the chunk
        ("nothing.at.all = 1", -286, "TSP Runtime error at line 1: attempt to index"),
        ("smua.nothing()", -286, "TSP Runtime error at line 1: attempt to call"),
        ("smua.nothing = 1", -286, "smua.nothing is no attribute"),
        ("smua.source.compliance = 1", -286, "smua.source.compliance is read-only"),
        ("smua.source.levelv = 'high'", -286, "number expected, got string"),
        ("delay()", -286, "delay: number expected, got nil"),
        # a value out of range goes to the queue
        ("smua.source.levelv = 203", 1101, "Parameter too big"),
        ("smua.source.limiti = 0", 1102, "Parameter too small"),
        ("smua.source.levelv = 0/0", 1101, "Parameter too big"),
        ("*ABC", -285, "unexpected symbol"),
    ],
)
def test_what_is_wrong_goes_to_the_error_queue(
    wire: Any, chunk: str, code: int, text: str
) -> None:
    wire.tell(chunk)

    (found,) = wire.twin.status.errors
    assert found[0] == code
    assert text in found[1]


def test_a_refused_value_does_not_end_the_chunk(wire: Any) -> None:
    """Appendix B: only error -286 ends a script."""
    wire.tell("smua.source.levelv = 203 smua.source.levelv = 0.5")

    assert wire.errors() == [1101]
    assert wire.numbers("print(smua.source.levelv)") == [0.5]


def test_a_runtime_error_ends_the_chunk(wire: Any) -> None:
    wire.tell("nothing() smua.source.levelv = 0.5")

    assert wire.errors() == [-286]
    assert wire.numbers("print(smua.source.levelv)") == [0]


def test_errors_come_with_severity_and_node_then_the_queue_is_empty(wire: Any) -> None:
    wire.tell("smua.source.levelv = 203")

    assert wire.numbers("print(errorqueue.count)") == [1]
    code, text, severity, node = wire.ask("print(errorqueue.next())").split("\t")
    assert (float(code), float(severity), float(node)) == (1101, 20, 1)
    assert text == "Parameter too big; smua.source.levelv"
    assert wire.ask("print(errorqueue.next())").startswith(
        "0.00000e+00\tQueue Is Empty"
    )


ENDS = {
    "abort": lambda wire: wire.tell("abort"),
    "device clear": lambda wire: wire.resource.clear(),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(
    "endless",
    [
        "while true do end",
        "while true do smua.measure.i() end",
        "while true do pcall(function() while true do end end) end",
        "while true do pcall(smua.measure.i) end",
        "smua.trigger.arm.stimulus = 99 smua.trigger.initiate() waitcomplete()",
    ],
)
def test_a_script_without_end_is_silent_until_it_is_aborted(
    wire: Any, monkeypatch: pytest.MonkeyPatch, endless: str, end: str
) -> None:
    monkeypatch.setattr(lua, "IDLE_STRIDES", 50)
    monkeypatch.setattr(lua, "CALLS", 500)
    wire.tell(f"smua.source.levelv = 0.5 smua.source.output = 1 {endless} print('end')")

    assert wire.is_silent
    ENDS[end](wire)
    assert not wire.is_silent
    assert wire.numbers("print(smua.source.levelv, smua.source.output)") == [0.5, 1]


@pytest.mark.parametrize("end", ENDS)
def test_an_unfinished_script_is_forgotten(wire: Any, end: str) -> None:
    wire.tell("loadscript half\nprint(1)")

    ENDS[end](wire)
    wire.tell("endscript")

    assert wire.errors() == [-285]
    assert wire.ask("print(half)") == "nil"


def test_numbers_print_with_the_digits_that_are_set(wire: Any) -> None:
    assert wire.ask("print(1/3, true, nil, 'text')") == "3.33333e-01\ttrue\tnil\ttext"
    wire.tell("format.asciiprecision = 10")
    assert wire.ask("printnumber(1/3, 2)") == "3.333333333e-01, 2.000000000e+00"


def test_each_print_is_a_response_of_its_own(wire: Any) -> None:
    wire.tell("print(1) delay(2) print(2)")

    assert float(wire.resource.read()) == 1
    assert wire.clock.now() < 1
    assert float(wire.resource.read()) == 2
    assert wire.clock.now() > 2


def test_enables_and_status_are_numbers_of_lua(wire: Any) -> None:
    wire.tell("*CLS\n*ESE 16\n*SRE 32\nsmua.source.levelv = 203")

    assert float(wire.ask("*ESE?")) == 16
    assert float(wire.ask("*SRE?")) == 32
