"""A whole plan is compared with channels and bench before anything is driven."""

from collections.abc import Mapping
from typing import Any

import pytest
from plans_to_compare import BENCH, OPEN, bench_with, checked, complaints, ordered

from labctl import plugins
from labctl.config.models import Config
from labctl.session.order import Order, protocol_of
from labctl.session.plan_walk import MOST_STEPS, walk


def sequence(*steps: Mapping[str, Any]) -> dict[str, Any]:
    return {"formation_cycles": 0, "steps": list(steps)}


def current(rate: str, *until: str) -> dict[str, Any]:
    step = {"do": "current", "rate": rate, "duration": "1 h", "until": list(until)}
    return {**step, "record": {"every": "1 s"}}


PEIS = {"do": "peis", "amplitude": "10 mV"}
GEIS = {"do": "geis", "bias": "450 mA", "amplitude": "40 mA"}
HOLD = {"do": "voltage", "duration": "1 h", "record": {"every": "1 s"}}
SWEEP = {"do": "sweep", "through": ["0 V", "1 V"], "scan_rate": "100 V/s"}

# In words, what is ordered on which bench, and where the complaints must point.
CASES: list[tuple[str, Order, Config, set[tuple[str | int, ...]]]] = [
    ("an ordinary formation", ordered("formation-cycling"), BENCH, set()),
    (
        "500C of a coin cell on a board of 500 mA",
        ordered("formation-cycling", rate="500C"),
        OPEN,
        {("parameters", "rate")},
    ),
    (
        "MA for mA",
        ordered("formation-cycling", rate="0.5 MA"),
        OPEN,
        {("parameters", "rate")},
    ),
    (
        "0.8 A where the largest range is called 1 A",
        ordered("sequence", **sequence(current("C/20"), current("0.8 A"))),
        OPEN,
        {("parameters", "steps", 1, "rate")},
    ),
    (
        "0.45 A on the same board",
        ordered("sequence", **sequence(current("0.45 A"))),
        OPEN,
        set(),
    ),
    (
        "0.45 A on a VMP3's board",
        ordered("sequence", channels={"cell": "vmp3/1"}, **sequence(current("0.45 A"))),
        OPEN,
        {("parameters", "steps", 0, "rate")},
    ),
    (
        "exactly what board and bench allow, but for the rounding of a rate",
        ordered("sequence", **sequence(current("500.0000000001 mA"))),
        bench_with(maximum_current="500 mA"),
        set(),
    ),
    (
        "0.8 A where the configuration says that the channel drives it",
        ordered("sequence", **sequence(current("0.8 A"))),
        bench_with({"max_current": {"1": 1.0}}),
        set(),
    ),
    (
        "a rate that only the last of many cycles has, behind a condition",
        ordered(
            "sequence",
            **sequence(
                {
                    "do": "repeat",
                    "times": 50,
                    "until_ended_by": "empty",
                    "steps": [current("D/20", "empty: voltage <= 0.1 V")],
                },
                {"do": "if", "ended_by": "empty", "then": [current("2 A")]},
            ),
        ),
        OPEN,
        {("parameters", "steps", 1, "then", 0, "rate")},
    ),
    (
        "a limit above what the bench allows",
        ordered("sequence", **sequence(current("C/20", "voltage >= 1.5 V"))),
        bench_with(upper_voltage="1.2 V"),
        {("parameters", "steps", 0)},
    ),
    (
        "a window above what the bench allows",
        ordered("formation-cycling"),
        bench_with(upper_voltage="1.4 V"),
        {("parameters", "formation_upper_voltage")},
    ),
    (
        "a hold above what the bench allows",
        ordered("sequence", **sequence({**HOLD, "hold": "1.5 V"})),
        bench_with(upper_voltage="1.2 V"),
        {("parameters", "steps", 0, "hold")},
    ),
    (
        "a hold beyond the compliance of an amplifier that the configuration knows",
        ordered("sequence", **sequence({**HOLD, "hold": "1.5 V"})),
        bench_with({"compliance": 1.0}),
        {("parameters", "steps", 0, "hold")},
    ),
    (
        "2 MHz on a VMP3",
        ordered(
            "sequence",
            channels={"cell": "vmp3/1"},
            **sequence({**PEIS, "first_frequency": "2 MHz"}),
        ),
        OPEN,
        {("parameters", "steps", 0, "first_frequency")},
    ),
    (
        "2 MHz on a VSP-300",
        ordered("sequence", **sequence({**PEIS, "first_frequency": "2 MHz"})),
        OPEN,
        set(),
    ),
    (
        "a spectrum without an impedance board",
        ordered("sequence", **sequence(PEIS)),
        bench_with(simulated={"without_impedance": [1]}),
        {("parameters", "steps", 0)},
    ),
    (
        "a sine on a current that fits only without it",
        ordered("sequence", **sequence(GEIS)),
        OPEN,
        {("parameters", "steps", 0)},
    ),
    (
        "a scan faster than rows come",
        ordered("sequence", **sequence(SWEEP)),
        OPEN,
        {("parameters", "steps", 0, "scan_rate")},
    ),
    (
        "the second technique of an upload",
        ordered(
            "sequence",
            **sequence({"do": "linked", "steps": [current("C/20"), current("2 A")]}),
        ),
        OPEN,
        {("parameters", "steps", 0, "steps", 1, "rate")},
    ),
    (
        "spectra on 300C",
        ordered("insitu-eis", dc_rates=["1C", "300C"]),
        OPEN,
        {("parameters", "dc_rates", 1)},
    ),
    (
        "3 V at a compliance of 200 A",
        ordered("particle-iv", "particle-si", voltage="3 V", compliance="200 A"),
        OPEN,
        {("parameters", "compliance")},
    ),
    (
        "300 V on a source meter of 210 V",
        ordered("pellet-conductivity", "pellet-si", voltage="300 V"),
        OPEN,
        {("parameters", "voltage")},
    ),
    (
        "more field than the magnet has, more current than the source",
        ordered("hall-effect", "film-si", field="5 T", current="2 A"),
        OPEN,
        {("parameters", "field"), ("parameters", "current")},
    ),
    ("an ordinary Hall measurement", ordered("hall-effect", "film-si"), OPEN, set()),
    ("an ordinary particle", ordered("particle-iv", "particle-si"), OPEN, set()),
]


