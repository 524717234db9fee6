"""Pulse resistance at several states: rest, pulse, rest, pulse back, on to the next."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from labctl.columns import CYCLES, TIMESERIES
from labctl.data import EndReason, Result, Stream
from labctl.errors import Complaint, Place
from labctl.figures.figure import Figure
from labctl.protocol import Parameters, Plan, RecordedRun
from labctl.quantities import Coulomb, Fraction, Magnitude, Rate, Second
from labctl.sample import Sample
from labctl.steps.channel import RunTechniques
from labctl.techniques import ConstantCurrent, OpenCircuit, Recording
from protocols.cells.cell_protocol import CellParameters, CellProtocol
from protocols.cells.cycling_results import formation_results
from protocols.cells.half_cycles import voltage_limit
from protocols.cells.pulse_results import (
    StatePulse,
    pulse_figures,
    pulse_result,
    pulse_table,
)


class HppcParameters(CellParameters):
    """Where and how strongly the cell is pulsed."""

    states: Annotated[
        tuple[Annotated[Fraction, Field(gt=0, lt=1)], ...],
        Field(min_length=1, max_length=100),
    ] = tuple(round(0.1 * k, 1) for k in range(1, 10))
    """Parts of the capacity, counted in the opening direction."""
    capacity: Annotated[Coulomb, Field(gt=0)] | None = None
    """Charge that the states are parts of; none: what formation gave back, or what 1C
    moves in an hour."""
    step_rate: Magnitude = Rate(0.2, "C")
    """Current from one state to the next."""
    pulse_rate: Magnitude = Rate(1.0, "C")
    """Current of the pulse in the opening direction."""
    return_rate: Magnitude = Rate(0.75, "C")
    """Current of the pulse back."""
    pulse: Annotated[Second, Field(gt=0.2)] = 10.0
    """How long each pulse lasts."""
    pause: Annotated[Second, Field(gt=0)] = 40.0
    """Rest between the two pulses and after them."""
    settle: Annotated[Second, Field(gt=0)] = 3600.0
    """Rest at each state before the pulses."""
    pulse_every: Annotated[Second, Field(gt=0)] = 0.05
    """s between two rows of a pulse."""


class Hppc(CellProtocol):
    """See the module."""

    name = "hppc"
    title = "Pulse resistance against state"
    view = "HPPC"
    parameters_model = HppcParameters
    streams: ClassVar[tuple[Stream, ...]] = (TIMESERIES, CYCLES)
    parameters: HppcParameters

    def __init__(self, parameters: Parameters, sample: Sample) -> None:
        super().__init__(parameters, sample)
        assert isinstance(parameters, HppcParameters)  # noqa: S101
        self.parameters = parameters

    def check(self) -> list[Complaint]:
        """See `CellProtocol.check`; states rise, pulses have rows."""
        p, complaints = self.parameters, super().check()
        if list(p.states) != sorted(set(p.states)):
            complaints.append(
                Complaint(
                    ("parameters", "states"),
                    "do not rise: the cell goes one way.",
                    "Sort them and leave repeats out.",
                )
            )
        if p.pulse_every > p.pulse / 10:
            complaints.append(
                Complaint(
                    ("parameters", "pulse_every"),
                    f"{p.pulse_every:g} s gives a pulse of {p.pulse:g} s fewer than 10 "
                    "rows.",
                    "Record faster, or pulse longer.",
                )
            )
        return complaints

    def check_again(self) -> list[Complaint]:
        """See `Protocol.check_again`: nobody takes the cell back to its first state."""
        what = (
            "it leaves the cell at its last state: the next temperature begins there."
        )
        cure = "Start a run for each temperature."
        return [Complaint(("parameters", "states"), what, cure)]

    def rates(self) -> Iterable[tuple[Place, Rate]]:
        """Return every working rate."""
        p = self.parameters
        yield ("step_rate",), p.step_rate
        yield ("pulse_rate",), p.pulse_rate
        yield ("return_rate",), p.return_rate

    def duration(self) -> float:
        """Allow formation, the way, rests and pulses."""
        p, formation = self.parameters, self.formation_window()
        slow = p.formation_cycles * 2 * (3600.0 / formation.rate + p.rest)
        way = max(p.states) * 3600.0 / self.window(p.step_rate).rate
        return slow + way + len(p.states) * (p.settle + 2 * (p.pulse + p.pause))

    def plan(self) -> Plan:
        """Yield formation; then for each state the way, a rest and both pulses."""
        p, sign = self.parameters, self.sample.first_step.sign
        yield self.ability()
        formed = yield from self.formation()
        capacity = p.capacity or formed
        reached = 0.0
        there, back = abs(self.current(p.pulse_rate)), abs(self.current(p.return_rate))
        for state in p.states:
            step = abs(self.current(p.step_rate))
            outcome = yield RunTechniques(
                label=f"to {100 * state:g} %",
                cycle=p.formation_cycles + 1,
                half_cycle=2 * p.formation_cycles,
                techniques=(
                    self._drive(
                        sign * step,
                        max(state - reached, 0.0) * capacity / step,
                        Recording(every_s=p.record_every, every_volt=p.record_voltage),
                    ),
                ),
            )
            if outcome.reason is EndReason.CONDITION:
                return  # the limit: there is no further state
            fast = Recording(every_s=p.pulse_every)
            yield RunTechniques(
                label=f"pulses at {100 * state:g} %",
                cycle=p.formation_cycles + 1,
                half_cycle=2 * p.formation_cycles,
                techniques=(
                    OpenCircuit(p.settle, Recording(every_s=10.0)),
                    self._drive(sign * there, p.pulse, fast),
                    OpenCircuit(p.pause, Recording(every_s=1.0)),
                    self._drive(-sign * back, p.pulse, fast),
                    OpenCircuit(p.pause, Recording(every_s=1.0)),
                ),
            )
            reached = state + (there - back) * p.pulse / capacity

    def _drive(
        self, current: float, duration: float, record: Recording
    ) -> ConstantCurrent:
        window = self.window(self.parameters.step_rate)
        limit = voltage_limit(window, 1 if current > 0 else -1)
        return ConstantCurrent(current, duration, (limit,), record)

    def pulses(self, run: RecordedRun) -> tuple[StatePulse, ...]:
        """Return where each pulse and the rest before it lie."""
        rows = run.table("timeseries")
        found = []
        for record in run.steps:
            if not record.label.startswith("pulses at"):
                continue
            state = float(record.label.removeprefix("pulses at").strip(" %")) / 100
            own = np.flatnonzero(rows["step_count"] == record.step_count)
            index = rows["technique_index"][own]
            for technique in (1, 3):
                before, during = own[index == technique - 1], own[index == technique]
                if len(before) and len(during):
                    found.append(StatePulse(state, before, during))
        return tuple(found)

    def table(self, run: RecordedRun) -> dict[str, tuple[float, ...]]:
        """Return one row a pulse."""
        return pulse_table(run, self.pulses(run), self.parameters.pulse)

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Return the resistance after 10 s in the middle, with a row a pulse."""
        p = self.parameters
        found = pulse_result(run, self.pulses(run), p.pulse)
        formation = formation_results(run, p.formation_cycles)
        return {"pulse_resistance": found, **formation}

    def figures(self, run: RecordedRun) -> Sequence[Figure]:
        """Resistance against state, after each time, both directions; the pulses."""
        return pulse_figures(run, self.pulses(run), self.parameters.pulse)
