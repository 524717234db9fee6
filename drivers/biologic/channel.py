"""One channel of a BioLogic instrument as a `PotentiostatChannel`.

Rules: it has ended only when it was seen running, then stopped, and its memory is
drained. Rows fetched before a call failed are kept. What was not started, adopted or
recognised here (EC-Lab's experiment, another program's) is neither loaded over nor
stopped, and its rows are not fetched: they are somebody else's.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any

from drivers.biologic.eclib.codes import State
from drivers.biologic.eclib.faults import EClibError
from drivers.biologic.eclib.library import EClib
from drivers.biologic.experiment import START_GRACE, Experiment, behind
from drivers.biologic.ownership import difference, make_token
from drivers.biologic.port import Device, Port
from drivers.biologic.rows.memory import ChannelMemory, Seen
from drivers.biologic.rows.recorded import further_columns
from drivers.biologic.rows.watch import ChannelWatch
from drivers.biologic.tenure import Tenure
from drivers.biologic.upload.compiler import compile_program
from drivers.biologic.upload.firmware_limits import Bounds
from drivers.biologic.upload.loading import send, shortening
from drivers.biologic.upload.program import Program
from labctl import columns
from labctl.data import Batch, Column, Event, Level
from labctl.errors import (
    InstrumentError,
    LimitError,
    NotOursError,
    OperatorError,
    OwnershipError,
)
from labctl.limits import Envelope
from labctl.roles.capability import Capability
from labctl.roles.channel_accuracy import ChannelAccuracy
from labctl.roles.potentiostat import Loaded, Poll
from labctl.techniques import Loop, Technique, drives

log = logging.getLogger(__name__)

MESSAGES_EVERY = 50
"""Polls between two looks at the firmware's messages."""
CHANNEL_RUNS = -13
"""EClib's code for a channel that is running."""


