import json
import math
import subprocess
import sys
from typing import Annotated

import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from labctl.errors import QuantityError
from labctl.quantities import (
    SI,
    Ampere,
    Celsius,
    CRate,
    Fraction,
    Magnitude,
    OneC,
    Quantity,
    Rate,
    Volt,
    format_duration,
    format_si,
    parse,
)
from labctl.quantities.units import KINDS, normalise, read_unit

READ = [
    # the plain case, with and without a space
    ("5 mV", "V", 0.005),
    ("5mV", "V", 0.005),
    # a comma is a decimal mark too, as typed in Germany
    ("1,5 mA", "A", 0.0015),
    ("0,500 mA", "A", 0.0005),
    # micro sign, Greek mu and the ASCII u are the same prefix
    ("0.1 \u00b5A", "A", 1e-7),
    ("0.1 \u03bcA", "A", 1e-7),
    ("0.1 uA", "A", 1e-7),
    # the true minus of a PDF
    ("\u22123 mA", "A", -0.003),
    # full-width digits, no-break space and the one-character mA of East Asian fonts
    ("\uff15\u00a0\u3383", "A", 0.005),
    # exponents, typed and typeset
    ("1e-3 A", "A", 0.001),
    ("1.5×10⁻³ A", "A", 0.0015),
    # capitals decide between milli and mega
    ("2 MΩ", "Ω", 2e6),
    ("2 mohm", "Ω", 0.002),
    # ohm sign and Greek omega
    ("50 \u2126", "Ω", 50.0),
    # superscripts, carets, bare powers and a slash mean the same
    ("1.9 mA/cm²", "A/m²", 19.0),
    ("1.9 mA/cm^2", "A/m²", 19.0),
    ("1.9 mA cm-2", "A/m²", 19.0),
    ("1.2 mg cm⁻²", "kg/m²", 0.012),
    ("1.2 mg/cm2", "kg/m²", 0.012),
    # charge in mAh per g is C per kg
    ("150 mAh/g", "C/kg", 540000.0),
    ("150 mA·h·g⁻¹", "C/kg", 540000.0),
    # scan rates per second and per hour
    ("0.1 mV/s", "V/s", 1e-4),
    ("3.6 mV/h", "V/s", 1e-6),
    # durations, single and compound
    ("10 min", "s", 600.0),
    ("1 h 30 min", "s", 5400.0),
    ("1h30min", "s", 5400.0),
    ("1 d 2 h 0.5 s", "s", 93600.5),
    # temperatures know their zero, differences per time have none
    ("25 °C", "K", 298.15),
    ("25 ℃", "°C", 25.0),
    ("298.15 K", "°C", 25.0),
    # fractions
    ("80 %", "1", 0.8),
    ("30 at%", "1", 0.3),
    ("0.8", "1", 0.8),
    # fields, conductivities, areas
    ("20 mT", "T", 0.02),
    ("5 kG", "T", 0.5),
    ("1 mS/cm", "S/m", 0.1),
    ("1.131 cm²", "m²", 1.131e-4),
    # beyond any bench, but a number: limits refuse it, not the parser
    ("5 MA", "A", 5e6),
]

