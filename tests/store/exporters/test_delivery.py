"""Exported files appear whole, together, and replace nothing unasked."""

import os
from pathlib import Path

import pytest

from labctl.errors import OperatorError, StoreError
from labctl.store.exporters.delivery import delivery, word_of


def deliver(directory: Path, *, replace: bool = False, **texts: str) -> list[Path]:
    with delivery(directory, replace=replace) as goods:
        for name, text in texts.items():
            goods.file(f"{name}.txt").write_text(text)
    return goods.paths


def test_the_same_content_is_left_alone(tmp_path: Path) -> None:
    (path,) = deliver(tmp_path / "out", a="1")
    os.utime(path, (1.0, 1.0))

    assert deliver(tmp_path / "out", a="1") == [path]
    assert path.stat().st_mtime == 1.0


def test_other_content_is_refused_and_then_nothing_is_written(tmp_path: Path) -> None:
    deliver(tmp_path, a="1")

    with pytest.raises(OperatorError, match=r"a\.txt is there with other content"):
        deliver(tmp_path, b="new", a="2")

    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"a.txt": "1"}


def test_replacing_is_told(tmp_path: Path) -> None:
    deliver(tmp_path, a="1")

    deliver(tmp_path, replace=True, a="2")

    assert (tmp_path / "a.txt").read_text() == "2"


def test_a_writer_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def half() -> None:
        with delivery(tmp_path) as goods:
            goods.file("a.txt").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match=r"file.*: cannot be written: .*choose"):
        deliver(tmp_path / "file" / "out", a="1")


@pytest.mark.parametrize(
    ("text", "word"), [("U Cam", "U-Cam"), ("../x", "x"), ("ü∆", "unnamed")]
)
def test_a_word_is_a_file_name_on_any_system(text: str, word: str) -> None:
    assert word_of(text) == word
