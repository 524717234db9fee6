"""Who answers at the other end: asked at first, and again after every loss.

Rule: the first message to any instrument is its identity query. Only when the answer
is the configured one may another byte follow.
"""

from collections.abc import Callable
from dataclasses import dataclass

from drivers.visa.door import Door
from labctl.clock import Clock
from labctl.errors import IdentityError, LinkError
from labctl.roles.identity import Identity

BACK_OFF = (0.05, 5.0)
"""s between two openings, first and longest."""
STRAY_LINES = 8
"""So many answers that nobody asked for are read past on a serial line."""


def parse_identity(answer: str, address: str) -> Identity:
    """Return the four fields of an ``*IDN?`` answer."""
    fields = [field.strip() for field in answer.strip().split(",")]
    if len(fields) < 3 or not fields[0][:1].isalpha():  # noqa: PLR2004
        raise IdentityError(
            f"{address}: answers *IDN? with {answer!r}, which is no identity; "
            "check the address"
        )
    maker, model, serial, *firmware = fields
    model = model.upper().removeprefix("MODEL").strip()
    return Identity(maker, model, serial, ",".join(firmware), address)


@dataclass(frozen=True, slots=True)
class Introduction:
    """How an instrument is asked who it is, and what its answer means."""

    question: str = "*IDN?"
    """The first message that it is sent."""
    parse: Callable[[str, str], Identity] = parse_identity
    """Makes an identity of an answer and an address. IdentityError: it is none."""


def same(one: Identity | None, other: Identity | None) -> bool:
    """Return whether both are known and one physical instrument."""
    if one is None or other is None:
        return False
    first, second = (
        (one.maker, one.model, one.serial),
        (
            other.maker,
            other.model,
            other.serial,
        ),
    )
    return first == second


LONGEST_TRY = 1.0
"""s for one try to open: between two of them a stop is looked for."""


class Acquaintance:
    """Knows an instrument and recognises it at a door."""

    def __init__(
        self,
        door: Door,
        known: Identity,
        clock: Clock,
        introduction: Introduction = Introduction(),
    ) -> None:
        self._door = door
        self._introduction = introduction
        self._known = known
        self._clock = clock

    def answers(self, seconds: float) -> bool:
        """Return whether its identity comes back and nothing waits behind it."""
        lines = STRAY_LINES if self._door.is_serial else 1
        return same(self._asked(seconds, lines), self._known) and not (
            self._door.discard()
        )

    def reopen(self, until: float, timeout: float, why: str) -> None:
        """Close and open the door with back-off until the instrument answers.

        LinkError: it does not by ``until``. IdentityError: another one does.
        """
        pause = BACK_OFF[0]
        while True:
            left = max(until - self._clock.now(), BACK_OFF[0])
            try:
                self._door.open(min(left, max(timeout, LONGEST_TRY)))
                if self._is_it(min(left, timeout)):
                    return
                last = "its identity did not come back"
            except IdentityError:
                self._door.close()
                raise
            except LinkError as error:
                last = str(error)
            if self._clock.now() + pause >= until:
                self._door.close()
                raise LinkError(f"{self._door.name}: the link is lost ({why}); {last}")
            self._clock.sleep(pause)
            pause = min(2.0 * pause, BACK_OFF[1])

    def _asked(self, seconds: float, lines: int = 1) -> Identity | None:
        """Return who answers; None for what is no identity."""
        self._door.write(self._introduction.question)
        found = None
        for _ in range(lines):
            try:
                answer = self._door.read(seconds)
                found = self._introduction.parse(answer, self._door.address)
            except IdentityError:
                continue
            if same(found, self._known):
                break
        return found

    def _is_it(self, seconds: float) -> bool:
        """Return whether it answers. IdentityError: twice the same other one does."""
        first = self._asked(seconds)
        if same(first, self._known):
            return True
        second = self._asked(seconds)
        if same(second, self._known) or first is None or not same(first, second):
            return same(second, self._known)
        raise IdentityError(
            f"{self._door.name}: at {self._door.address} stands now a {first.maker} "
            f"{first.model}, serial {first.serial}, and no longer {self._known.maker} "
            f"{self._known.model}, serial {self._known.serial}; nothing was sent to it"
        )
