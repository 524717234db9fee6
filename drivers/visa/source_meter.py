"""What all source meters do before a message leaves: refuse, remember, compare.

A model's class says how it is configured, read back, driven and read; the order and
the refusals are here, so that no model can forget one.
"""

from drivers.visa.talk import Talk, refuse_beyond, refuse_outside
from drivers.world.front_end import Specification
from labctl.errors import InstrumentError, LimitError
from labctl.roles.accuracy import Accuracy
from labctl.roles.source_meter import (
    Driven,
    SourceBounds,
    SourceReading,
    SourceSettings,
)

SLOWEST_LINE = 50.0
"""Hz; with autozero a reading takes up to three integrations."""


class SourceMeterRole(Talk):
    """Plays `labctl.roles.source_meter.SourceMeter` in an instrument's class."""

    voltage_spec: Specification
    current_spec: Specification
    nplc_limits: tuple[float, float] = (0.01, 10.0)
    longest_delay = 9999.998
    """s."""
    _bounds: SourceBounds
    _prepared: SourceSettings | None = None
    _grain = 0.0
    """A setpoint read back may differ by so much."""

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

    def _accuracy(self, spec: Specification, quantity: Driven) -> Accuracy:
        settings = self._prepared
        size = spec.ranges[-1]
        if settings is not None:
            if settings.driven is quantity:
                size = settings.span
            else:
                size = settings.measure_range or settings.compliance
        return Accuracy(spec.gain, spec.offset * spec.range_for(size))

    def prepare(self, settings: SourceSettings) -> SourceSettings:
        """Configure with the output off; return the settings read back."""
        self._refuse(settings)
        self._prepared = None
        self.allow((settings.delay or 0.1) + 4.0 * settings.nplc / SLOWEST_LINE)
        self._configure(settings)
        self._prepared = self._read_back(settings)
        volts = settings.driven is Driven.VOLTAGE
        spec = self.voltage_spec if volts else self.current_spec
        self._grain = 1e-4 * spec.range_for(settings.span)
        return self._prepared

    def _configure(self, settings: SourceSettings) -> None:
        raise NotImplementedError

    def _read_back(self, settings: SourceSettings) -> SourceSettings:
        raise NotImplementedError

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
        refuse_outside(name, "nplc", settings.nplc, *self.nplc_limits, "")
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

    def drive(self, level: float) -> float:
        """Hold ``level``, output on; return the setpoint read back."""
        raise NotImplementedError

    def measure(self) -> SourceReading:
        """Measure voltage and current at the present level."""
        raise NotImplementedError

    def point(self, level: float) -> tuple[float, SourceReading]:
        """Drive and measure; in one message where the instrument can."""
        return self.drive(level), self.measure()
