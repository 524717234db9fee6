"""What cycles at one rate after the other say: what is left, what comes back."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from labctl.analysis.cells.rates import RateBlock, RateRow, rate_table
from labctl.data import Result
from labctl.figures.cycling import capacity_unit, curves_of
from labctl.figures.figure import Figure, Series
from labctl.protocol import RecordedRun
from labctl.verdicts.cycling import REFERENCE
from protocols.cells.cycling_results import (
    CyclesOfRun,
    cycled,
    cycles_of,
    efficiency_result,
    formation_results,
)

BOTH_WAYS = "the same rate both ways."


@dataclass(frozen=True, slots=True)
class RateTest:
    """Which cycles ran at which rate, whoever recorded them."""

    blocks: tuple[RateBlock, ...]
    """In order; the first one is the reference."""
    returns: bool
    """The last block is at the first rate again."""
    formation_cycles: int
    one_c: float | None
    """A; None: nobody says what 1C is."""
    note: str = ""
    """What a figure says of it."""

    @property
    def rates(self) -> tuple[RateBlock, ...]:
        """The blocks without the return to the first rate."""
        return self.blocks[:-1] if self.returns else self.blocks


def rate_rows(run: CyclesOfRun, test: RateTest) -> tuple[RateRow, ...]:
    """Return a row for each block that has a complete cycle."""
    cycles, sample = run.cycles, run.sample
    done = set(cycles.number[cycles.complete].tolist())
    blocks = [one for one in test.blocks if done & set(one.cycles)]
    grams = np.nan if sample.active_mass is None else 1e3 * sample.active_mass
    return rate_table(cycles, blocks, mass=grams, errors=run.errors)


def rate_results(run: RecordedRun, test: RateTest) -> Mapping[str, Result]:
    """Return the table, what is left at each rate, what comes back."""
    whole = cycled(run)
    rows = rate_rows(whole, test)
    formation = formation_results(run, test.formation_cycles)
    if not rows:
        reason = "no cycle was completed at any rate"
        return {"rate_capability": whole.absent(reason), **formation}
    at_rates, back = _parted(test, rows)
    out = {"rate_capability": _headline(whole, test, at_rates, rows)}
    for row in at_rates:
        if row is rows[0]:
            continue
        name = f"retention_at_{row.label.replace('/', '_')}"
        out[name] = _left(whole, test, row)
    if back is not None:
        out["recovered_capacity"] = _left(whole, test, back)
    # what a cycle takes after another rate is not what that rate left in the cell
    changed = [one.cycles[0] for one in test.blocks]
    out["coulombic_efficiency"] = efficiency_result(
        whole, test.formation_cycles, changed
    )
    return {**out, **formation}


def _parted(
    test: RateTest, rows: Sequence[RateRow]
) -> tuple[Sequence[RateRow], RateRow | None]:
    """Return the rows of the rates, and that of the first one again, if it ran."""
    back = test.blocks[-1].cycles if test.returns else ()
    if rows and set(rows[-1].numbers) & set(back):
        return rows[:-1], rows[-1]
    return rows, None


def _left(run: CyclesOfRun, test: RateTest, row: RateRow) -> Result:
    used = np.flatnonzero(np.isin(run.cycles.number, row.numbers))
    first = test.blocks[0]
    numbers = run.cycles.number[run.cycles.complete].tolist()
    doubts = REFERENCE.met(
        set(first.cycles) & set(numbers), f"no cycle at {first.label} is complete"
    )
    return run.given(row.retention.suspect(*doubts), used)


def _headline(
    run: CyclesOfRun,
    test: RateTest,
    at_rates: Sequence[RateRow],
    rows: Sequence[RateRow],
) -> Result:
    """Return what is left at the fastest rate, with the whole table."""
    one_c = test.one_c
    table: dict[str, list[float]] = {
        "rate_c": [row.current / one_c if one_c else np.nan for row in rows],
        "current_ampere": [row.current for row in rows],
        "cycles": [row.cycles for row in rows],
        "opening_capacity_mah_per_g": [row.first for row in rows],
        "closing_capacity_mah_per_g": [row.second for row in rows],
        "last_capacity_mah_per_g": [row.second_last for row in rows],
        "retention_percent": [row.retention.value for row in rows],
        "retention_uncertainty_percent": [
            0.0 if row is rows[0] else row.retention.expanded() / 2 for row in rows
        ],
        "coulombic_efficiency_percent": [100 * row.efficiency for row in rows],
        "mean_closing_voltage_volt": [row.mean_voltage for row in rows],
    }
    columns = {k: tuple(float(x) for x in v) for k, v in table.items()}
    fastest = max(at_rates or rows, key=lambda row: row.current)
    return dataclasses.replace(_left(run, test, fastest), table=columns)


def rate_figures(run: RecordedRun, test: RateTest) -> tuple[Figure, ...]:
    """Retention against rate, and curves by rate."""
    return (*_chart(run, test), *_curves(run, test))


def _chart(run: RecordedRun, test: RateTest) -> tuple[Figure, ...]:
    rows, _ = _parted(test, rate_rows(cycled(run), test))
    if not rows:
        return ()
    one_c = test.one_c or 1.0
    x = np.array([row.current / one_c for row in rows])
    y = np.array([row.retention.value for row in rows])
    error = np.array([row.retention.uncertainty for row in rows])
    figure = Figure(
        "rate_capability",
        "Capacity left at each rate",
        "Rate / C",
        "Capacity / % of the first rate",
        (Series(run.sample.name, x, y, np.nan_to_num(error), points=True),),
        x_log=True,
        note=test.note,
    )
    return (figure,)


def _curves(run: RecordedRun, test: RateTest) -> tuple[Figure, ...]:
    """Return the last whole cycle at each rate, one ramp a direction."""
    cycles = cycles_of(run)
    done = set(cycles.number[cycles.complete].tolist())
    last = {
        max(done & set(one.cycles)): one.label
        for one in test.rates
        if done & set(one.cycles)
    }
    shades = dict(zip(last, np.linspace(0, 1, len(last)), strict=True))
    factor, unit = capacity_unit(run.sample)
    series = [
        Series(
            last[curve.cycle],
            np.abs(curve.charge) * factor,
            curve.voltage,
            shade=float(shades[curve.cycle]),
            group=curve.word,
        )
        for curve in curves_of(run.table("timeseries"), list(last))
    ]
    return (
        (
            Figure(
                "rate_curves",
                "Voltage against capacity, last cycle at each rate",
                f"Capacity / {unit}",
                "Voltage / V",
                tuple(series),
            ),
        )
        if series
        else ()
    )
