"""Results as lines of a table: whether it may be believed, value, uncertainty."""

from collections.abc import Mapping
from dataclasses import dataclass

from labctl.data import Result
from labctl.drawing.lettering import spoken, unit_text
from labctl.drawing.result_text import UNKNOWN, is_unknown, largest_text, number_text
from labctl.drawing.unmet import advice_text


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One result."""

    name: str
    value: str
    unit: str
    quality: str
    reason: str
    mostly: str
    """Where most of the uncertainty comes from, or that it is not known."""
    advice: str
    """What it would have needed, and what to do, a line a condition."""

    @property
    def why(self) -> str:
        """What stands beside it: why it is doubted, or where ± is from."""
        return self.reason or self.mostly

    @property
    def told(self) -> str:
        """Everything, for a tool tip."""
        return "\n".join(filter(None, (self.reason, self.mostly, self.advice)))


def result_rows(results: Mapping[str, Result]) -> list[ResultRow]:
    """Return the results in the protocol's order; tables say how long they are."""
    return [
        ResultRow(
            spoken(name),
            _value(result),
            unit_text(result.unit),
            result.quality,
            result.reason,
            UNKNOWN if is_unknown(result) else largest_text(result),
            advice_text(result),
        )
        for name, result in results.items()
    ]


def _value(result: Result) -> str:
    if result.value is None and result.table is not None:
        rows = max((len(v) for v in result.table.values()), default=0)
        return f"table of {rows}"
    return number_text(result)
