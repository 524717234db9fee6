"""One technique as a channel holds it, raw bits as the library reads them back."""

import ctypes as c
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from drivers.biologic.eclib import abi

_ECC_PARAM = np.dtype(
    {
        "names": ["label", "type", "bits", "index"],
        "formats": [f"S{abi.LABEL_BYTES}", "<i4", "<i4", "<i4"],
        "offsets": [0, 64, 68, 72],
        "itemsize": 76,
    }
)


@dataclass(frozen=True, slots=True)
class Held:
    """See the module."""

    id: int
    """EClib's number of the technique: 102 is CP."""
    parameters: Mapping[tuple[str, int], int]
    """(label, index) -> raw bits."""

    @classmethod
    def of(cls, infos: abi.TechniqueInfos) -> "Held":
        """Copy it out of a struct whose pointers are good until the next call."""
        size = c.sizeof(abi.EccParam) * infos.nbParams
        raw = c.string_at(infos.Params, size) if size else b""
        table = np.frombuffer(raw, dtype=_ECC_PARAM)
        labels = [label.decode("latin-1") for label in table["label"].tolist()]
        places = zip(labels, table["index"].tolist(), strict=True)
        return cls(infos.Id, dict(zip(places, table["bits"].tolist(), strict=True)))
