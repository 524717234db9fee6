"""aurora-unicycler's protocols as plans, and plans as such: all of it, or refused."""

import json
from collections.abc import Mapping
from typing import Any

import aurora_unicycler
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.twins.world import catalogue
from labctl import plugins
from labctl.errors import RefusedError
from labctl.protocol import Protocol
from labctl.sample import Sample
from protocols.compose.unicycler.format import unicycler
from protocols.compose.unicycler.thousandths import milli

LONG = "30 h"
CC = {"step": "constant_current", "rate_C": 0.5, "until_time_s": 60.0}
OCV = {"step": "open_circuit_voltage", "until_time_s": 600.0}
PEIS = {
    "step": "impedance_spectroscopy",
    "amplitude_V": 0.01,
    "start_frequency_Hz": 1e5,
    "end_frequency_Hz": 0.1,
}
RECORD = {"time_s": 10.0, "voltage_V": 0.005}


def document(*method: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    sample = {"name": "A17", "capacity_mAh": 2.0}
    return {"sample": sample, "record": RECORD, "method": list(method), **more}


def read(data: Mapping[str, Any], *without: str, longest: str = LONG) -> dict[str, Any]:
    text = json.dumps(data)
    plan = unicycler.read(text, "p.json", without=without, longest=longest)
    assert plan["protocol"] == "sequence"
    parameters: dict[str, Any] = plan["parameters"]
    return parameters


def sequence(parameters: Mapping[str, Any]) -> Protocol:
    kind = plugins.protocol("sequence")
    label = catalogue.label("si")
    for name in ("lower_voltage", "upper_voltage", "preset"):
        label.pop(name, None)
    return kind(
        kind.parameters_model.model_validate(parameters), Sample.model_validate(label)
    )


def method_of(protocol: Protocol, *without: str) -> list[dict[str, Any]]:
    written = json.loads(unicycler.write(protocol, without=without))
    return [
        {k: v for k, v in step.items() if v is not None} for step in written["method"]
    ]


# In words, a step of unicycler and what a person would write for it.
STEPS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("a rest", OCV, {"do": "rest", "duration": "600 s"}),
    (
        "a charge ends at a voltage from below",
        {**CC, "until_voltage_V": 4.2},
        {
            "do": "current",
            "rate": "C/2",
            "duration": "60 s",
            "until": ["voltage >= 4.2 V"],
        },
    ),
    (
        "a discharge is negative, and ends from above",
        {**CC, "rate_C": "D/3", "until_voltage_V": 3.0},
        {
            "do": "current",
            "rate": "-C/3",
            "duration": "60 s",
            "until": ["voltage <= 3 V"],
        },
    ),
    (
        "a current in mA, without a time",
        {"step": "constant_current", "current_mA": -1.5, "until_voltage_V": 3.0},
        {
            "do": "current",
            "rate": "-1.5 mA",
            "duration": LONG,
            "until": ["voltage <= 3 V"],
        },
    ),
    (
        "a taper has no sign",
        {
            "step": "constant_voltage",
            "voltage_V": 4.2,
            "until_rate_C": -0.05,
            "until_time_s": 60.0,
        },
        {
            "do": "voltage",
            "hold": "4.2 V",
            "duration": "60 s",
            "until": ["|current| <= C/20"],
        },
    ),
    (
        "a scan",
        {
            "step": "voltage_scan",
            "start_voltage_V": 3.0,
            "end_voltage_V": 4.0,
            "scan_rate_mV_per_s": 0.1,
        },
        {"do": "sweep", "through": ["3 V", "4 V"], "scan_rate": "0.1 mV/s"},
    ),
    (
        "a spectrum around the voltage found",
        PEIS,
        {
            "do": "peis",
            "amplitude": "0.01 V",
            "first_frequency": "100000 Hz",
            "last_frequency": "0.1 Hz",
            "points_per_decade": 10,
            "averages": 1,
            "drift_correction": False,
        },
    ),
    ("what has a name keeps it", {**OCV, "id": "rest A"}, {"label": "rest A"}),
]


