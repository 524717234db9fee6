"""Read EC-Lab's text files (``.mpt``, ``.txt``), so that old cells can be compared.

Line 2 says how many header lines there are; the last of them holds the titles. Latin-1
as EC-Lab writes it, or what an editor made of it; decimal point or comma, by the locale
of the PC; tabs between columns and often behind the last one. EC-Lab can leave the
header out: then the titles are line 1, and are taken if they are surely EC-Lab's.
"""

import codecs
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from labctl.data import Array
from labctl.errors import StoreError
from labctl.store.importers.ec_lab import dates, settings
from labctl.store.importers.ec_lab.content import EcLabFile
from labctl.store.importers.ec_lab.known_titles import is_known, is_worked_out
from labctl.store.importers.ec_lab.rows import Body, Rows, Titles, read_rows
from labctl.store.importers.ec_lab.tables import as_foreign
from labctl.store.importers.ec_lab.titles import are_ec_labs, read_title
from labctl.store.importers.foreign import ForeignFile

MAGIC = ("EC-Lab ASCII FILE", "BT-Lab ASCII FILE")
_COUNT = re.compile(r"Nb header lines\s*:\s*(\d+)")
_STARTED = re.compile(r"Acquisition started on\s*:\s*(.*?)\s*$")
_UTC = re.compile(r"Time zone\s*:\s*UTC\s*$")
"""Labctl's own line: EC-Lab does not say whose clock it was."""
_BOMS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_LONGEST, _MOST_LINES = 65536, 100_000
"""Bytes of a line of titles; lines of a header."""
TIME = "time/s"
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - naive, as the PC's clock is


@dataclass(frozen=True, slots=True)
class _Parts:
    """A file, cut between its titles and its rows."""

    head: list[str]
    """All lines up to the titles, which are its last."""
    body: Body


@dataclass(frozen=True, slots=True)
class _Clock:
    """When the acquisition started, and how the rows' time was told."""

    started: datetime | None
    said: str
    rule: str = ""


def read(path: Path) -> ForeignFile:
    """Read a ``.mpt`` file into labctl's columns. StoreError."""
    return as_foreign(read_mpt(path))


def read_mpt(path: Path) -> EcLabFile:
    """Read a ``.mpt`` file. StoreError: not one, or its lines do not agree."""
    try:
        data = path.read_bytes()
    except OSError as e:
        raise StoreError(f"{path}: cannot be read: {e.strerror or e}") from e
    parts = _parts(path, _utf8_or_latin(path, data))
    del data
    titles = _titles(parts.head[-1])
    last = parts.head[-1]
    rows = read_rows(path, parts.body, Titles(len(titles), last.endswith("\t")))
    clock = _clock(path, parts.head, titles, rows)
    columns, missing = _columns(path, titles, rows)
    head = parts.head if len(parts.head) > 1 else []
    return EcLabFile(
        path,
        columns,
        program="BT-Lab" if head and head[0].startswith("BT-Lab") else "EC-Lab",
        technique=_technique(head),
        settings=tuple(head),
        started=_zoned(clock.started, head),
        started_said=clock.said,
        facts=settings.facts_of(head),
        elapsed=clock.rule,
        loops=settings.loops_of(head),
        missing=missing,
        remarks=rows.remarks,
    )


def _is_ec_labs_date(line: str) -> bool:
    """Tell whether a line holds EC-Lab's date; a comment's is in a person's order."""
    return line.partition(":")[0].rstrip().endswith(" on")


def _zoned(started: datetime | None, head: list[str]) -> datetime | None:
    """Return the start with its zone, where the file says one."""
    if started is None or not any(_UTC.match(line) for line in head):
        return started
    return started.replace(tzinfo=UTC)


