"""Which events a person is called for: each once, and none that was there before."""

from labctl.api.models import State, StationEvent


class Notices:
    """Remembers what was called already."""

    def __init__(self) -> None:
        self._known: set[tuple[int, float]] | None = None

    def take(self, state: State) -> list[StationEvent]:
        """Return the events of a state that need a person and are new.

        What waits when the window is opened is seen in it, and not called. Numbers go
        on when the station's process is started again.
        """
        marks = {(event.number, event.first_unix): event for event in state.attention}
        known = set(marks) if self._known is None else self._known
        new = [event for mark, event in marks.items() if mark not in known]
        self._known = known | set(marks)
        return new


def notice_of(events: list[StationEvent], state: State) -> tuple[str, str]:
    """Return title and text of one notification for all of them."""
    mark = " [SIMULATED]" if state.station.simulated else ""
    title = f"{state.station.name}{mark} needs you"
    more = len(events) - 1
    text = events[0].text + (f" (and {more} more)" if more else "")
    return title, text
