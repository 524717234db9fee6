"""Read EC-Lab's binary files (``.mpr``).

Layout from published descriptions. The data module holds the number of rows, the
number of columns (one byte, later two), their ids (one byte each, later two), padding,
and the rows at its very end. Which is which differs between versions: every reading is
tried, and only one in which all ids are known and the rows fill the module exactly
counts. An id that is not in the table makes the row's width unknown: refused.
"""

import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from labctl.data import Array
from labctl.errors import StoreError
from labctl.store.importers.ec_lab.column_ids import COLUMNS, FLAGS, layout, paged
from labctl.store.importers.ec_lab.content import EcLabFile
from labctl.store.importers.ec_lab.logbook import Logbook, pascal, read_log
from labctl.store.importers.ec_lab.modules import CURE, Module, modules
from labctl.store.importers.ec_lab.tables import as_foreign
from labctl.store.importers.ec_lab.techniques import TECHNIQUES
from labctl.store.importers.foreign import ForeignFile

STARTS: Mapping[int, tuple[int, ...]] = {
    0: (100, 1007),
    2: (405,),
    3: (406,),
    10: (1007,),
    11: (1007,),
}
"""Version of the module -> offsets at which rows were seen to begin."""
ANY_START = (100, 405, 406, 1007)
READINGS = (("<u2", 5), ("<u2", 6), ("<u1", 5))
"""How ids are written, and the offset behind rows and columns."""
_COMMENT = 0x07
_FULL_SETTINGS = 0x0300
"""Bytes that settings have at least, when their places are the known ones."""
SAME = 1e-6
"""Relative: a column stored as double and as float is the same one."""


def read(path: Path) -> ForeignFile:
    """Read a ``.mpr`` file into labctl's columns. StoreError."""
    return as_foreign(read_mpr(path))


def read_mpr(path: Path) -> EcLabFile:
    """Read a ``.mpr`` file. StoreError: not one, damaged, or an id is not known."""
    try:
        data = path.read_bytes()
    except OSError as e:
        raise StoreError(f"{path}: cannot be read: {e.strerror or e}") from e
    found: dict[str, Module] = {}
    for module in modules(path, data):
        if module.name in found and module.name == "VMP data":
            raise StoreError(
                f"{path}: a second module VMP data at byte {module.at}; {CURE}"
            )
        found.setdefault(module.name, module)
    rows = found.get("VMP data")
    if rows is None:
        raise StoreError(f"{path}: has no module VMP data; {CURE}")
    columns = _columns(path, rows)
    settings = found.get("VMP Set")
    log = read_log(
        found.get("VMP LOG"), [m.date for m in (settings, rows) if m is not None]
    )
    return EcLabFile(
        path,
        columns,
        technique=_technique(settings),
        settings=log.settings,
        started=log.started,
        started_said=log.started_said,
        facts=_facts(settings, log),
        loops=_loops(found.get("VMP loop")),
    )


def _technique(settings: Module | None) -> str:
    if settings is None or not settings.payload:
        return ""
    return TECHNIQUES.get(settings.payload[0], "")


def _facts(settings: Module | None, log: Logbook) -> dict[str, str]:
    facts = dict(log.facts)
    if settings is not None and len(settings.payload) > _FULL_SETTINGS:
        comment = pascal(settings.payload, _COMMENT)
        if comment:
            facts["comment"] = comment
    return facts


def _loops(module: Module | None) -> tuple[int, ...]:
    """Return the rows at which loops begin; empty: not said, or not sure."""
    if module is None or len(module.payload) < 4:  # noqa: PLR2004 - a count
        return ()
    (count,) = struct.unpack_from("<I", module.payload, 0)
    if not 0 < count <= (len(module.payload) - 4) // 4:
        return ()
    starts = np.frombuffer(module.payload, "<u4", count, 4).tolist()
    return tuple(starts) if starts == sorted(set(starts)) else ()


def _columns(path: Path, module: Module) -> dict[str, Array]:
    payload = module.payload
    if len(payload) < 6:  # noqa: PLR2004 - rows, columns, one id
        raise StoreError(f"{path}: VMP data at byte {module.at} is too short; {CURE}")
    rows, count = struct.unpack_from("<IB", payload, 0)
    if not rows:
        raise StoreError(f"{path}: VMP data at byte {module.at} has no row of data")
    starts = STARTS.get(module.version, ANY_START)
    fitting: dict[np.dtype[np.void], list[int]] = {}
    for ids, behind in _readings(payload, count):
        fields = layout(ids)
        row = None if fields is None else np.dtype(fields)
        start = len(payload) - rows * (row.itemsize if row else 0)
        if row and start in starts and not payload[behind : start - 1].strip(b"\0"):
            fitting.setdefault(row, ids)
    if len(fitting) != 1:
        raise StoreError(_refusal(path, module, count, len(fitting)))
    ((row, ids),) = fitting.items()
    table = np.frombuffer(payload, row, rows, len(payload) - rows * row.itemsize)
    return _unique(path, module, _split(table, ids))


def _readings(payload: bytes, count: int) -> Iterator[tuple[list[int], int]]:
    """Go through what the ids may be; the number is the offset behind them."""
    for kind, offset in READINGS:
        end = offset + count * np.dtype(kind).itemsize
        if count and end <= len(payload):
            ids = np.frombuffer(payload, kind, count, offset).tolist()
            yield ids, end
            if kind == "<u1":
                yield paged(ids), end


def _refusal(path: Path, module: Module, count: int, fitting: int) -> str:
    at = module.at + 5
    if fitting:
        return (
            f"{path}: the column ids at byte {at} can be read in {fitting} ways that "
            "fit; export it as .mpt in EC-Lab"
        )
    known = set(COLUMNS) | set(FLAGS)
    unknown = [sorted(set(ids) - known) for ids, _ in _readings(module.payload, count)]
    some = [ids for ids in unknown if ids]
    if some and len(some) == len(unknown):
        return (
            f"{path}: column ids {min(some, key=len)} at byte {at} are not known, so "
            "the width of a row is not; export it as .mpt in EC-Lab"
        )
    return (
        f"{path}: no layout fits the columns at byte {at} and the size of VMP data; "
        f"{CURE}"
    )


def _split(table: Array, ids: list[int]) -> dict[str, Array]:
    """Return each field as double, and the byte of flags as what its bits say."""
    out: dict[str, Array] = {}
    for name in table.dtype.names or ():
        if name != "flags":
            values = table[name].astype(np.float64)
            values[np.isinf(values)] = np.nan  # no number, as in text files
            out[name] = values
            continue
        for one in (each for each in ids if each in FLAGS):
            title, mask = FLAGS[one]
            shift = (mask & -mask).bit_length() - 1
            out[title] = ((table[name] & mask) >> shift).astype(np.float64)
    return out


def _unique(path: Path, module: Module, columns: dict[str, Array]) -> dict[str, Array]:
    """Return each title once. StoreError: two columns of one title differ."""
    out: dict[str, Array] = {}
    for name, values in columns.items():
        title, _, other = name.partition(" #")
        if other and not np.allclose(out[title], values, rtol=SAME, equal_nan=True):
            raise StoreError(
                f"{path}: two columns of VMP data at byte {module.at} are {title}, "
                "and differ; which is right cannot be known: export it as .mpt in "
                "EC-Lab"
            )
        out.setdefault(title, values)
    return out
