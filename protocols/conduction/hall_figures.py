"""Figures of a Hall run: the Hall resistance, and the configurations it comes from."""

from collections.abc import Mapping, Sequence

import numpy as np

from labctl import columns
from labctl.analysis.conduction.van_der_pauw import Reading
from labctl.analysis.uncertainty import Measured
from labctl.figures.figure import Figure, Series

Points = Sequence[tuple[float, float]]
"""Field in T and Hall resistance in Ω."""


def hall_figure(points: Mapping[str, Points], slope: Measured) -> tuple[Figure, ...]:
    """Draw the Hall resistance over the field, and the line that was found.

    ``points`` by what the legend calls them; ``slope`` in m²/C.
    """
    named = {name: np.array(found) for name, found in points.items() if found}
    if not named:
        return ()
    series = [
        Series(name, found[:, 0], found[:, 1], points=True)
        for name, found in named.items()
    ]
    if not slope.is_absent:
        fields = np.concatenate([found[:, 0] for found in named.values()])
        ends = np.array([fields.min(), fields.max()])
        name = f"slope {slope.value:.4g} m²/C"
        series.append(Series(name, ends, slope.value * ends).doubted(slope.reason))
    figure = Figure(
        "plot",
        "Hall resistance over the field",
        columns.FIELD.long_name,
        "Hall Resistance / Ω",
        tuple(series),
        note="Mean of the four configurations; it falls with the field for electrons.",
    )
    return (figure,)


def configurations_figure(
    readings: Mapping[str, Sequence[Reading]],
) -> tuple[Figure, ...]:
    """Draw V/I over the field for every configuration; ``readings`` by their names."""
    series = []
    for name, group in readings.items():
        ordered = sorted(group, key=lambda reading: reading.field)
        series.append(
            Series(
                name.replace("_", ", "),
                np.array([r.field for r in ordered]),
                np.array([r.voltage / r.current for r in ordered]),
                np.array([r.scatter / abs(r.current) for r in ordered]),
                points=True,
            )
        )
    if not series:
        return ()
    figure = Figure(
        "configurations",
        "Configurations over the field",
        columns.FIELD.long_name,
        "Voltage by Current / Ω",
        tuple(series),
        note="What does not change with the field is misalignment of the contacts; "
        "a pair of contacts and its reverse lie on each other.",
    )
    return (figure,)
