"""What ``also_record:`` of the configuration comes to for one run."""

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from labctl import columns, plugins
from labctl.auxiliary import Auxiliary
from labctl.config.models import AlsoRecordConfig, Config
from labctl.data import Column, Stream
from labctl.engine.auxiliaries import Auxiliaries, AuxiliaryChannel
from labctl.errors import Complaint, InstrumentError, OperatorError, RefusedError
from labctl.figures.figure import Plot
from labctl.protocol import Protocol
from labctl.roles.playing import plays
from labctl.station import Station
from labctl.temperatures import Readings, Temperatures


@dataclass(frozen=True, slots=True)
class Aside:
    """One auxiliary that a run shall record."""

    name: str
    auxiliary: Auxiliary
    channel: str
    every: float
    """s."""
    section: str = "also_record"
    """Of the configuration: where it is asked for."""
    adapt: Callable[[object], object] | None = None
    """Makes what stands at the channel play the role; None: it does by itself."""


def asides_of(config: Config, protocol: Protocol) -> tuple[Aside, ...]:
    """Return what is recorded beside ``protocol``.

    What the protocol records itself, by the name of the stream, is left to it.
    RefusedError: an auxiliary that no package has, or that two write into one stream.
    """
    complaints: list[Complaint] = []
    found: dict[str, Aside] = {}
    own = {stream.name for stream in protocol.streams}
    for name, told in config.also_record.items():
        if told.protocols and protocol.name not in told.protocols:
            continue
        try:
            auxiliary = plugins.auxiliary(name)
        except OperatorError as error:
            complaints.append(Complaint(("also_record", name), str(error)))
            continue
        stream = auxiliary.stream.name
        if stream in own:
            continue
        if stream in found:
            what = f"{stream} is written by {found[stream].name} already."
            complaints.append(Complaint(("also_record", name), what))
            continue
        found[stream] = Aside(name, auxiliary, told.channel, told.every)
    complaints += _unknown_protocols(config.also_record)
    if complaints:
        raise RefusedError(complaints)
    return tuple(found.values())


def _unknown_protocols(
    also_record: Mapping[str, AlsoRecordConfig],
) -> Iterator[Complaint]:
    known = plugins.names(plugins.PROTOCOLS)
    for name, told in also_record.items():
        for each in told.protocols:
            if each not in known:
                what = f"there is no protocol {each!r}."
                cure = "`labctl protocol list` names them."
                yield Complaint(("also_record", name, "protocols"), what, cure)


def streams_of(protocol: Protocol, asides: tuple[Aside, ...]) -> tuple[Stream, ...]:
    """Return everything that a run may record; the protocol's first.

    What thermometers say has no rows of its own: each stream has columns for it.
    """
    own = [
        stream.with_columns(*(c for c in _lent(asides) if c not in stream.columns))
        for stream in protocol.streams
    ]
    beside = [each.auxiliary.stream for each in asides]
    return (*own, *(stream for stream in beside if stream.name != columns.LIVE))


def plots_of(protocol: Protocol, asides: tuple[Aside, ...]) -> tuple[Plot, ...]:
    """Return how it is drawn; the protocol's first, then the temperatures."""
    plots = [*protocol.plots, *(p for each in asides for p in each.auxiliary.plots)]
    names = tuple(column.name for column in _lent(asides))
    if names and protocol.streams:
        stream, time = protocol.streams[0].name, columns.TEST_TIME.name
        plots.append(Plot("temperature", "Temperature", stream, time, names))
    return tuple(plots)


def _lent(asides: tuple[Aside, ...]) -> list[Column]:
    """Return the columns that thermometers write into the streams of others."""
    return [
        column
        for each in asides
        if each.auxiliary.stream.name == columns.LIVE
        for column in each.auxiliary.stream.columns
    ]


def opened(
    asides: tuple[Aside, ...], station: Station, *, late: bool = False
) -> Auxiliaries:
    """Open the instruments; they are lent to nobody, and read by any number of runs.

    InstrumentError: one does not answer, or cannot play its part; the run that shall
    be recorded with it does not begin without. ``late``: each is opened at its first
    reading, and what goes wrong then is a reading that failed. What goes on in an
    instrument is not left alone for a thermometer.
    """
    channels = []
    for each in asides:
        find = functools.partial(_player, each, station)
        channel = AuxiliaryChannel(
            each.name, each.channel, each.every, each.auxiliary, None, find=find
        )
        if not late:
            channel.player, channel.find = find(), None
        channels.append(channel)
    temperatures = Temperatures(
        {
            column.name: Readings(each.every)
            for each in asides
            for column in _lent((each,))
        }
    )
    return Auxiliaries(station.clock, channels, temperatures)


def _player(aside: Aside, station: Station) -> object:
    """Return who is read. InstrumentError: nobody answers, or it is the wrong one."""
    player = station.looked_at(aside.channel)
    if aside.adapt is not None:
        try:
            player = aside.adapt(player)
        except InstrumentError as error:
            where = f"{aside.section}.{aside.name}"
            raise InstrumentError(f"{where}: {aside.channel}: {error}") from error
    if not plays(player, aside.auxiliary.role):
        raise InstrumentError(
            f"{aside.section}.{aside.name}: {aside.channel} ({type(player).__name__}) "
            f"cannot play {aside.auxiliary.role.__name__}"
        )
    return player
