"""What a run's events and rows say against all of its results."""

from collections.abc import Mapping, Sequence

import numpy as np

from labctl.analysis.row_blocks import blocks, gathered
from labctl.columns import OVERLOAD, SPECTRUM, STEP_COUNT, TECHNIQUE_INDEX
from labctl.data import Array, Quality, Result
from labctl.engine.standing import DISTURBED
from labctl.roles.potentiostat import OVERLOADED, ROWS_LOST
from labctl.session.view import JournalView
from labctl.store.journal.records import EventRecord
from labctl.verdicts.condition import Doubts
from labctl.verdicts.recording import NO_OVERLOAD, ROWS_KEPT
from labctl.verdicts.temperature import HELD

PARTS = (STEP_COUNT, TECHNIQUE_INDEX, SPECTRUM)
"""What tells one piece of a stream from the next, where its rows have it."""
GRAVE = {OVERLOADED: NO_OVERLOAD, ROWS_LOST: ROWS_KEPT, DISTURBED: HELD}
"""Code of an event -> what its run did not meet."""
TOLERATED = 0.1
"""Part of a piece's rows that auto range may flag while it switches …"""
FLASH = 1
"""… and this many rows where there are few."""


def suspected(
    results: Mapping[str, Result],
    events: Sequence[EventRecord],
    tables: Mapping[str, Mapping[str, Array]] | None = None,
) -> Mapping[str, Result]:
    """Return the results, suspect where readings were not what flowed, or were lost.

    So are those that were measured in a chamber which somebody changed meanwhile.

    ``tables``: stream -> columns, of those that have `OVERLOAD`. An overload that ends
    before it lasts is no event, but all that a short pulse has to say may lie in it.
    Which results rest on those rows is not known; what is absent stays so.
    """
    doubts = _told(events)
    for name, table in (tables or {}).items():
        doubts += _recorded(name, table)
    out = dict(results)
    for name, result in results.items():
        if result.quality is not Quality.ABSENT:
            for doubt in doubts:
                out[name] = out[name].suspect(doubt)
    return out


def flagged_tables(run: JournalView) -> dict[str, Mapping[str, Array]]:
    """Return the rows of every stream of a run that has a column of flags."""
    return {
        stream.name: run.table(stream.name)
        for stream in run.streams
        if OVERLOAD in stream.columns
    }


def _told(events: Sequence[EventRecord]) -> Doubts:
    """Say when an overload lasted, rows were lost, or a chamber was changed."""
    found: Doubts = ()
    for code, condition in GRAVE.items():
        grave = [each for each in events if each.event.code == code]
        for first in grave[:1]:
            more = f"; {len(grave) - 1} more of these" * (len(grave) > 1)
            text = f"at {first.test_time:.0f} s {first.event.text}{more}"
            found += condition.met(fulfilled=False, text=text)
    return found


def _recorded(stream: str, table: Mapping[str, Array]) -> Doubts:
    """Say where too many rows carry flags."""
    columns = blocks(table, [OVERLOAD.name])
    if not any((rows[OVERLOAD.name] > 0).any() for _, rows in columns):
        return ()
    table = gathered(table, [OVERLOAD.name, *(c.name for c in PARTS)])
    flagged = table[OVERLOAD.name] > 0
    parts = np.stack([table[c.name] for c in PARTS if c.name in table])
    _, first, inverse, rows = np.unique(
        parts, axis=1, return_index=True, return_inverse=True, return_counts=True
    )
    bad = np.bincount(inverse.ravel(), weights=flagged, minlength=len(rows))
    (worst,) = np.nonzero((bad > FLASH) & (bad > TOLERATED * rows))
    if not len(worst):
        return ()
    at = worst[np.argmin(first[worst])]
    step = int(table[STEP_COUNT.name][first[at]])
    more = f", and {len(worst) - 1} more of these" * (len(worst) > 1)
    return NO_OVERLOAD.met(
        fulfilled=False,
        text=f"{bad[at]:.0f} of {rows[at]} rows of {stream} in step {step} were "
        f"recorded in overload ({OVERLOAD.name}){more}",
    )
