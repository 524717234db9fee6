"""Asks an instrument and makes SI floats of its answers, or says who failed.

Nonsense becomes InstrumentError; how a number is read is `drivers.visa.numbers`', and
what fails on the way is `drivers.visa.link`'s.
"""

import functools
import logging
import pkgutil
import re
import warnings
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, overload

from pymeasure.adapters import Adapter
from pymeasure.instruments import Instrument

from drivers.visa.adapter import LinkAdapter
from drivers.visa.link import Link
from drivers.visa.numbers import number, numbers
from labctl.clock import Clock
from labctl.errors import InstrumentError, LimitError, LinkError
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity

log = logging.getLogger(__name__)
T = TypeVar("T")

SCPI = "drivers.visa.adapter:ScpiInstrument"
"""Where PyMeasure has no class of a model."""
MAXIMUM_ERRORS = 32
"""So many entries are read from an error queue at most."""
SAFING_TRIES = 5
"""So often an output is switched off until it reads off."""


def refuse_beyond(
    instrument: str, what: str, value: float, limit: float, unit: str
) -> None:
    """Raise LimitError unless ``|value| <= limit``; NaN is refused too."""
    if not abs(value) <= limit * (1 + 1e-9):
        raise LimitError(f"{instrument}: {what} {value:g} {unit} is beyond ±{limit:g}")


def refuse_outside(
    instrument: str, what: str, value: float, low: float, high: float, unit: str
) -> None:
    """Raise LimitError unless ``low <= value <= high``; NaN is refused too."""
    if not low - 1e-9 * abs(low) <= value <= high + 1e-9 * abs(high):
        raise LimitError(
            f"{instrument}: {what} {value:g} {unit} is outside {low:g} to {high:g}"
        )


