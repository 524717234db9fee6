"""What a run says of itself at its birth: who, what, where, with which instruments.

The identifier given here is the run's for its life: whoever amends or resumes it keeps
it. Nothing is made up for what nobody configured.
"""

import platform
import uuid
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from labctl import columns
from labctl.config.lab import LabConfig
from labctl.config.models import Config
from labctl.json_numbers import finite
from labctl.limits import Envelope
from labctl.roles.channel_accuracy import accuracy_of
from labctl.session.auxiliaries import plots_of, streams_of
from labctl.session.order import Prepared
from labctl.session.thermometers import uncertainty_of
from labctl.store.header import THERMOMETERS, WHOLE, RunHeader

PACKAGES = ("labctl-bench", "pymeasure", "pyvisa", "h5py", "numpy", "scipy")


def make_header(
    prepared: Prepared, config: Config, name: str, unix: float
) -> RunHeader:
    """Return everything that is known before the first reading."""
    order, protocol = prepared.order, prepared.protocol
    operator, orcid = config.lab.person(order.operator or config.station.operator)
    return RunHeader(
        run_id=name,
        title=f"{protocol.title}: {protocol.sample.title or protocol.sample.name}",
        protocol=protocol.name,
        streams=streams_of(protocol, prepared.asides),
        parameters_given=prepared.given,
        parameters=protocol.parameters_json(),
        sample=protocol.sample.model_dump(mode="json"),
        roles=prepared.cast,
        instruments=instruments(
            prepared, {name: each.pid for name, each in config.instruments.items()}
        ),
        plots=plots_of(protocol, prepared.asides),
        started_unix=unix,
        simulated=order.simulate,
        operator=operator,
        orcid=orcid,
        uuid=str(uuid.uuid4()),
        lab=citable(config.lab),
        versions={
            "python": platform.python_version(),
            **{package: version(package) for package in PACKAGES},
        },
        extra={
            "station": config.station.name,
            **bounds_noted(prepared.envelope),
            "also_recorded": {each.name: each.channel for each in prepared.asides},
            **thermometers_noted(prepared),
            "order": {
                "sample": order.sample,
                "seed": order.seed,
                "speed": order.speed,
                "preset": order.preset,
            },
            "config": config.model_copy(
                update={"lab": config.lab.only(operator)}
            ).model_dump(mode="json"),
        },
    )


def citable(lab: LabConfig) -> dict[str, Any]:
    """Return what was configured of institution, licence and funding, nothing else."""
    institution = lab.institution
    out: dict[str, Any] = {
        "institution": institution and _stated(institution.model_dump()),
        "licence": lab.licence,
        "funding": [_stated(each.model_dump()) for each in lab.funding],
    }
    return _stated(out)


def _stated(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value}


def bounds_noted(envelope: Envelope) -> dict[str, Any]:
    """Return a run's limits as its header keeps them."""
    return {
        "envelope": {k: list(v) for k, v in envelope.bounds.items()},
        "eased_envelope": {k: list(v) for k, v in envelope.eased.items()},
    }


def thermometers_noted(prepared: Prepared) -> dict[str, Any]:
    """Return which thermometer each column of temperature comes from, if any does."""
    noted = {}
    for each in prepared.asides:
        if each.auxiliary.stream.name != columns.LIVE:
            continue
        name, _, place = each.channel.partition("/")
        uncertainty = uncertainty_of(prepared.station.players(name).get(place))
        for column in each.auxiliary.stream.columns:
            noted[column.name] = {
                "channel": each.channel,
                "every": each.every,
                "standard_uncertainty": finite(uncertainty),
            }
    return {THERMOMETERS: noted} if noted else {}


def instruments(
    prepared: Prepared, pids: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Return identity and stated accuracy of all that plays a role or is recorded.

    ``pids``: name -> persistent identifier, empty where there is none.
    """
    out: dict[str, dict[str, Any]] = {}
    accuracies: dict[str, dict[str, Any]] = {}
    asides = (each.channel for each in prepared.asides)
    for channel in (*prepared.cast.values(), *asides):
        name, _, place = channel.partition("/")
        identity = prepared.station.identity(name)
        setup = prepared.station.setups[name]
        out[name] = {
            "vendor": identity.maker,
            "model": identity.model,
            "serial": identity.serial,
            "firmware": identity.firmware,
            "address": setup.address,
            "driver": setup.driver,
            **_stated({"pid": pids.get(name, "")}),
        }
        stated = accuracy_of(prepared.station.players(name).get(place))
        if stated is not None:
            accuracies.setdefault(name, {})[place or WHOLE] = stated.to_json()
    for name, stated_by_channel in accuracies.items():
        out[name]["accuracy"] = stated_by_channel
    return out
