"""The pattern of a message stands as a decorator on the method that answers it.

``@command(pattern, kind, …)`` for what sets or starts something, ``@query`` for what
answers, `setting` for a value that is only kept and given back. A method may carry
several patterns.
"""

import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.header import Header, header
from drivers.twins.scpi.parameters import Kind, Number, boolean

_MARK = "scpi_patterns"
_Method = typing.TypeVar("_Method", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Entry:
    """One pattern and what carries it out."""

    header: Header
    kinds: tuple[Kind, ...]
    required: int
    """So many parameters must come; more may, up to ``len(kinds)``."""
    run: Callable[..., Any]
    """Called with the instrument, the header's numbers and the parameters."""
    rest: bool = False
    """Whether the last kind may come any number of times."""


def command(
    pattern: str, *kinds: Kind, optional: int = 0, rest: bool = False
) -> Callable[[_Method], _Method]:
    """Say which message calls this method; the last ``optional`` kinds may miss."""

    def mark(method: _Method) -> _Method:
        entries = getattr(method, _MARK, [])
        entry = Entry(header(pattern), kinds, len(kinds) - optional, method, rest)
        setattr(method, _MARK, [*entries, entry])
        return method

    return mark


def query(
    pattern: str, *kinds: Kind, optional: int = 0
) -> Callable[[_Method], _Method]:
    """Say which question this method answers; ``pattern`` ends with ``?``."""
    if not pattern.endswith("?"):
        raise ValueError(f"a question ends with a question mark: {pattern}")
    return command(pattern, *kinds, optional=optional)


def for_each(
    nodes: Mapping[str, str], rest: str, *kinds: Kind
) -> Callable[[_Method], _Method]:
    """Say which messages call a method with the function they are about first.

    ``nodes`` are patterns by function, ``rest`` is what follows them.
    """

    def mark(method: _Method) -> _Method:
        entries = [
            Entry(header(node + rest), kinds, len(kinds), _about(method, function))
            for function, node in nodes.items()
        ]
        setattr(method, _MARK, [*getattr(method, _MARK, []), *entries])
        return method

    return mark


def _about(method: Callable[..., Any], function: str) -> Callable[..., Any]:
    def run(instrument: Any, *values: Any) -> Any:
        return method(instrument, function, *values)

    return run


def show(value: object) -> str:
    """Write a value as Keithley's SCPI does: ``+1.000000E+00``, ``1``, a word."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return f"{value:+.6E}"
    return str(value)


class Setting:
    """A value that a message sets, a question returns and ``*RST`` puts back.

    The value itself is the instrument's attribute of the setting's name.
    """

    def __init__(
        self,
        patterns: tuple[str, ...],
        default: Any,
        kind: Kind,
        shown: Callable[[Any], str] = show,
    ) -> None:
        self.patterns = patterns
        self.default = default
        self.kind = kind
        self.shown = shown
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def entries(self) -> list[Entry]:
        """Return the setting's message and question."""
        made = []
        for pattern in self.patterns:
            told, asked = header(pattern), header(pattern + "?")
            made.append(Entry(told, (self.kind,), 1, self._change))
            made.append(Entry(asked, (str,), 0, self._answer))
        return made

    def _change(self, instrument: Any, *values: Any) -> None:
        name, settings = self.name, vars(instrument)
        before, settings[name] = settings[name], values[-1]
        try:
            instrument.changed(name)
        except ScpiError:
            settings[name] = before
            raise

    def _answer(self, instrument: Any, *asked: Any) -> str:
        named = asked[-1] if asked and isinstance(asked[-1], str) else ""
        if named and isinstance(self.kind, Number):
            return self.shown(float(self.kind.named(named)))
        return self.shown(instrument.reported(self.name))


class EachOwn:
    """A setting that every function of an instrument has for itself.

    ``nodes`` are the functions' patterns, ``make`` returns the setting of one. A
    setting is called ``nplc of VOLT`` in `settings`; `of` reads it.
    """

    def __init__(
        self, nodes: Mapping[str, str], make: Callable[[str], Setting]
    ) -> None:
        self.made = {function: make(node) for function, node in nodes.items()}
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        for function, made in self.made.items():
            made.name = f"{name} of {function}"

    def of(self, instrument: Any, function: str) -> Any:
        """Return the setting's value for one function."""
        return instrument.settings[f"{self.name} of {function}"]

    def put(self, instrument: Any, function: str, value: Any) -> None:
        """Set it for one function."""
        instrument.settings[f"{self.name} of {function}"] = value


def number(
    *patterns: str,
    default: float,
    low: float,
    high: float,
    infinite: bool = False,
    shown: Callable[[Any], str] = show,
) -> Any:
    """Return a setting that is a number within limits."""
    kind = Number(low, high, default, infinite)
    return Setting(patterns, float(default), kind, shown)


def whole(*patterns: str, default: int, low: int, high: int) -> Any:
    """Return a setting that is a whole number within limits."""
    return Setting(patterns, default, Number(low, high, default, whole=True))


def switch(*patterns: str, default: bool = False) -> Any:
    """Return a setting that is on or off."""
    return Setting(patterns, default, boolean)


def setting(
    *patterns: str, default: Any, kind: Kind, shown: Callable[[Any], str] = show
) -> Any:
    """Return a setting of any other kind."""
    return Setting(patterns, default, kind, shown)


def entries_of(cls: type) -> tuple[list[Entry], dict[str, Any]]:
    """Return all patterns of a class, and its settings' defaults.

    A subclass' attribute hides that of its parent, patterns included.
    """
    found: list[Entry] = []
    defaults: dict[str, Any] = {}
    seen: set[str] = set()
    for owner in cls.__mro__:
        for name, member in vars(owner).items():
            if name in seen:
                continue
            seen.add(name)
            if isinstance(member, Setting):
                found += member.entries()
                defaults[name] = member.default
            elif isinstance(member, EachOwn):
                for made in member.made.values():
                    found += made.entries()
                    defaults[made.name] = made.default
            else:
                found += getattr(member, _MARK, [])
    return found, defaults
