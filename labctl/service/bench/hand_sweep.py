"""A sweep by hand: the station visits the levels, whoever asked only watches.

The station sweeps and not the window, so that the steps come evenly, and a window that
freezes or dies leaves no sample at the level it happened to be at. The output is off
after the last point, after a stop and after an error.
"""

import logging
import threading

from labctl.api.answers import HandPoint, HandSweepOut
from labctl.api.requests import HandSweepIn, ManualIn
from labctl.clock import Clock
from labctl.errors import InstrumentError, OperatorError
from labctl.json_numbers import finite
from labctl.roles.source_meter import Driven, SourceMeter, SourceSettings

log = logging.getLogger(__name__)

SLICE = 0.05
"""s; a stop is seen that often while a level dwells."""
PATIENCE = 20.0
"""s that a stop waits for the point in flight."""


class HandSweep:
    """One sweep of one source meter, in a thread of its own."""

    def __init__(
        self,
        player: SourceMeter,
        asked: ManualIn,
        clock: Clock,
        talk: threading.Lock,
    ) -> None:
        """Configure the meter; its output stays off until `start`.

        ``talk`` is held while the instrument is spoken to. LimitError: beyond what
        the meter can do; nothing was sent. OperatorError: something is missing.
        """
        if asked.sweep is None or not asked.quantity or not asked.compliance:
            raise OperatorError("say what is swept, its levels, and the compliance")
        if asked.quantity == "field":
            raise OperatorError("a source meter sweeps a voltage or a current")
        self._player, self._clock, self._talk = player, clock, talk
        self._levels = levels_of(asked.sweep)
        self._dwell = asked.sweep.dwell
        span = max(map(abs, self._levels))
        driven = Driven(asked.quantity)
        self.unit = "V" if driven is Driven.VOLTAGE else "A"
        with talk:
            player.prepare(SourceSettings(driven, span, asked.compliance))
        self._points: list[HandPoint] = []
        self._stop = threading.Event()
        self._why = ""
        self._unsafe = ""
        self._thread = threading.Thread(target=self._run, name="sweep", daemon=True)

    @property
    def goes_on(self) -> bool:
        """Whether the output may be on."""
        return self._thread.is_alive()

    @property
    def level(self) -> float | None:
        """Level that is held now, read back; None before the first."""
        return self._points[-1].level if self._points else None

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Let it end after the point in flight; waits for nothing."""
        self._stop.set()

    def stop(self) -> None:
        """End after the point in flight; the output is off afterwards.

        InstrumentError: that point does not come to an end.
        """
        self.ask_to_stop()
        self._thread.join(PATIENCE)
        if self.goes_on:
            raise InstrumentError(f"the sweep did not stop within {PATIENCE:g} s")

    def told(self, after: int) -> HandSweepOut:
        """Return the points after the first ``after``."""
        goes_on = self.goes_on
        return HandSweepOut(
            points=self._points[after:],
            of=len(self._levels),
            goes_on=goes_on,
            why="" if goes_on else self._why,
            unsafe="" if goes_on else self._unsafe,
        )

    def _run(self) -> None:
        try:
            for level in self._levels:
                if self._stop.is_set():
                    self._why = "stopped"
                    break
                self._points.append(self._point(level))
            else:
                self._why = "completed"
        except Exception as error:
            log.exception("a sweep by hand failed")
            self._why = f"{error}" or type(error).__name__
        finally:
            self._make_safe()

    def _point(self, level: float) -> HandPoint:
        with self._talk:
            setpoint = self._player.drive(level)
        self._wait()
        with self._talk:
            reading = self._player.measure()
        return HandPoint(
            level=setpoint,
            voltage=finite(reading.voltage),
            current=finite(reading.current),
            in_compliance=reading.in_compliance,
        )

    def _wait(self) -> None:
        """Let the level dwell; a stop cuts it short."""
        end = self._clock.now() + self._dwell
        while not self._stop.is_set() and (left := end - self._clock.now()) > 0:
            self._clock.sleep(min(left, SLICE))

    def _make_safe(self) -> None:
        try:
            with self._talk:
                self._player.make_safe()
        except Exception as error:
            log.exception("a sweep by hand was not made safe")
            self._unsafe = str(error) or type(error).__name__


def levels_of(sweep: HandSweepIn) -> list[float]:
    """Return every level in order; a loop comes back to where it began."""
    size = (sweep.end - sweep.begin) / (sweep.points - 1)
    there = [sweep.begin + size * k for k in range(sweep.points)]
    there[-1] = sweep.end
    return there + there[-2::-1] if sweep.loop else there
