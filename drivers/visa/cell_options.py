"""What a configuration may say about a source meter's output on a cell.

Under ``cell`` of an instrument's ``options``: ``wires`` (4 or 2), ``nplc``,
``poll_every``, ``corners`` (what it reaches: ``[[V, A], …]``, the smallest voltage
first), which the data sheets' figures in the driver give way to.
"""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labctl.errors import Complaint, QuantityError, RefusedError
from labctl.quantities import parse
from labctl.roles.driver import Setup

KEY = "cell"
NPLC = (0.01, 10.0)
POLL = (0.05, 10.0)
"""Bounds in s; one look takes about 50 ms."""


@dataclass(frozen=True, slots=True)
class CellOptions:
    """How an output is wired and looked at."""

    four_wire: bool = True
    nplc: float = 1.0
    poll_every: float = 0.1
    """s between two looks at most often."""
    corners: tuple[tuple[float, float], ...] = ()
    """(V, A); empty: the model's."""

    @classmethod
    def of(cls, setup: Setup) -> "CellOptions":
        """Return what ``setup`` says. RefusedError lists every wrong key."""
        return _Reading(setup).options()


class _Reading:
    def __init__(self, setup: Setup) -> None:
        said: Any = setup.options.get(KEY, {})
        self._name, self._complaints = setup.name, list[Complaint]()
        self._said: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
        if not isinstance(said, Mapping):
            self._complain((), f"{said!r} is no mapping.")

    def options(self) -> CellOptions:
        known = {"wires", "nplc", "poll_every", "corners"}
        for key in self._said:
            if key not in known:
                self._complain(
                    (str(key),),
                    "a source meter's cell has no such option.",
                    f"It takes: {', '.join(sorted(known))}.",
                )
        wires = self._said.get("wires", 4)
        if wires not in {2, 4}:
            self._complain(("wires",), f"{wires!r} is neither 2 nor 4.")
        found = CellOptions(
            wires != 2,  # noqa: PLR2004
            self._number("nplc", "", NPLC, 1.0),
            self._number("poll_every", "s", POLL, 0.1),
            self._corners(),
        )
        if self._complaints:
            raise RefusedError(self._complaints)
        return found

    def _number(
        self, key: str, unit: str, bounds: tuple[float, float], usual: float
    ) -> float:
        said = self._said.get(key, usual)
        try:
            value = _plain(said, unit)
        except (QuantityError, TypeError, ValueError) as error:
            self._complain((key,), str(error))
            return usual
        if not bounds[0] <= value <= bounds[1]:
            self._complain((key,), f"{value:g} {unit} is outside {bounds} {unit}.")
        return value

    def _corners(self) -> tuple[tuple[float, float], ...]:
        said = self._said.get("corners", ())
        try:
            found = tuple((_plain(v, "V"), _plain(a, "A")) for v, a in said)
        except (QuantityError, TypeError, ValueError):
            found = ((math.nan, math.nan),)
        rising = all(
            one[0] < other[0] and one[1] > other[1]
            for one, other in itertools.pairwise(found)
        )
        if not rising or not all(v > 0.0 and a > 0.0 for v, a in found):
            self._complain(
                ("corners",),
                f"{said!r} is no list of voltages and the currents they allow.",
                "Write [[7 V, 7 A], [20 V, 4 A]], the smallest voltage first.",
            )
        return found

    def _complain(self, path: tuple[str, ...], what: str, cure: str = "") -> None:
        where = ("instruments", self._name, "options", KEY, *path)
        self._complaints.append(Complaint(where, what, cure))


def _plain(said: Any, unit: str) -> float:
    if isinstance(said, bool):
        raise QuantityError(f"{said!r} is no number.")
    return parse(said, unit) if isinstance(said, str) and unit else float(said)
