"""What a series over temperatures is told, and which protocols can be one."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from labctl.columns import CLIMATE
from labctl.protocol import Parameters, Protocol
from labctl.quantities import Celsius, Quantity, Second

GROUP = "Series over temperatures"
"""Where a form puts these fields."""
_BARE_COMMA = re.compile(r"\s*[+\-\N{MINUS SIGN}]?\d+,\d+\s*[^\d\s,]+\s*")


def listed(given: Any) -> Any:
    """Return the items of ``10 °C; 25 °C``, or of a list.

    Commas part items that have a unit each; one between digits is a decimal mark. A
    ``;`` at the end parts nothing. ValueError: nobody can tell which, one is missing.
    """
    if not isinstance(given, str):
        return tuple(given) if isinstance(given, list) else given
    if ";" in given:
        items = tuple(
            part.strip() for part in given.strip().removesuffix(";").split(";")
        )
        if "" in items:
            raise ValueError(
                f"`{given}` has nothing between two `;`. Write the temperature that is "
                "missing there, or leave one `;` out"
            )
        return items
    if _BARE_COMMA.fullmatch(given) or "," not in given:
        return (given,)
    parts = tuple(part.strip() for part in given.split(","))
    if all(re.search(r"[^\W\d]", part) for part in parts):
        return parts
    raise ValueError(
        f"`{given}` can be read in several ways. Write each temperature with its unit "
        "and `;` between them: `10 °C; 22,5 °C; 45 °C`"
    )


_SERIES = {"group": GROUP}


class SeriesParameters(Parameters):
    """At which temperatures, and when each of them counts as reached."""

    temperatures: Annotated[
        tuple[Celsius, ...],
        BeforeValidator(listed),
        Field(min_length=1, max_length=50, json_schema_extra=_SERIES),
    ]
    """Measured one after the other: ``10 °C; 25 °C; 45 °C``."""
    soak: Annotated[Second, Field(ge=0, json_schema_extra=_SERIES)] = 1800.0
    """Time for the sample to follow, once the chamber has settled."""
    settle_band: Annotated[
        float, Quantity("K"), Field(gt=0, le=10, json_schema_extra=_SERIES)
    ] = 0.5
    """How near the chamber must come and stay, on either side."""
    settle_deadline: (
        Annotated[Second, Field(gt=0, json_schema_extra=_SERIES)] | None
    ) = None
    """Longest time into the band, else the run ends; none: what the chamber states."""
    temperature_ramp: (
        Annotated[float, Quantity("K/s"), Field(gt=0, json_schema_extra=_SERIES)] | None
    ) = None
    """How fast the chamber goes, 1 K/min say; none: as fast as it can."""
    return_to: (
        Annotated[float, Quantity("°C"), Field(json_schema_extra=_SERIES)] | None
    ) = 25.0
    """Where the chamber goes at the end, before it is switched off; none: it is
    switched off where it is."""


NAMES = tuple(SeriesParameters.model_fields)
"""What makes a run a series when it is given."""


def is_series(kind: type[Protocol], given: Mapping[str, Any]) -> bool:
    """Tell whether parameters ask for ``kind`` at several temperatures.

    A protocol that has a parameter of that name itself is not meant, nor one whose
    steps come from a person or from another program.
    """
    own = kind.parameters_model.model_fields
    asked = any(name in given and name not in own for name in NAMES)
    return asked and can_be_series(kind)


def can_be_series(kind: type[Protocol]) -> bool:
    """Tell whether a protocol can be measured at several temperatures."""
    own = kind.parameters_model.model_fields
    free = not any(name in own for name in NAMES)
    taken = any(stream.name == CLIMATE.name for stream in kind.streams)
    able = kind.can_be_run and kind.can_be_repeated
    return able and not kind.requests and free and not taken
