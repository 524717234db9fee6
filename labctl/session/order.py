"""From what a person asks for to a protocol on a station, or every complaint."""

import dataclasses
import functools
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from labctl import columns, plugins
from labctl.clock import Clock, ScaledClock, SystemClock, VirtualClock
from labctl.config.models import Config
from labctl.data import Stream
from labctl.documents.complaints import validate
from labctl.documents.document import Document
from labctl.errors import Complaint, RefusedError
from labctl.limits import Envelope
from labctl.protocol import Protocol, StepRecord
from labctl.session.asked_bench import Against, measured_by
from labctl.session.auxiliaries import Aside, asides_of
from labctl.session.comparing import Compared, compare, each_once
from labctl.session.label_checks import label_complaints
from labctl.session.limits import limits_of, stated_limits
from labctl.session.order_words import (
    document_of,
    kind_complaints,
    located,
    sample_asked,
    stand_in,
)
from labctl.session.thermometers import asked, thermometers_of
from labctl.station import LentBench, RealWires, SimulatedWires, Station, Wires

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Order:
    """What a person asks for, before anything is looked up."""

    protocol: str
    parameters: Document
    """Parameters as written; complaints name the document and its lines."""
    sample: str
    """Name of a simulated sample, or a sample file."""
    preset: str = ""
    """Parameters to start from; those written win."""
    channels: Mapping[str, str] = field(default_factory=dict)
    """Role -> chosen channel."""
    out: Path = Path("runs")
    simulate: bool = False
    speed: float | None = 1.0
    """How much faster than the wall a simulated clock runs; None: as fast as it can."""
    seed: int = 0
    """Of the simulated bench's noise."""
    operator: str = ""


@dataclass(frozen=True, slots=True)
class Equipment:
    """A station and the world that its twins share, kept by a process for many runs."""

    station: Station
    world: Any = None
    """The simulated bench; None on a real one."""
    vain: dict[str, tuple[float, str]] = field(default_factory=dict)
    """See `labctl.session.asked_bench.Against`."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that a run needs, checked, nothing switched on."""

    order: Order
    protocol: Protocol
    station: Station
    cast: Mapping[str, str]
    """Role -> channel."""
    world: Any
    """The simulated bench; None on a real one."""
    envelope: Envelope
    given: Mapping[str, Any]
    """Parameters as written, preset included."""
    stand_in: str = ""
    """The simulated sample that will be placed; empty on a real bench."""
    shared: bool = False
    """Whether the station outlives the run."""
    asides: tuple[Aside, ...] = ()
    """What is recorded beside the protocol, the cast's thermometers last."""
    compared: Compared | None = None
    """What the plan was compared with and found; None: it was not."""

    def borrow(self, run_id: str) -> LentBench:
        """Place the simulated sample and lend the instruments to the run.

        OwnershipError: a channel belongs to another run.
        """
        self.station.reserve(run_id, self.cast)
        try:
            if self.stand_in:
                self.world.place(self.stand_in, tuple(self.cast.values()))
            bench = self.station.lend(run_id, self.cast)
            return dataclasses.replace(bench, envelope=self.envelope)
        except BaseException:
            self.station.give_back(run_id)
            raise

    def hand_back(self, run_id: str) -> None:
        """Give the instruments back and let go of them.

        On a shared station whoever reserved the channels gives them back, once it has
        said which of them are not known to be off.
        """
        if not self.shared:
            self.station.give_back(run_id)
            self.station.close()


def prepare(
    order: Order,
    config: Config,
    equipment: Equipment | None = None,
    *,
    inquire: bool = False,
) -> Prepared:
    """Look everything up and check it; on a station of its own without ``equipment``.

    ``inquire`` connects the instruments and compares the whole plan with what they can
    do; else nothing is opened. RefusedError carries every complaint about parameters,
    sample, channels and limits.
    """
    return prepare_with(order, config, equipment=equipment, inquire=inquire)


