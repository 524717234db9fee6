"""Writes files in the shapes of EC-Lab, for the tests of its readers."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from labctl.store.importers.ec_lab.column_ids import COLUMNS, FLAGS

GCPL = "Galvanostatic Cycling with Potential Limitation"
PEIS = "Potentio Electrochemical Impedance Spectroscopy"
STARTED = "Acquisition started on : 01/15/2024 09:00:00.000"
MAGIC = b"BIO-LOGIC MODULAR FILE\x1a".ljust(48) + b"\x00" * 4
OLE = 45306.375
"""2024-01-15 09:00:00, as the LOG module writes it."""


def mpt(
    titles: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    technique: str = GCPL,
    header: Sequence[str] = (STARTED,),
    tab: str = "\t",
) -> str:
    """Return a text file; cells that are no text are written as EC-Lab does."""
    head = ["", technique, "", "Run on channel : 1", *header, "\t".join(titles) + tab]
    lines = ["EC-Lab ASCII FILE", f"Nb header lines : {len(head) + 2}", *head]
    lines += ["\t".join(_cell(cell) for cell in row) + tab for row in rows]
    return "\r\n".join([*lines, ""])


def _cell(cell: object) -> str:
    return cell if isinstance(cell, str) else f"{cell:.9E}"


def written(folder: Path, text: str, name: str = "cell.mpt") -> Path:
    """Write a text file as EC-Lab does."""
    path = folder / name
    path.write_bytes(text.encode("latin-1"))
    return path


@dataclass(frozen=True, slots=True)
class Layout:
    """How one generation of the program writes its module of data."""

    ids: str
    """NumPy's type of a column's id."""
    before: int
    """Bytes between the number of rows and the ids: the number of columns."""
    start: int
    """Where the rows begin."""
    version: int
    """Of the module of data."""
    newer: bool = False
    """Whether modules have the longer head of 11.50."""


BYTES = Layout("<u1", 1, 100, 0)
WORDS = Layout("<u2", 1, 405, 2)
WORDS_3 = Layout("<u2", 1, 406, 3)
NEWEST = Layout("<u2", 2, 1007, 11, newer=True)
LAYOUTS = (BYTES, WORDS, WORDS_3, NEWEST)


def module(name: str, payload: bytes, layout: Layout) -> bytes:
    """Return a module with its head."""
    size, word = struct.pack("<I", len(payload)), name.encode()
    version = struct.pack("<I", layout.version)
    numbers = b"\xff" * 4 + size + bytes(4) if layout.newer else size
    head = b"MODULE" + word.ljust(10) + word.ljust(25) + numbers + version
    return head + b"01/15/24" + payload


def data(
    columns: Mapping[int, Sequence[float]], layout: Layout, flags: Sequence[int] = ()
) -> bytes:
    """Return the payload of the data module; flag ids are listed first."""
    own = {one: np.asarray(values) for one, values in columns.items()}
    rows = len(next(iter(own.values())))
    listed = [*flags, *(one % 256 if layout is BYTES else one for one in own)]
    fields = [("flags", "<u1")] if flags else []
    fields += [(str(one), COLUMNS[one][1]) for one in own if one not in FLAGS]
    table = np.zeros(rows, np.dtype(fields))
    for one, values in own.items():
        table[str(one)] = values
    count = struct.pack("<H", len(listed))[: layout.before]
    head = struct.pack("<I", rows) + count + np.array(listed, layout.ids).tobytes()
    return head.ljust(layout.start, b"\0") + table.tobytes()


def log(*, at: int = 585, ole: float = OLE, size: int = 2400) -> bytes:
    """Return a LOG module's payload, with the names that stand in the newest ones."""
    out = bytearray(size)
    out[at : at + 8] = struct.pack("<d", ole)
    if at == 585:
        out[9] = 3
        out[0xAB : 0xAB + 2] = struct.pack("<H", 21643)
        for place, word in ((0x3B7, b"11.50"), (0x3CF, b"0858"), (0x384, b"USB")):
            out[place : place + 1 + len(word)] = bytes([len(word)]) + word
    return bytes(out)


def mpr(payload: bytes, layout: Layout = WORDS, **further: bytes) -> bytes:
    """Return a binary file; ``further`` modules by their name behind ``VMP_``."""
    parts = [MAGIC]
    if "Set" in further:
        parts.append(module("VMP Set", further["Set"], layout))
    parts.append(module("VMP data", payload, layout))
    parts += [
        module(f"VMP {name}", own, layout)
        for name, own in further.items()
        if name != "Set"
    ]
    return b"".join(parts)
