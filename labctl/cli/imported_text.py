"""What a person reads of where an imported run came from: a few lines."""

import math
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from labctl.clock import iso
from labctl.store.imported_from import ImportedFrom, Origin, Start, StartKnown
from labctl.store.importers.foreign import COUNTING

_KNOWN = {
    StartKnown.UTC: "as the file says",
    StartKnown.LOCAL: "as the file says in {zone}",
    StartKnown.PERSON: "as was told at the import",
    StartKnown.UNKNOWN: "",
}

OWN = frozenset({"technique_index", "step_count"})
"""Columns that only a run of labctl's own can have."""


def imported_lines(source: ImportedFrom) -> list[str]:
    """Return file, start, what was derived, what is absent, remarks, what was left."""
    return [
        f"imported from {source.file} ({source.program})",
        f"began: {_start_text(source.start)}",
        *_columns(source),
        *(f"remark: {each}" for each in source.remarks),
        *([f"not taken: {', '.join(source.untaken)}"] if source.untaken else []),
    ]


def _start_text(start: Start) -> str:
    if math.isnan(start.unix):
        return iso(start.unix)
    how = _KNOWN[start.known].format(zone=start.zone)
    assumed = "; the zone was assumed" if start.zone_assumed else ""
    return f"{_moment(start)}, {how}{assumed}"


def _moment(start: Start) -> str:
    """Return the start by the clock of the zone that was named, so as the file has it.

    By UTC, where none was named or this PC does not know it.
    """
    if start.known is not StartKnown.LOCAL or start.zone_assumed:
        return iso(start.unix)
    try:
        zone = ZoneInfo(start.zone)
    except (ZoneInfoNotFoundError, ValueError):
        return iso(start.unix)
    return datetime.fromtimestamp(start.unix, zone).isoformat(timespec="milliseconds")


def _columns(source: ImportedFrom) -> Iterator[str]:
    for stream, columns in source.columns.items():
        if all(each.origin is not Origin.FILE for each in columns.values()):
            continue  # the file has no such rows
        derived = [
            f"{name} ({each.rule})"
            for name, each in columns.items()
            if each.origin is Origin.DERIVED and each.rule not in COUNTING
        ]
        absent = [
            name
            for name, each in columns.items()
            if each.origin is Origin.ABSENT and name not in OWN
        ]
        if derived:
            yield f"derived in {stream}: {', '.join(derived)}"
        if absent:
            yield f"absent in {stream}: {', '.join(absent)}"
