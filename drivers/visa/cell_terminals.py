"""The output of a source meter on a cell: what it holds from one look to the next.

A cell is driven by a held voltage with a current limit and by nothing else: below the
limit the voltage stands, at the limit the current does, and neither needs the host. It
rests at 0 A on the smallest current range, output on, since an output that is off in
high impedance has its sense leads off, too (2450 and 2460 reference manuals, chapter
"Output-off state"), and shows no voltage of the cell.

Rules for whoever edits: never a reset, never the level to 0 V while the output is on,
and nothing switched on before the off state is high impedance: any other off state is
0 V across the cell. The relay is spared: it moves between driving and resting only.
"""

import abc
import math
from dataclasses import dataclass, replace

from drivers.specification import Specification
from drivers.visa.power_line import Integrating
from drivers.visa.source_meter import LEVEL_MARGIN, LIMIT_MARGIN
from labctl.errors import InstrumentError

GRAIN = 1e-4
"""A level read back may differ by so much of its range."""
LIMIT_GRAIN = 0.01
"""A current limit read back may differ by so much of itself."""
LARGEST_MARK = 9999
LOOK = LARGEST_MARK
"""Mark of a look at a cell at 0 A; programs have smaller ones."""
SETTLES = 0.2
"""s that a measurement may take beside its integration: ranges, relays."""
CONVERSIONS = 4.0
"""Integrations of one reading with autozero."""


@dataclass(frozen=True, slots=True)
class Order:
    """What the output is told to hold."""

    level: float
    """V."""
    limit: float
    """Largest |current| in A, both signs."""


@dataclass(frozen=True, slots=True)
class TerminalState:
    """What the instrument says of its output; read back, never remembered."""

    on: bool
    drives: bool
    """Whether it holds a voltage; False: 0 A, which is a rest."""
    level: float
    """V, or A at rest."""
    limit: float
    """A."""
    opens: bool
    """Whether it is in high impedance when it is off."""
    mark: int
    """What `CellTerminals.set_up` left there; 0 if there is nothing."""

    @property
    def looks(self) -> bool:
        """Whether somebody's look at the cell was cut short: 0 A, and nothing else."""
        return self.on and not self.drives and self.level == 0.0 and self.mark == LOOK

    def __str__(self) -> str:
        if not self.on:
            return "off" if self.opens else "off, and not in high impedance"
        if not self.drives:
            return f"on at {self.level:g} A"
        return f"on at {self.level:g} V, ±{self.limit:g} A"


@dataclass(frozen=True, slots=True)
class TerminalReading:
    """One measurement of both quantities."""

    voltage: float
    """V across the cell; NaN on overflow."""
    current: float
    """A into the cell's working electrode, which is at the high terminal."""
    time: float
    """Instrument's time, s."""
    limited: bool
    """Whether the limit holds the output back, so that the level is not reached."""


@dataclass(frozen=True, slots=True)
class TerminalSettings:
    """What stays the same as long as a program runs."""

    span: float
    """Largest |V| of the program, which chooses the range, V."""
    nplc: float
    four_wire: bool
    ceiling: float
    """Largest |V| that a resting cell may show; beyond it, it would be clamped."""
    mark: int
    """What the program is recognised by, 1 to `LARGEST_MARK`."""


def mark_of(value: float) -> int:
    """Return the mark that a number read back is; 0 for what is none."""
    return round(value) if math.isfinite(value) else 0


