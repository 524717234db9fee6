from collections.abc import Sequence

import pytest

from labctl.data import Result
from labctl.figures.grouping import (
    Grouped,
    Grouping,
    groups_of,
    labels_of,
    split_words,
    usual,
)
from labctl.report.html import Report
from labctl.report.of_run import compare_reports

QMS_1 = Grouped("si-qms-1", "QMS, first batch", "20260801-cycling-0a1b")
QMS_2 = Grouped("si-qms-2", "QMS, first batch", "20260802-cycling-0c2d")
SI = Grouped("si-1", "pure silicon", "20260803-cycling-0e3f")


@pytest.mark.parametrize(
    ("by", "words", "groups"),
    [
        # a common beginning of names means nothing
        (Grouping.SAMPLE, (), ["si-qms-1", "si-qms-2", "si-1"]),
        (Grouping.TITLE, (), ["QMS, first batch", "QMS, first batch", "pure silicon"]),
        # the first word that fits decides, so the special one is typed first
        (Grouping.WORDS, ("qms", "si"), ["qms", "qms", "si"]),
        (Grouping.WORDS, ("si", "qms"), ["si", "si", "si"]),
        (Grouping.WORDS, ("lfp",), ["no word fits"] * 3),
        (Grouping.RUN, (), ["si-qms-1 …0a1b", "si-qms-2 …0c2d", "si-1 …0e3f"]),
    ],
)
def test_runs_are_grouped_by_what_a_person_says(
    by: Grouping, words: Sequence[str], groups: list[str]
) -> None:
    assert list(groups_of([QMS_1, QMS_2, SI], by, words).values()) == groups


def test_labels_that_would_be_alike_are_whole_ids() -> None:
    twin = Grouped("si-1", "", "20260901-cycling-0e3f")

    assert labels_of([SI, twin]) == {SI.run: SI.run, twin.run: twin.run}


def test_words_keep_their_blanks() -> None:
    assert split_words(" qms ; pure si;; ") == ("qms", "pure si")


def test_an_excluded_run_keeps_its_row_but_leaves_the_mean() -> None:
    read = {
        about: Report("", about.run, results={"ice": Result(value, "%")})
        for about, value in ((QMS_1, 90.0), (QMS_2, 92.0), (SI, 50.0))
    }

    report = compare_reports(read, Grouping.WORDS, ("si",), {SI.run})
    [means], [every] = report.compared, report.tables

    assert means.rows[0][1:4] == ["Ice", "si", "2"]
    assert means.rows[0][4].startswith("91.0 ±")
    assert every.rows[2] == ["si-1 …0e3f (excluded)", "50 %, uncertainty unknown"]
    assert report.deviations[0] == "si-1 …0e3f: excluded from figures and means"


def test_runs_of_one_sample_stand_alone_where_nobody_says_how() -> None:
    again = Grouped("si-1", "pure silicon", "20260901-cycling-1a2b")

    assert usual([SI, again]) is Grouping.RUN
    assert usual([SI, again, QMS_1]) is Grouping.SAMPLE