@pytest.mark.parametrize(("case", "step", "words"), STEPS, ids=[s[0] for s in STEPS])
def test_a_step_is_written_as_a_person_would(
    case: str, step: dict[str, Any], words: dict[str, Any]
) -> None:
    (found,) = read(document(step))["steps"]

    assert {**found, **words} == found, case
    sequence({"steps": [found], "one_c": "2 mA"})


def test_capacity_rows_and_limits_become_parameters() -> None:
    safety = {"max_voltage_V": 4.5, "min_current_mA": -3.0, "max_current_mA": 2.5}

    found = read(document(OCV, safety=safety))
    envelope = sequence(found).envelope()

    assert (found["one_c"], found["record_every"]) == ("2 mA", "10 s")
    assert envelope.bounds["voltage_volt"][1] == 4.5
    assert envelope.bounds["current_ampere"] == pytest.approx((-3e-3, 2.5e-3))


def test_rows_at_a_current_stand_at_each_step() -> None:
    (found,) = read(document(OCV, record={"time_s": 5.0, "current_mA": 0.1}))["steps"]

    assert found["record"] == {"every": "5 s", "current": "0.1 mA"}


def test_a_hold_goes_on_from_its_current_without_a_gap() -> None:
    hold = {"step": "constant_voltage", "voltage_V": 4.2, "until_time_s": 60.0}

    steps = read(document({**CC, "until_voltage_V": 4.2}, hold, OCV, hold))["steps"]

    assert [step["do"] for step in steps] == ["linked", "rest", "voltage"]
    assert [step["do"] for step in steps[0]["steps"]] == ["current", "voltage"]


def loop(to: int | str, times: int) -> dict[str, Any]:
    return {"step": "loop", "loop_to": to, "cycle_count": times}


def tag(name: str) -> dict[str, Any]:
    return {"step": "tag", "tag": name}


def shape(steps: list[dict[str, Any]]) -> list[Any]:
    return [
        (s["times"], shape(s["steps"])) if s["do"] == "repeat" else s["do"]
        for s in steps
    ]


# In words, a method with jumps, and what runs how often in total.
LOOPS: list[tuple[str, list[dict[str, Any]], list[Any]]] = [
    (
        "to a tag, 3 passes in total",
        [OCV, tag("a"), CC, OCV, loop("a", 3)],
        ["rest", (3, ["current", "rest"])],
    ),
    ("one pass is no loop", [OCV, CC, loop(1, 1)], ["rest", "current"]),
    (
        "to a number that counts the tags",
        [tag("a"), OCV, CC, loop(2, 4)],
        [(4, ["rest", "current"])],
    ),
    (
        "one inside the other, from the same step",
        [OCV, CC, loop(1, 2), OCV, loop(1, 5)],
        [(5, [(2, ["rest", "current"]), "rest"])],
    ),
]


@pytest.mark.parametrize(("case", "method", "runs"), LOOPS, ids=[x[0] for x in LOOPS])
def test_jumps_become_blocks(
    case: str, method: list[dict[str, Any]], runs: list[Any]
) -> None:
    assert shape(read(document(*method))["steps"]) == runs, case


# In words, a file, where it is refused, and what may let it go.
REFUSED: list[tuple[str, dict[str, Any], tuple[str | int, ...], str]] = [
    (
        "a cut-off of 0 V, which may mean none",
        document({**CC, "until_voltage_V": 0}),
        ("method", 0, "until_voltage_V"),
        "",
    ),
    (
        "no end in time",
        document({"step": "constant_current", "rate_C": 1, "until_voltage_V": 4.0}),
        ("method", 0),
        "",
    ),
    (
        "a rate and a current",
        document({**CC, "current_mA": 3.0}),
        ("method", 0),
        "",
    ),
    (
        "loops that intersect",
        document(OCV, CC, OCV, loop(2, 2), CC, loop(3, 2)),
        ("method",),
        "",
    ),
    (
        "a limit on the charge",
        document(OCV, safety={"max_capacity_mAh": 5.0}),
        ("safety", "max_capacity_mAh"),
        "max_capacity_mAh",
    ),
    (
        "limits that may be exceeded for a while",
        document(OCV, safety={"delay_s": 1.0}),
        ("safety", "delay_s"),
        "delay_s",
    ),
    (
        "a field that nobody knows",
        document({**OCV, "until_temperature_C": 60}),
        ("method", 0, "until_temperature_C"),
        "",
    ),
    (
        "a current without an end",
        document({**CC, "rate_C": "inf"}),
        ("method", 0, "rate_C"),
        "",
    ),
    ("tags alone", document(tag("a")), ("method",), ""),
    (
        "a block of settings that nobody knows",
        document(OCV, cooling=1),
        ("cooling",),
        "",
    ),
]


