"""What a label says that can hardly be meant: asked back before the first run on it.

A run that has begun goes on with the label that it has.
"""

from collections.abc import Iterator

from labctl.errors import Complaint, QuantityError
from labctl.protocol import Protocol
from labctl.sample import SampleKind
from labctl.session.limits import CELLS

HEAVIEST = 10.0
"""kg/m² of active mass, 1 g/cm²: electrodes have 1 to 60 mg/cm² a side, and a stack of
twenty that is told the area of one has as much."""


def label_complaints(protocol: Protocol) -> Iterator[Complaint]:
    """Yield what is to be asked back about the label of a protocol's cell."""
    sample = protocol.sample
    if sample.kind not in CELLS:
        return
    file = f"sample {sample.name}"
    mass, area = sample.active_mass, sample.area
    if mass and area and mass / area > HEAVIEST:
        yield Complaint(
            ("sample", "active_mass"),
            f"{mass / area / 10:.3g} g/cm² is a hundred times what electrodes have.",
            "Is it mg instead of g, or the area of one electrode of many?",
            file=file,
        )
    said = "first_step" in sample.model_fields_set
    if sample.kind is SampleKind.HALF_CELL and not said and _drives(protocol):
        yield Complaint(
            ("sample", "first_step"),
            "nothing says in which direction the first current flows.",
            "Write `first_step: lithiation` for an anode's material, `first_step: "
            "delithiation` for a cathode's.",
            file=file,
        )


def _drives(protocol: Protocol) -> bool:
    """Whether a current flows whose direction is the protocol's."""
    try:
        return bool(protocol.currents())
    except QuantityError:
        return True
