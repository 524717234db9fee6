"""A Hall bench by hand, or single instruments of it: contacts, current, field, meters.

Order of everything: source off, relays move, current on. A field stays while the rest
is changed, and goes to zero when nobody is there.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import ClassVar

from labctl import columns
from labctl.analysis.conduction.contact_size import USUAL
from labctl.analysis.conduction.hall import HALL_CONFIGURATIONS, hall_effect
from labctl.analysis.conduction.van_der_pauw import (
    CONFIGURATIONS,
    Reading,
    van_der_pauw,
)
from labctl.data import EndReason, Result, Stream
from labctl.errors import Complaint, RefusedError
from labctl.figures.figure import Figure, Plot
from labctl.protocol import Bench, Parameters, RecordedRun
from labctl.quantities import format_si
from labctl.roles.current_source import CurrentSource
from labctl.roles.magnet import Magnet, MagnetSupply
from labctl.roles.source_meter import Driven
from labctl.roles.switch_matrix import Connection, MapsContacts, SwitchMatrix
from labctl.sample import Sample, SampleKind
from labctl.steps.asking import KEPT, Ask
from labctl.steps.asking_bench import READINGS, AskBench, readings_of
from labctl.steps.demands import SourceDemand, beyond_source
from labctl.steps.field import FieldTarget, RampSupply, ReleaseField, SetField
from labctl.steps.film import ReadFilm
from protocols.by_hand.by_hand import (
    COMMON,
    ByHand,
    Doing,
    kept_result,
    outside,
)
from protocols.by_hand.hall_kept import kept_figure, last_resistance
from protocols.by_hand.hall_requests import (
    FOUR_WIRES,
    KINDS,
    Connect,
    Drive,
    HallByHandParameters,
    Reverse,
    SetTheField,
    SetTheSupply,
)
from protocols.conduction.conduction_readings import (
    UNSTATED,
    accuracy_of,
    film_readings,
    steps_of,
    temperature_of,
    thickness_of,
)
from protocols.conduction.hall_bench import REVERSAL, by_name
from protocols.conduction.hall_figures import configurations_figure

SURELY = 1.5
"""Times the field that a supply's current makes by the stated tesla per ampere."""
A, V, T = columns.CURRENT.name, columns.VOLTAGE.name, columns.FIELD.name
SOURCE = columns.SOURCE_CURRENT.name


@dataclasses.dataclass(frozen=True, slots=True)
class State:
    """Where the bench stands."""

    connection: Connection | None = None
    current: float | None = None
    """A; None: source off."""
    compliance: float = 10.0
    """V."""
    magnet: str = ""
    """What the magnet was told, in words; empty: nothing."""
    reach: float = 0.0
    """Largest |B| there may be now, T: the gaussmeter's range as the field changes."""

    @property
    def is_on(self) -> bool:
        """See `Holds`."""
        return bool(self.connection or self.magnet) or self.current is not None


