"""A run as a state tells it, for tests of what follows from its fields."""

from typing import Any

from real_station import NOW

from labctl.api.models import RunSummary
from labctl.api.states import RunState

HOUR = 3600.0


def summary(
    name: str, sample: str, channels: dict[str, str], **more: Any
) -> RunSummary:
    """Return a run that goes on, unless ``more`` says otherwise."""
    about: dict[str, Any] = {
        "run": name,
        "protocol": "formation-cycling",
        "title": "Formation, then cycles at a working rate",
        "sample": sample,
        "channels": channels,
        "state": RunState.RUNNING,
        "reason": "",
        "asked": "",
        "step_count": 3,
        "step_label": "lithiation at C/20",
        "technique": "ConstantCurrent",
        "cycle": 1,
        "test_time": 40 * HOUR,
        "rows": 1000,
        "last": {"voltage_volt": 0.3127, "current_ampere": -0.0001417},
        "started_unix": NOW - 40 * HOUR,
        "ended_unix": None,
        "expected_duration": 90 * HOUR,
        "simulated": True,
        "operator": "Kim",
        "trouble": "",
    }
    return RunSummary(**{**about, **more})
