"""Folders of files: each measurement once, whatever happens on the way."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import samples_ec_lab
import yaml

from drivers.twins.world import catalogue
from labctl.errors import OperatorError, StoreError
from labctl.session.importing.folder import Fate, files_below, import_files
from labctl.session.importing.one_file import ImportOrder
from labctl.session.importing.place import NAME, ImportPlace
from labctl.store.folder import list_runs


@pytest.fixture
def order(tmp_path: Path) -> ImportOrder:
    path = tmp_path / "A17.yaml"
    given = {**catalogue.label("si"), "name": "A17"}
    path.write_text(yaml.safe_dump(given, allow_unicode=True), "utf-8")
    return ImportOrder.of(path)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Return a folder with one file, and another file a folder further down."""
    folder = tmp_path / "old"
    (folder / "deeper").mkdir(parents=True)
    samples_ec_lab.text(folder)
    samples_ec_lab.text(folder / "deeper", frozenset({"Ns"})).rename(
        folder / "deeper" / "other.mpt"
    )
    (folder / "notes.docx").write_bytes(b"PK\x03\x04")
    return folder


def fates(old: Path, order: ImportOrder, out: Path, jobs: int = 1) -> list[Fate]:
    files = files_below([old], out).files
    return [each.fate for each in import_files(files, order, out, jobs=jobs)]


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_folder_becomes_runs_and_again_nothing_is_doubled(
    old: Path, order: ImportOrder, tmp_path: Path, jobs: int
) -> None:
    out = tmp_path / "runs"

    first, again = fates(old, order, out, jobs), fates(old, order, out, jobs)

    assert first == [Fate.IMPORTED, Fate.IMPORTED]
    assert again == [Fate.THERE, Fate.THERE]
    assert len(list(list_runs(out))) == 2


def test_the_text_beside_a_binary_file_is_the_same_measurement(
    order: ImportOrder, tmp_path: Path
) -> None:
    binary = samples_ec_lab.binary(tmp_path)
    text = samples_ec_lab.text(tmp_path)

    found = import_files([binary, text], order, tmp_path / "runs")

    assert [each.fate for each in found] == [Fate.IMPORTED, Fate.THERE]
    assert found[1].why == "the same measurement as gcpl.mpr"


def test_the_same_rows_under_another_name_are_imported_and_said(
    order: ImportOrder, tmp_path: Path
) -> None:
    binary = samples_ec_lab.binary(tmp_path)
    text = samples_ec_lab.text(tmp_path).rename(tmp_path / "sister.mpt")

    found = import_files([binary, text], order, tmp_path / "runs")

    assert [each.fate for each in found] == [Fate.IMPORTED, Fate.IMPORTED]
    assert found[1].why.startswith("the same rows as gcpl.mpr")


def test_a_refused_file_stops_no_other(
    old: Path, order: ImportOrder, tmp_path: Path
) -> None:
    (old / "a_broken.mpt").write_bytes(b"EC-Lab ASCII FILE\r\nNb header lines : 99\r\n")

    found = import_files(
        files_below([old], tmp_path / "runs").files, order, tmp_path / "runs"
    )

    assert [each.fate for each in found].count(Fate.IMPORTED) == 2
    assert [each.file.name for each in found if each.fate is Fate.REFUSED] == [
        "a_broken.mpt"
    ]


def test_files_come_in_natural_order_and_runs_of_labctl_need_no_import(
    order: ImportOrder, tmp_path: Path
) -> None:
    for name in ("x_10.mpt", "x_9.mpt", "X_1.mpt"):
        samples_ec_lab.text(tmp_path).rename(tmp_path / name)
    out = tmp_path / "runs"
    import_files([tmp_path / "x_9.mpt"], order, out)

    found = files_below([tmp_path], tmp_path / "elsewhere")

    assert [each.name for each in found.files] == ["X_1.mpt", "x_9.mpt", "x_10.mpt"]
    assert [each.name for each in found.others] == ["A17.yaml"]
    assert found.runs == [run.path for run in list_runs(out)]


def test_a_place_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="nowhere: there is no such file"):
        files_below([tmp_path / "nowhere"], tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="links and pipes of POSIX")
def test_links_that_lead_back_and_pipes_hold_nobody_up(old: Path) -> None:
    (old / "deeper" / "loop").symlink_to(old)
    os.mkfifo(old / "pipe.mpt")

    found = files_below([old], old / "runs")

    assert [each.name for each in found.files] == ["other.mpt", "gcpl.mpt"]
    with pytest.raises(OperatorError, match=r"pipe\.mpt: no file, but a pipe"):
        files_below([old / "pipe.mpt"], old / "runs")


def test_two_imports_into_one_folder_do_not_mix(tmp_path: Path) -> None:
    with (
        ImportPlace(tmp_path / "runs"),
        pytest.raises(StoreError, match="another import into this folder goes on"),
        ImportPlace(tmp_path / "runs"),
    ):
        pytest.fail("entered twice")


HALF_WAY = """
import signal
import sys
from pathlib import Path
from labctl.session.importing import one_file
from labctl.session.importing.folder import import_files

def stand_still(*_):
    print("half way", flush=True)
    sys.stdin.read()

one_file.seal = stand_still
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background
order = one_file.ImportOrder.of(Path(sys.argv[2]))
import_files([Path(sys.argv[1])], order, Path(sys.argv[3]))
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_an_import_that_was_broken_off_leaves_no_run_and_blocks_nothing(
    order: ImportOrder, tmp_path: Path, how: signal.Signals
) -> None:
    file, out = samples_ec_lab.text(tmp_path), tmp_path / "runs"
    paths = map(str, (file, tmp_path / "A17.yaml", out))
    program = [sys.executable, "-c", HALF_WAY, *paths]
    with subprocess.Popen(
        program,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"half way\n"
        child.send_signal(how)
        child.wait(timeout=60)
    left = list(list_runs(out))

    found = import_files([file], order, out)

    assert left == []
    assert [each.fate for each in found] == [Fate.IMPORTED]
    assert [each for each in (out / NAME).iterdir() if each.is_dir()] == []
