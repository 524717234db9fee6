"""The simulated instrument at its line: what it takes, refuses and says."""

import pytest
from methodscript_bench import Bench, bench_of

from drivers.twins.palmsens.grammar import ScriptError, parse_script
from drivers.twins.palmsens.numerals import written_value

HELD = "set_pgstat_mode 3\nset_e 0\ncell_on\n"


def told(bench: Bench, text: str, seconds: float = 0.0) -> list[str]:
    bench.twin.receive(text.encode(), False)
    bench.clock.sleep(seconds)
    waiting = bench.twin.waiting
    data = bench.twin.read(waiting, 0.0)[0] if waiting else b""
    return data.decode().split("\n")[:-1]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        # who it is, in two lines; its script's version; its serial
        ("t\n", ["tes4_hr1305", "Jun 02 2024 08:31:40*"]),
        ("v\n", ["v0008"]),
        ("i\n", ["iSIM0001"]),
        # nothing runs, nothing is loaded, nobody knows it
        ("Z\n", ["Z!0006"]),
        ("Y\n", ["Y!0006"]),
        ("r\n", ["r!000C"]),
        ("q\n", ["q!0003"]),
        # an empty line means nothing
        ("\n", []),
    ],
)
def test_commands_are_answered(sent: str, said: list[str]) -> None:
    assert told(bench_of(), sent) == said


@pytest.mark.parametrize(
    ("script", "error"),
    [
        # a word that is no command, and where it stands
        ("var a\n  speed a\n", "!4001: Line 2, Col 3"),
        # not declared; too few, too many words; a type that is none
        ("store_var a 1m ba\n", "!4007: Line 1, Col 11"),
        ("var a\nstore_var a 1m\n", "!4000: Line 2, Col 13"),
        ("var a b\n", "!4000: Line 1, Col 7"),
        ("var a\nstore_var a 1m BA\n", "!4006: Line 2, Col 16"),
        # a decimal point; a prefix that is none
        ("var a\nstore_var a 1.5 ba\n", "!4002: Line 2, Col 13"),
        ("var a\nstore_var a 1q ba\n", "!4002: Line 2, Col 13"),
        # blocks that do not end, or were not begun
        ("var a\nif a < 1\n", "!4000: Line 3, Col 1"),
        ("endloop\n", "!4000: Line 1, Col 1"),
        ("var a\nloop a < 1\nendif\n", "!4000: Line 3, Col 1"),
    ],
)
def test_a_wrong_script_is_refused_where_it_is_wrong(script: str, error: str) -> None:
    with pytest.raises(ScriptError) as refused:
        parse_script(script)

    assert str(refused.value) == error


def test_a_pico_has_no_galvanostat() -> None:
    bench = bench_of(model="EmStat Pico")
    said = told(bench, "e\nvar v\nvar c\nmeas_loop_cp v c 1m 1 10\nendloop\n\n")

    assert said == ["e!001B: Line 3, Col 1"]


def test_variables_loops_and_branches_do_as_they_say() -> None:
    script = """e
var a
var b
store_var a 0i ja
store_var b 1 eb
loop a < 5i
add_var a 1i
mul_var b 2
if a == 2i
sub_var b 1
elseif a == 3i
div_var b 2
elseif a > 3i
breakloop
else
add_var b 1
endif
endloop
pck_start
pck_add a
pck_add b
pck_end

"""
    # b: 1, ×2+1=3, ×2−1=5, ×2/2=5, ×2=10 and out
    assert told(bench_of(), script) == [
        "e",
        "L",
        "+",
        f"Pja8000004i;eb{written_value(10.0, whole=False)}",
        "",
    ]


def test_a_measurement_takes_its_time_and_opens_the_cell_at_its_end() -> None:
    script = (
        "e\nvar v\nvar c\nset_pgstat_mode 6\nset_range db 1m\nset_i 0\ncell_on\n"
        "meas_loop_cp v c -1m 1 10\nendloop\non_finished:\ncell_off\n\n"
    )
    bench = bench_of(imperfections="none")
    before = bench.twin.analogue.socket.cell.charge

    assert told(bench, script, 5.0) == ["e", "M000B"]
    assert bench.twin.look()[0] is True
    assert told(bench, "t\n") == ["t!0006"]
    assert told(bench, "", 6.0) == ["*", ""]
    assert bench.twin.look()[0] is False
    charge = bench.twin.analogue.socket.cell.charge - before
    assert charge == pytest.approx(-0.01, rel=1e-3)


def test_an_abort_runs_what_stands_behind_on_finished() -> None:
    script = (
        "e\nvar v\nvar c\nset_pgstat_mode 3\nset_e 500m\ncell_on\n"
        "meas_loop_ca v c 500m 1 100\nendloop\non_finished:\ncell_off\n\n"
    )
    bench = bench_of()
    told(bench, script, 5.0)

    assert told(bench, "Z\n") == ["Z", ""]
    assert bench.twin.look()[0] is False


@pytest.mark.parametrize(
    ("body", "error"),
    [
        # a potential beyond what is controlled; a current beyond the range
        ("set_pgstat_mode 3\nset_e 7\n", "!000F: Line 4"),
        ("set_pgstat_mode 6\nset_range db 1m\nset_i 10m\n", "!4003: Line 5"),
        # a current in a mode that holds a voltage; a rest while the cell is on
        ("set_pgstat_mode 3\nset_i 1m\n", "!0023: Line 4"),
        (
            f"{HELD}meas_loop_ocp v 1 5\nendloop\n",
            "!0014: Line 6",
        ),
        # a frequency that it does not reach
        (
            f"{HELD}meas_loop_eis v c c 1m 1M 1 5i 0\nendloop\n",
            "!0011: Line 6",
        ),
    ],
)
def test_what_cannot_be_done_ends_a_script_with_its_line(body: str, error: str) -> None:
    bench = bench_of()
    script = f"e\nvar v\nvar c\n{body}on_finished:\ncell_off\n\n"

    assert told(bench, script, 10.0)[1:] == [error, ""]
    assert bench.twin.look()[0] is False
