"""Asks an instrument and makes SI floats of its answers, or says who failed.

A timeout becomes LinkError, nonsense InstrumentError; SCPI's overflow (±9.9E37) and
not-a-number (9.91E37) become NaN. One conversion, here.
"""

import math
from typing import Any

from pyvisa.errors import VisaIOError

from labctl.errors import InstrumentError, LimitError, LinkError
from labctl.roles.identity import Identity

SENTINEL = 9.89e37
"""Beyond this a number is an overflow or no number at all."""
UNANSWERED = -420
"""What an instrument reports when it was read without a question."""
MAXIMUM_ERRORS = 32
"""So many entries are read from an error queue at most."""


def number(text: str, instrument: str) -> float:
    """Return the value of one field; NaN for a sentinel.

    InstrumentError: it is no number.
    """
    try:
        value = float(text)
    except ValueError:
        raise InstrumentError(
            f"{instrument}: answers {text[:60]!r} where a number was expected; check "
            "cable and command language"
        ) from None
    return math.nan if abs(value) > SENTINEL else value


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
    """Beside a PyMeasure `Instrument`: talk with plain errors and fields.

    The instrument's class lists it first: ``class Keithley2400(Talk, Instrument)``.
    """

    name: str
    adapter: Any
    error_query = ":SYST:ERR?"
    _identity: Identity

    def identity(self) -> Identity:
        """Return what ``*IDN?`` said when the instrument was opened."""
        return self._identity

    def allow(self, seconds: float) -> None:
        """Let an answer take ``seconds`` and a margin before it counts as lost."""
        connection = getattr(self.adapter, "connection", None)
        if connection is not None:
            connection.timeout = 3000.0 + 1500.0 * seconds

    def tell(self, message: str) -> None:
        """Send ``message``. LinkError: the bus did not take it."""
        try:
            self.adapter.write(message)
        except VisaIOError as error:
            raise LinkError(
                f"{self.name}: {message!r} was not taken: {error}"
            ) from error

    def inquire(self, message: str) -> str:
        """Send ``message`` and return its answer. LinkError: none came in time."""
        try:
            self.adapter.write(message)
            answer: str = self.adapter.read()
        except VisaIOError as error:
            reported = self._reported()
            if reported:
                raise InstrumentError(
                    f"{self.name}: refuses {message!r}: {reported}"
                ) from error
            raise LinkError(
                f"{self.name}: no answer to {message!r}: {error}"
            ) from error
        except UnicodeDecodeError as error:
            raise InstrumentError(
                f"{self.name}: answers {message!r} with bytes that are no text"
            ) from error
        return answer.rstrip("\r\n")

    def _reported(self) -> str:
        """Return the error that may be why no answer came; empty if none is told."""
        try:
            self.adapter.write(self.error_query)
            answer = str(self.adapter.read()).strip()
        except (VisaIOError, UnicodeDecodeError):
            return ""
        code = answer.replace("\t", ",").partition(",")[0]
        try:
            return answer if float(code) not in {0.0, float(UNANSWERED)} else ""
        except ValueError:
            return ""

    def inquire_number(self, message: str) -> float:
        """Send ``message`` and return the one number of its answer."""
        return number(self.inquire(message), self.name)

    def refuse_errors(self, doing: str) -> None:
        """Empty the error queue. InstrumentError: something was in it."""
        found = []
        for _ in range(MAXIMUM_ERRORS):
            answer = self.inquire(self.error_query)
            code = answer.partition(",")[0].strip()
            if code in {"0", "+0"}:
                break
            found.append(answer)
        if found:
            raise InstrumentError(
                f"{self.name}: reports {'; '.join(found)} while {doing}"
            )

    def refuse_output_off(self, answer: str) -> None:
        """Raise InstrumentError unless ``answer`` to ``OUTP?`` says it is on."""
        if answer.strip() not in {"1", "+1", "ON"}:
            self.refuse_errors("the output was switched on")
            raise InstrumentError(
                f"{self.name}: the output stays off; check its interlock"
            )

    def refuse_other_setpoint(self, asked: float, back: float, grain: float) -> float:
        """Return ``back``; InstrumentError if it is not ``asked`` within ``grain``."""
        if not abs(back - asked) <= grain:
            self.refuse_errors(f"{asked:g} was set")
            raise InstrumentError(
                f"{self.name}: was asked for {asked:g} and holds {back:g}"
            )
        return back
