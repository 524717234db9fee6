"""A list of runs can be read on any terminal, and is one table for a program."""

from labctl.cli.runs import listing

ROWS = [
    (f"2026-{k}-gitt-qms-{k}", "gitt", "qms", "completed", "diffusivity " * 3, "")
    for k in (1, 2)
]
OLD = ("2021-imported-qms-3", "gitt", "qms", "completed", "diffusivity", "old.mpt")


def test_runs_that_do_not_fit_a_terminal_take_two_lines_each() -> None:
    lines = listing(ROWS, 80).splitlines()

    assert [line.strip() for line in lines[::2]] == [row[0] for row in ROWS]
    assert max(map(len, lines)) <= 80


def test_a_pipe_or_a_wide_terminal_gets_one_line_a_run() -> None:
    assert len(listing(ROWS, None).splitlines()) == 1 + len(ROWS)
    assert listing(ROWS, 200) == listing(ROWS, None)


def test_an_imported_run_says_what_it_is_and_its_file_in_both_forms() -> None:
    assert listing([OLD], 40).splitlines()[1:] == [
        "  completed  gitt: diffusivity",
        "  from old.mpt",
    ]
    assert listing([*ROWS, OLD], None).splitlines()[-1].endswith("old.mpt")
