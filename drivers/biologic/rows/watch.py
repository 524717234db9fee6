"""What a channel says of itself with every poll, and what of it ends a run.

Option errors of the amplifier, overload, and a sweep that runs at another rate than it
was asked for. Whoever polls stops the channel when this raises.
"""

import logging
from collections.abc import Callable, Sequence

from drivers.biologic.eclib.codes import OPTION_ERRORS, State
from drivers.biologic.experiment import Experiment
from drivers.biologic.rows.memory import Seen
from drivers.biologic.rows.scan_rate import SweepCheck, readings, sweeps_of
from drivers.biologic.upload.program import Program
from drivers.overload import OverloadRule, OverloadWatch
from labctl.data import Batch, Event
from labctl.errors import InstrumentError
from labctl.techniques import Technique

log = logging.getLogger(__name__)

OPEN_IN = 2
"""Option error of a safety line."""
ABORTING_OPTION_ERRORS = 100
"""Option errors from here on (and `OPEN_IN`) are a fault of the amplifier."""


class ChannelWatch:
    """Watches one channel, upload by upload."""

    def __init__(self, place: str, rule: OverloadRule) -> None:
        self._place = place
        self._overload = OverloadWatch(place, rule)
        self._sweeps: dict[int, SweepCheck] = {}
        """Index of a technique -> whether it sweeps as fast as it was asked to."""

    def begin(self, techniques: Sequence[Technique], program: Program) -> None:
        """Watch what was just loaded."""
        self._overload.reset()
        self._sweeps = sweeps_of(techniques, program, self._place)

    def begin_halfway(self) -> None:
        """Watch what was attached to; where its sweeps began is not known."""
        self._overload.reset()
        self._sweeps = {}

    def look(
        self,
        it: Experiment,
        seen: Seen,
        rows: Sequence[Batch],
        now: float,
        tell: Callable[[Event], None],
    ) -> None:
        """Take a poll at ``now`` s with its ``rows``; ``tell`` hears of changes.

        InstrumentError, LimitError: the channel must be stopped.
        """
        self._check_option(it, seen.option_error)
        self._overload.look(seen.overload, now, tell)
        in_flight = it.index_of(it.technique) - it.skipped
        for at, check in self._sweeps.items():
            check.look(readings(rows, at + it.skipped))
            if at == in_flight and seen.state != State.STOP:
                check.look([(seen.elapsed + it.zero, seen.voltage)])

    def _check_option(self, it: Experiment, code: int) -> None:
        if not code or code in it.told:
            return
        it.told.add(code)
        what = OPTION_ERRORS.get(code, f"option error {code}")
        if code == OPEN_IN or code >= ABORTING_OPTION_ERRORS:
            raise InstrumentError(f"{self._place}: {what}; the channel was stopped")
        log.warning("%s: %s", self._place, what)
