"""A bound on what nobody measures is refused at the check, not announced."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labctl.config.models import Config
from labctl.data import Column, Stream
from labctl.documents.hardened_yaml import Document
from labctl.errors import RefusedError
from labctl.limits import Envelope
from labctl.sample import Sample
from labctl.session.limits import label_envelope, limits_of
from labctl.session.order import Order, Prepared, prepare, prepare_with
from protocols.by_hand.chamber import ChamberByHand
from protocols.cells.formation_cycling import FormationCycling
from protocols.compose.sequence import ComposedSequence

HOT = {"maximum_temperature": "60 degC"}
LABEL = {
    "name": "A17",
    "kind": "half_cell",
    "active_mass": "0.4 mg",
    "one_c": "3350 mAh/g",
    "lower_voltage": "0 V",
    "upper_voltage": "1.6 V",
}


def bench(cells: Sequence[str] = ("vsp300/1",), **safety: Any) -> Config:
    return Config.model_validate(
        {
            "instruments": {"vsp300": {"driver": "biologic", "address": "10.0.0.5"}},
            "channels": {"cell": list(cells)},
            "safety": safety,
        }
    )


def ordered(parameters: dict[str, Any], protocol: str = "sequence") -> Order:
    written = Document.without_lines("plan.yaml", parameters)
    return Order(protocol, written, "si", simulate=True, speed=None, out=Path())


def charging(*until: str) -> dict[str, Any]:
    step = {"do": "current", "rate": "C/10", "duration": "1 h", "until": list(until)}
    return {"steps": [step]}


def prepared(config: Config, **parameters: Any) -> Prepared:
    return prepare(ordered(parameters), config)


def test_a_temperature_limit_of_the_bench_is_refused_where_nobody_measures() -> None:
    with pytest.raises(RefusedError) as refused:
        prepared(bench(**HOT), **charging())

    (complaint,) = refused.value.complaints
    assert complaint.path == ("safety", "maximum_temperature")
    assert "60 °C is a limit on what nobody measures" in complaint.what
    assert "Say under `temperature:`" in complaint.cure


def test_the_cure_names_the_channel_where_the_sample_is() -> None:
    order = replace(ordered(charging()), channels={"cell": "vsp300/2"})

    with pytest.raises(RefusedError) as refused:
        prepare(order, bench(**HOT, cells=("vsp300/1", "vsp300/2")))

    assert "`vsp300/2: {surface: logger/1}`" in refused.value.complaints[0].cure


def test_a_run_that_has_begun_goes_on_without_the_limit_it_never_had() -> None:
    label = Sample.model_validate(LABEL).model_dump(mode="json")
    order = ordered(charging())

    found = prepare_with(order, bench(**HOT, upper_voltage="5 V"), label=label)

    assert "surface_temperature_celsius" not in found.envelope.bounds


def test_a_step_that_waits_for_a_temperature_is_refused() -> None:
    waiting = charging("voltage >= 1 V", "warm: temperature >= 45 degC")

    with pytest.raises(RefusedError) as refused:
        prepare(ordered(waiting), bench(), inquire=True)

    (complaint,) = refused.value.complaints
    assert complaint.path == ("parameters", "steps", 0, "until", 1)
    assert complaint.file == "plan.yaml"
    assert "`warm` waits for what nobody measures" in complaint.what


def test_what_the_check_announces_is_what_is_looked_at() -> None:
    found = prepared(bench(upper_voltage="5 V", maximum_current="1 A"), **charging())

    recorded = {c.name for s in ComposedSequence.streams for c in s.columns}
    assert set(found.envelope.columns) <= recorded


def test_what_is_recorded_beside_a_protocol_is_measured() -> None:
    skin = Column("surface_temperature_celsius", "degC", "Surface Temperature / degC")
    protocol = FormationCycling(
        FormationCycling.parameters_model.model_validate({}),
        Sample.model_validate(LABEL),
    )

    found = limits_of(bench(**HOT), protocol, beside=[Stream("skin", (skin,))])

    assert found.bounds["surface_temperature_celsius"][1] == 60.0


def test_a_chamber_by_hand_takes_no_notice_of_a_cells_voltage() -> None:
    config = bench(upper_voltage="5 V", maximum_current="1 A")
    protocol = ChamberByHand(
        ChamberByHand.parameters_model.model_validate({}),
        Sample.model_validate({**LABEL, "maximum_current": "1 mA"}),
    )

    assert limits_of(config, protocol).bounds == {}


def test_a_chamber_by_hand_is_refused_a_temperature_that_nobody_measures() -> None:
    protocol = ChamberByHand(
        ChamberByHand.parameters_model.model_validate({}), Sample.model_validate(LABEL)
    )

    with pytest.raises(RefusedError, match="60 °C is a limit on what nobody measures"):
        limits_of(bench(**HOT), protocol)


def test_a_protocol_cannot_bound_what_it_does_not_record() -> None:
    class Warm(FormationCycling):
        def envelope(self) -> Envelope:
            return Envelope({"field_tesla": (-1.0, 1.0)})

    protocol = Warm(
        Warm.parameters_model.model_validate({}), Sample.model_validate(LABEL)
    )

    with pytest.raises(RefusedError, match="protocol: 1 T is a limit on what"):
        limits_of(bench(), protocol)


@pytest.mark.parametrize(
    ("extra", "ampere"),
    [
        # 0.4 mg of 3350 mAh/g: 1C is 1.34 mA; an instrument may read 2 % above.
        ({"maximum_current": "C/2"}, 0.67e-3),
        ({"maximum_current": "1 mA"}, 1e-3),
        ({"maximum_current": "1 A/g"}, 0.4e-3),
    ],
)
def test_the_largest_current_of_a_label_bounds_every_run(
    extra: dict[str, str], ampere: float
) -> None:
    sample = Sample.model_validate({**LABEL, **extra})

    low, high = label_envelope(sample).bounds["current_ampere"]

    assert high == pytest.approx(1.02 * ampere)
    assert low == -high


def test_the_voltages_of_a_films_label_bound_its_runs() -> None:
    film = Sample.model_validate(
        {"name": "F1", "kind": "film", "upper_voltage": "2 V", "thickness": "1 um"}
    )

    assert label_envelope(film).bounds == {"voltage_volt": (-math.inf, 2.0)}


def test_a_largest_current_that_is_no_current_is_refused() -> None:
    words = {k: v for k, v in LABEL.items() if k != "one_c"}
    sample = Sample.model_validate({**words, "maximum_current": "C/2"})

    with pytest.raises(RefusedError, match="sample A17 maximum_current"):
        label_envelope(sample)
