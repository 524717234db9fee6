"""Conduction plans as values: outcomes in, steps out; no instrument anywhere."""

import math
from collections.abc import Mapping
from typing import Any

import pytest

from labctl.data import EndReason, Outcome
from labctl.protocol import Protocol, Step
from labctl.quantities import SI
from labctl.roles.current_source import CurrentSource
from labctl.roles.magnet import Magnet, MagnetSupply
from labctl.roles.source_meter import SourceMeter
from labctl.roles.switch_matrix import SwitchMatrix
from labctl.sample import Sample
from labctl.steps.demands import CheckBench
from labctl.steps.field import ReleaseField
from labctl.steps.film import ReadFilm
from labctl.steps.source_meter import HoldSource, SweepSource
from protocols.conduction.bias_hold import BiasHold
from protocols.conduction.contact_check import ContactCheck
from protocols.conduction.hall_bench import REVERSAL, rounded_down
from protocols.conduction.hall_effect import HallEffect
from protocols.conduction.particle_iv import ParticleIV
from protocols.conduction.pellet_conductivity import (
    PelletConductivity,
    PelletParameters,
)
from protocols.conduction.pellet_series import earlier_pellet
from protocols.conduction.van_der_pauw import VanDerPauwProtocol

PELLET = {"name": "p", "kind": "pellet", "area": 1e-4, "thickness": 1e-3}
PARTICLE = {"name": "q", "kind": "particle", "length": 1e-6}
FILM = {"name": "f", "kind": "film", "thickness": 5e-4}


def make(kind: type[Protocol], label: Mapping[str, Any], **given: Any) -> Protocol:
    parameters = kind.parameters_model.model_validate(given, context=SI)
    return kind(parameters, Sample.model_validate(label, context=SI))


def played(
    protocol: Protocol, answers: Mapping[str, Mapping[str, float]]
) -> list[Step]:
    """Run the plan; the outcome of a step is found by the start of its label."""
    plan = protocol.plan()
    steps = [next(plan)]
    while True:
        found = (v for k, v in answers.items() if steps[-1].label.startswith(k))
        outcome = Outcome(EndReason.COMPLETED, values=next(found, {}))
        try:
            steps.append(plan.send(outcome))
        except StopIteration:
            return steps


GOOD_CONTACT = {"contact check": {"largest": 5e-6, "slope": 1e-4}}
GOOD_FILM = {"look": {"in_compliance": 0.0, "largest": 500.0}}


def test_every_plan_asks_the_bench_before_anything_is_driven() -> None:
    protocols = [
        make(PelletConductivity, PELLET),
        make(ParticleIV, PARTICLE),
        make(BiasHold, PARTICLE),
        make(ContactCheck, FILM),
        make(VanDerPauwProtocol, FILM),
        make(HallEffect, FILM),
    ]

    first = [next(protocol.plan()) for protocol in protocols]

    assert all(isinstance(step, CheckBench) for step in first)


def test_a_pellet_is_checked_settled_and_swept_on_the_range_the_check_found() -> None:
    steps = played(make(PelletConductivity, PELLET, sweeps=3), GOOD_CONTACT)

    kinds = [type(step) for step in steps]
    assert kinds == [CheckBench, SweepSource, HoldSource] + 3 * [SweepSource]
    sweep = steps[-1]
    assert isinstance(sweep, SweepSource)
    assert sweep.probe.measure_range == pytest.approx(5e-6 * 10 * 1.3)
    assert sweep.levels[0] == sweep.levels[-1] == 0.0
    assert max(sweep.levels) == -min(sweep.levels) == 0.5


def test_without_a_contact_no_large_bias_is_driven() -> None:
    open_probe = {"contact check": {"largest": 1e-10, "slope": 1e-13}}

    for kind, label in ((ParticleIV, PARTICLE), (BiasHold, PARTICLE)):
        steps = played(make(kind, label), open_probe)
        assert [type(step) for step in steps] == [CheckBench, SweepSource]


def test_an_open_probe_is_swept_when_the_baseline_is_what_is_wanted() -> None:
    open_probe = {"contact check": {"largest": 1e-10, "slope": 1e-13}}

    steps = played(make(ParticleIV, PARTICLE, probe_state="open"), open_probe)

    assert len(steps) == 4


def test_a_bias_hold_holds_both_signs_in_order() -> None:
    steps = played(make(BiasHold, PARTICLE), GOOD_CONTACT)

    holds = [step for step in steps if isinstance(step, HoldSource)]
    assert [hold.level for hold in holds] == [3.0, -3.0]
    assert [hold.duration for hold in holds] == [60.0, 60.0]


def test_a_hall_run_reads_eight_and_eight_and_takes_the_field_abba() -> None:
    steps = played(make(HallEffect, FILM), GOOD_FILM)

    reads = [step for step in steps if isinstance(step, ReadFilm)]
    resistivity, *hall = reads[2:]
    assert len(resistivity.connections) * 2 == 8
    fields = [step.target.field for step in hall if step.target is not None]
    assert fields == [0.5, -0.5, -0.5, 0.5]
    readings = sum(len(step.connections) * 2 for step in hall)
    assert readings == 8 + 8
    assert isinstance(steps[-1], ReleaseField)


