"""What all measurements on a film have in common: contacts, current, readings.

A film has contacts 1-2-3-4 counter-clockwise, seen with +B toward the viewer. Every
configuration is read with the current in the order + - - +, which cancels constant
and linearly drifting EMFs, and the voltmeter's zero. Four connections so read are the
eight resistivity readings of NIST and ASTM F76; two are the four Hall readings.
"""

import dataclasses
import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from labctl import columns
from labctl.analysis.conduction.conduction import (
    CONTACT,
    Drive,
    contact_doubts,
    ohmic_fit,
)
from labctl.analysis.conduction.contact_size import USUAL, ContactSize, Place
from labctl.analysis.conduction.temperature import activated
from labctl.analysis.conduction.van_der_pauw import (
    CONFIGURATIONS,
    Reading,
    VanDerPauw,
    van_der_pauw,
)
from labctl.analysis.uncertainty import Measured
from labctl.data import Outcome
from labctl.errors import Complaint
from labctl.limits import Envelope
from labctl.protocol import Parameters, RecordedRun, Step, StepRecord
from labctl.quantities import Ampere, Fraction, Second, Volt, Watt
from labctl.roles.current_source import CurrentSource
from labctl.roles.source_meter import Driven
from labctl.roles.switch_matrix import Connection, SwitchMatrix
from labctl.roles.voltmeter import Voltmeter
from labctl.sample import Sample
from labctl.steps.demands import CheckBench, FieldDemand, SourceDemand
from labctl.steps.film import ReadFilm
from labctl.steps.film_delta import ReadFilmByDelta
from labctl.verdicts import conduction
from labctl.verdicts import van_der_pauw as van_der_pauw_verdicts
from labctl.verdicts.condition import Doubt, Doubts
from protocols.conduction.conduction_readings import (
    FILM_STEPS,
    UNSTATED,
    NoContact,
    accuracy_of,
    film_readings,
    pair_points,
    steps_of,
    temperature_of,
    thickness_of,
)

PAIRS = ((1, 2), (2, 3), (3, 4), (4, 1), (1, 3), (2, 4))
"""Neighbours first, then the diagonals."""
NEIGHBOURS = 4
RESISTIVITY = (
    Connection(2, 1, 3, 4),
    Connection(3, 2, 4, 1),
    Connection(4, 3, 1, 2),
    Connection(1, 4, 2, 3),
)
HALL = (Connection(1, 3, 2, 4), Connection(4, 2, 1, 3))
REVERSAL = (1.0, -1.0, -1.0, 1.0)
LOOK = "look for contacts"
CONTACTS = "contact check"
RESISTIVITY_LABEL = "resistivity"
FIRST_LOOK = 1e-6
"""A; the first current through an unknown sample …"""
LESS = 100.0
"""… is divided by this while the source is in compliance …"""
LOOKS = 3
"""… so many times at most."""
VOLTAGE_SHARE = 0.5
"""The current chosen uses at most this share of the compliance."""

Steps = Generator[Step, Outcome, Outcome]