@pytest.mark.parametrize(
    ("case", "data", "path", "name"), REFUSED, ids=[r[0] for r in REFUSED]
)
def test_what_a_plan_cannot_say_is_refused_by_name(
    case: str, data: dict[str, Any], path: tuple[str | int, ...], name: str
) -> None:
    with pytest.raises(RefusedError) as caught:
        read(data, longest="")

    assert {c.path for c in caught.value.complaints} == {path}, case
    assert all(c.file == "p.json" for c in caught.value.complaints)
    if name:
        assert read(data, name)["steps"]


def test_letting_go_of_what_is_not_lost_is_refused() -> None:
    with pytest.raises(RefusedError, match="nothing of that name"):
        read(document(OCV), "delay_s")


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"record": 1, "record": 2}', '{"record": NaN}', "null"]
)
def test_what_is_no_protocol_is_refused(text: str) -> None:
    with pytest.raises(RefusedError):
        unicycler.read(text, "p.json", without=(), longest=LONG)


@pytest.mark.parametrize(
    "data",
    [
        document(OCV) | {"method": 3},
        document(OCV) | {"method": None},
        document({**OCV, "until_time_s": {}}),
        document({**CC, "rate_C": "C/0"}),
        document({"step": "tag", "tag": 1}, OCV),
    ],
)
def test_a_value_that_the_package_trips_over_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(RefusedError, match=r"none of a protocol's"):
        read(data)


def protocol(name: str, **given: Any) -> Protocol:
    kind = plugins.protocol(name)
    label = catalogue.label("si")
    preset = dict(kind.presets["half-cell"])
    parameters = kind.parameters_model.model_validate({**preset, **given})
    return kind(parameters, Sample.model_validate(label))


@pytest.mark.parametrize(
    "name",
    [
        "formation-cycling",
        "cycling",
        "rate-capability",
        "cyclic-voltammetry",
        "quasi-ocv",
    ],
)
def test_what_is_exported_is_taken_by_the_package_and_its_cyclers(name: str) -> None:
    text = unicycler.write(protocol(name), without=())

    found = aurora_unicycler.CyclingProtocol.from_dict(json.loads(text))

    assert found.sample.name == "si"
    assert "<Step1 " in found.to_neware_xml()
    assert "Modulo Bat" in found.to_biologic_mps(range_V=(-1.0, 5.0))


def test_five_hundred_cycles_stand_once() -> None:
    found = method_of(protocol("formation-cycling", cycles=500))

    (loops,) = [step for step in found if step["step"] == "loop"]
    assert loops["cycle_count"] == 500
    assert len(found) < 20


# In words, a protocol, and what of it unicycler cannot say.
UNSAYABLE: list[tuple[str, str, dict[str, Any], str]] = [
    ("an end of life", "cycling", {"end_of_life": "80 %"}, "charge that was passed"),
    ("pulses until a limit", "gitt", {}, "decides by"),
    ("states of a capacity that is measured", "peis", {}, "charge that was passed"),
    (
        "waits between frequencies",
        "peis",
        {"formation_cycles": 0},
        "--without wait_periods",
    ),
    (
        "a spectrum on a current",
        "sequence",
        {"steps": [{"do": "geis", "bias": "1 mA", "amplitude": "0.1 mA"}]},
        "on none",
    ),
    (
        "a power",
        "sequence",
        {"steps": [{"do": "power", "power": "1 mW", "duration": "1 h"}]},
        "holds a power",
    ),
    (
        "a cut-off of 0 V",
        "sequence",
        {
            "steps": [
                {
                    "do": "current",
                    "rate": "-1 mA",
                    "duration": "1 h",
                    "until": ["voltage <= 0 V"],
                }
            ]
        },
        "unicycler takes 0 for none",
    ),
    (
        "a charge that ends a step",
        "sequence",
        {
            "steps": [
                {
                    "do": "current",
                    "rate": "1 mA",
                    "duration": "1 h",
                    "until": ["charge >= 1 mAh"],
                }
            ]
        },
        "--without charge",
    ),
]


