"""What goes wrong on a twin, on purpose."""

import threading
from dataclasses import dataclass, field

BLOCKED_FOR = 30.0
"""s of real time after which a blocked call gives up waiting to be released."""


@dataclass(slots=True)
class FaultPlan:
    """What goes wrong, by function."""

    codes: dict[str, int | list[int]] = field(default_factory=dict)
    """Function → error code for ever, or a list used up call by call (0 passes)."""
    blocked: dict[str, threading.Event] = field(default_factory=dict)
    """Function → its calls wait until the event is set."""
    zero_infos: int = 0
    """So many BL_GetChannelInfos succeed with all zeros."""
    late_starts: int = 0
    """So many reads after a start still say STOP."""
    option_error: int = 0
    """What TCurrentValues.OptErr says."""
    missing: frozenset[str] = frozenset()
    """Functions that this release does not have."""
    deaf_stops: int = 0
    """So many BL_StopChannel succeed and stop nothing."""
    time_of_technique: bool = False
    """ElapsedTime begins anew with each technique: what no manual denies."""
    uncounted: bool = False
    """NbOfTechniques says 0 whatever is loaded: what no manual denies."""
    mute: bool = False
    """Parameters are ignored without a word, and the read-back shows it."""

    def code(self, name: str) -> int:
        """Return what the next call of ``name`` shall fail with; 0 for nothing."""
        planned = self.codes.get(name, 0)
        if isinstance(planned, int):
            return planned
        return planned.pop(0) if planned else 0
