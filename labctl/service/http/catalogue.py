"""What can be measured, with what: protocols, samples, instruments."""

import logging
from collections.abc import Mapping
from functools import cache
from typing import Any

from labctl import plugins
from labctl.api.answers import ChannelOut, InstrumentOut, ProtocolOut, SampleOut
from labctl.api.station_files import StationFiles, replace_text
from labctl.documents.document import Document
from labctl.documents.plan import read_label, sample_of
from labctl.documents.writing import write_yaml
from labctl.errors import LabctlError
from labctl.protocol import Protocol
from labctl.sample import Sample
from labctl.series.over_temperatures import OverTemperatures
from labctl.series.parameters import SeriesParameters, can_be_series
from labctl.service.bench.bench import StationBench
from labctl.service.bench.players import bounds, kinds
from labctl.session.names import slug
from labctl.session.samples import DEFAULTS
from labctl.steps.temperature import ROLE

log = logging.getLogger(__name__)


@cache
def protocols(*, chamber: bool = False) -> list[ProtocolOut]:
    """Return the protocols that can be run; in a ``chamber`` also as a series."""
    found, broken = plugins.protocols()
    for each in broken:
        log.warning("left out: %s", each.why)
    found = [kind for kind in found if kind.can_be_run]
    return [
        ProtocolOut(
            name=kind.name,
            title=kind.title,
            sample_kinds=sorted(str(k) for k in kind.sample_kinds),
            parameters=kind.parameters_model.model_json_schema(),
            presets={k: dict(v) for k, v in kind.presets.items()},
            plots=list(kind.plots),
            series=_series() if chamber and can_be_series(kind) else {},
            requests={k: m.model_json_schema() for k, m in kind.requests.items()},
        )
        for kind in found
    ]


def has_chamber(bench: StationBench) -> bool:
    """Tell whether the configuration gives a run of this bench a chamber."""
    return bool(bench.equipment.station.candidates(ROLE))


def _series() -> dict[str, Any]:
    """Return the parameters of a series; a run without temperatures is none."""
    schema = SeriesParameters.model_json_schema()
    each = {
        name: {**about, "anyOf": [about, {"type": "null"}], "default": None}
        if name in schema["required"]
        else about
        for name, about in schema["properties"].items()
    }
    return {**schema, "properties": each, "required": []}


def view_of(protocol: str) -> str:
    """Return the word for a protocol's own figures; empty if it draws none."""
    try:
        kind = plugins.protocol(protocol)
    except LabctlError:
        return ""
    return "" if kind.figures is Protocol.figures else kind.view


def is_series(protocol: str, given: Mapping[str, Any]) -> bool:
    """Tell whether parameters ask for a protocol at several temperatures."""
    try:
        return issubclass(plugins.protocol(protocol, given), OverTemperatures)
    except LabctlError:
        return False


def samples(bench: StationBench) -> list[SampleOut]:
    """Return the labels kept at the station, then the simulated samples.

    The one that is meant where nobody names one comes first of its kind.
    """
    found = []
    for path in sorted(bench.files.samples.glob("*.yaml")):
        try:
            document = read_label(path)
            label = sample_of(document)
        except LabctlError:
            continue  # a file that somebody is writing; the form says what is wrong
        found.append(_sample(label, document.data, simulated=False))
    world = bench.equipment.world
    names = world.names() if world is not None else ()
    for name in sorted(names, key=lambda name: name not in DEFAULTS.values()):
        data = world.label(name)
        label = sample_of(Document(name, data))
        found.append(_sample(label, data, simulated=True))
    return found


def keep_sample(files: StationFiles, name: str, label: dict[str, Any]) -> SampleOut:
    """Keep a label at the station; RefusedError names every complaint."""
    data = {**label, "name": label.get("name", name)}
    document = Document.without_lines("label", data, ("sample",))
    checked = sample_of(document)
    replace_text(files.samples / f"{slug(name)}.yaml", write_yaml(data))
    return _sample(checked, data, simulated=False)


def instruments(bench: StationBench, unreached: dict[str, str]) -> list[InstrumentOut]:
    """Return what is known of every instrument; opens none."""
    station = bench.equipment.station
    opened, lent, doubts = station.opened, station.lent(), station.doubts()
    found = []
    for name, setup in station.setups.items():
        is_open = name in opened
        identity = station.identity(name) if is_open else None
        players = station.players(name) if is_open else {}
        channels = {f"{name}/{r}" if r else name: p for r, p in players.items()}
        configured = [s for s in bench.channels() if s.partition("/")[0] == name]
        found.append(
            InstrumentOut(
                name=name,
                driver=setup.driver,
                address=setup.address,
                open=is_open,
                identity={}
                if identity is None
                else {
                    "maker": identity.maker,
                    "model": identity.model,
                    "serial": identity.serial,
                    "firmware": identity.firmware,
                },
                error=unreached.get(name, ""),
                channels=[
                    _channel(
                        channel,
                        channels.get(channel),
                        lent.get(channel, ""),
                        doubts.get(channel, ""),
                    )
                    for channel in dict.fromkeys((*channels, *configured))
                ],
            )
        )
    return found


def _channel(
    channel: str,
    player: object | None,
    lent_to: str,
    doubt: str,
) -> ChannelOut:
    return ChannelOut(
        channel=channel,
        plays=kinds(player),
        lent_to=lent_to,
        doubt=doubt,
        bounds=bounds(player),
    )


def _sample(label: Sample, data: Any, *, simulated: bool) -> SampleOut:
    return SampleOut(
        name=label.name,
        kind=str(label.kind),
        title=label.title,
        simulated=simulated,
        label=dict(data),
    )
