"""What a script says, and whose script it is.

Only what was started, adopted or recognised here is ours. A package with another
identity may be a damaged one, so two in a row must say it before a script counts as
somebody else's.
"""

import math
import typing
from collections.abc import Mapping
from typing import Any

from drivers.overload import OverloadWatch
from drivers.palmsens.experiment import DRIVER, LISTEN, Experiment
from drivers.palmsens.line import Line
from drivers.palmsens.options import Options
from drivers.palmsens.rows import IDENTITY, REASON, number_in, sample_of
from drivers.palmsens.script.breaks import ENDS_ALL, LEFT
from drivers.palmsens.wire.replies import Failure, Finished, Garbage, Package, Reaction
from drivers.palmsens.wire.vocabulary import COUNT, CURRENT, POTENTIAL
from labctl import columns
from labctl.clock import Clock
from labctl.data import Event, Level
from labctl.errors import (
    InstrumentError,
    LabctlError,
    LimitError,
    LinkError,
    NotOursError,
    OwnershipError,
)

T = typing.TypeVar("T")

STRANGE = 2
"""Packages in a row that say another identity before the script is another one."""
UNNAMED = -1
"""Identity of a script that says none."""


class Device(typing.Protocol):
    """What listening needs of an instrument."""

    name: str
    options: Options
    clock: Clock
    line: Line
    serial: str

    def exchange(self, act: typing.Callable[[], T], patience: float | None = None) -> T:
        """Do what may be done twice."""
        ...

    def reopen(self, why: LinkError, patience: float | None = None) -> None:
        """Open the line again."""
        ...


