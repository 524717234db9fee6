"""Conductance of one particle between two probes, from dual sweeps.

A sweep goes 0 → +V → -V → 0, so that charging and moving contacts show as hysteresis.
Leakage of the open probe and resistance of the shorted one come from runs of their
own (``probe_state: open``, ``probe_state: short``) and are given as ``leakage`` and
``series_resistance``; a contact series is given as the conductances found before, at
smaller force. A conductivity is only worked out for a geometry that was chosen.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from labctl import columns
from labctl.analysis.conduction.conduction import ohmic_fit
from labctl.analysis.conduction.dual_sweep import (
    ZeroBias,
    rising,
    zero_bias_conductance,
)
from labctl.analysis.conduction.particle import (
    LEADS,
    LEAST_LEAK,
    Constriction,
    Contacts,
    Cylinder,
    contact_plateau,
    contacts_unknown,
    correct_conductance,
    open_probe,
)
from labctl.analysis.conduction.temperature import activated
from labctl.analysis.label import labelled, noted
from labctl.analysis.temperature.law import Kind, Law
from labctl.analysis.uncertainty import Measured
from labctl.columns import IV
from labctl.data import Result, Stream
from labctl.errors import Complaint, OperatorError
from labctl.figures.conduction import in_decades
from labctl.figures.figure import Figure, Plot, Series
from labctl.limits import Envelope
from labctl.protocol import Earlier, Parameters, Plan, Protocol, RecordedRun
from labctl.quantities import Ampere, Metre, Ohm, Siemens, Volt
from labctl.sample import Sample, SampleKind
from labctl.steps.source_meter import SweepSource, there_and_back
from labctl.verdicts.particle import LIFTED
from protocols.conduction.conduction_readings import (
    Points,
    all_absent,
    doubted,
    sweep_points,
    temperature_of,
    told,
)
from protocols.conduction.probe_station import CURVATURE, ProbeParameters, with_range

SECONDS_A_POINT = 0.1
BASELINES = {
    "open": ("leakage", "S"),
    "short": ("series_resistance", "ohm"),
    "contact": ("contact_series", "S"),
}
"""Which parameter a run settles that was done before, by its ``probe_state``."""


class ParticleParameters(ProbeParameters):
    """How a particle is measured."""

    voltage: Annotated[Volt, Field(gt=0)] = 3.0
    """Sweep to this bias, both signs."""
    compliance: Annotated[Ampere, Field(gt=0)] = 1e-5
    """Largest current; never above what the particle stands."""
    check_voltage: Annotated[Volt, Field(gt=0)] = 0.3
    """Largest bias of the contact check."""
    points: Annotated[int, Field(ge=10, le=5000)] = 61
    """Levels from zero to either end of a sweep."""
    sweeps: Annotated[int, Field(ge=1, le=1000)] = 2
    """Dual sweeps."""
    probe_state: Literal["contact", "open", "short"] = "contact"
    """Contact measures the particle; open and short measure the baselines."""
    fit_range: Annotated[Volt, Field(gt=0)] | None = None
    """Half width of the zero-bias fit; none: 30 % of the bias, less if it curves."""
    leakage: Siemens | None = None
    """Conductance with the probe lifted off, from a run with ``probe_state: open``."""
    leakage_uncertainty: Annotated[Siemens, Field(ge=0)] | None = None
    """Its standard uncertainty; none (or 0): as large as itself."""
    series_resistance: Annotated[Ohm, Field(ge=0)] | None = None
    """Leads and tips, from a run with ``probe_state: short``."""
    series_resistance_uncertainty: Annotated[Ohm, Field(ge=0)] | None = None
    """Its standard uncertainty; none (or 0): as large as itself."""
    contact_series: tuple[Siemens, ...] = ()
    """Conductances found before at smaller contact force, in that order."""
    geometry: Literal["none", "cylinder", "constriction"] = "none"
    """Model that makes a conductivity of the conductance; it matters by factors."""
    contact_radius: Annotated[Metre, Field(gt=0)] | None = None
    """Radius of the contacts of a constriction; none: the label's."""
    contact_radius_uncertainty: Annotated[Metre, Field(gt=0)] | None = None
    """Its standard uncertainty; none: 20 % are assumed, and the result is suspect."""
    contacts: Literal["one", "two"] = "two"
    """Constrictions: alike ones at both probes, or one on a large body."""
    activation_energy: Annotated[float, Field(ge=0, le=5)] | None = None
    """Of the conductivity in eV: the temperature's uncertainty then counts."""


