"""The manifest says which bytes a run had when it was sealed."""

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from labctl.data import Batch, Event, Level, Stream
from labctl.errors import StoreError
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal
from labctl.store.manifest import MANIFEST, read_manifest, write_manifest
from labctl.store.run_file.seal import seal
from labctl.store.run_file.verify import verify

Rows = Callable[[Stream, int, int], Batch]


@pytest.fixture
def sealed(finished: RunFolder) -> RunFolder:
    seal(finished)
    return finished


def flip(path: Path, at: int = 20) -> None:
    """Change one bit of a file and nothing else, as a bad disk does."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(bytes(data))


def test_it_lists_the_sealed_file_and_the_journal_of_a_run_that_ended(
    sealed: RunFolder,
) -> None:
    listed = read_manifest(sealed)

    assert listed == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (sealed.sealed, sealed.journal)
    }


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no GNU coreutils")
def test_sha256sum_checks_it_without_labctl(sealed: RunFolder) -> None:
    check = ["sha256sum", "--strict", "-c", MANIFEST]
    good = subprocess.run(check, cwd=sealed.path, check=False, capture_output=True)
    flip(sealed.sealed, -20)
    bad = subprocess.run(check, cwd=sealed.path, check=False, capture_output=True)

    assert (good.returncode, bad.returncode) == (0, 1)
    assert f"{sealed.sealed.name}: FAILED" in bad.stdout.decode()


def test_reading_a_run_leaves_its_files_as_they_were(sealed: RunFolder) -> None:
    verify(sealed.path)
    report = verify(sealed.path)

    assert report.ok
    assert report.summary() == "all 569 rows are the same, 2 files as they were sealed"


def test_a_file_that_was_changed_afterwards_is_named(sealed: RunFolder) -> None:
    """A bit in the file that no row holds is found by nothing else."""
    with sealed.sealed.open("ab") as file:
        file.write(b"\0")

    report = verify(sealed.path)

    assert not report.ok
    assert report.summary() == (
        f"{sealed.sealed.name} is not what it was when the run was sealed"
    )


def test_a_listed_file_that_is_gone_is_named(sealed: RunFolder) -> None:
    with (sealed.path / MANIFEST).open("a") as file:
        file.write(f"{'0' * 64}  journal-2.sqlite\n")

    assert verify(sealed.path).summary() == "journal-2.sqlite is missing"


def test_a_run_that_goes_on_gets_a_fresh_one(
    sealed: RunFolder, header: RunHeader
) -> None:
    before = read_manifest(sealed)
    with Journal.open(sealed.journal) as journal:
        journal.event(Event(Level.INFO, "note", "more"), 600.0, header.started_unix)
        journal.commit()
        while_it_goes_on = verify(sealed.path)
        journal.finish("completed", {}, header.started_unix + 700)
    not_sealed_again = verify(sealed.path)
    seal(sealed)

    assert not while_it_goes_on.listed
    assert f"{sealed.journal.name} is not" in not_sealed_again.summary()
    assert verify(sealed.path).ok
    assert read_manifest(sealed).keys() == before.keys()
    assert read_manifest(sealed) != before


def test_the_journal_of_a_run_that_did_not_end_is_not_final(
    folder: RunFolder, header: RunHeader
) -> None:
    Journal.create(folder.journal, header).close()
    seal(folder)

    assert list(read_manifest(folder)) == [folder.sealed.name]


def test_a_run_without_a_manifest_is_compared_as_before(sealed: RunFolder) -> None:
    (sealed.path / MANIFEST).unlink()

    assert verify(sealed.path).summary() == "all 569 rows are the same"


@pytest.mark.parametrize(
    "line",
    [
        "not a manifest",
        f"{'0' * 64}  ../other/run.h5",
        f"{'0' * 64}  /etc/passwd",
        f"{'0' * 63}  run-1.h5",
    ],
)
def test_what_is_no_manifest_is_refused_with_its_line(
    sealed: RunFolder, line: str
) -> None:
    (sealed.path / MANIFEST).write_text(f"{'0' * 64}  run-1.h5\n{line}\n")

    with pytest.raises(StoreError, match="line 2"):
        verify(sealed.path)


def test_a_manifest_that_cannot_be_written_costs_no_file(
    finished: RunFolder,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("labctl.store.run_file.seal.write_manifest", full)

    assert seal(finished).exists()
    assert "has no manifest" in caplog.text
    assert verify(finished.path).ok


def test_writing_it_fails_without_leaving_half_of_one(
    sealed: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    (sealed.path / MANIFEST).unlink()
    monkeypatch.setattr("labctl.store.manifest.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_manifest(sealed, ended=True)

    assert not list(sealed.path.glob(f"*{MANIFEST}*"))
