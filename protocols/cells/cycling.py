"""Formation, then ageing at any rate until a number of cycles or the end of life."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from labctl.analysis.cells.retention import ageing_cycles
from labctl.columns import CYCLES, TIMESERIES
from labctl.data import EndReason, Result, Stream
from labctl.errors import Complaint, Place
from labctl.figures.cycling import cycling_figures
from labctl.figures.figure import Figure
from labctl.protocol import Parameters, Plan, RecordedRun
from labctl.quantities import Fraction, Magnitude, Rate, Second, Volt
from labctl.sample import Sample
from protocols.cells.cell_protocol import CellParameters, CellProtocol
from protocols.cells.cycling_results import (
    cycled,
    cycling_results,
    ended_of,
    retention_of,
    retention_result,
)
from protocols.cells.half_cycles import CycleCharges, one_cycle

CONFIRMED = 2
"""Cycles in a row that must lie below the end of life: one may be an accident."""


class CyclingParameters(CellParameters):
    """How a cell is formed and aged."""

    cycles: Annotated[int, Field(ge=1, le=100_000)] = 500
    """Cycles at the working rate, after formation; check-ups are not counted."""
    rate: Magnitude = Rate(0.5, "C")
    """Current of the working cycles, both ways unless `opening_rate` says otherwise."""
    opening_rate: Magnitude | None = None
    """Current of the opening half cycle (lithiation of an anode half cell)."""
    taper: Magnitude | None = None
    """Hold the upper limit until the current has fallen to this; none: no hold."""
    check_up_every: Annotated[int, Field(ge=0, le=100_000)] = 0
    """A check-up cycle after every so many working cycles; 0: none."""
    check_up_rate: Magnitude = Rate(0.1, "C")
    """Current of the check-up cycles, both ways."""
    end_of_life: Annotated[Fraction, Field(gt=0, lt=1)] | None = None
    """Stop when the capacity is below this part of the first working cycle's."""
    record_every: Annotated[Second, Field(gt=0)] = 120.0
    """A row at least this often: months of ageing need fewer than a single cycle …"""
    record_voltage: Annotated[Volt, Field(gt=0)] = 0.01
    """… and whenever the voltage has changed by this."""


class Cycling(CellProtocol):
    """See the module."""

    name = "cycling"
    title = "Formation, then ageing with check-ups until the end of life"
    view = ""
    parameters_model = CyclingParameters
    streams: ClassVar[tuple[Stream, ...]] = (TIMESERIES, CYCLES)
    parameters: CyclingParameters

    def __init__(self, parameters: Parameters, sample: Sample) -> None:
        super().__init__(parameters, sample)
        assert isinstance(parameters, CyclingParameters)  # noqa: S101
        self.parameters = parameters

    def check(self) -> list[Complaint]:
        """See `CellProtocol.check`; a taper must be below the working current."""
        p, complaints = self.parameters, super().check()
        if not complaints and p.taper:
            taper, current = abs(self.current(p.taper)), abs(self.current(p.rate))
            if taper >= current:
                complaints.append(
                    Complaint(
                        ("parameters", "taper"),
                        f"{taper:.4g} A is not below the working current, "
                        f"{current:.4g} A: the hold would end at once.",
                        "Lower it, such as `C/20`, or leave it out.",
                    )
                )
        if p.check_up_every > p.cycles:
            complaints.append(
                Complaint(
                    ("parameters", "check_up_every"),
                    f"{p.check_up_every} is more than cycles, {p.cycles}: no check-up "
                    "would ever come.",
                    "Lower it, or set it to 0.",
                )
            )
        return complaints

    def rates(self) -> Iterable[tuple[Place, Rate]]:
        """Return every rate that the parameters use."""
        p = self.parameters
        yield ("rate",), p.rate
        if p.opening_rate:
            yield ("opening_rate",), p.opening_rate
        if p.taper:
            yield ("taper",), p.taper
        if p.check_up_every:
            yield ("check_up_rate",), p.check_up_rate

    def duration(self) -> float:
        """Allow each half cycle the time that its rate promises, and the rests."""
        p = self.parameters
        parts = [
            (p.formation_cycles, self.formation_window()),
            (p.cycles, self.window(p.rate)),
        ]
        if p.check_up_every:
            check_ups = p.cycles // p.check_up_every
            parts.append((check_ups, self.window(p.check_up_rate)))
        return sum(n * 2 * (3600.0 / w.rate + p.rest) for n, w in parts)

    def cycles_planned(self) -> int:
        """Return formation, working and check-up cycles."""
        p = self.parameters
        check_ups = p.cycles // p.check_up_every if p.check_up_every else 0
        return p.formation_cycles + p.cycles + check_ups

    def plan(self) -> Plan:
        """Yield formation, working cycles and check-ups until the end of life."""
        p = self.parameters
        yield self.ability()
        yield from self.formation()
        window = self.window(p.rate, p.taper)
        opening = self.window(p.opening_rate) if p.opening_rate else None
        check_up = self.window(p.check_up_rate)
        number, reference, below = p.formation_cycles, 0.0, 0
        for worked in range(1, p.cycles + 1):
            number += 1
            charges = yield from one_cycle(window, self.sample, number, opening)
            capacity = abs(charges.closing.charge)
            reference = reference or capacity
            if p.end_of_life and _whole(charges):
                low = capacity < p.end_of_life * reference
                below = below + 1 if low else 0
                if below >= CONFIRMED:
                    return
            if p.check_up_every and worked % p.check_up_every == 0:
                number += 1
                yield from one_cycle(check_up, self.sample, number)

    def check_ups(self) -> list[int]:
        """Return the numbers of the check-up cycles in the run."""
        p = self.parameters
        if not p.check_up_every:
            return []
        period = p.check_up_every + 1
        return [
            p.formation_cycles + k * period
            for k in range(1, p.cycles // p.check_up_every + 1)
        ]

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Retention first; then first-cycle values, CE, end of life, check-ups."""
        p, apart, whole = self.parameters, self.check_ups(), cycled(run)
        found = dict(
            cycling_results(
                run, formation_cycles=p.formation_cycles, apart=apart, of=whole
            )
        )
        head = found.pop("capacity_retention", None)
        if head is None:
            return found
        out = {"capacity_retention": head, **found}
        if head.value is not None:
            working = whole.only(set(whole.cycles.number.tolist()) - set(apart), run)
            left = retention_of(working, p.formation_cycles, p.end_of_life or 0.8)
            used = ageing_cycles(working.cycles, p.formation_cycles)
            out["cycles_to_end_of_life"] = working.given(left.cycles_to_end, used)
            out["fade_per_cycle"] = working.given(left.fade_per_cycle, used)
        if apart:
            out["check_up_retention"] = retention_result(whole.only(apart, run), 0)
        return out

    def figures(self, run: RecordedRun) -> Sequence[Figure]:
        """Capacity and CE against cycle, selected voltage curves, dQ/dV."""
        return cycling_figures(run.table("timeseries"), run.sample, ended_of(run))


def _whole(charges: CycleCharges) -> bool:
    """Tell whether nobody cut the cycle short: a skipped one says nothing."""
    short = {EndReason.SKIPPED, EndReason.STOPPED}
    return not {charges.opening.reason, charges.closing.reason} & short
