"""Raw words ↔ numbers, without any I/O.

Rows come as 32-bit words: integers as they are, floats in the board's own encoding.
Whether that is IEEE is not assumed but proven, by asking the library's converter about
`PROBE_WORDS` once for each board; only then whole columns are cast at once.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.biologic.eclib.tables import Kind, Layout, TechniqueTable
from labctl.errors import InstrumentError

Words = NDArray[np.uint32]
Floats = NDArray[np.float64]
FloatDecoder = Callable[[Words], Floats]

PROBE_WORDS = tuple(
    struct.unpack("<I", struct.pack("<f", value))[0]
    for value in (1.0, -2.5, 3.7e-6, -1.1e-9, 0.005, 1.2345678, 1e6, 0.0)
)


def ieee_floats(words: Words) -> Floats:
    """Cast a column of IEEE words."""
    return np.ascontiguousarray(words).view(np.float32).astype(np.float64)


def converted_floats(convert: Callable[[int], float]) -> FloatDecoder:
    """Return a decoder that asks the library about each word."""

    def decode(words: Words) -> Floats:
        return np.array([convert(word) for word in words.tolist()], dtype=np.float64)

    return decode


def proven_decoder(convert: Callable[[int], float]) -> FloatDecoder:
    """Return `ieee_floats` if the library agrees on every probe, else a slow one."""
    cast = ieee_floats(np.array(PROBE_WORDS, dtype=np.uint32))
    for word, expected in zip(PROBE_WORDS, cast.tolist(), strict=True):
        if convert(word) != expected:
            return converted_floats(convert)
    return ieee_floats


def ticks(high: Words, low: Words) -> Floats:
    """Return time in time bases; exact up to 2⁵³."""
    return high.astype(np.float64) * 4294967296.0 + low


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


def encode_rows(
    columns: Mapping[str, NDArray[np.float64]],
    layout: Layout,
    encode: Callable[[Floats], Words],
) -> Words:
    """Return words of shape (rows, columns); the inverse of `decode_rows`."""
    rows = len(columns[layout.columns[0]])
    words = np.empty((rows, len(layout.columns)), dtype=np.uint32)
    for k, name in enumerate(layout.columns):
        column = columns[name]
        words[:, k] = column if name in layout.integers else encode(column)
    return words


def ieee_words(values: Floats) -> Words:
    """Return IEEE words of a column."""
    return values.astype(np.float32).view(np.uint32)


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
