"""What the simulated bench hides of temperature, found from the wire to the result.

Nothing of the world's truth is read but to compare with.
"""

import dataclasses
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shared_runs import SharedRuns, bench_file

from drivers.twins.world import catalogue
from drivers.twins.world.specimen import ACTIVATION
from drivers.twins.world.specimen_samples import build_specimen
from labctl.data import Quality, Result
from labctl.documents.document import Document
from labctl.errors import LabctlError
from labctl.session.order import Order, prepare
from labctl.session.run import Finished, Observers, start
from labctl.store.folder import RunFolder, list_runs
from labctl.store.journal.reader import JournalReader
from labctl.store.run_file.reader import RunFile

pytestmark = pytest.mark.slow

COLD = "0 °C; 10 °C; 20 °C; 30 °C"
"""Where the charge transfer is slow enough to be told from the films beside it."""
ELECTRONVOLT = 96485.33212
"""J/mol in 1 eV."""
PLAN = ("peis", "--simulate", "--sample", "qms-0.7")
PATIENCE = 120.0


@pytest.fixture(scope="module")
def peis(shared_runs: SharedRuns) -> Finished:
    return shared_runs("peis", "qms-0.7", temperatures=COLD)


def covers(found: Result, truth: float) -> bool:
    """Tell whether the stated interval covers the truth, and says something."""
    assert isinstance(found.value, float)
    assert found.uncertainty is not None
    assert found.uncertainty < 0.1 * abs(truth)
    return abs(found.value - truth) <= 2 * found.uncertainty


def test_the_charge_transfers_activation_is_found(peis: Finished) -> None:
    found = peis.results["activation_energy"]

    truth = catalogue.build_cell("qms-0.7").parameters
    assert found.quality is Quality.GOOD, found.reason
    assert covers(found, truth.charge_transfer_activation_joule_per_mole / 1000)


def test_the_electrolytes_activation_is_found(peis: Finished) -> None:
    found = peis.results["series_activation_energy"]

    truth = catalogue.build_cell("qms-0.7").parameters
    assert found.quality is Quality.GOOD, found.reason
    assert covers(found, truth.electrolyte_activation_joule_per_mole / 1000)


def test_the_cell_is_formed_once_and_measured_at_one_state(peis: Finished) -> None:
    states = [
        result.table["state"][0]
        for name, result in peis.results.items()
        if name.startswith("charge_transfer_resistance_at_") and result.table
    ]
    with RunFile(peis.folder) as file:
        formed = [s for s in file.steps if s.payload.get("cycle") == 1]

    assert len(formed) == 3  # two half cycles and the row of the cycle
    assert len(states) == 4
    assert np.ptp(states) < 0.01


def test_the_file_has_the_law_its_figure_and_the_chamber(peis: Finished) -> None:
    from labctl.session.run_figures import figures_of  # noqa: PLC0415

    with RunFile(peis.folder) as file:
        names = [figure.name for figure in figures_of(file).figures]
        climate = file.table("climate")
        said = climate["setpoint_temperature_celsius"][:]

    assert names[0] == "activation_energy"
    assert "nyquist_0_celsius" in names
    assert set(np.unique(said)) >= {0.0, 10.0, 20.0, 30.0, 25.0}


def test_a_pellets_activation_is_found(shared_runs: SharedRuns) -> None:
    run = shared_runs(
        "pellet-conductivity", "pellet-qms-0.7", temperatures="10 °C; 35 °C; 60 °C"
    )

    found = run.results["conduction_activation_energy"]

    # Contacts that nobody told apart make the absolute value a bound, not this one.
    assert covers(found, ACTIVATION / ELECTRONVOLT)


