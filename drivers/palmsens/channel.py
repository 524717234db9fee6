"""The one channel of an instrument with MethodSCRIPT as a `PotentiostatChannel`.

Rules: what was not started, adopted or recognised here is neither loaded over nor
stopped, and its packages are not rows of ours. A script has ended when its empty line
was read, everything before it is a row, and the cell was seen open. What the script
says of its own bounds ends the run, since whoever reads must know that the instrument
stopped by itself.

Nothing that an instrument holds can be read back, so no script counts as limited: its
own breaks stop it without a host, but a host that dies has it stopped all the same.
"""

import logging
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from drivers.palmsens.accuracy import accuracy_of_model
from drivers.palmsens.experiment import Experiment, behind
from drivers.palmsens.line import RefusedScriptError
from drivers.palmsens.listening import Device as Heard
from drivers.palmsens.listening import Listener
from drivers.palmsens.looks import CellLooks
from drivers.palmsens.models import Facts, Model
from drivers.palmsens.rows import FURTHER
from drivers.palmsens.script.bounds import Bounds
from drivers.palmsens.script.compiler import compile_script
from drivers.palmsens.script.program import Program
from drivers.palmsens.wire.vocabulary import NOT_NOW, TOO_LARGE
from labctl import columns
from labctl.data import Batch, Column
from labctl.errors import (
    InstrumentError,
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

ONE_LOOP = OpenCircuit | ConstantCurrent | ConstantVoltage
"""Techniques that ``Y``, which ends a measurement loop, ends as a whole."""
RECOGNISING = 10.0
"""s for which a script may be silent before whose it is counts as unknown."""
KEPT = 60.0
"""s of a script's finest samples (0.1 s, 77 bytes each) that a line keeps for a reader:
46 of the 64 kB that the twin keeps; nobody has measured an instrument's."""
SAFING_PATIENCE = 30.0
"""s for which a broken line is tried before a channel counts as not made safe."""


class Device(Heard, typing.Protocol):
    """What the channel needs of its instrument."""

    model: Model | None
    mains: float

    def facts(self, voltage: float = ...) -> Facts:
        """Return what the instrument does."""
        ...

    def look(self) -> None:
        """Ask who is there, and by that whether a script runs."""
        ...


class MethodScriptChannel:
    """See `labctl.roles.potentiostat.PotentiostatChannel`."""

    def __init__(self, device: Device) -> None:
        self._device, self._line = device, device.line
        self._looks, self._ear = CellLooks(device), Listener(device)
        self.place = device.name
        self._bounds = Bounds()
        self._kept: list[Batch] = []
        """Rows of a script before the one that runs."""

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
        """See `labctl.roles.capability.Rehearses`.

        Nothing is refused while it runs a script and has not said what it is.
        """
        if self._device.model is not None or not self._line.runs:
            self._compiled(techniques, Bounds.of(envelope), self._device.facts())

    @property
    def further_columns(self) -> Mapping[str, tuple[Column, ...]]:
        """See `labctl.roles.potentiostat.RecordsMore`."""
        return FURTHER

    @property
    def next_look(self) -> float:
        """See `labctl.roles.potentiostat.HostTimed`: before samples are lost."""
        return KEPT

    # ---- PotentiostatChannel

    def load(
        self, techniques: Sequence[Technique], envelope: Envelope | None = None
    ) -> Loaded:
        """See `PotentiostatChannel.load`; the instrument translates the script.

        InstrumentError, too, where the instrument itself finds the script wrong.
        """
        self._ear.listen()
        self._ear.must_stand_still()
        self._ear.it, self._ear.ours = None, False
        self._bounds, self._kept = Bounds.of(envelope), []
        voltage = self._looked()[columns.VOLTAGE.name]
        facts = self._device.facts(voltage)
        return self._load(self._compiled(techniques, self._bounds, facts))

    def start(self) -> None:
        """See `PotentiostatChannel.start`."""
        it = self._loaded()
        if not it.uploaded:
            self._upload(it)
        self._ear.begin(it)
        try:
            self._line.run("r")
        except RefusedScriptError as refused:
            self._ear.ours = False
            raise NotOursError(
                f"{self.place}: was not started ({refused}); something else runs "
                "there, or has replaced what was loaded, and is left alone"
            ) from refused
        except LinkError as error:  # it may have started all the same
            self._device.reopen(error)
            if not self._ear.hears(it.identity, it.silence):
                raise
        it.seen = True
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
        if not self._ear.recognises(token):
            if self._line.runs:
                raise NotOursError(
                    f"{self.place}: runs a script that this run did not start "
                    f"({self._ear.said()}); it is left alone"
                )
            log.warning("%s: stands still and keeps no rows", self.place)
            return False
        sign = self._device.options.imaginary_sign
        self._ear.begin(Experiment.of_token(token, techniques, sign))
        self._bounds = Bounds.of(envelope)
        return True

    def recognise(
        self,
        token: Mapping[str, Any],
        started_unix: float,  # noqa: ARG002
    ) -> bool:
        """See `PotentiostatChannel.recognise`.

        InstrumentError: a script runs and says nothing for `RECOGNISING` s, as the
        lowest frequencies of a spectrum may: a guard tells a person then.
        """
        if not self._ear.recognises(token, RECOGNISING):
            return False
        sign = self._device.options.imaginary_sign
        self._ear.begin(Experiment.of_token(token, (), sign))
        return True

    def sense(self) -> Mapping[str, float]:
        """See `PotentiostatChannel.sense`: the last sample of a script, or a look.

        OwnershipError: a script of somebody else runs and has said no voltage yet.
        """
        self._ear.listen()
        if not self._line.runs:
            return self._looked()
        names = columns.VOLTAGE.name, columns.CURRENT.name
        if not set(names) <= self._ear.live.keys():
            raise OwnershipError(
                f"{self.place}: a script runs and has not said a voltage and a "
                "current yet; nothing else can be asked meanwhile"
            )
        return {name: self._ear.live[name] for name in names}

    def poll(self) -> Poll:
        """See `PotentiostatChannel.poll`."""
        ear, it = self._ear, self._ear.it
        ear.listen()
        if it is None or not it.seen:
            return Poll((), running=False, live=dict(ear.live))
        if ear.ours and self._line.runs and ear.misses(it.silence):
            self._device.exchange(self._device.look)
        if ear.ours and not self._line.runs:
            self._end(it)
        if ear.trouble is not None:
            trouble, ear.trouble = ear.trouble, None
            if not isinstance(trouble, NotOursError):
                self.make_safe()
            raise trouble
        batches = (*self._kept, *it.rows.batches())
        events, ear.events, self._kept = tuple(ear.events), [], []
        live = dict(ear.live)
        return Poll(batches, ear.ours, it.rows.technique, events, live)

    def skip(self) -> Loaded | None:
        """See `PotentiostatChannel.skip`.

        ``Y`` ends a measurement loop, and the script goes on with what stands behind
        it. Techniques of several loops are cut by loading what stands behind them.
        """
        it = self._loaded()
        if not it.seen:
            raise OperatorError(f"{self.place}: nothing is started, nothing to skip")
        self._ear.hear_first(it)
        at = it.rows.technique - it.rows.skipped
        self._ear.listen()
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
        cell); then a short script opened it again without an error, and the current
        read after that is none.
        """
        ear, exchange = self._ear, self._device.exchange
        if not ear.ours:
            exchange(self._line.pump, SAFING_PATIENCE)
            if self._line.runs:
                text = "%s: runs a script that was not started here; left alone (%s)"
                log.warning(text, self.place, ear.said())
            return
        silence = 0.0 if ear.it is None else ear.it.silence
        exchange(lambda: self._looks.stop(silence), SAFING_PATIENCE)
        ear.listen()
        if ear.it is not None:
            ear.it.rows.end()
            ear.it.uploaded = False
        exchange(self._looks.prove_open, SAFING_PATIENCE)
        ear.ours = False

    def is_open(self) -> bool:
        """See `labctl.roles.potentiostat.TellsWhetherOpen`."""
        self._device.exchange(self._line.pump, SAFING_PATIENCE)
        return not self._line.runs

    # ---- the end

    def _end(self, it: Experiment) -> None:
        """See that a script that stands still has ended, and left the cell open."""
        ear = self._ear
        if not ear.ended and ear.trouble is None:
            ear.trouble = InstrumentError(
                f"{self.place}: stands still, and whether its script came to its end "
                "was not heard (its line or its power was cut). Look at the cell, then "
                "resume the run"
            )
            return
        try:
            self._device.exchange(self._looks.prove_open)
        except RefusedScriptError as refused:
            if refused.failure.code != NOT_NOW:
                raise
            log.warning("%s: an empty line was none of the script's", self.place)
            self._line.runs, ear.ended = True, False
            return
        if not it.rows.closed and ear.trouble is None:
            lost = it.rows.close(None)
            if lost is not None:
                ear.events.append(lost)
            ear.trouble = InstrumentError(
                f"{self.place}: its script has ended, and why was lost on its way: at "
                "its end, or because it left a bound. Look at the last rows, then "
                "resume the run"
            )
        it.rows.end()
        it.uploaded = ear.ours = False

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
            sample_every=self._device.options.sample_every,
        )
        self._upload(it)
        self._ear.it = it
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
            if refused.failure.code == TOO_LARGE:
                raise InstrumentError(
                    f"{self.place}: its memory does not hold the script of this step "
                    f"({len(it.text)} bytes). Write what it holds into its options, "
                    "script_bytes, so that check refuses what is more"
                ) from refused
            line, lines = refused.failure.line, it.text.split("\n")
            shown = f": {lines[line - 1]!r}" if line and line <= len(lines) else ""
            raise InstrumentError(f"{refused}{shown}") from refused
        it.uploaded = True

    def _load_behind(self, it: Experiment, at: int) -> Loaded | None:
        """Stop, and load what stands behind a technique that cannot be cut."""
        loops = [t for t in it.rows.techniques[at + 1 :] if isinstance(t, Loop)]
        if any(loop.back_to <= at for loop in loops):
            kind = it.rows.techniques[at].kind
            raise OperatorError(
                f"{self.place}: a {kind} inside a loop cannot be skipped; stop the run "
                "instead"
            )
        passed = 0.0 if it.rows.last is None else it.rows.last.time
        if it.begun is not None:
            passed = self._device.clock.now() - it.begun
        rest = behind(it.rows.techniques, at + 1)
        self.make_safe()
        if not rest:
            return None
        self._kept += it.rows.batches()
        zero, skipped = it.rows.zero + passed, it.rows.skipped + at + 1
        program = self._compiled(rest, self._bounds, self._device.facts())
        return self._load(program, skipped=skipped, zero=zero)

    def _loaded(self) -> Experiment:
        if self._ear.it is None:
            raise OperatorError(f"{self.place}: nothing is loaded")
        return self._ear.it

    def _looked(self) -> Mapping[str, float]:
        """Look at the cell; nothing is driven, and what is loaded is overwritten."""
        if self._ear.it is not None:
            self._ear.it.uploaded = False
        package = self._device.exchange(self._looks.look)
        seen = self._ear.look_at(package, 0.0)
        if not seen:
            raise InstrumentError(f"{self.place}: a look at the cell lacks a value")
        return seen
