"""What readings of a film kept by hand say: their figure, the last contacts' V/I."""

from collections.abc import Sequence

import numpy as np

from labctl import columns
from labctl.analysis.conduction.van_der_pauw import Reading
from labctl.analysis.uncertainty import Calibration, fresh, mean
from labctl.data import Result
from labctl.figures.figure import Figure, Series
from labctl.protocol import RecordedRun
from labctl.roles.switch_matrix import Connection
from labctl.steps.asking import KEPT
from labctl.verdicts.conduction import BOTH_POLARITIES

V, T = columns.VOLTAGE.name, columns.FIELD.name
SOURCE = columns.SOURCE_CURRENT.name


def kept_figure(run: RecordedRun) -> tuple[Figure, ...]:
    """Draw V/I of the readings kept over the field, contacts a colour."""
    table = run.table(KEPT)
    wanted = [*(c.name for c in columns.CONTACTS), SOURCE, V, T]
    if not set(wanted) <= set(table) or not len(table[T]):
        return ()
    contacts = np.column_stack([table[c.name] for c in columns.CONTACTS])
    usable = (table[columns.IN_COMPLIANCE.name] == 0) & (table[SOURCE] != 0)
    series = []
    for one in np.unique(contacts[usable], axis=0):
        rows = usable & (contacts == one).all(axis=1)
        name = str(Connection(*map(int, one)))
        ratio = table[V][rows] / table[SOURCE][rows]
        series.append(Series(name, table[T][rows], ratio, points=True))
    if not series:
        return ()
    figure = Figure(
        "kept",
        "V/I of the readings kept",
        columns.FIELD.long_name,
        "Voltage by Current / Ω",
        tuple(series),
    )
    return (figure,)


def last_resistance(readings: Sequence[Reading], accuracy: Calibration) -> Result:
    """Return V/I of the last contacts read, in ohm, over both directions of current."""
    usable = [reading for reading in readings if reading.is_usable]
    if not usable:
        why = "every reading was overloaded" if readings else "no reversal was read"
        return Result.absent("ohm", why)
    last = usable[-1]
    place = (last.configuration, round(last.field, 2))
    taken = [r for r in usable if (r.configuration, round(r.field, 2)) == place]
    value = mean(
        reading.resistance(accuracy, fresh("reversal", index, reading))
        for index, reading in enumerate(taken)
    )
    if len({reading.current > 0.0 for reading in taken}) < 2:  # noqa: PLR2004
        said = "the current was read in one direction only"
        value = value.suspect(*BOTH_POLARITIES.met(fulfilled=False, text=said))
    return value.to_result()
