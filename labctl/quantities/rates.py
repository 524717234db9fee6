"""C-rates and what 1C is: ``C/20``, ``2C/3``, ``D/2``, ``1.5 mA``, ``0.2 mA/cm²``.

1C is a current that the person states (as current, per mass, per area, or by the
capacity it moves in one hour); a rate is a multiple of it or a current of its own.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeVar

from labctl.errors import QuantityError
from labctl.quantities.parse import LONGEST, parse, read_number, to_float
from labctl.quantities.units import kind_of, normalise, read_unit, show

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

T = TypeVar("T")
Text = TypeVar("Text", bound=str)
CurrentUnit = Literal["A", "A/kg", "A/m²"]

_N = r"(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?"
_C_RATE = re.compile(
    rf"(?P<sign>[+-]?) ?(?P<top>{_N})?(?: ?/ ?(?P<early>{_N}))? ?(?P<letter>[CD])"
    rf"(?: ?/ ?(?P<late>{_N}))?"
)
_BARE = re.compile(rf"(?:{_N})(?: ?/ ?(?P<below>{_N}))?")
_CAPACITY: dict[str, CurrentUnit] = {"C": "A", "C/kg": "A/kg", "C/m²": "A/m²"}
_CURRENT: tuple[CurrentUnit, ...] = ("A", "A/kg", "A/m²")
_HOUR = 3600.0
_SLOWEST = 1e-4
"""Slower rates are written as decimals: nobody says C/12345."""
_RATE_EXAMPLES = ("C/20", "1.5 mA", "0.2 mA/cm²")
_ONE_C_EXAMPLES = ("3350 mAh/g", "1.9 mA/cm²", "1.34 mA")


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast: a multiple of 1C, a current, or a current per mass or area."""

    value: float
    """Signed; ``D/2`` is −0.5: discharge, the negative current of the convention."""
    unit: Literal["C", "A", "A/kg", "A/m²"]
    """What `value` counts; ``C`` means multiples of 1C, not coulombs."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``C/20``, ``0.05C``, ``1/20 C``, ``2C/3``, ``D/2``, ``1.5 mA``.

        QuantityError: a number alone, C/0, a charge, anything else.
        """
        plain = _normalised(text, "a rate", _RATE_EXAMPLES)
        multiple = _read_multiple(plain)
        if multiple is not None:
            return cls(to_float(multiple, plain), "C")
        unit = _one_of(plain, _CURRENT, "a rate", _RATE_EXAMPLES)
        return cls(parse(plain, unit), unit)

    @property
    def needs_one_c(self) -> bool:
        """True for a multiple of 1C, which is no current until 1C is known."""
        return self.unit == "C"

    def resolve(
        self,
        one_c_ampere: float | None = None,
        mass_kg: float | None = None,
        area_m2: float | None = None,
    ) -> float:
        """Return the current in A, with the sign of the rate.

        QuantityError: says which of 1C, mass or area is missing.
        """
        if self.unit == "C":
            if one_c_ampere is None:
                raise QuantityError(
                    f"{self} needs to know what 1C is. Give the sample a capacity, or "
                    "state 1C, such as `1.34 mA` or `3350 mAh/g`."
                )
            return self.value * _positive(one_c_ampere, "1C", "A")
        return _to_ampere(self.value, self.unit, str(self), mass_kg, area_m2)

    def __str__(self) -> str:
        """Write it so that `parse` gives the same rate back."""
        if self.unit != "C":
            return f"{self.value!r} {self.unit}"
        hours = round(1 / self.value) if _SLOWEST < abs(self.value) < 1 else 0
        if hours and 1 / hours == self.value:
            return f"{'-' if hours < 0 else ''}C/{abs(hours)}"
        short = f"{self.value:g}"
        return f"{short if float(short) == self.value else repr(self.value)}C"

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: "GetCoreSchemaHandler"
    ) -> "CoreSchema":
        """Read text, write text."""
        del source, handler
        return _text_schema(cls, cls.parse, "a rate", _RATE_EXAMPLES)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: "CoreSchema", handler: "GetJsonSchemaHandler"
    ) -> "JsonSchemaValue":
        """Tell a form what to show."""
        del schema, handler
        return _json_schema("rate", _RATE_EXAMPLES)


@dataclass(frozen=True, slots=True)
class OneC:
    """The current called 1C."""

    value: float
    """Positive."""
    unit: CurrentUnit

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``3.5 A/g``, ``1.9 mA/cm²``, ``1.34 mA``, or the capacity moved in 1 h.

        QuantityError: not positive, a multiple of itself, another kind.
        """
        plain = _normalised(text, "the current of 1C", _ONE_C_EXAMPLES)
        if _C_RATE.fullmatch(plain):
            raise QuantityError(
                f"{show(plain)}: 1C cannot be given in C. Write {_or(_ONE_C_EXAMPLES)}."
            )
        unit = _one_of(
            plain, (*_CURRENT, *_CAPACITY), "the current of 1C", _ONE_C_EXAMPLES
        )
        value = parse(plain, unit)
        if value <= 0:
            raise QuantityError(f"{show(plain)}: 1C is a current above zero.")
        if unit in _CAPACITY:
            return cls(value / _HOUR, _CAPACITY[unit])
        return cls(value, unit)  # type: ignore[arg-type]  # the capacities are gone

    def ampere(self, mass_kg: float | None, area_m2: float | None) -> float:
        """Return 1C in A. QuantityError: says which of mass or area is missing."""
        # A/kg are mA/g, which is how people write it
        said = f"{self.value:g} mA/g" if self.unit == "A/kg" else str(self)
        return _to_ampere(self.value, self.unit, f"1C = {said}", mass_kg, area_m2)

    def __str__(self) -> str:
        """Write it so that `parse` gives the same value back."""
        return f"{self.value!r} {self.unit}"

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: "GetCoreSchemaHandler"
    ) -> "CoreSchema":
        """Read text, write text."""
        del source, handler
        return _text_schema(cls, cls.parse, "the current of 1C", _ONE_C_EXAMPLES)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: "CoreSchema", handler: "GetJsonSchemaHandler"
    ) -> "JsonSchemaValue":
        """Tell a form what to show."""
        del schema, handler
        return _json_schema("one_c", _ONE_C_EXAMPLES)


@dataclass(frozen=True, slots=True)
class _OnlyMultiples:
    """Refuses currents where a protocol wants a C-rate and nothing else."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: "GetCoreSchemaHandler"
    ) -> "CoreSchema":
        from pydantic_core import core_schema  # noqa: PLC0415  (start-up time)

        def check(rate: Rate) -> Rate:
            if rate.unit != "C":
                raise QuantityError(
                    f"{rate} is a current; expected a C-rate such as `C/20`."
                )
            return rate

        return core_schema.no_info_after_validator_function(check, handler(source))


