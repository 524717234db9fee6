"""A protocol's default plot as a figure, without a line of code in the protocol."""

from collections.abc import Mapping

import numpy as np

from labctl import columns as vocabulary
from labctl.data import Array, Column
from labctl.figures.figure import Figure, Plot, Series

_LONG_NAMES = {
    column.name: column.long_name
    for column in vars(vocabulary).values()
    if isinstance(column, Column)
}
_DAYS = "Test Time / d"
_HOURS = "Test Time / h"
_TIMES = ((4 * 86400.0, 86400.0, _DAYS), (3 * 3600.0, 3600.0, _HOURS))
"""Runs longer than the first are shown in the second, so labelled."""


def from_plot(
    plot: Plot,
    columns: Mapping[str, Array],
    labels: Mapping[str, str] | None = None,
) -> Figure:
    """Draw the plot's columns: the first unit on the left, a second on the right.

    Parameters
    ----------
    plot
        Which columns against which.
    columns
        Values by machine name, each shape (n,). An ordinate that is missing is left
        out and named in the note, as is one of a third unit.
    labels
        Axis labels with units, by machine name; labctl's vocabulary knows its own.
    """
    known = {**_LONG_NAMES, **(labels or {})}
    names = {
        name: _written(known.get(name, name.replace("_", " ")))
        for name in (plot.x, *plot.y)
    }
    left_out = [names[name] for name in plot.y if name not in columns]
    there = [name for name in plot.y if name in columns and plot.x in columns]
    units = list(dict.fromkeys(_unit(names[name]) for name in there))
    left_out += [names[name] for name in there if _unit(names[name]) in units[2:]]
    shown = [name for name in there if _unit(names[name]) in units[:2]]
    x, x_label = _abscissa(plot, columns, names[plot.x])
    series = tuple(
        Series(
            _quantity(names[name]),
            x,
            np.asarray(columns[name], float),
            points=plot.points,
            right=_unit(names[name]) != units[0],
        )
        for name in shown
    )
    return Figure(
        plot.name,
        plot.title,
        x_label,
        _axis_label([names[s] for s in shown if _unit(names[s]) == units[0]]),
        series,
        right_label=_axis_label(
            [names[s] for s in shown if _unit(names[s]) in units[1:]]
        ),
        x_log=plot.x_log,
        y_log=plot.y_log,
        equal_scale=_is_nyquist(names[plot.x], plot, there, names),
        note=f"Not shown: {', '.join(left_out)}." if left_out else "",
    )


def _abscissa(
    plot: Plot, columns: Mapping[str, Array], label: str
) -> tuple[Array, str]:
    x = np.asarray(columns.get(plot.x, np.array([])), float)
    if plot.x != vocabulary.TEST_TIME.name or plot.x_log or not x.size:
        return x, label
    longest = np.nanmax(x, initial=0.0)
    for least, size, name in _TIMES:
        if longest >= least:
            return x / size, name
    return x, label


def _is_nyquist(
    x_label: str, plot: Plot, there: list[str], names: Mapping[str, str]
) -> bool:
    same = {_unit(names[name]) for name in there} == {_unit(x_label)}
    return same and "Impedance" in x_label and not (plot.x_log or plot.y_log)


def _unit(label: str) -> str:
    return label.rpartition(" / ")[2]


def _written(label: str) -> str:
    """Return a column's label as an axis writes it: ``°C``, not ``degC``."""
    return label.removesuffix("degC") + "°C" if label.endswith(" / degC") else label


def _quantity(label: str) -> str:
    return label.rpartition(" / ")[0] or label


def _axis_label(labels: list[str]) -> str:
    if len(labels) < 2:  # noqa: PLR2004
        return "".join(labels)
    return f"{', '.join(map(_quantity, labels))} / {_unit(labels[0])}"
