"""What ``temperature:`` of the configuration comes to for one run.

The first role of the cast whose channel has a thermometer decides for each of the two
columns. A role that plays a chamber measures what is around the sample, where nothing
is configured for that. Nobody lends a thermometer: any number of runs may read it.
"""

import functools
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from labctl import columns
from labctl.config.models import Config
from labctl.data import Column, Event, Level, Stream
from labctl.errors import (
    Complaint,
    InstrumentError,
    LabctlError,
    LinkError,
    RefusedError,
)
from labctl.figures.figure import Plot
from labctl.protocol import Protocol
from labctl.roles.chamber import Chamber, ChamberReading
from labctl.roles.playing import plays
from labctl.roles.thermometer import StatesTemperatureAccuracy, Thermometer
from labctl.session.auxiliaries import Aside, opened
from labctl.station import Station
from labctl.waits import tell

SECTION = "temperature"
COLDEST, HOTTEST = -273.15, 3000.0
"""°C; what lies beyond is no temperature. An input without a sensor may read 0 K."""
EVERY = 10.0
"""s between two looks at a chamber that the run itself drives."""


@dataclass(frozen=True, slots=True)
class TemperatureBeside:
    """An `Auxiliary` without rows of its own: its reading stands in those of others."""

    column: Column
    role: type = Thermometer
    plots: Sequence[Plot] = ()

    @property
    def stream(self) -> Stream:
        """See `Auxiliary.stream`."""
        return Stream(columns.LIVE, (self.column,))

    def read(self, player: Thermometer) -> Mapping[str, float]:
        """See `Auxiliary.read`. InstrumentError: the sensor says nothing."""
        celsius = float(player.celsius())
        if not COLDEST < celsius < HOTTEST:  # NaN too
            said = "" if math.isnan(celsius) else f" (it reads {celsius:g} °C)"
            raise InstrumentError(
                f"the sensor is open, shorted or beyond its curve{said}; look at its "
                "leads"
            )
        return {self.column.name: celsius}


@dataclass(slots=True)
class ChamberAir:
    """The sensor by which a chamber regulates, as a thermometer."""

    chamber: Chamber
    name: str = ""
    """As the configuration calls it; empty: the run drives it itself, and knows."""
    _before: ChamberReading | None = None
    _moves: bool = False
    """Whether it was another at the last look: a ramp is told once."""

    def celsius(self) -> float:
        """See `Thermometer.celsius`; what others do with the chamber is told."""
        now, before = self.chamber.read(), self._before
        moved = before is not None and not _is_alike(now, before)
        if self.name and before and moved and not self._moves:
            text = (
                f"{self.name} {_said(now)} now, and {_said(before)} before; another "
                "run or a person changes the temperature of what is measured here"
            )
            tell(Event(Level.WARNING, "temperature", text))
        self._before, self._moves = now, moved
        return now.celsius


def _is_alike(one: ChamberReading, other: ChamberReading) -> bool:
    same = one.setpoint == other.setpoint or (
        math.isnan(one.setpoint) and math.isnan(other.setpoint)
    )
    return same and one.regulates is other.regulates


def _said(reading: ChamberReading) -> str:
    point = "" if math.isnan(reading.setpoint) else f" to {reading.setpoint:g} °C"
    return f"regulates{point}" if reading.regulates else "does not regulate"


def as_thermometer(player: object, name: str = "") -> object:
    """Return a player that measures a temperature, a chamber by its own sensor.

    ``name``: see `ChamberAir`.
    """
    if plays(player, Chamber) and not plays(player, Thermometer):
        return ChamberAir(player, name)  # type: ignore[arg-type]
    return player


def on_the_sample(player: object) -> object:
    """Return a player that measures a sample. InstrumentError: it is a chamber."""
    if plays(player, Chamber):
        raise InstrumentError(
            "a chamber measures what is around the sample, not its surface; write "
            "`ambient:` instead of `surface:`"
        )
    return player


def thermometers_of(
    config: Config, protocol: Protocol, cast: Mapping[str, str]
) -> tuple[Aside, ...]:
    """Return whose readings the rows of a run have: surface first, then ambient."""
    found: dict[str, Aside] = {}
    own = {
        cast[r] for r, kind in protocol.roles().items() if kind is Chamber and r in cast
    }
    for channel in cast.values():
        told = config.thermometers_of(channel)
        if told is None:
            continue
        for column, key, where in (
            (columns.SURFACE_TEMPERATURE, "surface", told.surface),
            (columns.AMBIENT_TEMPERATURE, "ambient", told.ambient),
        ):
            if where:
                name = f"{channel}.{key}"
                found.setdefault(
                    column.name, _aside(name, column, where, told.every, own)
                )
    for role, kind in protocol.roles().items():
        if kind is Chamber and role in cast:
            column = columns.AMBIENT_TEMPERATURE
            aside = _aside(f"{cast[role]}.ambient", column, cast[role], EVERY, own)
            found.setdefault(column.name, aside)
    order = [column.name for column in columns.TEMPERATURES]
    return tuple(found[name] for name in order if name in found)


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking a run's thermometers before it begins."""

    complaints: tuple[Complaint, ...] = ()
    unknown: tuple[Complaint, ...] = ()
    """Which ones do not answer now; they are asked again when the run starts."""


def asked(asides: Iterable[Aside], station: Station) -> Asked:
    """Connect the thermometers among ``asides`` and look whether they are any."""
    complaints: list[Complaint] = []
    unknown: list[Complaint] = []
    for each in asides:
        if each.section != SECTION:
            continue
        try:
            opened((each,), station)
        except RefusedError as refused:
            complaints += refused.complaints
        except LinkError as error:
            unknown.append(Complaint((SECTION, each.name), f"{error}."))
        except LabctlError as error:
            complaints.append(Complaint((SECTION, each.name), f"{error}."))
    return Asked(tuple(complaints), tuple(unknown))


def _aside(
    name: str, column: Column, channel: str, every: float, own: Collection[str]
) -> Aside:
    """Return how a thermometer is read; ``own`` are the chambers of the run itself."""
    ambient = column is columns.AMBIENT_TEMPERATURE
    watched = "" if channel in own else channel
    air = functools.partial(as_thermometer, name=watched)
    adapt = air if ambient else on_the_sample
    return Aside(name, TemperatureBeside(column), channel, every, SECTION, adapt)


def uncertainty_of(player: object, celsius: float = 25.0) -> float:
    """Return the standard uncertainty that a thermometer states, K; NaN: none."""
    if isinstance(player, StatesTemperatureAccuracy):
        return float(player.temperature_uncertainty(celsius))
    return math.nan
