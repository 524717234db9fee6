"""Formation at a low rate, then cycles at a working rate."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from labctl.columns import CYCLES, TIMESERIES
from labctl.data import Result, Stream
from labctl.errors import Place
from labctl.figures.cycling import cycling_figures
from labctl.figures.figure import Figure
from labctl.protocol import Parameters, Plan, RecordedRun
from labctl.quantities import Magnitude, Rate
from labctl.sample import Sample
from protocols.cells.cell_protocol import CellParameters, CellProtocol
from protocols.cells.cycling_results import cycling_results, ended_of
from protocols.cells.half_cycles import one_cycle


class FormationCyclingParameters(CellParameters):
    """How a cell is formed and cycled."""

    cycles: Annotated[int, Field(ge=0, le=100_000)] = 3
    """Cycles at the working rate, after formation."""
    rate: Magnitude = Rate(0.5, "C")
    """Current of the working cycles, both ways."""
    taper: Magnitude | None = None
    """Hold the upper limit until the current has fallen to this; none: no hold."""


class FormationCycling(CellProtocol):
    """See the module."""

    name = "formation-cycling"
    title = "Formation, then cycles at a working rate"
    view = ""
    parameters_model = FormationCyclingParameters
    streams: ClassVar[tuple[Stream, ...]] = (TIMESERIES, CYCLES)
    parameters: FormationCyclingParameters

    def __init__(self, parameters: Parameters, sample: Sample) -> None:
        super().__init__(parameters, sample)
        assert isinstance(parameters, FormationCyclingParameters)  # noqa: S101
        self.parameters = parameters

    def rates(self) -> Iterable[tuple[Place, Rate]]:
        """Return the working rate, and the taper if there is one."""
        p = self.parameters
        yield ("rate",), p.rate
        if p.taper:
            yield ("taper",), p.taper

    def duration(self) -> float:
        """Allow each half cycle the time that its rate promises, and the rests."""
        p = self.parameters
        formation, work = self.formation_window(), self.window(p.rate)
        cycles = ((p.formation_cycles, formation), (p.cycles, work))
        return sum(n * 2 * (3600.0 / w.rate + p.rest) for n, w in cycles)

    def cycles_planned(self) -> int:
        """Return formation and working cycles."""
        return self.parameters.formation_cycles + self.parameters.cycles

    def plan(self) -> Plan:
        """Yield formation cycles, then working cycles."""
        p = self.parameters
        yield from self.formation()
        window = self.window(p.rate, p.taper)
        for cycle in range(p.formation_cycles + 1, p.formation_cycles + p.cycles + 1):
            yield from one_cycle(window, self.sample, cycle)

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """First-cycle efficiency and capacities, retention, a table by cycle."""
        return cycling_results(run, formation_cycles=self.parameters.formation_cycles)

    def figures(self, run: RecordedRun) -> Sequence[Figure]:
        """Draw capacity and CE against cycle, selected voltage curves, dQ/dV."""
        return cycling_figures(run.table("timeseries"), run.sample, ended_of(run))
