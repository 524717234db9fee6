"""YAML that a person types or pastes, read as the station reads it, with its lines.

Blocks, lists, text, numbers, ``true``, ``false``, ``null``; numbers are those of YAML
1.2 (``4:20`` and ``no`` are text). Anchors, aliases, tags, merge keys and several
documents are refused. The station's own reader stands in the hall, where the window
does not reach; what is written here reads back the same there.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from labctl.errors import Complaint, RefusedError

Place = tuple[str | int, ...]
"""Keys and list positions from the top: ``("steps", 0, "rate")``."""
LARGEST = 128 * 1024
"""Characters; PyYAML reads 100 kB a second, a long plan has 10 kB."""
DEEPEST = 32
_INT = re.compile(r"[+-]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(
    r"[+-]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][+-]?[0-9]+)?"
)
_ODD_NUMBER = re.compile(
    r"[+-]?0[0-9_]+(?:\.[0-9_]*)?(?:[eE][+-]?[0-9]+)?"
    r"|[+-]?[0-9][0-9_]*_[0-9_]*(?:\.[0-9_]*)?"
    r"|[+-]?\.?(?:nan|inf|infinity)",
    re.IGNORECASE,
)
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
}
_BROKEN = {
    "character '\\t'": "a tab where YAML wants spaces",
    "mapping values are not allowed": "a second `: ` in one line, or a key in the "
    "wrong column; quote a text that contains `: `",
    "expected <block end>": "this does not line up with the lines above",
    "unexpected end of stream": "a quote is never closed",
    "found '<stream end>'": "a bracket is never closed",
    "expected ',' or": "a bracket is not closed, or a comma is missing",
    "could not find expected ':'": "this key has no value; write `key: value`",
}
"""PyYAML's words, and what to say instead."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a text says, and on which line each piece of it stands."""

    data: Any
    lines: Mapping[Place, int] = field(default_factory=dict)

    def line_of(self, place: Place) -> int:
        """Return the line, from 1, of a piece or of the nearest thing around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read_yaml(text: str) -> Written:
    """Read a text. RefusedError: the first thing not understood, with its line."""
    if len(text) > LARGEST:
        raise RefusedError(
            [Complaint((), f"the text is longer than {LARGEST // 1024} kB.", line=1)]
        )
    lines: dict[Place, int] = {}
    try:
        events = yaml.parse(text.removeprefix("\ufeff"), Loader=yaml.SafeLoader)
        next(events)
        start = next(events)
        if not isinstance(start, yaml.DocumentStartEvent):
            return Written(None)
        if start.version or start.tags:
            _refuse(start, "has a % directive.")
        data = _value(next(events), events, (), lines)
        next(events)
        after = next(events)
        if not isinstance(after, yaml.StreamEndEvent):
            _refuse(after, "starts a second document.", "Remove the `---` line.")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        said = error.problem or "this is not YAML"
        what = next((w for known, w in _BROKEN.items() if known in said), said)
        raise RefusedError([Complaint((), f"{what}.", line=line)]) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        what = f"holds the character U+{int(error.character):04X}."
        raise RefusedError([Complaint((), what, "Remove it.", line=line)]) from error
    return Written(data, lines)


def write_yaml(data: Any) -> str:
    """Write plain data, short lists and blocks in one line each."""
    return yaml.dump(
        data,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=None,
        width=88,
    )


def one_line(data: Any) -> str:
    """Write plain data in one line."""
    text = yaml.dump(
        data,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=True,
        width=math.inf,
    )
    return text.removesuffix("\n").removesuffix("\n...")


class _Dumper(yaml.SafeDumper):
    """Indents lists, names nothing twice, quotes what would not read back as text."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        del indentless
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    plain = _ODD_NUMBER.fullmatch(text) is None and scalar(text) == text
    style = None if plain else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _represent_text)


def scalar(text: str) -> Any:
    """Return what an unquoted word means: a number, true, false, null, else text."""
    if text in _WORDS:
        return _WORDS[text]
    if not _FLOAT.fullmatch(text):
        return text
    return int(text) if _INT.fullmatch(text) else float(text)


def _value(
    event: yaml.Event,
    events: Iterator[yaml.Event],
    place: Place,
    lines: dict[Place, int],
) -> Any:
    _refuse_machinery(event, place)
    if isinstance(event, yaml.ScalarEvent):
        if event.style is not None:
            return event.value
        number = scalar(event.value)
        odd = _ODD_NUMBER.fullmatch(event.value) is not None
        if odd or (isinstance(number, float) and not math.isfinite(number)):
            _refuse(
                event,
                f"{event.value} is no number one can set.",
                "Quote it if it is a text.",
            )
        return number
    if isinstance(event, yaml.SequenceStartEvent):
        items: list[Any] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            below = (*place, len(items))
            lines[below] = _line(event)
            items.append(_value(event, events, below, lines))
        return items
    block: dict[str, Any] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        _refuse_machinery(event, ())
        if not isinstance(event, yaml.ScalarEvent) or not event.value.strip():
            _refuse(event, "has a key that is no text.", "Name the key.")
        if event.style is None and event.value == "<<":
            _refuse(event, "merges with `<<`.", "Write the keys out.")
        if event.value in block:
            _refuse(event, f"`{event.value}` stands twice.", "Remove one of the two.")
        below = (*place, event.value)
        lines[below] = _line(event)
        block[event.value] = _value(next(events), events, below, lines)
    return block


def _refuse_machinery(event: yaml.Event, place: Place) -> None:
    if len(place) >= DEEPEST:
        _refuse(event, f"is nested more than {DEEPEST} deep.", "Flatten it.")
    if getattr(event, "anchor", None) is not None:
        _refuse(event, "uses an anchor or alias.", "Write the value out.")
    if getattr(event, "tag", None) is not None:
        _refuse(event, "uses a tag.", "Remove it; quote a text that starts with `!`.")


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _refuse(event: yaml.Event, what: str, cure: str = "") -> NoReturn:
    raise RefusedError([Complaint((), what, cure, line=_line(event))])
