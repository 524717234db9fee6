"""From recorded rows of a conduction run to what the analysis takes.

Rows of a step that did not end tell no errors of the meters; what is worked out of
them is suspected, and its uncertainty is unknown.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from labctl import columns
from labctl.analysis.conduction import temperature
from labctl.analysis.conduction.reversal import overlapping_error
from labctl.analysis.conduction.van_der_pauw import Reading
from labctl.analysis.label import labelled
from labctl.analysis.uncertainty import Calibration, Measured, known
from labctl.data import Array, Quality, Result
from labctl.protocol import RecordedBeside, RecordedRun, StepRecord
from labctl.sample import Sample
from labctl.sources import Source
from labctl.verdicts import conduction as verdicts
from labctl.verdicts.condition import Doubt, Doubts

Floats = NDArray[np.float64]
TEMPERATURES = ("surface_temperature_celsius", "ambient_temperature_celsius")
"""Columns of a thermometer recorded beside the run, the nearest to the sample first."""
BY_DELTA = "ReadFilmByDelta"
FILM_STEPS = ("ReadFilm", BY_DELTA)
"""Kinds of the steps that read a film's configurations."""
VOLTMETERS = ("source_meter", "voltmeter", "delta_meter", "current_source")
"""Roles that read the voltage, where they are cast; a 6221 does with its 2182A."""
AMMETERS = ("electrometer", "source_meter", "delta_meter", "current_source")
"""Roles that know the current."""
UNSTATED = Calibration(*(math.nan,) * 6)
"""Of meters that said nothing: their errors are unknown, not zero."""


@dataclass(frozen=True, slots=True)
class Points:
    """An I-V curve in the order it was taken."""

    voltage: Floats
    """V, shape (n,)."""
    current: Floats
    """A, shape (n,)."""
    limited: NDArray[np.bool_]
    """In compliance, shape (n,)."""
    time: Floats
    """Test time in s, shape (n,)."""
    accuracy: Calibration
    """Standard errors of the meters."""
    doubts: Doubts
    """Why the curve is not whole; empty if it is."""
    drives_voltage: bool = True
    """Whether the source held voltages."""

    def __len__(self) -> int:
        return len(self.voltage)


@dataclass(frozen=True, slots=True)
class NoContact:
    """Why a sample was not measured."""

    reason: str
    was_checked: bool
    """There is none; else nobody knows."""

    @property
    def doubt(self) -> Doubt:
        """As what is said of each result."""
        told = verdicts.CONTACT if self.was_checked else verdicts.CONTACTS_CHECKED
        return Doubt(told.code, self.reason)


def sweep_points(run: RecordedRun, sweeps: Iterable[int]) -> Points:
    """Return the points of these sweeps, one after the other; there may be none."""
    table = run.table(columns.IV.name)
    return _points(run, table, np.isin(_column(table, columns.SWEEP.name), [*sweeps]))


def pair_points(run: RecordedRun, pair: tuple[int, int], step_count: int) -> Points:
    """Return the points that one step took between two contacts of a film."""
    table = run.table(columns.IV.name)
    mask = (
        (_column(table, columns.CURRENT_IN.name) == pair[0])
        & (_column(table, columns.CURRENT_OUT.name) == pair[1])
        & (_column(table, columns.STEP_COUNT.name) == step_count)
    )
    return _points(run, table, mask)


def film_readings(run: RecordedRun, records: Iterable[StepRecord]) -> list[Reading]:
    """Return one `Reading` a step, configuration and current, raw rows averaged."""
    table = run.table(columns.HALL.name)
    records = tuple(records)
    wanted = {record.step_count for record in records}
    deltas = {r.step_count for r in records if r.payload.get("kind") == BY_DELTA}
    names = (columns.STEP_COUNT, *columns.CONTACTS, columns.SOURCE_CURRENT)
    keys = np.column_stack([_column(table, c.name).astype(float) for c in names])
    readings = []
    kept = [row for row in range(len(keys)) if int(keys[row, 0]) in wanted]
    seen = dict.fromkeys(tuple(map(float, keys[row])) for row in kept)
    for key in seen:
        rows = np.flatnonzero((keys == np.array(key)).all(axis=1))
        contacts = tuple(int(x) for x in key[1:5])
        overlapping = int(key[0]) in deltas
        readings.append(_reading(table, rows, contacts, key[5], overlapping))
    return readings


def accuracy_of(
    run: RecordedRun, records: Iterable[StepRecord], voltage_range: str = ""
) -> Calibration | None:
    """Return the meters' errors as the first step tells them that ended by itself.

    One that was in a field comes first: it tells the gaussmeter's too. Other runs share
    them on the same range of the same instrument; a range is known by its zero's limit.
    """
    ended = [r.outcome.values for r in records if r.outcome is not None]
    for wanted in ("field_gain", "voltage_gain"):
        for values in ended:
            if wanted not in values:
                continue
            return Calibration(
                voltage_gain=values["voltage_gain"],
                voltage_zero=values["voltage_zero"],
                current_gain=values["current_gain"],
                current_zero=values["current_zero"],
                field_gain=values.get("field_gain", math.nan),
                field_zero=values.get("field_zero", math.nan),
                voltage_range=f"{voltage_range}±{values['voltage_zero']:.3g} V",
                current_range=f"±{values['current_zero']:.3g} A",
                voltmeter=_instrument(run, VOLTMETERS),
                ammeter=_instrument(run, AMMETERS),
            )
    return None


