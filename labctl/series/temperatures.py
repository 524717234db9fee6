"""How warm the sample was at each point of a series, and how sure that is.

A thermometer at the sample counts first, one beside it next. Without either it is the
chamber's own sensor, read when it had settled and again at the end: the sample had the
soak to follow, and how far chamber and sample differ nobody knows.
"""

import math
from collections.abc import Mapping

import numpy as np

from labctl.analysis.uncertainty import Measured, rectangular
from labctl.columns import SURFACE_TEMPERATURE, TEMPERATURES
from labctl.data import Array, EndReason
from labctl.protocol import (
    RecordedBeside,
    RecordedRun,
    RecordedTemperatures,
    StepRecord,
)
from labctl.series.points import Placed
from labctl.sources import Kind, Source
from labctl.steps.temperature import CheckTemperature, SetTemperature
from labctl.verdicts import temperature as verdicts
from labctl.verdicts.condition import Doubts

ZERO = 273.15
"""K at 0 °C."""
ASSUMED = " (assumed)"
CHAMBER = Source(f"chamber's temperature{ASSUMED}", assumed=True)
THERMOMETER = Source(f"thermometer{ASSUMED}", assumed=True)
SENSOR = 0.5
"""K, standard: of a chamber's or a thermometer's sensor, the same at all points. A
choice; makers state ± 0.5 to ± 1 K."""
BETWEEN = 0.2
"""K, standard: what sample and chamber differ by, another at each point. A choice."""


def temperature_at(
    run: RecordedRun, places: Mapping[int, Placed], point: int, band: float
) -> Measured:
    """Return the sample's temperature at a point in K; absent if nobody read it.

    ``band``: K that it may move while it is measured, without a doubt.
    """
    read, sensor = _measured(run, places, point), SENSOR
    begun, ended = (
        _said(run, places, point, kind) for kind in (SetTemperature, CheckTemperature)
    )
    chamber = [x for x in (begun, ended) if math.isfinite(x)]
    if read is not None:
        column, rows = read
        value, spread = float(rows.mean()), float(np.ptp(rows))
        on_it = column == SURFACE_TEMPERATURE.name
        source, own = (THERMOMETER, 0.0) if on_it else (CHAMBER, BETWEEN)
        stated = _stated(run, column)
        if math.isfinite(stated):
            source, sensor = Source(source.term.removesuffix(ASSUMED)), stated
    elif chamber:
        value, spread = sum(chamber) / len(chamber), abs(ended - begun)
        source, own = CHAMBER, BETWEEN
    else:
        return Measured.absent("nobody read how warm it was", "K")
    drift = spread if math.isfinite(spread) else 2 * band
    moved = math.hypot(own, rectangular(drift / 2))
    parts = {source: sensor}
    if moved:
        parts[Source("temperature of one point", str(point), Kind.A)] = moved
    doubts = _held(run, places, point, spread, band)
    return Measured(value + ZERO, "K", parts, doubts=doubts)


def _measured(
    run: RecordedRun, places: Mapping[int, Placed], point: int
) -> tuple[str, Array] | None:
    """Return what a thermometer told in °C while the point was measured, and which."""
    if not isinstance(run, RecordedBeside):
        return None
    counts = [
        count
        for count, place in places.items()
        if place.point == point and not place.is_own and not place.once
    ]
    for column in TEMPERATURES:
        found = []
        for stream in run.streams:
            if any(each.name == column.name for each in stream.columns):
                table = run.table(stream.name)
                own = np.isin(table["step_count"], counts)
                found.append(np.asarray(table[column.name], dtype=float)[own])
        values = np.concatenate(found) if found else np.zeros(0)
        values = values[np.isfinite(values)]
        if values.size:
            return column.name, values
    return None


def _stated(run: RecordedRun, column: str) -> float:
    if not isinstance(run, RecordedTemperatures):
        return math.nan
    return run.temperature_uncertainty(column)


def _said(
    run: RecordedRun, places: Mapping[int, Placed], point: int, kind: type
) -> float:
    record = _record(run, places, point, kind)
    outcome = None if record is None else record.outcome
    return math.nan if outcome is None else float(outcome.values.get("celsius", "nan"))


def _record(
    run: RecordedRun, places: Mapping[int, Placed], point: int, kind: type
) -> StepRecord | None:
    for record in run.steps:
        place = places.get(record.step_count)
        if place and place.point == point and isinstance(place.step, kind):
            return record
    return None


def _held(
    run: RecordedRun,
    places: Mapping[int, Placed],
    point: int,
    spread: float,
    band: float,
) -> Doubts:
    record = _record(run, places, point, SetTemperature)
    skipped = (
        record is not None
        and record.outcome is not None
        and record.outcome.reason is EndReason.SKIPPED
    )
    return (
        *verdicts.REACHED.met(not skipped, "the wait for the temperature was skipped"),
        *verdicts.HELD.at_most(spread, 2 * band),
    )
