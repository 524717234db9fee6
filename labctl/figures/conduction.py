"""What rows of sweeps and of films with contacts show before anything is fitted."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from labctl.data import Array
from labctl.figures.figure import Figure, Series

IV_NEEDED = frozenset({"voltage_volt", "current_ampere", "sweep_id"})
HALL_NEEDED = frozenset(
    {
        *("field_tesla", "voltage_volt", "source_ampere"),
        *("current_in_contact", "current_out_contact"),
        *("voltage_high_contact", "voltage_low_contact"),
    }
)


def current_voltage(table: Mapping[str, Array]) -> tuple[Figure, ...]:
    """Return I–V with both axes linear, and with |I| in decades."""
    number = np.asarray(table["sweep_id"])
    volt, ampere = np.asarray(table["voltage_volt"]), table["current_ampere"]
    there = np.unique(number)
    linear = tuple(
        Series(
            f"sweep {int(one) + 1}",
            volt[number == one],
            np.asarray(ampere)[number == one],
            shade=place / max(len(there) - 1, 1),
        )
        for place, one in enumerate(there)
    )
    if not linear:
        return ()
    held = np.asarray(table.get("in_compliance", np.zeros(0))) > 0
    note = f"{held.sum()} points in compliance." if held.any() else ""
    return (
        Figure("iv", "I–V", "Voltage / V", "Current / A", linear, note=note),
        Figure(
            "iv_log",
            "|I|–V",
            "Voltage / V",
            "|Current| / A",
            tuple(in_decades(one) for one in linear),
            y_log=True,
        ),
    )


def in_decades(series: Series) -> Series:
    """Return the size of a current; what is zero has no place on a logarithm."""
    size = np.abs(series.y)
    return dataclasses.replace(series, y=np.where(size > 0, size, np.nan))


def hall(table: Mapping[str, Array]) -> tuple[Figure, ...]:
    """Return the voltages of every configuration against field and against current."""
    field, voltage = table["field_tesla"], np.asarray(table["voltage_volt"], float)
    current = np.asarray(table["source_ampere"], float)
    names = ("current_in_contact", "current_out_contact")
    high_low = ("voltage_high_contact", "voltage_low_contact")
    leads = np.stack([np.asarray(table[n], int) for n in (*names, *high_low)], axis=1)
    ohm = np.divide(
        voltage, current, out=np.full(len(voltage), np.nan), where=current != 0
    )
    against_field, against_current = [], []
    for kind in np.unique(leads, axis=0):
        own = (leads == kind).all(axis=1)
        label = f"I {kind[0]}→{kind[1]}, V {kind[2]}–{kind[3]}"
        if abs(int(kind[0]) - int(kind[1])) == CROSSED:
            against_field.append(Series(label, field[own], ohm[own], points=True))
        against_current.append(Series(label, current[own], voltage[own], points=True))
    found = (
        Figure(
            "hall",
            "Transverse resistance against field",
            "Magnetic field / T",
            "V/I / Ω",
            tuple(against_field),
            note="The slope of each line over the film's thickness is R_H.",
        ),
        Figure(
            "configurations",
            "Voltages of all configurations",
            "Current / A",
            "Voltage / V",
            tuple(against_current),
        ),
    )
    return tuple(figure for figure in found if figure.series)


CROSSED = 2
"""Contacts apart: the current runs between opposite ones, a Hall configuration."""
