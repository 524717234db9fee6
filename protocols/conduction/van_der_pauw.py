"""Sheet resistance and resistivity of a film with four contacts."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from labctl.analysis.label import DEFAULTS
from labctl.analysis.temperature.law import Kind, Law
from labctl.columns import HALL, IV
from labctl.data import Result, Stream
from labctl.errors import Complaint
from labctl.figures.figure import Figure, Plot
from labctl.limits import Envelope
from labctl.protocol import Parameters, Plan, Protocol, RecordedRun
from labctl.sample import Sample, SampleKind
from protocols.conduction.conduction_readings import (
    all_absent,
    doubted,
    temperature_of,
)
from protocols.conduction.film_figures import contacts_figure, resistivity_figure
from protocols.conduction.hall_bench import (
    RESISTIVITY,
    RESISTIVITY_LABEL,
    FilmParameters,
    doubtful_contacts,
    doubtful_power,
    no_contact,
    resistivity_of,
)


class VanDerPauwProtocol(Protocol):
    """See the module."""

    name = "van-der-pauw"
    title = "Sheet resistance after van der Pauw"
    view = "van der Pauw"
    parameters_model = FilmParameters
    streams: ClassVar[tuple[Stream, ...]] = (IV, HALL)
    plots: ClassVar[tuple[Plot, ...]] = (
        Plot(
            "plot",
            "Voltage against current of the configurations",
            "hall",
            "source_ampere",
            ("voltage_volt",),
            points=True,
        ),
        Plot(
            "contacts",
            "Contact check",
            "iv",
            "source_ampere",
            ("voltage_volt",),
            points=True,
        ),
    )
    laws: ClassVar[tuple[Law, ...]] = (
        Law("sheet_resistance", "sheet_activation_energy", Kind.RESISTANCE, "eV"),
    )
    sample_kinds = frozenset({SampleKind.FILM})

    def __init__(self, parameters: Parameters, sample: Sample) -> None:
        super().__init__(parameters, sample)
        assert isinstance(parameters, FilmParameters)  # noqa: S101
        self.parameters = parameters

    def roles(self) -> Mapping[str, type]:
        """Return a current source, a voltmeter and a switch."""
        return self.parameters.roles()

    def check(self) -> list[Complaint]:
        """Check the contact check."""
        return self.parameters.check()

    def warnings(self) -> list[str]:
        """Without thickness there is a sheet resistance and no resistivity."""
        return film_warnings(self.sample, "resistivity")

    def envelope(self) -> Envelope:
        """Allow the compliance with a margin."""
        return self.parameters.envelope()

    def plan(self) -> Plan:
        """Yield the bench's check, the contact check, the eight readings."""
        p = self.parameters
        yield p.check_bench()
        current = yield from p.contacts()
        if current > 0:
            yield p.read(RESISTIVITY_LABEL, RESISTIVITY, current)

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Sheet resistance first."""
        found = {
            **resistivity_of(run, self.sample, self.parameters).results(),
            "temperature": temperature_of(run).to_result(),
        }
        if lack := no_contact(run):
            return all_absent(found, lack.doubt)
        doubts = doubtful_contacts(run)
        return doubted(found, doubts + doubtful_power(run))

    def figures(self, run: RecordedRun) -> Sequence[Figure]:
        """Draw the configurations with their slopes, and the contact check."""
        return (*resistivity_figure(run), *contacts_figure(run))


def film_warnings(sample: Sample, missing: str) -> list[str]:
    """Return what a film's label lacks."""
    if sample.thickness is None:
        return [f"sample {sample.name} has no thickness: {missing} is absent"]
    if sample.thickness_uncertainty is None:
        name = sample.name
        share = DEFAULTS["thickness"].relative
        return [f"sample {name} has no thickness_uncertainty: {share:.0%} is assumed"]
    return []
