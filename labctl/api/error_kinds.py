"""What an error is called where programs read it, both ways, in one table.

Rules for whoever edits: words may be added, never renamed. An error that has no word of
its own takes that of its nearest ancestor.
"""

from labctl.errors import (
    BusyError,
    DoubtfulError,
    FirmwareError,
    IdentityError,
    InstrumentError,
    LabctlError,
    LateError,
    LimitError,
    LinkError,
    NotOursError,
    OperatorError,
    OwnershipError,
    QuantityError,
    RefusedError,
    StoreError,
)

KINDS: dict[type[LabctlError], str] = {
    BusyError: "busy",
    NotOursError: "not_ours",
    DoubtfulError: "doubtful",
    OwnershipError: "ownership",
    LinkError: "link",
    IdentityError: "identity",
    FirmwareError: "firmware",
    InstrumentError: "instrument",
    LimitError: "limit",
    StoreError: "store",
    RefusedError: "refused",
    QuantityError: "quantity",
    LateError: "late",
    OperatorError: "operator",
    LabctlError: "labctl",
}
_CLASSES = {word: kind for kind, word in KINDS.items()}


def kind_of(error: LabctlError) -> str:
    """Return the word for an error."""
    return next(KINDS[cls] for cls in type(error).__mro__ if cls in KINDS)


def class_of(kind: str) -> type[LabctlError] | None:
    """Return the class that a word means; None: a later labctl's word, or none."""
    return _CLASSES.get(kind)
