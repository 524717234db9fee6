"""A source meter's output as a `PotentiostatChannel` whose time is kept by the host.

Between two looks the output holds its last order: a level within a current limit. So a
dead host lets no voltage beyond the cut-off and no current beyond the limit; it leaves
the cell at one of both until the guard opens the circuit. Nothing goes on by itself, so
nothing is attached to after a crash: what is left on is recognised by its mark, made
safe, and the rest of the step begins anew.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from pymeasure.instruments import Instrument

from drivers.visa.cell_lateness import Lateness
from drivers.visa.cell_look import look_at
from drivers.visa.cell_options import CellOptions
from drivers.visa.cell_program import compile_cell
from drivers.visa.cell_reach import CellBounds, Reach
from drivers.visa.cell_run import CellRun
from drivers.visa.cell_terminals import (
    LARGEST_MARK,
    CellTerminals,
    TerminalSettings,
)
from labctl import columns
from labctl.clock import Clock
from labctl.data import Column, Event, Level
from labctl.errors import (
    InstrumentError,
    NotOursError,
    OperatorError,
    OwnershipError,
)
from labctl.limits import Envelope
from labctl.roles.capability import Capability
from labctl.roles.channel_accuracy import ChannelAccuracy
from labctl.roles.identity import Identity
from labctl.roles.potentiostat import Loaded, Poll
from labctl.techniques import Technique
from labctl.waits import Owner, owner_here

log = logging.getLogger(__name__)

DRIVER = "source-meter"
UNKEPT = Event(
    Level.INFO,
    "host-timed",
    "durations and end conditions are kept by this program; the instrument itself "
    "keeps the voltage at the cut-off and the current within its limit, and is "
    "switched off if the program dies",
)


class CellChannel:
    """Plays `labctl.roles.potentiostat.PotentiostatChannel` on one output."""

    def __init__(
        self,
        terminals: CellTerminals,
        corners: tuple[tuple[float, float], ...],
        options: CellOptions,
        clock: Clock,
    ) -> None:
        self._terminals, self._options, self._clock = terminals, options, clock
        self._reach = Reach(
            terminals.name,
            options.corners or corners,
            terminals.least_limit,
            options.poll_every,
        )
        self.place = terminals.name
        self._run: CellRun | None = None
        self._loaded: TerminalSettings | None = None
        """What waits for `start`; None: nothing does."""
        self._ours = False
        """Whether what the output does is ours to stop."""
        self._lateness = Lateness(clock, self.place)
        self._events: list[Event] = []
        self._told: Owner | None = None
        """The run that knows what the instrument keeps and what the host."""

    # ---- what it is

    def identity(self) -> Identity:
        """Return what ``*IDN?`` said when the instrument was opened."""
        return self._terminals.identity()

    @property
    def instrument(self) -> Instrument:
        """The instrument by PyMeasure's class, for what no role does."""
        return self._terminals.instrument

    @property
    def further_columns(self) -> Mapping[str, tuple[Column, ...]]:
        """See `labctl.roles.potentiostat.RecordsMore`."""
        return {columns.TIMESERIES.name: (columns.POLL_LATENESS,)}

    def capability(self) -> Capability:
        """See `labctl.roles.capability.StatesCapability`."""
        return Capability(
            current=self._reach.largest_current,
            least_current=self._reach.least_limit,
            galvanostat=True,
            potentiostat=True,
            sweeps=True,
            compliance=self._reach.largest_voltage,
            control=self._reach.largest_voltage,
            power=self._reach.largest_power,
            potentiostatic_impedance=False,
            galvanostatic_impedance=False,
            constant_power=True,
            board="source meter, timed by the host",
            assumed=("current", "power"),
        )

    def stated_accuracy(self) -> ChannelAccuracy:
        """See `labctl.roles.channel_accuracy.StatesAccuracy`."""
        return ChannelAccuracy(
            current=self._terminals.current_spec.stated(),
            voltage=self._terminals.voltage_spec.stated(),
        )

    def rehearse(
        self, techniques: Sequence[Technique], envelope: Envelope | None = None
    ) -> None:
        """See `labctl.roles.capability.Rehearses`."""
        compile_cell(techniques, self._reach, CellBounds.of(envelope))

    @property
    def next_look(self) -> float:
        """See `labctl.roles.potentiostat.HostTimed`."""
        return self._lateness.left()

    # ---- PotentiostatChannel

    def load(
        self, techniques: Sequence[Technique], envelope: Envelope | None = None
    ) -> Loaded:
        """See `PotentiostatChannel.load`; the cell is seen at 0 A for a moment."""
        bounds = CellBounds.of(envelope)
        compile_cell(techniques, self._reach, bounds)
        self._must_be_free()
        mark = 1 + int(self._clock.unix() * 10.0) % (LARGEST_MARK - 1)
        voltage = look_at(self._terminals, self._reach, self._options).voltage
        program = compile_cell(techniques, self._reach, bounds, voltage)
        options = self._options
        ceiling = max(self._reach.usual_voltage, program.span)
        self._loaded = TerminalSettings(
            program.span, options.nplc, options.four_wire, ceiling, mark
        )
        self._terminals.set_up(self._loaded)
        self._run = CellRun(program, self._terminals, self._clock, voltage)
        token = {
            "driver": DRIVER,
            "serial": self.identity().serial,
            "output": self.place.partition("/")[2],
            "mark": mark,
        }
        said = (
            ("voltage range", f"{program.span:g} V"),
            ("wires", "4" if self._options.four_wire else "2"),
            ("looked at", f"every {self._options.poll_every:g} s at most often"),
        )
        if self._told is None or owner_here() is not self._told:
            self._events.append(UNKEPT)
            self._told = owner_here()
        return Loaded(program.host_conditions, said, token)

    def start(self) -> None:
        """See `PotentiostatChannel.start`."""
        if self._run is None or self._loaded is None:
            raise OperatorError(f"{self.place}: nothing is loaded")
        self._loaded = None
        self._ours = True  # whatever becomes of the call
        self._lateness.begin()
        self._run.start()
        self._lateness.promise(0.0)

    def adopt(
        self,
        techniques: Sequence[Technique],  # noqa: ARG002
        token: Mapping[str, Any],
        started_unix: float,  # noqa: ARG002
        envelope: Envelope | None = None,  # noqa: ARG002
    ) -> bool:
        """See `PotentiostatChannel.adopt`: nothing goes on here without its host.

        False, too, for an output that was left on: what passed meanwhile is unknown.
        """
        state = self._terminals.found()
        if state.on and not self._is_of(token, state.mark):
            raise NotOursError(
                f"{self.place}: its output is {state}, which this run did not start. "
                "It is left alone"
            )
        return False

    def recognise(self, token: Mapping[str, Any], started_unix: float) -> bool:  # noqa: ARG002
        """See `PotentiostatChannel.recognise`: by the mark that the upload left."""
        state = self._terminals.found()
        if not (state.on and self._is_of(token, state.mark)):
            return False
        self._ours = True
        return True

    def sense(self) -> Mapping[str, float]:
        """See `PotentiostatChannel.sense`; an output that is off goes to 0 A for it.

        The residual current is the source's error at zero on its smallest range (100 pA
        on a 2450, 1 nA on a 2460, some pA on a 2636B), for a fraction of a second.
        """
        if self._ours and self._run is not None and self._run.flight is not None:
            reading = self._terminals.read()
        else:  # what was only recognised is not read: what it holds is not known
            self._must_be_free()
            reading = look_at(self._terminals, self._reach, self._options)
            if self._loaded is not None:  # its mark is what it is recognised by
                self._terminals.set_up(self._loaded)
        return {
            columns.VOLTAGE.name: reading.voltage,
            columns.CURRENT.name: reading.current,
        }

    def poll(self) -> Poll:
        """See `PotentiostatChannel.poll`: one reading, and what follows from it."""
        run = self._run
        if run is None or run.flight is None or not self._ours:
            return self._handed({})
        late = self._lateness.take()
        if late.told is not None:
            self._events.append(late.told)
        if late.too_late:
            self.make_safe()
            raise InstrumentError(
                f"{self.place}: nobody looked for {late.seconds:.1f} s beyond the "
                "time; the output was switched off"
            )
        live = run.look(run.flight, late.seconds)
        self._follow(run)
        return self._handed(live)

    def skip(self) -> Loaded | None:
        """See `PotentiostatChannel.skip`."""
        if self._run is None or not self._ours:
            raise OperatorError(f"{self.place}: nothing is started, nothing to skip")
        self._run.skip()
        self._follow(self._run)
        return None

    def make_safe(self) -> None:
        """See `PotentiostatChannel.make_safe`."""
        self._loaded = None
        if self._run is not None:
            self._run.let_go()
        if self._ours:
            self._terminals.switch_off()
            self._ours = False
            return
        state = self._terminals.found()
        if state.looks:
            self._terminals.switch_off()
        elif state.on:
            text = "%s: is %s, not started here, and is left alone"
            log.warning(text, self.place, state)

    def is_open(self) -> bool:
        """See `labctl.roles.potentiostat.TellsWhetherOpen`."""
        state = self._terminals.found()
        return state.opens and not state.on

    # ---- within

    def _must_be_free(self) -> None:
        """Raise OwnershipError if anything runs; end a look that was cut short."""
        if self._ours:
            raise OwnershipError(
                f"{self.place}: is running what was started here; wait for its end or "
                "stop it before something new is loaded"
            )
        state = self._terminals.found()
        if state.looks:
            self._terminals.switch_off()
        elif state.on:
            raise NotOursError(
                f"{self.place}: its output is {state}, and nothing was started here; "
                "it is left alone. Switch it off where it was switched on"
            )

    def _is_of(self, token: Mapping[str, Any], mark: int) -> bool:
        return (
            token.get("driver") == DRIVER
            and token.get("serial") == self.identity().serial
            and token.get("output") == self.place.partition("/")[2]
            and token.get("mark") == mark
        )

    def _follow(self, run: CellRun) -> None:
        """Promise the next look, or let go of what has ended."""
        if run.flight is not None:
            now = self._clock.now()
            self._lateness.promise(run.flight.next_look(now, run.looked))
            return
        self._ours = False
        told = self._lateness.summary()
        if told is not None:
            self._events.append(told)

    def _handed(self, live: Mapping[str, float]) -> Poll:
        run, events = self._run, tuple(self._events)
        self._events = []
        if run is None:
            return Poll((), running=False, events=events)
        running = run.flight is not None
        return Poll(run.handed(), running, run.at, events, live)