@pytest.mark.parametrize(
    ("case", "name", "given", "said"), UNSAYABLE, ids=[u[0] for u in UNSAYABLE]
)
def test_what_unicycler_cannot_say_is_refused_by_name(
    case: str, name: str, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(RefusedError) as caught:
        unicycler.write(protocol(name, **given), without=())

    assert said in str(caught.value), case


def numbers(step: dict[str, Any]) -> dict[str, float]:
    return {name: value for name, value in step.items() if name != "step"}


SECONDS = st.integers(1, 100_000).map(float)
VOLTS = st.integers(1, 450).map(lambda x: x / 100.0)
MILLIAMPERES = st.integers(1, 900).map(lambda x: x / 100.0)
TECHNIQUES = st.one_of(
    st.builds(lambda t: {"step": "open_circuit_voltage", "until_time_s": t}, SECONDS),
    st.builds(
        lambda i, sign, t, v: {
            "step": "constant_current",
            "current_mA": sign * i,
            "until_time_s": t,
            "until_voltage_V": v,
        },
        MILLIAMPERES,
        st.sampled_from([-1.0, 1.0]),
        SECONDS,
        VOLTS,
    ),
    st.builds(
        lambda v, t, i: {
            "step": "constant_voltage",
            "voltage_V": v,
            "until_time_s": t,
            "until_current_mA": i,
        },
        VOLTS,
        SECONDS,
        MILLIAMPERES,
    ),
    st.builds(
        lambda v, way, rate: {
            "step": "voltage_scan",
            "start_voltage_V": v,
            "end_voltage_V": v + way,
            "scan_rate_mV_per_s": rate,
        },
        VOLTS,
        st.sampled_from([-0.25, 0.5]),
        st.sampled_from([0.1, 1.0, 20.0]),
    ),
    st.builds(
        lambda volt, n: {
            "step": "impedance_spectroscopy",
            "start_frequency_Hz": 1e5,
            "end_frequency_Hz": 0.5,
            "points_per_decade": n,
            "measures_per_point": 2,
            "drift_correction": True,
            **volt,
        },
        st.sampled_from([{"amplitude_V": 0.01}, {"amplitude_mA": 0.25}]),
        st.integers(2, 20),
    ),
)


def unrolled(method: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what runs, one after the other; jumps followed as a cycler does."""
    place = {step["tag"]: k for k, step in enumerate(method) if step["step"] == "tag"}
    left = {
        k: s["cycle_count"] - 1 for k, s in enumerate(method) if s["step"] == "loop"
    }
    again, out, k = dict(left), [], 0
    while k < len(method):
        step = method[k]
        if step["step"] == "loop":
            if left[k]:
                left[k] -= 1
                k = place[step["loop_to"]]
                continue
            left[k] = again[k]
        elif step["step"] != "tag":
            out.append(step)
        k += 1
    return out


@settings(max_examples=60, deadline=None)
@given(
    st.lists(TECHNIQUES, min_size=1, max_size=6),
    st.integers(2, 4),
    st.lists(TECHNIQUES, max_size=3),
)
def test_a_method_comes_back_as_it_was(
    inner: list[dict[str, Any]], times: int, after: list[dict[str, Any]]
) -> None:
    method = [tag("block"), *inner, loop("block", times), *after]
    plan = read(document(*method, record={"time_s": 10.0, "voltage_V": 0.01}))

    again = method_of(sequence(plan))

    expected, found = unrolled(method), unrolled(again)
    assert [s["step"] for s in found] == [s["step"] for s in expected]
    for mine, theirs in zip(found, expected, strict=True):
        assert numbers(mine) == pytest.approx(numbers(theirs))


@pytest.mark.parametrize("ampere", [-0.00021175, 1.9e-3 * 1.131, 0.0035 / 3])
def test_amperes_are_written_as_a_person_would(ampere: float) -> None:
    written = milli(ampere)

    assert len(repr(written).lstrip("-0.").replace(".", "")) <= 15
    assert written == pytest.approx(1000.0 * ampere, rel=1e-14)
