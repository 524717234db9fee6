"""Whole pellet runs through session, drivers and twins.

The truth is read from the simulated samples' files; nothing else may know it.
"""

from pathlib import Path

import numpy as np
import pytest
from conduction_bench import Bench, rows_of, within

from drivers.twins.world import catalogue
from labctl import plugins
from labctl.columns import STAMP
from labctl.config.models import AlsoRecordConfig
from labctl.data import Column, Quality, Stream
from labctl.engine.control import Control
from labctl.engine.situation import Situation
from labctl.figures.figure import Plot
from labctl.session.run import Observers


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize(
    "sample", ["pellet-si", "pellet-qms-0.7", "pellet-qms-0.3", "pellet-qms-0.1"]
)
def test_a_pellets_conductivity_is_found(bench: Bench, sample: str) -> None:
    truth = catalogue.truth(sample)
    contacts = truth["contact_resistance_ohm"]

    finished = bench.run(
        "pellet-conductivity",
        sample,
        contact_resistance=f"{contacts} ohm",
        contact_resistance_uncertainty=f"{0.1 * contacts} ohm",
        sleeve_conductance="1 pS",
    )

    found = finished.results["conductivity"]
    assert finished.exit_code == 0
    assert found.unit == "S/m"
    assert found.quality is Quality.GOOD
    assert within(found, truth["conductivity_siemens_per_metre"])
    assert bench.is_safe


def test_one_pellet_alone_gives_a_bound_and_says_so(bench: Bench) -> None:
    # 400 Ω of contacts once made 9.61e-4 ± 0.07e-4 S/m, good, of 1e-3.
    finished = bench.run("pellet-conductivity", "pellet-oxidised-1mm")

    found = finished.results["conductivity"]
    assert found.quality is Quality.SUSPECT
    assert set(found.verdicts) == {"pellet-contacts-known", "pellet-sleeve"}
    assert "at least this" in found.reason
    assert found.uncertainty is None
    seen = finished.results["apparent_conductivity"]
    assert seen.quality is Quality.GOOD
    assert within(seen, 1e-2 / 10.4)


def test_a_sleeve_is_measured_empty(bench: Bench) -> None:
    finished = bench.run("pellet-conductivity", "sleeve-empty")

    found = finished.results["sleeve_conductance"]
    assert found.quality is Quality.GOOD
    assert within(found, 1e-12)
    assert bench.is_safe


def test_a_result_says_at_which_temperature_it_holds(bench: Bench) -> None:
    runs = [
        bench.run("pellet-conductivity", "pellet-si", activation_energy=energy)
        for energy in (0.0, 0.2)
    ]

    kelvin = runs[0].results["temperature"]
    assert (kelvin.value, kelvin.unit) == (298.15, "K")
    assert kelvin.uncertainty == pytest.approx(2.0)
    terms = [
        {
            part.source.term: part.uncertainty
            for part in run.results["conductivity"].parts
        }
        for run in runs
    ]
    assert "temperature (assumed)" not in terms[0]
    # 0.2 eV / (k T²) times 2 K is 5.2 %.
    share = terms[1]["temperature (assumed)"] / 1e-3
    assert share == pytest.approx(0.0522, rel=0.01)


class Thermometer:
    """An auxiliary that any instrument plays: it says 35 and 36 °C in turn."""

    role = object
    stream = Stream(
        "air", (*STAMP, Column("ambient_temperature_celsius", "degC", "Temperature"))
    )
    plots: tuple[Plot, ...] = ()

    def __init__(self) -> None:
        self.told = 36.0

    def read(self, player: object) -> dict[str, float]:
        del player
        self.told = 71.0 - self.told
        return {"ambient_temperature_celsius": self.told}


def test_a_thermometer_beside_the_run_counts_before_the_label(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    air = Thermometer()
    monkeypatch.setattr(plugins, "auxiliary", lambda _: air)
    told = {"channel": "k2000", "every": "1 s"}
    beside = {"air": AlsoRecordConfig.model_validate(told)}
    bench.config = bench.config.model_copy(update={"also_record": beside})

    finished = bench.run("pellet-conductivity", "pellet-si")

    kelvin = finished.results["temperature"]
    assert kelvin.value == pytest.approx(308.65, abs=0.1)
    assert kelvin.largest_term == "thermometer (assumed)"


def test_delta_readings_agree_with_the_curve(bench: Bench) -> None:
    finished = bench.run(
        "pellet-conductivity",
        "pellet-si",
        method="delta",
        contact_resistance="2 ohm",
        contact_resistance_uncertainty="1 ohm",
        sleeve_conductance="1 pS",
    )

    found = finished.results["conductivity"]
    assert found.quality is Quality.GOOD
    assert within(found, 1e-3)
    assert bench.is_safe


def test_a_delta_that_is_stopped_keeps_what_it_has_read_and_says_so(
    bench: Bench,
) -> None:
    control = Control()

    def watch(situation: Situation) -> None:
        if situation.step.label.startswith("delta") and situation.rows >= 100:
            control.stop("enough")

    finished = bench.run(
        "pellet-conductivity",
        "pellet-si",
        observers=Observers(control, watch, live_view=False),
        method="delta",
        delta_readings=1000,
        nplc=5,
    )

    rows = rows_of(finished, "delta")
    # 5 PLC, 2 ms of delay and 5 ms beside: a reading each 107 ms.
    assert finished.status == "stopped"
    assert np.diff(rows["instrument_time_second"]) == pytest.approx(0.107, abs=1e-6)
    assert 100 <= len(rows["voltage_volt"]) < 110
    assert finished.results["conductivity"].quality is Quality.ABSENT
    assert bench.is_safe


def test_pellets_of_other_thickness_tell_the_contacts_apart(bench: Bench) -> None:
    # Truth: 10 kΩ a millimetre and 2 Ω of contacts.
    series = [
        {"thickness": "0.5 mm", "resistance": "5002 Ω"},
        {"thickness": "2 mm", "resistance": "20002 Ω"},
    ]

    finished = bench.run(
        "pellet-conductivity", "pellet-si", series=series, sleeve_conductance="1 pS"
    )

    found = finished.results["conductivity"]
    assert found.quality is Quality.GOOD
    assert found.largest_term == "pellet scatter (expected)"
    assert within(found, 1e-3, times=2.0)
    assert within(finished.results["contact_resistance"], 2.0, times=2.0)


def test_pellets_of_another_die_or_pressure_are_no_series(bench: Bench) -> None:
    series = [
        {"thickness": "0.5 mm", "resistance": "5002 Ω", "area": "1.1 cm²"},
        {"thickness": "2 mm", "resistance": "20002 Ω", "pressure": "50 MPa"},
    ]

    finished = bench.run(
        "pellet-conductivity", "pellet-si", series=series, sleeve_conductance="1 pS"
    )

    found = finished.results["conductivity"]
    assert found.verdicts == ("pellet-same-area", "pellet-same-pressure")
