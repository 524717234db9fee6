"""Rows of raw words → columns, and values ↔ the settings of a technique; no I/O.

Integers stand in a row as they are, floats as the board writes them
(`drivers.biologic.eclib.encodings`).
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from drivers.biologic.eclib.encodings import FloatDecoder, Floats, Words
from drivers.biologic.eclib.tables import Kind, Layout, TechniqueTable
from labctl.errors import InstrumentError


def decode_rows(
    words: Words, layout: Layout, floats: FloatDecoder
) -> dict[str, Floats]:
    """Return one column for each word of the layout; integers as floats too.

    InstrumentError: the number of columns is not the layout's.
    """
    if words.shape[1] != len(layout.columns):
        raise InstrumentError(
            f"EClib: rows have {words.shape[1]} columns where {len(layout.columns)} "
            f"were expected ({', '.join(layout.columns)}). Check the option xctr and "
            "that DLL and .ecc files come from one release."
        )
    return {
        name: words[:, k].astype(np.float64)
        if name in layout.integers
        else floats(words[:, k])
        for k, name in enumerate(layout.columns)
    }


@dataclass(frozen=True, slots=True)
class Setting:
    """One value for one label, as it goes to the library."""

    label: str
    value: bool | int | float
    index: int = 0

    def bits(self) -> int:
        """Return the raw bits as TEccParam.ParamVal holds them, signed."""
        if isinstance(self.value, int):
            return int(self.value)
        raw: int = struct.unpack("<i", struct.pack("<f", self.value))[0]
        return raw

    def kind(self) -> Kind:
        """Return the parameter type that the value asks for."""
        if isinstance(self.value, bool):
            return Kind.BOOL
        return Kind.INT if isinstance(self.value, int) else Kind.SINGLE


def settings_of(
    table: TechniqueTable, values: Mapping[str, object]
) -> tuple[Setting, ...]:
    """Return the settings for scalars and for lists (one value a step).

    Values take the kind that the table gives their label. ValueError: a label that
    the technique does not know, or a list for a scalar.
    """
    settings: list[Setting] = []
    for label, value in values.items():
        parameter = table.parameters.get(label)
        if parameter is None:
            raise ValueError(f"{table.name} knows no parameter {label!r}")
        several = isinstance(value, list | tuple)
        if several != parameter.array:
            raise ValueError(f"{table.name} {label}: one value or one a step?")
        sequence = value if isinstance(value, list | tuple) else (value,)
        for index, one in enumerate(sequence):
            settings.append(Setting(label, _as_kind(one, parameter.kind), index))
    return tuple(settings)


def _as_kind(value: object, kind: Kind) -> bool | int | float:
    if not isinstance(value, bool | int | float):
        raise TypeError(f"{value!r} is not a number")
    if kind is Kind.BOOL:
        return bool(value)
    return int(value) if kind is Kind.INT else float(value)