class Talk:
    """Talks for a role, which has an instrument: plain errors, one field each.

    What can go wrong on the way is the `Link`'s business. A class with settings or an
    output says how they are looked at with `link.expect`; after a restart every
    message is refused until `trust`.
    """

    instrument_class = SCPI
    """Where PyMeasure's class of the model is, ``module:class``."""
    error_query = ":SYST:ERR?"
    pause = 0.0
    """s that the instrument needs between two messages without an answer."""
    _whole: "Talk | None" = None
    _trusted = 0

    def __init__(
        self, wire: Link | Adapter, identity: Identity, setup: Setup, clock: Clock
    ) -> None:
        """Have the instrument at ``wire``; a bare adapter cannot be opened again."""
        self.name = setup.name
        self.link = wire if isinstance(wire, Link) else Link.around(wire, setup.name)
        self.setup = setup
        self._identity, self._clock = identity, clock

    def __init_subclass__(cls) -> None:
        """Refuse a class that is PyMeasure's too: two meanings of ``read``."""
        super().__init_subclass__()
        if issubclass(cls, Instrument):
            raise TypeError(
                f"{cls.__name__}: a role has an instrument, it is none; leave "
                "Instrument out and say where PyMeasure's class is (instrument_class)"
            )

    def _be_part_of(self, whole: "Talk", name: str, clock: Clock) -> None:
        """Have the instrument of ``whole``, in place of ``__init__``."""
        Talk.__init__(self, whole.link, whole.identity(), whole.setup, clock)
        self._whole, self.name = whole, name

    @functools.cached_property
    def instrument(self) -> Instrument:
        """The instrument by PyMeasure's class, for what no role does.

        Made when it is first asked for: some send their settings when they are made.
        """
        if self._whole is not None:
            return self._whole.instrument
        made = pkgutil.resolve_name(self.instrument_class)
        with warnings.catch_warnings():  # its "not known whether this supports SCPI"
            warnings.simplefilter("ignore", FutureWarning)
            instrument: Instrument = made(
                LinkAdapter(self.link, self._rest), name=self.name
            )
        return instrument

    @property
    def roles(self) -> Mapping[str, object]:
        """What it can play, see `labctl.roles.driver.Device`."""
        return {"": self}

    def identity(self) -> Identity:
        """Return what ``*IDN?`` said when the instrument was opened."""
        return self._identity

    def allow(self, seconds: float) -> None:
        """Let an answer take ``seconds`` and a margin before it counts as lost."""
        self.link.allow(seconds)

    def trust(self) -> None:
        """Take the instrument as it is now: it is about to be set up from scratch."""
        if self._trusted != self.link.restarts:
            self._trusted = self.link.restarts
            self._set_up()

    def _set_up(self) -> None:
        """Send what was sent at opening and is lost with a restart."""

    def _trusting(self) -> Link:
        """Return the link. InstrumentError: it was found changed since `trust`."""
        link = self.link
        if self._trusted != link.restarts and not link.safing:
            raise InstrumentError(
                f"{self.name}: {link.doubt}; prepare it again before it is used"
            )
        return link

    def tell(self, message: str, *, again: bool = True) -> None:
        """Send ``message``. LinkError: the bus did not take it.

        ``again=False`` for what must not be carried out twice: a trigger, a start.
        """
        self._trusting().tell(message, again=again)
        self._rest()

    def _rest(self) -> None:
        if self.pause:
            self._clock.sleep(self.pause)

    @overload
    def inquire(self, message: str, *, again: bool = True) -> str: ...
    @overload
    def inquire(
        self, message: str, form: Callable[[str], T], *, again: bool = True
    ) -> T: ...
    def inquire(
        self, message: str, form: Callable[[str], Any] = str, *, again: bool = True
    ) -> Any:
        """Send ``message`` and return what ``form`` makes of its answer.

        ``form`` raises InstrumentError for what is no answer; it talks to nobody.
        LinkError: none came, on no rung of the ladder.
        """
        return self._trusting().ask(message, form, again=again, explain=self._reported)

    def _reported(self) -> str:
        """Return the error that may be why no answer came; empty if none is told."""
        return self.link.ask(self.error_query, self._error_of)

    def _error_of(self, answer: str) -> str:
        """Return the error that an answer to `error_query` tells; empty for none.

        Errors about talking itself (-4xx) are the link's and are told by nobody.
        """
        code = number(re.split(r"[,\t]", answer)[0].strip(), self.name)
        told = code != 0 and not -500 < code <= -400  # noqa: PLR2004
        return answer.strip().replace("\t", " ") if told else ""

    def inquire_number(self, message: str) -> float:
        """Send ``message`` and return the one number of its answer."""
        return self.inquire(message, self._number)

    def inquire_switch(self, message: str) -> bool:
        """Send ``message`` and return whether its answer says on."""
        return self.inquire(message, self._switch)

    def inquire_whole(self, message: str) -> int:
        """Send ``message`` and return the whole number of its answer."""

        def form(text: str) -> int:
            value = number(text, self.name)
            if not value.is_integer():
                raise InstrumentError(f"{self.name}: {text[:60]!r} is no whole number")
            return int(value)

        return self.inquire(message, form)

    def inquire_numbers(self, message: str, count: int, mark: str) -> list[float]:
        """Send ``message`` and return its ``count`` numbers, ``mark`` between them."""

        def form(answer: str) -> list[float]:
            if answer.count(mark) + 1 != count:
                raise InstrumentError(
                    f"{self.name}: {count} fields came as {answer[:80]!r}"
                )
            return numbers(answer, mark, self.name)

        return self.inquire(message, form)

    def _number(self, text: str) -> float:
        return number(text, self.name)

    def _switch(self, text: str) -> bool:
        value = number({"ON": "1", "OFF": "0"}.get(text.strip(), text), self.name)
        if value not in {0.0, 1.0}:
            raise InstrumentError(f"{self.name}: {text[:60]!r} is neither on nor off")
        return value == 1.0

    def refuse_errors(self, doing: str) -> None:
        """Empty the error queue. InstrumentError: something was in it."""
        found = []
        for _ in range(MAXIMUM_ERRORS):
            code, told = self.inquire(self.error_query, self._entry)
            if code == 0:
                break
            if told:
                found.append(told)
        if found:
            raise InstrumentError(
                f"{self.name}: reports {'; '.join(found)} while {doing}"
            )

    def _entry(self, answer: str) -> tuple[float, str]:
        code = number(re.split(r"[,\t]", answer)[0].strip(), self.name)
        return code, self._error_of(answer)

    def refuse_output_off(self, answer: str) -> None:
        """Raise InstrumentError unless ``answer`` to ``OUTP?`` says it is on."""
        if not self._switch(answer):
            raise InstrumentError(
                f"{self.name}: the output stays off; check its interlock"
            )

    def refuse_other_setpoint(self, asked: float, back: float, grain: float) -> float:
        """Return ``back``; InstrumentError if it is not ``asked`` within ``grain``."""
        if not abs(back - asked) <= grain:
            raise InstrumentError(
                f"{self.name}: was asked for {asked:g} and holds {back:g}"
            )
        return back

    def refuse_other(self, what: str, found: object, left: object) -> None:
        """Raise InstrumentError unless what is read back is as it was left."""
        if found != left:
            raise InstrumentError(f"{self.name}: {what} is {found}, was left at {left}")

    def refuse_far(
        self, what: str, asked: float, held: float, low: float = 0.95
    ) -> None:
        """Raise InstrumentError unless ``held`` is ``low`` to 1.05 times ``asked``."""
        near = low * abs(asked) - 1e-12 <= abs(held) <= 1.05 * abs(asked) + 1e-12
        if not near:
            raise InstrumentError(
                f"{self.name}: {what} {asked:g} was set and {held:g} is held"
            )

    def agreed(self, read_back: Callable[[], T], refuse: Callable[[T], None]) -> T:
        """Return what is read back; read once more before ``refuse`` is believed.

        One damaged digit on the way is no reason to give up.
        """
        held = read_back()
        try:
            refuse(held)
        except InstrumentError:
            held = read_back()
            refuse(held)
        return held

    def safely(self, switch_off: Callable[[], None]) -> None:
        """Do ``switch_off``, which reads back, so that nothing on the way ends it.

        Waits are not ended, the link is reopened if it must be, Ctrl-C is too late.
        InstrumentError: the output is not known to be off.
        """
        with self.link.making_safe():
            for tries_left in reversed(range(SAFING_TRIES)):
                try:
                    return switch_off()
                except KeyboardInterrupt:
                    log.warning("%s: is being made safe; Ctrl-C waits", self.name)
                except LinkError:
                    raise  # its ladder was long enough
                except InstrumentError:
                    if not tries_left:
                        raise
            raise InstrumentError(f"{self.name}: was interrupted while made safe")
