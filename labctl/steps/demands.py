"""Ask the whole bench, before anything is switched on, whether it can do the plan.

Limits that only the instruments know (largest voltage, smallest compliance, field)
are compared here in one step, so that a person hears of all of them at once.
"""

from dataclasses import dataclass

from labctl.data import Event, Level
from labctl.errors import Complaint, RefusedError
from labctl.protocol import Bench, Ending, Rows, Step
from labctl.roles.current_source import CurrentBounds, CurrentSource
from labctl.roles.delta_meter import DeltaMeter
from labctl.roles.magnet import Magnet, MagnetSupply
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


@dataclass(frozen=True, slots=True)
class FieldDemand:
    """What a magnet shall do."""

    role: str
    field: float
    """Largest |B|, T."""
    tesla_per_ampere: float = 0.0
    """For a supply that is told a current; 0 for a magnet that is told a field."""


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
        complaints = [
            complaint
            for found in (
                *(_source(bench, demand) for demand in self.sources),
                *(_current(bench, demand) for demand in self.currents),
                *(_delta(bench, demand) for demand in self.deltas),
                *(_field(bench, demand) for demand in self.fields),
            )
            for complaint in found
        ]
        if complaints:
            raise RefusedError(complaints)
        yield Event(Level.INFO, "bench", "every limit is within the instruments' range")
        return Ending()


def _source(bench: Bench, demand: SourceDemand) -> list[Complaint]:
    meter = bench.role(demand.role, SourceMeter)
    who = f"{demand.role} ({meter.identity().model})"
    return beyond_meter(meter.bounds, demand, who)


def beyond_meter(
    bounds: SourceBounds, demand: SourceDemand, who: str
) -> list[Complaint]:
    """Return what a source meter cannot do; ``who`` it is, in words."""
    if demand.driven not in bounds.drives:
        return [
            Complaint(
                ("channels", demand.role), f"{who} cannot hold a {demand.driven}."
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
    who = f"{demand.role} ({source.identity().model})"
    return beyond_source(source.bounds, demand, who)


def _delta(bench: Bench, demand: SourceDemand) -> list[Complaint]:
    pair = bench.role(demand.role, DeltaMeter)
    who = f"{demand.role} ({pair.identity().model})"
    return beyond_source(pair.bounds, demand, who)


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
    if not demand.span <= largest:
        what = f"{demand.span:g} {unit} is beyond ±{largest:g} {unit} of {who}."
        found.append(
            Complaint(("parameters", demand.span_parameter), what, "Lower it.")
        )
    most, unit = limit
    if not demand.compliance <= most:
        what = f"{demand.compliance:g} {unit} is beyond {most:g} {unit} of {who}."
        found.append(
            Complaint(("parameters", demand.compliance_parameter), what, "Lower it.")
        )
    elif not demand.compliance >= least:
        what = f"{demand.compliance:g} {unit} is below {least:g} {unit} of {who}."
        found.append(
            Complaint(("parameters", demand.compliance_parameter), what, "Raise it.")
        )
    return found


def _field(bench: Bench, demand: FieldDemand) -> list[Complaint]:
    if demand.tesla_per_ampere:
        supply = bench.role(demand.role, MagnetSupply)
        largest = supply.bounds.current * demand.tesla_per_ampere
        who = (
            f"{demand.role} ({supply.identity().model}, ±{supply.bounds.current:g} A "
            f"at {demand.tesla_per_ampere:g} T/A)"
        )
    else:
        magnet = bench.role(demand.role, Magnet)
        largest, who = magnet.largest_field, f"{demand.role}"
    if demand.field <= largest:
        return []
    what = f"{demand.field:g} T is beyond ±{largest:g} T of {who}."
    return [Complaint(("parameters", "field"), what, "Lower it.")]
