import math

import numpy as np
import pytest

from labctl.drawing.lettering import elided, text_width, value_text
from labctl.drawing.ticks import Axis, one_two_five, span


@pytest.mark.parametrize(
    ("low", "high", "labels", "factor"),
    [
        # A potential window of volts is labelled in volts.
        (0.0, 1.2, ("0.0", "0.2", "0.4", "0.6", "0.8", "1.0", "1.2"), ""),
        # A coulombic efficiency near one hundred keeps its decimals.
        (99.91, 99.99, ("99.92", "99.94", "99.96", "99.98"), ""),
        # Nanoamperes share one power of ten instead of nine zeros each.
        (-2e-9, 2e-9, ("−2", "−1", "0", "1", "2"), "×10⁻⁹"),
        # A million seconds count in millions, not in zeros.
        (0.0, 1e6, ("0.0", "0.2", "0.4", "0.6", "0.8", "1.0"), "×10⁶"),
    ],
)
def test_linear_ticks_stand_at_one_two_five(
    low: float, high: float, labels: tuple[str, ...], factor: str
) -> None:
    ticks = Axis(low, high, 0.0, 400.0).ticks(57.0)

    assert ticks.labels == labels
    assert ticks.factor == factor
    assert all(low - 1e-9 * abs(low) <= v <= high * (1 + 1e-9) for v in ticks.values)


def test_what_is_counted_has_no_ticks_between() -> None:
    # Three cycles: 1.0, 1.2 … are none.
    ticks = Axis(0.95, 3.05, 0.0, 400.0).ticks(57.0, whole=True)

    assert ticks.labels == ("1", "2", "3")


@pytest.mark.parametrize("low", [-3.7e-9, 0.0, 0.123, 1e5])
@pytest.mark.parametrize("extent", [2.3e-9, 0.31, 7.0, 8.8e4])
@pytest.mark.parametrize("room", [3, 7])
def test_a_label_times_the_factor_is_the_value(
    low: float, extent: float, room: int
) -> None:
    # span() opens a range that is no more than rounding of its values.
    extent = max(extent, 1e-6 * abs(low))
    ticks = Axis(low, low + extent, 0.0, 100.0).ticks(100.0 / room)
    raised = ticks.factor.removeprefix("×10")
    power = raised.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    scale = 10.0 ** int(power) if power else 1.0

    written = [float(text.replace("−", "-")) * scale for text in ticks.labels]

    assert written == pytest.approx(ticks.values, rel=1e-9, abs=1e-9 * extent)
    assert len(set(ticks.labels)) == len(ticks.labels)


@pytest.mark.parametrize("extent", [1e-12, 0.7, 1.0, 9.99, 4e7])
def test_steps_are_one_two_or_five_and_never_too_many(extent: float) -> None:
    step = one_two_five(extent, 6)

    mantissa = step / 10 ** math.floor(math.log10(step) + 1e-9)
    assert round(mantissa, 6) in {1, 2, 5}
    assert extent / step <= 6.01


def test_a_logarithmic_axis_gives_each_decade_the_same_length() -> None:
    axis = Axis(1e-2, 1e5, 50.0, 750.0, log=True)

    assert np.diff(axis.at(10.0 ** np.arange(-2, 6))) == pytest.approx(100.0)
    assert np.isnan(axis.at(np.array([0.0, -1.0]))).all()
    assert axis.ticks(60.0).labels[:2] == ("10⁻²", "10⁻¹")


def test_less_than_two_decades_are_labelled_inside_the_decade() -> None:
    assert Axis(2.0, 60.0, 0.0, 400.0, log=True).ticks(60.0).labels == (
        "2",
        "5",
        "10",
        "20",
        "50",
    )


def test_a_flat_or_empty_range_still_has_an_axis() -> None:
    assert span(np.array([3.0, 3.0])) == pytest.approx((2.85, 3.15))
    assert span(np.zeros(4)) == (-1.0, 1.0)
    assert span(np.array([np.nan, np.inf])) is None
    assert span(np.array([0.0, -1.0]), log=True) is None


@pytest.mark.parametrize(
    ("value", "uncertainty", "text"),
    [
        (92.4817, 0.153, "92.48 ± 0.15"),
        (3622.1, 12.3, "3622 ± 12"),
        (3622.1, 123.0, "3620 ± 120"),
        (-0.0123, 0.00099, "−0.01230 ± 0.00099"),
        (3.2e-16, 4e-18, "(3.200 ± 0.040) × 10⁻¹⁶"),
        (9.999, 0.0996, "10.00 ± 0.10"),
        (1e-20, 5.0, "0.0 ± 5.0"),
        (92.48171, None, "92.482"),
        (500.0, None, "500"),
        (1.5e-7, math.nan, "1.5000 × 10⁻⁷"),
        (math.nan, 1.0, "NaN"),
        (-math.inf, None, "−∞"),
        # below one, but no power of ten makes it shorter
        (0.992802329, 6.2e-8, "0.992802329 ± 0.000000062"),
        # nor does × 10¹
        (92.3912718, 5.5e-6, "92.3912718 ± 0.0000055"),
    ],
)
def test_a_value_ends_where_its_uncertainty_ends(
    value: float, uncertainty: float | None, text: str
) -> None:
    assert value_text(value, uncertainty) == text


def test_a_text_too_wide_is_cut_with_an_ellipsis() -> None:
    cut = elided("After 500 cycles at 45 °C", 12.0, 80.0)

    assert cut.endswith("…")
    assert text_width(cut, 12.0) <= 80.0