def _utf8_or_latin(path: Path, data: bytes) -> bytes:
    """Return the bytes without mark, with LF line ends; UTF-16 becomes UTF-8."""
    for mark, encoding in _BOMS.items():
        if data.startswith(mark):
            try:
                data = data.decode(encoding).encode("utf-8")
            except UnicodeDecodeError as e:
                raise StoreError(
                    f"{path}: not whole UTF-16 at byte {e.start}; the file is cut "
                    "short or damaged: copy it again"
                ) from e
    data = data.removeprefix(codecs.BOM_UTF8)
    if b"\r" in data:
        if b"\r\r\n" in data:
            data = data.replace(b"\r\r\n", b"\n")
        data = data.replace(b"\r\n", b"\n")
        if b"\r" in data:
            data = data.replace(b"\r", b"\n")
    return data


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _parts(path: Path, data: bytes) -> _Parts:
    stop = data.find(b"\n") + 1 or len(data)
    first = _decoded(data[: min(stop, _LONGEST)]).rstrip("\n")
    if first.strip() not in MAGIC:
        if not are_ec_labs(_titles(first)):
            raise StoreError(
                f"{path}:1: neither `{MAGIC[0]}` nor a line of EC-Lab's titles; not a "
                ".mpt file of EC-Lab or BT-Lab"
            )
        return _Parts([first], Body(data, stop, 2))
    count = _COUNT.match(_decoded(data[stop : stop + 200].partition(b"\n")[0]))
    if count is None or not 3 <= int(count[1]) <= _MOST_LINES:  # noqa: PLR2004
        raise StoreError(
            f"{path}:2: expected `Nb header lines : N`; export the file again in EC-Lab"
        )
    n = int(count[1])
    stop = 0
    for line in range(n):
        ended = data.find(b"\n", stop) + 1
        rest = data[stop : stop + 1].strip() if not ended else b""
        if not ended and (line < n - 1 or not rest):
            there = line + len(rest)
            raise StoreError(
                f"{path}: cut off in its header, of which line 2 says {n} lines and "
                f"{there} are there; copy it again, or export it again in EC-Lab"
            )
        stop = ended or len(data)
    head = _decoded(data[:stop]).removesuffix("\n").split("\n")
    body = Body(data, stop, n + 1)
    _check_titles(path, head, body)
    return _Parts(head, body)


def _check_titles(path: Path, head: list[str], body: Body) -> None:
    """Check that the last line of the header holds titles. StoreError."""
    if are_ec_labs(_titles(head[-1])) or _is_named(head[-1]):
        return
    further = _decoded(body.data[body.start : body.start + _LONGEST]).split("\n")
    where = next(
        (
            k
            for k, line in enumerate((*head, *further), 1)
            if are_ec_labs(_titles(line))
        ),
        None,
    )
    there = "no line that looks like titles" if where is None else f"line {where}"
    raise StoreError(
        f"{path}:{len(head)}: no titles of columns in the last of the {len(head)} "
        f"header lines that line 2 announces; they seem to be in {there}: correct "
        "line 2, or export the file again in EC-Lab"
    )


def _is_named(line: str) -> bool:
    """Tell whether a line with tabs names one known column, and holds no number."""
    titles = _titles(line)
    known = any(read_title(title) for title in titles)
    return len(titles) > 1 and known and not any(t[:1].isdigit() for t in titles)


def _titles(line: str) -> list[str]:
    titles = [title.strip() for title in line.split("\t")]
    while len(titles) > 1 and not titles[-1]:
        titles.pop()
    return titles


def _technique(head: list[str]) -> str:
    name = head[3].strip() if len(head) > 4 else ""  # noqa: PLR2004 - line 4
    return "" if ":" in name else name


def _columns(
    path: Path, titles: list[str], rows: Rows
) -> tuple[dict[str, Array], tuple[str, ...]]:
    """Return the columns by title, and the titles that have none. StoreError."""
    count = rows.values.shape[1]
    missing = titles[count:]
    unsure = [title for title in missing if not is_worked_out(title)]
    unsure += [title for title in titles if missing and not is_known(title)]
    if unsure:
        raise StoreError(
            f"{path}: its rows have {count} columns, the title line names "
            f"{len(titles)}; that the missing ones are the last, {', '.join(missing)}, "
            f"is not sure because of {unsure[0]!r}: export the file again in EC-Lab"
        )
    out: dict[str, Array] = {}
    for k, title in enumerate(titles[:count]):
        name = title or f"(column {k + 1})"
        values = rows.values[:, k]
        if name in out and not np.array_equal(out[name], values, equal_nan=True):
            raise StoreError(
                f"{path}: two columns are titled {name}, and differ; which one is "
                "right cannot be known: export the file again in EC-Lab"
            )
        out[name] = values
    return out, tuple(title for title in missing if title)


def _clock(path: Path, head: list[str], titles: list[str], rows: Rows) -> _Clock:
    """Return when it started; absolute times of the rows become elapsed ones.

    StoreError: the rows' dates cannot be read surely.
    """
    said = next((m[1] for line in head if (m := _STARTED.match(line))), "")
    cells = next((rows.dated[k] for k in rows.dated if titles[k] == TIME), [])
    order = dates.order_of(filter(_is_ec_labs_date, head), cells)
    started = dates.read_date(said, order)
    if not cells:
        return _Clock(started, said if started is None else "")
    stamps = dates.seconds(cells, order)
    if stamps is None:
        raise StoreError(
            f"{path}: its {TIME} holds dates, and which number is the month is not "
            f"sure, as in {cells[0]!r}: export the file again with time in seconds"
        )
    rule = "elapsed-since-start"
    if started is None:
        rule = "elapsed-since-first-row"
        started = _EPOCH + timedelta(microseconds=round(1e6 * float(stamps[0])))
    since = stamps - (started - _EPOCH).total_seconds()
    rows.values[:, titles.index(TIME)] = np.round(since, 6)
    return _Clock(started, "", rule)