class Listener:
    """Hears one instrument and keeps what its script said."""

    def __init__(self, device: Device) -> None:
        self._device, self._line, self.place = device, device.line, device.name
        self.it: Experiment | None = None
        """What is loaded, or was when we last knew."""
        self.ours = False
        """Whether what runs may have been started here: only then is it stopped."""
        self.ended = False
        """Whether the last line of our script was read."""
        self.trouble: LabctlError | None = None
        """What the next poll has to say; the channel is made safe before."""
        self.live: dict[str, float] = {}
        """V, A and s of the last package."""
        self.events: list[Event] = []
        self._overload = OverloadWatch(self.place, device.options.overload_rule)
        self._foreign: int | None = None
        """Identity that somebody else's script says; None: none has said any."""
        self._strange = 0
        self._heard = device.clock.now()
        """When something came last, s of the clock."""

    def begin(self, it: Experiment) -> None:
        """Answer for a script that is started or attached to."""
        self.it, self.ours, self.ended, self.trouble = it, True, False, None
        self._strange, self._heard = 0, self._device.clock.now()
        self._overload.reset()

    def listen(self) -> None:
        """Take what has come. LinkError: the line is down, and does not come back."""
        self._device.exchange(self._line.pump)
        for found in self._line.heard():
            self._heard = self._device.clock.now()
            self._take(found)

    def hear_first(self, it: Experiment) -> None:
        """Wait until a script has said something: before its first loop, none ends."""
        self.listen()
        if it.rows.last is None and self._line.runs:
            seconds = it.silence + LISTEN
            said = "the first word of a script"
            self._line.wait_until(lambda: bool(self._line.inbox), seconds, said)

    def misses(self, silence: float) -> bool:
        """Tell whether nothing came for longer than a script may say nothing.

        ``silence`` in s. What it said last, its end too, may be lost then. True only
        once: it is listened to for as long again.
        """
        now = self._device.clock.now()
        if now - self._heard <= silence + LISTEN:
            return False
        self._heard = now
        return True

    # ---- whose script it is

    def must_stand_still(self) -> None:
        """Refuse to load over anything. NotOursError, OwnershipError."""
        if not self._line.runs:
            return
        if self.ours:
            raise OwnershipError(
                f"{self.place}: runs what was started here; wait for its end or stop "
                "it before something new is loaded"
            )
        raise NotOursError(
            f"{self.place}: runs a script that was not started here ({self.said()}); "
            "it is left alone. Wait for its end, stop it where it was started, or take "
            "another channel"
        )

    def recognises(self, token: Mapping[str, Any], longest: float = math.inf) -> bool:
        """Tell whether what runs says the identity of a token.

        InstrumentError: it says nothing for as long as that one may, or for
        ``longest`` s.
        """
        if token.get("driver") != DRIVER:
            return False
        serial = self._device.serial
        if serial and serial != token["serial"]:
            return False
        silence = min(float(token["silence"]), longest)
        return self.hears(int(token["identity"]), silence)

    def hears(self, identity: int, silence: float) -> bool:
        """Listen until a script says who it is. InstrumentError: it says nothing."""
        self._foreign, heard = None, 0

        def said() -> bool:
            nonlocal heard
            inbox = tuple(self._line.inbox)
            for found in inbox[heard:]:
                if isinstance(found, Package):
                    self._foreign = _who(found)
            heard = len(inbox)
            return self._foreign is not None or not self._line.runs

        came = self._device.exchange(
            lambda: self._line.wait_until(said, silence + LISTEN, "a package")
        )
        if not came:
            raise InstrumentError(
                f"{self.place}: a script runs and has said nothing for "
                f"{silence + LISTEN:.0f} s; whose it is cannot be told. Look at the "
                "cell; switch the instrument off if nobody knows"
            )
        return self._line.runs and self._foreign == identity

    def said(self) -> str:
        """Return what is known of somebody else's script, for a person."""
        if self._foreign is None:
            return "it has said nothing yet"
        if self._foreign == UNNAMED:
            return "of another program"
        return f"of labctl, with identity {self._foreign}"

    # ---- what it says

    def _take(self, found: Reaction) -> None:
        if isinstance(found, Failure) and self.ours:
            text = f"{self.place}: the script ended with an error: {found}"
            self.trouble = InstrumentError(text)
        elif isinstance(found, Garbage):
            self._damaged(f"a line that {found.why}")
        elif isinstance(found, Finished):
            self._foreign, self.ended = None, True
        elif isinstance(found, Package):
            it = self.it
            if it is not None and self.ours and _who(found) == it.identity:
                self._strange = 0
                self._take_own(it, found)
            else:
                self._take_other(found)

    def _take_other(self, package: Package) -> None:
        self._strange += 1
        if self.ours and self._strange < STRANGE:
            self._damaged("a package without the script's identity")
            return
        self._foreign = _who(package)
        if self.ours:
            self.ours = False
            self.trouble = NotOursError(
                f"{self.place}: runs another script than was started here "
                f"({self.said()}); it is left alone"
            )
        self.look_at(package, 0.0)

    def _take_own(self, it: Experiment, package: Package) -> None:
        reason = number_in(package, REASON)
        if reason is not None:
            self._note(it.rows.close(number_in(package, COUNT)))
            if reason > ENDS_ALL:
                left = LEFT.get(reason, f"it gives reason {reason}")
                text = f"{self.place}: the script ended by itself: {left}"
                self._note(Event(Level.ALARM, "limits", text))
                self.trouble = LimitError(text)
            return
        sample = sample_of(package)
        if sample is None:
            self._damaged("a package that lacks a part")
            return
        self._note(it.rows.take(sample))
        self.look_at(package, it.rows.zero + sample.time)
        try:
            self._overload.look(sample.overload, sample.time, self.events.append)
        except LimitError as error:
            self.trouble = error

    def look_at(self, package: Package, time: float) -> Mapping[str, float]:
        """Keep V and A of a package at ``time`` s; return them; empty: it has none."""
        voltage, current = package.find(POTENTIAL), package.find(CURRENT)
        if voltage is None or current is None:
            return {}
        seen = {
            columns.VOLTAGE.name: voltage.value,
            columns.CURRENT.name: current.value,
        }
        self.live = {**seen, columns.INSTRUMENT_TIME.name: time}
        return seen

    def _note(self, event: Event | None) -> None:
        if event is not None:
            self.events.append(event)

    def _damaged(self, what: str) -> None:
        text = f"{self.place}: {what} was left out"
        self.events.append(Event(Level.WARNING, "damaged-line", text))


def _who(package: Package) -> int:
    who = number_in(package, IDENTITY)
    return UNNAMED if who is None else who
