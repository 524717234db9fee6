"""What all source meters do before a message leaves: refuse, remember, compare.

A model's class says how it is configured, read back, driven and read; the order and
the refusals are here, so that no model can forget one. A reading that contradicts
what is driven is no reading (`_believe`), and after a lost link settings, level and
output must be as they were left (`_refuse_changes`).
"""

import abc
from collections.abc import Callable
from typing import TypeVar

from drivers.specification import Specification
from drivers.visa.numbers import number
from drivers.visa.power_line import SCPI_LINE, Integrating
from drivers.visa.talk import refuse_beyond, refuse_outside
from labctl.errors import InstrumentError, LimitError
from labctl.roles.accuracy import Accuracy
from labctl.roles.channel_accuracy import ChannelAccuracy
from labctl.roles.source_meter import (
    Driven,
    SourceBounds,
    SourceReading,
    SourceSettings,
)

T = TypeVar("T")

LEVEL_MARGIN = 0.01
"""A measured level may miss its setpoint by so much of the range."""
LEADS = 10.0
"""Ω of cables between the output and where the voltage is measured."""
LIMIT_MARGIN = 0.1
"""A limit may be exceeded by so much of itself; its accuracy is 0.1 % and better."""
RANGES_OVER = (0.94, 25.0)
"""A fixed range may be this many times the one asked for: over-range, next decade."""
INTEGRATIONS = 4.0
"""A reading takes up to three with autozero, and settles before."""


