"""One channel of a Neware cycler as a `PotentiostatChannel`: tests are submitted.

Rules: what runs is ours only where the server shows our barcode. What is not ours is
neither started over nor stopped, and its rows are not read. The server goes on by
itself; rows wait there, so a poll that failed loses none.

Signs: a Neware calls it charging when current flows into its positive lead. With the
working electrode there, that oxidises it: positive, as everywhere here; silicon against
lithium delithiates.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from drivers.neware.answers import PROTECTED, Address, AnswerError, Row, Seen
from drivers.neware.client import BtsClient
from drivers.neware.link import Link
from drivers.neware.options import Options
from drivers.neware.step_file import StepFile, compile_steps
from drivers.neware.submitted_test import (
    DRIVER,
    START_GRACE,
    SubmittedTest,
    make_token,
)
from drivers.submitted.draft import behind
from drivers.submitted.margins import Margins
from labctl import columns
from labctl.clock import Clock
from labctl.data import Batch, Column
from labctl.errors import (
    InstrumentError,
    LimitError,
    NotOursError,
    OperatorError,
    OwnershipError,
)
from labctl.limits import Envelope
from labctl.roles.capability import Capability
from labctl.roles.potentiostat import Loaded, Poll
from labctl.techniques import Loop, Technique

log = logging.getLogger(__name__)

SAFING_PATIENCE = 30.0
"""s for which a broken link is tried before a channel counts as not made safe."""
STOPS = 6
"""Times a channel is told to stop before it counts as deaf."""
PAUSE = 0.2
"""s between a stop and the next look; doubles."""


class NewareChannel:
    """A channel behind a BTS Server."""

    def __init__(
        self, link: Link, address: Address, name: str, options: Options, clock: Clock
    ) -> None:
        self._link, self._address, self._clock = link, address, clock
        self._options = options
        self.place = f"{name}/{address}"
        self._it: SubmittedTest | None = None
        self._ours = False
        """Whether what runs may have been started here: only then is it stopped."""
        self._fetches = False
        """Whether the rows on the server are ours."""
        self._margins = Margins()
        self._kept: list[Batch] = []
        """Rows that no poll has returned yet."""

    # ---- what it is

    @property
    def max_current(self) -> float:
        """Largest |current| in A; NaN if the configuration does not say."""
        most = self._options.max_current
        return float("nan") if most is None else most

    @property
    def measures_impedance(self) -> bool:
        """A Neware has no impedance."""
        return False

    def capability(self) -> Capability:
        """See `labctl.roles.capability.StatesCapability`."""
        return Capability(
            current=self._options.max_current,
            least_current=self._options.least_current,
            galvanostat=True,
            potentiostat=True,
            sweeps=False,
            potentiostatic_impedance=False,
            galvanostatic_impedance=False,
            constant_power=False,
            board=f"Neware {self._address} (tests are submitted to BTS Server)",
        )

    @property
    def further_columns(self) -> Mapping[str, tuple[Column, ...]]:
        """See `labctl.roles.potentiostat.RecordsMore`.

        The instrument's charge is that of the step, C, signed as the current.
        """
        own = (columns.INSTRUMENT_CHARGE, columns.INSTRUMENT_CYCLE)
        return {columns.TIMESERIES.name: own}

    def rehearse(
        self, techniques: Sequence[Technique], envelope: Envelope | None = None
    ) -> None:
        """See `labctl.roles.capability.Rehearses`."""
        self._compiled(techniques, Margins.of(envelope))

    # ---- PotentiostatChannel

    def load(
        self, techniques: Sequence[Technique], envelope: Envelope | None = None
    ) -> Loaded:
        """Write the step file and read it back; the server reads it at `start`."""
        seen = self._seen()
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
        tried = False

        def act(client: BtsClient) -> None:
            nonlocal tried
            seen = client.seen(self._address)
            if seen.barcode == it.barcode:  # an answer was lost; it has started
                return
            if seen.runs:
                self._let_go(rows=False)
                self._refuse_running(seen)
            tried = True
            backup = self._options.backup_folder
            if not client.start(self._address, it.barcode, it.file, backup):
                raise InstrumentError(
                    f"{self.place}: BTS Server does not start {it.file}. Can its PC "
                    "read that file (options folder and server_folder), and is the "
                    "channel free in BTS Client?"
                )

        self._ours = self._fetches = True  # whatever becomes of the call
        it.started = self._clock.now()
        try:
            self._link.exchange(act)
        except InstrumentError:
            if not tried:
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
                    f"{_said(seen)}. It is left alone"
                )
            log.warning("%s: holds nothing of ours: %s", self.place, _said(seen))
            return False
        self._margins = Margins.of(envelope)
        it = self._take_over(token, seen)
        it.techniques = behind(techniques, it.skipped)
        self._kept.clear()
        self._fetches = True
        return True

    def recognise(self, token: Mapping[str, Any], started_unix: float) -> bool:
        """See `PotentiostatChannel.recognise`; the barcode decides."""
        seen = self._seen()
        if self._is_of(token, seen):
            if seen.runs:
                self._take_over(token, seen)
            return seen.runs
        just = abs(self._clock.unix() - started_unix) <= START_GRACE
        if not just or seen.runs or token.get("driver") != DRIVER:
            return False
        self._take_over(token, seen).seen = False  # it may start yet
        return True

    def sense(self) -> Mapping[str, float]:
        """See `PotentiostatChannel.sense`."""
        seen = self._seen()
        return {columns.VOLTAGE.name: seen.voltage, columns.CURRENT.name: seen.current}

    def poll(self) -> Poll:
        """See `PotentiostatChannel.poll`. LimitError: the protection has tripped."""
        it = self._it
        if it is None or not self._fetches:
            kept, self._kept = tuple(self._kept), []
            return Poll(kept, running=False, live=_live(self._seen(), it))
        seen = self._seen()  # before the rows: what has ended has written them all
        if seen.barcode != it.barcode:
            return self._not_shown(it, seen)
        it.seen = True
        batch = it.take(self._new_rows(it))
        if batch is not None:
            self._kept.append(batch)
        if seen.runs:
            if seen.step:
                it.technique = it.index_of(seen.step)
        elif self._ours:
            self._let_go(rows=True)
            if seen.status == PROTECTED:
                raise LimitError(
                    f"{self.place}: the protection in the step file has opened the "
                    f"circuit ({_said(seen)}; bounds {self._margins})"
                )
        kept, self._kept = tuple(self._kept), []
        # A server may write the last rows a moment late: the end is an empty poll.
        running = seen.runs or batch is not None
        return Poll(kept, running, it.technique, live=_live(seen, it))

    def skip(self) -> Loaded | None:
        """See `PotentiostatChannel.skip`: stop, and submit what stands behind."""
        it = self._loaded()
        if not self._fetches:
            raise OperatorError(f"{self.place}: nothing is started, nothing to skip")
        seen, at = self._seen(), it.technique - it.skipped
        if not seen.runs or it.index_of(seen.step) != it.technique:
            return None
        rest = it.techniques[at + 1 :]
        if any(isinstance(t, Loop) and t.back_to <= at for t in rest):
            raise OperatorError(
                f"{self.place}: a {it.techniques[at].kind} inside a loop cannot be "
                "skipped; stop the run instead"
            )
        self._stop(it)
        batch = it.take(self._new_rows(it))
        if batch is not None:
            self._kept.append(batch)
        self._let_go(rows=False)
        if not rest:
            return None
        zero = it.zero + self._clock.now() - it.started
        behind_it = behind(it.techniques, at + 1)
        return self._write(behind_it, skipped=it.skipped + at + 1, zero=zero)

    def make_safe(self) -> None:
        """See `PotentiostatChannel.make_safe`."""
        if self._ours:
            self._stop(self._loaded())
            return
        seen = self._seen(SAFING_PATIENCE)
        if seen.runs:
            text = "%s: runs what was not started here and is left alone: %s"
            log.warning(text, self.place, _said(seen))

    # ---- loading

    def _compiled(self, techniques: Sequence[Technique], margins: Margins) -> StepFile:
        return compile_steps(techniques, self.place, self._options, margins)

    def _write(
        self,
        techniques: tuple[Technique, ...],
        *,
        skipped: int = 0,
        zero: float = 0.0,
    ) -> Loaded:
        made = self._compiled(techniques, self._margins)
        limited = not made.unlimited
        token = make_token(
            str(self._address),
            self._address.devtype,
            len(techniques),
            skipped=skipped,
            zero=zero,
            limited=limited,
        )
        path = self._options.local / f"{token['barcode']}.xml"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made.text, "utf-8")
            held = path.read_text("utf-8")
        except OSError as error:
            raise InstrumentError(
                f"{self.place}: the step file cannot be written: {error}. Check folder "
                "in the options"
            ) from error
        if held != made.text:
            raise InstrumentError(
                f"{self.place}: {path} does not hold what was written"
            )
        file = self._options.at_server(path)
        self._it = SubmittedTest(token, techniques, file)
        settings = [*made.summary, ("step file", file), ("barcode", token["barcode"])]
        if str(self._margins):
            settings.append(("firmware limits", str(self._margins)))
        host = tuple((at + skipped, c) for at, c in made.host_conditions)
        return Loaded(host, tuple(settings), token, limited, made.unlimited)

    def _refuse_running(self, seen: Seen) -> None:
        if self._ours and self._it and seen.barcode == self._it.barcode:
            raise OwnershipError(
                f"{self.place}: the channel is running what was started here; wait for "
                "its end or stop it before something new is loaded"
            )
        raise NotOursError(
            f"{self.place}: the channel is running something that was not started here "
            f"({_said(seen)}); it is left alone. Wait for its end, stop it in BTS "
            "Client, or take another channel"
        )

    # ---- whose it is

    def _loaded(self) -> SubmittedTest:
        if self._it is None:
            raise OperatorError(f"{self.place}: nothing is loaded")
        return self._it

    def _is_of(self, token: Mapping[str, Any], seen: Seen) -> bool:
        own = (token.get("driver"), token.get("channel"), token.get("devtype"))
        mine = (DRIVER, str(self._address), self._address.devtype)
        return own == mine and seen.barcode == token["barcode"]

    def _settled(self, token: Mapping[str, Any], started_unix: float) -> Seen:
        """Return what the channel does; wait for what was started a moment ago."""
        seen = self._seen()
        while not (seen.runs or self._is_of(token, seen)):
            if not 0.0 <= self._clock.unix() - started_unix <= START_GRACE:
                break
            self._clock.sleep(PAUSE)
            seen = self._seen()
        return seen

    def _take_over(self, token: Mapping[str, Any], seen: Seen) -> SubmittedTest:
        started = self._clock.now() - seen.total_time * seen.runs
        it = self._it = SubmittedTest(dict(token), started=started, seen=True)
        if seen.step:
            it.technique = it.index_of(seen.step)
        self._ours = True
        return it

    def _let_go(self, *, rows: bool) -> None:
        """Answer no longer for what runs; ``rows``: what was recorded may be ours."""
        self._ours = False
        self._fetches = self._fetches and rows

    def _not_shown(self, it: SubmittedTest, seen: Seen) -> Poll:
        """Wait for what was started a moment ago; else say what became of it."""
        waited = self._clock.now() - it.started
        if not it.seen and not seen.runs and waited <= START_GRACE:
            return Poll((), running=True, technique=it.technique, live=_live(seen, it))
        self._let_go(rows=False)
        if seen.runs:
            raise NotOursError(
                f"{self.place}: somebody else has started something ({_said(seen)}); "
                "it is left alone"
            )
        raise InstrumentError(
            f"{self.place}: was started {waited:.0f} s ago, and the server shows "
            f"another test ({_said(seen)})"
        )

    def _stop(self, it: SubmittedTest) -> None:
        """Stop what is ours and read back that it stands still. InstrumentError."""
        pause, stops = PAUSE, 0
        while stops < STOPS:
            seen = self._seen(SAFING_PATIENCE)
            mine = seen.barcode == it.barcode
            if seen.runs and not mine:
                text = "%s: somebody else runs something there now (%s)"
                log.warning(text, self.place, _said(seen))
                self._let_go(rows=False)
                return
            may_begin = self._clock.now() - it.started <= START_GRACE and not it.seen
            if not seen.runs and (mine or not may_begin):
                self._let_go(rows=mine)
                return
            if seen.runs:
                it.seen, stops = True, stops + 1
                self._link.exchange(
                    lambda client: client.stop(self._address), SAFING_PATIENCE
                )
                if not self._seen(SAFING_PATIENCE).runs:
                    continue
            self._clock.sleep(pause)
            pause = min(2.0 * pause, 2.0)
        raise InstrumentError(
            f"{self.place}: was told to stop {STOPS} times and still runs. Stop it in "
            "BTS Client, or disconnect the cell"
        )

    # ---- reading

    def _seen(self, patience: float = 0.0) -> Seen:
        it = self._it
        if not patience and self._ours and it is not None and it.limited:
            patience = self._options.hold_link_for
        return self._link.exchange(lambda client: client.seen(self._address), patience)

    def _new_rows(self, it: SubmittedTest) -> list[Row]:
        """Return the rows that were not read yet. AnswerError: they are another's."""
        first = it.fetched + 1

        def fetch(client: BtsClient) -> list[Row]:
            _, count = client.rows_of(self._address)
            rows: list[Row] = []
            while first + len(rows) <= count:
                got = client.download(self._address, first + len(rows))
                if rows and not got.rows:
                    break  # counted, not written yet: the next poll has them
                if client.seen(self._address).barcode != it.barcode:
                    raise AnswerError("another test was begun while rows were read")
                rows += got.rows
                if not got.rows:
                    break
            return rows

        return self._link.exchange(fetch)


def _live(seen: Seen, it: SubmittedTest | None) -> Mapping[str, float]:
    live = {
        columns.VOLTAGE.name: seen.voltage,
        columns.CURRENT.name: seen.current,
        columns.INSTRUMENT_TIME.name: seen.total_time,
    }
    if it is not None:
        live[columns.INSTRUMENT_TIME.name] += it.zero
    return live


def _said(seen: Seen) -> str:
    return f"{seen.status}: barcode {seen.barcode or 'none'}, step {seen.step}"