def prepare_with(
    order: Order,
    config: Config,
    *,
    epoch: float | None = None,
    label: Mapping[str, Any] | None = None,
    equipment: Equipment | None = None,
    even_busy: bool = False,
    inquire: bool = False,
) -> Prepared:
    """Do what `prepare` does for a run that has begun already, or that shall wait.

    Virtual time starts at ``epoch`` (UTC seconds); ``label`` is the sample's as the
    journal keeps it, in SI; ``even_busy`` casts channels that others have now.
    """
    kind = plugins.protocol(order.protocol, order.parameters.given)
    if equipment is None:
        station, world = station_of(config, clock_of(order, epoch), order)
    else:
        station, world = equipment.station, equipment.world
    complaints: list[Complaint] = []
    sample = _gather(complaints, lambda: sample_asked(order.sample, world, label, kind))
    usual = "" if sample is None else sample.preset
    document = document_of(kind, order.parameters, config, order.preset, usual)
    given = document.given
    parameters = _gather(complaints, lambda: validate(document, kind.parameters_model))
    if sample is None or parameters is None:
        complaints += chosen_complaints(station, order.channels)
        raise RefusedError(complaints)
    protocol = kind(parameters, sample)
    complaints += kind_complaints(protocol)
    complaints += [located(each, document) for each in protocol.check()]
    begun = label is not None
    if not begun:
        complaints += label_complaints(protocol)
    roles, companions = protocol.roles(), protocol.companions()
    uncast: list[Complaint] = []
    cast = _gather(
        uncast,
        lambda: station.cast(roles, companions, order.channels, even_busy=even_busy),
    )
    asides = _gather(complaints, lambda: asides_of(config, protocol)) or ()
    asides += thermometers_of(config, protocol, cast or {})
    beside = _streams(asides, cast)
    try:
        sits = (cast or order.channels).get(next(iter(roles), ""), "")
        limits = limits_of(config, protocol, beside=beside, begun=begun, channel=sits)
    except RefusedError as refused:
        elsewhere = [each for each in refused.complaints if each.role]
        uncast += elsewhere  # another channel may have the thermometer
        complaints += [located(c, document) for c in refused.complaints if not c.role]
        limits = Envelope({})
    named = {**_stated(config, protocol), "run": limits}
    against = Against(
        station,
        _undoubted(order.channels, roles, uncast) if cast is None else cast,
        named,
        {} if equipment is None else equipment.vain,
        look_around=order.simulate or (equipment is None and inquire),
        beside=measured_by(beside),
        measured_at=functools.partial(_measured_at, config),
    )
    compared: Compared | None = None
    if inquire or uncast:
        found = compare(protocol, against, already=uncast)
        compared = _with_thermometers(found, asides if inquire else (), station)
        complaints += [located(each, document) for each in compared.complaints]
    if complaints or cast is None:
        if equipment is None:
            station.close()
        raise RefusedError(each_once(complaints))
    return Prepared(
        order,
        protocol,
        station,
        cast,
        world,
        limits,
        given,
        stand_in=stand_in(order.sample, sample, world) if world is not None else "",
        shared=equipment is not None,
        asides=asides,
        compared=compared,
    )


def refuse_beyond(
    prepared: Prepared,
    config: Config,
    recorded: Mapping[int, StepRecord] | None = None,
) -> None:
    """Refuse what is left of a plan if its instruments, lent by now, cannot do it.

    RefusedError: every complaint; nothing has been driven yet. A plan that was compared
    in full already is not compared again.
    """
    before = prepared.compared
    if before is not None and not before.unknown and not recorded:
        return  # same plan, same instruments
    named = {**_stated(config, prepared.protocol), "run": prepared.envelope}
    beside = measured_by(each.auxiliary.stream for each in prepared.asides)
    against = Against(
        prepared.station,
        prepared.cast,
        named,
        look_around=prepared.order.simulate,
        beside=beside,
        measured_at=functools.partial(_measured_at, config),
    )
    found = compare(prepared.protocol, against, recorded)
    if found.complaints:
        document = prepared.order.parameters
        raise RefusedError(located(each, document) for each in found.complaints)


