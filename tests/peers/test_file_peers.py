"""Foreign readers take what a run exports, and find the run's numbers in it."""

from pathlib import Path

import file_page
import pytest
from exported_run import export_everything
from file_cases import CASES
from file_run import read_files
from needs_peers import needs_peers

GROUPS = sorted({case.group for case in CASES})


def test_the_page_says_what_the_cases_say() -> None:
    assert file_page.PAGE.read_text("utf-8") == file_page.page(), (
        "python tests/peers/file_page.py"
    )


@needs_peers
@pytest.mark.parametrize("group", GROUPS)
def test_every_reader_finds_the_run_s_numbers(group: str, tmp_path: Path) -> None:
    run, files = export_everything(tmp_path)
    cases = [case for case in CASES if case.group == group]

    with run:
        reads = read_files(cases, run, files, tmp_path)

    wrong = {
        case.name: read.said or dict(read.deviations)
        for case, read in zip(cases, reads, strict=True)
        if read.said or max(read.deviations.values()) > case.within
    }
    assert wrong == {}
