"""The titration: what is planned, and the diffusivity of a known cell."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from drivers.twins.world import catalogue
from labctl.analysis.label import labelled
from labctl.data import EndReason, Outcome, Quality
from labctl.sample import Sample
from labctl.steps.channel import RunTechniques
from labctl.techniques import ConstantCurrent, OpenCircuit
from protocols.cells.gitt import Gitt, GittParameters
from protocols.cells.gitt_figures import band
from protocols.cells.gitt_results import Titration, gitt_results

Play = Callable[..., tuple[Any, Any, Any]]
# r²/D is 400 s in QMS: longer pulses would end in balance and tell nothing of D.
QUICK = {
    "pulse": "200 s",
    "pulse_rate": "C/2",
    "fast_every": "4 s",
    "fast_rest": "40 s",
}


def gitt(**given: Any) -> Gitt:
    label = {**catalogue.label("qms-0.7"), **given.pop("label", {})}
    parameters = GittParameters.model_validate({**Gitt.presets["half-cell"], **given})
    return Gitt(parameters, Sample.model_validate(label))


def begun(protocol: Gitt) -> tuple[Any, Any]:
    """Return the plan behind the question to the channel, and its first step."""
    plan = protocol.plan()
    next(plan)
    return plan, plan.send(Outcome(EndReason.COMPLETED))


def test_a_pulse_at_its_limit_ends_the_direction_not_only_the_step() -> None:
    plan, first = begun(gitt(formation_cycles=0, fine_below=0))
    steps = [first]
    steps += [plan.send(Outcome(EndReason.COMPLETED)) for _ in range(3)]
    after = plan.send(Outcome(EndReason.CONDITION, "lower_voltage"))

    assert [s.label for s in steps[1:]] == [f"lithiation, pulse {k}" for k in (1, 2, 3)]
    assert after.label == "rest before delithiation"


def test_a_rest_that_relaxed_early_does_not_end_the_direction() -> None:
    plan, _ = begun(gitt(formation_cycles=0, fine_below=0))
    plan.send(Outcome(EndReason.CONDITION, "relaxed"))

    assert plan.send(Outcome(EndReason.CONDITION, "relaxed")).label.endswith("pulse 2")


def test_a_pulse_is_followed_by_its_rests_in_one_upload() -> None:
    plan, _ = begun(gitt(formation_cycles=0, fine_below=0))
    step = plan.send(Outcome(EndReason.COMPLETED))

    assert isinstance(step, RunTechniques)
    drive, fast, sure, slow = step.techniques
    assert isinstance(drive, ConstantCurrent)
    rests = [t for t in (fast, sure, slow) if isinstance(t, OpenCircuit)]
    assert drive.until[0].ends_all
    assert [r.record.every_s for r in rests] == [0.5, 60.0, 60.0]
    assert [[c.name for c in r.until] for r in rests] == [[], [], ["relaxed"]]
    assert [sum(r.duration for r in rests[:n]) for n in (2, 3)] == [1800.0, 7200.0]


def test_a_nearly_empty_host_is_titrated_with_fine_pulses() -> None:
    protocol = gitt(formation_cycles=0, capacity="10 C", fine_below=0.1)
    plan, _ = begun(protocol)
    moved = (0.0, -0.4, -0.7, -3.0)
    steps = [plan.send(Outcome(EndReason.COMPLETED, charge=q)) for q in moved]
    limit = Outcome(EndReason.CONDITION, "lower_voltage", charge=0.0)
    plan.send(limit)
    back = plan.send(Outcome(EndReason.COMPLETED))
    empty = plan.send(Outcome(EndReason.COMPLETED, charge=3.5))

    assert [s.label.split(", ")[1] for s in steps] == [
        "fine pulse 1",
        "fine pulse 2",
        "pulse 3",
        "pulse 4",
    ]
    assert back.label == "delithiation, pulse 1"
    assert empty.label == "delithiation, fine pulse 2"
    drive = steps[0].techniques[0]
    assert (drive.duration, drive.record.every_s) == (8.0, 0.1)


def test_a_direction_has_an_end_even_if_its_limit_never_comes() -> None:
    slow = {"pulse": "1 h", "pulse_rate": "C/10", "fast_every": "60 s"}
    protocol = gitt(formation_cycles=0, fine_below=0, **slow)
    plan, first = begun(protocol)
    labels = [first.label]
    while "delithiation" not in labels[-1]:
        labels.append(plan.send(Outcome(EndReason.COMPLETED)).label)

    assert len(labels) == 1 + int(1.5 * 10) + 1 + 1


def test_rests_and_rows_that_cannot_work_are_refused_together() -> None:
    said = [str(c) for c in gitt(fast_rest="3 h", fast_every="1 min").check()]

    assert len(said) == 2
    assert "not shorter than the longest rest" in said[0]
    assert "fewer than 20 rows" in said[1]


def test_without_a_particle_radius_the_diffusivity_is_absent_and_said_before() -> None:
    protocol = gitt(label={"particle_radius": None})

    assert any("no particle radius" in text for text in protocol.warnings())
    radius = labelled(protocol.sample, "particle_radius")
    (lack,) = radius.doubts
    rows = (np.zeros(2),) * 3
    empty = Titration(protocol.sample, *rows, 1.0, (), radius, lack)
    found = gitt_results(empty)["diffusivity"]
    assert (found.quality, found.verdicts) == ("absent", ("label-states-quantity",))


@pytest.mark.slow
@pytest.mark.parametrize("sample", ["qms-0.7", "si"])
def test_diffusivity_is_found_in_the_middle_and_flagged_at_the_ends(
    play: Play, sample: str
) -> None:
    run, protocol, cell = play(Gitt, sample, directions="opening", **QUICK)

    found = protocol.results(run)["diffusivity"]

    table = {name: np.array(column) for name, column in found.table.items()}
    middle = (table["composition"] > 0.4) & (table["composition"] < 0.8)
    truth = np.array([cell.diffusivity(x) for x in table["composition"][middle]])
    ratio = table["diffusivity_m2_per_s"][middle] / truth
    assert found.unit == "m²/s"
    assert np.median(ratio) == pytest.approx(1.0, abs=0.1)
    assert table["valid"][middle].mean() > 0.8
    good = table["valid"] == 1.0
    every = np.array([cell.diffusivity(x) for x in table["composition"]])
    off = table["diffusivity_m2_per_s"] - every
    assert np.all(np.abs(off[good]) < 3 * table["uncertainty_m2_per_s"][good])
    assert np.median(table["end_points_m2_per_s"][middle] / truth) < 0.7
    assert found.quality is Quality.GOOD
    names = [figure.name for figure in protocol.figures(run)]
    assert names == ["diffusivity", "titration", "root_time", "relaxation"]


def test_a_flagged_pulse_has_no_band_however_uncertain_it_is() -> None:
    good, flagged = 1e-15, math.nan

    edge = band(np.array([good, flagged]), np.array([2e-16, 1e3]), -2.0)

    assert edge[0] == pytest.approx(good * math.exp(-0.4))
    assert math.isnan(edge[1])
