"""Galvanostatic intermittent titration: pulse, rest, pulse … there and back again.

Every pulse is one upload: the current, a rest recorded fast, a rest recorded slowly.
The voltage limit of a pulse ends the whole upload and with it the direction: a limit
that only ended the pulse would be followed by more pulses into the same wall.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from labctl.columns import CYCLES, TIMESERIES
from labctl.data import EndReason, Result, Stream
from labctl.errors import Complaint, Place
from labctl.figures.figure import Figure
from labctl.protocol import Parameters, Plan, RecordedRun
from labctl.quantities import Coulomb, Magnitude, Rate, Second, VoltPerSecond
from labctl.sample import FirstStep, Sample
from labctl.steps.channel import RunTechniques
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    OpenCircuit,
    Recording,
)
from protocols.cells.cell_protocol import CellParameters, CellProtocol
from protocols.cells.cycling_results import formation_results
from protocols.cells.gitt_figures import gitt_figures
from protocols.cells.gitt_results import Titration, gitt_results, titration_of
from protocols.cells.half_cycles import voltage_limit

MOST_OF_CAPACITY = 1.5
"""A direction ends after so many times the pulses that the capacity promises."""
UNKNOWN = 1000
"""Pulses of a direction at most where nobody says what 1C is."""
RELAXED = 0.3e-3 / 3600
"""V/s, 0.3 mV/h; the analysis takes nothing above 1 mV/h for a rest."""


class Directions(StrEnum):
    """Which branches are titrated."""

    BOTH = "both"
    OPENING = "opening"
    """Only the first: lithiation of an anode half cell."""


class GittParameters(CellParameters):
    """How a cell is titrated."""

    pulse_rate: Magnitude = Rate(0.1, "C")
    """Current of a pulse."""
    pulse: Annotated[Second, Field(gt=0)] = 600.0
    """How long a pulse lasts."""
    longest_rest: Annotated[Second, Field(gt=0)] = 7200.0
    """A rest ends after this …"""
    rest_rate: Annotated[VoltPerSecond, Field(gt=0)] | None = RELAXED
    """… or as soon as |dV/dt| is below this; none: only the time counts."""
    fast_rest: Annotated[Second, Field(gt=0)] = 60.0
    """The first part of each rest, recorded as densely as the pulse."""
    fast_every: Annotated[Second, Field(gt=0)] = 2.0
    """s between two rows in pulses and at the beginning of rests."""
    slow_every: Annotated[Second, Field(gt=0)] = 60.0
    """s between two rows in the rest of a rest."""
    directions: Directions = Directions.BOTH
    """``both`` or ``opening``."""
    capacity: Annotated[Coulomb, Field(gt=0)] | None = None
    """Charge that fills the host, for compositions; none: what formation gave back."""


class Gitt(CellProtocol):
    """See the module."""

    name = "gitt"
    title = "Intermittent titration: diffusivity against composition"
    view = "GITT"
    parameters_model = GittParameters
    streams: ClassVar[tuple[Stream, ...]] = (TIMESERIES, CYCLES)
    parameters: GittParameters

    def __init__(self, parameters: Parameters, sample: Sample) -> None:
        super().__init__(parameters, sample)
        assert isinstance(parameters, GittParameters)  # noqa: S101
        self.parameters = parameters

    def check(self) -> list[Complaint]:
        """See `CellProtocol.check`; rests must be longer than their fast part."""
        p, complaints = self.parameters, super().check()
        if p.fast_rest >= p.longest_rest:
            complaints.append(
                Complaint(
                    ("parameters", "fast_rest"),
                    f"{p.fast_rest:g} s is not shorter than the longest rest, "
                    f"{p.longest_rest:g} s.",
                    "Shorten it, or allow a longer rest.",
                )
            )
        if p.fast_every > p.pulse / 20:
            complaints.append(
                Complaint(
                    ("parameters", "fast_every"),
                    f"{p.fast_every:g} s gives a pulse of {p.pulse:g} s fewer than 20 "
                    "rows; its √t line needs more.",
                    "Record faster, or pulse longer.",
                )
            )
        return complaints

    def warnings(self) -> list[str]:
        """Say what keeps D from being found."""
        said = super().warnings()
        if self.sample.particle_radius is None:
            name = self.sample.name
            said.append(f"sample {name} has no particle radius: diffusivity is absent")
        return said

    def rates(self) -> Iterable[tuple[Place, Rate]]:
        """Return the rate of the pulses."""
        yield ("pulse_rate",), self.parameters.pulse_rate

    def duration(self) -> float:
        """Allow each pulse its longest rest."""
        p, formation = self.parameters, self.formation_window()
        pulses = self._most_pulses(3600.0 * (self.one_c() or 0.0)) / MOST_OF_CAPACITY
        ways = 2 if p.directions is Directions.BOTH else 1
        slow = p.formation_cycles * 2 * (3600.0 / formation.rate + p.rest)
        return slow + ways * pulses * (p.pulse + p.longest_rest)

    def plan(self) -> Plan:
        """Yield formation, a rest, then pulses until each limit is met."""
        p, first = self.parameters, self.sample.first_step
        yield self.ability()
        most = self._most_pulses((yield from self.formation()))
        ways = [first] if p.directions is Directions.OPENING else [first, first.other]
        for way in ways:
            yield self._step(f"rest before {way}", way, first, pulse=False)
            for number in range(1, most + 1):
                label = f"{way}, pulse {number}"
                outcome = yield self._step(label, way, first, pulse=True)
                if outcome.reason is EndReason.CONDITION and _is_limit(
                    outcome.condition
                ):
                    break
        yield self._step("rest at the end", ways[-1], first, pulse=False)

    def titration(self, run: RecordedRun) -> Titration:
        """Return the rows of the titration and the diffusivity of every pulse."""
        p = self.parameters
        return titration_of(
            run, cycle=p.formation_cycles + 1, capacity=p.capacity, skip=p.fast_every
        )

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Diffusivities by direction, with a table; what formation says."""
        formation = formation_results(run, self.parameters.formation_cycles)
        return {**gitt_results(self.titration(run)), **formation}

    def figures(self, run: RecordedRun) -> Sequence[Figure]:
        """D and voltage against composition, the last pulse and its relaxation."""
        return gitt_figures(self.titration(run))

    def _most_pulses(self, capacity: float) -> int:
        p = self.parameters
        each = abs(self.current(p.pulse_rate)) * p.pulse
        return int(MOST_OF_CAPACITY * capacity / each) + 1 if capacity else UNKNOWN

    def _step(
        self, label: str, way: FirstStep, first: FirstStep, *, pulse: bool
    ) -> RunTechniques:
        p = self.parameters
        fast = Recording(every_s=p.fast_every)
        still = (
            (
                Condition(
                    "relaxed",
                    ConditionQuantity.VOLTAGE_RATE,
                    Comparison.AT_MOST,
                    p.rest_rate,
                ),
            )
            if p.rest_rate
            else ()
        )
        rests = (
            OpenCircuit(p.fast_rest, fast),
            OpenCircuit(
                p.longest_rest - p.fast_rest, Recording(every_s=p.slow_every), still
            ),
        )
        current = way.sign * abs(self.current(p.pulse_rate))
        limit = voltage_limit(self.window(p.pulse_rate), way.sign, ends_all=True)
        drive = ConstantCurrent(current, p.pulse, (limit,), fast)
        cycle = p.formation_cycles + 1
        return RunTechniques(
            label=label,
            cycle=cycle,
            half_cycle=2 * (cycle - 1) + (0 if way is first else 1),
            techniques=(drive, *rests) if pulse else rests,
        )


def _is_limit(condition: str) -> bool:
    return condition in {"upper_voltage", "lower_voltage"}
