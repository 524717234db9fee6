"""A channel of another program as a `PotentiostatChannel`: runs are submitted to it.

Rules: what runs is ours only where the program shows our name. What is not ours is
neither started over nor stopped, and its rows are not read. The program records by
itself and keeps the rows, so a poll that failed loses none.
"""

import logging
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from drivers.margins import Margins
from drivers.submitted.draft import behind
from drivers.submitted.program import Program, Seen, Submitted, make_token
from labctl import columns
from labctl.clock import Clock
from labctl.data import Batch
from labctl.errors import (
    InstrumentError,
    LimitError,
    NotOursError,
    OperatorError,
    OwnershipError,
)
from labctl.limits import Envelope
from labctl.roles.potentiostat import Loaded, Poll
from labctl.techniques import Loop, Technique

log = logging.getLogger(__name__)

SAFING_PATIENCE = 30.0
"""s for which a broken link is tried before a channel counts as not made safe."""
STOPS = 6
"""Times a channel is told to stop before it counts as deaf."""
WRITING = 60.0
"""s after its end for which a run's last points are waited for."""
PAUSE, LONGEST_PAUSE = 0.2, 2.0
"""s between a stop and the next look; doubles."""


class SubmittedChannel:
    """What all such channels do alike; what they can is their maker's to say."""

    def __init__(self, program: Program, clock: Clock) -> None:
        self._program, self._clock = program, clock
        self.place = program.place
        self._it: Submitted | None = None
        self._ours = False
        """Whether what runs may have been started here: only then is it stopped."""
        self._fetches = False
        """Whether the rows that the program keeps are ours."""
        self._margins = Margins()
        self._kept: list[Batch] = []
        """Rows that no poll has returned yet."""

    def rehearse(
        self, techniques: Sequence[Technique], envelope: Envelope | None = None
    ) -> None:
        """See `labctl.roles.capability.Rehearses`."""
        self._program.compiled(techniques, Margins.of(envelope))

    # ---- PotentiostatChannel

    def load(
        self, techniques: Sequence[Technique], envelope: Envelope | None = None
    ) -> Loaded:
        """Write the file; see `PotentiostatChannel.load`."""
        seen = self._look()
        if seen.runs:
            self._refuse_running(seen)
        self._let_go(rows=False)
        self._it, self._margins = None, Margins.of(envelope)
        self._kept.clear()
        return self._write(tuple(techniques))

    def start(self) -> None:
        """See `PotentiostatChannel.start`."""
        it = self._loaded()
        if not it.file:
            raise OperatorError(f"{self.place}: was found running; load it anew")
        seen = self._look()
        if seen.runs:
            self._let_go(rows=False)
            self._refuse_running(seen)
        self._ours = self._fetches = True  # whatever becomes of the call
        it.started = self._clock.now()
        try:
            self._program.start(str(it.token["name"]), it.file)
        except NotOursError:
            self._let_go(rows=False)
            raise
        it.started = self._clock.now()

    def adopt(
        self,
        techniques: Sequence[Technique],
        token: Mapping[str, Any],
        started_unix: float,
        envelope: Envelope | None = None,
    ) -> bool:
        """See `PotentiostatChannel.adopt`; all rows come again, with their times."""
        seen = self._settled(token, started_unix)
        if not self._is_of(token, seen):
            if seen.runs:
                raise NotOursError(
                    f"{self.place}: runs something else than this run started: "
                    f"{seen.told}. It is left alone"
                )
            log.warning("%s: holds nothing of ours: %s", self.place, seen.told)
            return False
        self._margins = Margins.of(envelope)
        it = self._take_over(token, seen)
        it.techniques = behind(techniques, it.skipped)
        self._kept.clear()
        self._fetches = True
        return True

    def recognise(self, token: Mapping[str, Any], started_unix: float) -> bool:
        """See `PotentiostatChannel.recognise`; the name decides, not the time.

        True, too, for a channel that was told to start a moment ago and may do so yet.
        """
        seen = self._look()
        if self._is_of(token, seen):
            if seen.runs:
                self._take_over(token, seen)
            return seen.runs
        just = abs(self._clock.unix() - started_unix) <= self._program.start_grace
        if not just or seen.runs or not self._is_here(token):
            return False
        self._take_over(token, seen).seen = False
        return True

    def sense(self) -> Mapping[str, float]:
        """See `PotentiostatChannel.sense`."""
        seen = self._look(passing=True)
        return {columns.VOLTAGE.name: seen.voltage, columns.CURRENT.name: seen.current}

    def poll(self) -> Poll:
        """See `PotentiostatChannel.poll`. LimitError: the program's limits tripped."""
        it, seen = self._it, self._look(passing=True)
        if it is None or not self._fetches:
            return self._handed(it, seen, running=False)
        # Looked at before the rows are read: what has ended has written them all.
        if not seen.is_of(it.token):
            return self._not_shown(it, seen)
        brought = self._read(it, seen)
        it.seen = it.seen or seen.runs or bool(brought)
        self._check(it, seen, brought)
        if seen.is_open and self._ours:
            if self._may_begin(it):
                return self._handed(it, seen, running=True)
            self._let_go(rows=True)
        # The last rows may be written a moment late: the end is a poll without any.
        going = seen.runs or bool(brought) or self._writes(it, seen)
        return self._handed(it, seen, running=going)

    def skip(self) -> Loaded | None:
        """See `PotentiostatChannel.skip`: stop, and submit what stands behind."""
        it = self._loaded()
        if not self._fetches:
            raise OperatorError(f"{self.place}: nothing is started, nothing to skip")
        seen, at = self._look(), it.technique - it.skipped
        if seen.is_open or self._program.index_of(it.token, seen) != it.technique:
            return None
        rest = it.techniques[at + 1 :]
        if any(isinstance(t, Loop) and t.back_to <= at for t in rest):
            raise OperatorError(
                f"{self.place}: a {it.techniques[at].kind} inside a loop cannot be "
                "skipped; stop the run instead"
            )
        self._stop(it)
        self._read_out(it)
        self._let_go(rows=False)
        if not rest:
            return None
        zero = it.zero + self._clock.now() - it.started
        rest = behind(it.techniques, at + 1)
        return self._write(rest, skipped=it.skipped + at + 1, zero=zero)

    def make_safe(self) -> None:
        """See `PotentiostatChannel.make_safe`."""
        if self._ours:
            self._stop(self._loaded())
            return
        seen = self._look(SAFING_PATIENCE)
        if seen.runs:
            text = "%s: runs what was not started here and is left alone: %s"
            log.warning(text, self.place, seen.told)

    def is_open(self) -> bool:
        """See `labctl.roles.potentiostat.TellsWhetherOpen`."""
        return not self._look(SAFING_PATIENCE).runs

    # ---- loading

    def _write(
        self,
        techniques: tuple[Technique, ...],
        *,
        skipped: int = 0,
        zero: float = 0.0,
    ) -> Loaded:
        program = self._program
        made = program.compiled(techniques, self._margins)
        token = make_token(program, made, skipped=skipped, zero=zero)
        file = program.write(token["name"], made)
        self._it = Submitted(token, program.reader(token), techniques, file)
        settings = [*made.summary, ("file", file), ("name", token["name"])]
        if str(self._margins):
            settings.append(("firmware limits", str(self._margins)))
        host = tuple((at + skipped, c) for at, c in made.host_conditions)
        limited = not made.unlimited
        return Loaded(host, tuple(settings), token, limited, made.unlimited)

    def _refuse_running(self, seen: Seen) -> typing.NoReturn:
        if self._ours and self._it is not None and seen.is_of(self._it.token):
            raise OwnershipError(
                f"{self.place}: the channel is running what was started here; wait for "
                "its end or stop it before something new is loaded"
            )
        raise NotOursError(
            f"{self.place}: the channel is running something that was not started here "
            f"({seen.told}); it is left alone. Wait for its end, stop it where it was "
            "started, or take another channel"
        )

    # ---- whose it is

    def _loaded(self) -> Submitted:
        if self._it is None:
            raise OperatorError(f"{self.place}: nothing is loaded")
        return self._it

    def _is_here(self, token: Mapping[str, Any]) -> bool:
        """Tell whether a token is of this very channel."""
        return all(token.get(k) == v for k, v in self._program.identity.items())

    def _is_of(self, token: Mapping[str, Any], seen: Seen) -> bool:
        return self._is_here(token) and seen.is_of(token)

    def _settled(self, token: Mapping[str, Any], started_unix: float) -> Seen:
        """Return what the channel does; wait for what was started a moment ago."""
        seen = self._look()
        while not (seen.runs or self._is_of(token, seen)):
            passed = self._clock.unix() - started_unix
            if not 0.0 <= passed <= self._program.start_grace:
                break
            self._clock.sleep(PAUSE)
            seen = self._look()
        return seen

    def _take_over(self, token: Mapping[str, Any], seen: Seen) -> Submitted:
        """Answer for what a token describes from now on."""
        own = dict(token)
        it = self._it = Submitted(own, self._program.reader(own), seen=True)
        it.started = self._clock.now() - seen.elapsed
        it.technique = self._program.index_of(own, seen) or it.skipped
        self._ours = True
        return it

    def _let_go(self, *, rows: bool) -> None:
        """Answer no longer for what runs; ``rows``: what was recorded may be ours."""
        self._ours = False
        self._fetches = self._fetches and rows

    def _may_begin(self, it: Submitted) -> bool:
        """Tell whether what stands still may have been started and begin yet."""
        waited = self._clock.now() - it.started
        return not it.seen and waited <= self._program.start_grace

    def _not_shown(self, it: Submitted, seen: Seen) -> Poll:
        """Wait for what was started a moment ago; else say what became of it."""
        if not seen.runs and self._may_begin(it):
            return self._handed(it, seen, running=True)
        self._let_go(rows=False)
        if seen.runs:
            raise NotOursError(
                f"{self.place}: somebody else has started something ({seen.told}); it "
                "is left alone"
            )
        raise InstrumentError(
            f"{self.place}: what was started is not shown any more ({seen.told}); it "
            "never began, or its channel was used for something else"
        )

    def _stop(self, it: Submitted) -> None:
        """Stop what is ours and read back that it stands still. InstrumentError."""
        pause, stops = PAUSE, 0
        while stops < STOPS:
            seen = self._look(SAFING_PATIENCE)
            mine = seen.is_of(it.token)
            if seen.runs and not mine:
                text = "%s: somebody else runs something there now (%s)"
                log.warning(text, self.place, seen.told)
                self._let_go(rows=False)
                return
            if not seen.is_open:
                it.seen, stops = True, stops + 1
                self._program.stop(SAFING_PATIENCE)
                if self._look(SAFING_PATIENCE).is_open:
                    continue
            elif not self._may_begin(it):
                self._let_go(rows=mine)
                return
            self._clock.sleep(pause)
            pause = min(2.0 * pause, LONGEST_PAUSE)
        raise InstrumentError(
            f"{self.place}: was told to stop {STOPS} times and still runs. Stop it in "
            "the program that runs it, or disconnect the cell"
        )

    # ---- reading

    def _look(self, patience: float = 0.0, *, passing: bool = False) -> Seen:
        it = self._it
        if not patience and self._ours and it is not None and it.limited:
            patience = self._program.hold_link_for
        return self._program.look(patience, passing=passing)

    def _read(self, it: Submitted, seen: Seen) -> list[Batch]:
        """Read new rows and keep them for the next poll that returns."""
        brought = self._program.rows(it.reader, seen)
        self._kept += brought
        indexed = [b for b in brought if columns.TECHNIQUE_INDEX.name in b.columns]
        if indexed:
            index = indexed[-1].columns[columns.TECHNIQUE_INDEX.name]
            it.technique = int(index[-1])
        return brought

    def _read_out(self, it: Submitted) -> None:
        """Read all rows of what was stopped, for the next run takes their place."""
        while True:
            seen = self._look()
            if self._read(it, seen):
                continue
            if not self._writes(it, seen):
                return
            self._clock.sleep(PAUSE)

    def _writes(self, it: Submitted, seen: Seen) -> bool:
        """Tell whether points of a run that is over may come yet, and are waited for.

        Not for ever: what says so may be an old figure.
        """
        now = self._clock.now()
        it.over = min(it.over, now)
        if seen.writes and now - it.over > WRITING:
            text = "%s: says %g s after the end that points are not written yet; %s"
            log.warning(text, self.place, now - it.over, "they are not waited for")
            return False
        return seen.writes

    def _check(self, it: Submitted, seen: Seen, brought: Sequence[Batch]) -> None:
        """Stop what the program's own limits ended, or what cannot be right."""
        if seen.tripped and self._ours:
            self._stop(it)
            raise LimitError(
                f"{self.place}: the other program's own limit has tripped "
                f"({seen.tripped}; bounds {self._margins}); the circuit is open"
            )
        doubt = self._program.doubt(it, brought)
        if doubt:
            self._kept.clear()  # nobody knows what they are
            self._stop(it)
            raise InstrumentError(f"{self.place}: {doubt}")

    def _handed(self, it: Submitted | None, seen: Seen, *, running: bool) -> Poll:
        """Hand out what was kept."""
        kept, self._kept = tuple(self._kept), []
        live = {
            columns.VOLTAGE.name: seen.voltage,
            columns.CURRENT.name: seen.current,
            columns.INSTRUMENT_TIME.name: seen.elapsed,
        }
        if it is None:
            return Poll(kept, running, live=live)
        live[columns.INSTRUMENT_TIME.name] += it.zero
        if seen.runs and self._fetches:
            now = self._program.index_of(it.token, seen)
            it.technique = it.technique if now is None else now
        return Poll(kept, running, it.technique, live=live)
