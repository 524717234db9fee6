"""Orders and benches on which a whole plan is compared before it starts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared_runs import bench_file

from labctl.config.models import Config, SafetyConfig
from labctl.config.reading import kept_config
from labctl.documents.hardened_yaml import Document
from labctl.errors import Complaint, RefusedError
from labctl.session.order import Order, Prepared, prepare

BENCH = bench_file()


def ordered(
    protocol: str,
    sample: str = "si",
    channels: Mapping[str, str] | None = None,
    out: Path = Path(),
    **parameters: Any,
) -> Order:
    return Order(
        protocol,
        Document("plan", parameters),
        sample,
        channels=channels or {},
        simulate=True,
        speed=None,
        out=out,
    )


def checked(order: Order, config: Config = BENCH) -> Prepared:
    prepared = prepare(order, config, inquire=True)
    prepared.station.close()
    return prepared


def complaints(order: Order, config: Config = BENCH) -> tuple[Complaint, ...]:
    try:
        checked(order, config)
    except RefusedError as refused:
        return refused.complaints
    return ()


def bench_with(
    options: Mapping[str, Any] | None = None,
    simulated: Mapping[str, Any] | None = None,
    **safety: Any,
) -> Config:
    text = BENCH.model_dump(mode="json")
    text["instruments"]["vsp300"]["options"].update(options or {})
    text["instruments"]["vsp300"]["simulated"].update(simulated or {})
    limits = SafetyConfig.model_validate(safety)
    return kept_config(text).model_copy(update={"safety": limits})


OPEN = bench_with()
"""A bench without limits of its own."""