class FilmParameters(Parameters):
    """How the contacts of a film are driven and read."""

    current: Annotated[Ampere, Field(gt=0)] | None = None
    """Measuring current; none: chosen after the contacts' resistance, see `power`."""
    power: Annotated[Watt, Field(gt=0)] = 1e-3
    """Largest dissipation between two contacts when the current is chosen."""
    largest_current: Annotated[Ampere, Field(gt=0)] = 0.01
    """Largest current when it is chosen."""
    compliance: Annotated[Volt, Field(gt=0)] = 10.0
    """Largest voltage of the current source."""
    contact_points: Annotated[int, Field(ge=7, le=101)] = 11
    """Levels of the contact check, from -I to +I."""
    readings: Annotated[int, Field(ge=2, le=1000)] = 5
    """Voltage readings at each of the currents + - - +."""
    method: Literal["steady", "delta"] = "steady"
    """Steady currents + - - +, read by the voltmeter; or delta, where the current
    source is a pair with a nanovoltmeter behind it (6221 and 2182A): it reverses at
    every reading, which suits films of low mobility."""
    delta_readings: Annotated[int, Field(ge=3, le=65536)] = 20
    """Delta: readings of every configuration."""
    nplc: Annotated[float, Field(gt=0, le=60)] = 1.0
    """Integration time of the voltmeter in power-line cycles."""
    settle: Annotated[Second, Field(ge=0)] = 0.05
    """After relays and current, before the first reading."""
    contact_size: Annotated[Fraction, Field(ge=0, lt=1)] | None = None
    """Length of a contact over the sample's size, 0 for a cloverleaf; none: 5 % are
    assumed. Contacts are no points: the Hall voltage then reads too low."""
    contact_place: Literal["rim", "across", "inset"] = "rim"
    """Where contacts lie: along the rim, across it inwards, or dots off the rim."""
    activation_energy: Annotated[float, Field(ge=0, le=5)] | None = None
    """Of the conductivity in eV: the temperature's uncertainty then counts."""

    def contact_sizes(self) -> ContactSize:
        """Return how large the contacts are."""
        if self.contact_size is None:
            return replace(USUAL, place=Place[self.contact_place.upper()])
        return ContactSize(self.contact_size, Place[self.contact_place.upper()])

    def roles(self) -> dict[str, type]:
        """Return the roles that every film needs."""
        return {
            "current_source": CurrentSource,
            "voltmeter": Voltmeter,
            "switch": SwitchMatrix,
        }

    def check_bench(self, fields: tuple[FieldDemand, ...] = ()) -> CheckBench:
        """Return the first step: can the instruments do it at all."""
        span = self.current or self.largest_current
        name = "current" if self.current else "largest_current"
        demand = SourceDemand(
            "current_source", Driven.CURRENT, span, self.compliance, name
        )
        deltas = (demand,) if self.method == "delta" else ()
        return CheckBench(
            label="check the bench",
            currents=(demand,),
            deltas=deltas,
            fields=fields,
        )

    def check(self) -> list[Complaint]:
        """Return what makes no measurement."""
        if self.contact_points % 2 == 0:
            what = f"{self.contact_points} is even; zero would not be among the levels."
            return [
                Complaint(("parameters", "contact_points"), what, "Take an odd number.")
            ]
        return []

    def envelope(self) -> Envelope:
        """Allow the compliance with a margin, at any lead."""
        volts = 1.1 * self.compliance
        return Envelope({"voltage_volt": (-volts, volts)})

    def contacts(self) -> Generator[Step, Outcome, float]:
        """Yield the contact check; return the current to measure with, A.

        NaN if there is no contact (every look was in compliance) or nobody knows (a
        look was skipped).
        """
        look = FIRST_LOOK if self.current is None else min(FIRST_LOOK, self.current)
        for _ in range(LOOKS):
            outcome = yield self._pairs(LOOK, (look, -look), look)
            if "in_compliance" not in outcome.values:
                return math.nan
            if not outcome.values["in_compliance"]:
                break
            look /= LESS
        else:
            return math.nan
        current = self.current or self._chosen(outcome.values["largest"])
        levels = tuple(np.linspace(-current, current, self.contact_points).tolist())
        yield self._pairs(CONTACTS, levels, current)
        return current

    def read(
        self,
        label: str,
        connections: tuple[Connection, ...],
        current: float,
    ) -> ReadFilm | ReadFilmByDelta:
        """Return the step that reads connections without a field."""
        if self.method == "delta":
            return ReadFilmByDelta(
                label=label,
                connections=tuple(w for c in connections for w in (c, _turned(c))),
                current=current,
                compliance=self.compliance,
                count=self.delta_readings,
                nplc=self.nplc,
                settle=self.settle,
            )
        return ReadFilm(
            label=label,
            connections=connections,
            currents=tuple(sign * current for sign in REVERSAL),
            compliance=self.compliance,
            readings=self.readings,
            nplc=self.nplc,
            settle=self.settle,
        )

    def _chosen(self, resistance: float) -> float:
        by_power = math.sqrt(self.power / resistance)
        by_voltage = VOLTAGE_SHARE * self.compliance / resistance
        return rounded_down(min(by_power, by_voltage, self.largest_current))

    def _pairs(self, label: str, levels: tuple[float, ...], current: float) -> ReadFilm:
        return ReadFilm(
            label=f"{label} at {current:g} A",
            connections=tuple(Connection(i, j, i, j) for i, j in PAIRS),
            currents=levels,
            compliance=self.compliance,
            readings=1,
            nplc=self.nplc,
            settle=self.settle,
            stream=columns.IV.name,
        )


def _turned(connection: Connection) -> Connection:
    """Return the same contacts with both pairs of leads swapped."""
    into, out, high, low = dataclasses.astuple(connection)
    return Connection(out, into, low, high)


