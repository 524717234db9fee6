"""Rows of ours that come in as another program's file give the numbers of the run."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from as_ec_lab import spectra_text, timeseries_text

from drivers.twins.world import catalogue
from labctl.data import Quality
from labctl.protocol import Protocol
from labctl.report.of_run import read_report
from labctl.session.importing.one_file import import_file
from labctl.store.run_file.reader import RunFile
from protocols.cells.cyclic_voltammetry import CyclicVoltammetry
from protocols.cells.formation_cycling import FormationCycling
from protocols.cells.gitt import Gitt
from protocols.cells.hppc import Hppc
from protocols.cells.rate_capability import RateCapability
from protocols.spectra.peis import Peis

Play = Callable[..., Any]
SCANS = {
    "formation_cycles": 0,
    "scan_rates": ["0.5 mV/s", "1 mV/s", "2 mV/s"],
    "cycles_per_rate": 1,
    "record_step": "5 mV",
    "hold": "60 s",
}
PULSES = {
    "directions": "opening",
    "pulse_rate": "3C",
    "pulse": "90 s",
    "fast_every": "3 s",
    "shortest_rest": "1200 s",
    "longest_rest": "2400 s",
    "fine_below": 0,
}


@pytest.fixture(scope="module")
def label(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    def written(sample: str) -> Path:
        path = tmp_path_factory.mktemp("labels") / f"{sample}.yaml"
        given = catalogue.label(sample)
        path.write_text(yaml.safe_dump(given, allow_unicode=True), "utf-8")
        return path

    return written


@pytest.mark.parametrize(
    ("kind", "sample", "given", "figure", "bare"),
    [
        # retention, efficiencies and capacities by cycle
        (FormationCycling, "si", {"cycles": 2}, "capacity", (True, False)),
        # what is left at each current, and comes back
        (
            RateCapability,
            "qms-0.7",
            {"cycles_per_rate": 2, "rates": ["C/2", "2C", "5C"]},
            "rate_capability",
            (True, False),
        ),
        # diffusivity behind a formation cycle
        (Gitt, "qms-0.7", PULSES, "diffusivity", (False,)),
        # peaks and shares
        (CyclicVoltammetry, "qms-0.7", SCANS, "voltammograms", (True,)),
        # resistance by state
        (Hppc, "qms-0.7", {"states": ["50%"]}, "pulse_resistance", (True, False)),
    ],
)
def test_an_imported_run_says_what_the_run_itself_says(
    kind: type[Protocol],
    sample: str,
    given: dict[str, Any],
    figure: str,
    bare: Sequence[bool],
    play: Play,
    label: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    run, protocol, _ = play(kind, sample, **given)
    own = protocol.results(run)
    path = tmp_path / "old.mpt"
    for few in bare:
        text = timeseries_text(run.table("timeseries"), bare=few)
        path.write_text(text, "latin-1")
        folder = import_file(path, label(sample), tmp_path / f"runs-{few}")

        with RunFile(folder) as file:
            found = file.results
        assert found["recognised_as"].value == kind.name
        for name, one in own.items():
            other = found[name]
            assert other.quality is one.quality, (name, other.reason)
            if one.quality is Quality.ABSENT:
                continue
            assert other.unit == one.unit
            assert other.value == pytest.approx(one.value, abs=one.uncertainty), name
        names = [each.name for each in read_report(folder).figures]
        assert figure in names


def test_an_imported_spectrum_says_what_the_run_itself_says(
    play: Play, label: Callable[[str], Path], tmp_path: Path
) -> None:
    run, protocol, _ = play(Peis, "qms-0.7", formation_cycles=0, points_per_decade=6)
    own = protocol.results(run)["charge_transfer_resistance"]
    path = tmp_path / "old.mpt"
    path.write_text(spectra_text(run.table("eis")), "latin-1")

    with RunFile(import_file(path, label("qms-0.7"), tmp_path / "runs")) as file:
        found = file.results["charge_transfer_resistance"]
        assert file.results["recognised_as"].value == "peis"
    assert found.value == pytest.approx(own.value, rel=1e-6)
    assert found.quality is own.quality


def test_what_a_person_tells_overrules_what_the_rows_look_like(
    play: Play, label: Callable[[str], Path], tmp_path: Path
) -> None:
    run, _, _ = play(FormationCycling, "si", cycles=1)
    path = tmp_path / "old.mpt"
    path.write_text(timeseries_text(run.table("timeseries"), bare=True), "latin-1")

    folder = import_file(path, label("si"), tmp_path / "runs", technique="quasi-ocv")

    with RunFile(folder) as file:
        assert file.header.parameters["technique_told"] == "quasi-ocv"
        assert file.results["recognised_as"].value == "quasi-ocv"
        assert file.results["voltage_hysteresis"].quality is not Quality.ABSENT
