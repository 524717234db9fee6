"""A spectrum in flight on a twin: a hold, then one sine after the other.

The impedance is the cell's own, linearised at the state it has in the middle of each
point, while the direct current goes on changing it. A voltage that drifts by s V/s
during a galvanostatic point leaks −2s/(ωÎ) into Re Z (the Fourier integral of a ramp
over whole periods, sine phase), unless drift correction is on; likewise for PEIS.
"""

import cmath
import math
import typing

from drivers.twins.biologic.front_end import SINE_NOISE, FrontEnd, Noise
from drivers.twins.biologic.holding import Channel
from drivers.twins.biologic.in_flight import TechniqueInFlight
from drivers.twins.biologic.techniques import LoadedTechnique, Sweep
from drivers.twins.world.kernel.rows import TOLERANCE


class SweepChannel(Channel, typing.Protocol):
    """What a spectrum needs beyond a run's."""

    @property
    def noise(self) -> Noise:
        """Return the channel's noise."""
        ...

    def begin_process(self, process: int, start: float) -> None:
        """Let the next rows belong to another process of the technique."""
        ...


class SpectrumInFlight(TechniqueInFlight):
    """The hold of process 0, then the points of process 1."""

    def __init__(
        self,
        channel: SweepChannel,
        technique: LoadedTechnique,
        sweep: Sweep,
        front: FrontEnd,
        start: float,
    ) -> None:
        self._sweep = sweep
        self._own = channel
        self._point = -1
        self._window = (start, 0.0, 0.0)
        self._middle = math.inf
        self._impedance = 0j
        super().__init__(channel, technique, front, start)

    def _is_plain(self) -> bool:
        return False  # points follow, whose steps end in their middles

    def _end_stage(self, time: float, *, fired: bool) -> None:
        if self._point < 0:
            self._own.begin_process(1, self.start)
            self._begin_point(time)
        else:
            super()._end_stage(time, fired=fired)

    def shorten(self, duration: float) -> None:
        """Shorten the hold; the sweep itself keeps its length."""
        if self._point < 0:
            super().shorten(duration)

    def _begin_point(self, time: float) -> None:
        self._point += 1
        if self._point >= len(self._sweep.frequencies):
            self.done = True
            self.frequency = 0.0
            return
        self.frequency = self._sweep.frequencies[self._point]
        duration = self._sweep.duration(self.frequency)
        voltage, current = self.channel.socket.live
        self._window = (time, voltage, current)
        self._middle, self._end = time + 0.5 * duration, time + duration
        self._cap = 0.5 * duration

    def _step(self, end: float, *, keep: bool) -> bool:
        if self._point < 0:
            return super()._step(end, keep=keep)
        socket = self.channel.socket
        at_middle = socket.time < self._middle - TOLERANCE
        if at_middle and end > self._middle:
            end = self._middle
        mark = socket.cell.mark()
        _, voltage, current = self._drive(end - socket.time, mark)
        if not keep:
            socket.cell.rewind(mark)
            socket.live = (voltage, current)
            self._peeked = end
            return False
        self._now, self._peeked = (voltage, current), -math.inf
        if at_middle and end >= self._middle - TOLERANCE:
            z = socket.cell.impedance([self.frequency], current)
            self._impedance = complex(z[0])
        socket.arrive(end, voltage, current)
        if end >= self._end - TOLERANCE:
            self._finish_point(end, voltage, current)
        return True

    def _finish_point(self, time: float, voltage: float, current: float) -> None:
        sweep, begun = self._sweep, self._window
        omega = 2.0 * math.pi * self.frequency
        span = self.front.voltage_span
        current_span = self.front.largest_current
        z = self.front.imperfections.impedance(self.frequency, self._impedance)
        if sweep.galvanostatic:
            sine_current: complex = sweep.amplitude
            drift = (voltage - begun[1]) / (time - begun[0])
            leak = 0.0 if sweep.correction else -2.0 * drift / omega
            sine_voltage = z * sine_current + leak
        else:
            sine_voltage = complex(sweep.amplitude)
            drift = (current - begun[2]) / (time - begun[0])
            leak = 0.0 if sweep.correction else -2.0 * drift / omega
            sine_current = sine_voltage / z + leak
        scale = SINE_NOISE / math.sqrt(sweep.averages)
        a, b, c, d = self._own.noise.take(4).tolist()
        sine_voltage += complex(a, b) * span * scale
        sine_current += complex(c, d) * current_span * scale
        passed = time - self.start
        middle = (0.5 * (voltage + begun[1]), 0.5 * (current + begun[2]))
        self.channel.record(
            (
                self.frequency,
                abs(sine_voltage),
                abs(sine_current),
                cmath.phase(sine_voltage / sine_current),
                *self.front.seen(*middle, passed),
                passed,
            )
        )
        self.look_for_news(*middle)
        self._begin_point(time)

    def _natural_end(self) -> float:
        if self._point < 0:
            return super()._natural_end()
        socket = self.channel.socket
        end = self._middle if socket.time < self._middle - TOLERANCE else self._end
        look = socket.next_look
        return max(min(end, look), socket.time) if look > socket.time else end
