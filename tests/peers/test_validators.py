"""Validators that nobody here wrote accept what labctl seals and publishes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import pytest
from foreign_samples import samples
from needs_peers import needs_peers
from peer_run import PROGRAMS, foreign
from shared_runs import SharedRuns

from labctl.session.importing.one_file import import_file
from labctl.store.exporters.crates.export import CrateWish, export_crate
from labctl.store.folder import RunFolder

NXDL = Path(__file__).parents[2] / "docs" / "reference" / "NXlabctl_run.nxdl.xml"
GROUP = "peers-validators"
RUNS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    # a formation's rows and cycles, then spectra
    ("peis", "si", {"last_frequency": "10 Hz", "record_every": "10 min"}),
    # sweeps between two probes
    ("particle-iv", "particle-si", {}),
)
LABEL = "name: A17\nkind: half_cell\nactive_mass: 1 mg\npid: 10.60516/A17\n"

pytestmark = needs_peers


def answers(program: str, *words: object) -> list[dict[str, Any]]:
    done = foreign(str(PROGRAMS / program), *map(str, words), group=GROUP)
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def files(
    shared_runs: SharedRuns, tmp_path_factory: pytest.TempPathFactory
) -> list[Path]:
    """Return sealed files of runs, and of one that another program recorded."""
    found = [shared_runs(protocol, sample, **given) for protocol, sample, given in RUNS]
    place = tmp_path_factory.mktemp("imported")
    (place / "A17.yaml").write_text(LABEL)
    foreign_file = samples()["EC-Lab text"].write(place, frozenset())
    imported = import_file(foreign_file, place / "A17.yaml", place)
    sealed = [one.file for one in found if one.file is not None]
    return [*sealed, RunFolder(imported).sealed]


@pytest.fixture(scope="module")
def said(
    files: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, list[str]]:
    """Return what pynxtools says of each file, and of a broken one."""
    place = tmp_path_factory.mktemp("asked")
    broken = place / "broken.h5"
    broken.write_bytes(files[0].read_bytes())
    with h5py.File(broken, "r+") as file:
        del file["entry/title"]
        file["entry/timeseries/voltage_volt"].attrs["units"] = "A"
    asked = (NXDL, place / "definitions", *files, broken)
    found = answers("validate_run_files.py", *asked)
    return {one["file"]: one["said"] for one in found}


def test_pynxtools_accepts_sealed_files_against_their_definition(
    files: list[Path], said: Mapping[str, list[str]]
) -> None:
    for path in files:
        (verdict,) = said[path.name]  # one line more would be a complaint
        assert "is valid according to the `NXlabctl_run`" in verdict


def test_pynxtools_finds_what_is_wrong(said: Mapping[str, list[str]]) -> None:
    text = "\n".join(said["broken.h5"])

    assert "/entry/title hasn't been supplied" in text
    assert "unit 'A' at /entry/timeseries/voltage_volt" in text
    assert "is NOT valid" in text


def test_rocrate_validator_accepts_a_crate(files: list[Path], tmp_path: Path) -> None:
    def page(run: Path, path: Path) -> None:
        path.write_text(f"<html>{run.name}</html>")

    runs = [path.parent for path in files]
    crate = export_crate(runs, CrateWish(out=tmp_path / "crate"), page)
    (one,) = answers("validate_crate.py", crate)

    assert one["issues"] == []
    assert one["entities"] > len(runs)
