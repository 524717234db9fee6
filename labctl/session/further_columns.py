"""The columns that only some instruments record: which of them a run's streams have.

A protocol says what it needs, the channels of the bench what they have beyond that.
Streams are settled when a run begins, and stay so.
"""

from collections.abc import Iterable, Sequence

from labctl import columns
from labctl.data import Column, Stream
from labctl.roles.potentiostat import RecordsMore

MONITORED = {columns.MONITOR.name: columns.TIMESERIES.name}
"""Stream of the run -> stream of the channel that writes it."""


def recorded_streams(
    streams: Sequence[Stream], players: Iterable[object]
) -> tuple[Stream, ...]:
    """Return ``streams`` with what the bench's ``players`` record beyond them."""
    more = [p.further_columns for p in players if isinstance(p, RecordsMore)]
    grown = []
    for stream in streams:
        source = MONITORED.get(stream.name, stream.name)
        have = {column.name for column in stream.columns}
        new: dict[str, Column] = {}
        for further in more:
            for column in further.get(source, ()):
                if column.name not in have:
                    new[column.name] = column
        grown.append(stream.with_columns(*new.values()))
    return tuple(grown)


def unrecorded(kept: Sequence[Stream], players: Iterable[object]) -> tuple[str, ...]:
    """Return the columns of this bench that a run which has begun has no place for."""
    now = recorded_streams(kept, players)
    return tuple(
        dict.fromkeys(
            column.name
            for before, after in zip(kept, now, strict=True)
            for column in after.columns[len(before.columns) :]
        )
    )


def is_grown_from(kept: Sequence[Stream], plain: Sequence[Stream]) -> bool:
    """Tell whether ``kept`` are ``plain`` with further columns at their ends."""
    return len(kept) == len(plain) and all(
        before.with_columns(*after.columns[len(before.columns) :]) == after
        for before, after in zip(plain, kept, strict=True)
    )
