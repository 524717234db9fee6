"""What ``config.yaml`` may say."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from labctl.config.lab import LabConfig
from labctl.config.section import Section
from labctl.errors import PlacedError
from labctl.identifier_fields import Pid
from labctl.quantities import Ampere, Celsius, Hertz, Kelvin, Second, Volt
from labctl.roles.driver import LINE_FREQUENCY, Setup

LINES = (50.0, 60.0)
"""Power lines there are, Hz."""


def _line(frequency: float) -> float:
    if frequency not in LINES:
        raise ValueError(f"{frequency:g} Hz is neither 50 Hz nor 60 Hz.")
    return frequency


class StationConfig(Section):
    """The bench as a whole."""

    name: str = "bench"
    """What reports call it."""
    data: Path = Path("runs")
    """Folder for runs; relative to where labctl is started."""
    operator: str = ""
    """Who works here, unless the command line says otherwise."""
    line_frequency: Annotated[Hertz, AfterValidator(_line)] = LINE_FREQUENCY
    """Of the power line, 50 Hz or 60 Hz: instruments integrate over its cycles."""


class InstrumentConfig(Section):
    """One instrument."""

    driver: str
    """Name of a driver plug-in: ``labctl station drivers`` lists them."""
    address: str
    """IP address, VISA resource name, USB0 … of the real instrument."""
    serial: str = ""
    """If given, another serial at this address is refused."""
    pid: Pid = ""
    """DOI or handle under which this very instrument is registered (PIDINST)."""
    options: Annotated[dict[str, Any], Field(default_factory=dict)]
    """The driver's own settings."""
    simulated: Annotated[dict[str, Any], Field(default_factory=dict)]
    """What its twin is like: model, number of channels, wiring."""


class SafetyConfig(Section):
    """What no reading may leave on this bench, whatever a protocol asks for."""

    lower_voltage: Volt | None = None
    """At a cell."""
    upper_voltage: Volt | None = None
    """At a cell."""
    maximum_current: Ampere | None = None
    """Magnitude, at a cell."""
    soft_voltage_margin: Annotated[Volt, Field(gt=0)] | None = None
    """Two readings in a row within this distance of a voltage limit end a run too;
    one reading beyond the limit itself always does."""
    resume_voltage_band: Annotated[Volt, Field(gt=0)] = 0.5
    """How far a cell may be from where an interrupted run left it before current
    flows again; it relaxes by tenths of a volt, another cell is further away."""
    minimum_temperature: Celsius | None = None
    """On the surface of a cell; a run is refused where nobody measures it."""
    maximum_temperature: Celsius | None = None
    """On the surface of a cell; a run is refused where nobody measures it."""
    resume_temperature_band: Annotated[Kelvin, Field(gt=0)] = 5.0
    """How far a sample may be from where an interrupted run left it before current
    flows again, where both temperatures are known."""


class AlsoRecordConfig(Section):
    """One instrument that is recorded beside whatever runs."""

    channel: str
    """Where it is: ``oven``, ``logger/2``."""
    every: Annotated[Second, Field(gt=0)] = 10.0
    """Time between two rows; no more often than the protocol itself looks."""
    protocols: Annotated[list[str], Field(default_factory=list)]
    """Runs of which protocols; empty: of all."""


class TemperatureConfig(Section):
    """Whose thermometer is where, for one channel or one whole instrument."""

    surface: str = ""
    """The thermometer on the sample: ``logger/1``; empty: there is none."""
    ambient: str = ""
    """What measures around it: a thermometer, or the chamber it is in."""
    every: Annotated[Second, Field(gt=0)] = 10.0
    """Time between two readings; no more often than the protocol itself looks."""

    @model_validator(mode="after")
    def _measures(self) -> "TemperatureConfig":
        if not (self.surface or self.ambient):
            raise ValueError("name a thermometer, as `surface:` or as `ambient:`.")
        return self


class Config(Section):
    """The whole configuration file."""

    station: StationConfig = StationConfig()
    """The bench as a whole."""
    lab: LabConfig = LabConfig()
    """People, institution, licence, funding: what makes runs findable and citable."""
    instruments: dict[str, InstrumentConfig]
    """The instruments, by the name that the station gives them."""
    channels: dict[str, list[str]]
    """Role -> instruments that may play it, best first: ``cell: [vsp300/1]``."""
    also_record: Annotated[dict[str, AlsoRecordConfig], Field(default_factory=dict)]
    """Auxiliary of a package -> where it is and how often it is read, beside every
    protocol: ``climate: {channel: oven, every: 30 s}``."""
    temperature: Annotated[dict[str, TemperatureConfig], Field(default_factory=dict)]
    """Channel, or whole instrument -> its thermometers: ``vsp300/1: {surface:
    logger/1, ambient: oven}``."""
    safety: SafetyConfig = SafetyConfig()
    """What no reading may leave."""
    hall_sign: Annotated[int, Field(ge=-1, le=1)] = 1
    """+1 or -1: the sign of the Hall bench, found with a reference sample."""

    @model_validator(mode="after")
    def _channels_exist(self) -> "Config":
        for role, channels in self.channels.items():
            for channel in channels:
                if channel.partition("/")[0] not in self.instruments:
                    known = ", ".join(self.instruments)
                    raise PlacedError(
                        ("channels", role),
                        f"{channel} is on no instrument of this station ({known})",
                    )
        for name, aside in self.also_record.items():
            if aside.channel.partition("/")[0] not in self.instruments:
                known = ", ".join(self.instruments)
                raise PlacedError(
                    ("also_record", name, "channel"),
                    f"{aside.channel} is on no instrument of this station ({known})",
                )
        return self

    @model_validator(mode="after")
    def _thermometers_exist(self) -> "Config":
        for place, told in self.temperature.items():
            named = {"": place, "surface": told.surface, "ambient": told.ambient}
            for key, channel in named.items():
                if channel and channel.partition("/")[0] not in self.instruments:
                    known = ", ".join(self.instruments)
                    raise PlacedError(
                        ("temperature", place, *filter(None, (key,))),
                        f"{channel} is on no instrument of this station ({known})",
                    )
        return self

    def thermometers_of(self, channel: str) -> TemperatureConfig | None:
        """Return what measures the temperature at a channel; None: nothing does.

        What stands at the channel itself goes before what stands at its instrument.
        """
        told = self.temperature
        return told.get(channel) or told.get(channel.partition("/")[0])

    def setups(self) -> Iterator[Setup]:
        """Return the instruments as drivers take them."""
        for name, instrument in self.instruments.items():
            options = {**instrument.options}
            if instrument.serial:
                options["serial"] = instrument.serial
            yield Setup(
                name,
                instrument.driver,
                instrument.address,
                options,
                instrument.simulated,
                self.station.line_frequency,
            )
