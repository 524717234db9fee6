"""Results as lines of a table: value, uncertainty, whether it may be believed."""

from collections.abc import Mapping
from dataclasses import dataclass

from gui.look.si_text import NOTHING, sentence, words
from labctl.data import Result
from labctl.drawing.lettering import unit_text, value_text


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One result."""

    name: str
    value: str
    unit: str
    quality: str
    reason: str


def result_rows(results: Mapping[str, Result]) -> list[ResultRow]:
    """Return the results in the protocol's order; tables say how long they are."""
    return [
        ResultRow(
            sentence(words(name)),
            _value(result),
            unit_text(result.unit),
            result.quality,
            result.reason,
        )
        for name, result in results.items()
    ]


def _value(result: Result) -> str:
    if result.table is not None:
        rows = max((len(v) for v in result.table.values()), default=0)
        return f"table of {rows}"
    if result.value is None:
        return NOTHING
    if isinstance(result.value, str):
        return result.value
    return value_text(result.value, result.uncertainty)
