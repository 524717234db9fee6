"""Read EC-Lab's binary files (``.mpr``): the data module, nothing else.

Layout from published descriptions: a magic of 52 bytes, then modules ``MODULE``, short
name (10 bytes), long name (25), length, version, date; EC-Lab 11.50 and later put
0xFFFFFFFF and a further number before. The data module holds the number of rows, the
number of columns, their ids, padding, and the rows at its very end. Whether ids are
one byte or two, and in which order, differs between versions: every reading is tried
and only one in which all ids are known and the rows fill the module exactly counts.
An id that is not in the table makes the row's width unknown, so it is refused.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from labctl.data import Array
from labctl.errors import StoreError
from labctl.store.importers.ec_lab_text import EcLabFile, as_foreign
from labctl.store.importers.foreign import ForeignFile

MAGIC = b"BIO-LOGIC MODULAR FILE\x1a".ljust(48) + b"\x00" * 4
MODULE = b"MODULE"
STARTS = (100, 405, 406, 1007)
"""Offsets at which rows were seen to begin."""
FLAGS = {1, 2, 3, 21, 31, 65}
"""Share one byte, wherever the first of them stands."""
_F4, _F8, _U2, _U4, _U1 = "<f4", "<f8", "<u2", "<u4", "<u1"
COLUMNS: dict[int, tuple[str, str]] = {
    4: ("time/s", _F8),
    5: ("control/V/mA", _F4),
    6: ("Ewe/V", _F4),
    7: ("dq/mA.h", _F8),
    8: ("I/mA", _F4),
    9: ("Ece/V", _F4),
    11: ("<I>/mA", _F8),
    13: ("(Q-Qo)/mA.h", _F8),
    16: ("Analog IN 1/V", _F4),
    17: ("Analog IN 2/V", _F4),
    19: ("control/V", _F4),
    20: ("control/mA", _F4),
    23: ("dQ/mA.h", _F8),
    24: ("cycle number", _F8),
    26: ("Rapp/Ohm", _F4),
    27: ("Ewe-Ece/V", _F4),
    32: ("freq/Hz", _F4),
    33: ("|Ewe|/V", _F4),
    34: ("|I|/A", _F4),
    35: ("Phase(Z)/deg", _F4),
    36: ("|Z|/Ohm", _F4),
    37: ("Re(Z)/Ohm", _F4),
    38: ("-Im(Z)/Ohm", _F4),
    39: ("I Range", _U2),
    69: ("R/Ohm", _F4),
    70: ("P/W", _F4),
    74: ("|Energy|/W.h", _F8),
    75: ("Analog OUT/V", _F4),
    76: ("<I>/mA", _F4),
    77: ("<Ewe>/V", _F4),
    78: ("Cs-2/µF-2", _F4),
    96: ("|Ece|/V", _F4),
    98: ("Phase(Zce)/deg", _F4),
    99: ("|Zce|/Ohm", _F4),
    100: ("Re(Zce)/Ohm", _F4),
    101: ("-Im(Zce)/Ohm", _F4),
    123: ("Energy charge/W.h", _F8),
    124: ("Energy discharge/W.h", _F8),
    125: ("Capacitance charge/µF", _F8),
    126: ("Capacitance discharge/µF", _F8),
    131: ("Ns", _U2),
    163: ("|Estack|/V", _F4),
    168: ("Rcmp/Ohm", _F4),
    169: ("Cs/µF", _F4),
    172: ("Cp/µF", _F4),
    173: ("Cp-2/µF-2", _F4),
    174: ("<Ewe>/V", _F4),
    178: ("(Q-Qo)/C", _F4),
    179: ("dQ/C", _F4),
    182: ("step time/s", _F8),
    211: ("Q charge/discharge/mA.h", _F8),
    212: ("half cycle", _U4),
    213: ("z cycle", _U4),
    434: ("(Q-Qo)/C", _F4),
    435: ("dQ/C", _F4),
    438: ("step time/s", _F8),
    441: ("<Ece>/V", _F4),
    462: ("Temperature/°C", _F4),
    467: ("Q charge/discharge/mA.h", _F8),
    468: ("half cycle", _U4),
    469: ("z cycle", _U4),
    471: ("<Ece>/V", _F4),
    498: ("Q charge/mA.h", _F8),
    499: ("Q discharge/mA.h", _F8),
    500: ("step time/s", _F8),
    501: ("Efficiency/%", _F8),
    502: ("Capacity/mA.h", _F8),
}
IDS = (("<u2", 6), (">u2", 5), ("<u2", 5), (">u2", 6), ("<u1", 5))
"""How ids are written, and the offset behind rows and columns."""


def read(path: Path) -> ForeignFile:
    """Read a ``.mpr`` file into labctl's columns. StoreError."""
    return as_foreign(path, read_mpr(path))


