"""What a voltmeter and an ammeter do alike: refuse, set up, read back, compare.

A model's class says which messages set it up and how it is read; the order and the
refusals are here. After a lost link the settings must be as they were left.
"""

import abc
import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Generic, TypeVar

from drivers.specification import Specification
from drivers.visa.power_line import Integrating
from drivers.visa.talk import refuse_beyond, refuse_outside
from labctl.errors import InstrumentError
from labctl.roles.accuracy import Accuracy
from labctl.roles.channel_accuracy import ChannelAccuracy
from labctl.roles.electrometer import ElectrometerSettings
from labctl.roles.voltmeter import VoltageReading, VoltmeterSettings

S = TypeVar("S", VoltmeterSettings, ElectrometerSettings)

AVERAGES = (1, 100)
INTEGRATIONS = 3.0
"""So many a reading takes at most, with autozero."""


class MeterRole(Integrating, abc.ABC, Generic[S]):
    """Plays the half of `Voltmeter` or `Electrometer` that sets the meter up."""

    spec: Specification
    largest: tuple[float, str]
    """What the largest range reaches, with over-range, and its unit."""
    nplc_query: str
    range_query: str
    _prepared: S

    @property
    def accuracy(self) -> Accuracy:
        """Return the limits of error on the prepared range; auto: on the smallest."""
        return Accuracy(*self.spec.limit_at(self._prepared.range or 0.0))

    def stated_accuracy(self) -> ChannelAccuracy:
        """See `labctl.roles.channel_accuracy.StatesAccuracy`."""
        if self.largest[1] == "V":
            return ChannelAccuracy(voltage=self.spec.stated())
        return ChannelAccuracy(current=self.spec.stated())

    def prepare(self, settings: S) -> S:
        """Configure; return the settings read back."""
        self.refuse_nplc(settings.nplc)
        refuse_outside(self.name, "averages", settings.averages, *AVERAGES, "")
        if settings.range is not None:
            refuse_beyond(self.name, "a range of", settings.range, *self.largest)
        self.trust()
        self.refuse_other_line()
        self.allow(INTEGRATIONS * settings.averages * self.seconds(settings.nplc))
        for message in self._messages(settings):
            self.tell(message)
        self.refuse_errors("it was prepared")
        self._refuse_unready()
        self._prepared = self.agreed(
            lambda: self._read_back(settings),
            lambda held: self._refuse_unlike(settings, held),
        )
        self.link.expect(self, self._refuse_changes)
        return self._prepared

    @abc.abstractmethod
    def _messages(self, settings: S) -> Iterable[str]:
        """Return what sets the meter up."""

    def _refuse_unready(self) -> None:
        """Raise InstrumentError if what was told did not make the meter ready."""

    def _read_back(self, settings: S) -> S:
        ranged = self.inquire_number(self.range_query)
        return replace(
            settings,
            nplc=self.inquire_number(self.nplc_query),
            range=None if settings.range is None else ranged,
        )

    def _refuse_unlike(self, asked: S, held: S) -> None:
        far = self.refuse_far
        far("nplc", asked.nplc, held.nplc)
        far("averages", asked.averages, held.averages)
        if asked.range is not None and held.range is not None:
            far("a range of", self.spec.range_for(asked.range), held.range)

    def _refuse_changes(self) -> None:
        """Raise InstrumentError unless the settings are as they were left."""
        settings = self._prepared
        self.refuse_other("its setting", self._read_back(settings), settings)


class VoltmeterRole(MeterRole[VoltmeterSettings]):
    """A meter that plays `labctl.roles.voltmeter.Voltmeter`."""

    averages_query: str
    """What asks over how many readings the digital filter goes, on or off."""
    _prepared = VoltmeterSettings()

    def _read_back(self, settings: VoltmeterSettings) -> VoltmeterSettings:
        averages = self.inquire_whole(self.averages_query)
        held = super()._read_back(settings)
        return replace(held, averages=averages if settings.averages > 1 else 1)

    def read(self) -> VoltageReading:
        """Take one fresh reading."""
        value = self.inquire_number(":READ?")
        return VoltageReading(value, math.nan, math.isnan(value))


class ElectrometerRole(MeterRole[ElectrometerSettings]):
    """A meter whose input is closed (zero check) until it is prepared."""

    largest = (0.021, "A")
    nplc_query = ":SENS:CURR:NPLC?"
    range_query = ":SENS:CURR:RANG?"
    _prepared = ElectrometerSettings()
    _is_open = False
    """Whether the input is open: prepared, and not made safe since."""

    def prepare(self, settings: ElectrometerSettings) -> ElectrometerSettings:
        """Configure and correct the zero; return the settings read back."""
        held = super().prepare(settings)
        self._is_open = True
        return held

    def trust(self) -> None:
        """See `Talk.trust`; until the zero is corrected the input counts as closed."""
        self._is_open = False
        super().trust()

    def _refuse_unready(self) -> None:
        if self.inquire_switch(":SYST:ZCH?"):
            raise InstrumentError(f"{self.name}: zero check stays on")

    def _refuse_changes(self) -> None:
        """Raise InstrumentError unless settings and input are as they were left."""
        if not self._is_open:
            return
        super()._refuse_changes()
        if self.inquire_switch(":SYST:ZCH?"):
            raise InstrumentError(f"{self.name}: zero check is on, it was left off")
