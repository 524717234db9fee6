"""Whether the contacts are ohmic, before anything else is measured.

A film is checked between all pairs of its four contacts through the relays; a pellet
or a particle with one small sweep of the source meter.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from labctl.analysis.conduction.conduction import OhmicFit, ohmic_fit
from labctl.analysis.uncertainty import Measured
from labctl.columns import IV
from labctl.data import Result, Stream
from labctl.errors import Complaint
from labctl.figures.figure import Figure, Plot
from labctl.limits import Envelope
from labctl.protocol import Parameters, Plan, Protocol, RecordedRun
from labctl.quantities import SI, Ampere, Volt, Watt
from labctl.sample import Sample, SampleKind
from labctl.steps.source_meter import SweepSource, there_and_back
from labctl.verdicts.condition import Doubts
from protocols.conduction.conduction_readings import (
    NoContact,
    Points,
    all_absent,
    doubted,
    sweep_points,
)
from protocols.conduction.film_figures import contacts_figure
from protocols.conduction.hall_bench import (
    FilmParameters,
    doubtful_contacts,
    no_contact,
    pair_resistances,
)
from protocols.conduction.pellet_figures import ohmic_figure
from protocols.conduction.probe_station import ProbeParameters, with_range

SWEEP = 1


class ContactCheckParameters(ProbeParameters):
    """How contacts are checked; what is about currents is for films."""

    voltage: Annotated[Volt, Field(gt=0)] = 0.2
    """Largest bias, both signs (pellets, particles)."""
    points: Annotated[int, Field(ge=6, le=1000)] = 11
    """Levels from zero to either end (pellets, particles)."""
    compliance: Annotated[Ampere, Field(gt=0)] = 0.01
    """Largest current (pellets, particles)."""
    current: Annotated[Ampere, Field(gt=0)] | None = None
    """Largest current of a film's check; none: chosen after a first look."""
    power: Annotated[Watt, Field(gt=0)] = 1e-3
    """Largest dissipation between two contacts of a film."""
    largest_current: Annotated[Ampere, Field(gt=0)] = 0.01
    """Largest current through a film."""
    film_compliance: Annotated[Volt, Field(gt=0)] = 10.0
    """Largest voltage of the current source at a film."""

    def film(self) -> FilmParameters:
        """Return the part that is about films."""
        parts = {
            "current": self.current,
            "power": self.power,
            "largest_current": self.largest_current,
            "compliance": self.film_compliance,
            "nplc": self.nplc,
        }
        return FilmParameters.model_validate(parts, context=SI)


class ContactCheck(Protocol):
    """See the module."""

    name = "contact-check"
    title = "Whether the contacts are ohmic"
    view = "Contacts"
    parameters_model = ContactCheckParameters
    streams: ClassVar[tuple[Stream, ...]] = (IV,)
    plots: ClassVar[tuple[Plot, ...]] = (
        Plot(
            "plot",
            "Current against voltage",
            "iv",
            "voltage_volt",
            ("current_ampere",),
            points=True,
        ),
    )
    sample_kinds = frozenset({SampleKind.PELLET, SampleKind.PARTICLE, SampleKind.FILM})

    def __init__(self, parameters: Parameters, sample: Sample) -> None:
        super().__init__(parameters, sample)
        assert isinstance(parameters, ContactCheckParameters)  # noqa: S101
        self.parameters = parameters

    @property
    def is_film(self) -> bool:
        """Whether the sample has four contacts at relays."""
        return self.sample.kind is SampleKind.FILM

    def roles(self) -> Mapping[str, type]:
        """Return what the kind of sample needs."""
        p = self.parameters
        return p.film().roles() if self.is_film else p.roles()

    def check(self) -> list[Complaint]:
        """Check the bias against the sample's limits."""
        return [] if self.is_film else self.parameters.check(self.sample)

    def envelope(self) -> Envelope:
        """Allow bias and compliance, each with a margin."""
        p = self.parameters
        return p.film().envelope() if self.is_film else p.envelope()

    def plan(self) -> Plan:
        """Yield the bench's check, a look, and the check itself."""
        p = self.parameters
        if self.is_film:
            film = p.film()
            yield film.check_bench()
            yield from film.contacts()
            return
        yield p.check_bench(p.voltage)
        outcome = yield p.check_contact()
        if not p.has_contact(outcome.values):
            return
        yield SweepSource(
            label=f"I-V to ±{p.voltage:g} V",
            levels=there_and_back(p.voltage, p.points),
            probe=with_range(p.probe(), p.range_for(outcome.values["largest"])),
            sweep=SWEEP,
        )

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Return the verdict first, then the resistances."""
        if self.is_film:
            return self._film(run)
        points, fit = self._fit(run)
        found = {
            "contacts": _verdict(fit.doubts),
            "r_squared": _number(fit.r_squared, "nothing could be fitted"),
            **fit.results(),
        }
        if lack := self.parameters.no_contact(run):
            return {**all_absent(found, lack.doubt), "contacts": _open(lack)}
        return doubted(found, points.doubts)

    def figures(self, run: RecordedRun) -> Sequence[Figure]:
        """Draw the curves."""
        if self.is_film:
            return contacts_figure(run, "plot")
        points, fit = self._fit(run)
        return (ohmic_figure(points, fit),) if len(points) else ()

    def _film(self, run: RecordedRun) -> Mapping[str, Result]:
        if lack := no_contact(run):
            return {"contacts": _open(lack)}
        found = {"contacts": _verdict(doubtful_contacts(run))}
        for pair, resistance in pair_resistances(run).items():
            found[f"resistance_{pair}"] = resistance.to_result()
        return found

    def _fit(self, run: RecordedRun) -> tuple[Points, OhmicFit]:
        points = sweep_points(run, (SWEEP,))
        fit = ohmic_fit(
            points.voltage, points.current, points.accuracy, compliance=points.limited
        )
        return points, fit


def _number(value: float, reason: str) -> Result:
    found = Measured(value) if math.isfinite(value) else Measured.absent(reason)
    return found.to_result()


def _open(lack: NoContact) -> Result:
    """Return the verdict on a sample without contact; none if nothing was checked."""
    if not lack.was_checked:
        return Measured.absent(lack.doubt).to_result()
    return Result("open", "").suspect(lack.doubt)


def _verdict(doubts: Doubts) -> Result:
    found = Result("not ohmic" if doubts else "ohmic", "")
    for doubt in doubts:
        found = found.suspect(doubt)
    return found
