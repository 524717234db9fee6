"""The one channel of an instrument with MethodSCRIPT as a `PotentiostatChannel`.

Rules: what was not started, adopted or recognised here is neither loaded over nor
stopped, and its packages are not rows of ours. A script has ended when its empty line
was read and everything before it is a row. What the script says of its own bounds ends
the run, since whoever reads must know that the instrument stopped by itself.

Nothing that an instrument holds can be read back, so no script counts as limited: its
own breaks stop it without a host, but a host that dies has it stopped all the same.
"""

import logging
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from drivers.overload import OverloadWatch
from drivers.palmsens.accuracy import accuracy_of_model
from drivers.palmsens.experiment import DRIVER, LISTEN, Experiment, behind
from drivers.palmsens.line import Line, RefusedScriptError
from drivers.palmsens.looks import CellLooks
from drivers.palmsens.models import Facts, Model
from drivers.palmsens.options import Options
from drivers.palmsens.rows import FURTHER, IDENTITY, REASON, number_in, sample_of
from drivers.palmsens.script.bounds import Bounds
from drivers.palmsens.script.breaks import LEFT
from drivers.palmsens.script.compiler import compile_script
from drivers.palmsens.script.program import Program
from drivers.palmsens.wire.replies import Failure, Finished, Garbage, Package, Reaction
from drivers.palmsens.wire.vocabulary import CURRENT, POTENTIAL
from labctl import columns
from labctl.clock import Clock
from labctl.data import Batch, Column, Event, Level
from labctl.errors import (
    InstrumentError,
    LabctlError,
    LimitError,
    LinkError,
    NotOursError,
    OperatorError,
    OwnershipError,
)
from labctl.limits import Envelope
from labctl.roles.capability import Capability
from labctl.roles.channel_accuracy import ChannelAccuracy
from labctl.roles.potentiostat import Loaded, Poll
from labctl.techniques import (
    ConstantCurrent,
    ConstantVoltage,
    Loop,
    OpenCircuit,
    Technique,
)

log = logging.getLogger(__name__)
T = typing.TypeVar("T")

ONE_LOOP = OpenCircuit | ConstantCurrent | ConstantVoltage
"""Techniques of one measurement loop, which ``Y`` ends."""
SAFING_PATIENCE = 30.0
"""s for which a broken line is tried before a channel counts as not made safe."""


class Device(typing.Protocol):
    """What the channel needs of its instrument."""

    name: str
    options: Options
    clock: Clock
    line: Line
    model: Model | None
    serial: str
    mains: float

    def facts(self, voltage: float = ...) -> Facts:
        """Return what the instrument does."""
        ...

    def exchange(self, act: typing.Callable[[], T], patience: float | None = None) -> T:
        """Do what may be done twice."""
        ...

    def reopen(self, why: LinkError, patience: float | None = None) -> None:
        """Open the line again."""
        ...


