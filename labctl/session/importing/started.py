"""When the test of another program's file began: said, told, or not known.

A file in UTC says it best. A local time is read in the zone that a person names; where
nobody does, in that of this PC, which the run then says. Unknown stays unknown.
"""

import math
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from labctl.errors import OperatorError
from labctl.store.imported_from import Start, StartKnown
from labctl.store.importers.foreign import ForeignFile

EXAMPLE = "2024-01-15 09:00"
OLE_ZERO = date(1899, 12, 30)
"""Day 0 of Windows' dates: what a program writes that has none."""
YEARS = range(1900, 3000)
"""In which a person's test may have begun; calendars and zones reach no further."""
Remarks = tuple[str, ...]


def zone_of(name: str) -> ZoneInfo:
    """Return the zone of an IANA name. OperatorError: there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as e:
        raise OperatorError(
            f"--zone {name}: no such time zone; take an IANA name such as Asia/Seoul "
            "or Europe/Berlin"
        ) from e


def told_of(text: str) -> datetime:
    """Return a moment as a person types it. OperatorError: it is none."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        moment = None
    if moment is None or moment.year not in YEARS:
        raise OperatorError(
            f'--started "{text}": no date and time; write it as "{EXAMPLE}"'
        )
    return moment


def start_of(
    file: ForeignFile, zone: ZoneInfo | None = None, told: datetime | None = None
) -> tuple[Start, Remarks]:
    """Return when test time 0 was, and what a person should know of it.

    ``zone``: in which local times are read; None: that of this PC. ``told``: by a
    person, for files that do not say it.
    """
    said, remarks = _said(file, zone)
    if said.known is not StartKnown.UNKNOWN:
        if told is not None:
            remarks += ("the start that was told is not used: the file says its own",)
        return said, remarks
    if told is None:
        text = file.started_said
        why = f"`{text}` cannot be read surely" if text else "the file does not say it"
        return Start(), (f"when it began is not known: {why}",)
    start, doubts = _local(told, zone)
    zoned = told.tzinfo is None
    return Start(
        start.unix, StartKnown.PERSON, start.zone, start.zone_assumed and zoned
    ), doubts


def _said(file: ForeignFile, zone: ZoneInfo | None) -> tuple[Start, Remarks]:
    for table in (file.timeseries, file.eis):
        unix, time = (
            table.numbers(name) for name in ("unix_time_second", "test_time_second")
        )
        if unix is None:
            continue
        since = unix - time if time is not None else unix
        known = np.flatnonzero(np.isfinite(since))
        if len(known):
            return Start(float(since[known[0]]), StartKnown.UTC), ()
    if file.started is None or file.started.date() == OLE_ZERO:
        return Start(), ()
    return _local(file.started, zone)


def _local(moment: datetime, zone: ZoneInfo | None) -> tuple[Start, Remarks]:
    if moment.tzinfo is not None:
        return Start(moment.timestamp(), StartKnown.UTC), ()
    first = moment.replace(fold=0, tzinfo=zone).timestamp()
    second = moment.replace(fold=1, tzinfo=zone).timestamp()
    name = str(zone) if zone else f"{moment.astimezone().tzname()} (this PC)"
    start = Start(first, StartKnown.LOCAL, name, zone is None)
    if math.isclose(first, second):
        return start, ()
    if second > first:
        said = f"{moment} was twice that night; the first, in summer time, is taken"
    else:
        said = (
            f"{moment} was never shown: clocks went forward; taken as if they had not"
        )
    return start, (f"the start is doubtful: {said}",)
