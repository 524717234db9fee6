"""One upload on a source meter: which technique is in flight, and what was recorded.

A look is one reading and what follows from it: rows, the end of a technique, the next
one's order. Loops are jumps of the host.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from drivers.visa.cell_flight import CellRow, TechniqueFlight
from drivers.visa.cell_lateness import most_late
from drivers.visa.cell_program import CellProgram
from drivers.visa.cell_terminals import CellTerminals, Order, TerminalReading
from labctl import columns
from labctl.clock import Clock
from labctl.data import Batch
from labctl.errors import InstrumentError, LimitError, OperatorError
from labctl.techniques import ConstantPower, Loop, VoltageSweep

MOST_CHANGES = 8
"""Techniques that one look begins at most; the next one goes on."""
MOST_JUMPS = 100_000
"""Loops without a technique of any length inside would never let time pass."""
POWER_GRAIN = 1e-3
"""A current is set anew when a power asks for one that differs by so much of itself."""


@dataclass(slots=True)
class CellRun:
    """What `CellChannel` has started, or is about to."""

    program: CellProgram
    terminals: CellTerminals
    clock: Clock
    voltage: float
    """V of the cell when it was last seen."""
    flight: TechniqueFlight | None = None
    """None before the start, and at the end."""
    at: int = 0
    """Index of the technique that began last."""
    looked: float = 0.0
    """When the last look began, s of the host."""
    _rows: list[CellRow] = field(default_factory=list)
    _passes: dict[int, int] = field(default_factory=dict)
    """Index of a loop -> times that its block was begun."""
    _order: Order | None = None
    _started: float = 0.0
    _zero: tuple[float, float] | None = None
    """s since the start, and the instrument's time of that reading."""
    _latest: float = -math.inf
    """Time of the last reading, s since the start."""
    _asked: float = 0.0
    """When it was asked for by the host's time, s since the start."""

    def start(self) -> None:
        """Begin the first technique."""
        self._started = self.clock.now()
        self._next(-1)

    def skip(self) -> None:
        """Begin what follows the technique in flight, or end."""
        flight = self.flight
        if flight is None:
            raise OperatorError(
                f"{self.terminals.name}: nothing is there to be skipped"
            )
        self._keep_last(flight, self._read(flight, 0.0))
        self._next(flight.index)

    def let_go(self) -> None:
        """Fly no further; what was read last is a row."""
        flight, self.flight = self.flight, None
        tail = None if flight is None else flight.tail()
        if tail is not None:
            self._rows.append(tail)

    def look(self, flight: TechniqueFlight, late: float) -> Mapping[str, float]:
        """Read, and do what follows; return what was seen.

        ``late`` in s: how long after it was due. LimitError: a reading is none.
        """
        self.looked = self.clock.now()
        row = self._read(flight, late)
        for _ in range(MOST_CHANGES):
            met = flight.met()
            if met is None and not flight.is_over(self.clock.now()):
                break
            self._keep_last(flight, row)
            if met is not None and met.ends_all:
                self._end()
                break
            following = self._next(flight.index)
            if following is None:
                break
            flight, row = following, self._read(following, 0.0)
        if self.flight is not None:
            self._steer(self.flight)
        return {
            columns.VOLTAGE.name: row.voltage,
            columns.CURRENT.name: row.current,
            columns.INSTRUMENT_TIME.name: row.time,
            columns.POLL_LATENESS.name: row.late,
        }

    def handed(self) -> tuple[Batch, ...]:
        """Return the rows since they were last asked for."""
        rows, self._rows = self._rows, []
        if not rows:
            return ()
        index = np.array([row.technique for row in rows], dtype=np.int64)
        named = {
            columns.INSTRUMENT_TIME.name: np.array([row.time for row in rows]),
            columns.VOLTAGE.name: np.array([row.voltage for row in rows]),
            columns.CURRENT.name: np.array([row.current for row in rows]),
            columns.TECHNIQUE_INDEX.name: index,
            columns.POLL_LATENESS.name: np.array([row.late for row in rows]),
        }
        return (Batch(columns.TIMESERIES.name, named),)

    # Within.

    def _next(self, done: int) -> TechniqueFlight | None:
        """Begin what follows technique ``done``; None: that was the last one."""
        techniques, index = self.program.techniques, done + 1
        for _ in range(MOST_JUMPS):
            if index >= len(techniques):
                self._end()
                return None
            technique = techniques[index]
            if not isinstance(technique, Loop):
                return self._begin(index)
            made = self._passes.get(index, 1)
            again = made < technique.passes
            self._passes[index] = made + 1 if again else 1
            index = technique.back_to if again else index + 1
        raise OperatorError(f"{self.terminals.name}: its loops let no time pass")

    def _begin(self, index: int) -> TechniqueFlight:
        flight = TechniqueFlight(self.program, index, self.clock.now())
        self.flight, self.at = flight, index
        if flight.is_beyond(self.voltage):  # by what flowed before, perhaps
            self._hold(None)
            self.voltage = self._measured().voltage
        if not flight.is_beyond(self.voltage):
            self._hold(self.program.order(flight.technique, self.voltage))
        elif not flight.ends_at_once():
            raise LimitError(
                f"{self.terminals.name}: technique {index} drives a current towards "
                f"{self.program.towards(flight.technique):g} V, and the cell rests "
                f"beyond it at {self.voltage:.4f} V; nothing was driven"
            )
        return flight

    def _end(self) -> None:
        self.flight = None
        self.terminals.switch_off()

    def _hold(self, order: Order | None) -> None:
        if order is None:
            self.terminals.rest()
        else:
            span = max(self.program.span, abs(order.level))
            most = self.program.reach.current_at(span)
            if not order.limit <= most * (1 + 1e-9):
                raise LimitError(
                    f"{self.terminals.name}: {order.limit:g} A on the range for "
                    f"{span:g} V is beyond the output's {most:g} A"
                )
            self.terminals.hold(order)
        self._order = order

    def _steer(self, flight: TechniqueFlight) -> None:
        """Give the output the level or limit of this moment, where it moves."""
        technique, now = flight.technique, self._order
        if not isinstance(technique, VoltageSweep | ConstantPower):
            return
        passed = self.clock.now() - flight.begun
        order = self.program.order(technique, self.voltage, passed)
        if order is None or order == now:
            return
        by_power = isinstance(technique, ConstantPower) and now is not None
        if by_power and now and abs(order.limit / now.limit - 1.0) <= POWER_GRAIN:
            return
        self._hold(order)

    def _read(self, flight: TechniqueFlight, late: float) -> CellRow:
        """Measure, place the reading in time, and keep it where a row is due."""
        asked = self.clock.now() - self._started
        reading = self._measured()
        if self._zero is None:
            self._zero = (asked, reading.time)
        time = self._zero[0] + reading.time - self._zero[1]
        if time < self._latest:
            raise InstrumentError(
                f"{self.terminals.name}: its time went back by "
                f"{self._latest - time:g} s; another program reset it"
            )
        slept = (time - self._latest) - (asked - self._asked)
        if self._latest >= 0.0 and slept > most_late(self.clock):
            raise InstrumentError(
                f"{self.terminals.name}: {slept:.0f} s more passed there than here "
                "since the last look; this computer slept, and nobody saw the cell"
            )
        self._latest, self._asked, self.voltage = time, asked, reading.voltage
        row = CellRow(time, reading.voltage, reading.current, flight.index, late)
        if flight.take(row, reading):
            self._rows.append(row)
        return row

    def _measured(self) -> TerminalReading:
        reading = self.terminals.read()
        if not (math.isfinite(reading.voltage) and math.isfinite(reading.current)):
            raise LimitError(f"{self.terminals.name}: a reading is beyond its range")
        return reading

    def _keep_last(self, flight: TechniqueFlight, row: CellRow) -> None:
        if not flight.is_recorded():
            flight.recorded(row)
            self._rows.append(row)
