"""A potentiostat channel by hand: watch it rest, hold a current or a voltage."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from labctl import columns
from labctl.analysis.meter import reading
from labctl.columns import TIMESERIES
from labctl.data import Result, Stream
from labctl.errors import Complaint
from labctl.figures.figure import Plot
from labctl.limits import Envelope, exceeds
from labctl.protocol import Bench, Parameters, RecordedRun
from labctl.quantities import Ampere, Second, Volt, format_si
from labctl.roles.capability import capability_of
from labctl.roles.potentiostat import PotentiostatChannel
from labctl.sample import SampleKind
from labctl.steps.asking import KEPT, Ask
from labctl.steps.asking_channel import AskChannel
from labctl.steps.channel import RunTechniques
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    ConstantVoltage,
    OpenCircuit,
    Recording,
)
from protocols.by_hand.by_hand import (
    COMMON,
    ByHand,
    ByHandParameters,
    Doing,
    kept_result,
    outside,
)
from protocols.cells.cell_protocol import CURRENT_TIME, OVERSHOOT, VOLTAGE_TIME

A, V = columns.CURRENT.name, columns.VOLTAGE.name
DAY = 86400.0
OVER = 1.02
"""What an instrument may read above a current that it holds: 2 %."""


class ChannelParameters(ByHandParameters):
    """What nobody may ask of the channel."""

    largest_current: Annotated[Ampere, Field(gt=0)] | None = None
    """Nobody may ask for more; none: what label, bench and channel allow."""
    record_every: Annotated[Second, Field(gt=0)] = 1.0
    """A row at least this often while a current or a voltage is held."""


class Rest(Parameters):
    """Rest at open circuit, recorded by the instrument."""

    duration: Annotated[Second, Field(gt=0, le=DAY)] = 600.0
    """How long."""


class HoldCurrent(Parameters):
    """Hold a current; positive oxidises the working electrode."""

    current: Ampere
    """Level."""
    duration: Annotated[Second, Field(gt=0, le=DAY)]
    """How long at most."""
    lower_voltage: Volt | None = None
    """End it at or below this voltage."""
    upper_voltage: Volt | None = None
    """End it at or above this voltage."""


class HoldVoltage(Parameters):
    """Hold a voltage."""

    voltage: Volt
    """Level."""
    duration: Annotated[Second, Field(gt=0, le=DAY)]
    """How long at most."""
    taper: Annotated[Ampere, Field(gt=0)] | None = None
    """End it when the current's magnitude falls to this."""
    compliance: Annotated[Ampere, Field(gt=0)] | None = None
    """Largest current to expect; it chooses the range."""


@dataclass(frozen=True, slots=True)
class AtRest:
    """Where the channel stands between two requests: always at open circuit."""

    is_on: bool = False