class SourceMeterRole(Integrating, abc.ABC):
    """Plays `labctl.roles.source_meter.SourceMeter` in an instrument's class."""

    voltage_spec: Specification
    current_spec: Specification
    longest_delay = 9999.998
    """s."""
    senses = True
    """Whether it has sense terminals."""
    _bounds: SourceBounds
    _prepared: SourceSettings | None = None
    _grain = 0.0
    """A setpoint read back may differ by so much."""
    _driven: float | None = None
    """The level that is held, output on; None: the output is off."""
    _asked: float | None = None
    """The level of a message whose answer is not there yet."""
    _near = 0.0
    """A measured level may miss its setpoint by so much, V or A."""
    _most = 0.0
    """Of the other quantity nothing beyond this is believed, A or V."""

    @property
    def bounds(self) -> SourceBounds:
        """Return the largest levels and compliances of this model."""
        return self._bounds

    @property
    def voltage_accuracy(self) -> Accuracy:
        """Return the limits of error of a measured voltage."""
        return self._accuracy(self.voltage_spec, Driven.VOLTAGE)

    @property
    def current_accuracy(self) -> Accuracy:
        """Return the limits of error of a measured current."""
        return self._accuracy(self.current_spec, Driven.CURRENT)

    def stated_accuracy(self) -> ChannelAccuracy:
        """See `labctl.roles.channel_accuracy.StatesAccuracy`."""
        return ChannelAccuracy(
            current=self.current_spec.stated(), voltage=self.voltage_spec.stated()
        )

    def _accuracy(self, spec: Specification, quantity: Driven) -> Accuracy:
        settings = self._prepared
        size = spec.ranges[-1]
        if settings is not None:
            if settings.driven is quantity:
                size = settings.span
            else:
                size = settings.measure_range or settings.compliance
        return Accuracy(*spec.limit_at(size))

    def prepare(self, settings: SourceSettings) -> SourceSettings:
        """Configure with the output off; return the settings read back."""
        self._refuse(settings)
        self._prepared = self._driven = self._asked = None
        self.trust()
        self.refuse_other_line()
        self.link.expect(self, self._refuse_changes)
        integration = self.seconds(settings.nplc)
        self.allow((settings.delay or 0.1) + INTEGRATIONS * integration)
        self._configure(settings)
        self._prepared = self.agreed(
            lambda: self._read_back(settings),
            lambda held: self._refuse_unlike(settings, held),
        )
        self._know_bounds(settings, self._prepared)
        return self._prepared

    def _know_bounds(self, asked: SourceSettings, held: SourceSettings) -> None:
        """Work out what readings are held against until the next `prepare`."""
        volts = asked.driven is Driven.VOLTAGE
        spec = self.voltage_spec if volts else self.current_spec
        other = self.current_spec if volts else self.voltage_spec
        self._grain = 1e-4 * spec.range_for(asked.span)
        self._near = LEVEL_MARGIN * spec.range_for(held.span)
        self._most = (1.0 + LIMIT_MARGIN) * held.compliance
        self._most += LEVEL_MARGIN * other.range_for(held.compliance)

    def _refuse_unlike(self, asked: SourceSettings, held: SourceSettings) -> None:
        """Raise InstrumentError unless what is held is what was asked for."""
        far = self.refuse_far
        far("a span of", asked.span, held.span, 1.0 - 1e-6)
        far("a compliance of", self._compliance_for(asked.compliance), held.compliance)
        far("nplc", asked.nplc, held.nplc)
        if asked.delay and held.delay is not None:
            far("a delay of", asked.delay, held.delay)
        if asked.measure_range is not None and held.measure_range is not None:
            volts = asked.driven is Driven.VOLTAGE
            spec = self.current_spec if volts else self.voltage_spec
            wanted = spec.range_for(asked.measure_range)
            if not RANGES_OVER[0] <= held.measure_range / wanted <= RANGES_OVER[1]:
                far("a range of", wanted, held.measure_range)
        if self.senses and asked.four_wire != held.four_wire:
            raise InstrumentError(f"{self.name}: does not hold two or four wires")

    def _compliance_for(self, compliance: float) -> float:
        """Return the compliance that is held where ``compliance`` is asked for."""
        return compliance

    @abc.abstractmethod
    def _configure(self, settings: SourceSettings) -> None:
        """Tell the instrument its settings, output off."""

    @abc.abstractmethod
    def _read_back(self, settings: SourceSettings) -> SourceSettings:
        """Return the settings that it holds; ``settings`` says which were asked for."""

    def _refuse(self, settings: SourceSettings) -> None:
        bounds, name = self._bounds, self.name
        if settings.driven not in bounds.drives:
            raise LimitError(f"{name}: cannot hold a {settings.driven}")
        if settings.driven is Driven.VOLTAGE:
            unit, other = "V", "A"
            largest, most = bounds.voltage, bounds.current
            least, measured = bounds.least_compliance_current, self.current_spec
        else:
            unit, other = "A", "V"
            largest, most = bounds.current, bounds.voltage
            least, measured = bounds.least_compliance_voltage, self.voltage_spec
        refuse_beyond(name, "a span of", settings.span, largest, unit)
        compliance = settings.compliance
        refuse_outside(name, "a compliance of", compliance, least, most, other)
        self.refuse_nplc(settings.nplc)
        if settings.delay is not None:
            longest = self.longest_delay
            refuse_outside(name, "a delay of", settings.delay, 0.0, longest, "s")
        if settings.measure_range is not None:
            end = measured.ranges[-1] * 1.05
            refuse_beyond(name, "a range of", settings.measure_range, end, other)

    def _refuse_level(self, level: float) -> None:
        settings = self._prepared
        if settings is None:
            raise InstrumentError(f"{self.name}: was not prepared before it drives")
        if not abs(level) <= settings.span * (1 + 1e-9):
            unit = "V" if settings.driven is Driven.VOLTAGE else "A"
            refuse_beyond(self.name, "a level of", level, settings.span, unit)

    @abc.abstractmethod
    def drive(self, level: float) -> float:
        """Hold ``level``, output on; return the setpoint read back."""

    @abc.abstractmethod
    def measure(self) -> SourceReading:
        """Measure voltage and current at the present level."""

    def point(self, level: float) -> tuple[float, SourceReading]:
        """Drive and measure; in one message where the instrument can."""
        return self.drive(level), self.measure()

    def make_safe(self) -> None:
        """Set the level to zero, the output off in its high-impedance state."""
        self._driven = self._asked = None
        self.safely(self._switch_off)

    @abc.abstractmethod
    def _switch_off(self) -> None:
        """Switch off and read back. InstrumentError: the output may be on."""

    @abc.abstractmethod
    def _output_state(self) -> tuple[float, bool]:
        """Return the level that is set, and whether the output is on."""

    def _driving(self, level: float, message: str, form: Callable[[str], T]) -> T:
        """Ask what drives ``level``; remember what may be held now."""
        self._refuse_level(level)
        self._asked = level
        value = self.inquire(message, form)
        self._driven, self._asked = level, None
        return value

    def _setpoint(self, text: str, level: float) -> float:
        """Return the setpoint read back; InstrumentError if it is another one."""
        return self.refuse_other_setpoint(level, number(text, self.name), self._grain)

    def _refuse_changes(self) -> None:
        """Raise InstrumentError unless settings, level and output are as they were."""
        settings = self._prepared
        if settings is None:
            return
        self.refuse_other("its setting", self._read_back(settings), settings)
        level, on = self._output_state()
        may = [held for held in (self._driven, self._asked) if held is not None]
        if on and not any(abs(level - held) <= self._grain for held in may):
            raise InstrumentError(
                f"{self.name}: its output is on at {level:g}, it was left "
                + (f"at {self._driven:g}" if self._driven is not None else "off")
            )
        if not on and self._driven is not None:
            raise InstrumentError(
                f"{self.name}: its output is off, it was left on at {self._driven:g}"
            )

    def _believe(self, reading: SourceReading, level: float | None) -> SourceReading:
        """Return ``reading``; InstrumentError if it contradicts what is driven."""
        settings = self._prepared
        if settings is None or level is None or reading.overflow:
            return reading
        volts = settings.driven is Driven.VOLTAGE
        if volts:
            held, other = reading.voltage, reading.current
            margin = self._near + LEADS * abs(other)
        else:
            held, other = reading.current, reading.voltage
            margin = self._near
        is_told = not (volts and settings.four_wire)  # a sense lead may be lifted
        if is_told and not reading.in_compliance and abs(held - level) > margin:
            raise InstrumentError(
                f"{self.name}: holds {level:g} and measures {held:g} there, beyond "
                f"±{margin:.2g} and not in compliance"
            )
        if abs(other) > self._most:
            raise InstrumentError(
                f"{self.name}: measures {other:g} with a compliance of "
                f"{settings.compliance:g}"
            )
        return reading


class ScpiSourceMeter(SourceMeterRole):
    """A source meter that is driven and switched off in the SCPI most of them share."""

    line_query = SCPI_LINE
    high_impedance: str
    """What makes the output go to high impedance; ``{node}``: VOLT or CURR."""
    _node = "VOLT"
    """What is driven."""

    def drive(self, level: float) -> float:
        """Hold ``level``, output on; return the setpoint read back."""
        node = self._node

        def form(answer: str) -> float:
            setpoint, _, output = answer.partition(";")
            self.refuse_output_off(output)
            return self._setpoint(setpoint, level)

        message = f":SOUR:{node} {level:.9E};:OUTP 1;:SOUR:{node}?;:OUTP?"
        return self._driving(level, message, form)

    def _switch_off(self) -> None:
        node = self._node
        off = self.high_impedance.format(node=node)
        self.tell(f":SOUR:{node} 0;{off};:OUTP 0")
        if self.inquire_switch(":OUTP?"):
            raise InstrumentError(f"{self.name}: the output stays on; switch it off")

    def _output_state(self) -> tuple[float, bool]:
        level, on = self.inquire_numbers(f":SOUR:{self._node}?;:OUTP?", 2, ";")
        return level, on == 1