class ParticleIV(Protocol):
    """See the module."""

    name = "particle-iv"
    title = "Current against voltage of a single particle"
    view = "I–V"
    parameters_model = ParticleParameters
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "open": {"probe_state": "open"},
        "short": {
            "probe_state": "short",
            "voltage": "50 mV",
            "check_voltage": "10 mV",
            "compliance": "10 mA",
            "points": 11,
        },
    }
    streams: ClassVar[tuple[Stream, ...]] = (IV,)
    plots: ClassVar[tuple[Plot, ...]] = (
        Plot(
            "plot",
            "Current against voltage",
            "iv",
            "voltage_volt",
            ("current_ampere",),
        ),
    )
    laws: ClassVar[tuple[Law, ...]] = (
        Law("conductance", "conduction_activation_energy", Kind.ACTIVATED, "eV"),
    )
    sample_kinds = frozenset({SampleKind.PARTICLE})

    def __init__(self, parameters: Parameters, sample: Sample) -> None:
        super().__init__(parameters, sample)
        assert isinstance(parameters, ParticleParameters)  # noqa: S101
        self.parameters = parameters

    @classmethod
    def build_on(cls, earlier: Sequence[Earlier]) -> Mapping[str, Any]:
        """Take baselines from open and shorted probes, and smaller contact forces."""
        found: dict[str, Any] = {}
        for run in earlier:
            state = run.parameters.get("probe_state")
            if run.protocol != cls.name or state not in BASELINES:
                raise OperatorError(f"run {run.run_id} is a {run.protocol}, not an I-V")
            name, unit = BASELINES[state]
            result = run.good("conductance" if state == "contact" else name)
            if state == "contact":
                found.setdefault(name, []).append(f"{result.value!r} {unit}")
                continue
            if name in found:
                raise OperatorError(f"run {run.run_id}: there is a {name} already")
            found[name] = f"{result.value!r} {unit}"
            if result.uncertainty is not None:
                found[f"{name}_uncertainty"] = f"{result.uncertainty!r} {unit}"
        return found

    def roles(self) -> Mapping[str, type]:
        """Return a source meter and what it needs."""
        return self.parameters.roles()

    def duration(self) -> float:
        """Allow a tenth of a second a point."""
        p = self.parameters
        return p.sweeps * 4 * p.points * (SECONDS_A_POINT + (p.delay or 0.0))

    def check(self) -> list[Complaint]:
        """Check the bias, and that the geometry has what it needs."""
        p = self.parameters
        complaints = p.check(self.sample)
        if p.geometry == "constriction" and self._radius().is_absent:
            complaints.append(
                Complaint(
                    ("parameters", "contact_radius"),
                    "is missing; a constriction needs it.",
                )
            )
        return complaints

    def warnings(self) -> list[str]:
        """Say what the conductance will contain, and when σ will be absent."""
        p = self.parameters
        found = []
        if p.probe_state == "contact" and p.leakage is None:
            found.append(
                f"no leakage is given: the open probe's is in the conductance, "
                f"{LEAST_LEAK:g} S at most is assumed"
            )
        if p.probe_state == "contact" and p.series_resistance is None:
            found.append(
                "no series resistance is given: leads are in the conductance, "
                f"{LEADS:g} Ω at most is assumed"
            )
        if p.geometry == "cylinder":
            found += [
                f"sample {self.sample.name} has no {name}: conductivity is absent"
                for name in ("length", "area")
                if getattr(self.sample, name) is None
            ]
        return found

    def envelope(self) -> Envelope:
        """Allow the bias and the compliance, each with a margin."""
        return self.parameters.envelope()

    def plan(self) -> Plan:
        """Yield the bench's check, a contact check, then dual sweeps."""
        p = self.parameters
        yield p.check_bench(p.voltage)
        outcome = yield p.check_contact()
        touching = p.probe_state == "contact"
        if touching and not p.has_contact(outcome.values):
            return
        expected = p.range_for(outcome.values.get("largest", 0.0), CURVATURE)
        for sweep in range(1, p.sweeps + 1):
            yield SweepSource(
                label=f"dual sweep {sweep} to ±{p.voltage:g} V",
                levels=there_and_back(p.voltage, p.points),
                probe=with_range(p.probe(), expected),
                sweep=sweep,
            )

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Zero-bias conductance first; baselines give leakage or resistance."""
        points = sweep_points(run, range(1, self.parameters.sweeps + 1))
        state = self.parameters.probe_state
        if state == "open":
            probe = open_probe(points.voltage, points.current, points.accuracy)
            leakage = probe.leakage
            least = self.parameters.least_conductance
            if least and not leakage.is_absent:
                leakage = leakage.suspect(*LIFTED.at_most(leakage.value / least))
            found = {
                "leakage": leakage.to_result(),
                "offset_current": probe.offset_current.to_result(),
            }
        elif state == "short":
            fit = ohmic_fit(
                points.voltage,
                points.current,
                points.accuracy,
                compliance=points.limited,
            )
            found = {"series_resistance": fit.resistance.to_result()}
        else:
            found = self._particle(run, points)
            if lack := self.parameters.no_contact(run):
                return all_absent(found, lack.doubt)
        return doubted(found, points.doubts)

    def figures(self, run: RecordedRun) -> Sequence[Figure]:
        """Draw every sweep, up and down apart, with the slope at zero; decades."""
        series = []
        for sweep in range(1, self.parameters.sweeps + 1):
            points = sweep_points(run, (sweep,))
            up = rising(points.voltage)
            for way, word in ((up, "up"), (~up, "down")):
                if way.any():
                    volts, amperes = points.voltage[way], points.current[way]
                    order = np.argsort(volts)
                    name = f"sweep {sweep}, {word}"
                    series.append(Series(name, volts[order], amperes[order]))
        if not series:
            return ()
        return (
            Figure(
                "plot",
                "Current against voltage",
                columns.VOLTAGE.long_name,
                columns.CURRENT.long_name,
                (*series, *self._slope(run)),
            ),
            Figure(
                "decades",
                "Size of the current against voltage",
                columns.VOLTAGE.long_name,
                "|Current| / A",
                tuple(map(in_decades, series)),
                y_log=True,
            ),
        )

    def _slope(self, run: RecordedRun) -> tuple[Series, ...]:
        """Return the line of the conductance at zero bias, over the whole sweep."""
        points = sweep_points(run, range(1, self.parameters.sweeps + 1))
        fit = self._zero_bias(points)
        if fit.conductance.is_absent:
            return ()
        ends = np.array([np.nanmin(points.voltage), np.nanmax(points.voltage)])
        line = fit.offset_current.value + fit.conductance.value * ends
        name = f"at zero: G = {fit.conductance.value:.4g} S"
        return (Series(name, ends, line).doubted(fit.conductance.reason),)

    def _particle(self, run: RecordedRun, points: Points) -> dict[str, Result]:
        p, fit = self.parameters, self._zero_bias(points)
        found = correct_conductance(
            fit.conductance,
            leakage=told(p.leakage, p.leakage_uncertainty, "leakage", "S"),
            series_resistance=told(
                p.series_resistance, p.series_resistance_uncertainty, "leads", "ohm"
            ),
        )
        if p.contact_series:
            earlier = [Measured(g, "S") for g in p.contact_series]
            found = contact_plateau([*earlier, found])
        kelvin = temperature_of(run)
        results = fit.results()
        results["conductance"] = found.to_result()
        if p.geometry != "none":
            pressed = found if p.contact_series else found.suspect(*contacts_unknown())
            sigma = activated(self._conductivity(pressed), kelvin, p.activation_energy)
            results["conductivity"] = sigma.to_result()
        return {**results, "temperature": kelvin.to_result()}

    def _zero_bias(self, points: Points) -> ZeroBias:
        return zero_bias_conductance(
            points.voltage,
            points.current,
            points.accuracy,
            compliance=points.limited,
            fit_range=self.parameters.fit_range,
        )

    def _conductivity(self, conductance: Measured) -> Measured:
        p, sample = self.parameters, self.sample
        if p.geometry == "constriction":
            known_body = sample.particle_radius is not None
            body = labelled(sample, "particle_radius") if known_body else None
            contacts = Contacts[p.contacts.upper()]
            model = Constriction(self._radius(), contacts, body=body)
            return model.conductivity(conductance)
        length, area = labelled(sample, "length"), labelled(sample, "area")
        return Cylinder(length, area).conductivity(conductance)

    def _radius(self) -> Measured:
        p = self.parameters
        if p.contact_radius is None:
            return labelled(self.sample, "contact_radius")
        return noted("contact_radius", p.contact_radius, p.contact_radius_uncertainty)
