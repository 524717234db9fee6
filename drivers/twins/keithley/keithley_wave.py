"""What a 6221 can be told of waveforms; none is made, the bench has steady currents.

All settings are kept within the limits of the manual, a waveform of one's own and the
phase marker too. Arming one is refused: a wave that does not run would say it does.
"""

import math

from drivers.twins.scpi.commands import command, number, query, setting, switch, whole
from drivers.twins.scpi.engine import ScpiTwin
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.parameters import INFINITY, Choice, Number

POINTS = (2, 100)
"""Of a waveform, in one message."""


def _duration(text: str) -> float:
    value = Number(0.0, 999999.999, INFINITY, infinite=True)(text)
    return INFINITY if math.isinf(value) else value


class Waves(ScpiTwin):
    """SOURce:WAVE of a 6221."""

    wave = setting(
        "[:SOURce]:WAVE:FUNCtion",
        default="SIN",
        kind=Choice(
            "SINusoid|SQUare|RAMP|ARBitrary0|ARBitrary1|ARBitrary2|"
            "ARBitrary3|ARBitrary4"
        ),
    )
    frequency = number("[:SOURce]:WAVE:FREQuency", default=1e3, low=1e-3, high=1e5)
    amplitude = number("[:SOURce]:WAVE:AMPLitude", default=1e-3, low=2e-12, high=0.105)
    offset = number("[:SOURce]:WAVE:OFFSet", default=0.0, low=-0.105, high=0.105)
    duty = number("[:SOURce]:WAVE:DCYCle", default=50.0, low=0.0, high=100.0)
    duration = setting("[:SOURce]:WAVE:DURation:TIME", default=INFINITY, kind=_duration)
    cycles = setting("[:SOURce]:WAVE:DURation:CYCLes", default=INFINITY, kind=_duration)
    wave_ranging = setting(
        "[:SOURce]:WAVE:RANGing", default="BEST", kind=Choice("BEST|FIXed")
    )
    marker = switch("[:SOURce]:WAVE:PMARk:STATe")
    marker_phase = number(
        "[:SOURce]:WAVE:PMARk[:LEVel]", default=180.0, low=0.0, high=360.0
    )
    marker_line = whole("[:SOURce]:WAVE:PMARk:OLINe", default=3, low=1, high=6)
    _points: tuple[float, ...] = ()
    """Of the waveform that was sent, in units of the amplitude."""

    def changed(self, name: str) -> None:
        """Let the later of the two durations hold: time or cycles."""
        if name == "duration" and self.duration < INFINITY:
            self.cycles = min(self.duration * self.frequency, INFINITY)
        elif name == "cycles" and self.cycles < INFINITY:
            self.duration = self.cycles / self.frequency
        super().changed(name)

    @command("[:SOURce]:WAVE:ARBitrary:DATA", Number(-1.0, 1.0), rest=True)
    def _send_points(self, *points: float) -> None:
        if not POINTS[0] <= len(points) <= POINTS[1]:
            raise ScpiError(-223, f"{len(points)} points; {POINTS[0]} to {POINTS[1]}")
        self._points = points

    @command("[:SOURce]:WAVE:ARBitrary:APPend", Number(-1.0, 1.0), rest=True)
    def _send_more(self, *points: float) -> None:
        self._points += points

    @query("[:SOURce]:WAVE:ARBitrary:DATA?")
    def _tell_points(self) -> str:
        if not self._points:
            raise ScpiError(-230, "no waveform was sent")
        return ",".join(f"{point:+.6E}" for point in self._points)

    @query("[:SOURce]:WAVE:ARBitrary:POINts?")
    def _count_points(self) -> str:
        return str(len(self._points))

    @command("[:SOURce]:WAVE:ARBitrary:COPY", Number(1, 4, whole=True))
    def _copy_points(self, _location: int) -> None:
        if not self._points:
            raise ScpiError(-221, "no waveform was sent")

    @command("[:SOURce]:WAVE:ARM")
    @command("[:SOURce]:WAVE:INITiate")
    def _refuse_wave(self) -> None:
        raise ScpiError(-241, "no alternating current on this bench")

    @command("[:SOURce]:WAVE:ABORt")
    def _abort_wave(self) -> None:
        """Accept; none runs."""
