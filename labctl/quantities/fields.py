"""Field types for pydantic models, named by the SI unit their float is in.

A field takes text with a unit. A bare number is refused, because nobody can tell
whether the person who typed it meant amperes or milliamperes; only data that labctl
itself wrote in SI (the journal, its own HTTP answers) may be validated with
``context=SI``. Defaults written in Python are SI floats as usual. Stored and sent as
JSON, a field is its SI float.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from labctl.errors import QuantityError
from labctl.quantities.format import format_si
from labctl.quantities.parse import parse
from labctl.quantities.units import KINDS, expectation, show

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema
    from pydantic_core.core_schema import ValidationInfo

SI: dict[str, Any] = {"si": True}
"""Context for ``model_validate``: bare numbers are SI, because labctl wrote them."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a field measures; stands in ``Annotated[float, Quantity("V")]``."""

    unit: str
    """Unit of the float, such as ``V``, ``A/kg``, ``°C``; ``1`` for a fraction."""

    @property
    def kind(self) -> str:
        """What it is, without article: ``voltage``."""
        return KINDS[self.unit][0].split(" ", 1)[1]

    @property
    def examples(self) -> tuple[str, ...]:
        """How a person writes one; the first is the best known."""
        return KINDS[self.unit][1]

    def parse(self, text: str) -> float:
        """Read text; see :func:`labctl.quantities.parse`."""
        value = parse(text, self.unit)
        if self.unit == "1" and "%" not in text and "ppm" not in text:
            _refuse_bare_percent(value, text)
        return value

    def format(self, value: float, digits: int = 4) -> str:
        """Write a value with its prefix and unit."""
        return format_si(value, self.unit, digits)

    def accept(self, value: object, *, si: bool) -> float:
        """Turn what stands in a file or a request into the float.

        Parameters
        ----------
        si
            True if bare numbers are known to be in SI.

        Raises
        ------
        QuantityError
            No unit, wrong kind, NaN, infinity, a boolean, null, a list.
        """
        if isinstance(value, str):
            return self.parse(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise QuantityError(
                f"{show(value)} is not a quantity; expected {expectation(self.unit)}."
            )
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise QuantityError(
                f"{show(value)} is not a finite number; "
                f"expected {expectation(self.unit)}."
            )
        if si:
            return number + 0.0
        if self.unit != "1":
            raise QuantityError(
                f"{show(value)} has no unit; expected {expectation(self.unit)}."
            )
        _refuse_bare_percent(number, value)
        return number + 0.0

    def __get_pydantic_core_schema__(
        self, source: Any, handler: "GetCoreSchemaHandler"
    ) -> "CoreSchema":
        """Read text before pydantic looks at the float."""
        from pydantic_core import core_schema  # noqa: PLC0415  (start-up time)

        def read(value: object, info: "ValidationInfo") -> float:
            return self.accept(value, si=bool((info.context or {}).get("si")))

        return core_schema.with_info_before_validator_function(read, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: "CoreSchema", handler: "GetJsonSchemaHandler"
    ) -> "JsonSchemaValue":
        """Tell a form what to show beside the field."""
        return {
            **handler(schema),
            "type": "string" if handler.mode == "validation" else "number",
            "quantity": self.unit,
            "unit": self.unit,
            "kind": self.kind,
            "examples": list(self.examples),
        }


def _refuse_bare_percent(value: float, text: object) -> None:
    if abs(value) > 1:
        raise QuantityError(
            f"{show(text)} has no unit and is beyond 1. Write `{show(text)} %`, "
            "or a fraction such as `0.8`."
        )


Volt = Annotated[float, Quantity("V")]
Ampere = Annotated[float, Quantity("A")]
Second = Annotated[float, Quantity("s")]
Hertz = Annotated[float, Quantity("Hz")]
Ohm = Annotated[float, Quantity("Ω")]
Siemens = Annotated[float, Quantity("S")]
SiemensPerMetre = Annotated[float, Quantity("S/m")]
Kilogram = Annotated[float, Quantity("kg")]
Metre = Annotated[float, Quantity("m")]
SquareMetre = Annotated[float, Quantity("m²")]
Tesla = Annotated[float, Quantity("T")]
TeslaPerSecond = Annotated[float, Quantity("T/s")]
Kelvin = Annotated[float, Quantity("K")]
Celsius = Annotated[float, Quantity("°C")]
Coulomb = Annotated[float, Quantity("C")]
Watt = Annotated[float, Quantity("W")]
Pascal = Annotated[float, Quantity("Pa")]
VoltPerSecond = Annotated[float, Quantity("V/s")]
AmperePerKilogram = Annotated[float, Quantity("A/kg")]
AmperePerSquareMetre = Annotated[float, Quantity("A/m²")]
CoulombPerKilogram = Annotated[float, Quantity("C/kg")]
CoulombPerSquareMetre = Annotated[float, Quantity("C/m²")]
KilogramPerSquareMetre = Annotated[float, Quantity("kg/m²")]
Fraction = Annotated[float, Quantity("1")]
"""0.8 for ``80 %`` or ``0.8``; a bare ``80`` is refused."""
