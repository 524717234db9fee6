"""``labctl watch``, ``labctl protocol show --for``: words in, a schedule or a run."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner
from wonatech_files import Row, wrd

from drivers.twins.world import catalogue
from labctl.cli.tree import tree
from labctl.documents.writing import write_yaml
from labctl.errors import OperatorError, RefusedError

FORMATION = ("formation-cycling", "--for", "wbcs3000", "--sample", "qms-0.7")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def labctl(*words: str) -> tuple[str, str]:
    """Return stdout and stderr. What the command raises is raised."""
    said = CliRunner().invoke(tree(), [*words], catch_exceptions=False)
    return said.stdout, said.stderr


def test_a_schedule_is_printed_to_be_typed_from() -> None:
    out, _ = labctl("protocol", "show", *FORMATION, "--set", "cycles=20")

    lines = {line.split()[0]: line for line in out.splitlines() if line}
    assert "-0.00020825 A" in lines["1STEP"]  # C/20 of 3500 mAh/g, 1.19 mg
    assert "voltage <= 0.005 V or time >= 60:00:00" in lines["1STEP"]
    assert "time >= 0:10:00" in lines["2STEP"]
    assert "5STEP, 20 times" in lines["8STEP"]


def test_a_program_gets_the_lines_as_numbers() -> None:
    out, _ = labctl("protocol", "show", *FORMATION, "--json")

    first = json.loads(out)["schedule"][0]
    assert first["control"] == "CC"
    assert first["current_ampere"] == pytest.approx(-2.0825e-4)


def test_a_cycler_that_labctl_drives_takes_no_typed_schedule() -> None:
    words = ("protocol", "show", "peis", "--for", "vsp300", "--sample", "qms-0.7")

    with pytest.raises(OperatorError, match="labctl drives it itself"):
        labctl(*words)


def test_what_cannot_be_entered_is_refused_by_name() -> None:
    words = ("protocol", "show", "peis", "--for", "wbcs3000", "--sample", "qms-0.7")

    with pytest.raises(RefusedError, match=r"impedance \(EIS\) cannot be entered"):
        labctl(*words)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        # parameters of nothing
        (("a.wrd", "--set", "cycles=3"), "belong to --planned"),
        # whose currents?
        (("a.wrd", "--planned", "cycling"), "--planned needs the sample"),
        # whose cell?
        (("a.wrd",), "no sample"),
        # a slip in the folder's name
        (("nowhere",), "no folder is there"),
        (("nowhere/cell7.wrd",), "nowhere: no folder is there"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_watched(
    words: tuple[str, ...], why: str
) -> None:
    Path("config.yaml").write_text("instruments: {}\nchannels: {}\n")

    with pytest.raises(OperatorError, match=why):
        labctl("watch", *words)

    assert not Path("runs").exists()


def test_a_record_is_watched_without_any_configured_cycler() -> None:
    Path("config.yaml").write_text("instruments: {}\nchannels: {}\n")
    Path("a.wrd").write_bytes(wrd([Row(10.0 * k, 1, 3.0, 0.0) for k in range(9)]))
    label = {**catalogue.label("qms-0.7"), "name": "A17"}
    Path("a.yaml").write_text(write_yaml(label), "utf-8")

    words = ("watch", "a.wrd", "--once", "--json", "--zone", "Asia/Seoul")
    done = subprocess.run(
        [sys.executable, "-m", "labctl", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    answer = json.loads(done.stdout)
    assert answer["reason"] == "what there was is read; the record goes on"
    assert answer["status"] == "stopped"  # the record goes on
    assert Path(answer["file"]).exists()


def test_a_folder_without_records_says_so(folder: Path) -> None:
    Path("config.yaml").write_text("instruments: {}\nchannels: {}\n")

    _, said = labctl("watch", str(folder), "--once")

    assert "no .wrd file that can be read is there" in said