def read_mpr(path: Path) -> EcLabFile:
    """Read a ``.mpr`` file. StoreError: not one, or a column that is not known."""
    try:
        data = path.read_bytes()
    except OSError as e:
        raise StoreError(f"{path}: cannot be read: {e}") from e
    if not data.startswith(MAGIC[:23]):
        raise StoreError(f"{path}: does not begin with BIO-LOGIC MODULAR FILE")
    for name, payload in _modules(path, data):
        if name == "VMP data":
            return EcLabFile("", (), _columns(path, payload))
    raise StoreError(f"{path}: has no module `VMP data`")


def _modules(path: Path, data: bytes) -> Iterator[tuple[str, bytes]]:
    at = data.find(MODULE)
    while 0 <= at < len(data):
        if data[at : at + 6] != MODULE:
            raise StoreError(f"{path}: no module begins at byte {at}; damaged?")
        name = data[at + 6 : at + 16].decode("latin-1").strip()
        at += 6 + 10 + 25
        (length,) = struct.unpack_from("<I", data, at)
        if length == 0xFFFFFFFF:  # noqa: PLR2004 - EC-Lab 11.50 and later
            (length,) = struct.unpack_from("<I", data, at + 4)
            at += 4 + 4 + 4 + 4 + 8
        else:
            at += 4 + 4 + 8
        if at + length > len(data):
            raise StoreError(f"{path}: module {name} is cut off")
        yield name, data[at : at + length]
        at += length


def _columns(path: Path, payload: bytes) -> dict[str, Array]:
    rows, count = struct.unpack_from("<IB", payload, 0)
    unknown: set[int] = set()
    for kind, offset in IDS:
        ids = np.frombuffer(payload, kind, count, offset).tolist()
        missing = set(ids) - set(COLUMNS) - FLAGS
        if missing:
            unknown = unknown or missing
            continue
        fields = _fields(ids)
        start = len(payload) - rows * fields.itemsize
        if start in STARTS:
            table = np.frombuffer(payload, fields, rows, start)
            return _split(table)
    said = (
        f"column ids {sorted(unknown)} are not known" if unknown else "no layout fits"
    )
    raise StoreError(
        f"{path}: {said}, so the width of a row is not; export it as .mpt in EC-Lab"
    )


def _fields(ids: list[int]) -> np.dtype[np.void]:
    fields: list[tuple[str, str]] = []
    for one in ids:
        if one in FLAGS:
            if not any(name == "flags" for name, _ in fields):
                fields.append(("flags", _U1))
            continue
        title, kind = COLUMNS[one]
        taken = {name for name, _ in fields}
        fields.append((title if title not in taken else f"{title} #{one}", kind))
    return np.dtype(fields)


def _split(table: Array) -> dict[str, Array]:
    out: dict[str, Array] = {}
    for name in table.dtype.names or ():
        if name != "flags":
            out[name] = table[name].astype(np.float64)
            continue
        flags = table[name]
        out["mode"] = (flags & 0x03).astype(np.float64)
        out["ox/red"] = ((flags & 0x04) != 0).astype(np.float64)
        out["error"] = ((flags & 0x08) != 0).astype(np.float64)
        out["control changes"] = ((flags & 0x10) != 0).astype(np.float64)
        out["Ns changes"] = ((flags & 0x20) != 0).astype(np.float64)
        out["counter inc."] = ((flags & 0x80) != 0).astype(np.float64)
    return out
