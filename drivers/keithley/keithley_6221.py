"""Keithley 6220 and 6221 current sources, and delta mode with a 2182A behind them.

PyMeasure's ``Keithley6221`` clips 0.2 A to 0.105 A without a word; here every level
is refused before it is sent, and stopping is SOURce:CLEar, which also sets zero.
Delta (reference manual, section 5): the 2182A hangs on the 6221's RS-232 and trigger
link; each value is (V1 - 2 V2 + V3)/4, which cancels constant and drifting EMFs.
Its readings are fetched while it runs: TRACe:POINts:ACTual? and TRACe:DATA:SELected?
(section 6, table 6-4; the first reading is number 0).
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.specification import Specification
from drivers.visa.numbers import number
from drivers.visa.opening import VisaDriver
from drivers.visa.power_line import SCPI_LINE, Integrating
from drivers.visa.talk import refuse_beyond, refuse_outside
from labctl.clock import Clock
from labctl.errors import InstrumentError, LinkError
from labctl.roles.accuracy import Accuracy
from labctl.roles.channel_accuracy import ChannelAccuracy
from labctl.roles.current_source import CurrentBounds, CurrentSettings
from labctl.roles.delta_meter import DeltaReadings, DeltaSettings
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity

CURRENT = Specification.by_range(
    (2e-9, 4e-3, 2e-12),
    (2e-8, 3e-3, 1e-11),
    (2e-7, 3e-3, 1e-10),
    (2e-6, 1e-3, 1e-9),
    (2e-5, 5e-4, 1e-8),
    (2e-4, 5e-4, 1e-7),
    (2e-3, 5e-4, 1e-6),
    (2e-2, 5e-4, 1e-5),
    (0.1, 1e-3, 5e-5),
)
"""One-year limits of error of the output, range by range."""
VOLTMETER_GAIN = 5e-5
"""Of the 2182A, relative."""
LARGEST_CURRENT = 0.105
COMPLIANCE = (0.1, 105.0)
DELAY = (1e-3, 9999.999)
COUNT = (1, 65536)
CHUNK = 1000
"""Readings fetched in one answer."""


class Keithley6221(Integrating):
    """A 6220 or 6221 that plays `CurrentSource` and `DeltaMeter`."""

    instrument_class = "pymeasure.instruments.keithley:Keithley6221"
    line_query = SCPI_LINE
    nplc_limits = (0.01, 60.0)
    longest_integration = 1.0

    def __init__(
        self, adapter: Any, identity: Identity, setup: Setup, clock: Clock
    ) -> None:
        super().__init__(adapter, identity, setup, clock)
        self._prepared: CurrentSettings | None = None
        self._delta: _Delta | None = None
        self._pair: float | None = None
        """High level of the last delta that was armed, A."""
        self._held: tuple[float, ...] = ()
        """Levels that may be held now; none: the output is off."""

    @property
    def bounds(self) -> CurrentBounds:
        """Return ±105 mA and 0.1 to 105 V."""
        return CurrentBounds(LARGEST_CURRENT, COMPLIANCE[1], COMPLIANCE[0])

    @property
    def accuracy(self) -> Accuracy:
        """Return the limits of error of the output on the prepared range."""
        span = LARGEST_CURRENT if self._prepared is None else self._prepared.span
        return Accuracy(*CURRENT.limit_at(span))

    def stated_accuracy(self) -> ChannelAccuracy:
        """See `labctl.roles.channel_accuracy.StatesAccuracy`."""
        return ChannelAccuracy(driven_current=CURRENT.stated())

    @property
    def current_accuracy(self) -> Accuracy:
        """Return the limits of error of a delta current; reversal cancels offsets.

        Before a measurement is armed: those of the least exact range.
        """
        if self._pair is None:
            return Accuracy(CURRENT.gain, 0.0)
        return Accuracy(CURRENT.limit_at(self._pair)[0], 0.0)

    @property
    def voltage_accuracy(self) -> Accuracy:
        """Return the 2182A's limits of error; reversal cancels offsets."""
        return Accuracy(VOLTMETER_GAIN, 0.0)

    def prepare(self, settings: CurrentSettings) -> CurrentSettings:
        """Configure with the output off; return the settings read back."""
        name = self.name
        refuse_beyond(name, "a span of", settings.span, LARGEST_CURRENT, "A")
        refuse_outside(name, "a compliance of", settings.compliance, *COMPLIANCE, "V")
        self._prepared = self._delta = None
        self._held = ()
        self.trust()
        self.link.expect(self, self._refuse_changes)
        for message in (
            ":SOUR:CLE",
            "*RST;*CLS",
            f":SOUR:CURR:RANG {CURRENT.range_for(settings.span):.3E}",
            f":SOUR:CURR:COMP {settings.compliance:.6g}",
            f":SOUR:CURR:FILT {int(settings.filtered)}",
        ):
            self.tell(message)
        self._refuse_open_interlock()
        self.refuse_errors("it was prepared")
        self._prepared = self.agreed(
            lambda: self._read_back(settings),
            lambda held: self._refuse_unlike(settings, held),
        )
        return self._prepared

    def _refuse_unlike(self, asked: CurrentSettings, held: CurrentSettings) -> None:
        self.refuse_far("a compliance of", asked.compliance, held.compliance)
        if asked.filtered != held.filtered:
            raise InstrumentError(f"{self.name}: does not hold its filter")

    def _read_back(self, settings: CurrentSettings) -> CurrentSettings:
        return replace(
            settings,
            compliance=self.inquire_number(":SOUR:CURR:COMP?"),
            filtered=self.inquire_switch(":SOUR:CURR:FILT?"),
        )

    def _refuse_changes(self) -> None:
        """Raise InstrumentError unless settings, level and output are as they were."""
        settings = self._prepared
        if settings is None:
            return
        self.refuse_other("its setting", self._read_back(settings), settings)
        level, on = self.inquire_numbers(":SOUR:CURR?;:OUTP?", 2, ";")
        grain = 1e-4 * CURRENT.range_for(settings.span)
        held = any(abs(level - may) <= grain for may in self._held)
        if (on == 1) != bool(self._held) or (on == 1 and not held):
            raise InstrumentError(
                f"{self.name}: its output is {'on' if on == 1 else 'off'} at {level:g} "
                f"A, it was left {self._held or 'off'}"
            )

    def _refuse_open_interlock(self) -> None:
        if not self.inquire_switch(":OUTP:INT:TRIP?"):
            raise InstrumentError(
                f"{self.name}: its interlock is open; close the fixture's lid"
            )

    def drive(self, current: float) -> float:
        """Hold ``current``, output on; return the setpoint read back."""
        if self._prepared is None:
            raise InstrumentError(f"{self.name}: was not prepared before it drives")
        span = self._prepared.span
        refuse_beyond(self.name, "a current of", current, span, "A")
        was_off = not self._held
        self._held = (*self._held[-1:], current)

        def form(answer: str) -> float:
            level, _, output = answer.partition(";")
            back = number(level, self.name)
            self.refuse_output_off(output)
            grain = 1e-4 * CURRENT.range_for(span)
            return self.refuse_other_setpoint(current, back, grain)

        try:
            back = self.inquire(
                f":SOUR:CURR {current:.9E};:OUTP 1;:SOUR:CURR?;:OUTP?", form
            )
        except LinkError:
            raise
        except InstrumentError:
            if was_off:
                self._refuse_open_interlock()
            raise
        self._held = (current,)
        return back

    def in_compliance(self) -> bool:
        """Return whether the voltage limit holds the current back now."""
        return self.inquire_switch(":CALC3:LIM:FAIL?")

    def make_safe(self) -> None:
        """Set the current to zero, then the output off; a delta's buffer is kept."""
        self._held = ()
        if self._delta is not None:
            self._delta.stopped = True
        self.safely(self._switch_off)

    def _switch_off(self) -> None:
        self.tell(":SOUR:SWE:ABOR")
        self.tell(":SOUR:CLE")
        if self.inquire_switch(":OUTP?"):
            raise InstrumentError(f"{self.name}: the output stays on; switch it off")

    def arm(self, settings: DeltaSettings) -> float:
        """Configure a delta measurement, output on; return the high level read back."""
        self._refuse_delta(settings)
        self.trust()
        self.refuse_other_line()
        self._delta = self._prepared = None
        self._held = ()
        if not self.inquire_switch(":SOUR:DELT:NVPR?"):
            raise InstrumentError(
                f"{self.name}: no 2182A answers on its RS-232; set it to RS-232, "
                "19200 baud, XonXoff, LF and check the cable"
            )
        count = settings.count
        ranged = settings.voltage_range
        for message in (
            ":SOUR:CLE",
            "*RST;*CLS",
            f':SYST:COMM:SER:SEND "VOLT:NPLC {settings.nplc:g}"',
            ':SYST:COMM:SER:SEND "VOLT:RANG:AUTO ON"'
            if ranged is None
            else f':SYST:COMM:SER:SEND "VOLT:RANG {ranged:g}"',
            f":SOUR:CURR:COMP {settings.compliance:.6g}",
            ":FORM:ELEM READ,TST,COMP",
            ":UNIT:VOLT:DC V",
            f":SOUR:DELT:HIGH {settings.current:.9E}",
            f":SOUR:DELT:DEL {settings.delay:.6g}",
            f":SOUR:DELT:COUN {count}",
            ":SOUR:DELT:CAB 0",
            ":TRAC:CLE",  # *RST leaves what an earlier measurement stored
            f":TRAC:POIN {count}",
            ":SOUR:DELT:ARM",
        ):
            self.tell(message)
        self._refuse_open_interlock()
        self.refuse_errors("delta was armed")
        high = self.inquire_number(":SOUR:DELT:HIGH?")
        self.refuse_other_setpoint(
            settings.current, high, 1e-4 * CURRENT.range_for(high)
        )
        integration = 2.0 * self.seconds(settings.nplc)
        expected = (count + 2) * (settings.delay + integration + 0.05)
        self._pair = high
        self._delta = _Delta(count, high, 3.0 * expected + 10.0)
        return high

    def start(self) -> None:
        """Begin what is armed. Returns at once."""
        if self._delta is None or self._delta.stopped:
            raise InstrumentError(f"{self.name}: delta was not armed before it starts")
        self._delta.deadline = self._clock.now() + self._delta.patience
        self.tell(":INIT:IMM", again=False)

    def collect(self) -> DeltaReadings:
        """Return the delta readings that came since the last call."""
        delta = self._delta
        if delta is None:
            return _readings(np.empty((0, 3)), math.nan, done=True)
        stored = self._stored(delta)
        wanted = min(stored - delta.fetched, CHUNK)
        table = np.empty((0, 3))
        if wanted:
            first = delta.fetched
            table = self.inquire(
                f":TRAC:DATA:SEL? {first},{wanted}",
                lambda answer: self._parse(answer, wanted),
            )
            delta.fetched += wanted
        all_there = stored if delta.stopped else delta.count
        done = delta.fetched >= all_there
        if done:
            self._delta = None
        elif not delta.stopped and self._clock.now() > delta.deadline:
            self.refuse_errors("delta ran")
            raise InstrumentError(
                f"{self.name}: {stored} of {delta.count} delta readings in "
                f"{delta.patience:.0f} s; check the trigger link to the 2182A"
            )
        return _readings(table, delta.high, done=done)

    def _stored(self, delta: "_Delta") -> int:
        """Return how many readings the buffer holds; never fewer than before."""

        def form(text: str) -> int:
            stored = number(text, self.name)
            known = delta.fetched <= stored <= delta.count  # refuses NaN, too
            if not (known and stored.is_integer()):
                raise InstrumentError(
                    f"{self.name}: tells of {stored:g} stored delta readings, "
                    f"{delta.fetched} to {delta.count} can be"
                )
            return int(stored)

        return self.inquire(":TRAC:POIN:ACT?", form)

    def _refuse_delta(self, settings: DeltaSettings) -> None:
        name = self.name
        if not settings.current > 0:
            refuse_outside(name, "a delta current of", settings.current, 0, 0.105, "A")
        refuse_beyond(name, "a delta current of", settings.current, 0.105, "A")
        refuse_outside(name, "a compliance of", settings.compliance, *COMPLIANCE, "V")
        refuse_outside(name, "a count of", settings.count, *COUNT, "")
        refuse_outside(name, "a delay of", settings.delay, *DELAY, "s")
        self.refuse_nplc(settings.nplc)

    def _parse(self, answer: str, count: int) -> NDArray[np.float64]:
        """Return voltage, time and compliance of each reading, shape (n, 3)."""
        fields = [number(field, self.name) for field in answer.split(",")]
        if len(fields) != 3 * count:
            raise InstrumentError(
                f"{self.name}: {count} delta readings came as {len(fields)} numbers"
            )
        return np.array(fields).reshape(-1, 3)


@dataclass(slots=True)
class _Delta:
    """A delta measurement from `arm` until its last reading is collected."""

    count: int
    high: float
    """A, read back."""
    patience: float
    """s that it may take."""
    deadline: float = math.inf
    """Of the clock."""
    fetched: int = 0
    stopped: bool = False


def _readings(table: NDArray[np.float64], high: float, *, done: bool) -> DeltaReadings:
    limited = table[:, 2] != 0
    return DeltaReadings(table[:, 0], table[:, 1], high, limited, done)


driver = VisaDriver(("6220", "6221"), Keithley6221)
