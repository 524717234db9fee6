"""Files with known values: the run says them, and the page says what the run says."""

from pathlib import Path

import pytest
from files_table import ours, page
from known_files import CASES, FileCase

PAGE = Path(__file__).parents[3] / "docs/reference/files.md"


@pytest.mark.parametrize("case", CASES, ids=[each.what for each in CASES])
def test_a_run_says_what_its_file_holds(case: FileCase) -> None:
    assert ours(case)[1] == case.right


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page()
