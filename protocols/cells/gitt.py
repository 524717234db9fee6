"""Galvanostatic intermittent titration: pulse, rest, pulse … there and back again.

Every pulse is one upload: the current, a rest recorded fast, a rest recorded slowly.
The voltage limit of a pulse ends the whole upload and with it the direction: a limit
that only ended the pulse would be followed by more pulses into the same wall.

A nearly empty host may take its lithium up a hundred times faster and on a much steeper
voltage than a half-filled one. There pulses are *fine*: short, hard and densely
recorded, so that they tell a fast diffusivity, or bound it far higher.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from labctl.analysis.temperature.law import Kind, Law
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
from protocols.cells.half_cycles import voltage_limit

if TYPE_CHECKING:
    from protocols.cells.gitt_results import Titration

MOST_OF_CAPACITY = 1.5
"""A direction ends after so many times the pulses that the capacity promises."""
UNKNOWN = 1000
"""Pulses of a direction at most where nobody says what 1C is."""
RELAXED = 0.3e-3 / 3600
"""V/s, 0.3 mV/h, over 10 minutes. One step of a 16-bit converter over 5 V is as much in
15 minutes: a rest that shows no step for 10 may drift by twice that. The analysis takes
1 mV/h for a rest, or what the fit of the whole relaxation shows."""


class Directions(StrEnum):
    """Which branches are titrated."""

    BOTH = "both"
    OPENING = "opening"
    """Only the first: lithiation of an anode half cell."""


class GittParameters(CellParameters):
    """How a cell is titrated."""

    pulse_rate: Magnitude = Rate(1.0, "C")
    """Current of a pulse."""
    pulse: Annotated[Second, Field(gt=0)] = 60.0
    """How long a pulse lasts. At r = 1 µm one minute tells D from 1e-17 to 1e-14 m²/s;
    the same charge in ten minutes at C/10 reaches 1e-15."""
    longest_rest: Annotated[Second, Field(gt=0)] = 7200.0
    """A rest ends after this …"""
    rest_rate: Annotated[VoltPerSecond, Field(gt=0)] | None = RELAXED
    """… or as soon as |dV/dt| is below this; none: only the time counts."""
    fast_rest: Annotated[Second, Field(gt=0)] = 60.0
    """The first part of each rest, recorded as densely as the pulse."""
    fast_every: Annotated[Second, Field(gt=0)] = 0.5
    """s between two rows in pulses and at the beginning of rests."""
    slow_every: Annotated[Second, Field(gt=0)] = 60.0
    """s between two rows in the rest of a rest."""
    shortest_rest: Annotated[Second, Field(ge=0)] = 1800.0
    """A rest goes on at least this long, however still it seems: a converter whose
    voltage stays on one step shows no dV/dt."""
    fine_below: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Lithium fraction below which pulses are fine; 0: none are."""
    fine_rate: Magnitude = Rate(1.0, "C")
    """Current of a fine pulse."""
    fine_pulse: Annotated[Second, Field(gt=0)] = 8.0
    """How long a fine pulse lasts."""
    fine_every: Annotated[Second, Field(gt=0)] = 0.1
    """s between two rows in fine pulses and at the beginning of their rests."""
    fine_rest: Annotated[Second, Field(ge=0)] = 600.0
    """The shortest rest after a fine pulse."""
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
    laws: ClassVar[tuple[Law, ...]] = (
        Law("diffusivity", "activation_energy", Kind.ACTIVATED),
    )
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
        given = [("fast_every", p.fast_every, p.pulse)]
        if p.fine_below:
            given.append(("fine_every", p.fine_every, p.fine_pulse))
        complaints += [
            Complaint(
                ("parameters", name),
                f"{every:g} s gives a pulse of {pulse:g} s fewer than 20 rows; its √t "
                "line needs more.",
                "Record faster, or pulse longer.",
            )
            for name, every, pulse in given
            if every > pulse / 20
        ]
        return complaints

    def check_again(self) -> list[Complaint]:
        """See `Protocol.check_again`: it has to come back to where it began."""
        if self.parameters.directions is Directions.BOTH:
            return []
        what = "one direction leaves the host full: the next temperature begins there."
        cure = "Titrate `both`, which brings it back."
        return [Complaint(("parameters", "directions"), what, cure)]

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
        yield ("fine_rate",), self.parameters.fine_rate

    def duration(self) -> float:
        """Allow each pulse its longest rest."""
        p, formation = self.parameters, self.formation_window()
        capacity = 3600.0 * (self.one_c() or 0.0)
        ways = 2 if p.directions is Directions.BOTH else 1
        slow = p.formation_cycles * 2 * (3600.0 / formation.rate + p.rest)
        each = ((self._plain(), 1 - p.fine_below), (self._fine(), p.fine_below))
        return slow + ways * sum(
            share * capacity / shape.charge * (shape.pulse + p.longest_rest)
            for shape, share in each
        )

    def plan(self) -> Plan:
        """Yield formation, a rest, then pulses until each limit is met."""
        p, first = self.parameters, self.sample.first_step
        yield self.ability()
        formed = yield from self.formation()
        host = _Host(p.capacity or formed, first)
        ways = [first] if p.directions is Directions.OPENING else [first, first.other]
        for way in ways:
            yield self._step(f"rest before {way}", way, None)
            for number in range(1, self._most_pulses(host.capacity) + 1):
                fine = p.fine_below > 0 and host.composition < p.fine_below
                shape = self._fine() if fine else self._plain()
                label = f"{way}, {'fine ' if fine else ''}pulse {number}"
                outcome = yield self._step(label, way, shape)
                host.passed += outcome.charge
                if outcome.reason is EndReason.CONDITION and _is_limit(
                    outcome.condition
                ):
                    break
        yield self._step("rest at the end", ways[-1], None)

    def titration(self, run: RecordedRun) -> "Titration":
        """Return the rows of the titration and the diffusivity of every pulse."""
        from protocols.cells import gitt_results  # noqa: PLC0415  (start-up time)

        p = self.parameters
        rows = gitt_results.titration_of_plan(
            run, cycle=p.formation_cycles + 1, capacity=p.capacity, skip=p.fast_every
        )
        return gitt_results.titration_of(run.sample, rows)

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Diffusivities by direction, with a table; what formation says."""
        from protocols.cells.cycling_results import (  # noqa: PLC0415  (start-up time)
            formation_results,
        )
        from protocols.cells.gitt_results import gitt_results  # noqa: PLC0415

        formation = formation_results(run, self.parameters.formation_cycles)
        return {**gitt_results(self.titration(run)), **formation}

    def figures(self, run: RecordedRun) -> Sequence[Figure]:
        """D and voltage against composition, the last pulse and its relaxation."""
        from protocols.cells.gitt_figures import gitt_figures  # noqa: PLC0415  (start-up)

        return gitt_figures(self.titration(run))

    def _plain(self) -> "_Shape":
        p = self.parameters
        current = abs(self.current(p.pulse_rate))
        return _Shape(p.pulse_rate, current, p.pulse, p.fast_every, p.shortest_rest)

    def _fine(self) -> "_Shape":
        p = self.parameters
        current = abs(self.current(p.fine_rate))
        return _Shape(p.fine_rate, current, p.fine_pulse, p.fine_every, p.fine_rest)

    def _most_pulses(self, capacity: float) -> int:
        p = self.parameters
        if not capacity:
            return UNKNOWN
        plain = int(MOST_OF_CAPACITY * capacity / self._plain().charge) + 1
        return plain + int(p.fine_below * capacity / self._fine().charge)

    def _step(
        self, label: str, way: FirstStep, shape: "_Shape | None"
    ) -> RunTechniques:
        p, first = self.parameters, self.sample.first_step
        kind = shape or self._plain()
        fast, slow = Recording(every_s=kind.every), Recording(every_s=p.slow_every)
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
        sure = min(kind.shortest_rest, p.longest_rest / 2)
        rests = [OpenCircuit(p.fast_rest, fast)]
        if sure > p.fast_rest:
            rests.append(OpenCircuit(sure - p.fast_rest, slow))
        left = p.longest_rest - max(sure, p.fast_rest)
        rests.append(OpenCircuit(left, slow, still))
        limit = voltage_limit(self.window(kind.rate), way.sign, ends_all=True)
        drive = ConstantCurrent(way.sign * kind.current, kind.pulse, (limit,), fast)
        cycle = p.formation_cycles + 1
        return RunTechniques(
            label=label,
            cycle=cycle,
            half_cycle=2 * (cycle - 1) + (0 if way is first else 1),
            techniques=(drive, *rests) if shape else tuple(rests),
        )


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a pulse is driven and recorded."""

    rate: Magnitude
    current: float
    """A, without a sign."""
    pulse: float
    """s."""
    every: float
    """s between two rows."""
    shortest_rest: float

    @property
    def charge(self) -> float:
        """What it moves, C."""
        return self.current * self.pulse


@dataclass(slots=True)
class _Host:
    """How full the host is, by the charge that passed."""

    capacity: float
    """C; 0 if nobody knows."""
    opening: FirstStep
    passed: float = 0.0
    """C since the titration began; positive oxidises."""

    @property
    def composition(self) -> float:
        """Lithium fraction; 1, far from empty, if nobody knows the capacity."""
        if not self.capacity:
            return 1.0
        begun = 0.0 if self.opening.sign < 0 else 1.0
        return begun - self.passed / self.capacity


def _is_limit(condition: str) -> bool:
    return condition in {"upper_voltage", "lower_voltage"}
