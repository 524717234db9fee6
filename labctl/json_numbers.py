"""Numbers as JSON can carry them: what is not finite travels as null.

Types for fields of dataclasses and models that cross a wire or lie in a journal; inside
the program each is what it says: a float, a tuple, an array.
"""

import math
from collections.abc import Iterable
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, PlainSerializer, PlainValidator, WithJsonSchema


def finite(value: Any) -> float | None:
    """Return a number as JSON carries it; None: there is none, or it is not finite."""
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def finite_or_word(value: Any) -> float | str | None:
    """Return a number as JSON can carry it; a word as it is."""
    return value if isinstance(value, str) else finite(value)


def _listed(values: Iterable[Any]) -> list[float | None]:
    return [finite(value) for value in values]


def _or_nan(value: Any) -> Any:
    return math.nan if value is None else value


def _each_or_nan(values: Any) -> Any:
    return values if isinstance(values, str) else tuple(map(_or_nan, values))


def _array(values: Any) -> NDArray[np.float64]:
    if isinstance(values, np.ndarray):
        return values.astype(np.float64, copy=False)
    return np.array([_or_nan(value) for value in values], np.float64)


_NUMBER_OR_NULL = {"anyOf": [{"type": "number"}, {"type": "null"}]}
Number = Annotated[
    float,
    BeforeValidator(_or_nan),
    PlainSerializer(finite, float | None, when_used="json"),
]
"""A float; NaN comes back as NaN."""
MaybeNumber = Annotated[
    float | None, PlainSerializer(finite, float | None, when_used="json")
]
"""A float or none; NaN comes back as none."""
NumberOrWord = Annotated[
    float | str | None,
    PlainSerializer(finite_or_word, float | str | None, when_used="json"),
]
"""A float, a word, or none; NaN comes back as none."""
Numbers = Annotated[
    tuple[float, ...],
    BeforeValidator(_each_or_nan),
    PlainSerializer(_listed, list[float | None], when_used="json"),
]
"""Floats; NaN comes back as NaN."""
NumberArray = Annotated[
    NDArray[Any],
    PlainValidator(_array),
    PlainSerializer(_listed, list[float | None], when_used="json"),
    WithJsonSchema({"type": "array", "items": _NUMBER_OR_NULL}),
]
"""An array of shape (n,); comes back as float64, null as NaN."""
