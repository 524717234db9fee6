"""Carrier type, density and mobility of a film from its Hall effect.

Eight resistivity readings without field, then the Hall readings in the order
+B -B -B +B, both current signs each, so that linear drift of the sample cancels too.
With ``sweep_points`` a field sweep follows, which tells one kind of carrier from two.

``station_sign`` says whether leads, contact numbering and magnet obey the convention;
``hall_sign`` of the configuration is where a bench states it. It is found with a
reference of known type (film-reference-p on the simulated bench): with
``reference_type: p`` the run says which sign to write down.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from labctl.analysis.conduction.contact_size import USUAL
from labctl.analysis.conduction.field_sweep import FieldSweep, field_sweep
from labctl.analysis.conduction.hall import (
    HALL_CONFIGURATIONS,
    Hall,
    calibrate_sign,
    hall_effect,
)
from labctl.analysis.conduction.van_der_pauw import (
    CONFIGURATIONS,
    Reading,
    van_der_pauw,
)
from labctl.analysis.temperature.law import Kind, Law
from labctl.analysis.uncertainty import Measured
from labctl.columns import HALL as HALL_STREAM
from labctl.columns import IV, MAGNET
from labctl.data import Result, Stream
from labctl.errors import Complaint, OperatorError
from labctl.figures.figure import Figure, Plot
from labctl.limits import Envelope
from labctl.protocol import Parameters, Plan, Protocol, RecordedRun
from labctl.quantities import Fraction, Second, Tesla
from labctl.roles.gaussmeter import Gaussmeter
from labctl.roles.magnet import Magnet, MagnetSupply
from labctl.roles.switch_matrix import Connection
from labctl.sample import Sample, SampleKind
from labctl.steps.demands import FieldDemand
from labctl.steps.field import FieldTarget, ReleaseField
from labctl.steps.film import ReadFilm
from labctl.steps.film_delta import ReadFilmByDelta
from labctl.verdicts.temperature import EXPONENT, HOPPING
from protocols.conduction.conduction_readings import (
    FILM_STEPS,
    UNSTATED,
    accuracy_of,
    all_absent,
    doubted,
    film_readings,
    steps_of,
    temperature_of,
    thickness_of,
)
from protocols.conduction.film_figures import contacts_figure, resistivity_figure
from protocols.conduction.hall_bench import (
    HALL,
    RESISTIVITY,
    RESISTIVITY_LABEL,
    FilmParameters,
    by_name,
    doubtful_contacts,
    doubtful_power,
    no_contact,
    resistivity_of,
)
from protocols.conduction.hall_figures import configurations_figure, hall_figure
from protocols.conduction.van_der_pauw import film_warnings

ABBA = (1, -1, -1, 1)
HALL_LABEL = "Hall at"
SWEEP_LABEL = "field sweep at"
FIELD_MARGIN = 1.2
"""Times the largest field before the run is stopped; the search may overshoot."""
SECONDS_A_FIELD = 60.0
ONE_CARRIER = ("carrier_type", "carrier_density", "sheet_density", "hall_mobility")
"""Results that mean something for one kind of carrier only."""


class HallParameters(FilmParameters):
    """How the field is made, and what the station's sign is."""

    field: Annotated[Tesla, Field(gt=0)] = 0.5
    """Field of the Hall readings, both signs."""
    field_tolerance: Annotated[Fraction, Field(gt=0, lt=0.02)] = 0.005
    """How near the field must come, as a share of it; it is measured anyway."""
    field_deadline: Annotated[Second, Field(gt=0)] = 300.0
    """Longest time until a field stands still."""
    field_control: Literal["current", "magnet"] = "current"
    """A supply told a current with the gaussmeter's feedback, or a closed loop."""
    tesla_per_ampere: Annotated[float, Field(gt=0)] = 0.025
    """Of magnet and supply, roughly, in T/A; the search corrects it."""
    sweep_points: Annotated[int, Field(ge=0, le=1001)] = 0
    """Fields of a sweep from -B to +B; 0 sweeps none, 5 is the least."""
    station_sign: Literal[1, -1] = 1
    """Sign of the station; `hall_sign` of the configuration unless given here."""
    reference_type: Literal["n", "p"] | None = None
    """Type of a reference sample, to find the station's sign with it."""
    scattering_factor: Annotated[float, Field(gt=0)] = 1.0
    """r_H in n = r_H / (q |R_H|). 1 gives the Hall density, which differs from the
    density of carriers by r_H: 1.18 for phonons, 1.93 for ionised impurities, about
    0.75 in p-type silicon. The mobility is the Hall mobility whatever this is."""

    def roles(self) -> dict[str, type]:
        """Return the roles of a film, the gaussmeter and the magnet."""
        field = {"gaussmeter": Gaussmeter, "magnet": MagnetSupply}
        loop = {} if self.by_current else {"field_controller": Magnet}
        return {**super().roles(), **field, **loop}

    def check(self) -> list[Complaint]:
        """Return what makes no measurement."""
        complaints = super().check()
        if 0 < self.sweep_points < 5:  # noqa: PLR2004 - a cubic needs five
            what = f"{self.sweep_points} fields do not show a curve."
            complaints.append(
                Complaint(("parameters", "sweep_points"), what, "Take 5 or more, or 0.")
            )
        return complaints

    def envelope(self) -> Envelope:
        """Allow compliance and field, each with a margin."""
        tesla = FIELD_MARGIN * self.field
        return Envelope({**super().envelope().bounds, "field_tesla": (-tesla, tesla)})

    @property
    def by_current(self) -> bool:
        """Whether a supply is told a current."""
        return self.field_control == "current"

    def demand(self) -> FieldDemand:
        """Return what the magnet must be able to do."""
        if self.by_current:
            return FieldDemand("magnet", self.field, self.tesla_per_ampere)
        return FieldDemand("field_controller", self.field)

    def target(self, field: float) -> FieldTarget:
        """Return how ``field`` in T is to be reached."""
        return FieldTarget(
            field,
            self.field_tolerance * self.field,
            self.field_deadline,
            tesla_per_ampere=self.tesla_per_ampere if self.by_current else 0.0,
            largest=self.field,
        )


