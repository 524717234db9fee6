"""What the import tells a person at the end, and when it is broken off."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from drivers.twins.world import catalogue
from labctl.cli.imported_text import imported_lines
from labctl.cli.tree import tree
from labctl.session.importing import folder
from labctl.session.importing.folder import Fate, FileFate
from labctl.store.imported_from import ImportedFrom, Start, StartKnown

Told = Callable[[FileFate], None]


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """Return a command for a folder with two files and a picture."""
    label = tmp_path / "A17.yaml"
    text = yaml.safe_dump(catalogue.label("si"), allow_unicode=True)
    label.write_text(text, "utf-8")
    old = tmp_path / "old"
    old.mkdir()
    for name in ("a.mpt", "b.mpt", "c.jpg"):
        (old / name).write_text("EC-Lab ASCII FILE\n" * name.endswith("t"))
    out = str(tmp_path / "runs")
    return ["runs", "import", str(old), "--sample", str(label), "--out", out]


def test_an_import_that_is_broken_off_says_how_far_it_came(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_off(files: list[Path], *_: Any, tell: Told, **__: Any) -> None:
        tell(FileFate(files[0], Fate.IMPORTED, "run-1"))
        raise KeyboardInterrupt

    monkeypatch.setattr(folder, "import_files", broken_off)

    done = CliRunner().invoke(tree(), words)

    assert "interrupted; 1 of 2 files are done: the same command goes" in done.stderr


def test_remarks_and_what_was_left_out_are_said_by_name(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    undated = Start(math.nan, StartKnown.UNKNOWN)
    fates = [
        FileFate(Path("cut.mpt"), Fate.IMPORTED, "run-1", "", ("cut",), Start(1.0)),
        FileFate(Path("old.mpt"), Fate.IMPORTED, "run-2", "", ("no date",), undated),
    ]
    monkeypatch.setattr(folder, "import_files", lambda *_, **__: fates)

    done = CliRunner().invoke(tree(), words)

    assert "left out, of other kinds: c.jpg\n" in done.stderr
    assert "RUN`: cut.mpt\n" in done.stderr  # that old.mpt has no date is said below


def test_a_start_is_shown_by_the_clock_that_the_file_had() -> None:
    start = Start(1614948000.0, StartKnown.LOCAL, "Asia/Seoul")

    lines = imported_lines(ImportedFrom("A17.txt", "Maccor", start=start))

    assert lines[1].startswith("began: 2021-03-05T21:40:00.000+09:00, as the file says")
