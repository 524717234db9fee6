"""A person's hands on some channels: asks the station, knows when each is made safe.

Every panel that drives by hand has its own; what one asks for several channels at once
goes one after another, so that relays never move before a source is off. Letting go of
a channel has the last word: what was asked of it before and has not been done is left
out.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PyQt6.QtCore import QObject, pyqtSignal

from gui.link.link import Link
from gui.link.port import Station
from labctl.api.answers import ManualOut
from labctl.api.requests import ManualIn
from labctl.api.transport import AccessError
from labctl.errors import LabctlError, OperatorError

Steps = Sequence[ManualIn | str]
"""Acts in order; a channel's name alone makes it safe."""
LET_GO = "{}: made safe before the rest was done"


@dataclass(slots=True)
class Came:
    """What came of some steps."""

    done: list[ManualOut | str] = field(default_factory=list)
    """Answers, and names of channels that were made safe."""
    refused: str = ""
    """Why the rest was not done."""


class Hands(QObject):
    """Asks by hand and tells what came of it."""

    answered = pyqtSignal(object)
    """A `ManualOut`."""
    refused = pyqtSignal(str)
    released = pyqtSignal(str)
    """A channel was made safe."""

    def __init__(self, link: Link, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self.safe_at: dict[str, float] = {}
        """Channel -> when the station makes it safe by itself, wall clock."""
        self._key = f"hands {id(self)}"
        self._count = 0
        self._let_go: dict[str, int] = {}
        """Channel -> which question let go of it last."""
        self._step = threading.Lock()
        """Held for one step: nothing overtakes an act that is on its way."""

    @property
    def is_asking(self) -> bool:
        """Whether a look is on its way."""
        return self._link.is_asking(self._key)

    def do(
        self, *steps: ManualIn | str, done: Callable[[], None] | None = None
    ) -> None:
        """Do things one after another; the first that is refused ends them."""
        number = self._next()
        self._link.ask(
            self,
            lambda station: self._in_turn(station, steps, number),
            lambda came: self._take(came, done),
            self.refused.emit,
        )

    def look(self, *acts: ManualIn) -> None:
        """Ask for readings; an answer that was overtaken is dropped."""
        number = self._next()
        self._link.ask(
            self,
            lambda station: self._in_turn(station, acts, number),
            self._take,
            self.refused.emit,
            key=self._key,
        )

    def release(self, *channels: str) -> None:
        """Make channels safe and give them back; those nobody drives are left out."""
        self.forget()
        self._let_go |= dict.fromkeys(channels, self._count + 1)
        self.do(*channels)

    def forget(self) -> None:
        """Drop the answers to looks that are on their way."""
        self._link.ask(self, lambda _s: None, lambda _n: None, key=self._key)

    def _take(self, came: Came, done: Callable[[], None] | None = None) -> None:
        for one in came.done:
            if isinstance(one, ManualOut):
                self.safe_at[one.channel] = one.safe_at_unix
                self.answered.emit(one)
            else:
                self.safe_at.pop(one, None)
                self.released.emit(one)
        if came.refused:
            self.refused.emit(came.refused)
        elif done is not None:
            done()

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _in_turn(self, station: Station, steps: Steps, number: int) -> Came:
        """Do steps in a worker thread, as question ``number``."""
        came = Came()
        try:
            for step in steps:
                with self._step:
                    if isinstance(step, str):
                        _make_safe(station, step)
                        came.done.append(step)
                    elif self._let_go.get(step.channel, 0) > number:
                        raise OperatorError(LET_GO.format(step.channel))
                    else:
                        came.done.append(station.by_hand(step))
        except LabctlError as error:
            came.refused = str(error)
        return came


def _make_safe(station: Station, channel: str) -> None:
    try:
        station.hands_off(channel)
    except AccessError:
        raise
    except OperatorError:
        return  # nobody drives it: it is safe already
