"""Techniques on their way into another program's file: complaints, host's tests.

Everything that a program cannot be told is found before anything is written, and is
named by the technique's own name.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from labctl.errors import Complaint, RefusedError
from labctl.limits import exceeds
from labctl.techniques import (
    Condition,
    Loop,
    OpenCircuit,
    Recording,
    Technique,
    current_of,
    drives,
)

USUAL_INTERVAL = 60.0
"""s between two rows where a technique states no rule of recording."""


@dataclass(slots=True)
class Draft:
    """What is found out while one upload is compiled."""

    place: str
    """``neware/21-1-1``."""
    techniques: Sequence[Technique]
    host: list[tuple[int, Condition]] = field(default_factory=list)
    """Conditions that only this program can test."""
    complaints: list[Complaint] = field(default_factory=list)
    summary: list[tuple[str, str]] = field(default_factory=list)
    """What was chosen, for the run's record."""

    def complain(
        self,
        index: int,
        what: str,
        cure: str = "",
        value: float | None = None,
        limit: float | None = None,
        unit: str = "",
    ) -> None:
        """Refuse something of one technique; compilation goes on."""
        said = f"{self.techniques[index].kind}: {what}"
        self.complaints.append(
            Complaint(
                ("techniques", index),
                said,
                cure,
                file=self.place,
                value=value,
                limit=limit,
                unit=unit,
            )
        )

    def leave_to_host(self, index: int, conditions: Sequence[Condition]) -> None:
        """Let the engine test ``conditions``, one poll late at most."""
        self.host += [(index, condition) for condition in conditions]

    def refuse(self) -> None:
        """Raise RefusedError if anything was complained of."""
        if not self.techniques:
            self.complaints.append(
                Complaint((), "there is nothing to load.", file=self.place)
            )
        if self.complaints:
            raise RefusedError(self.complaints)

    def check_durations(self) -> None:
        """Refuse times that are negative."""
        for index, technique in enumerate(self.techniques):
            duration = getattr(technique, "duration", 0.0)
            if not duration >= 0.0:
                self.complain(
                    index, f"a duration of {duration:g} s", "must not be negative."
                )

    def check_currents(self, most: float | None, option: str) -> None:
        """Refuse currents beyond ``most`` A; None where nobody has said."""
        for index, technique in enumerate(self.techniques):
            wanted = current_of(technique)
            if most is not None and wanted is not None and exceeds(wanted, most):
                self.complain(
                    index,
                    f"{wanted:g} A is beyond ±{most:g} A ({option} in the options).",
                    "Lower it, or take a channel that drives more.",
                    wanted,
                    most,
                    "A",
                )

    def check_loops(self) -> None:
        """Refuse loops that jump nowhere, do not repeat, or lie across one another."""
        loops: list[tuple[int, int]] = []
        for index, technique in enumerate(self.techniques):
            if not isinstance(technique, Loop):
                continue
            if technique.passes < 2:  # noqa: PLR2004
                self.complain(index, f"{technique.passes} passes are no loop.")
            if not 0 <= technique.back_to < index:
                self.complain(
                    index,
                    f"jumps to technique {technique.back_to}, which is not before it.",
                )
            if any(b < technique.back_to <= e for b, e in loops):
                self.complain(index, "loops overlap; one must lie inside the other.")
            loops.append((technique.back_to, index))

    def kinds_that_drive(self) -> tuple[str, ...]:
        """Return the kinds of technique in which current may flow, each once."""
        return tuple(dict.fromkeys(t.kind for t in self.techniques if drives(t)))


def interval_of(record: Recording, current: float = 0.0) -> float | None:
    """Return how often a row is wanted at least, s; None: only by change.

    A charge of a constant current (A) becomes its time.
    """
    every = record.every_s
    if record.every_coulomb is not None and current:
        by_charge = record.every_coulomb / abs(current)
        every = by_charge if every is None else min(every, by_charge)
    rules = (every, record.every_volt, record.every_ampere)
    return USUAL_INTERVAL if all(rule is None for rule in rules) else every


def behind(techniques: Sequence[Technique], count: int) -> tuple[Technique, ...]:
    """Return the techniques behind the first ``count``; loops point where they did."""
    return tuple(
        Loop(t.back_to - count, t.passes) if isinstance(t, Loop) else t
        for t in techniques[count:]
    )


def rests(technique: Technique) -> bool:
    """Tell whether nothing is driven: a rest, or a current of exactly zero."""
    return isinstance(technique, OpenCircuit) or current_of(technique) == 0.0