REFUSED = [
    # no unit: never a guess
    ("5", "A", "5 has no unit; expected a current such as `1.5 mA` or `100 nA`."),
    # another dimension
    (
        "5 mAh",
        "A",
        "5 mAh is a charge; expected a current such as `1.5 mA` or `100 nA`.",
    ),
    (
        "25 C",
        "°C",
        "25 C is a charge; expected a temperature such as `25 °C` or `298.15 K`.",
    ),
    (
        "30 m",
        "s",
        "30 m is a length; expected a time such as `10 min` or `1 h 30 min`.",
    ),
    # wrong capitals
    (
        "5 ma",
        "A",
        (
            "5 ma: `ma` is not a unit. Did you mean `mA`? Capitals matter. "
            "Expected a current such as `1.5 mA` or `100 nA`."
        ),
    ),
    # a word for a unit
    (
        "5 hours",
        "s",
        (
            "5 hours: `hours` is not a unit. Did you mean `h`? "
            "Expected a time such as `10 min` or `1 h 30 min`."
        ),
    ),
    # both decimal marks
    (
        "1.000,5 A",
        "A",
        "1.000,5 A: one decimal mark, and nothing between thousands. Write `1234.5`.",
    ),
    # thousands separators: space, apostrophe, underscore
    (
        "1 000 A",
        "A",
        "1 000 A: one decimal mark, and nothing between thousands. Write `1234.5`.",
    ),
    (
        "1'000 A",
        "A",
        "1'000 A: one decimal mark, and nothing between thousands. Write `1234.5`.",
    ),
    (
        "1_000 A",
        "A",
        "1_000 A: one decimal mark, and nothing between thousands. Write `1234.5`.",
    ),
    # a comma that may be either
    (
        "1,000 mA",
        "A",
        "1,000 mA can be read as 1.000 or as 1000. Write one of these.",
    ),
    # clock notation is hours to one, minutes to another
    ("00:30:00", "s", "00:30:00 has no unit; expected a time. Write `30 min`."),
    (
        "4:20",
        "s",
        "4:20 has no unit; expected a time. Write `4 h 20 min` or `4 min 20 s`.",
    ),
    # durations out of order, or with decimals inside
    (
        "30 min 1 h",
        "s",
        (
            "30 min 1 h: write each unit once, the longest first, decimals only in "
            "the last, such as `1 h 30 min`."
        ),
    ),
    (
        "1.5 h 3 min",
        "s",
        (
            "1.5 h 3 min: write each unit once, the longest first, decimals only in "
            "the last, such as `1 h 30 min`."
        ),
    ),
    # not numbers
    (
        "nan V",
        "V",
        (
            "nan V does not start with a number; "
            "expected a voltage such as `5 mV` or `1.2 V`."
        ),
    ),
    (
        "",
        "V",
        (
            "an empty text does not start with a number; "
            "expected a voltage such as `5 mV` or `1.2 V`."
        ),
    ),
    # too large, too small, absurdly long
    ("1e999 V", "V", "1e999 V is beyond what a number can hold."),
    ("1e308 MV", "V", "1e308 MV is beyond what a number can hold."),
    ("1e-999 V", "V", "1e-999 V is beyond what a number can hold."),
    ("1e-320 fV", "V", "1e-320 fV is beyond what a number can hold."),
    (
        "9" * 5000,
        "V",
        (
            "9999999999999999999999999999999999999…: 5000 characters; "
            "expected a voltage such as `5 mV` or `1.2 V`."
        ),
    ),
    # a signed zero has lost its meaning
    ("-0 V", "V", "-0 V: zero has no sign. Write it without."),
    # characters that Unicode would turn into other numbers: 10² V is not 102 V
    (
        "10² V",
        "V",
        "10^2 V: `^2` is not a unit. Expected a voltage such as `5 mV` or `1.2 V`.",
    ),
    ("½ V", "V", "½ V: cannot read `½`. Write plain digits."),
    ("5₂ V", "V", "5₂ V: cannot read `₂`. Write plain digits."),
    # a division that can be read in two ways
    (
        "3 A/m g",
        "A/m²",
        (
            "3 A/m g: A/m g can be read in two ways. Write the part below the line "
            "with negative powers, such as `mg cm-2`. "
            "Expected a current density such as `1.9 mA/cm²`."
        ),
    ),
    # a division instead of a number
    (
        "1/2 V",
        "V",
        (
            "1/2 V is a division; expected a voltage such as `5 mV` or `1.2 V`. "
            "Write its result."
        ),
    ),
    # nothing hides in control characters
    (
        "5 \x1bV",
        "V",
        (
            "5 \\x1bV: `\\x1bV` is not a unit. "
            "Expected a voltage such as `5 mV` or `1.2 V`."
        ),
    ),
]


@pytest.mark.parametrize(("text", "unit", "value"), READ)
def test_a_quantity_is_read_exactly(text: str, unit: str, value: float) -> None:
    assert parse(text, unit) == value


@pytest.mark.parametrize(("text", "unit", "message"), REFUSED)
def test_a_doubtful_quantity_is_refused_with_its_cure(
    text: str, unit: str, message: str
) -> None:
    with pytest.raises(QuantityError) as caught:
        parse(text, unit)

    assert str(caught.value) == message


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_example_shown_to_people_can_be_typed(kind: str) -> None:
    values = [Quantity(kind).parse(example) for example in Quantity(kind).examples]

    assert all(math.isfinite(value) for value in values)


@pytest.mark.parametrize(
    ("text", "for_pint"),
    [
        ("1 mAh/g", "mA*h/g"), ("1 mA cm-2", "mA/cm^2"), ("1 mV/h", "mV/hour"),
        ("1 mS/cm", "mS/cm"), ("1 Ω cm", "ohm*cm"), ("1 mWh", "mW*hour"),
        ("1 bar", "bar"), ("1 mg/cm2", "mg/cm^2"),
        ("1 cm²/s", "cm^2/s"), ("1 µL", "microliter"), ("1 g/cm3", "g/cm^3"),
        ("1 Å", "angstrom"), ("1 d", "day"), ("1 °", "degree"), ("1 ppm", "ppm"),
        ("1 µF", "uF"), ("1 MPa", "MPa"), ("1 kN", "kN"), ("1 mmol", "mmol"),
    ],
)  # fmt: skip
def test_pint_agrees_on_the_size_of_a_unit(text: str, for_pint: str) -> None:
    oracle = pint.UnitRegistry().Quantity(1.0, for_pint).to_base_units().magnitude
    unit = read_unit(normalise(text[2:]))

    assert float(unit.factor) == pytest.approx(oracle, rel=1e-12)


