"""What is compared as JSON, so that the view can be made again.

The JSON says which runs, what is compared, how it is normalised, what is excluded, and
which part of the axes was seen; with it and the runs the same figure comes out again.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from gui.plot.axis import Span
from gui.runs.run_statistics import Averaged
from labctl.api.comparison import Overlay

SCHEMA = 1
DISTRIBUTION = "labctl-bench"


def view_json(
    shown: Overlay, x: Span, y: Span, averages: Sequence[Averaged] = ()
) -> str:
    """Return the view: what was asked for, the part of the axes seen, the averages."""
    asked, figure = shown.asked, shown.figure
    view: dict[str, Any] = {
        "labctl_view": SCHEMA,
        "labctl": version(DISTRIBUTION),
        "simulated": shown.simulated > 0,
        "title": figure.title,
        "compare": asked.recipe,
        "normalise": str(asked.how),
        "runs": list(asked.runs),
        "excluded_runs": sorted(asked.without_runs),
        "excluded_cycles": str(asked.without_cycles),
        "picked": str(asked.picked),
        "mean": asked.mean,
        "group_by": str(asked.by),
        "words": list(asked.words),
        "note": figure.note,
        "doubts": list(figure.doubts),
        "axes": {
            "x": {"label": figure.x_label, "log": figure.x_log, "range": _range(x)},
            "y": {"label": figure.y_label, "log": figure.y_log, "range": _range(y)},
        },
        "series": [
            {
                "name": series.name,
                "of": owner,
                "quality": str(series.quality),
                "reason": series.reason,
            }
            for series, owner in zip(figure.series, shown.owners, strict=True)
        ],
        "statistics": [asdict(one) for one in averages],
    }
    return json.dumps(view, indent=1, ensure_ascii=False) + "\n"


def _range(span: Span) -> list[float]:
    return [span.low, span.high]