@dataclasses.dataclass(frozen=True, slots=True)
class _Point:
    """What the film shows in one field."""

    field: float
    """T."""
    across: float
    """Hall resistance in Ω, mean of the four configurations."""
    along: float
    """Sheet resistance in Ω; NaN where it was not read."""


class HallEffect(Protocol):
    """See the module."""

    name = "hall-effect"
    title = "Carrier type, density and mobility from the Hall effect"
    view = "Hall"
    parameters_model = HallParameters
    streams: ClassVar[tuple[Stream, ...]] = (IV, HALL_STREAM, MAGNET)
    plots: ClassVar[tuple[Plot, ...]] = (
        Plot(
            "plot",
            "Voltage against field",
            "hall",
            "field_tesla",
            ("voltage_volt",),
            points=True,
        ),
        Plot(
            "field",
            "Field over time",
            "magnet",
            "test_time_second",
            ("field_tesla",),
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
        Law("hall_mobility", "mobility_exponent", Kind.POWER, "", EXPONENT),
        Law(
            "hall_mobility",
            "mobility_activation_energy",
            Kind.ACTIVATED,
            "eV",
            HOPPING,
        ),
        Law("carrier_density", "carrier_activation_energy", Kind.ACTIVATED, "eV"),
        Law("carrier_density", "donor_level", Kind.DONOR, "eV"),
        Law("sheet_density", "sheet_carrier_activation_energy", Kind.ACTIVATED, "eV"),
        Law("sheet_resistance", "sheet_activation_energy", Kind.RESISTANCE, "eV"),
    )
    sample_kinds = frozenset({SampleKind.FILM})

    def __init__(self, parameters: Parameters, sample: Sample) -> None:
        super().__init__(parameters, sample)
        assert isinstance(parameters, HallParameters)  # noqa: S101
        self.parameters = parameters

    def roles(self) -> Mapping[str, type]:
        """Return source, voltmeter, switch, gaussmeter and magnet."""
        return self.parameters.roles()

    def duration(self) -> float:
        """Allow a minute a field."""
        return (4 + self.parameters.sweep_points) * SECONDS_A_FIELD

    def check(self) -> list[Complaint]:
        """Check the contact check and the field sweep."""
        return self.parameters.check()

    def warnings(self) -> list[str]:
        """Without thickness there are sheet values only."""
        found = film_warnings(self.sample, "carrier_density")
        if not self.parameters.sweep_points:
            found.append(
                "no field sweep (sweep_points): one kind of carrier is presumed"
            )
        if self.parameters.contact_size is None:
            found.append(
                f"contacts are taken to be {USUAL.share:.0%} of the sample's size: "
                "contact_size tells it"
            )
        return found

    def envelope(self) -> Envelope:
        """Allow compliance and field, each with a margin."""
        return self.parameters.envelope()

    def plan(self) -> Plan:
        """Yield contacts, resistivity, Hall readings, perhaps a sweep, field off."""
        p = self.parameters
        yield p.check_bench((p.demand(),))
        current = yield from p.contacts()
        if not current > 0:
            return
        resistivity = p.read(RESISTIVITY_LABEL, RESISTIVITY, current)
        yield dataclasses.replace(resistivity, watch_field=True)
        for number, sign in enumerate(ABBA, 1):
            label = f"{HALL_LABEL} {sign * p.field:+g} T, {number} of {len(ABBA)}"
            yield self._in_field(label, HALL, current, sign * p.field)
        if p.sweep_points:
            for field in np.linspace(p.field, -p.field, p.sweep_points).tolist():
                label = f"{SWEEP_LABEL} {field:+.4g} T"
                yield self._in_field(label, HALL + RESISTIVITY, current, field)
        yield ReleaseField(label="field off", supply=p.by_current)

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Carrier type first; the sweep's verdict last, if there was one."""
        resistivity = resistivity_of(run, self.sample, self.parameters)
        hall = self._hall(run, self.parameters.station_sign)
        factor = Measured(self.parameters.scattering_factor)
        found = {
            **hall.results(),
            **resistivity.results(),
            "hall_factor": factor.to_result(),
            "temperature": temperature_of(run).to_result(),
        }
        if self.parameters.reference_type is not None:
            found["station_sign"] = self._sign(run, self.parameters.reference_type)
        sweep = self._sweep(run)
        if sweep is not None:
            slope = self.parameters.contact_sizes().on_hall(sweep.slope)
            found = _with_sweep(found, dataclasses.replace(sweep, slope=slope))
        if lack := no_contact(run):
            return all_absent(found, lack.doubt)
        doubts = doubtful_contacts(run)
        return doubted(found, doubts + doubtful_power(run))

    def figures(self, run: RecordedRun) -> Sequence[Figure]:
        """Draw the Hall resistance and every configuration; resistivity, contacts."""
        points = {
            name: [(p.field, p.across) for p in self._points(run, label)]
            for name, label in (("+B −B −B +B", HALL_LABEL), ("sweep", SWEEP_LABEL))
        }
        slope = self._hall(run, self.parameters.station_sign).sheet_hall_coefficient
        return (
            *hall_figure(points, slope),
            *configurations_figure(by_name(self._hall_readings(run))),
            *resistivity_figure(run),
            *contacts_figure(run),
        )

    def _in_field(
        self,
        label: str,
        connections: tuple[Connection, ...],
        current: float,
        field: float,
    ) -> ReadFilm | ReadFilmByDelta:
        step = self.parameters.read(label, connections, current)
        return dataclasses.replace(step, target=self.parameters.target(field))

    def _hall_readings(self, run: RecordedRun) -> list[Reading]:
        records = steps_of(run, FILM_STEPS, HALL_LABEL)
        readings = film_readings(run, records)
        return [r for r in readings if r.canonical in HALL_CONFIGURATIONS]

    def _sign(self, run: RecordedRun, known_type: Literal["n", "p"]) -> Result:
        """Return the sign to write into the configuration."""
        try:
            sign = calibrate_sign(self._hall(run, station_sign=1), known_type)
        except OperatorError as error:
            return Measured.absent(str(error)).to_result()
        return Measured(float(sign)).to_result()

    def _hall(self, run: RecordedRun, station_sign: int) -> Hall:
        p = self.parameters
        records = steps_of(run, FILM_STEPS, HALL_LABEL)
        return hall_effect(
            self._hall_readings(run),
            accuracy_of(run, records, voltage_range="hall") or UNSTATED,
            station_sign=station_sign,
            sheet_resistance=resistivity_of(run, self.sample, p).sheet_resistance,
            thickness=thickness_of(self.sample),
            scattering_factor=p.scattering_factor,
            contacts=p.contact_sizes(),
        )

    def _sweep(self, run: RecordedRun) -> FieldSweep | None:
        records = steps_of(run, FILM_STEPS, SWEEP_LABEL)
        if not records:
            return None
        points = self._points(run, SWEEP_LABEL)
        return field_sweep(
            [point.field for point in points],
            [point.across for point in points],
            accuracy_of(run, records, voltage_range="hall") or UNSTATED,
            longitudinal=[point.along for point in points],
        )

    def _points(self, run: RecordedRun, label: str) -> list[_Point]:
        """Return a point a step at which all four configurations can be used."""
        points = []
        for record in steps_of(run, FILM_STEPS, label):
            readings = [r for r in film_readings(run, [record]) if r.is_usable]
            hall = [r for r in readings if r.canonical in HALL_CONFIGURATIONS]
            if {r.canonical for r in hall} != set(HALL_CONFIGURATIONS):
                continue
            sheet = van_der_pauw(r for r in readings if r.canonical in CONFIGURATIONS)
            ratio = float(np.mean([r.voltage / r.current for r in hall]))
            points.append(
                _Point(
                    float(np.mean([r.field for r in hall])),
                    self.parameters.station_sign * ratio,
                    sheet.sheet_resistance.value,
                )
            )
        return points


def _with_sweep(found: Mapping[str, Result], sweep: FieldSweep) -> dict[str, Result]:
    """Return the results with the sweep's; what one carrier alone explains, doubted."""
    one = {name: result for name, result in found.items() if name in ONE_CARRIER}
    return {
        **found,
        **doubted(one, sweep.slope.doubts),
        "kinds_of_carrier": sweep.kinds(),
        "hall_slope": sweep.slope.to_result(),
        "magnetoresistance": sweep.magnetoresistance.to_result(),
    }