class MethodScriptChannel:
    """See `labctl.roles.potentiostat.PotentiostatChannel`."""

    def __init__(self, device: Device) -> None:
        self._device, self._line = device, device.line
        self._looks = CellLooks(device)
        self.place = device.name
        self._it: Experiment | None = None
        self._ours = False
        """Whether what runs may have been started here: only then is it stopped."""
        self._bounds = Bounds()
        self._watch = OverloadWatch(self.place, device.options.overload_rule)
        self._events: list[Event] = []
        self._foreign: int | None = None
        """Identity that the packages of somebody else's script say."""
        self._live: dict[str, float] = {}
        self._kept: list[Batch] = []
        """Rows of a script before the one that runs."""
        self._trouble: LabctlError | None = None
        """What the next poll has to say; the channel is made safe before."""
        self._ended = False
        """Whether the last line of our script was read."""

    # ---- what it is

    def capability(self) -> Capability:
        """See `labctl.roles.capability.StatesCapability`."""
        if self._device.model is None:
            return Capability()
        return self._device.facts().capability()

    def stated_accuracy(self) -> ChannelAccuracy:
        """See `labctl.roles.channel_accuracy.StatesAccuracy`."""
        model = self._device.model
        return ChannelAccuracy() if model is None else accuracy_of_model(model)

    def rehearse(
        self, techniques: Sequence[Technique], envelope: Envelope | None = None
    ) -> None:
        """See `labctl.roles.capability.Rehearses`."""
        self._compiled(techniques, Bounds.of(envelope), self._device.facts())

    @property
    def further_columns(self) -> Mapping[str, tuple[Column, ...]]:
        """See `labctl.roles.potentiostat.RecordsMore`."""
        return FURTHER

    # ---- PotentiostatChannel

    def load(
        self, techniques: Sequence[Technique], envelope: Envelope | None = None
    ) -> Loaded:
        """See `PotentiostatChannel.load`; the instrument translates the script.

        RefusedError, too, where the instrument itself finds the script wrong.
        """
        self._device.exchange(self._listen)
        self._must_stand_still()
        self._it, self._ours, self._bounds = None, False, Bounds.of(envelope)
        voltage = self._looked()[columns.VOLTAGE.name]
        facts = self._device.facts(voltage)
        program = self._compiled(techniques, self._bounds, facts)
        return self._load(program)

    def start(self) -> None:
        """See `PotentiostatChannel.start`."""
        it = self._loaded()
        if not it.uploaded:
            self._upload(it)
        self._ours, self._ended, self._trouble = True, False, None
        self._line.inbox.clear()
        try:
            self._line.ask("r")
        except RefusedScriptError as refused:
            self._ours = False
            raise self._not_started(refused) from refused
        except LinkError as error:  # it may have started all the same
            self._device.reopen(error)
            if not self._is_heard(it.identity, it.silence):
                self._ours = self._line.runs
                raise
        self._line.runs = it.seen = True
        it.begun = self._device.clock.now()

    def adopt(
        self,
        techniques: Sequence[Technique],
        token: Mapping[str, Any],
        started_unix: float,  # noqa: ARG002  the identity says more than a time
        envelope: Envelope | None = None,
    ) -> bool:
        """See `PotentiostatChannel.adopt`.

        What the script sent while nobody listened is lost, and the first poll says
        how many samples that was.
        """
        if not self._recognised(token):
            self._device.exchange(self._listen)
            if self._line.runs:
                raise NotOursError(
                    f"{self.place}: runs a script that this run did not start "
                    f"({self._said()}); it is left alone"
                )
            log.warning("%s: stands still and keeps no rows", self.place)
            return False
        sign = self._device.options.imaginary_sign
        self._it = Experiment.of_token(token, techniques, sign)
        self._bounds, self._ours = Bounds.of(envelope), True
        self._ended, self._trouble = False, None
        self._watch.reset()
        return True

    def recognise(self, token: Mapping[str, Any], started_unix: float) -> bool:  # noqa: ARG002
        """See `PotentiostatChannel.recognise`.

        InstrumentError: a script runs and says nothing for as long as that one may.
        """
        if not self._recognised(token):
            return False
        sign = self._device.options.imaginary_sign
        self._it, self._ours = Experiment.of_token(token, (), sign), True
        return True

    def sense(self) -> Mapping[str, float]:
        """See `PotentiostatChannel.sense`: the last sample of a script, or a look.

        OwnershipError: a script of somebody else runs and has said no voltage yet.
        """
        self._device.exchange(self._listen)
        if not self._line.runs:
            return self._looked()
        if columns.VOLTAGE.name not in self._live:
            raise OwnershipError(
                f"{self.place}: a script runs and has not said a voltage and a "
                "current yet; nothing else can be asked meanwhile"
            )
        names = columns.VOLTAGE.name, columns.CURRENT.name
        return {name: self._live[name] for name in names}

    def poll(self) -> Poll:
        """See `PotentiostatChannel.poll`."""
        it = self._it
        self._device.exchange(self._listen)
        if it is None or not it.seen:
            return Poll((), running=False, live=dict(self._live))
        if self._ours and not self._line.runs:
            if not self._ended and self._trouble is None:
                self._trouble = InstrumentError(
                    f"{self.place}: stands still, and whether its script came to its "
                    "end was not heard (its line or its power was cut). Look at the "
                    "cell, then resume the run"
                )
            it.rows.end()
        if self._trouble is not None:
            trouble, self._trouble = self._trouble, None
            if not isinstance(trouble, NotOursError):
                self.make_safe()
            raise trouble
        self._ours = self._ours and self._line.runs
        batches = (*self._kept, *it.rows.batches())
        events, self._events, self._kept = tuple(self._events), [], []
        at, live = it.rows.technique, dict(self._live)
        return Poll(batches, self._line.runs and self._ours, at, events, live)

    def skip(self) -> Loaded | None:
        """See `PotentiostatChannel.skip`.

        ``Y`` ends a measurement loop, and the script goes on with what stands behind
        it. Techniques of several loops are cut by loading what stands behind them.
        """
        it = self._loaded()
        if not it.seen:
            raise OperatorError(f"{self.place}: nothing is started, nothing to skip")
        at = it.rows.technique - it.rows.skipped
        self._device.exchange(self._listen)
        now = it.rows.technique - it.rows.skipped
        if not self._line.runs or now != at:
            return None  # it has ended by itself meanwhile
        if isinstance(it.rows.techniques[at], ONE_LOOP):
            self._line.ask("Y")
            return None
        return self._load_behind(it, at)

    def make_safe(self) -> None:
        """See `PotentiostatChannel.make_safe`.

        No instrument of this kind says whether its cell switch is open. What proves
        it: the script was told to end and its end was read (``on_finished:`` opens the
        cell); then a script of two lines opened it again without an error, and the
        current read after that is none.
        """
        if not self._ours:
            self._device.exchange(self._listen, SAFING_PATIENCE)
            if self._line.runs:
                text = "%s: runs a script that was not started here; left alone (%s)"
                log.warning(text, self.place, self._said())
            return
        self._device.exchange(self._looks.stop, SAFING_PATIENCE)
        self._device.exchange(self._listen, SAFING_PATIENCE)
        self._device.exchange(self._looks.prove_open, SAFING_PATIENCE)
        if self._it is not None:
            self._it.rows.end()
            self._it.uploaded = False
        self._ours = False

    # ---- loading

    def _compiled(
        self, techniques: Sequence[Technique], bounds: Bounds, facts: Facts
    ) -> Program:
        return compile_script(techniques, facts, bounds, self._device.mains)

    def _load(self, program: Program, *, skipped: int = 0, zero: float = 0.0) -> Loaded:
        it = Experiment.of_program(
            program,
            self._device.serial,
            self._device.clock.unix(),
            skipped=skipped,
            zero=zero,
            imaginary_sign=self._device.options.imaginary_sign,
        )
        self._upload(it)
        self._it = it
        self._watch.reset()
        settings = [*program.summary, ("read back", "not possible with MethodSCRIPT")]
        settings.append(("script digest", str(it.token["digest"])))
        if str(self._bounds):
            settings.append(("firmware limits", str(self._bounds)))
        host = tuple((at + skipped, c) for at, c in program.host_conditions)
        return Loaded(host, tuple(settings), it.token, unlimited=program.unwatched)

    def _upload(self, it: Experiment) -> None:
        """Have the instrument take and translate a script; nothing runs yet."""
        try:
            self._device.exchange(lambda: self._line.ask("l", it.text))
        except RefusedScriptError as refused:
            line = refused.failure.line
            lines = it.text.split("\n")
            shown = repr(lines[line - 1]) if line and line <= len(lines) else "it"
            raise InstrumentError(f"{refused}; that is {shown}") from refused
        it.uploaded = True

    def _load_behind(self, it: Experiment, at: int) -> Loaded | None:
        """Stop, and load what stands behind a technique that cannot be cut."""
        if any(
            isinstance(t, Loop) and t.back_to <= at
            for t in it.rows.techniques[at + 1 :]
        ):
            kind = it.rows.techniques[at].kind
            raise OperatorError(
                f"{self.place}: a {kind} inside a loop cannot be skipped; stop the run "
                "instead"
            )
        rest = behind(it.rows.techniques, at + 1)
        self.make_safe()
        if not rest:
            return None
        zero = it.rows.zero + self._passed(it)
        self._kept += it.rows.batches()
        program = self._compiled(rest, self._bounds, self._device.facts())
        return self._load(program, skipped=it.rows.skipped + at + 1, zero=zero)

    def _passed(self, it: Experiment) -> float:
        """Return how long a script has run, s."""
        if it.begun is not None:
            return self._device.clock.now() - it.begun
        return 0.0 if it.rows.last is None else it.rows.last.time

    def _loaded(self) -> Experiment:
        if self._it is None:
            raise OperatorError(f"{self.place}: nothing is loaded")
        return self._it

    def _must_stand_still(self) -> None:
        """Refuse to load over anything. NotOursError, OwnershipError."""
        if not self._line.runs:
            return
        if self._ours:
            raise OwnershipError(
                f"{self.place}: runs what was started here; wait for its end or stop "
                "it before something new is loaded"
            )
        raise NotOursError(
            f"{self.place}: runs a script that was not started here ({self._said()}); "
            "it is left alone. Wait for its end, stop it where it was started, or take "
            "another channel"
        )

    def _not_started(self, refused: RefusedScriptError) -> InstrumentError:
        return NotOursError(
            f"{self.place}: was not started ({refused}); something else runs there, "
            "or has replaced what was loaded, and is left alone"
        )

    # ---- whose script it is

    def _recognised(self, token: Mapping[str, Any]) -> bool:
        """Tell whether what runs says the identity of a token."""
        if token.get("driver") != DRIVER:
            return False
        serial = self._device.serial
        if serial and serial != token["serial"]:
            return False
        return self._is_heard(int(token["identity"]), float(token["silence"]))

    def _is_heard(self, identity: int, silence: float) -> bool:
        """Listen until a script says who it is. InstrumentError: it says nothing."""
        self._foreign, heard = None, list[Reaction]()

        def said() -> bool:
            for found in tuple(self._line.inbox)[len(heard) :]:
                heard.append(found)
                if isinstance(found, Package):
                    who = number_in(found, IDENTITY)
                    self._foreign = -1 if who is None else who
            return self._foreign is not None or not self._line.runs

        came = self._device.exchange(
            lambda: self._line.wait_until(said, silence + LISTEN, "a package")
        )
        if not came:
            raise InstrumentError(
                f"{self.place}: a script runs and has said nothing for "
                f"{silence + LISTEN:.0f} s; whose it is cannot be told. Look at the "
                "cell; switch the instrument off if nobody knows"
            )
        return self._line.runs and self._foreign == identity

    def _said(self) -> str:
        if self._foreign is None:
            return "it has said nothing yet"
        if self._foreign < 0:
            return "of another program"
        return f"of labctl, with identity {self._foreign}"

    # ---- listening

    def _listen(self) -> None:
        """Take what has come. LinkError: the line is down."""
        self._line.pump()
        for found in self._line.heard():
            self._take(found)

    def _take(self, found: Reaction) -> None:
        if isinstance(found, Failure):
            if self._ours:
                text = f"{self.place}: the script ended with an error: {found}"
                self._trouble = InstrumentError(text)
        elif isinstance(found, Garbage):
            text = f"{self.place}: a damaged line ({found.why}) was left out"
            self._events.append(Event(Level.WARNING, "damaged-line", text))
        elif isinstance(found, Finished):
            self._foreign, self._ended = None, True
        elif isinstance(found, Package):
            self._take_package(found)

    def _take_package(self, package: Package) -> None:
        who, it = number_in(package, IDENTITY), self._it
        if it is None or not self._ours or who != it.identity:
            self._foreign = -1 if who is None else who
            if self._ours:
                self._ours = False
                self._trouble = NotOursError(
                    f"{self.place}: runs another script than was started here "
                    f"({self._said()}); it is left alone"
                )
            self._look_at(package, 0.0)
            return
        reason = number_in(package, REASON)
        if reason is not None:
            left = LEFT.get(reason, f"it gives reason {reason}")
            text = f"{self.place}: the script ended by itself: {left} ({self._bounds})"
            self._events.append(Event(Level.ALARM, "limits", text))
            self._trouble = LimitError(text)
            return
        sample = sample_of(package)
        if sample is None:
            text = f"{self.place}: a package lacks a part and was left out"
            self._events.append(Event(Level.WARNING, "damaged-line", text))
            return
        event = it.rows.take(sample)
        if event is not None:
            self._events.append(event)
        self._look_at(package, it.rows.zero + sample.time)
        now = self._device.clock.now()
        try:
            self._watch.look(sample.overload, now, self._events.append)
        except LimitError as error:
            self._trouble = error

    def _look_at(self, package: Package, time: float) -> None:
        voltage, current = package.find(POTENTIAL), package.find(CURRENT)
        if voltage is not None and current is not None:
            self._live = {
                columns.VOLTAGE.name: voltage.value,
                columns.CURRENT.name: current.value,
                columns.INSTRUMENT_TIME.name: time,
            }

    def _looked(self) -> Mapping[str, float]:
        """Look at the cell; nothing is driven, and what is loaded is overwritten."""
        if self._it is not None:
            self._it.uploaded = False
        package = self._device.exchange(self._looks.look)
        voltage, current = package.find(POTENTIAL), package.find(CURRENT)
        if voltage is None or current is None:
            raise InstrumentError(f"{self.place}: a look at the cell lacks a value")
        self._look_at(package, 0.0)
        return {
            columns.VOLTAGE.name: voltage.value,
            columns.CURRENT.name: current.value,
        }