CRate = Annotated[Rate, _OnlyMultiples()]
"""A field whose rate must be a multiple of 1C."""


@dataclass(frozen=True, slots=True)
class _WithoutSign:
    """Refuses a sign where a protocol decides on the direction itself."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: "GetCoreSchemaHandler"
    ) -> "CoreSchema":
        from pydantic_core import core_schema  # noqa: PLC0415  (start-up time)

        return core_schema.no_info_after_validator_function(
            without_sign, handler(source)
        )


Magnitude = Annotated[Rate, _WithoutSign()]
"""A field whose rate has no direction: the protocol charges or discharges by itself."""


def without_sign(rate: Rate) -> Rate:
    """Return ``rate``. QuantityError: it is negative, and the sign would be lost."""
    if rate.value < 0:
        raise QuantityError(
            f"{rate} has a sign, which would be dropped: this says how large the "
            "current is, and the protocol in which direction it flows. Write "
            f"{Rate(-rate.value, rate.unit)}."
        )
    return rate


def _read_multiple(plain: str) -> Fraction | None:
    match = _C_RATE.fullmatch(plain)
    if match is None or (match["early"] and (match["late"] or not match["top"])):
        bare = _BARE.fullmatch(plain)
        if bare:
            cure = f"C/{bare['below']}" if bare["below"] else f"{plain}C"
            raise QuantityError(
                f"{show(plain)} has no unit; expected a rate such as `{cure}` or "
                "`1.5 mA`."
            )
        return None
    top = read_number(match["top"] or "1", "a rate")[0]
    below = read_number(match["early"] or match["late"] or "1", "a rate")[0]
    if below == 0:
        raise QuantityError(f"{show(plain)} divides by zero. Write `C/20`.")
    if match["sign"] and match["letter"] == "D":
        raise QuantityError(f"{show(plain)}: D already is discharge. Leave the sign.")
    negative = match["sign"] == "-" or match["letter"] == "D"
    return -top / below if negative and top else top / below


def _one_of(
    plain: str, units: tuple[Text, ...], wanted: str, examples: tuple[str, ...]
) -> Text:
    expected = f"{wanted} such as {_or(examples)}"
    hint = f"expected {expected}."
    _, rest = read_number(plain, expected)
    if not rest:
        raise QuantityError(f"{show(plain)} has no unit; {hint}")
    try:
        given = read_unit(rest)
    except QuantityError as e:
        raise QuantityError(f"{show(plain)}: {e} E{hint[1:]}") from e
    for unit in units:
        if read_unit(normalise(unit)).dimension == given.dimension:
            return unit
    raise QuantityError(f"{show(plain)} is {kind_of(given)}; {hint}")


def _to_ampere(
    value: float,
    unit: CurrentUnit,
    name: str,
    mass_kg: float | None,
    area_m2: float | None,
) -> float:
    if unit == "A":
        return value
    if unit == "A/kg":
        if mass_kg is None:
            raise QuantityError(
                f"{name} needs the active mass. Give the sample one, such as `1.25 mg`."
            )
        return value * _positive(mass_kg, "the mass", "kg")
    if area_m2 is None:
        raise QuantityError(
            f"{name} needs the electrode area. "
            "Give the sample one, such as `1.131 cm²`."
        )
    return value * _positive(area_m2, "the area", "m²")


def _positive(value: float, name: str, unit: str) -> float:
    if not 0 < value < float("inf"):
        raise QuantityError(f"{name} is {value} {unit}; expected a value above zero.")
    return value


def _or(examples: tuple[str, ...]) -> str:
    return " or ".join(f"`{one}`" for one in examples)


def _normalised(text: object, wanted: str, examples: tuple[str, ...]) -> str:
    hint = f"expected {wanted} such as {_or(examples)}."
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise QuantityError(f"{show(text)} is not a quantity; {hint}")
    if not isinstance(text, str):
        raise QuantityError(f"{show(text)} has no unit; {hint}")
    if len(text) > LONGEST:
        raise QuantityError(f"{show(text)}: {len(text)} characters; {hint}")
    return normalise(text)


def _text_schema(
    cls: type[T], read: Callable[[str], T], wanted: str, examples: tuple[str, ...]
) -> "CoreSchema":
    from pydantic_core import core_schema  # noqa: PLC0415  (start-up time)

    def accept(value: object) -> T:
        if isinstance(value, cls):
            return value
        return read(_normalised(value, wanted, examples))

    return core_schema.no_info_plain_validator_function(
        accept, serialization=core_schema.to_string_ser_schema()
    )


def _json_schema(name: str, examples: tuple[str, ...]) -> dict[str, Any]:
    return {"type": "string", "quantity": name, "examples": list(examples)}
