"""Whole runs on particles, and what all conduction has in common, on twins.

The truth is read from the simulated samples' files; nothing else may know it.
"""

from pathlib import Path

import pytest
from conduction_bench import Bench, lift, within

from drivers.twins.world import catalogue
from labctl.data import Quality


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize("sample", ["particle-si", "particle-qms-0.7"])
def test_a_particles_conductance_is_found(bench: Bench, sample: str) -> None:
    truth = catalogue.truth(sample)["conductance_siemens"]

    finished = bench.run("particle-iv", sample, leakage="1 pS")

    found = finished.results["conductance"]
    assert finished.exit_code == 0
    assert found.unit == "S"
    assert found.quality is Quality.GOOD
    assert within(found, truth)
    assert bench.is_safe


def test_relays_and_electrometer_may_stand_in_the_way(bench: Bench) -> None:
    finished = bench.run(
        "particle-iv", "particle-si", switch=True, electrometer=True, leakage="1 pS"
    )

    assert within(finished.results["conductance"], 5e-9)
    assert bench.is_safe


def test_an_open_probes_leakage_is_a_measurement_of_its_own(bench: Bench) -> None:
    finished = bench.run("particle-iv", "particle-si", lift, probe_state="open")

    assert within(finished.results["leakage"], 1e-12)


def test_a_geometry_gives_a_conductivity(bench: Bench) -> None:
    finished = bench.run(
        "particle-iv",
        "particle-si",
        geometry="constriction",
        contact_radius="100 nm",
        contact_radius_uncertainty="10 nm",
        contact_series=["4.9 nS"],
        leakage="1 pS",
    )

    conductivity = finished.results["conductivity"]
    assert conductivity.value == pytest.approx(5e-9 / 2e-7, rel=1e-3)
    assert conductivity.budget is not None
    assert {"contact radius", "geometry model"} <= set(conductivity.budget)
    assert conductivity.quality is Quality.GOOD


def test_a_geometry_that_nobody_measured_is_suspect(bench: Bench) -> None:
    finished = bench.run(
        "particle-iv",
        "particle-si",
        geometry="constriction",
        contact_radius="100 nm",
        leakage="1 pS",
    )

    conductivity = finished.results["conductivity"]
    assert set(conductivity.verdicts) == {
        "particle-contacts-known",
        "particle-geometry",
    }
    assert "at least this" in conductivity.reason
    assert finished.results["conductance"].quality is Quality.GOOD


def test_a_bias_hold_gives_current_and_conductance(bench: Bench) -> None:
    # I(3 V) = G V + c V³ = 5e-9·3 + 4e-11·27, the leak and the offset beside it.
    finished = bench.run("bias-hold", "particle-si")

    assert finished.exit_code == 0
    assert within(finished.results["current_plus"], 1.6083e-8)
    conductance = finished.results["conductance"]
    assert conductance.quality is Quality.GOOD
    assert within(conductance, 5.36e-9)
    assert "leakage (assumed)" in (conductance.budget or {})  # nobody lifted the probe


@pytest.mark.parametrize("sample", ["pellet-si", "particle-si", "film-si"])
def test_good_contacts_are_called_ohmic(bench: Bench, sample: str) -> None:
    finished = bench.run("contact-check", sample)

    assert finished.results["contacts"].value == "ohmic"
    assert bench.is_safe


@pytest.mark.parametrize(
    ("protocol", "like", "kind", "absent", "present"),
    [
        ("hall-effect", "film-si", "film", "carrier_density", "sheet_density"),
        ("pellet-conductivity", "pellet-si", "pellet", "conductivity", "resistance"),
    ],
)
def test_without_thickness_the_specific_value_is_absent_not_zero(
    bench: Bench,
    tmp_path: Path,
    protocol: str,
    like: str,
    kind: str,
    absent: str,
    present: str,
) -> None:
    label = tmp_path / "label.yaml"
    label.write_text(f"name: unmeasured\nkind: {kind}\nsimulated_as: {like}\n")

    finished = bench.run(protocol, str(label))

    assert finished.results[absent].value is None
    assert "thickness is not given" in finished.results[absent].reason
    assert finished.results[present].quality is Quality.GOOD


@pytest.mark.parametrize(
    ("protocol", "sample", "name"),
    [
        ("particle-iv", "particle-si", "conductance"),
        ("bias-hold", "particle-si", "conductance"),
        ("pellet-conductivity", "pellet-si", "conductivity"),
        ("van-der-pauw", "film-si", "sheet_resistance"),
        ("hall-effect", "film-si", "carrier_density"),
    ],
)
def test_a_lifted_probe_gives_no_number(
    bench: Bench, protocol: str, sample: str, name: str
) -> None:
    finished = bench.run(protocol, sample, lift)

    result = finished.results[name]
    assert result.quality is Quality.ABSENT
    assert "no contact" in result.reason
    assert bench.is_safe


def test_a_lifted_probe_is_called_open(bench: Bench) -> None:
    finished = bench.run("contact-check", "particle-si", lift)

    assert finished.results["contacts"].value == "open"


@pytest.mark.parametrize(
    ("protocol", "sample", "given", "name"),
    [
        ("pellet-conductivity", "pellet-qms-0.7", "1 mA", "conductivity"),
        ("particle-iv", "particle-si", "5 nA", "conductance"),
        ("bias-hold", "particle-si", "5 nA", "conductance"),
    ],
)
def test_compliance_makes_a_result_suspect(
    bench: Bench, protocol: str, sample: str, given: str, name: str
) -> None:
    finished = bench.run(protocol, sample, compliance=given)

    result = finished.results[name]
    assert result.quality is not Quality.GOOD
    assert "compliance" in result.reason
