"""Results as lines of a table: value, uncertainty, whether it may be believed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from gui.si_text import MINUS, NOTHING, sentence, words
from labctl.service.answers import ResultOut


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One result."""

    name: str
    value: str
    unit: str
    quality: str
    reason: str


def result_rows(results: Mapping[str, ResultOut]) -> list[ResultRow]:
    """Return the results in the protocol's order; tables say how long they are."""
    return [
        ResultRow(
            sentence(words(name)),
            _value(result),
            result.unit,
            result.quality,
            result.reason,
        )
        for name, result in results.items()
    ]


def _value(result: ResultOut) -> str:
    if result.table is not None:
        rows = max((len(v) for v in result.table.values()), default=0)
        return f"table of {rows}"
    if result.value is None:
        return NOTHING
    if isinstance(result.value, str):
        return result.value
    return with_uncertainty(result.value, result.uncertainty)


def with_uncertainty(value: float, uncertainty: float | None) -> str:
    """Write ``1.234 ± 0.012``: the uncertainty to two digits, the value to match."""
    if not uncertainty or not math.isfinite(uncertainty):
        return f"{value:.5g}".replace("-", MINUS)
    place = 1 - math.floor(math.log10(abs(uncertainty)))
    if 0 <= place <= 9:  # noqa: PLR2004
        text = f"{value:.{place}f} ± {uncertainty:.{place}f}"
    else:
        text = f"{value:.5g} ± {uncertainty:.2g}"
    return text.replace("-", MINUS)