def test_a_films_activation_is_found_and_its_mobility_follows_no_power(
    shared_runs: SharedRuns,
) -> None:
    run = shared_runs(
        "hall-effect", "film-qms-0.7", temperatures="10 °C; 25 °C; 40 °C; 55 °C"
    )

    sheet = run.results["sheet_activation_energy"]
    mobility = run.results["mobility_activation_energy"]
    donors = run.results["donor_level"]

    truth = ACTIVATION / ELECTRONVOLT
    assert covers(sheet, truth)
    assert covers(mobility, truth)
    # It hops: ln µ is straight against 1/T and bent against ln T.
    assert "temperature-straight" in run.results["mobility_exponent"].verdicts
    # Its carriers are there at every temperature.
    assert donors.quality is Quality.ABSENT
    assert donors.verdicts == ("carriers-freeze-out",)


def test_a_films_donors_and_scattering_are_found(tmp_path: Path) -> None:
    depth, exponent = 0.12, -1.5
    config = bench_file()
    given: dict[str, Any] = {"temperatures": "10 °C; 25 °C; 40 °C; 55 °C"}
    order = Order(
        "hall-effect",
        Document("test", given),
        "film-qms-0.7",
        out=tmp_path,
        simulate=True,
        speed=None,
    )
    prepared = dataclasses.replace(prepare(order, config), stand_in="")
    truth = {
        **catalogue.truth("film-qms-0.7", 0),
        "mobility_exponent": exponent,
        "donor_level_electronvolt": depth,
    }
    prepared.world.circuit.mount(build_specimen("film", "film", truth))

    found = start(prepared, config, Observers(live_view=False)).results

    assert covers(found["carrier_activation_energy"], depth)
    mobility = found["mobility_exponent"]
    assert mobility.quality is Quality.GOOD, mobility.reason
    assert covers(mobility, exponent)
    # n ∝ T^3/2 exp(-E/kT) rises as the twin's exp(-E'/kT) where E' = E + 3/2 kT.
    level = depth - 1.5 * 8.617e-5 * 305.7
    assert found["donor_level"].quality is Quality.GOOD
    assert found["donor_level"].value == pytest.approx(level, abs=0.002)


def durable_step(folder: Path) -> tuple[RunFolder | None, str]:
    for found in list_runs(folder):
        try:
            with JournalReader(found.journal) as reader:
                return found, reader.status.label
        except LabctlError:
            return None, ""
    return None, ""


@pytest.mark.parametrize("at", ["to 45 °C", "spectrum"])
def test_a_series_that_was_killed_goes_on_at_its_temperature(
    at: str, tmp_path: Path
) -> None:
    labctl = [sys.executable, "-m", "labctl"]
    given = {
        "temperatures": "10 °C; 45 °C",
        "formation_cycles": "0",
        "states": "[]",
        "soak": "5 h",
        "settle": "5 h",
    }
    words = [f"{name}={value}" for name, value in given.items()]
    told: list[Any] = [x for word in words for x in ("--set", word)]
    process = subprocess.Popen(
        [*labctl, "run", *PLAN, *told, "--out", str(tmp_path)],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    pause, run, label = threading.Event(), None, ""
    try:
        for _ in range(int(PATIENCE / 0.01)):
            run, label = durable_step(tmp_path)
            if label == at:
                break
            assert process.poll() is None, "it ended before it was killed"
            pause.wait(0.01)
    finally:
        process.kill()
        process.wait(PATIENCE)
    assert run is not None

    resumed = subprocess.run(
        [*labctl, "resume", str(run.path), "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )

    assert resumed.returncode == 0, (label, resumed.stderr)
    answer = json.loads(resumed.stdout)
    found = answer["results"]["activation_energy"]
    assert abs(found["value"] - 50.0) <= 2 * found["uncertainty"]
    with JournalReader(run.journal) as reader:
        assert [step.label for step in reader.steps if step.outcome][-1] == (
            "back to 25 °C"
        )
        climate = reader.table("climate")
    measured = climate["step_count"] >= 0
    assert np.all(np.diff(climate["test_time_second"][measured]) >= 0)
