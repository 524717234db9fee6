"""An order as it comes over the API, as the session takes it."""

from labctl.api.requests import OrderIn
from labctl.api.station_files import StationFiles
from labctl.documents.hardened_yaml import Document
from labctl.errors import OperatorError
from labctl.session.names import slug
from labctl.session.order import Order


def order_of(
    asked: OrderIn, files: StationFiles, *, simulated: bool, speed: float | None
) -> Order:
    """Return an order as the session takes it. OperatorError: no such sample."""
    return Order(
        protocol=asked.protocol,
        parameters=Document.without_lines("", dict(asked.parameters)),
        sample=label_of(asked.sample, files),
        preset=asked.preset,
        channels=dict(asked.channels),
        out=files.data,
        simulate=simulated,
        speed=speed,
        seed=asked.seed,
        operator=asked.operator,
    )


def label_of(name: str, files: StationFiles) -> str:
    """Return the label file of a sample of this station, else the name itself."""
    path = files.samples / f"{slug(name)}.yaml"
    if path.exists():
        return str(path)
    if name.endswith((".yaml", ".yml")):  # no files but the station's own
        raise OperatorError(f"this station has no sample {name!r}")
    return name
