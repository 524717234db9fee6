"""End conditions as a person writes them: ``full: voltage <= 5 mV``.

A name (what the outcome is called), a quantity, a comparison, a value with its unit.
Without a name the text itself is the name.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from labctl.errors import QuantityError
from labctl.quantities import Rate, parse
from labctl.techniques import Comparison, Condition, ConditionQuantity

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

UNITS: dict[str, tuple[ConditionQuantity, str]] = {
    "voltage": (ConditionQuantity.VOLTAGE, "V"),
    "current": (ConditionQuantity.CURRENT, "A"),
    "|current|": (ConditionQuantity.ABSOLUTE_CURRENT, "A"),
    "charge": (ConditionQuantity.CHARGE, "C"),
    "energy": (ConditionQuantity.ENERGY, "J"),
    "voltage change": (ConditionQuantity.VOLTAGE_CHANGE, "V"),
    "dV/dt": (ConditionQuantity.VOLTAGE_RATE, "V/s"),
    "temperature": (ConditionQuantity.TEMPERATURE, "°C"),
}
"""What can be written, what it is, and the unit inside."""
WITHOUT_SIGN = frozenset(
    {
        ConditionQuantity.ABSOLUTE_CURRENT,
        ConditionQuantity.CHARGE,
        ConditionQuantity.ENERGY,
        ConditionQuantity.VOLTAGE_CHANGE,
        ConditionQuantity.VOLTAGE_RATE,
    }
)
"""What is looked at without its sign."""
_TEXT = re.compile(
    r"\s*(?:(?P<name>[A-Za-z_][\w -]*?)\s*:)?\s*(?P<what>[^<>=]+?)\s*"
    r"(?P<sign><=|>=|<|>)\s*(?P<value>.+?)\s*"
)
_EXAMPLE = "`full: voltage <= 5 mV`"


@dataclass(frozen=True, slots=True)
class EndCondition:
    """One condition, with currents still as rates."""

    name: str
    quantity: ConditionQuantity
    comparison: Comparison
    value: float | Rate
    """SI; a rate where the quantity is a current."""
    text: str
    """As written."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read it. QuantityError: says what is wrong and how it is written."""
        match = _TEXT.fullmatch(text)
        if match is None:
            raise QuantityError(
                f"`{text}` is not an end condition; expected {_EXAMPLE}"
            )
        what = match["what"]
        if what not in UNITS:
            raise QuantityError(
                f"`{text}`: there is no quantity `{what}`; there are {', '.join(UNITS)}"
            )
        quantity, unit = UNITS[what]
        value: float | Rate
        try:
            current = unit == "A"
            value = (
                Rate.parse(match["value"]) if current else parse(match["value"], unit)
            )
        except QuantityError as error:
            raise QuantityError(f"`{text}`: {error}") from error
        size = value.value if isinstance(value, Rate) else value
        if quantity in WITHOUT_SIGN and size < 0:
            holds = "always" if match["sign"].startswith(">") else "never"
            raise QuantityError(
                f"`{text}`: {what} is looked at without its sign, so this {holds} "
                "holds; write the value without one"
            )
        above = match["sign"].startswith(">")
        return cls(
            match["name"] or text.strip(),
            quantity,
            Comparison.AT_LEAST if above else Comparison.AT_MOST,
            value,
            text.strip(),
        )

    def __str__(self) -> str:
        return self.text

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: "GetCoreSchemaHandler"
    ) -> "CoreSchema":
        """Read text, write text."""
        del source, handler
        from pydantic_core import core_schema  # noqa: PLC0415  (start-up time)

        def accept(value: object) -> EndCondition:
            if isinstance(value, cls):
                return value
            if not isinstance(value, str):
                raise QuantityError(
                    f"{value!r} is not an end condition; expected {_EXAMPLE}"
                )
            return cls.parse(value)

        return core_schema.no_info_plain_validator_function(
            accept, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: "CoreSchema", handler: "GetJsonSchemaHandler"
    ) -> "JsonSchemaValue":
        """Tell a form what to show."""
        del schema, handler
        return {"type": "string", "examples": ["full: voltage <= 5 mV"]}

    def resolved(self, current: "Any", *, ends_all: bool = False) -> Condition:
        """Return it in SI; ``current`` turns a rate into A."""
        value = self.value if isinstance(self.value, float) else current(self.value)
        return Condition(
            self.name, self.quantity, self.comparison, float(value), ends_all
        )
