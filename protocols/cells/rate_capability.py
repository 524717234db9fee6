"""Formation, then a few cycles at each of several rates, then the first rate again."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from labctl.analysis.cells.rates import RateBlock, RateRow, rate_table
from labctl.columns import CYCLES, TIMESERIES
from labctl.data import Result, Stream
from labctl.errors import Complaint, Place
from labctl.figures.cycling import capacity_unit, curves_of, cycling_figures
from labctl.figures.figure import Figure, Series
from labctl.protocol import Parameters, Plan, RecordedRun
from labctl.quantities import Magnitude, Rate
from labctl.sample import Sample
from labctl.verdicts.cycling import REFERENCE
from protocols.cells.cell_protocol import CellParameters, CellProtocol
from protocols.cells.cycling_results import (
    CyclesOfRun,
    cycled,
    cycles_of,
    efficiency_result,
    ended_of,
    formation_results,
)
from protocols.cells.half_cycles import one_cycle

C_RATES = tuple(Rate(x, "C") for x in (0.2, 0.5, 1.0, 2.0, 3.0, 5.0))


class RateCapabilityParameters(CellParameters):
    """Which rates, and how often each."""

    rates: Annotated[tuple[Magnitude, ...], Field(min_length=2, max_length=30)] = (
        C_RATES
    )
    """The first one is the reference."""
    cycles_per_rate: Annotated[int, Field(ge=1, le=1000)] = 5
    """Cycles at each rate."""
    opening_rate: Magnitude | None = None
    """Fixed current of every opening half cycle (lithiation of an anode half cell);
    none: the same rate both ways."""
    return_to_first: bool = True
    """Go back to the first rate at the end: what is lost for good?"""
    taper: Magnitude | None = None
    """Hold the upper limit until the current has fallen to this; none: no hold."""


class RateCapability(CellProtocol):
    """See the module."""

    name = "rate-capability"
    title = "Capacity at one rate after the other, and what comes back"
    view = "Rate"
    parameters_model = RateCapabilityParameters
    streams: ClassVar[tuple[Stream, ...]] = (TIMESERIES, CYCLES)
    parameters: RateCapabilityParameters

    def __init__(self, parameters: Parameters, sample: Sample) -> None:
        super().__init__(parameters, sample)
        assert isinstance(parameters, RateCapabilityParameters)  # noqa: S101
        self.parameters = parameters

    def check(self) -> list[Complaint]:
        """See `CellProtocol.check`; a rate must not stand twice."""
        complaints = super().check()
        names = [str(rate) for rate in self.parameters.rates]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            complaints.append(
                Complaint(
                    ("parameters", "rates"),
                    f"{', '.join(twice)} stands twice; the table has one row a rate.",
                    "Raise the cycles per rate instead, or return to the first.",
                )
            )
        return complaints

    def rates(self) -> Iterable[tuple[Place, Rate]]:
        """Return every rate that the parameters use."""
        p = self.parameters
        for k, rate in enumerate(p.rates):
            yield ("rates", k), rate
        if p.opening_rate:
            yield ("opening_rate",), p.opening_rate
        if p.taper:
            yield ("taper",), p.taper

    def duration(self) -> float:
        """Allow each half cycle the time that its rate promises, and the rests."""
        p, formation = self.parameters, self.formation_window()
        work = sum(3600.0 / self.window(rate).rate + p.rest for rate, _ in self._plan())
        slow = p.formation_cycles * (3600.0 / formation.rate + p.rest)
        return 2 * (slow + p.cycles_per_rate * work)

    def plan(self) -> Plan:
        """Yield formation, then each rate's cycles."""
        p = self.parameters
        yield self.ability()
        yield from self.formation()
        opening = self.window(p.opening_rate) if p.opening_rate else None
        for rate, numbers in self._plan():
            window = self.window(rate, p.taper)
            for cycle in numbers:
                yield from one_cycle(window, self.sample, cycle, opening)

    def _plan(self) -> list[tuple[Rate, range]]:
        """Return every block's rate and the numbers of its cycles."""
        p = self.parameters
        rates = [*p.rates, *([p.rates[0]] if p.return_to_first else [])]
        first = [1 + p.formation_cycles + k * p.cycles_per_rate for k in range(99)]
        return [
            (rate, range(begin, begin + p.cycles_per_rate))
            for rate, begin in zip(rates, first, strict=False)
        ]

    def table(self, run: RecordedRun) -> tuple[RateRow, ...]:
        """Return a row for each block that has a complete cycle."""
        return self._table(cycled(run))

    def _table(self, run: CyclesOfRun) -> tuple[RateRow, ...]:
        cycles, sample = run.cycles, run.sample
        done = set(cycles.number[cycles.complete].tolist())
        blocks = [
            RateBlock(str(rate), tuple(numbers))
            for rate, numbers in self._plan()
            if done & set(numbers)
        ]
        grams = np.nan if sample.active_mass is None else 1e3 * sample.active_mass
        return rate_table(cycles, blocks, mass=grams, errors=run.errors)

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Return the table, what is left at each rate, what comes back."""
        p = self.parameters
        whole = cycled(run)
        rows = self._table(whole)
        formation = formation_results(run, p.formation_cycles)
        if not rows:
            reason = "no cycle was completed at any rate"
            return {"rate_capability": whole.absent(reason), **formation}
        at_rates, back = self._parted(rows)
        out = {"rate_capability": self._headline(whole, at_rates, rows)}
        for row in at_rates:
            if row is rows[0]:
                continue
            out[f"retention_at_{row.label.replace('/', '_')}"] = self._left(whole, row)
        if back is not None:
            out["recovered_capacity"] = self._left(whole, back)
        # what a cycle takes after another rate is not what that rate left in the cell
        changed = [numbers[0] for _, numbers in self._plan()]
        out["coulombic_efficiency"] = efficiency_result(
            whole, p.formation_cycles, changed
        )
        return {**out, **formation}

    def _parted(
        self, rows: Sequence[RateRow]
    ) -> tuple[Sequence[RateRow], RateRow | None]:
        """Return the rows of the rates, and that of the first one again, if it ran."""
        p = self.parameters
        back = self._plan()[-1][1] if p.return_to_first else range(0)
        if rows and set(rows[-1].numbers) & set(back):
            return rows[:-1], rows[-1]
        return rows, None

    def _left(self, run: CyclesOfRun, row: RateRow) -> Result:
        used = np.flatnonzero(np.isin(run.cycles.number, row.numbers))
        first = set(self._plan()[0][1])
        numbers = run.cycles.number[run.cycles.complete].tolist()
        doubts = REFERENCE.met(
            first & set(numbers), f"no cycle at {self.parameters.rates[0]} is complete"
        )
        return run.given(row.retention.suspect(*doubts), used)

    def _headline(
        self,
        run: CyclesOfRun,
        at_rates: Sequence[RateRow],
        rows: Sequence[RateRow],
    ) -> Result:
        """Return what is left at the fastest rate, with the whole table."""
        one_c = self.one_c()
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
        return dataclasses.replace(self._left(run, fastest), table=columns)

    def figures(self, run: RecordedRun) -> Sequence[Figure]:
        """Retention against rate, curves by rate; what every cycling shows."""
        return (
            *self._chart(run),
            *self._curves(run),
            *cycling_figures(run.table("timeseries"), run.sample, ended_of(run)),
        )

    def _chart(self, run: RecordedRun) -> tuple[Figure, ...]:
        rows, _ = self._parted(self.table(run))
        if not rows:
            return ()
        one_c = self.one_c() or 1.0
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
            note=f"Median of {self.parameters.cycles_per_rate} cycles at each rate; "
            + (
                f"opening half cycle always at {self.parameters.opening_rate}."
                if self.parameters.opening_rate
                else "the same rate both ways."
            ),
        )
        return (figure,)

    def _curves(self, run: RecordedRun) -> tuple[Figure, ...]:
        """Return the last whole cycle at each rate, one ramp a direction."""
        cycles = cycles_of(run)
        done = set(cycles.number[cycles.complete].tolist())
        last = {
            max(done & set(numbers)): rate
            for rate, numbers in self._plan()[: len(self.parameters.rates)]
            if done & set(numbers)
        }
        shades = dict(zip(last, np.linspace(0, 1, len(last)), strict=True))
        factor, unit = capacity_unit(run.sample)
        series = [
            Series(
                str(last[curve.cycle]),
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
