"""One channel in EC-Lab as a `PotentiostatChannel`: runs are submitted, and followed.

Rules: what runs is ours only where EC-Lab names our data files. What is not ours is
neither loaded over nor stopped, and its points are not read. EC-Lab records by itself;
points wait in its files, so a poll that failed loses none.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from drivers.ec_lab.answers import SAFETY, AnswerError, Experiment, State, Status
from drivers.ec_lab.client import EcLabClient
from drivers.ec_lab.compiler import Program, compile_program
from drivers.ec_lab.options import Options
from drivers.ec_lab.submitted_run import (
    DRIVER,
    FURTHER,
    START_GRACE,
    Rows,
    SubmittedRun,
    make_token,
    names_it,
)
from drivers.submitted.draft import behind
from drivers.submitted.margins import Margins
from labctl import columns
from labctl.clock import Clock
from labctl.data import Batch, Column
from labctl.errors import (
    InstrumentError,
    LimitError,
    LinkError,
    NotOursError,
    OperatorError,
    OwnershipError,
)
from labctl.limits import Envelope
from labctl.roles.capability import Capability
from labctl.roles.potentiostat import Loaded, Poll
from labctl.techniques import ConstantCurrent, Loop, Technique

log = logging.getLogger(__name__)

SAFING_PATIENCE = 30.0
"""s for which EC-Lab is asked before a channel counts as not made safe."""
STOPS = 6
"""Times a channel is told to stop before it counts as deaf."""
PAUSE = 0.2
"""s between a stop and the next look; doubles."""
UNITS = {"A": 1.0, "mA": 1e-3}
OTHER_UNIT = 30.0
"""A constant current that is read off by more than this is in another unit."""
STANDING = frozenset({State.STOP, State.STOP_REC_1, State.STOP_REC_2})
"""States in which the circuit is open; in some of them points still come."""


class EcLabChannel:
    """A channel; ``number`` counts from 0, EC-Lab's window from 1."""

    def __init__(
        self,
        client: EcLabClient,
        number: int,
        serial: int,
        options: Options,
        clock: Clock,
    ) -> None:
        self._client, self._number, self._serial = client, number, serial
        self._options, self._clock = options, clock
        self.place = f"{client.name}/{number + 1}"
        self._it: SubmittedRun | None = None
        self._ours = False
        """Whether what runs may have been started here: only then is it stopped."""
        self._fetches = False
        """Whether the points in EC-Lab's files are ours."""
        self._margins = Margins()
        self._kept: list[Batch] = []
        """Rows that no poll has returned yet."""

    # ---- what it is

    @property
    def max_current(self) -> float:
        """Largest |current| in A, as configured or assumed."""
        return self._options.max_current

    @property
    def measures_impedance(self) -> bool:
        """Whether the channel has an impedance board, as configured or assumed."""
        return self._options.impedance

    def capability(self) -> Capability:
        """See `labctl.roles.capability.StatesCapability`."""
        impedance, given = self._options.impedance, self._options.model_fields_set
        stated = ("current", "max_current"), ("frequencies", "frequencies")
        return Capability(
            current=self._options.max_current,
            galvanostat=True,
            potentiostat=True,
            sweeps=True,
            potentiostatic_impedance=impedance,
            galvanostatic_impedance=impedance,
            frequencies=self._options.frequencies if impedance else None,
            constant_power=False,
            board=f"channel {self._number + 1} in EC-Lab (runs are submitted to it)",
            assumed=tuple(fact for fact, option in stated if option not in given),
        )

    @property
    def further_columns(self) -> Mapping[str, tuple[Column, ...]]:
        """See `labctl.roles.potentiostat.RecordsMore`."""
        extra = self._options.extra_columns
        found = tuple(FURTHER[e][2] for e in extra)
        return {columns.TIMESERIES.name: found} if found else {}

    def rehearse(
        self, techniques: Sequence[Technique], envelope: Envelope | None = None
    ) -> None:
        """See `labctl.roles.capability.Rehearses`."""
        self._compiled(techniques, Margins.of(envelope))

    # ---- PotentiostatChannel

    def load(
        self, techniques: Sequence[Technique], envelope: Envelope | None = None
    ) -> Loaded:
        """Write the settings file and let EC-Lab read it."""
        status = self._status()
        if status.runs:
            self._refuse_running(status)
        self._let_go(rows=False)
        self._it, self._margins = None, Margins.of(envelope)
        self._kept.clear()
        return self._write(tuple(techniques))

    def start(self) -> None:
        """See `PotentiostatChannel.start`."""
        it = self._loaded()
        if not it.settings:
            raise OperatorError(f"{self.place}: was found running; load it anew")
        status = self._status()
        if status.runs:
            self._let_go(rows=False)
            self._refuse_running(status)
        self._ours = self._fetches = True  # whatever becomes of the call
        it.started = self._clock.now()
        try:
            self._client.run(self._number, it.settings, it.data)
        except (AnswerError, LinkError) as error:
            # An answer that was lost has started all the same.
            if not it.is_in(self._experiment()) or not self._status().runs:
                raise InstrumentError(
                    f"{self.place}: EC-Lab does not start it ({error}). Open "
                    f"{it.settings} in EC-Lab to see why, and whether it may write "
                    f"{it.data}"
                ) from error
        it.started = self._clock.now()

    def adopt(
        self,
        techniques: Sequence[Technique],
        token: Mapping[str, Any],
        started_unix: float,
        envelope: Envelope | None = None,
    ) -> bool:
        """See `PotentiostatChannel.adopt`; all rows come again, with their times."""
        status, experiment = self._settled(token, started_unix)
        if not self._is_of(token, experiment):
            if status.runs:
                raise NotOursError(
                    f"{self.place}: runs something else than this run started: "
                    f"{_said(status, experiment)}. It is left alone"
                )
            said = _said(status, experiment)
            log.warning("%s: holds nothing of ours: %s", self.place, said)
            return False
        self._margins = Margins.of(envelope)
        it = self._take_over(token, status)
        it.techniques = behind(techniques, it.skipped)
        self._kept.clear()
        self._fetches = True
        return True

    def recognise(self, token: Mapping[str, Any], started_unix: float) -> bool:
        """See `PotentiostatChannel.recognise`; the names of data files decide."""
        status, experiment = self._status(), self._experiment()
        if self._is_of(token, experiment):
            if status.runs:
                self._take_over(token, status)
            return status.runs
        just = abs(self._clock.unix() - started_unix) <= START_GRACE
        if not just or status.runs or token.get("driver") != DRIVER:
            return False
        self._take_over(token, status).seen = False  # it may start yet
        return True

    def sense(self) -> Mapping[str, float]:
        """See `PotentiostatChannel.sense`."""
        status = self._status()
        current = status.current if status.runs else 0.0  # else an old figure
        return {columns.VOLTAGE.name: status.voltage, columns.CURRENT.name: current}

    def poll(self) -> Poll:
        """See `PotentiostatChannel.poll`. LimitError: a safety limit was left."""
        it = self._it
        if it is None or not self._fetches:
            kept, self._kept = tuple(self._kept), []
            return Poll(kept, running=False, live=_live(self._status(), it))
        status = self._status()  # before the points: what has ended has written all
        experiment = self._experiment()
        if not it.is_in(experiment):
            return self._not_shown(it, status, experiment)
        it.seen = it.seen or status.runs
        brought = self._new_rows(it, status)
        self._kept += brought
        self._check_unit(it, brought)
        if status.state == State.PAUSE_REC:
            what = SAFETY.get(status.safety, f"safety limit {status.safety}")
            self._stop(it)
            raise LimitError(
                f"{self.place}: EC-Lab's safety limit {what} was left, and the run was "
                f"stopped (bounds {self._margins})"
            )
        if status.state in STANDING and self._ours:
            may_begin = not it.seen and self._clock.now() - it.started <= START_GRACE
            if may_begin:
                return self._handed(it, status, running=True)
            self._let_go(rows=True)
        if status.runs:
            it.technique = it.index_of(status.technique, status.sequence)
        # EC-Lab empties a buffer after the end: the end is a poll that brings nothing.
        going = status.runs or bool(brought) or status.buffer > 0
        return self._handed(it, status, running=going)

    def skip(self) -> Loaded | None:
        """See `PotentiostatChannel.skip`: stop, and submit what stands behind."""
        it = self._loaded()
        if not self._fetches:
            raise OperatorError(f"{self.place}: nothing is started, nothing to skip")
        status, at = self._status(), it.technique - it.skipped
        now = it.index_of(status.technique, status.sequence)
        if status.state in STANDING or now != it.technique:
            return None
        rest = it.techniques[at + 1 :]
        if any(isinstance(t, Loop) and t.back_to <= at for t in rest):
            raise OperatorError(
                f"{self.place}: a {it.techniques[at].kind} inside a loop cannot be "
                "skipped; stop the run instead"
            )
        self._stop(it)
        while brought := self._new_rows(it, self._status()):
            self._kept += brought
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
        status = self._status(SAFING_PATIENCE)
        if status.runs:
            text = "%s: runs what was not started here (%s) and is left alone"
            log.warning(text, self.place, status.state_name)

    # ---- loading

    def _compiled(self, techniques: Sequence[Technique], margins: Margins) -> Program:
        return compile_program(techniques, self.place, self._options, margins)

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
            self._serial,
            self._number,
            made,
            skipped=skipped,
            zero=zero,
            limited=limited,
        )
        path = self._options.local / f"{token['name']}.mps"
        text = made.text.encode("cp1252")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
            held = path.read_bytes()
        except OSError as error:
            raise InstrumentError(
                f"{self.place}: settings cannot be written: {error}. Check folder in "
                "the options"
            ) from error
        if held != text:
            raise InstrumentError(
                f"{self.place}: {path} does not hold what was written"
            )
        settings = str(path.resolve())
        try:
            self._client.load(self._number, settings)
        except AnswerError as error:
            raise InstrumentError(
                f"{self.place}: EC-Lab does not take the settings ({error}). Open "
                f"{settings} in EC-Lab to see what this instrument cannot"
            ) from error
        self._it = SubmittedRun(
            token, techniques, settings, str(path.resolve().with_suffix(".mpr"))
        )
        said = [*made.summary, ("settings file", settings)]
        if str(self._margins):
            said.append(("firmware limits", str(self._margins)))
        host = tuple((at + skipped, c) for at, c in made.host_conditions)
        return Loaded(host, tuple(said), token, limited, made.unlimited)

    def _refuse_running(self, status: Status) -> None:
        experiment = self._experiment()
        if self._ours and self._it and self._it.is_in(experiment):
            raise OwnershipError(
                f"{self.place}: the channel is running what was started here; wait for "
                "its end or stop it before something new is loaded"
            )
        raise NotOursError(
            f"{self.place}: the channel is running something that was not started here "
            f"({_said(status, experiment)}); it is left alone. Wait for its end, stop "
            "it in EC-Lab, or take another channel"
        )

    # ---- whose it is

    def _loaded(self) -> SubmittedRun:
        if self._it is None:
            raise OperatorError(f"{self.place}: nothing is loaded")
        return self._it

    def _is_of(self, token: Mapping[str, Any], experiment: Experiment) -> bool:
        own = (token.get("driver"), token.get("serial"), token.get("channel"))
        mine = (DRIVER, self._serial, self._number + 1)
        return own == mine and names_it(token, experiment)

    def _settled(
        self, token: Mapping[str, Any], started_unix: float
    ) -> tuple[Status, Experiment]:
        """Return what the channel does; wait for what was started a moment ago."""
        status, experiment = self._status(), self._experiment()
        while not (status.runs or self._is_of(token, experiment)):
            if not 0.0 <= self._clock.unix() - started_unix <= START_GRACE:
                break
            self._clock.sleep(PAUSE)
            status, experiment = self._status(), self._experiment()
        return status, experiment

    def _take_over(self, token: Mapping[str, Any], status: Status) -> SubmittedRun:
        started = self._clock.now() - status.time * status.runs
        it = self._it = SubmittedRun(dict(token), started=started, seen=True)
        it.technique = it.index_of(status.technique, status.sequence)
        self._ours = True
        return it

    def _let_go(self, *, rows: bool) -> None:
        """Answer no longer for what runs; ``rows``: what was recorded may be ours."""
        self._ours = False
        self._fetches = self._fetches and rows

    def _not_shown(
        self, it: SubmittedRun, status: Status, experiment: Experiment
    ) -> Poll:
        """Wait for what was started a moment ago; else say what became of it."""
        waited = self._clock.now() - it.started
        if not it.seen and not status.runs and waited <= START_GRACE:
            return self._handed(it, status, running=True)
        self._let_go(rows=False)
        said = _said(status, experiment)
        if status.runs:
            raise NotOursError(
                f"{self.place}: somebody else has started something ({said}); it is "
                "left alone"
            )
        raise InstrumentError(
            f"{self.place}: was started {waited:.0f} s ago, and EC-Lab shows another "
            f"experiment ({said})"
        )

    def _stop(self, it: SubmittedRun) -> None:
        """Stop what is ours and read back that it stands still. InstrumentError."""
        pause, stops = PAUSE, 0
        while stops < STOPS:
            status = self._status(SAFING_PATIENCE)
            mine = it.is_in(self._client.experiment(self._number, SAFING_PATIENCE))
            if status.runs and not mine:
                text = "%s: somebody else runs something there now; it is left alone"
                log.warning(text, self.place)
                self._let_go(rows=False)
                return
            standing = status.state in STANDING
            may_begin = self._clock.now() - it.started <= START_GRACE and not it.seen
            if standing and (it.seen or not may_begin):
                self._let_go(rows=mine)
                return
            if not standing:
                it.seen, stops = True, stops + 1
                self._client.stop(self._number, SAFING_PATIENCE)
                if self._status(SAFING_PATIENCE).state in STANDING:
                    continue
            self._clock.sleep(pause)
            pause = min(2.0 * pause, 2.0)
        raise InstrumentError(
            f"{self.place}: was told to stop {STOPS} times and still runs. Stop it in "
            "EC-Lab, or disconnect the cell"
        )

    # ---- reading

    def _status(self, patience: float = 0.0) -> Status:
        it = self._it
        if not patience and self._ours and it is not None and it.limited:
            patience = self._options.hold_link_for
        return self._client.status(self._number, patience)

    def _experiment(self) -> Experiment:
        return self._client.experiment(self._number)

    def _new_rows(self, it: SubmittedRun, status: Status) -> list[Batch]:
        """Return the points that were not read yet, some of them where they are many.

        A file is left for the next one when EC-Lab is beyond it and it is read out.
        """
        brought: list[Batch] = []
        over = status.state in STANDING
        while it.linked < len(it.places):
            file = self._client.file(self._number, it.linked)
            count = self._client.points(file) if file else 0
            rows = self._read(it, file, count) if count > it.read else []
            brought += it.batches(rows, self._options.extra_columns)
            if it.read < count:  # the rest comes with the next poll
                break
            last = it.linked == len(it.places) - 1
            if last or not (over or status.technique > it.linked):
                break
            it.linked, it.read = it.linked + 1, 0
        return brought

    def _read(self, it: SubmittedRun, file: str, count: int) -> Rows:
        unit, extra = UNITS[self._options.current_unit], self._options.extra_columns
        if it.is_spectrum(it.linked):
            return self._client.ask(lambda com: it.sines(com, file, count, unit))
        return self._client.ask(lambda com: it.direct(com, file, count, unit, extra))

    def _check_unit(self, it: SubmittedRun, brought: Sequence[Batch]) -> None:
        """Stop what reads its own constant current in another unit. InstrumentError."""
        for batch in brought:
            if batch.stream != columns.TIMESERIES.name or not it.techniques:
                continue
            place = int(batch.columns[columns.TECHNIQUE_INDEX.name][-1]) - it.skipped
            technique = it.techniques[place] if place < len(it.techniques) else None
            if not isinstance(technique, ConstantCurrent) or not technique.current:
                continue
            read = abs(float(batch.columns[columns.CURRENT.name][-1]))
            asked = abs(technique.current)
            if not asked / OTHER_UNIT <= read <= asked * OTHER_UNIT:
                self._kept.clear()  # nobody knows what they are
                self._stop(it)
                raise InstrumentError(
                    f"{self.place}: {asked:g} A was asked for and {read:g} A is read; "
                    "the run was stopped. EC-Lab gives currents in another unit: set "
                    "the option current_unit"
                )

    def _handed(self, it: SubmittedRun, status: Status, *, running: bool) -> Poll:
        kept, self._kept = tuple(self._kept), []
        return Poll(kept, running, it.technique, live=_live(status, it))


def _live(status: Status, it: SubmittedRun | None) -> Mapping[str, float]:
    return {
        columns.VOLTAGE.name: status.voltage,
        columns.CURRENT.name: status.current if status.runs else 0.0,
        columns.INSTRUMENT_TIME.name: status.time + (0.0 if it is None else it.zero),
    }


def _said(status: Status, experiment: Experiment) -> str:
    files = ", ".join(experiment.files) or "no file"
    since = f", since {experiment.start}" if experiment.start else ""
    return f"{status.state_name}: {files}{since}"
