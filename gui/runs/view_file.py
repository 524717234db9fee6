"""What is seen as files: numbers as CSV, and the view as JSON so that it can be remade.

The JSON says which runs, what is compared, how it is normalised, what is excluded, and
which part of the axes was seen; with it and the runs the same figure comes out again.
"""

import csv
import io
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from gui.plot.axis import Span
from gui.runs.run_statistics import Averaged
from labctl.api.comparison import Overlay
from labctl.api.figures import Figure, Series
from labctl.documents.spreadsheet import safe_text

SCHEMA = 1
DISTRIBUTION = "labctl-bench"


def csv_text(figure: Figure, *, simulated: bool) -> str:
    """Return what is shown as CSV, two columns a series, three with a deviation s.

    Lines that begin with ``#`` say SIMULATED, title and note.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    if simulated:
        writer.writerow(["# SIMULATED"])
    writer.writerow([f"# {figure.title}"])
    for text in filter(None, (figure.note, *figure.doubts)):
        writer.writerow([f"# {text}"])
    columns = [
        column for series in figure.series for column in _columns(figure, series)
    ]
    writer.writerow([safe_text(name) for name, _ in columns])
    for row in itertools.zip_longest(*(np.asarray(v, float) for _, v in columns)):
        writer.writerow(
            ["" if v is None or np.isnan(v) else repr(float(v)) for v in row]
        )
    return out.getvalue()


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


def written(path: Path, text: str, what: str) -> str:
    """Write a CSV; return in words that ``what`` was written, or why it was not."""
    try:
        path.write_text(text, "utf-8", newline="")
    except OSError as error:
        why = error.strerror or str(error)
        return f"{path} could not be written: {why}; choose another folder"
    return f"wrote {path.name}: {what}"


def _columns(figure: Figure, series: Series) -> Iterator[tuple[str, Any]]:
    label = figure.right_label if series.right else figure.y_label
    yield f"{series.name}: {figure.x_label}", series.x
    yield f"{series.name}: {label}", series.y
    if series.error is not None:
        yield f"{series.name}: s of {label}", series.error


def _range(span: Span) -> list[float]:
    return [span.low, span.high]