class CellTerminals(Integrating, abc.ABC):
    """One output; a model's class says how it is told and asked."""

    voltage_spec: Specification
    current_spec: Specification
    least_limit: float
    """Smallest current limit, A."""
    _output: object
    """What else plays a role on this output: one of them answers for it at a time."""
    _settings: TerminalSettings | None = None
    _held: Order | None = None
    """What it was told last; None at rest and off."""
    _on = False

    def set_up(self, settings: TerminalSettings) -> None:
        """Configure the output, which must be off; read back what it holds.

        InstrumentError: something else is held.
        """
        self._settings = self._held = None
        self._on = False
        self.trust()
        self.refuse_nplc(settings.nplc)
        self.refuse_other_line()
        self.link.expect(self._output, self._refuse_changes)
        self.allow(SETTLES + CONVERSIONS * self.seconds(settings.nplc))
        self._configure(settings)
        self.agreed(self._read_back, lambda held: self._refuse_unlike(settings, held))
        self._settings = settings

    def hold(self, order: Order) -> None:
        """Hold a level within a limit, output on; read both back."""
        self._must_be_set_up()
        before = self._held
        if before is None or not self._on:
            self._held, self._on = None, False
            self._refuse_other_aim(order, self._aim(order))
            told = self._switch_on()
        else:  # the smaller of both limits stands while the level moves
            told = self._change(order, limit_first=order.limit <= before.limit)
        self._held, self._on = order, True
        self._refuse_other_order(order, told)

    def rest(self) -> None:
        """Let 0 A flow, output on."""
        self._must_be_set_up()
        if self._on and self._held is None:
            return
        self._held = None
        self._on = True
        state = self._go_to_zero()
        if not state.on or state.drives or state.level != 0.0:
            raise InstrumentError(f"{self.name}: was told to rest and is {state}")

    def read(self) -> TerminalReading:
        """Measure. InstrumentError: the output is off, so nothing of the cell is seen.

        What is measured at a limit that was never set is no reading.
        """
        reading, on = self._measure(rests=self._held is None)
        if not on:
            raise InstrumentError(
                f"{self.name}: its output is off and was left on; its interlock, its "
                "over-temperature protection or somebody at its front panel did that"
            )
        return self._believed(reading)

    def found(self) -> TerminalState:
        """Ask what the output does, whatever was known of it; it may have restarted."""
        self.trust()
        return self.state()

    def switch_off(self) -> None:
        """Open the circuit and read it back. InstrumentError: it may be on."""
        self._held = None
        self._on = False
        self.safely(self._open)

    def _open(self) -> None:
        self._tell_off()
        state = self.state()
        if state.on:
            raise InstrumentError(f"{self.name}: the output stays on; switch it off")
        if not state.opens:
            raise InstrumentError(
                f"{self.name}: the output is off and not in high impedance: it drives "
                "0 V into the cell; disconnect the cell"
            )

    @abc.abstractmethod
    def state(self) -> TerminalState:
        """Ask what the output does; nothing is changed."""

    @abc.abstractmethod
    def _configure(self, settings: TerminalSettings) -> None:
        """Tell settings and mark, output off; high impedance first."""

    @abc.abstractmethod
    def _read_back(self) -> TerminalSettings:
        """Return the settings that are held; the span is the range's."""

    @abc.abstractmethod
    def _aim(self, order: Order) -> TerminalState:
        """Switch off and prepare a held voltage; return what is read back."""

    @abc.abstractmethod
    def _switch_on(self) -> TerminalState:
        """Switch on what was aimed at; return what is read back."""

    @abc.abstractmethod
    def _change(self, order: Order, *, limit_first: bool) -> TerminalState:
        """Set level and limit with the output on, which must be on already."""

    @abc.abstractmethod
    def _go_to_zero(self) -> TerminalState:
        """Switch off, go to 0 A, switch on; return what is read back."""

    @abc.abstractmethod
    def _measure(self, *, rests: bool) -> tuple[TerminalReading, bool]:
        """Return one reading, and whether the output is on."""

    @abc.abstractmethod
    def _tell_off(self) -> None:
        """Switch off in high impedance."""

    def _must_be_set_up(self) -> TerminalSettings:
        if self._settings is None:
            raise InstrumentError(f"{self.name}: was not set up before it drives")
        return self._settings

    def _refuse_unlike(self, asked: TerminalSettings, held: TerminalSettings) -> None:
        least = asked.span * (1.0 - 1e-6)
        if not least <= held.span * self.voltage_spec.over:
            self.refuse_far("a span of", asked.span, held.span)
        self.refuse_far("nplc", asked.nplc, held.nplc)
        self.refuse_far("a voltage limit at rest of", asked.ceiling, held.ceiling)
        same = replace(held, span=asked.span, nplc=asked.nplc, ceiling=asked.ceiling)
        self.refuse_other("its setting", same, asked)

    def _refuse_other_aim(self, order: Order, told: TerminalState) -> None:
        """Raise InstrumentError unless it is off, and would drive what is ordered."""
        if told.on or not told.drives or not told.opens:
            raise InstrumentError(f"{self.name}: was told to be ready and is {told}")
        self._refuse_other_level(order, told)

    def _refuse_other_order(self, order: Order, told: TerminalState) -> None:
        if not (told.on and told.drives):
            raise InstrumentError(
                f"{self.name}: was told to drive and is {told}; check its interlock"
            )
        self._refuse_other_level(order, told)

    def _refuse_other_level(self, order: Order, told: TerminalState) -> None:
        span = self._must_be_set_up().span
        grain = GRAIN * self.voltage_spec.range_for(span)
        self.refuse_other_setpoint(order.level, told.level, grain)
        self.refuse_other_setpoint(order.limit, told.limit, LIMIT_GRAIN * order.limit)

    def _believed(self, reading: TerminalReading) -> TerminalReading:
        held = self._held
        if held is None:
            return reading
        most = (1.0 + LIMIT_MARGIN) * held.limit
        most += LEVEL_MARGIN * self.current_spec.range_for(held.limit)
        if abs(reading.current) > most:
            raise InstrumentError(
                f"{self.name}: measures {reading.current:g} A with a limit of "
                f"±{held.limit:g} A"
            )
        return reading

    def _refuse_changes(self) -> None:
        """Raise InstrumentError unless settings and output are as they were left."""
        settings = self._settings
        if settings is None:
            return
        self._refuse_unlike(settings, self._read_back())
        state = self.state()
        if state.on != self._on or state.drives != (self._held is not None):
            left = "on" if self._on else "off"
            raise InstrumentError(
                f"{self.name}: its output is {state}, it was left {left}"
            )
        if self._held is not None:
            self._refuse_other_order(self._held, state)