class ChannelByHand(ByHand[AtRest]):
    """See the module."""

    name = "channel-by-hand"
    title = "A potentiostat channel by hand"
    view = ""
    parameters_model = ChannelParameters
    requests: ClassVar[Mapping[str, type[Parameters]]] = {
        "rest": Rest,
        "hold-current": HoldCurrent,
        "hold-voltage": HoldVoltage,
        **COMMON,
    }
    streams: ClassVar[tuple[Stream, ...]] = (
        TIMESERIES,
        Stream(KEPT, TIMESERIES.columns, "Readings that were kept"),
    )
    plots: ClassVar[tuple[Plot, ...]] = (VOLTAGE_TIME, CURRENT_TIME)
    sample_kinds = frozenset({SampleKind.HALF_CELL, SampleKind.FULL_CELL})
    parameters: ChannelParameters

    def roles(self) -> Mapping[str, type]:
        """One potentiostat channel."""
        return {"cell": PotentiostatChannel}

    def envelope(self) -> Envelope:
        """Keep the cell inside its label; a fresh one may be charged into it."""
        p, sample = self.parameters, self.sample
        low, high = sample.lower_voltage, sample.upper_voltage
        bounds, eased = {}, {}
        if (low, high) != (None, None):
            least = -math.inf if low is None else low - OVERSHOOT
            most = math.inf if high is None else high + OVERSHOOT
            bounds[V] = (least, most)
            if sample.kind is SampleKind.FULL_CELL:
                eased[V] = (min(least, -OVERSHOOT), most)
        if p.largest_current is not None:
            bounds[A] = (-OVER * p.largest_current, OVER * p.largest_current)
        return Envelope(bounds, eased)

    def refuse(self, asked: Parameters, bench: Bench) -> list[Complaint]:
        """Compare levels with the channel's range and the run's limits."""
        match asked:
            case HoldVoltage():
                volts: dict[str, float | None] = {"voltage": asked.voltage}
                amperes: dict[str, float | None] = {"compliance": asked.compliance}
            case HoldCurrent():
                ends = asked.lower_voltage, asked.upper_voltage
                volts = dict(zip(("lower_voltage", "upper_voltage"), ends, strict=True))
                amperes = {"current": asked.current}
            case _:
                return []
        said = {name: value for name, value in volts.items() if value is not None}
        found = outside(bench.envelope, V, said)
        for name, value in amperes.items():
            if value is not None:
                found += self._beyond(name, value, bench)
        return found

    def _beyond(self, name: str, value: float, bench: Bench) -> list[Complaint]:
        """Compare a current with what this run, the channel and the limits allow."""
        found: list[Complaint] = []
        limit = self.parameters.largest_current
        channel = bench.role("cell", PotentiostatChannel)
        able = capability_of(channel)
        most = None if able is None else able.current
        for largest, whose in ((limit, "this run"), (most, "the channel")):
            if largest is not None and exceeds(abs(value), largest):
                what = f"{value:g} A is beyond ±{largest:g} A of {whose}."
                found.append(Complaint((name,), what, "Lower it."))
        return found + outside(bench.envelope, A, {name: value})

    def begin(self) -> AtRest:
        """Return an open circuit."""
        return AtRest()

    def ask(self, held: AtRest) -> Ask:  # noqa: ARG002
        """Return the step that watches and waits."""
        return AskChannel(label="open circuit")

    def release(self, held: AtRest) -> Doing[AtRest]:
        """Every step leaves the circuit open."""
        yield from ()
        return held

    def do(self, asked: Parameters, held: AtRest) -> Doing[AtRest]:
        """Rest, or hold something for a while."""
        record = Recording(every_s=self.parameters.record_every, every_volt=0.005)
        match asked:
            case Rest():
                yield RunTechniques(
                    label="rest", techniques=(OpenCircuit(asked.duration, record),)
                )
            case HoldCurrent():
                yield RunTechniques(
                    label=f"hold {format_si(asked.current, 'A')}",
                    techniques=(
                        ConstantCurrent(
                            asked.current, asked.duration, _ends(asked), record
                        ),
                    ),
                )
            case HoldVoltage():
                yield RunTechniques(
                    label=f"hold {format_si(asked.voltage, 'V')}",
                    techniques=(
                        ConstantVoltage(
                            asked.voltage,
                            asked.duration,
                            _tapers(asked.taper),
                            record,
                            max_current=asked.compliance,
                        ),
                    ),
                )
        return held

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Return the last voltage at open circuit or under load, and what was kept."""
        found = run.table(TIMESERIES.name).get(V, np.empty(0))
        last = Result.absent("V", "nothing was read")
        if len(found):
            stated = run.accuracy("cell")
            meter = stated.voltage if stated else None
            last = reading("voltage", float(found[-1]), "V", meter).to_result()
        return {"last_voltage": last, **kept_result(run, V, A)}


def _ends(asked: HoldCurrent) -> tuple[Condition, ...]:
    ends = (
        ("lower_voltage", Comparison.AT_MOST, asked.lower_voltage),
        ("upper_voltage", Comparison.AT_LEAST, asked.upper_voltage),
    )
    return tuple(
        Condition(name, ConditionQuantity.VOLTAGE, side, value)
        for name, side, value in ends
        if value is not None
    )


def _tapers(taper: float | None) -> tuple[Condition, ...]:
    if taper is None:
        return ()
    quantity = ConditionQuantity.ABSOLUTE_CURRENT
    return (Condition("taper", quantity, Comparison.AT_MOST, taper),)