class HallByHand(ByHand[State]):
    """See the module."""

    name = "hall-by-hand"
    title = "A Hall bench by hand"
    view = "Hall"
    parameters_model = HallByHandParameters
    requests: ClassVar[Mapping[str, type[Parameters]]] = {
        "connect": Connect,
        "drive": Drive,
        "reverse": Reverse,
        "field": SetTheField,
        "supply": SetTheSupply,
        **COMMON,
    }
    streams: ClassVar[tuple[Stream, ...]] = (
        readings_of(KINDS),
        columns.HALL,
        columns.MAGNET,
    )
    plots: ClassVar[tuple[Plot, ...]] = (
        Plot("voltage", "Voltage against time", READINGS, "test_time_second", (V,)),
        Plot("field", "Field against time", READINGS, "test_time_second", (T,)),
    )
    sample_kinds = frozenset({SampleKind.FILM, SampleKind.PELLET, SampleKind.PARTICLE})
    parameters: HallByHandParameters

    def __init__(self, parameters: Parameters, sample: Sample) -> None:
        super().__init__(parameters, sample)
        read = readings_of(self.parameters.instruments)
        told = {c.name for c in read.columns}
        self.streams = (  # type: ignore[misc]
            read,
            Stream(KEPT, read.columns, "Readings that were kept"),
            *((columns.HALL,) if self._has(*FOUR_WIRES) else ()),
            *((columns.MAGNET,) if self._has("gaussmeter", "magnet") else ()),
        )
        self.plots = tuple(  # type: ignore[misc]
            plot for plot in type(self).plots if set(plot.y) <= told
        )

    def roles(self) -> Mapping[str, type]:
        """Return the instruments that were chosen."""
        p = self.parameters
        loop = {} if p.by_current else {"field_controller": Magnet}
        return {**{role: KINDS[role] for role in p.instruments}, **loop}

    def check(self) -> list[Complaint]:
        """Refuse a bench of nothing."""
        if self.parameters.instruments:
            return []
        what = "there is no instrument."
        return [Complaint(("parameters", "current_source"), what, "Choose one.")]

    def refuse(self, asked: Parameters, bench: Bench) -> list[Complaint]:
        """Compare a request with the instruments there are, and with their bounds."""
        if missing := self._missing(asked):
            what = f"this bench has no {missing.replace('_', ' ')}."
            return [Complaint(("request",), what, "Start a run that has it.")]
        found = _beyond_switch(asked, bench)
        if isinstance(asked, Drive | Reverse):
            source = bench.role("current_source", CurrentSource)
            span, compliance = abs(asked.current), asked.compliance
            demand = SourceDemand(
                "current_source", Driven.CURRENT, span, compliance, "current"
            )
            found += beyond_source(source.bounds, demand, "the current source")
            most = {"compliance": compliance} if self._has("voltmeter") else {}
            return found + outside(bench.envelope, V, most)
        if isinstance(asked, SetTheField | SetTheSupply):
            return self._beyond_magnet(asked, bench)
        return found

    def _beyond_magnet(
        self, asked: SetTheField | SetTheSupply, bench: Bench
    ) -> list[Complaint]:
        p = self.parameters
        supply = bench.role("magnet", MagnetSupply)
        largest = supply.bounds.current * p.tesla_per_ampere
        if isinstance(asked, SetTheSupply):
            if p.by_current:
                return _beyond("current", asked.current, supply.bounds.current, "A")
            what = "the field controller tells the supply its current."
            return [Complaint(("request",), what, "Ask for a field.")]
        if not p.by_current:
            loop = bench.role("field_controller", Magnet)
            largest = loop.largest_field
        return [
            *_beyond("field", asked.field, largest, "T"),
            *outside(bench.envelope, T, {"field": asked.field}),
        ]

    def begin(self) -> State:
        """Return everything off, every relay open."""
        return State()

    def ask(self, held: State) -> Ask:
        """Return the step that holds contacts and current and reads every meter."""
        parts = [
            str(held.connection or ""),
            "" if held.current is None else format_si(held.current, "A"),
            held.magnet,
        ]
        said = ", ".join(filter(None, parts))
        return AskBench(
            label=f"holds {said}" if said else "everything off",
            roles=self.parameters.instruments,
            connection=held.connection,
            current=held.current,
            compliance=held.compliance,
            nplc=self.parameters.nplc,
            magnet=held.magnet,
        )

    def release(self, held: State) -> Doing[State]:
        """Take the field to zero; the rest is off already."""
        if held.magnet:
            yield ReleaseField(
                label="field to zero",
                supply=self.parameters.by_current,
                deadline=self.parameters.field_deadline,
            )
        return State()

    def do(self, asked: Parameters, held: State) -> Doing[State]:
        """Connect, drive, reverse, or set the field."""
        match asked:
            case Connect():
                connection = Connection(*asked.contacts)
                return dataclasses.replace(held, connection=connection, current=None)
            case Reverse():
                yield self._reversal(asked)
                connection = Connection(*asked.contacts)
                return dataclasses.replace(held, connection=connection, current=None)
            case Drive():
                return self._driven(asked, held)
            case SetTheField():
                outcome = yield self._set_field(asked.field, held.reach)
                there = outcome.reason is EndReason.COMPLETED
                magnet = f"{asked.field:g} T" if there else ""
                reach = abs(asked.field)
                return dataclasses.replace(held, magnet=magnet, reach=reach)
            case SetTheSupply():
                outcome = yield RampSupply(
                    label=f"magnet supply to {asked.current:g} A",
                    current=asked.current,
                    deadline=self.parameters.field_deadline,
                )
                there = outcome.reason is EndReason.COMPLETED
                magnet = f"supply at {asked.current:g} A" if there else ""
                gain = self.parameters.tesla_per_ampere
                reach = SURELY * abs(asked.current) * gain
                return dataclasses.replace(held, magnet=magnet, reach=reach)
        return held

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Return what the reversals say of the film, and the readings kept."""
        records = steps_of(run, "ReadFilm")
        readings = self._readings(run)
        accuracy = accuracy_of(run, records) or UNSTATED
        depth = thickness_of(self.sample)
        found: dict[str, Result] = {}
        sheet = van_der_pauw(
            [r for r in readings if r.canonical in CONFIGURATIONS],
            accuracy,
            thickness=depth,
            contacts=USUAL,
        )
        hall = [r for r in readings if r.canonical in HALL_CONFIGURATIONS]
        if len({round(r.field, 2) for r in hall}) > 1:
            found |= hall_effect(
                hall,
                accuracy,
                station_sign=self.parameters.station_sign,
                sheet_resistance=sheet.sheet_resistance,
                thickness=depth,
                contacts=USUAL,
            ).results()
        if sheet.resistances:
            found |= sheet.results()
            found["temperature"] = temperature_of(run).to_result()
        names = (SOURCE, V, A, T)
        found |= kept_result(run, *(c.name for c in columns.CONTACTS), *names)
        return found or {"resistance": last_resistance(readings, accuracy)}

    def figures(self, run: RecordedRun) -> Sequence[Figure]:
        """Draw V/I over the field: of reversals, and of the readings kept."""
        return (
            *configurations_figure(by_name(self._readings(run))),
            *kept_figure(run),
        )

    def _readings(self, run: RecordedRun) -> list[Reading]:
        if not self._has(*FOUR_WIRES):
            return []
        return film_readings(run, steps_of(run, "ReadFilm"))

    def _has(self, *roles: str) -> bool:
        return set(roles) <= set(self.parameters.instruments)

    def _missing(self, asked: Parameters) -> str:
        """Return a role that a request needs and that there is not, or nothing."""
        needs: tuple[str, ...] = ()
        if isinstance(asked, Connect):
            needs = ("switch",)
        elif isinstance(asked, Reverse):
            needs = FOUR_WIRES
        elif isinstance(asked, Drive):
            needs = ("current_source", *(("switch",) if asked.contacts else ()))
        elif isinstance(asked, SetTheField):
            needs = ("magnet", "gaussmeter")
        elif isinstance(asked, SetTheSupply):
            needs = ("magnet",)
        return next((role for role in needs if not self._has(role)), "")

    def _driven(self, asked: Drive, held: State) -> State:
        connection = held.connection
        if asked.contacts is not None:
            connection = Connection(*asked.contacts)
        return dataclasses.replace(
            held,
            connection=connection,
            current=asked.current,
            compliance=asked.compliance,
        )

    def _reversal(self, asked: Reverse) -> ReadFilm:
        connection = Connection(*asked.contacts)
        return ReadFilm(
            label=f"reversal through {connection}",
            connections=(connection,),
            currents=tuple(sign * asked.current for sign in REVERSAL),
            compliance=asked.compliance,
            readings=asked.readings,
            nplc=self.parameters.nplc,
            settle=asked.settle,
            watch_field=self._has("gaussmeter"),
        )

    def _set_field(self, field: float, reach: float) -> SetField:
        p = self.parameters
        target = FieldTarget(
            field,
            p.field_tolerance,
            p.field_deadline,
            tesla_per_ampere=p.tesla_per_ampere if p.by_current else 0.0,
            largest=max(abs(field), reach),
        )
        return SetField(label=f"field to {field:g} T", target=target)


def _beyond_switch(asked: Parameters, bench: Bench) -> list[Complaint]:
    """Return why the relays cannot connect what is asked for."""
    if not isinstance(asked, Connect | Drive | Reverse) or asked.contacts is None:
        return []
    switch = bench.role("switch", SwitchMatrix)
    if not isinstance(switch, MapsContacts):
        return []
    try:
        switch.channels(Connection(*asked.contacts))
    except RefusedError as refused:
        return [
            dataclasses.replace(one, path=("contacts",)) for one in refused.complaints
        ]
    return []


def _beyond(name: str, value: float, most: float, unit: str) -> list[Complaint]:
    if abs(value) <= most:
        return []
    what = f"{value:g} {unit} is beyond ±{most:g} {unit} of the magnet."
    return [Complaint((name,), what, "Lower it.")]