@pytest.mark.parametrize(
    ("case", "order", "config", "paths"), CASES, ids=[c[0] for c in CASES]
)
def test_a_plan_is_refused_at_the_parameter_that_asks_too_much(
    case: str, order: Order, config: Config, paths: set[tuple[str | int, ...]]
) -> None:
    found = complaints(order, config)

    assert {each.path for each in found} == paths, [str(each) for each in found]
    assert all(each.cure for each in found), case


def test_value_limit_unit_and_step_are_fields() -> None:
    order = ordered("sequence", **sequence(current("0.8 A")))

    (complaint, *_) = [c for c in complaints(order, OPEN) if c.step]

    assert (complaint.value, complaint.limit, complaint.unit) == (0.8, 0.5, "A")


def test_every_complaint_of_a_plan_comes_at_once() -> None:
    order = ordered(
        "sequence",
        **sequence(
            current("0.8 A"),
            {**PEIS, "first_frequency": "7 MHz", "last_frequency": "1 µHz"},
            {**SWEEP, "through": ["0 V", "1.5 V"]},
        ),
    )

    found = complaints(order, bench_with(upper_voltage="1.2 V"))

    assert {each.path[2] for each in found if each.path[1] == "steps"} == {0, 1, 2}


def test_all_steps_of_five_hundred_cycles_are_compared_in_seconds() -> None:
    found = checked(ordered("cycling", cycles=500, check_up_every=50)).compared

    assert found is not None
    assert not found.unknown
    assert found.steps == 7  # two half cycles at each of three rates, and the ability


NO_DEFAULT: dict[str, dict[str, Any]] = {
    "sequence": sequence(current("C/20")),
    "watched": {"record": "cell7.wrd"},
}
"""What protocols have to be told."""


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in plugins.names(plugins.PROTOCOLS)
        if plugins.protocol(name).can_be_run and not plugins.protocol(name).requests
    ],
)
def test_every_protocol_s_plan_can_be_walked_to_its_end(name: str) -> None:
    kind = plugins.protocol(name)
    sample = {"half_cell": "si", "pellet": "pellet-si", "particle": "particle-si"}
    chosen = sample.get(str(min(kind.sample_kinds)), "film-si")
    if "half_cell" in kind.sample_kinds:
        chosen = "si"
    protocol = protocol_of(ordered(name, chosen, **NO_DEFAULT.get(name, {})), BENCH)

    walked = walk(protocol)

    assert walked.steps
    assert not walked.unknown


def test_a_plan_that_is_too_long_to_be_walked_says_so() -> None:
    block = {"do": "repeat", "times": MOST_STEPS, "steps": [current("C/20")]}
    found = checked(ordered("sequence", **sequence(block))).compared

    assert found is not None
    assert any("the first 20000" in str(each) for each in found.unknown)