def protocol_of(order: Order, config: Config) -> Protocol:
    """Return the protocol of an order; nobody plays its roles, nothing is compared.

    It is told, exported or entered elsewhere. RefusedError: every complaint about
    parameters and sample.
    """
    kind = plugins.protocol(order.protocol, order.parameters.given)
    world = plugins.world()(clock_of(order), order.seed) if order.simulate else None
    sample = sample_asked(order.sample, world, None, kind)
    document = document_of(kind, order.parameters, config, order.preset, sample.preset)
    protocol = kind(validate(document, kind.parameters_model), sample)
    complaints = [*kind_complaints(protocol), *protocol.check()]
    complaints += label_complaints(protocol)
    if complaints:
        raise RefusedError(located(each, document) for each in complaints)
    return protocol


def _with_thermometers(
    compared: Compared, asides: Iterable[Aside], station: Station
) -> Compared:
    """Return what was found, and what of the thermometers."""
    thermometers = asked(asides, station)
    return dataclasses.replace(
        compared,
        complaints=(*compared.complaints, *thermometers.complaints),
        unknown=(*compared.unknown, *thermometers.unknown),
    )


def _streams(asides: Iterable[Aside], cast: Mapping[str, str] | None) -> list[Stream]:
    """Return what is recorded beside; anything may be where no channel was found."""
    if cast is None:
        return [Stream(columns.LIVE, columns.TEMPERATURES)]
    return [each.auxiliary.stream for each in asides]


def chosen_complaints(
    station: Station, chosen: Mapping[str, str]
) -> tuple[Complaint, ...]:
    """Return which chosen channels could play their role in no protocol."""
    try:
        station.cast(dict.fromkeys(chosen, object), {}, chosen)
    except RefusedError as refused:
        return refused.complaints
    return ()


def clock_of(order: Order, epoch: float | None = None) -> Clock:
    """Return the clock of an order; ``epoch`` starts virtual time there."""
    if not order.simulate:
        return SystemClock()
    if order.speed is None:
        return VirtualClock(epoch)
    return ScaledClock(order.speed)


def station_of(config: Config, clock: Clock, order: Order) -> tuple[Station, Any]:
    """Return the station, and its world if it is simulated."""
    world: Any = None
    wires: Wires = RealWires()
    if order.simulate:
        world = plugins.world()(clock, order.seed)
        wires = SimulatedWires(world)
    return Station(config.setups(), config.channels, clock, wires), world


def _stated(config: Config, protocol: Protocol) -> Mapping[str, Envelope]:
    """Return the bounds that others state; none where the label is refused anyway."""
    try:
        return stated_limits(config, protocol)
    except RefusedError:
        return {}


def _gather(complaints: list[Complaint], look: Callable[[], T]) -> T | None:
    """Return what ``look`` returns; None if it refuses, which is noted."""
    try:
        return look()
    except RefusedError as refused:
        complaints += refused.complaints
        return None


def _measured_at(config: Config, channel: str) -> Collection[str]:
    """Return the temperatures that the configured thermometers measure at a channel."""
    told = config.thermometers_of(channel)
    if told is None:
        return ()
    named = zip(columns.TEMPERATURES, (told.surface, told.ambient), strict=True)
    return frozenset(column.name for column, thermometer in named if thermometer)


def _undoubted(
    chosen: Mapping[str, str], roles: Mapping[str, type], uncast: Iterable[Complaint]
) -> dict[str, str]:
    """Return the chosen channels of which nothing is said, where others could not be.

    What they cannot do is told along with that.
    """
    said = {complaint.path[1:] for complaint in uncast}
    return {r: c for r, c in chosen.items() if r in roles and (r,) not in said}
