"""Long work tells how far it has come, and a command shows it in time."""

import pytest

from labctl.cli.progress import LINE_EVERY
from labctl.cli.waiting_line import WaitingLine
from labctl.work_told import heard_by, told


def test_whoever_listens_hears_each_part_before_it_is_begun() -> None:
    heard: list[tuple[str, int, int]] = []

    with heard_by(lambda *said: heard.append(said)):
        begun = [(one, len(heard)) for one in told("spectrum", "ab")]

    assert begun == [("a", 1), ("b", 2)]
    assert heard == [("spectrum", 1, 2), ("spectrum", 2, 2)]


def test_nobody_need_listen() -> None:
    assert list(told("spectrum", [1, 2])) == [1, 2]


def test_a_line_a_minute_is_written_where_no_terminal_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    moments = iter([0.0, 1.0, LINE_EVERY + 1.0, LINE_EVERY + 2.0])
    line = WaitingLine(lambda: next(moments))

    for number in (1, 2, 3):
        line("spectrum", number, 8)

    assert capsys.readouterr().err == "spectrum 2 of 8\n"
