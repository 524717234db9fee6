"""``labctl report --by``: grouping is said, never guessed."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("words", [("--by", "words"), ("--words", "qms; si")])
def test_words_and_grouping_by_words_need_each_other(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "labctl", "report", str(tmp_path), *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert "go together" in done.stderr
