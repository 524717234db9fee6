"""Temperatures as people write them."""

from typing import Any

import pytest

from labctl import plugins
from labctl.documents.complaints import validate
from labctl.documents.document import Document
from labctl.errors import RefusedError
from labctl.series.parameters import SeriesParameters


def read(**given: Any) -> SeriesParameters:
    document = Document.without_lines("--set", given, ("parameters",))
    return validate(document, SeriesParameters)


@pytest.mark.parametrize(
    ("written", "celsius"),
    [
        ("10 °C; 25 °C; 45 °C", (10, 25, 45)),
        ("10 °C, 25 °C", (10, 25)),
        ("298.15 K", (25,)),
        # A decimal comma, where it can be nothing else.
        ("22,5 °C", (22.5,)),
        ("10 °C; 22,5 °C", (10, 22.5)),
        ("−10 °C; 0 °C;", (-10, 0)),
        (["10 °C", "300 K"], (10, 26.85)),
    ],
)
def test_a_list_of_temperatures_is_read(
    written: str, celsius: tuple[float, ...]
) -> None:
    assert read(temperatures=written).temperatures == pytest.approx(celsius)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        # Three numbers, or two with a decimal comma?
        ("10, 25, 45 °C", "several ways"),
        ("10,5 °C, 20 °C", "several ways"),
        # Celsius or kelvin?
        ("10; 25", "has no unit"),
        ("", "an empty text"),
        # Was one forgotten, or is it a slip of the finger?
        ("10 °C; ; 25 °C", "nothing between"),
        ("10 V", "is a voltage"),
    ],
)
def test_what_can_be_read_in_several_ways_is_refused(written: str, said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        read(temperatures=written)


def test_a_band_in_degrees_celsius_is_no_difference() -> None:
    with pytest.raises(RefusedError, match="settle_band"):
        read(temperatures="10 °C", settle_band="0.5 °C")


def test_a_ramp_is_written_per_minute() -> None:
    told = read(temperatures="10 °C", temperature_ramp="3 K/min")

    assert told.temperature_ramp == pytest.approx(0.05)


def test_what_a_run_is_given_decides_what_its_protocol_is() -> None:
    alone = plugins.protocol("peis")
    series = plugins.protocol("peis", {"temperatures": "10 °C"})

    assert series.name == alone.name == "peis"
    assert "temperatures" not in alone.parameters_model.model_fields
    assert "temperatures" in series.parameters_model.model_fields
    assert {s.name for s in series.streams} - {s.name for s in alone.streams} == {
        "climate"
    }


def test_a_soak_without_temperatures_is_asked_for_them() -> None:
    kind = plugins.protocol("peis", {"soak": "1 h"})
    document = Document.without_lines("--set", {"soak": "1 h"}, ("parameters",))

    with pytest.raises(RefusedError, match="temperatures"):
        validate(document, kind.parameters_model)


def test_a_run_by_hand_is_no_series() -> None:
    kind = plugins.protocol("channel-by-hand", {"temperatures": "10 °C"})

    assert kind is plugins.protocol("channel-by-hand")