def test_the_current_is_reversed_so_that_drift_cancels() -> None:
    assert sum(REVERSAL) == 0
    assert sum(sign * place for place, sign in enumerate(REVERSAL)) == 0


def test_the_current_through_a_film_is_chosen_by_power_and_compliance() -> None:
    # 1 mW in 500 Ω is 1.41 mA; half of 10 V over 500 Ω would be 10 mA.
    steps = played(make(VanDerPauwProtocol, FILM), GOOD_FILM)

    read = steps[-1]
    assert isinstance(read, ReadFilm)
    assert max(read.currents) == 1e-3


def test_a_look_in_compliance_is_repeated_with_less_current_then_given_up() -> None:
    limited = {"look": {"in_compliance": 2.0, "largest": math.nan}}

    steps = played(make(VanDerPauwProtocol, FILM), limited)

    looks = [step for step in steps if isinstance(step, ReadFilm)]
    assert [max(look.currents) for look in looks] == [1e-6, 1e-8, 1e-10]
    assert looks == steps[1:]


@pytest.mark.parametrize("kind", [ParticleIV, BiasHold, PelletConductivity])
def test_a_contact_check_that_was_skipped_leads_to_no_large_bias(
    kind: type[Protocol],
) -> None:
    label = PELLET if kind is PelletConductivity else PARTICLE

    steps = played(make(kind, label, least_conductance=0.0), {})

    assert [type(step) for step in steps] == [CheckBench, SweepSource]


@pytest.mark.parametrize("kind", [VanDerPauwProtocol, HallEffect, ContactCheck])
def test_a_look_for_contacts_that_was_skipped_ends_the_plan(
    kind: type[Protocol],
) -> None:
    steps = played(make(kind, FILM), {})

    assert [type(step) for step in steps] == [CheckBench, ReadFilm]


def test_a_field_sweep_reads_both_kinds_of_configurations_at_every_field() -> None:
    steps = played(make(HallEffect, FILM, sweep_points=5), GOOD_FILM)

    sweep = [s for s in steps if s.label.startswith("field sweep")]
    fields = [s.target.field for s in sweep if isinstance(s, ReadFilm) and s.target]
    assert fields == pytest.approx([0.5, 0.25, 0.0, -0.25, -0.5])


ROLES: list[tuple[type[Protocol], Mapping[str, Any], dict[str, Any], dict[str, type]]]
ROLES = [
    (PelletConductivity, PELLET, {}, {"source_meter": SourceMeter}),
    (
        PelletConductivity,
        PELLET,
        {"switch": True},
        {"source_meter": SourceMeter, "switch": SwitchMatrix},
    ),
    (ContactCheck, FILM, {}, {"current_source": CurrentSource}),
    (HallEffect, FILM, {}, {"magnet": MagnetSupply}),
    (HallEffect, FILM, {"field_control": "magnet"}, {"field_controller": Magnet}),
]


@pytest.mark.parametrize(("kind", "label", "given", "expected"), ROLES)
def test_roles_follow_the_parameters(
    kind: type[Protocol],
    label: Mapping[str, Any],
    given: dict[str, Any],
    expected: dict[str, type],
) -> None:
    roles = make(kind, label, **given).roles()

    assert expected.items() <= roles.items()


def test_a_label_without_thickness_is_told_before_the_start() -> None:
    label = {"name": "f", "kind": "film"}

    warnings = make(HallEffect, label).warnings()

    assert warnings[0] == "sample f has no thickness: carrier_density is absent"


def test_a_bias_beyond_the_samples_limit_is_refused() -> None:
    label = {**PARTICLE, "upper_voltage": 2.0, "lower_voltage": -2.0}

    complaints = make(ParticleIV, label).check()

    assert {c.where for c in complaints} == {"voltage"}


@pytest.mark.parametrize(
    ("value", "rounded"), [(1.41e-3, 1e-3), (5e-6, 5e-6), (9.9e-2, 5e-2), (2e-9, 2e-9)]
)
def test_a_chosen_current_is_rounded_down(value: float, rounded: float) -> None:
    assert rounded_down(value) == pytest.approx(rounded)


def test_steps_replay_from_their_own_payload() -> None:
    # Equal plans give equal digests: that is what resume compares.
    first = played(make(HallEffect, FILM), GOOD_FILM)
    second = played(make(HallEffect, FILM), GOOD_FILM)

    assert [s.digest() for s in first] == [s.digest() for s in second]


def test_parameters_of_older_files_are_read_and_their_zeros_are_no_knowledge() -> None:
    told = {
        "contact_share": 0.005,
        "series": [
            {
                "thickness": 5e-4,
                "resistance": 5400.0,
                "thickness_uncertainty": 0.0,
                "resistance_uncertainty": 0.0,
            }
        ],
    }
    parameters = PelletParameters.model_validate(told, context=SI)

    depth, ohms = earlier_pellet(1, parameters.series[0])

    assert depth.budget == pytest.approx({"thickness (assumed)": 1e-5})
    assert ohms.budget == pytest.approx({"resistance (assumed)": 54.0})
