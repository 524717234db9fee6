"""One instrument of EC-Lab's list: its functions, asked again where that may help.

EC-Lab fails now and then when it is asked much: three short pauses, as aurora-biologic
makes them. After that a link counts as broken, and is tried for as long as is wanted.
"""

import logging
import math
from collections.abc import Callable
from typing import Any, TypeVar

from drivers.ec_lab.answers import (
    AnswerError,
    Experiment,
    Status,
    count_of,
    done,
    name_of,
    numbers,
    serials_of,
)
from drivers.ec_lab.com import Com
from labctl import waits
from labctl.clock import Clock
from labctl.errors import IdentityError, LinkError

log = logging.getLogger(__name__)

T = TypeVar("T")

AMPLITUDES = (33, 34)
"""EC-Lab's numbers of |Ewe| and |I|."""

PAUSES = (0.01, 0.05, 0.25)
"""s before the second, third and fourth attempt …"""
LONG_PAUSE = 2.0
"""… and between those that follow while there is patience."""


class EcLabClient:
    """The functions of one instrument; channels count from 0 here."""

    def __init__(self, com: Com, device: int, name: str, clock: Clock) -> None:
        self.name = name
        self._com, self._device, self._clock = com, device, clock
        self._who: tuple[int, tuple[int, ...]] | None = None

    def who(self) -> tuple[int, tuple[int, ...]]:
        """Return the serials of the instrument and of its channels.

        IdentityError: there is none at this place of the list, or another one now.
        """
        found = self._com.do(lambda com: serials_of(com.GetDeviceSN(self._device)))
        if found is None or not found[0]:
            raise IdentityError(
                f"{self.name}: EC-Lab's list has no connected instrument at place "
                f"{self._device} (counted from 0). Connect it in EC-Lab first"
            )
        if self._who is not None and found != self._who:
            raise IdentityError(
                f"{self.name}: serial {found[0]} stands at place {self._device} of "
                f"EC-Lab's list now, not {self._who[0]}; nothing was sent to it"
            )
        self._who = found
        return found

    def status(self, channel: int, patience: float = 0.0) -> Status:
        """Return what a channel does. LinkError: EC-Lab has lost the instrument."""

        def ask(com: Any) -> Status:
            status = Status.of(com.MeasureStatus(self._device, channel))
            if not status.connected:
                raise LinkError(f"{self.name}: EC-Lab has lost the instrument")
            return status

        return self.ask(ask, patience)

    def experiment(self, channel: int, patience: float = 0.0) -> Experiment:
        """Return what was run last on a channel."""

        def ask(com: Any) -> Experiment:
            com.SelectChannel(self._device, channel)
            return Experiment.of(com.GetExperimentInfos(self._device, channel))

        return self.ask(ask, patience)

    def load(self, channel: int, path: str) -> None:
        """Let EC-Lab read a settings file. AnswerError: it refuses."""

        def act(com: Any) -> None:
            done(com.SelectChannel(self._device, channel), "SelectChannel")
            done(com.LoadSettings(self._device, channel, path), "LoadSettings")

        self.ask(act)

    def run(self, channel: int, settings: str, data: str) -> None:
        """Load settings and start at once, so that nobody loads others in between."""

        def act(com: Any) -> None:
            done(com.SelectChannel(self._device, channel), "SelectChannel")
            done(com.LoadSettings(self._device, channel, settings), "LoadSettings")
            done(com.RunChannel(self._device, channel, data), "RunChannel")

        self._com.do(act)  # never twice: the second would start it over

    def stop(self, channel: int, patience: float = 0.0) -> None:
        """Stop whatever runs on a channel; 0 is an answer: it stood still."""
        self.ask(lambda com: com.StopChannel(self._device, channel), patience)

    def file(self, channel: int, technique: int) -> str:
        """Return the data file of a linked technique; empty: there is none yet."""
        return self.ask(
            lambda com: name_of(com.GetDataFileName(self._device, channel, technique))
        )

    def points(self, file: str) -> int:
        """Return how many points a file has."""
        return self.ask(
            lambda com: count_of(
                com.MeasureNumberOfPoints(file), "MeasureNumberOfPoints"
            )
        )

    def ask(self, action: Callable[[Any], T], patience: float = 0.0) -> T:
        """Run ``action`` in one turn, again where that may help.

        AnswerError, LinkError: it did not; WaitEnded: the run is asked for something.
        """
        begun, attempt = self._clock.now(), 0
        while True:
            try:
                answer = self._com.do(action)
            except (AnswerError, LinkError) as error:
                over = self._clock.now() - begun >= patience
                if attempt >= len(PAUSES) and over:
                    raise
                log.debug("%s: attempt %d: %s", self.name, attempt + 1, error)
            else:
                if attempt > len(PAUSES):
                    self.who()  # after a long time: is it the same instrument?
                return answer
            pause = PAUSES[attempt] if attempt < len(PAUSES) else LONG_PAUSE
            attempt += 1
            with waits.announce(f"EC-Lab to answer for {self.name}", pause):
                self._clock.sleep(pause)


def dc_point(com: Any, file: str, index: int) -> tuple[float, float, float]:
    """Return s, V and the current in EC-Lab's unit of one point."""
    raw = com.MeasureDcValue(file, index)
    time, voltage, current = numbers(raw, 3, "MeasureDcValue")
    return time, voltage, current


def eis_point(com: Any, file: str, index: int) -> tuple[float, float, float, float]:
    """Return s, Hz, Re Z and −Im Z in Ω; Hz is 0 for a point of direct current."""
    raw = com.MeasureEisValue(file, index)
    time, frequency, real, minus = numbers(raw, 4, "MeasureEisValue")
    return time, frequency, real, minus


def value_of(com: Any, file: str, name: str, index: int) -> float:
    """Return one variable of one point, by the name of its column."""
    return numbers(com.MeasureValueByID(file, name, index), 1, "MeasureValueByID")[0]


def amplitudes(com: Any, file: str, index: int) -> tuple[float, float]:
    """Return the peaks of a sine, V and A; NaN where the file does not hold them."""
    found = []
    for code in AMPLITUDES:
        try:
            raw = com.MeasureValueByCode(file, code, index)
            found.append(numbers(raw, 1, "MeasureValueByCode")[0])
        except AnswerError:
            found.append(math.nan)
    return found[0], found[1]
