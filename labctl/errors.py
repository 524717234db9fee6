"""Everything that can go wrong, sorted by whose fault it is.

Rules for whoever raises: take the most exact class; the message names the thing,
the value and the limit (``source: 0.2 A is beyond ±0.105 A``) and says what to do.
Nothing is clipped, defaulted or passed over.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class LabctlError(Exception):
    """What labctl raises on purpose; anything else is a defect of labctl."""

    fault: ClassVar[str] = "labctl"
    """Whose fault: config, operator, limit, instrument or store."""
    exit_code: ClassVar[int] = 1
    """What the command line returns to the shell."""


class OperatorError(LabctlError):
    """A person asked for something that does not exist or cannot be done now."""

    fault = "operator"
    exit_code = 2


class LateError(OperatorError):
    """The answer did not come in time."""


class Why(StrEnum):
    """What kind of thing a complaint is about, for code that acts on it."""

    WRONG = "wrong"
    """It will not become right by waiting."""
    BUSY = "busy"
    """Every channel that would do is lent now."""


Place = tuple[str | int, ...]
"""Keys and list positions from the top: ``("parameters", "steps", 0, "rate")``."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong with a file or a plan, and its cure."""

    path: Place
    """Where it belongs: ``("parameters", "steps", 2, "rate")``, ``("sample",
    "upper_voltage")``, ``("channels", "cell")`` of a plan; the keys of another file;
    empty: all of it."""
    what: str
    """The value and what it breaks; parameters in words, as a form names them."""
    cure: str = ""
    """What to do about it; empty if the first half says it."""
    why: Why = Why.WRONG
    file: str = ""
    """The file, option or sample that says so, as a person calls it; may be empty."""
    line: int | None = None
    """Line of the file, from 1."""
    step: str = ""
    """Label of the plan's first step that it is about; empty: of no step."""
    value: float | None = None
    """What is asked for, in ``unit``; None where it is no number."""
    limit: float | None = None
    """What it was compared with, in ``unit``."""
    unit: str = ""
    """SI unit of ``value`` and ``limit``: ``A``, ``V``, ``Hz``, ``T`` …"""
    role: str = ""
    """The role whose channel cannot do it; empty: no other channel would help."""
    offers: tuple[str, ...] = ()
    """Channels that can do all that the plan asks of ``role``; free ones first. The
    sample has to be moved there: nothing is taken without a person."""
    perhaps: tuple[str, ...] = ()
    """Channels that could, as far as is known: nobody could ask them, or they do not
    say all of it."""

    @property
    def where(self) -> str:
        """Say where it belongs: ``formation.yaml:14 steps[2].rate``."""
        file = self.file
        if self.line:
            file = f"{file}:{self.line}" if file else f"line {self.line}"
        first, rest = self.path[:1], self.path[1:]
        if first == ("channels",) and len(rest) == 1 and not file:
            place = f"role {rest[0]}"
        elif rest and (first == ("parameters",) or (file and first == ("sample",))):
            place = dotted(rest)
        else:
            place = dotted(self.path)
        return f"{file} {place}".strip()

    @property
    def said(self) -> str:
        """What is wrong and what to do about it, without the place."""
        return f"{self.what} {self.cure}" if self.cure else self.what

    def __str__(self) -> str:
        where = self.where
        return f"{where}: {self.said}" if where else self.said


class PlacedError(ValueError):
    """What a model finds between its keys, and where: a thermometer on no instrument.

    A `ValueError`, since that is what pydantic makes a complaint of.
    """

    def __init__(self, place: Place, what: str) -> None:
        self.place = place
        super().__init__(what)


def dotted(path: Place) -> str:
    """Return ``steps[2].then[0]``: a path as one writes it."""
    text = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path)
    return text.removeprefix(".")


class RefusedError(LabctlError):
    """Files, parameters or a plan are refused before anything is switched on.

    Carries every complaint at once, so that a person mends them in one go.
    """

    fault = "config"
    exit_code = 3

    def __init__(self, complaints: Iterable[Complaint]) -> None:
        self.complaints = tuple(complaints)
        super().__init__("\n".join(map(str, self.complaints)))


class QuantityError(LabctlError, ValueError):
    """A text is not a quantity of the wanted kind. Pydantic adds the place."""

    fault = "config"
    exit_code = 3


class LimitError(LabctlError):
    """A setpoint or a reading lies beyond a limit."""

    fault = "limit"
    exit_code = 5


class InstrumentError(LabctlError):
    """An instrument refused, failed or answered nonsense."""

    fault = "instrument"
    exit_code = 4


class LinkError(InstrumentError):
    """The instrument does not answer, or answers late; trying again may help."""


class IdentityError(InstrumentError):
    """Another instrument than the configured one answers at this address."""


class FirmwareError(InstrumentError):
    """The instrument carries firmware that this driver cannot talk to."""


class OwnershipError(InstrumentError):
    """Somebody else (EC-Lab, another run) has the instrument or the channel."""


class BusyError(OwnershipError):
    """Another run, person or process has a channel or instrument; it will be free."""

    def __init__(self, text: str, holders: Mapping[str, str]) -> None:
        super().__init__(text)
        self.holders = dict(holders)
        """Channel or instrument -> who has it."""


class NotOursError(OwnershipError):
    """A channel runs something that this run did not start; it is left alone."""


class DoubtfulError(OwnershipError):
    """A channel is not known to be off, and is lent to nobody until it is."""


class StoreError(LabctlError):
    """Data could not be written or read back; the stimulus stops."""

    fault = "store"
    exit_code = 1
