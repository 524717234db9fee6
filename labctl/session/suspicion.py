"""What a run's events say against all of its results."""

from collections.abc import Mapping, Sequence

from labctl.data import Quality, Result
from labctl.roles.potentiostat import OVERLOADED, ROWS_LOST
from labctl.store.journal.records import EventRecord


def suspected(
    results: Mapping[str, Result], events: Sequence[EventRecord]
) -> Mapping[str, Result]:
    """Return the results, suspect where readings were not what flowed, or were lost.

    Which of them rest on those rows is not known; what is absent stays so.
    """
    grave = [each for each in events if each.event.code in {OVERLOADED, ROWS_LOST}]
    if not grave:
        return results
    first, more = grave[0], len(grave) - 1
    reason = f"at {first.test_time:.0f} s {first.event.text}"
    reason += f"; {more} more of these" * bool(more)
    return {
        name: result if result.quality is Quality.ABSENT else result.suspect(reason)
        for name, result in results.items()
    }
