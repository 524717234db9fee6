"""The results of a run by name; printed as the command line prints them."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Self

import numpy as np

from labctl.data import Column, Quality, Result
from labctl.drawing.lettering import spoken
from labctl.drawing.result_text import result_text, results_text
from labctl.errors import OperatorError
from labctl.notebook.markup import table_html
from labctl.notebook.table import Table, table_of
from labctl.notebook.unknown import UnknownNameError


class ShownResult(Result):
    """A `Result` that prints as a person reads it; ``float(result)`` is its value."""

    __slots__ = ()

    @classmethod
    def of(cls, result: Result) -> Self:
        """Return the same result."""
        return cls(**{each.name: getattr(result, each.name) for each in fields(result)})

    @property
    def is_good(self) -> bool:
        """Whether every condition of its method was seen to be met."""
        return self.quality is Quality.GOOD

    def to_table(self) -> Table:
        """Return its table, cycle by cycle, pulse by pulse; without one no columns."""
        columns = {
            name: np.array(values, dtype=np.float64)  # None becomes NaN
            for name, values in (self.table or {}).items()
        }
        return table_of("table", [Column(name, "", name) for name in columns], columns)

    def __float__(self) -> float:
        if self.value is None or isinstance(self.value, str):
            raise OperatorError(f"there is no number: {self.reason or self.value}")
        return float(self.value)

    def __str__(self) -> str:
        text = result_text(self)
        if self.is_good:
            return text
        return f"{self.quality}: {text} ({self.reason})"

    __repr__ = __str__


class Results(Mapping[str, ShownResult]):
    """Name -> result, the headline first; ``print`` it to read them all.

    A name may be written as it is printed: ``results["coulombic efficiency"]``.
    """

    def __init__(self, results: Mapping[str, Result]) -> None:
        self._results = {name: ShownResult.of(one) for name, one in results.items()}

    def __getitem__(self, name: str) -> ShownResult:
        own = name if name in self._results else str(name).strip().replace(" ", "_")
        if own not in self._results:
            raise UnknownNameError("result", name, self._results)
        return self._results[own]

    def __iter__(self) -> Iterator[str]:
        return iter(self._results)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def __len__(self) -> int:
        return len(self._results)

    def __repr__(self) -> str:
        return results_text(self._results) or "no results yet"

    def _repr_html_(self) -> str:
        rows = [
            (str(one.quality), spoken(name), result_text(one), one.reason)
            for name, one in self._results.items()
        ]
        if not rows:
            return "<p>no results yet</p>"
        return table_html(("", "result", "value", "why"), rows)