def rounded_down(value: float) -> float:
    """Return the next smaller of 1, 2, 5 times a power of ten."""
    power = math.floor(math.log10(value) + 1e-9)
    mantissa = value / 10.0**power
    digit = max(d for d in (1.0, 2.0, 5.0) if d <= mantissa * (1 + 1e-9))
    return float(f"{digit:g}e{power}")


def pair_resistances(run: RecordedRun) -> dict[str, Measured]:
    """Return the two-point resistance of every pair of contacts, with its doubts."""
    records = steps_of(run, "ReadFilm", CONTACTS) or steps_of(run, "ReadFilm", LOOK)
    if not records:
        return {}
    last = records[-1]
    found = {}
    for i, j in PAIRS:
        points = pair_points(run, (i, j), last.step_count)
        fit = ohmic_fit(
            points.voltage,
            points.current,
            points.accuracy,
            driven=Drive.CURRENT,
            compliance=points.limited,
            conditions=CONTACT,
        )
        found[f"{i}{j}"] = fit.resistance.suspect(*points.doubts)
    return found


def no_contact(run: RecordedRun) -> NoContact | None:
    """Return why nothing was measured; None if the contact check was begun."""
    looks = steps_of(run, "ReadFilm", LOOK)
    if steps_of(run, "ReadFilm", CONTACTS):
        return None
    if not looks or not finished(looks):
        return NoContact("the contacts were not checked", was_checked=False)
    return NoContact(
        f"no contact: the source is in compliance in {looks[-1].label!r}; check "
        "probes, relays and cables with contact-check",
        was_checked=True,
    )


def doubtful_contacts(run: RecordedRun) -> Doubts:
    """Return what is wrong with the contacts; empty if nothing is."""
    resistances = pair_resistances(run)
    if not resistances:
        text = "the contacts were not checked"
        return conduction.CONTACTS_CHECKED.met(fulfilled=False, text=text)
    found: list[Doubt] = []
    for name, resistance in resistances.items():
        if resistance.is_absent:
            text = f"contacts {name}: {resistance.reason}"
            found += conduction.CONTACTS_MEASURED.met(fulfilled=False, text=text)
    neighbours = {f"{i}{j}" for i, j in PAIRS[:NEIGHBOURS]}
    rest = {
        name: resistance
        for name, resistance in resistances.items()
        if name in neighbours and not resistance.is_absent
    }
    found += [Doubt(doubt.code, f"contacts {doubt}") for doubt in contact_doubts(rest)]
    return tuple(found)


def doubtful_power(run: RecordedRun) -> Doubts:
    """Return whether the current that was driven heats the sample."""
    driven = np.abs(run.table(columns.HALL.name).get("source_ampere", np.empty(0)))
    sizes = [r.value for r in pair_resistances(run).values() if not r.is_absent]
    if not driven.size:
        return ()
    watts = float(np.max(driven)) ** 2 * max(sizes, default=math.nan)
    return van_der_pauw_verdicts.POWER.at_most(1e3 * watts)


def resistivity_of(
    run: RecordedRun, sample: Sample, parameters: FilmParameters
) -> VanDerPauw:
    """Return what the resistivity readings say, contacts' doubts included."""
    records = steps_of(run, FILM_STEPS, RESISTIVITY_LABEL)
    readings = [r for r in film_readings(run, records) if r.canonical in CONFIGURATIONS]
    found = van_der_pauw(
        readings,
        accuracy_of(run, records, voltage_range="resistivity") or UNSTATED,
        thickness=thickness_of(sample),
        contacts=parameters.contact_sizes(),
    )
    kelvin, energy = temperature_of(run), parameters.activation_energy
    return replace(
        found,
        sheet_resistance=activated(found.sheet_resistance, kelvin, energy),
        resistivity=activated(found.resistivity, kelvin, energy),
        conductivity=activated(found.conductivity, kelvin, energy),
    )


def by_name(readings: Sequence[Reading]) -> Mapping[str, list[Reading]]:
    """Return readings by configuration at positive current."""
    found: dict[str, list[Reading]] = {}
    for reading in readings:
        found.setdefault(reading.canonical, []).append(reading)
    return found


def finished(records: Sequence[StepRecord]) -> bool:
    """Tell whether every step ended by itself."""
    return all(r.outcome is not None and r.outcome.values for r in records)
