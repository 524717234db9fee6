"""Forms from schemas, and what a typed text comes to."""

import pytest

from gui.parts.form import Referred, Resolved, order_parameters, referred, resolve
from gui.parts.form_fields import (
    FieldGroup,
    FieldKind,
    FormField,
    fields_of,
    grouped,
    starting_texts,
)
from labctl.sample import Sample
from labctl.service.http.catalogue import protocols

CELL = Referred(mass=1.25e-6, area=1.131e-4, one_c="3350 mAh/g")


def fields(protocol: str) -> dict[str, FormField]:
    """Return the fields of a protocol by name."""
    kind = next(p for p in protocols() if p.name == protocol)
    return {f.name: f for f in fields_of(kind.parameters)}


def said(protocol: str, name: str, text: str) -> Resolved:
    """Return what a text in a field comes to, all others empty."""
    field = fields(protocol)[name]
    return resolve(field, text, {name: text}, CELL)


def test_every_default_of_every_protocol_reads_back() -> None:
    for protocol in protocols():
        listed = fields_of(protocol.parameters)
        texts = starting_texts(listed)
        for field in listed:
            found = resolve(field, texts[field.name], texts, CELL)
            needs = field.default == "" and not found.ok
            assert found.ok or needs, (protocol.name, field.name, found)


def test_every_preset_of_every_protocol_reads_back() -> None:
    for protocol in protocols():
        listed = fields_of(protocol.parameters)
        for preset in protocol.presets.values():
            texts = starting_texts(listed, preset)
            for name in preset:
                field = next(f for f in listed if f.name == name)
                assert resolve(field, texts[name], texts, CELL).ok, (field, texts[name])


def test_a_c_rate_comes_to_ampere_while_it_is_typed() -> None:
    found = said("formation-cycling", "rate", "C/20")

    assert found.ok
    assert found.shown == "= 209.4 µA, C/20 of 4.188 mA"
    assert found.given == "C/20"


def test_a_rate_takes_the_1c_of_its_own_name() -> None:
    rate = fields("formation-cycling")["formation_rate"]
    texts = {"formation_rate": "C/10", "formation_one_c": "2 mA", "one_c": "50 mA"}

    found = resolve(rate, "C/10", texts, CELL)

    assert found.shown == "= 200.0 µA, C/10 of 2.000 mA"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        # no unit: nobody knows whether volt or millivolt
        ("1.5", "has no unit"),
        # a wrong kind
        ("3 mA", "is a current"),
        # not a number
        ("abc", "number"),
        # nothing where something is needed
        ("", "needs a value"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(text: str, why: str) -> None:
    found = said("formation-cycling", "upper_voltage", text)

    assert not found.ok
    assert why in found.shown


@pytest.mark.parametrize("text", ["5 µA", "5 μA", "5 uA", "0,005 mA"])
def test_both_mus_and_both_decimal_marks_give_the_same_current(text: str) -> None:
    field = fields("hall-effect")["current"]

    found = resolve(field, text, {}, CELL)

    assert found.ok
    assert found.shown in {"", "= 5.000 µA"}


def test_a_value_beyond_its_bounds_is_refused_not_clamped() -> None:
    found = said("formation-cycling", "formation_cycles", "1000")

    assert not found.ok
    assert found.shown == "1000 must be at most 100"


def test_an_optional_field_may_be_empty() -> None:
    assert said("formation-cycling", "taper", "").ok


def test_only_what_was_changed_is_sent() -> None:
    listed = list(fields("formation-cycling").values())
    start = starting_texts(listed)
    texts = {**start, "cycles": "12", "rate": "C/3"}

    sent = order_parameters(listed, texts, start, CELL)

    assert sent == {"cycles": 12, "rate": "C/3"}


def test_an_optional_field_that_was_emptied_is_sent_as_null() -> None:
    listed = list(fields("formation-cycling").values())
    start = {**starting_texts(listed), "taper": "C/50"}

    sent = order_parameters(listed, {**start, "taper": ""}, start, CELL)

    assert sent == {"taper": None}


def test_a_list_is_typed_with_semicolons() -> None:
    field = fields("rate-capability")["rates"]

    found = resolve(field, "C/5; C/2; 1C", {}, CELL)

    assert found.given == ["C/5", "C/2", "1C"]


def test_limits_stand_apart_from_the_basics() -> None:
    groups = dict(grouped(list(fields("formation-cycling").values())))

    assert "upper_voltage" in [f.name for f in groups[FieldGroup.LIMITS]]
    assert "record_every" in [f.name for f in groups[FieldGroup.RECORDING]]
    assert "rate" in [f.name for f in groups[FieldGroup.BASIC]]


def test_a_referenced_choice_is_a_choice() -> None:
    kind = next(f for f in fields_of(Sample.model_json_schema()) if f.name == "kind")

    assert kind.kind is FieldKind.CHOICE
    assert "half cell" in kind.choices
    assert "half_cell" in kind.raw_choices


def test_a_label_is_read_as_far_as_it_can_be() -> None:
    refer = referred({"active_mass": "1.25 mg", "area": "nonsense"})

    assert refer.mass == pytest.approx(1.25e-6)
    assert refer.area is None


def test_a_series_is_a_group_of_its_own_where_there_is_a_chamber() -> None:
    found = {p.name: p.series for p in protocols(chamber=True)}
    alone = {p.name: p.series for p in protocols()}
    groups = dict(grouped(fields_of(found["peis"])))

    assert list(groups) == [FieldGroup.SERIES]
    assert alone["peis"] == found["channel-by-hand"] == {}


def test_only_a_form_with_temperatures_orders_a_series() -> None:
    series = next(p.series for p in protocols(chamber=True) if p.name == "peis")
    listed = fields_of(series)
    start = starting_texts(listed)
    texts = {**start, "temperatures": "10 °C; 25 °C"}

    assert order_parameters(listed, start, start, CELL) == {}
    assert order_parameters(listed, texts, start, CELL) == {
        "temperatures": ["10 °C", "25 °C"]
    }
