"""Ask the whole bench, before anything is switched on, whether it can do the plan.

Limits that only the instruments know (largest voltage, smallest compliance, field)
are compared here in one step, so that a person hears of all of them at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from labctl.data import Event, Level
from labctl.errors import Complaint, RefusedError
from labctl.limits import exceeds
from labctl.protocol import Bench, Ending, Rows, Step
from labctl.roles.current_source import CurrentBounds, CurrentSource
from labctl.roles.delta_meter import DeltaMeter
from labctl.roles.magnet import Magnet, MagnetSupply
from labctl.roles.needs import Ability, Need
from labctl.roles.source_meter import Driven, SourceBounds, SourceMeter


@dataclass(frozen=True, slots=True)
class SourceDemand:
    """What a source meter or, with ``driven`` current, a current source shall do."""

    role: str
    driven: Driven
    span: float
    """Largest |level|, V or A."""
    compliance: float
    """A or V."""
    span_parameter: str = "voltage"
    """Name of the parameter that a person would change."""
    compliance_parameter: str = "compliance"

    def needs(self) -> Iterator[Need]:
        """Yield what it asks of its role."""
        voltage, current = self.span, self.compliance
        held = Ability.POTENTIOSTAT
        if self.driven is Driven.CURRENT:
            voltage, current = current, voltage
            held = Ability.GALVANOSTAT
        yield Need(self.role, held)
        yield Need(self.role, Ability.CURRENT, current)
        yield Need(self.role, Ability.COMPLIANCE, voltage)


@dataclass(frozen=True, slots=True)
class FieldDemand:
    """What a magnet shall do."""

    role: str
    field: float
    """Largest |B|, T."""
    tesla_per_ampere: float = 0.0
    """For a supply that is told a current; 0 for a magnet that is told a field."""

    def needs(self) -> Iterator[Need]:
        """Yield what it asks of its role."""
        if self.tesla_per_ampere:
            ampere = abs(self.field / self.tesla_per_ampere)
            yield Need(self.role, Ability.CURRENT, ampere)
        else:
            yield Need(self.role, Ability.FIELD, abs(self.field))


@dataclass(frozen=True, kw_only=True)
class CheckBench(Step):
    """Compare demands with the bounds of every instrument; nothing is switched on.

    RefusedError carries every demand that cannot be met.
    """

    sources: tuple[SourceDemand, ...] = ()
    currents: tuple[SourceDemand, ...] = ()
    """Demands on roles that are pure current sources."""
    deltas: tuple[SourceDemand, ...] = ()
    """Demands on a current source and nanovoltmeter that act as one."""
    fields: tuple[FieldDemand, ...] = ()

    def execute(self, bench: Bench) -> Rows:
        """See `Step.execute`."""
        complaints = self.beyond(bench)
        if complaints:
            raise RefusedError(complaints)
        yield Event(Level.INFO, "bench", "every limit is within the instruments' range")
        return Ending()

    def beyond(self, bench: Bench) -> list[Complaint]:
        """See `Step.beyond`."""
        return [
            complaint
            for found in (
                *(_source(bench, demand) for demand in self.sources),
                *(_current(bench, demand) for demand in self.currents),
                *(_delta(bench, demand) for demand in self.deltas),
                *(_field(bench, demand) for demand in self.fields),
            )
            for complaint in found
        ]

    def needs(self) -> Iterator[Need]:
        """See `Step.needs`."""
        for demand in (*self.sources, *self.currents, *self.deltas):
            yield from demand.needs()
        for field in self.fields:
            yield from field.needs()


def source_beyond(bench: Bench, demand: SourceDemand) -> list[Complaint]:
    """Return what the source meter of a demand cannot do; see `Step.beyond`."""
    return _nowhere(_source(bench, demand))


def current_beyond(bench: Bench, demand: SourceDemand) -> list[Complaint]:
    """Return what the current source of a demand cannot do; see `Step.beyond`."""
    return _nowhere(_current(bench, demand))


def delta_beyond(bench: Bench, demand: SourceDemand) -> list[Complaint]:
    """Return what the delta pair of a demand cannot do; see `Step.beyond`."""
    return _nowhere(_delta(bench, demand))


def field_beyond(bench: Bench, demand: FieldDemand) -> list[Complaint]:
    """Return what the magnet of a demand cannot do; see `Step.beyond`."""
    return _nowhere(_field(bench, demand))


def _nowhere(complaints: list[Complaint]) -> list[Complaint]:
    """Let whoever compares find the parameter: a step does not know its own."""
    return [
        replace(c, path=()) if c.path[:1] == ("parameters",) else c for c in complaints
    ]


def _who(role: str, player: object) -> str:
    """Name a role and its model, without asking the instrument."""
    return f"{role} ({type(player).__name__})"


def _source(bench: Bench, demand: SourceDemand) -> list[Complaint]:
    meter = bench.role(demand.role, SourceMeter)
    return beyond_meter(meter.bounds, demand, _who(demand.role, meter))


def beyond_meter(
    bounds: SourceBounds, demand: SourceDemand, who: str
) -> list[Complaint]:
    """Return what a source meter cannot do; ``who`` it is, in words."""
    if demand.driven not in bounds.drives:
        return [
            Complaint(
                ("channels", demand.role),
                f"{who} cannot hold a {demand.driven}.",
                role=demand.role,
            )
        ]
    if demand.driven is Driven.VOLTAGE:
        span, limit = (bounds.voltage, "V"), (bounds.current, "A")
        least = bounds.least_compliance_current
    else:
        span, limit = (bounds.current, "A"), (bounds.voltage, "V")
        least = bounds.least_compliance_voltage
    return _compare(demand, who, span, limit, least)


def _current(bench: Bench, demand: SourceDemand) -> list[Complaint]:
    source = bench.role(demand.role, CurrentSource)
    return beyond_source(source.bounds, demand, _who(demand.role, source))


def _delta(bench: Bench, demand: SourceDemand) -> list[Complaint]:
    pair = bench.role(demand.role, DeltaMeter)
    return beyond_source(pair.bounds, demand, _who(demand.role, pair))


def beyond_source(
    bounds: CurrentBounds, demand: SourceDemand, who: str
) -> list[Complaint]:
    """Return what a current source cannot do; ``who`` it is, in words."""
    span, limit = (bounds.current, "A"), (bounds.compliance, "V")
    return _compare(demand, who, span, limit, bounds.least_compliance)


def _compare(
    demand: SourceDemand,
    who: str,
    span: tuple[float, str],
    limit: tuple[float, str],
    least: float,
) -> list[Complaint]:
    found = []
    largest, unit = span
    if exceeds(demand.span, largest):
        what = f"{demand.span:g} {unit} is beyond ±{largest:g} {unit} of {who}."
        name = demand.span_parameter
        found.append(_beyond(demand.role, name, what, demand.span, largest, unit))
    most, unit = limit
    if exceeds(demand.compliance, most):
        what = f"{demand.compliance:g} {unit} is beyond {most:g} {unit} of {who}."
        name = demand.compliance_parameter
        found.append(_beyond(demand.role, name, what, demand.compliance, most, unit))
    elif exceeds(-demand.compliance, -least):
        what = f"{demand.compliance:g} {unit} is below {least:g} {unit} of {who}."
        name = demand.compliance_parameter
        found.append(_beyond(demand.role, name, what, demand.compliance, least, unit))
    return found


def _beyond(
    role: str, parameter: str, what: str, value: float, limit: float, unit: str
) -> Complaint:
    cure = "Lower it." if not value <= limit else "Raise it."
    path = ("parameters", parameter)
    return Complaint(path, what, cure, value=value, limit=limit, unit=unit, role=role)


def _field(bench: Bench, demand: FieldDemand) -> list[Complaint]:
    if demand.tesla_per_ampere:
        supply = bench.role(demand.role, MagnetSupply)
        largest = supply.bounds.current * demand.tesla_per_ampere
        who = (
            f"{_who(demand.role, supply)} with ±{supply.bounds.current:g} A at "
            f"{demand.tesla_per_ampere:g} T/A"
        )
    else:
        magnet = bench.role(demand.role, Magnet)
        largest, who = magnet.largest_field, f"{demand.role}"
    if not exceeds(abs(demand.field), largest):
        return []
    what = f"{demand.field:g} T is beyond ±{largest:g} T of {who}."
    return [_beyond(demand.role, "field", what, demand.field, largest, "T")]
