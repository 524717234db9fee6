"""Which run is meant by a word on the command line."""

from pathlib import Path

import pytest

from labctl.cli.run_argument import found


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        # as `labctl runs list` prints it
        ("20261129-si", "runs/20261129-si"),
        # what lies here goes first
        ("runs/20261129-si", "runs/20261129-si"),
        ("elsewhere", "elsewhere"),
        # nothing of that name: complained of as it was typed
        ("20261129-s", "20261129-s"),
    ],
)
def test_a_run_is_named_by_its_folder_or_its_id(
    word: str, meant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("runs/20261129-si", "runs/elsewhere", "elsewhere"):
        Path(folder).mkdir(parents=True)

    assert found(word) == Path(meant)