def _instrument(run: RecordedRun, roles: Sequence[str]) -> str:
    """Return whose the first of these roles is that states its accuracy."""
    for role in roles:
        if (stated := run.accuracy(role)) is not None:
            return stated.instrument
    return ""


def steps_of(
    run: RecordedRun, kind: str | tuple[str, ...], label: str = ""
) -> list[StepRecord]:
    """Return the steps of a kind whose label begins with ``label``, in order."""
    kinds = (kind,) if isinstance(kind, str) else kind
    return [
        record
        for record in run.steps
        if record.payload.get("kind") in kinds and record.label.startswith(label)
    ]


def thickness_of(sample: Sample) -> Measured | None:
    """Return the label's thickness in m; None if it does not say."""
    return None if sample.thickness is None else labelled(sample, "thickness")


def area_of(sample: Sample) -> Measured | None:
    """Return the label's area in m²; None if it does not say."""
    return None if sample.area is None else labelled(sample, "area")


def told(
    value: float | None, uncertainty: float | None, name: str, unit: str
) -> Measured | None:
    """Return what a person told; without an uncertainty it may be off by itself."""
    if value is None:
        return None
    if uncertainty:
        return known(value, uncertainty, Source(name), unit)
    spread = abs(value) or math.nan
    return known(value, spread, Source(f"{name} (assumed)", assumed=True), unit)


def recorded_temperature(run: RecordedRun) -> list[float]:
    """Return what a thermometer beside the run told in °C; the nearest one's rows."""
    if not isinstance(run, RecordedBeside):
        return []
    for name in TEMPERATURES:
        for stream in run.streams:
            if any(column.name == name for column in stream.columns):
                found: list[float] = run.table(stream.name)[name].tolist()
                return found
    return []


def temperature_of(run: RecordedRun) -> Measured:
    """Return the sample's temperature in K: of a thermometer, else of the label."""
    celsius = recorded_temperature(run)
    return temperature.temperature_of(celsius, run.sample.temperature)


def doubted(
    results: Mapping[str, Result], doubts: Iterable[Doubt]
) -> dict[str, Result]:
    """Return the results, each suspected for every doubt that it lacks.

    Where there is no value the doubts stand before the reason: they are its cause.
    """
    doubts = tuple(doubts)
    out = {}
    for name, result in results.items():
        missing = [d for d in doubts if d.code not in result.verdicts]
        changed = result
        for doubt in missing:
            changed = changed.suspect(doubt)
        if result.quality is Quality.ABSENT:
            reasons = "; ".join([*map(str, missing), result.reason])
            changed = replace(changed, quality=Quality.ABSENT, reason=reasons)
        out[name] = changed
    return out


def all_absent(results: Mapping[str, Result], doubt: Doubt) -> dict[str, Result]:
    """Return the same names without values, all for one reason."""
    return {
        name: Measured.absent(doubt, result.unit).to_result()
        for name, result in results.items()
    }


def _points(
    run: RecordedRun, table: Mapping[str, Array], mask: NDArray[np.bool_]
) -> Points:
    steps = set(_column(table, columns.STEP_COUNT.name)[mask].astype(int).tolist())
    records = [record for record in run.steps if record.step_count in steps]
    accuracy = accuracy_of(run, records)
    doubts = verdicts.COMPLETE.met(
        all(map(_ended, records)), "a sweep was not finished"
    )
    return Points(
        _column(table, columns.VOLTAGE.name)[mask],
        _column(table, columns.CURRENT.name)[mask],
        _column(table, columns.IN_COMPLIANCE.name)[mask] > 0,
        _column(table, columns.TEST_TIME.name)[mask],
        accuracy or UNSTATED,
        doubts,
        not np.isfinite(_column(table, columns.SOURCE_CURRENT.name)[mask]).any(),
    )


def _ended(record: StepRecord) -> bool:
    return record.outcome is not None and "voltage_gain" in record.outcome.values


def _reading(
    table: Mapping[str, Array],
    rows: NDArray[np.intp],
    contacts: tuple[int, ...],
    current: float,
    overlapping: bool,
) -> Reading:
    limited = _column(table, columns.IN_COMPLIANCE.name)[rows] > 0
    over = _column(table, columns.OVERFLOW.name)[rows] > 0
    voltage = _column(table, columns.VOLTAGE.name)[rows]
    field = _column(table, columns.FIELD.name)[rows]
    into, out, high, low = contacts
    scatter, count = _scatter(voltage), len(rows)
    if overlapping and count > 1:  # moving deltas share readings
        scatter, freedom = overlapping_error(voltage)
        count = max(round(freedom) + 1, 2)
    return Reading(
        f"I{into}{out}_V{high}{low}",
        float(voltage.mean()),
        current,
        scatter=scatter,
        count=count,
        field=float(field.mean()),
        field_scatter=_scatter(field) if np.isfinite(field).all() else 0.0,
        overloaded=bool(limited.any() or over.any()),
    )


def _scatter(values: Array) -> float:
    if len(values) < 2:  # noqa: PLR2004 - one reading has no scatter
        return 0.0
    return float(np.std(values, ddof=1)) / math.sqrt(len(values))


def _column(table: Mapping[str, Array], name: str) -> Array:
    return table.get(name, np.empty(0))
