"""Figures of a film with four contacts: its resistivity, its contacts."""

import numpy as np

from labctl import columns
from labctl.analysis.conduction.van_der_pauw import CONFIGURATIONS
from labctl.figures.figure import Figure, Series
from labctl.protocol import RecordedRun
from protocols.conduction.conduction_readings import (
    FILM_STEPS,
    film_readings,
    pair_points,
    steps_of,
)
from protocols.conduction.hall_bench import CONTACTS, PAIRS, RESISTIVITY_LABEL


def resistivity_figure(run: RecordedRun) -> tuple[Figure, ...]:
    """Return voltage against current of van der Pauw's configurations, with slopes."""
    records = steps_of(run, FILM_STEPS, RESISTIVITY_LABEL)
    readings = [r for r in film_readings(run, records) if r.canonical in CONFIGURATIONS]
    series = []
    for name in dict.fromkeys(r.configuration for r in readings):
        group = [r for r in readings if r.configuration == name]
        current = np.array([r.current for r in group])
        voltage = np.array([r.voltage for r in group])
        order = np.argsort(current)
        text = name.replace("_", ", ")
        if np.ptp(current) > 0:
            text += f": {np.polyfit(current, voltage, 1)[0]:.5g} Ω"
        series.append(Series(text, current[order], voltage[order]))
    if not series:
        return ()
    figure = Figure(
        "resistivity",
        "Resistivity: voltage against current",
        columns.SOURCE_CURRENT.long_name,
        columns.VOLTAGE.long_name,
        tuple(series),
        note="The slope is V/I of the configuration, thermal voltage left out.",
    )
    return (figure,)


def contacts_figure(run: RecordedRun, name: str = "contacts") -> tuple[Figure, ...]:
    """Return the I-V curves of the contact check; ``name`` is the plot it replaces."""
    records = steps_of(run, "ReadFilm", CONTACTS)
    if not records:
        return ()
    series = []
    for i, j in PAIRS:
        points = pair_points(run, (i, j), records[-1].step_count)
        if len(points):
            series.append(Series(f"{i}-{j}", points.current, points.voltage))
    figure = Figure(
        name,
        "Contact check",
        columns.SOURCE_CURRENT.long_name,
        columns.VOLTAGE.long_name,
        tuple(series),
    )
    return (figure,)
