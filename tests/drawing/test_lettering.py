"""Machine names as a person reads them."""

import pytest

from labctl.drawing.lettering import spoken


@pytest.mark.parametrize(
    ("name", "text"),
    [
        # a point of a series is its temperature, not a word for it
        ("series_resistance_at_10_celsius", "Series resistance at 10 °C"),
        ("series_resistance_at_22_5_celsius", "Series resistance at 22.5 °C"),
        ("series_resistance_at_minus_5_celsius", "Series resistance at −5 °C"),
        # the second point at one temperature
        ("series_resistance_at_25_celsius_2", "Series resistance at 25 °C 2"),
        # rates and names as before
        ("retention_at_C_2", "Retention at C/2"),
        ("hall_mobility", "Hall mobility"),
    ],
)
def test_a_result_is_spoken_as_the_field_writes_it(name: str, text: str) -> None:
    assert spoken(name) == text