@given(
    value=st.floats(min_value=1e-14, max_value=9e13),
    negative=st.booleans(),
    unit=st.sampled_from(sorted(set(KINDS) - {"°C"})),
    digits=st.integers(1, 15),
)
def test_what_is_shown_can_be_typed_back(
    value: float, negative: bool, unit: str, digits: int
) -> None:
    signed = -value if negative else value

    back = parse(format_si(signed, unit, digits), unit)

    assert back == pytest.approx(signed, rel=0.51 * 10.0 ** (1 - digits) + 1e-15)


@given(st.floats(min_value=1e-3, max_value=1e8))
def test_a_duration_is_shown_to_two_units_and_typed_back(seconds: float) -> None:
    assert parse(format_duration(seconds), "s") == pytest.approx(seconds, rel=0.025)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    for read in (lambda t: parse(t, "A"), Rate.parse, OneC.parse):
        try:
            read(text)
        except QuantityError:
            continue


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        # four significant digits, whatever the size
        (1.34e-3, "A", "1.340 mA"),
        (-3e-6, "A", "\u22123.000 µA"),
        # rounding carries into the next prefix
        (0.99996, "A", "1.000 A"),
        (0.999949e-3, "A", "999.9 µA"),
        # grams, not millikilograms; prefixes of areas count twice
        (1.25e-6, "kg", "1.250 mg"),
        (1.131e-4, "m²", "113.1 mm²"),
        # no prefix where people use none
        (25, "°C", "25.00 °C"),
        (0.874, "1", "0.8740"),
        # zero of either sign; what an instrument may send must not break a display
        (-0.0, "V", "0 V"),
        (math.nan, "V", "NaN V"),
        (-math.inf, "V", "\u2212∞ V"),
    ],
)
def test_a_value_is_shown_with_its_prefix(value: float, unit: str, text: str) -> None:
    assert format_si(value, unit) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"), (0.02, "20.0 ms"), (45, "45 s"), (59.97, "1 min"), (60, "1 min"),
        (12000, "3 h 20 min"), (86399, "1 d"), (90061, "1 d 1 h"),
        (-90, "\u22121 min 30 s"),
    ],
)  # fmt: skip
def test_a_duration_is_shown_in_its_two_largest_units(
    seconds: float, text: str
) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        # every customary spelling of a twentieth
        ("C/20", Rate(0.05, "C")),
        ("0.05C", Rate(0.05, "C")),
        ("0,05 C", Rate(0.05, "C")),
        ("1/20 C", Rate(0.05, "C")),
        # top and bottom
        ("2C/3", Rate(2 / 3, "C")),
        ("2/3 C", Rate(2 / 3, "C")),
        ("C", Rate(1.0, "C")),
        ("5C", Rate(5.0, "C")),
        # discharge
        ("D/2", Rate(-0.5, "C")),
        ("-C/2", Rate(-0.5, "C")),
        # currents of their own
        ("1.5 mA", Rate(0.0015, "A")),
        ("0.2 mA/cm²", Rate(2.0, "A/m²")),
        ("150 mA/g", Rate(150.0, "A/kg")),
    ],
)
def test_a_rate_is_read_and_written_back(text: str, rate: Rate) -> None:
    assert Rate.parse(text) == rate
    assert Rate.parse(str(rate)) == rate


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1/5", "1/5 has no unit; expected a rate such as `C/5` or `1.5 mA`."),
        ("0.2", "0.2 has no unit; expected a rate such as `0.2C` or `1.5 mA`."),
        ("C/0", "C/0 divides by zero. Write `C/20`."),
        ("-D/2", "-D/2: D already is discharge. Leave the sign."),
        (
            "5 mAh",
            (
                "5 mAh is a charge; "
                "expected a rate such as `C/20` or `1.5 mA` or `0.2 mA/cm²`."
            ),
        ),
        (
            "C/20 h",
            (
                "C/20 h does not start with a number; "
                "expected a rate such as `C/20` or `1.5 mA` or `0.2 mA/cm²`."
            ),
        ),
    ],
)
def test_a_doubtful_rate_is_refused(text: str, message: str) -> None:
    with pytest.raises(QuantityError) as caught:
        Rate.parse(text)

    assert str(caught.value) == message


@given(st.floats(min_value=-100, max_value=100))
def test_every_c_rate_survives_being_written(multiple: float) -> None:
    rate = Rate(multiple + 0.0, "C")

    assert Rate.parse(str(rate)) == rate


