"""A source meter's output as a `PotentiostatChannel` whose time is kept by the host.

Between two looks the output holds its last order: a level within a current limit. So a
dead host lets no voltage beyond the cut-off and no current beyond the limit; it leaves
the cell at one of both until the guard opens the circuit. Nothing goes on by itself, so
nothing is attached to after a crash: what is left on is recognised by its mark, made
safe, and the rest of the step begins anew.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pymeasure.instruments import Instrument

from drivers.visa.cell_flight import CellRow, TechniqueFlight
from drivers.visa.cell_lateness import Lateness
from drivers.visa.cell_options import CellOptions
from drivers.visa.cell_program import CellBounds, CellProgram, Reach, compile_cell
from drivers.visa.cell_terminals import (
    LARGEST_MARK,
    CellTerminals,
    Order,
    TerminalReading,
    TerminalSettings,
)
from labctl import columns
from labctl.clock import Clock
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
from labctl.roles.identity import Identity
from labctl.roles.potentiostat import Loaded, Poll
from labctl.techniques import ConstantPower, Loop, Technique, VoltageSweep, drives

log = logging.getLogger(__name__)

DRIVER = "source-meter"
MOST_CHANGES = 8
"""Techniques that one poll begins at most; the next one goes on."""
MOST_JUMPS = 100_000
"""Loops without a technique of any length inside would never let time pass."""
POWER_GRAIN = 1e-3
"""A current is set anew when a power asks for one that differs by so much of itself."""
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
        self._program: CellProgram | None = None
        self._token: dict[str, Any] = {}
        self._ours = False
        """Whether what the output does is ours to stop."""
        self._flight: TechniqueFlight | None = None
        self._passes: dict[int, int] = {}
        """Index of a loop -> jumps made."""
        self._order: Order | None = None
        self._voltage = 0.0
        """V of the cell when it was last seen."""
        self._started = 0.0
        self._zero: tuple[float, float] | None = None
        """s since the start, and the instrument's time of that reading."""
        self._at = 0
        self._lateness = Lateness(clock, self.place)
        self._kept: list[CellRow] = []
        self._events: list[Event] = []
        self._said = False

    # ---- what it is

    def identity(self) -> Identity:
        """Return what ``*IDN?`` said when the instrument was opened."""
        return self._terminals.identity()

    @property
    def instrument(self) -> Instrument:
        """The instrument by PyMeasure's class, for what no role does."""
        return self._terminals.instrument

    @property
    def max_current(self) -> float:
        """Largest |current| in A, at small voltages."""
        return self._reach.largest_current

    @property
    def measures_impedance(self) -> bool:
        """No: a source meter has no sine."""
        return False

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
            three_electrodes=False,
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
        state = self._terminals.state()
        if state.on and self._ours:
            raise OwnershipError(
                f"{self.place}: is running what was started here; wait for its end or "
                "stop it before something new is loaded"
            )
        if state.on:
            raise NotOursError(
                f"{self.place}: its output is {state}, and nothing was started here; "
                "it is left alone. Switch it off where it was switched on"
            )
        mark = 1 + int(self._clock.unix() * 10.0) % LARGEST_MARK
        self._voltage = self._looked().voltage
        program = compile_cell(techniques, self._reach, bounds, self._voltage)
        self._set_up(program.span, mark)
        self._program, self._flight, self._order = program, None, None
        self._passes, self._kept, self._at = {}, [], 0
        self._token = {
            "driver": DRIVER,
            "serial": self.identity().serial,
            "output": self.place.partition("/")[2],
            "mark": mark,
        }
        kinds = (t.kind for t in techniques if drives(t))
        said = (
            ("voltage range", f"{program.span:g} V"),
            ("wires", "4" if self._options.four_wire else "2"),
            ("looked at", f"every {self._options.poll_every:g} s at most often"),
        )
        if not self._said:
            self._events.append(UNKEPT)
            self._said = True
        return Loaded(
            program.host_conditions,
            said,
            dict(self._token),
            limited=False,
            unlimited=() if program.drives else tuple(dict.fromkeys(kinds)),
        )

    def start(self) -> None:
        """See `PotentiostatChannel.start`."""
        if self._program is None:
            raise OperatorError(f"{self.place}: nothing is loaded")
        self._ours = True  # whatever becomes of the call
        self._started, self._zero = self._clock.now(), None
        self._lateness.begin()
        self._next(-1)
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
        state = self._terminals.state()
        if state.on and not self._is_of(token, state.mark):
            raise NotOursError(
                f"{self.place}: its output is {state}, which this run did not start. "
                "It is left alone"
            )
        return False

    def recognise(self, token: Mapping[str, Any], started_unix: float) -> bool:  # noqa: ARG002
        """See `PotentiostatChannel.recognise`: by the mark that the upload left."""
        state = self._terminals.state()
        if not (state.on and self._is_of(token, state.mark)):
            return False
        self._ours = True
        return True

    def sense(self) -> Mapping[str, float]:
        """See `PotentiostatChannel.sense`; an output that is off goes to 0 A for it.

        The residual current is the source's error at zero on its smallest range (100 pA
        on a 2450, 1 nA on a 2460, some pA on a 2636B), for a fraction of a second.
        """
        if self._ours:
            reading = self._terminals.read()
        else:
            if self._terminals.state().on:
                raise NotOursError(f"{self.place}: is on, and not started here")
            reading = self._looked()
        return {
            columns.VOLTAGE.name: reading.voltage,
            columns.CURRENT.name: reading.current,
        }

    def poll(self) -> Poll:
        """See `PotentiostatChannel.poll`: one reading, and what follows from it."""
        flight = self._flight
        if flight is None or not self._ours:
            return self._handed({}, running=False)
        late = self._lateness.take()
        if late.told is not None:
            self._events.append(late.told)
        if late.too_late:
            self.make_safe()
            raise InstrumentError(
                f"{self.place}: nobody looked for {late.seconds:.1f} s beyond the "
                "time; the output was switched off"
            )
        row = self._look(flight, late.seconds)
        for _ in range(MOST_CHANGES):
            met = flight.met()
            if met is None and not flight.is_over(self._clock.now()):
                break
            self._keep_last(flight, row)
            if met is not None and met.ends_all:
                self._finish()
                break
            following = self._next(flight.index)
            if following is None:
                break
            flight = following
            row = self._look(flight, 0.0)
        if self._flight is not None:
            self._steer(self._flight)
            self._lateness.promise(self._flight.next_look(self._clock.now()))
        live = {
            columns.VOLTAGE.name: row.voltage,
            columns.CURRENT.name: row.current,
            columns.INSTRUMENT_TIME.name: row.time,
        }
        return self._handed(live, running=self._flight is not None)

    def skip(self) -> Loaded | None:
        """See `PotentiostatChannel.skip`."""
        flight = self._flight
        if flight is None:
            raise OperatorError(f"{self.place}: nothing is started, nothing to skip")
        self._next(flight.index)
        self._lateness.promise(0.0)
        return None

    def make_safe(self) -> None:
        """See `PotentiostatChannel.make_safe`."""
        self._flight = None
        if self._ours:
            self._terminals.switch_off()
            self._ours = False
            return
        state = self._terminals.state()
        if state.on:
            text = "%s: is %s, not started here, and is left alone"
            log.warning(text, self.place, state)

    # ---- within

    def _set_up(self, span: float, mark: int) -> None:
        options = self._options
        self._terminals.set_up(
            TerminalSettings(span, options.nplc, options.four_wire, mark)
        )

    def _looked(self) -> TerminalReading:
        """Return what the cell shows at 0 A, the output off before and afterwards."""
        self._set_up(self._reach.corners[0][0], LARGEST_MARK)
        try:
            self._terminals.rest()
            reading = self._terminals.read()
        finally:
            self._terminals.switch_off()
        if not math.isfinite(reading.voltage):
            raise LimitError(
                f"{self.place}: what is connected has more than "
                f"{self._reach.corners[0][0]:g} V; nothing was driven"
            )
        return reading

    def _is_of(self, token: Mapping[str, Any], mark: int) -> bool:
        return (
            token.get("driver") == DRIVER
            and token.get("serial") == self.identity().serial
            and token.get("output") == self.place.partition("/")[2]
            and token.get("mark") == mark
        )

    def _next(self, done: int) -> TechniqueFlight | None:
        """Begin what follows technique ``done``; None: that was the last one."""
        program = self._loaded()
        index = done + 1
        for _ in range(MOST_JUMPS):
            if index >= len(program.techniques):
                self._finish()
                return None
            technique = program.techniques[index]
            if not isinstance(technique, Loop):
                return self._begin(index)
            made = self._passes.get(index, 1)
            if made < technique.passes:
                self._passes[index] = made + 1
                index = technique.back_to
            else:
                self._passes[index] = 1
                index += 1
        raise OperatorError(f"{self.place}: its loops let no time pass")

    def _begin(self, index: int) -> TechniqueFlight:
        program = self._loaded()
        flight = TechniqueFlight(program, index, self._clock.now(), self._voltage)
        self._flight, self._at = flight, index
        if not flight.met_before():
            self._hold(program.order(flight.technique, self._voltage))
        return flight

    def _hold(self, order: Order | None) -> None:
        if order is None:
            self._terminals.rest()
        else:
            if not order.limit <= self._reach.current_at(order.level) * (1 + 1e-9):
                raise LimitError(
                    f"{self.place}: {order.limit:g} A at {order.level:g} V is beyond "
                    "the output"
                )
            self._terminals.hold(order)
        self._order = order

    def _steer(self, flight: TechniqueFlight) -> None:
        """Give the output the level or limit of this moment, where it moves."""
        technique = flight.technique
        if not isinstance(technique, VoltageSweep | ConstantPower):
            return
        passed = self._clock.now() - flight.begun
        order = self._loaded().order(technique, self._voltage, passed)
        now = self._order
        if order is None or order == now:
            return
        by_power = isinstance(technique, ConstantPower)
        if by_power and now and abs(order.limit / now.limit - 1.0) <= POWER_GRAIN:
            return
        self._hold(order)

    def _look(self, flight: TechniqueFlight, late: float) -> CellRow:
        """Measure, place the reading in time, and keep it where a row is due."""
        asked = self._clock.now() - self._started
        reading = self._terminals.read()
        if not (math.isfinite(reading.voltage) and math.isfinite(reading.current)):
            raise LimitError(f"{self.place}: a reading is beyond its range")
        if self._zero is None:
            self._zero = (asked, reading.time)
        row = CellRow(
            self._zero[0] + reading.time - self._zero[1],
            reading.voltage,
            reading.current,
            flight.index,
            late,
        )
        self._voltage = reading.voltage
        if flight.take(row, reading):
            self._keep(row)
        return row

    def _keep(self, row: CellRow) -> None:
        if self._kept and row.time < self._kept[-1].time:
            raise InstrumentError(
                f"{self.place}: its time went back by "
                f"{self._kept[-1].time - row.time:g} s; another program reset it"
            )
        self._kept.append(row)

    def _keep_last(self, flight: TechniqueFlight, row: CellRow) -> None:
        if not flight.is_recorded():
            flight.recorded(row)
            self._keep(row)

    def _finish(self) -> None:
        """End the upload: open circuit."""
        self._flight = None
        self._terminals.switch_off()
        self._ours = False
        told = self._lateness.summary()
        if told is not None:
            self._events.append(told)

    def _loaded(self) -> CellProgram:
        if self._program is None:
            raise OperatorError(f"{self.place}: nothing is loaded")
        return self._program

    def _handed(self, live: Mapping[str, float], *, running: bool) -> Poll:
        rows, events = self._kept, tuple(self._events)
        self._kept, self._events = [], []
        return Poll(_batches(rows), running, self._at, events, live)


def _batches(rows: Sequence[CellRow]) -> tuple[Batch, ...]:
    if not rows:
        return ()
    named = {
        columns.INSTRUMENT_TIME.name: np.array([row.time for row in rows]),
        columns.VOLTAGE.name: np.array([row.voltage for row in rows]),
        columns.CURRENT.name: np.array([row.current for row in rows]),
        columns.TECHNIQUE_INDEX.name: np.array(
            [row.technique for row in rows], dtype=np.int64
        ),
        columns.POLL_LATENESS.name: np.array([row.late for row in rows]),
    }
    return (Batch(columns.TIMESERIES.name, named),)
