"""What was started on a channel: what it is recognised by, and how far it has come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drivers.biologic.eclib.codes import AUTO_RANGE, Firmware, State
from drivers.biologic.ownership import (
    BACKWARDS,
    DRIFT,
    Holding,
    began_then,
    uploads_of,
)
from drivers.biologic.upload.program import Program
from labctl.roles.channel_accuracy import UNKNOWN_RANGE
from labctl.techniques import Loop, Technique

START_GRACE = 5.0
"""s in which a started channel may still say STOP."""


@dataclass(slots=True)
class Experiment:
    """One upload, loaded or started."""

    program: Program
    token: Mapping[str, Any]
    techniques: tuple[Technique, ...] = ()
    """Those of this upload; empty where it was only recognised."""
    limited: bool = False
    """Whether limits stand in the firmware of all that drives."""
    started: float = 0.0
    """s of the instrument's clock object; when it was started, about."""
    elapsed: float = 0.0
    """The experiment's own time when it was last asked, s."""
    whole_time: bool = False
    """Whether its time is known to go on from one technique to the next."""
    seen: bool = False
    """Whether it was seen running."""
    technique: int = 0
    """Index of the EClib technique whose rows came last."""
    told: set[int] = field(default_factory=set)
    """Option errors that were told."""

    @classmethod
    def of_token(
        cls, token: Mapping[str, Any], now: Holding, clock: float
    ) -> "Experiment":
        """Return what a token describes, as the channel holds it at ``clock`` s."""
        return cls(
            Program(uploads_of(token), (), ()),
            dict(token),
            limited=bool(token.get("limited", False)),
            started=clock - now.elapsed,
            elapsed=now.elapsed,
            seen=now.runs,
        )

    @property
    def zero(self) -> float:
        """Instrument's time at which this upload began, s; more than 0 after a skip."""
        return float(self.token["zero"])

    @property
    def skipped(self) -> int:
        """Techniques that were left out of this upload."""
        return int(self.token["skipped"])

    @property
    def count(self) -> int:
        """EClib techniques loaded."""
        return len(self.program.uploads)

    def index_of(self, technique: int) -> int:
        """Return labctl's index of an EClib technique."""
        if technique >= self.count:
            return technique
        return self.program.uploads[technique].source + self.skipped

    def range_of(self, technique: int) -> int:
        """Return the code of the current range that an EClib technique was loaded on.

        -1: the channel chooses by itself, has none, or it was not loaded here.
        """
        if technique >= self.count:
            return UNKNOWN_RANGE
        codes = {
            int(setting.value)
            for setting in self.program.uploads[technique].settings
            if setting.label == "I_Range"
        } - {AUTO_RANGE}
        return codes.pop() if len(codes) == 1 else UNKNOWN_RANGE

    def may_begin_yet(self, clock: float) -> bool:
        """Tell whether a channel that says STOP may still be about to start."""
        return not self.seen and clock - self.started <= START_GRACE

    def went_back(self, elapsed: float) -> bool:
        """Tell whether an experiment's time belongs to one that began later.

        No manual says that a channel's time does not begin anew with each technique:
        until it was seen not to, going back proves nothing.
        """
        whole = self.whole_time or self.count == 1
        return whole and elapsed < self.elapsed - BACKWARDS

    def note_time(self, elapsed: float, clock: float) -> None:
        """Take the experiment's time as it is told at ``clock`` s."""
        if self.technique > 0 and not self._apart(elapsed, clock):
            self.whole_time = True
        self.elapsed = elapsed if not self.whole_time else max(self.elapsed, elapsed)

    def _apart(self, elapsed: float, clock: float) -> bool:
        expected = clock - self.started
        return abs(elapsed - expected) > BACKWARDS + DRIFT * abs(expected)

    def is_not(self, now: Holding, clock: float) -> bool:
        """Tell whether something else runs; where in doubt, it is this.

        Other techniques or a time that went back are proof. Other parameters are one
        only if the time does not fit either: a library may say them differently.
        """
        counted = self.token["count"]
        if now.firmware != Firmware.KERNEL or counted not in {None, now.count}:
            return True
        kinds, program = self.token["kinds"], self.token["digest"]
        if self.went_back(now.elapsed) or (
            kinds and now.kinds and tuple(kinds) != now.kinds
        ):
            return True
        apart = self._apart(now.elapsed, clock)
        return bool(apart and program and now.digest and program != now.digest)


def was_started(now: Holding, clock_unix: float, started_unix: float) -> bool:
    """Tell whether what runs was started then; a pause stops an experiment's time."""
    if now.state == State.PAUSE:
        return now.elapsed <= clock_unix - started_unix + START_GRACE
    return began_then(now.elapsed, clock_unix, started_unix)


def behind(techniques: Sequence[Technique], count: int) -> tuple[Technique, ...]:
    """Return the techniques behind the first ``count``; loops point where they did."""
    return tuple(
        Loop(t.back_to - count, t.passes) if isinstance(t, Loop) else t
        for t in techniques[count:]
    )
