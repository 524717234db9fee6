"""What a run takes over from runs done before: other pellets, baselines, forces."""

from collections.abc import Mapping
from typing import Any

import pytest

from labctl.data import Result
from labctl.errors import OperatorError
from labctl.protocol import Earlier
from labctl.quantities import SI
from labctl.sample import Sample
from protocols.conduction.hall_effect import HallEffect
from protocols.conduction.particle_iv import ParticleIV
from protocols.conduction.pellet_conductivity import PelletConductivity


def _run(
    protocol: str,
    results: Mapping[str, Result],
    *,
    thickness: str | None = "0.5 mm",
    **parameters: Any,
) -> Earlier:
    label = {"name": "S1", "kind": "pellet", "thickness": thickness}
    sample = Sample.model_validate(label, context=SI)
    return Earlier("run-1", protocol, sample, parameters, results)


def test_pellets_measured_before_become_the_thickness_series() -> None:
    run = _run("pellet-conductivity", {"resistance": Result(5400.0, "ohm", 5.0)})

    given = PelletConductivity.build_on([run])

    model = PelletConductivity.parameters_model.model_validate(given, context=SI)
    (point,) = model.model_dump()["series"]
    assert point["thickness"] == pytest.approx(0.5e-3)
    assert point["resistance"] == 5400.0
    assert point["resistance_uncertainty"] == 5.0


def test_open_and_shorted_probes_become_baselines_with_their_uncertainties() -> None:
    leakage = {"leakage": Result(1e-12, "S", 1e-15)}
    series = {"series_resistance": Result(80.0, "ohm", 0.02)}
    runs = [
        _run("particle-iv", leakage, probe_state="open"),
        _run("particle-iv", series, probe_state="short"),
    ]

    given = ParticleIV.build_on(runs)

    model = ParticleIV.parameters_model.model_validate(given, context=SI)
    found = model.model_dump()
    assert (found["leakage"], found["leakage_uncertainty"]) == (1e-12, 1e-15)
    assert found["series_resistance"] == 80.0
    assert found["series_resistance_uncertainty"] == 0.02


def test_smaller_contact_forces_keep_their_order() -> None:
    runs = [
        _run("particle-iv", {"conductance": Result(g, "S")}, probe_state="contact")
        for g in (1e-9, 3e-9)
    ]

    given = ParticleIV.build_on(runs)

    model = ParticleIV.parameters_model.model_validate(given, context=SI)
    assert model.model_dump()["contact_series"] == (1e-9, 3e-9)


def test_an_empty_sleeve_becomes_what_flows_beside_the_pellet() -> None:
    sleeve = {"sleeve_conductance": Result(1e-9, "S", 1e-11)}
    runs = [
        _run("pellet-conductivity", sleeve, sleeve="empty"),
        _run("pellet-conductivity", {"resistance": Result(5400.0, "ohm")}),
    ]

    given = PelletConductivity.build_on(runs)

    model = PelletConductivity.parameters_model.model_validate(given, context=SI)
    found = model.model_dump()
    assert found["sleeve_conductance"] == 1e-9
    assert found["sleeve_conductance_uncertainty"] == 1e-11
    (point,) = found["series"]
    assert point["resistance_uncertainty"] is None


# what is wrong with the run, and words of the answer
REFUSED = [
    ({"resistance": Result(1.0, "ohm").suspect("not ohmic")}, "suspect .not ohmic"),
    ({"resistance": Result.absent("ohm", "no contact")}, "absent .no contact"),
    ({"conductance": Result(1.0, "S")}, "no result 'resistance'"),
]


@pytest.mark.parametrize(("results", "words"), REFUSED)
def test_a_result_that_is_not_good_is_not_built_on(
    results: Mapping[str, Result], words: str
) -> None:
    with pytest.raises(OperatorError, match=words):
        PelletConductivity.build_on([_run("pellet-conductivity", results)])


def test_one_pellet_measured_twice_is_not_two_pellets() -> None:
    run = _run("pellet-conductivity", {"resistance": Result(5400.0, "ohm", 5.0)})

    with pytest.raises(OperatorError, match="of one pellet, S1"):
        PelletConductivity.build_on([run, run])


def test_a_pellet_without_thickness_tells_nothing() -> None:
    results = {"resistance": Result(1.0, "ohm")}
    run = _run("pellet-conductivity", results, thickness=None)

    with pytest.raises(OperatorError, match="has no thickness"):
        PelletConductivity.build_on([run])


def test_two_runs_of_the_same_baseline_contradict_each_other() -> None:
    run = _run("particle-iv", {"leakage": Result(1e-12, "S")}, probe_state="open")

    with pytest.raises(OperatorError, match="leakage already"):
        ParticleIV.build_on([run, run])


def test_runs_of_another_protocol_are_refused() -> None:
    run = _run("hall-effect", {})

    with pytest.raises(OperatorError, match="not of a pellet"):
        PelletConductivity.build_on([run])
    with pytest.raises(OperatorError, match="not an I-V"):
        ParticleIV.build_on([run])
    with pytest.raises(OperatorError, match="takes nothing over"):
        HallEffect.build_on([run])
