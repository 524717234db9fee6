"""The table of speed says what was measured, what was not, and whether it is enough."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import speed_history
import speed_list
import speed_machine
import speed_page
import speed_profile
import speed_table
from speed_history import Line, Occasion
from speed_measure import BEFORE, NOW, Measured, Pythons, measure
from speed_process import Answer, measured
from speed_rows import CPU, MEMORY, PROGRAMS, WALL, Figure, House, Program, Row

from labctl.errors import OperatorError

OCCASION = Occasion("2026-11-30 12:00", "abc", "a machine", 0.1, "def")
PEER = Program("peer", "peer.py", house=House.PEERS)
ROW = Row(
    "group",
    "work",
    Program("labctl", "ours.py"),
    (Figure("us", "µs", 1.5, beside="peer"), Figure("share", "%", 90.0, "", "s", True)),
    (PEER,),
)


def answers(**given: list[float]) -> list[Answer]:
    turns = zip(*given.values(), strict=True)
    return [Answer(dict(zip(given, turn, strict=True))) for turn in turns]


def line(work: str = "work", **given: object) -> Line:
    told = {"date": "2026-11-30 12:00", "commit": "abc", "machine": "m", "load": 0.1}
    return Line(**(told | {"work": work, "unit": "s", "value": 1.0} | given))  # type: ignore[arg-type]


def rendered(measured_row: Measured) -> list[str]:
    lines = speed_history.latest(speed_history.lines(measured_row, OCCASION))
    return speed_table.table([measured_row.row], lines).splitlines()


def test_a_row_shows_medians_of_all_and_whether_a_goal_that_is_a_multiple_is_met() -> (
    None
):
    found = Measured(
        ROW,
        {
            NOW: answers(us=[3.0, 2.0, 9.0], share=[100.0, 100.0, 100.0]),
            BEFORE: answers(us=[8.0], share=[50.0]),
            "peer": answers(us=[2.5]),
        },
    )

    assert rendered(found) == [
        "| work | before | labctl | beside it | goal |",
        "| --- | --- | --- | --- | --- |",
        "| work | 8 µs | 3 µs (2 to 9) | peer 2.5 µs | ≤ 3.75 µs (1.5 × peer): met |",
        "| work, s | 50 % | 100 % (100 to 100) | – | ≥ 90 %: met |",
    ]


def test_what_gave_no_figure_is_said_and_no_goal_is_called_met() -> None:
    found = Measured(
        ROW,
        {
            NOW: [Answer(trouble="ImportError: a | b")],
            "peer": [Answer(trouble="not installed")],
        },
    )

    _, _, first, second = rendered(found)

    assert first == (
        "| work | not measured: ImportError: a \\| b | peer: not installed "
        "| 1.5 × peer |"
    )
    assert "met" not in second


@pytest.mark.parametrize(
    ("value", "least", "wanted"),
    [
        # at the goal is enough, beyond it is not
        (1.0, False, True),
        (1.01, False, False),
        # a share has to be reached, not kept below
        (1.01, True, True),
        (0.99, True, False),
    ],
)
def test_a_goal_is_kept_or_reached(value: float, least: bool, wanted: bool) -> None:
    assert Figure("k", "s", 1.0, least=least).meets(value, {}) is wanted


def test_the_goal_beside_a_peer_that_is_missing_is_unknown() -> None:
    figure = Figure("k", "s", 1.3, beside="peer")

    assert figure.meets(1.0, {"peer": "not installed"}) is None


def test_the_history_keeps_every_line_and_the_last_of_a_figure_is_shown(
    tmp_path: Path,
) -> None:
    path = tmp_path / "history.jsonl"
    first = line(value=2.0, beside={"peer": 3.0, "other": "not installed"})
    speed_history.append(path, [first, line("else")])
    speed_history.append(path, [line(value=None, trouble="exit code 1")])

    read = speed_history.read(path)

    assert read[0] == first
    assert [one.value for one in read] == [2.0, 1.0, None]
    assert speed_history.latest(read)["work"].trouble == "exit code 1"
    assert speed_history.read(tmp_path / "none") == []


def test_a_process_is_asked_what_it_burned_and_believed_what_it_says(
    tmp_path: Path,
) -> None:
    text = 'print("words"); print(\'{"us": 1.5, "status": "completed", "ok": true}\')'

    answer = measured([sys.executable, "-c", text], tmp_path)

    assert answer.trouble == ""
    assert answer.figures["us"] == 1.5
    assert answer.figures.keys() == {CPU, WALL, MEMORY, "us"}
    assert answer.figures[MEMORY] > 1.0  # a bare Python has more than a megabyte


def test_a_process_that_fails_gives_its_last_words_instead_of_figures(
    tmp_path: Path,
) -> None:
    text = "print('{\"us\": 1.5}'); raise ValueError('no such cell')"

    answer = measured([sys.executable, "-c", text], tmp_path)

    assert answer == Answer(trouble="ValueError: no such cell")


def test_a_trivial_row_is_measured_in_turns_and_a_missing_peer_is_said(
    tmp_path: Path,
) -> None:
    script = tmp_path / "ours.py"
    note = tmp_path / "told"
    script.write_text(
        "import sys, pathlib\n"
        f"with pathlib.Path({str(note)!r}).open('a') as file: file.write(sys.argv[1])\n"
        "print('{\"us\": 2.0}')\n"
    )
    row = Row(
        "group",
        "work",
        Program("labctl", f"{script} full", f"{script} quick"),
        (Figure("us", "µs"),),
        (PEER,),
    )
    python = Path(sys.executable)

    found = measure(row, Pythons(python, before=python), repeats=2)

    assert note.read_text() == "quickquick" + 2 * "fullfull"  # warm first, both trees
    spread = found.spread(NOW, "us")
    assert spread is not None
    assert (spread.median, spread.count) == (2.0, 2)
    assert found.spread(BEFORE, "us") == spread
    assert found.beside("us") == {"peer": "not installed"}


def test_what_is_compiled_is_compiled_before_the_first_turn_but_for_a_first_ever(
    tmp_path: Path,
) -> None:
    note, script = tmp_path / "told", tmp_path / "ours.py"
    script.write_text(
        "import os, pathlib\n"
        "names = ('LABCTL_KERNELS', 'LABCTL_KERNEL_CACHE')\n"
        "told = ' '.join(str(os.environ.get(name)) for name in names)\n"
        f"with pathlib.Path({str(note)!r}).open('a') as file: print(told, file=file)\n"
    )
    for first_ever in (False, True):
        program = Program("labctl", str(script), first_ever=first_ever)
        row = Row("group", "work", program, (Figure(WALL, "s"),))
        measure(row, Pythons(Path(sys.executable)), repeats=2)

    assert note.read_text().splitlines() == [
        *("compiled None", "None None", "None None"),
        *("None kernels", "None kernels"),
    ]


def test_only_the_part_of_a_page_that_was_measured_is_written_anew() -> None:
    page = "a\n<!-- table -->\nold\n<!-- end of table -->\nb\n"

    made = speed_page.filled(page, "table", "new\n")

    assert made == "a\n<!-- table -->\n\nnew\n\n<!-- end of table -->\nb\n"
    assert speed_page.filled(made, "table", "new") == made
    with pytest.raises(OperatorError, match="profiles"):
        speed_page.filled(page, "profiles", "new")


def test_the_time_of_what_is_written_in_c_belongs_to_who_asked_for_it() -> None:
    tree = Path("/tree")
    ours = ("/tree/labctl/store/journal/journal.py", 1, "append")
    theirs = ("/venv/lib/site-packages/numpy/core.py", 2, "sum")
    written_in_c = ("~", 0, "<built-in>")
    waits = ("~", 0, "<built-in method posix.waitpid>")
    stats = {
        ours: (1, 1, 1.0, 4.0, {}),
        theirs: (1, 1, 0.5, 1.5, {ours: (1, 1, 0.5, 1.5)}),
        written_in_c: (
            *(2, 2, 3.0, 3.0),
            {ours: (1, 1, 2.0, 2.0), theirs: (1, 1, 1.0, 1.0)},
        ),
        waits: (1, 1, 5.0, 5.0, {ours: (1, 1, 5.0, 5.0)}),
    }

    own = speed_profile.seconds(stats)

    assert own == {ours: 3.0, theirs: 1.5, speed_profile.WAITING: 5.0}
    assert speed_profile.package_of(ours, tree) == "labctl/store/journal"
    assert speed_profile.package_of(theirs, tree) == "numpy"
    assert speed_profile.package_of(speed_profile.WAITING, tree) == "waiting for others"
    assert (
        speed_profile.package_of(("/lib/python3.11/json.py", 1, "f"), tree)
        == "Python itself"
    )


@pytest.mark.parametrize(
    ("load", "quiet"),
    [
        # half a core of two: what a desktop does by itself
        (0.5, True),
        (0.6, False),
    ],
)
def test_a_busy_machine_is_named_busy(load: float, quiet: bool) -> None:
    assert (speed_machine.complaint(load, 2) == "") is quiet


def test_a_commit_is_marked_where_code_has_changed_not_where_figures_were_added(
    tmp_path: Path,
) -> None:
    def git(*words: str) -> None:
        who = ("-c", "user.name=n", "-c", "user.email=e@example.org")
        subprocess.run(["git", "-C", str(tmp_path), *who, *words], check=True)

    history = tmp_path / "tests/benchmarks/history.jsonl"
    history.parent.mkdir(parents=True)
    history.touch()
    (tmp_path / "code.py").touch()
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "first")

    clean = speed_machine.commit_of(tmp_path)
    history.write_text("{}")
    measured_again = speed_machine.commit_of(tmp_path)
    (tmp_path / "code.py").write_text("1")

    assert len(clean) == 8
    assert measured_again == clean
    assert speed_machine.commit_of(tmp_path) == f"{clean}+"


def test_every_program_of_the_table_is_there_and_no_two_lines_share_a_name() -> None:
    programs = [
        program
        for row in speed_list.ROWS
        for program in (row.program, *row.peers, row.prepare)
        if program is not None
    ]
    scripts = {one.words.split()[0] for one in programs if ".py" in one.words}
    titles = [row.title(figure) for row in speed_list.ROWS for figure in row.figures]

    assert {name for name in scripts if not (PROGRAMS / name).exists()} == set()
    assert len(titles) == len(set(titles))


def test_the_page_has_the_places_that_the_command_fills() -> None:
    page = speed_page.PAGE.read_text("utf-8")

    for name in ("table", "profiles"):
        assert speed_page.filled(page, name, "text") != page


def test_the_history_of_the_repository_can_be_read() -> None:
    for text in speed_history.HISTORY.read_text("utf-8").splitlines():
        assert speed_history.Line(**json.loads(text)).work
