"""Spectra at rest and under current: what is planned, refused and found."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from drivers.twins.world import catalogue
from labctl.data import EndReason, Outcome, Quality
from labctl.sample import Sample
from labctl.steps.channel import RunTechniques
from labctl.techniques import ConstantCurrent, OpenCircuit, Spectrum
from protocols.cells.cell_protocol import CellProtocol
from protocols.spectra.insitu_eis import InsituEis
from protocols.spectra.peis import Peis

Play = Callable[..., tuple[Any, Any, Any]]
FIRST_STEP_OF_BEFORE = "b04426f0f6ea5518"
"""In journals that were written when that step still compared something itself."""


def made(kind: type[CellProtocol], **given: Any) -> Any:
    label = {**catalogue.label("qms-0.7"), **given.pop("label", {})}
    preset = kind.presets["half-cell"]
    parameters = kind.parameters_model.model_validate({**preset, **given})
    return kind(parameters, Sample.model_validate(label))


def planned(protocol: Any) -> list[Any]:
    plan, steps = protocol.plan(), []
    outcome = None
    try:
        while True:
            step = plan.send(outcome) if outcome is not None else next(plan)
            steps.append(step)
            outcome = Outcome(EndReason.CONDITION, charge=-14.0)
    except (StopIteration, StopAsyncIteration):
        return [s for s in steps if isinstance(s, RunTechniques)]


def test_spectra_at_rest_follow_a_way_and_a_rest_in_one_upload() -> None:
    steps = planned(made(Peis, formation_cycles=0, states=["20%", "50%"]))

    kinds = [[type(t) for t in step.techniques] for step in steps]
    assert kinds == [[ConstantCurrent, OpenCircuit, Spectrum]] * 2
    first, second = (step.techniques[0].duration for step in steps)
    assert second == pytest.approx(1.5 * first)
    assert [step.spectrum_id for step in steps] == [0, 1]


def test_without_states_the_cell_is_measured_as_it_stands() -> None:
    (step,) = planned(made(Peis, formation_cycles=0, states=[], settle="0 s"))

    assert [type(t) for t in step.techniques] == [Spectrum]
    assert step.techniques[0].versus_initial


def test_the_current_flows_on_through_every_spectrum() -> None:
    steps = planned(made(InsituEis, formation_cycles=0, dc_rates=["3C"]))

    driven = steps[0].techniques
    spectra = [t for t in driven if isinstance(t, Spectrum)]
    currents = {t.current for t in driven if isinstance(t, ConstantCurrent)}
    assert len(spectra) == 8
    assert {t.bias for t in spectra} == currents
    assert all(t.galvanostatic and t.until[0].ends_all for t in spectra)
    assert steps[0].monitor == "monitor"


def test_the_sine_is_10_microampere_or_a_hundredth_of_the_current() -> None:
    steps = planned(made(InsituEis, formation_cycles=0, dc_rates=["C/10", "3C"]))

    sines = [
        next(t.amplitude for t in step.techniques if isinstance(t, Spectrum))
        for step in steps
        if step.monitor
    ]
    one_c = 1.9e-3 * 1.131
    assert sines == pytest.approx([1e-5, 0.03 * one_c])


def test_frequencies_that_the_cell_outruns_are_left_out_with_a_word() -> None:
    protocol = made(InsituEis)

    lowest = {
        t.last_frequency
        for step in planned(protocol)
        for t in step.techniques
        if isinstance(t, Spectrum)
    }
    assert sorted(lowest) == pytest.approx([1 / 3, 1.0])
    said = " ".join(protocol.warnings())
    assert "at 1C frequencies below 0.33 Hz are left out" in said
    assert "at 3C frequencies below 1 Hz are left out" in said


def test_the_second_channel_sits_in_the_same_instrument() -> None:
    assert made(InsituEis).companions() == {"monitor": "cell"}
    assert "monitor" not in made(InsituEis, second_channel=False).roles()


def test_everything_impossible_about_a_spectrum_is_said_at_once() -> None:
    protocol = made(
        InsituEis,
        label={"upper_voltage": "1.1 V"},
        amplitude="3 mA",
        dc_rates=["1C"],
        states=["50%", "20%"],
        last_frequency="1 kHz",
        first_frequency="100 Hz",
    )

    said = " ".join(str(c) for c in protocol.check())

    assert "exceeds the limit of sample qms-0.7" in said
    assert "not below the first frequency" in said
    assert "do not rise" in said
    assert "the sine would turn it round" in said


def test_no_capacity_with_states_and_no_one_c_under_current_are_refused() -> None:
    nothing = {"label": {"one_c": None}, "one_c": None, "formation_cycles": 0}

    at_rest = " ".join(str(c) for c in made(Peis, **nothing).check())
    driven = " ".join(str(c) for c in made(InsituEis, **nothing).check())

    assert "parts of a capacity that nobody states" in at_rest
    assert "needs to know what 1C is" in driven


@pytest.mark.parametrize("sample", ["qms-0.7", "si"])
def test_r_ct_at_rest_is_found_within_5_percent(play: Play, sample: str) -> None:
    run, protocol, _ = play(Peis, sample, states=["30%", "50%", "70%"])

    found = protocol.results(run)["charge_transfer_resistance"]

    assert found.quality is Quality.GOOD
    assert found.unit == "Ω"
    assert found.value == found.table["charge_transfer_ohm"][0]
    assert found.table["charge_transfer_ohm"] == pytest.approx(run.truths, rel=0.05)
    assert max(found.table["kramers_kronig_percent"]) < 1.0
    names = [figure.name for figure in protocol.figures(run)]
    assert names == ["nyquist", "bode", "kramers_kronig", "relaxation_times"]


@pytest.mark.slow
def test_r_ct_under_current_is_found_and_lower_for_qms(play: Play) -> None:
    at = {}
    for sample in ("qms-0.7", "si"):
        run, protocol, _ = play(InsituEis, sample, states=["20%", "30%", "50%"])
        found = protocol.results(run)
        table = found["charge_transfer_resistance"].table
        assert table["charge_transfer_ohm"] == pytest.approx(
            run.truths[: len(table["state"])], rel=0.05
        )
        assert abs(found["second_channel_difference"].value) < 1e-3
        for rate in ("1C", "3C"):
            at[sample, rate] = found[f"charge_transfer_resistance_at_{rate}"].value

    assert at["qms-0.7", "1C"] < at["si", "1C"] / 2
    assert at["qms-0.7", "3C"] < at["si", "3C"]


def test_both_channels_stand_on_one_time_axis(play: Play) -> None:
    run, _, _ = play(
        InsituEis, "qms-0.7", formation_cycles=0, dc_rates=["1C"], states=["10%"]
    )

    monitor, series = run.table("monitor"), run.table("timeseries")
    own = np.isin(series["step_count"], np.unique(monitor["step_count"]))
    assert np.all(np.diff(monitor["test_time_second"]) > 0)
    assert monitor["test_time_second"][-1] == pytest.approx(
        series["test_time_second"][own][-1], abs=10.0
    )


def test_the_first_step_is_the_one_that_runs_of_before_recorded() -> None:
    first = next(made(InsituEis).plan())

    assert (first.label, first.digest()) == (
        "what the channel can do",
        FIRST_STEP_OF_BEFORE,
    )
