"""The twin of a Lake Shore 475, its field controller included."""

import math

from drivers.twins.scpi.commands import command, query, setting, whole
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.parameters import Number
from drivers.twins.scpi.plain import PlainTwin
from drivers.twins.visa.twin import VisaTwin
from drivers.twins.world.circuit import Circuit, Imperfection
from labctl.clock import Clock

RANGES = {
    40: (3.5e-3, 3.5e-2, 0.35, 3.5),
    41: (3.5e-2, 0.35, 3.5, 35.0),
    42: (3.5e-6, 3.5e-5, 3.5e-4, 3.5e-3),
}
"""Ends in T by type of probe: HSE to 35 kG, HST to 350 kG, UHS to 35 G."""
GAIN = 2.5e-3
OFFSET = 5e-6
"""Meter and probe together, relative; and in T after a zero."""
DC = "1,"
"""How a reading's mode begins; rms and peak are 2 and 3."""
CONVERSION = 0.02
"""s, at four digits and more."""
NOISE = 3e-7
"""rms, T."""
GAUSS = {1: 1e4, 2: 1.0, 3: 1e4, 4: 795774.715}
"""Of one tesla: gauss, tesla, oersted, A/m."""
_SIGNED = Number(-1e9, 1e9)


class LakeShore475Twin(PlainTwin):
    """A simulated 475 with its probe in the magnet's gap."""

    identification = "LSCI,MODEL475,4750123,01.02.2007"
    unit = whole(":UNIT", default=1, low=1, high=4)
    automatic = whole(":AUTO", default=1, low=0, high=1)
    control = whole(":CMODE", default=0, low=0, high=1)
    relative = whole(":REL", default=0, low=0, high=1)
    temperature_unit = whole(":TUNIT", default=1, low=1, high=2)
    setpoint = setting(
        ":CSETP", default=0.0, kind=_SIGNED, shown=lambda value: f"{value:+.6E}"
    )

    def __init__(
        self,
        circuit: Circuit,
        clock: Clock,
        name: str = "gaussmeter",
        probe: int = 40,
        volts_to_current: float = 7.0,
    ) -> None:
        super().__init__(clock)
        self.circuit = circuit
        rng = circuit.random(name)
        self.errors = Imperfection.draw(rng, GAIN, OFFSET)
        self._gauss = rng.gauss
        self.probe = probe
        """Type 40 HSE, 41 HST, 42 UHS; 0 is no probe."""
        self.volts_to_current = volts_to_current
        """Supply's A per volt of control output (643: 70 A at 10 V)."""
        self.range_index = 4
        self.parameters = (10.0, 20.0, 3.0, 10.0)
        self.mode = "1,3,1,1,1"
        self._ramp = (0.0, 0.0, 0.0)
        """Start in s, first and last field in T of the setpoint's ramp."""

    def reset(self) -> None:
        """Put everything back."""
        super().reset()
        self.range_index = 4

    @property
    def ends(self) -> tuple[float, ...]:
        """Return the ends of the probe's ranges, T."""
        return RANGES.get(self.probe, RANGES[40])

    def shown_field(self, tesla: float) -> str:
        """Write a field in the present unit."""
        return f"{tesla * GAUSS[self.unit]:+.6E}"

    def measure(self) -> float:
        """Return what the probe shows, T."""
        true = self.circuit.field(self.time)
        return self.errors.apply(true, 1.0) + self._gauss(0.0, NOISE)

    @query(":RDGFIELD?")
    def _field(self) -> str:
        if not self.probe:
            return "NO PROBE"
        if not self.mode.startswith(DC):
            raise ScpiError(-221)  # the field is steady; rms and peak are not simulated
        self.time += CONVERSION
        tesla = self.measure()
        end = self.ends[-1] if self.automatic else self.ends[self.range_index - 1]
        return "OL" if abs(tesla) > end else self.shown_field(tesla)

    @command(":RANGE", Number(1, 5, whole=True))
    def _set_range(self, index: int) -> None:
        if index > len(self.ends):
            raise ScpiError(-222)
        self.range_index = index
        self.automatic = 0

    @query(":RANGE?")
    def _range(self) -> str:
        return str(self.range_index)

    @query(":TYPE?")
    def _type(self) -> str:
        return str(self.probe)

    @command(":RDGMODE", *[Number(0, 9, whole=True)] * 5)
    def _set_mode(self, *values: int) -> None:
        self.mode = ",".join(map(str, values))

    @query(":RDGMODE?")
    def _mode(self) -> str:
        return self.mode

    @query(":RDGTEMP?")
    def _temperature(self) -> str:
        return f"{self.circuit.surroundings.kelvin(self.time) - 273.15:+.6E}"

    @command(":ZPROBE")
    def _zero(self) -> None:
        self.errors.offset = 0.0

    @command(":ZCLEAR")
    @command(":MXRST")
    @command(":RELSP", _SIGNED)
    def _accept(self, *_: float) -> None:
        """Accept."""

    # The field controller: its output programs the supply.

    @command(":CPARAM", *[Number(0.0, 1e6)] * 4)
    def _set_parameters(self, *values: float) -> None:
        p, i, ramp, slope = values
        self.parameters = (p, i, ramp, slope)

    @query(":CPARAM?")
    def _parameters(self) -> str:
        return ",".join(f"{value:+.6E}" for value in self.parameters)

    def changed(self, name: str) -> None:
        """Start the loop towards a new setpoint."""
        if name != "setpoint" or not self.control:
            return
        first = self.circuit.field(self.time)
        last = self.setpoint / GAUSS[self.unit]
        self._ramp = (self.time, first, last)
        rate = self.parameters[2] / 60.0 / GAUSS[self.unit]
        magnet = self.circuit.magnet
        current = _current_for(self.circuit, last)
        # The loop is faster than the field: the supply follows the field's ramp.
        duration = max(abs(last - first) / max(rate, 1e-9), 1e-3)
        way = abs(current - magnet.ramp.at(self.time))
        if "external supply" in self.circuit.instruments:
            magnet.aim(self.time, current, max(way / duration, 1e-6))

    @query(":RAMPST?")
    def _ramping(self) -> str:
        start, first, last = self._ramp
        rate = self.parameters[2] / 60.0 / GAUSS[self.unit]
        done = start + abs(last - first) / max(rate, 1e-9)
        return "1" if self.time < done else "0"


def _current_for(circuit: Circuit, field: float) -> float:
    """Return the current that holds ``field``, remanence of the way there included."""
    magnet = circuit.magnet
    scale = magnet.tesla_per_ampere * magnet.saturation
    now = magnet.ramp.at(magnet.time)
    guess = 0.0
    for _ in range(4):
        way = guess - now
        share = 1.0 - math.exp(-abs(way) / magnet.coercive_current)
        branch = magnet.branch + (math.copysign(1.0, way) - magnet.branch) * share
        ratio = (field - magnet.remanence * branch) / scale
        guess = magnet.saturation * math.atanh(max(-0.999, min(0.999, ratio)))
    return guess


twin = VisaTwin(LakeShore475Twin)
