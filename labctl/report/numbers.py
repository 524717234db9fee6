"""The numbers behind what a page draws, as JSON that no text in it can break out of."""

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from labctl.data import Array
from labctl.figures.figure import Figure
from labctl.report.svg import Drawing

_EXACT, _DRAWN = 9, 6
"""Significant digits of curves given whole, and of thinned ones."""


def figure_numbers(figure: Figure, drawing: Drawing, file: str) -> dict[str, Any]:
    """Return what is drawn: labels, and for each series its shown points."""
    return {
        "file": file,
        "title": figure.title,
        "x_label": figure.x_label,
        "y_label": figure.y_label,
        "right_label": figure.right_label,
        "series": [
            {
                "name": series.name,
                "right": series.right,
                "points": len(series.y),
                "quality": str(series.quality),
                "reason": series.reason,
                "x": _short(series.x[marks.rows], thinned=marks.thinned),
                "y": _short(series.y[marks.rows], thinned=marks.thinned),
            }
            | (
                {"error": _short(series.error[marks.rows], thinned=marks.thinned)}
                if series.error is not None
                else {}
            )
            for series, marks in zip(figure.series, drawing.marks, strict=True)
        ],
    }


def json_block(value: Any) -> str:
    """Return JSON for a ``<script type="application/json">``; not finite is null."""
    text = json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _short(values: Array, *, thinned: bool) -> list[float]:
    digits = _DRAWN if thinned else _EXACT
    numbers = (float(f"{value:.{digits}g}") for value in values.tolist())
    return [
        int(n) if n.is_integer() and abs(n) < 1e15 else n  # noqa: PLR2004
        for n in numbers
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str | int | None) else str(value)
