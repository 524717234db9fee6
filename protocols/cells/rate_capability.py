"""Formation, then a few cycles at each of several rates, then the first rate again."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from labctl.analysis.cells.rates import RateBlock, RateRow
from labctl.columns import CYCLES, TIMESERIES
from labctl.data import Result, Stream
from labctl.errors import Complaint, Place
from labctl.figures.cycling import cycling_figures
from labctl.figures.figure import Figure
from labctl.protocol import Parameters, Plan, RecordedRun
from labctl.quantities import Magnitude, Rate
from labctl.sample import Sample
from protocols.cells.cell_protocol import CellParameters, CellProtocol
from protocols.cells.cycling_results import cycled, ended_of
from protocols.cells.half_cycles import one_cycle
from protocols.cells.rate_results import (
    BOTH_WAYS,
    RateTest,
    rate_figures,
    rate_results,
    rate_rows,
)

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

    def test(self) -> RateTest:
        """Return which cycles ran at which rate."""
        p = self.parameters
        opening = p.opening_rate
        both = f"opening half cycle always at {opening}." if opening else BOTH_WAYS
        return RateTest(
            tuple(RateBlock(str(rate), tuple(n)) for rate, n in self._plan()),
            returns=p.return_to_first,
            formation_cycles=p.formation_cycles,
            one_c=self.one_c(),
            note=f"Median of {p.cycles_per_rate} cycles at each rate; {both}",
        )

    def table(self, run: RecordedRun) -> tuple[RateRow, ...]:
        """Return a row for each block that has a complete cycle."""
        return rate_rows(cycled(run), self.test())

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Return the table, what is left at each rate, what comes back."""
        return rate_results(run, self.test())

    def figures(self, run: RecordedRun) -> Sequence[Figure]:
        """Retention against rate, curves by rate; what every cycling shows."""
        return (
            *rate_figures(run, self.test()),
            *cycling_figures(run.table("timeseries"), run.sample, ended_of(run)),
        )