class BiologicChannel:
    """A channel; ``number`` counts from 0, the front panel from 1."""

    def __init__(self, device: Device, number: int) -> None:
        self._device = device
        self._port = Port(device, number)
        self.number, self.place = number, self._port.place
        self._memory = ChannelMemory(self._port)
        self._bounds = Bounds()
        self._tenure = Tenure(self._port)
        self._watch = ChannelWatch(self.place, device.options.overload_rule)
        self._said: list[str] = []
        self._kept: list[Batch] = []
        """Decoded rows that no poll has returned yet."""
        self._events: list[Event] = []
        self._polls, self._read_back = 0, ""
        """What was told last of how uploads were read back."""

    # ---- what it is

    def look(self) -> None:
        """Read what the channel is and say what runs there; nothing is claimed."""
        if self._port.status().State != State.STOP:
            text = "%s: is running something (%s)"
            log.warning(text, self.place, self._tenure.told_now())

    @property
    def serial(self) -> str:
        """Serial of the channel's board."""
        infos = self._port.infos
        return "0" if infos is None else str(infos.BoardSerialNumber)

    def capability(self) -> Capability:
        """See `labctl.roles.capability.StatesCapability`."""
        return self._port.facts(math.nan).capability()

    def stated_accuracy(self) -> ChannelAccuracy:
        """See `labctl.roles.channel_accuracy.StatesAccuracy`."""
        return self._port.accuracy()

    def rehearse(
        self, techniques: Sequence[Technique], envelope: Envelope | None = None
    ) -> None:
        """See `labctl.roles.capability.Rehearses`."""
        compile_program(techniques, self._port.facts(math.nan), Bounds.of(envelope))

    @property
    def further_columns(self) -> Mapping[str, tuple[Column, ...]]:
        """See `labctl.roles.potentiostat.RecordsMore`."""
        if self.number not in self._device.plugged:
            return {}
        if not self._port.board:
            self._port.status()
        return further_columns(self._port.board, self._device.options.xctr)

    # ---- PotentiostatChannel

    def load(
        self, techniques: Sequence[Technique], envelope: Envelope | None = None
    ) -> Loaded:
        """See `labctl.roles.potentiostat.PotentiostatChannel.load`."""
        port = self._port
        port.must_be_plugged()
        infos = port.status()
        if infos.State != State.STOP:
            self._tenure.refuse_running()
        if self._device.ensure_firmware(self.number, self.place, infos):
            infos = port.status()
        if infos.MemFilled:
            text = "%s: %d bytes of rows that nobody fetched are given up"
            log.warning(text, self.place, infos.MemFilled)
        self._tenure.let_go(rows=False)
        self._tenure.it, self._bounds = None, Bounds.of(envelope)
        self._memory.forget()
        self._memory.prepare()
        facts = port.facts(port.values().Ewe)
        program = compile_program(techniques, facts, self._bounds)
        return self._send(program, tuple(techniques))

    def start(self) -> None:
        """See `PotentiostatChannel.start`."""
        it, clock, tried = self._tenure.loaded(), self._device.clock, False

        def act(lib: EClib, link: int) -> None:
            nonlocal tried
            try:
                lib.start(link, self.number)
            except EClibError as error:
                # A start whose answer was lost has started all the same.
                if not (tried and error.code == CHANNEL_RUNS):
                    tried = True
                    raise

        self._tenure.ours = self._tenure.fetches = True  # whatever becomes of the call
        it.started, it.elapsed, it.seen, it.technique = clock.now(), 0.0, False, 0
        try:
            self._port.exchange(act)
        except OwnershipError as error:  # somebody was faster
            self._tenure.let_go(rows=False)
            raise NotOursError(
                f"{self.place}: was not started; something else runs there "
                f"({self._tenure.told_now()}) and is left alone: {error}"
            ) from error
        if tried:
            self._tenure.check_own_start(it)
        self._tenure.expect(it)
        self._said = self._port.messages()
        it.started = clock.now()

    def adopt(
        self,
        techniques: Sequence[Technique],
        token: Mapping[str, Any],
        started_unix: float,
        envelope: Envelope | None = None,
    ) -> bool:
        """See `PotentiostatChannel.adopt`."""
        now = self._tenure.settled(token, started_unix)
        other = difference(token, self.number, now)
        if not other and now.runs and not self._tenure.is_of(now, started_unix):
            other = "it was started at another time"
        if other and now.runs:
            raise NotOursError(
                f"{self.place}: runs something else than this run started: "
                f"{self._tenure.said_of(now)}; {other}. It is left alone"
            )
        if other or not (now.runs or now.filled):
            log.warning("%s: holds nothing of ours: %s", self.place, other or "no row")
            return False
        self._bounds = Bounds.of(envelope)
        it = self._tenure.take_over(token, now)
        it.techniques, it.seen = behind(techniques, it.skipped), True
        self._watch.begin_halfway()
        self._memory.forget()
        self._memory.prepare()
        self._tenure.fetches = True
        return True

    def recognise(self, token: Mapping[str, Any], started_unix: float) -> bool:
        """See `PotentiostatChannel.recognise`.

        True, too, for a channel that was told to start a moment ago and may do so yet.
        """
        now = self._tenure.held(token)
        if difference(token, self.number, now):
            return False
        just = abs(self._device.clock.unix() - started_unix) <= START_GRACE
        if not (self._tenure.is_of(now, started_unix) if now.runs else just):
            return False
        self._tenure.take_over(token, now)
        return True

    def sense(self) -> Mapping[str, float]:
        """See `PotentiostatChannel.sense`."""
        seen = self._see()
        return {columns.VOLTAGE.name: seen.voltage, columns.CURRENT.name: seen.current}

    def poll(self) -> Poll:
        """See `PotentiostatChannel.poll`."""
        if self._tenure.fetches and not self._tenure.ours:
            self._tenure.fetches = self._port.status().State == State.STOP
        it = self._tenure.it
        if it is None or not self._tenure.fetches:
            return self._poll_of(self._see(), running=False)
        seen = self._port.exchange(self._memory.drain)
        self._must_be(it, seen)
        self._decode(it)
        self._watch_over(it, seen)
        running = self._is_running(it, seen)
        self._polls += 1
        if not running or self._polls % MESSAGES_EVERY == 0:
            self._said += self._port.messages()
        if not running:
            self._tenure.let_go(rows=False)
        return self._poll_of(seen, running=running)

    def skip(self) -> Loaded | None:
        """See `PotentiostatChannel.skip`.

        Ends the technique that the last poll reported; if it has ended by itself in
        the meantime, nothing happens.
        """
        it = self._tenure.loaded()
        if not self._tenure.fetches:
            raise OperatorError(f"{self.place}: nothing is started, nothing to skip")
        seen = self._port.exchange(self._memory.drain)
        last = self._memory.last_technique
        now = it.technique if last is None else last
        if seen.state == State.STOP or now != it.technique:
            return None
        upload = it.program.uploads[now]
        if not upload.table.shortened_by:
            return self._load_behind(it, upload.source)
        self._port.exchange(
            lambda lib, link: shortening(
                lib, link, self.number, now, upload, self._port.board
            )
        )
        return None

    def make_safe(self) -> None:
        """See `PotentiostatChannel.make_safe`."""
        if self._tenure.ours:
            self._tenure.stop()
        elif not self.is_open():
            text = "%s: runs what was not started here and is left alone: %s"
            log.warning(text, self.place, self._tenure.told_now())

    def is_open(self) -> bool:
        """See `labctl.roles.potentiostat.TellsWhetherOpen`."""
        unplugged = self.number not in self._device.plugged
        return unplugged or not self._port.holding().runs

    # ---- loading

    def _send(
        self,
        program: Program,
        techniques: tuple[Technique, ...],
        *,
        skipped: int = 0,
        zero: float = 0.0,
    ) -> Loaded:
        port = self._port
        port.configure()
        self._tenure.it = None
        how = self._device.options.read_back
        sent = port.exchange(
            lambda lib, link: send(
                lib, link, self.number, program.uploads, port.board, self.place, how
            )
        )
        for text in sent.heard:
            log.warning("%s: firmware says: %s", self.place, text)
        held = port.holding(count=len(program.uploads))
        token = make_token(
            held, self.number, program.uploads, skipped=skipped, zero=zero
        )
        unlimited = program.unlimited
        if not sent.confirmed:  # nothing is known of what is held
            driving = [t.kind for t in techniques if drives(t)]
            unlimited = tuple(dict.fromkeys(driving))
        self._tenure.it = Experiment(program, token, techniques, not unlimited)
        self._watch.begin(techniques, program)
        settings = (*program.summary, ("read back", sent.said))
        if not sent.confirmed and sent.said != self._read_back:
            text = f"{self.place}: what the channel holds is not confirmed: {sent.said}"
            self._events.append(Event(Level.WARNING, "read-back", text))
        self._read_back = sent.said
        if str(self._bounds):
            settings = (*settings, ("firmware limits", str(self._bounds)))
        host = tuple((at + skipped, c) for at, c in program.host_conditions)
        return Loaded(host, settings, token, not unlimited, unlimited)

    def _load_behind(self, it: Experiment, source: int) -> Loaded | None:
        """Stop, and load what stands behind a technique that cannot be cut."""
        rest = it.techniques[source + 1 :]
        if any(isinstance(t, Loop) and t.back_to <= source for t in rest):
            raise OperatorError(
                f"{self.place}: a {it.techniques[source].kind} inside a loop cannot "
                "be skipped; stop the run instead"
            )
        self._tenure.stop()
        self._port.exchange(self._memory.drain)
        self._decode(it)
        self._tenure.let_go(rows=False)
        if not rest:
            return None
        rest = behind(it.techniques, source + 1)
        facts = self._port.facts(self._port.values().Ewe)
        program = compile_program(rest, facts, self._bounds)
        passed = self._device.clock.now() - it.started
        skipped, zero = it.skipped + source + 1, it.zero + passed
        return self._send(program, rest, skipped=skipped, zero=zero)

    # ---- reading

    def _see(self) -> Seen:
        return self._port.exchange(
            lambda lib, link: Seen.of(lib.current_values(link, self.number))
        )

    def _decode(self, it: Experiment) -> None:
        """Keep what was fetched for the next poll that returns."""
        last = self._memory.last_technique
        self._memory.take(it, self._kept.append, self._events.append)
        if last is not None:
            it.technique, it.seen = last, True

    def _poll_of(self, seen: Seen, *, running: bool) -> Poll:
        """Hand out what was kept."""
        it, kept, events = self._tenure.it, tuple(self._kept), tuple(self._events)
        self._kept, self._events = [], []
        index, zero = (0, 0.0) if it is None else (it.index_of(it.technique), it.zero)
        live = seen.live(zero, counter=self._records_counter)
        return Poll(kept, running, index, events, live)

    @property
    def _records_counter(self) -> bool:
        further = self.further_columns.get(columns.TIMESERIES.name, ())
        return columns.COUNTER_VOLTAGE in further

    def _watch_over(self, it: Experiment, seen: Seen) -> None:
        """Stop what is faulty or overloaded. InstrumentError, LimitError."""
        now = self._device.clock.now()
        try:
            self._watch.look(it, seen, self._kept, now, self._events.append)
        except (LimitError, InstrumentError):
            self._tenure.stop()
            raise

    def _must_be(self, it: Experiment, seen: Seen) -> None:
        """NotOursError: the experiment's time went back, so it is another one."""
        if seen.state == State.STOP:
            return
        if it.went_back(seen.elapsed):
            self._memory.forget()
            self._tenure.let_go(rows=False)
            raise NotOursError(
                f"{self.place}: what was started here has ended, and somebody else has "
                f"started something {seen.elapsed:.0f} s ago; it is left alone"
            )
        it.note_time(seen.elapsed, self._device.clock.now())

    def _is_running(self, it: Experiment, seen: Seen) -> bool:
        if seen.state != State.STOP:
            it.seen = True
            return True
        if seen.filled > 0:
            return True
        if it.seen or not self._tenure.ours:
            return False
        waited = self._device.clock.now() - it.started
        if waited < START_GRACE:
            return True
        self._said += self._port.messages()
        said = "; ".join(self._said) or "the firmware gives no reason"
        raise InstrumentError(
            f"{self.place}: was started {waited:.1f} s ago and never ran ({said})"
        )