@given(st.floats(min_value=1e-12, max_value=1e9))
def test_every_reference_current_survives_being_written(value: float) -> None:
    one_c = OneC(value, "A/kg")

    assert OneC.parse(str(one_c)) == one_c


@pytest.mark.parametrize(
    ("text", "ampere"),
    [
        # a current is a current
        ("1.34 mA", 1.34e-3),
        # per mass: 3.5 A/g on 1 mg
        ("3.5 A/g", 3.5e-3),
        # per area: 1.9 mA/cm² on 1 cm²
        ("1.9 mA/cm²", 1.9e-3),
        # a capacity is moved in one hour
        ("3350 mAh/g", 3.35e-3),
        ("2 mAh/cm²", 2e-3),
        ("2.06 mAh", 2.06e-3),
    ],
)
def test_one_c_becomes_a_current_on_1_mg_and_1_cm2(text: str, ampere: float) -> None:
    current = OneC.parse(text).ampere(mass_kg=1e-6, area_m2=1e-4)

    assert current == pytest.approx(ampere, rel=1e-12)


def test_one_c_says_that_the_mass_is_missing() -> None:
    with pytest.raises(QuantityError, match="needs the active mass"):
        OneC.parse("3350 mAh/g").ampere(mass_kg=None, area_m2=1e-4)


def test_one_c_says_that_the_area_is_missing() -> None:
    with pytest.raises(QuantityError, match="needs the electrode area"):
        OneC.parse("1.9 mA/cm²").ampere(mass_kg=1e-6, area_m2=None)


@pytest.mark.parametrize("text", ["1C", "0 A", "-1 mA", "3 V", "5"])
def test_one_c_is_a_current_above_zero(text: str) -> None:
    with pytest.raises(QuantityError):
        OneC.parse(text)


def test_a_c_rate_needs_to_know_what_1c_is() -> None:
    rate = Rate.parse("D/20")

    assert rate.resolve(one_c_ampere=2e-3) == -1e-4
    with pytest.raises(QuantityError, match="needs to know what 1C is"):
        rate.resolve()


class _Model(BaseModel):
    upper: Annotated[Volt, Field(gt=0)] = 1.5
    current: Ampere | None = None
    room: Celsius = 25.0
    share: Fraction = 0.8
    rate: CRate = Rate(0.05, "C")
    one_c: OneC | None = None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        # a bare number may be amperes or milliamperes
        ("upper", 1.2),
        ("upper", 0),
        ("current", 1),
        # booleans, not-a-number, infinity, null, lists
        ("upper", True),
        ("upper", math.nan),
        ("upper", math.inf),
        ("upper", 10**400),
        ("upper", None),
        ("upper", ["1 V"]),
        # 80 is neither 80 % nor a fraction
        ("share", 80),
        ("share", "80"),
        # a C-rate field takes no current, a bound holds
        ("rate", "1 mA"),
        ("rate", 0.05),
        ("upper", "-1 V"),
    ],
)
def test_a_field_refuses_what_is_not_clearly_a_quantity(
    field: str, value: object
) -> None:
    with pytest.raises(ValidationError):
        _Model.model_validate({field: value})


def test_fields_read_text_and_survive_json() -> None:
    text = {"upper": "900 mV", "current": "1 mA", "share": "87 %", "rate": "D/2"}
    model = _Model.model_validate({**text, "one_c": "3350 mAh/g"})

    assert (model.upper, model.current, model.share) == (0.9, 0.001, 0.87)
    assert _Model.model_validate_json(model.model_dump_json(), context=SI) == model


def test_even_si_data_carry_no_boolean_and_no_nan() -> None:
    for value in (True, math.nan, math.inf):
        with pytest.raises(ValidationError):
            TypeAdapter(Volt).validate_python(value, context=SI)


def test_a_form_can_be_built_from_the_schema() -> None:
    upper = _Model.model_json_schema()["properties"]["upper"]

    assert upper["quantity"] == upper["unit"] == "V"
    assert (upper["type"], upper["examples"]) == ("string", ["5 mV", "1.2 V"])
    assert json.dumps(_Model.model_json_schema(mode="serialization"))


def test_reading_quantities_costs_no_pydantic_and_no_pint() -> None:
    code = (
        "import sys, labctl.quantities as q; q.parse('1 mA', 'A');"
        "print(sorted({'pydantic_core', 'pint', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


class _Magnitude(BaseModel):
    size: Magnitude


@pytest.mark.parametrize("text", ["-C/10", "D/10", "-1 mA", "-0.2 mA/cm²"])
def test_a_sign_that_would_be_dropped_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="has a sign, which would be dropped"):
        _Magnitude.model_validate({"size": text})


def test_a_rate_without_a_sign_is_the_rate() -> None:
    assert _Magnitude.model_validate({"size": "C/10"}).size == Rate(0.1, "C")
