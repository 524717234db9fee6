"""A source meter's SCPI as far as makers agree: source, ranges that follow, output.

A model's class declares its levels, limits and ranges as settings under the names
here, with its own patterns and limits; what they do to one another and to the bench
stands here.
"""

import abc

from drivers.specification import OVER, Specification
from drivers.twins.scpi.commands import command, query, switch
from drivers.twins.scpi.engine import ScpiTwin
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.parameters import boolean
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.front_end import Measured, SourceFrontEnd
from labctl.clock import Clock

LEVEL = "[:SOURce]:{}[:LEVel][:IMMediate][:AMPLitude]"


class SourceMeterTwin(ScpiTwin, abc.ABC):
    """A simulated source meter."""

    voltage_spec: Specification
    current_spec: Specification
    source_function: str
    """``VOLT`` or ``CURR``."""
    voltage_level: float
    current_level: float
    voltage_limit: float
    current_limit: float
    voltage_range: float
    current_range: float
    """Of the source."""
    voltage_sense_range: float
    current_sense_range: float
    voltage_source_auto = switch("[:SOURce]:VOLTage:RANGe:AUTO", default=True)
    current_source_auto = switch("[:SOURce]:CURRent:RANGe:AUTO", default=True)
    voltage_sense_auto = switch(":SENSe:VOLTage[:DC]:RANGe:AUTO", default=True)
    current_sense_auto = switch(":SENSe:CURRent[:DC]:RANGe:AUTO", default=True)

    def __init__(
        self,
        circuit: Circuit,
        clock: Clock,
        name: str = "smu",
        interlock_open: bool = False,
    ) -> None:
        super().__init__(clock)
        self.circuit = circuit
        self.front = SourceFrontEnd(
            circuit, name, self.voltage_spec, self.current_spec, f"{name}/cell"
        )
        self.interlock_open = interlock_open
        self.epoch = clock.now()
        self.make_default()

    def make_default(self) -> None:
        """Put back what is no setting, output off."""
        self.output = False
        self.apply()

    def reset(self) -> None:
        """Put everything back, output off."""
        super().reset()
        self.make_default()

    @property
    def holds_voltage(self) -> bool:
        """Whether a voltage is driven."""
        return self.source_function == "VOLT"

    @property
    @abc.abstractmethod
    def remote_sense(self) -> bool:
        """Whether the voltage is measured at the sense terminals."""

    def changed(self, name: str) -> None:
        """Let ranges follow, and bring source and limits onto the bench."""
        quantity, _, what = name.partition("_")
        spec = self.voltage_spec if quantity == "voltage" else self.current_spec
        if what == "level":
            self.follow(quantity, self.settings[name], spec)
        elif what == "range":
            self._choose(name, f"{quantity}_source_auto", spec)
        elif what == "sense_range":
            self._choose(name, f"{quantity}_sense_auto", spec)
        self.apply()

    def follow(self, quantity: str, level: float, spec: Specification) -> None:
        """Take the source range of a new level. ScpiError: a fixed one is too small."""
        if self.settings[f"{quantity}_source_auto"]:
            self.settings[f"{quantity}_range"] = spec.range_for(level)
        elif abs(level) > self.settings[f"{quantity}_range"] * OVER * (1 + 1e-9):
            raise ScpiError(-222, f"{level:g} is beyond the fixed source range")

    def _choose(self, name: str, auto: str, spec: Specification) -> None:
        asked = self.settings[name]
        if not spec.fits(asked):
            raise ScpiError(-222, f"{asked:g}")
        self.settings[name] = spec.range_for(asked)
        self.settings[auto] = False

    def apply(self) -> None:
        """Bring the settings onto the bench."""
        source = self.front.source
        source.on, source.holds_voltage = self.output, self.holds_voltage
        if source.holds_voltage:
            source.level, source.limit = self.voltage_level, self.current_limit
        else:
            source.level, source.limit = self.current_level, self.voltage_limit
        source.remote = self.remote_sense
        source.when_off = self.taken_when_off
        self.front.follow(self.time)

    @property
    def taken_when_off(self) -> float:
        """A that it takes at 0 V at most while it is off; 0 is high impedance."""
        return 0.0

    def measure(self, nplc: float) -> Measured:
        """Measure both quantities; what is driven is measured on its source range."""
        volts = None if self.voltage_sense_auto else self.voltage_sense_range
        amperes = None if self.current_sense_auto else self.current_sense_range
        if self.holds_voltage:
            volts = self.voltage_range
        else:
            amperes = self.current_range
        return self.front.measure(self.time, nplc, volts, amperes)

    def is_limited(self) -> bool:
        """Tell whether the output is on and at its limit."""
        return self.output and self.front.operate(self.time).in_limit

    def refuse_output(self) -> None:
        """Raise ScpiError if the output may not be switched on."""

    @command(":OUTPut[:STATe]", boolean)
    def _set_output(self, on: bool) -> None:
        if on:
            self.refuse_output()
        self.output = self.front.source.on = on
        if on:
            self.front.connect()
        self.front.follow(self.time)

    @query(":OUTPut[:STATe]?")
    def _output(self) -> bool:
        return self.output
