"""Which reader reads which file: by its first bytes, then by the ending of its name.

One line a format. A reader takes a path and returns a `ForeignFile`; it raises
`StoreError` that names the file, the place in it, and what to do.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

import numpy as np

from labctl.errors import StoreError
from labctl.store.importers.foreign import ForeignFile, ForeignTable

Reader = Callable[[Path], ForeignFile]
HEAD = 4096
"""Bytes of a file that tell what it is."""


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file that can be imported."""

    name: str
    """What a person calls it: ``EC-Lab text``."""
    endings: tuple[str, ...]
    """Lower case, with their full stop; the first is the usual one."""
    reader: str
    """``module:function``, imported when the first such file is read."""
    starts: tuple[bytes, ...] = ()
    """First bytes that are its own; empty: only a look inside can tell."""
    holds: tuple[bytes, ...] = ()
    """Words of which one stands in the first `HEAD` bytes; empty: any."""

    def is_this(self, path: Path, head: bytes) -> bool:
        """Whether a file that begins with ``head`` is of this kind."""
        if self.starts:
            return head.removeprefix(b"\xef\xbb\xbf").startswith(self.starts)
        named = path.name.lower().endswith(self.endings)
        text = head.replace(b"\0", b"")  # words of UTF-16 are words
        return named and (not self.holds or any(word in text for word in self.holds))

    def read(self, path: Path) -> ForeignFile:
        """Read it. StoreError."""
        module, _, function = self.reader.partition(":")
        reader: Reader = getattr(import_module(module), function)
        return reader(path)


CURRENT_IN_CHINESE = tuple(
    "电流".encode(each) for each in ("utf-8", "gb18030", "utf-16-le", "utf-16-be")
)
FORMATS: tuple[Format, ...] = (
    Format(
        "EC-Lab text",
        (".mpt", ".txt"),
        "labctl.store.importers.ec_lab.text:read",
        starts=(
            *(b"EC-Lab ASCII FILE", b"BT-Lab ASCII FILE"),
            *(b"\xff\xfeE\x00C\x00-\x00L\x00", b"\xff\xfeB\x00T\x00-\x00L\x00"),
            *(b"\xfe\xff\x00E\x00C\x00-\x00L", b"\xfe\xff\x00B\x00T\x00-\x00L"),
        ),
    ),
    Format(
        "EC-Lab binary",
        (".mpr",),
        "labctl.store.importers.ec_lab.binary:read",
        starts=(b"BIO-LOGIC MODULAR FILE",),
    ),
    Format(
        "Gamry",
        (".dta",),
        "labctl.store.importers.gamry:read",
        starts=(b"EXPLAIN\n", b"EXPLAIN\r", b"EXPLAIN\t"),
    ),
    Format(
        "ZPlot and ZView",
        (".z",),
        "labctl.store.importers.zview:read",
        starts=(b"ZPLOT",),
    ),
    Format(
        "labctl run file",
        (".h5",),
        "labctl.store.importers.own:read_run",
        starts=(b"\x89HDF\r\n\x1a\n",),
    ),
    Format(
        "Parquet with the terms of the Battery Data Format",
        (".parquet", ".feather", ".arrow"),
        "labctl.store.importers.bdf.read:read",
        starts=(b"PAR1", b"ARROW1"),
    ),
    Format(
        "labctl CSV",
        (".csv",),
        "labctl.store.importers.own:read_csv",
        holds=(b"voltage_volt [V]", b"frequency_hertz [Hz]"),
    ),
    Format(
        "Battery Data Format",
        (".bdf", ".bdf.csv", ".bdf.csv.gz", ".bdf.gz", ".bdf.json", ".bdf.ndjson"),
        "labctl.store.importers.bdf.read:read",
    ),
    Format(
        "Battery Data Format",
        (".csv",),
        "labctl.store.importers.bdf.read:read",
        holds=(
            b"Test Time / s",
            b"Test Time / ms",
            b"test_time_second,",
            b"voltage_volt,",
        ),
    ),
    Format(
        "WonATech",
        (".wrd",),
        "labctl.store.importers.wonatech.read:read",
        holds=(b"WbcsFile", b"DataFileHeader", b"DataHeaderBase"),
    ),
    Format(
        "EC-Lab text without its header",
        (".txt", ".mpt"),
        "labctl.store.importers.ec_lab.text:read",
        holds=(
            *(b"Ewe/V", b"Ecell/V", b"<I>/mA", b"-Im(Z)/Ohm", b"(Q-Qo)/"),
            *(b"E\x00w\x00e\x00/\x00V", b"E\x00c\x00e\x00l\x00l\x00/\x00V"),
        ),
    ),
    Format(
        "Basytec text",
        (".txt", ".dat", ".csv"),
        "labctl.store.importers.basytec:read",
        holds=(b"Resultfile from Basytec", b"~Time["),
    ),
    Format(
        "Maccor text",
        (".txt", ".csv", ".tsv"),
        "labctl.store.importers.maccor:read",
        holds=(b"Rec#", b"Cyc#", b"DPt Time", b"DPT Time"),
    ),
    Format(
        "Arbin CSV",
        (".csv", ".txt"),
        "labctl.store.importers.arbin:read",
        holds=(b"Data_Point", b"Data Point", b"Test_Time", b"Charge Capacity (Ah)"),
    ),
    Format(
        "Neware text",
        (".csv", ".txt"),
        "labctl.store.importers.neware_text:read",
        holds=(
            *(b"DataPoint", b"Step Type", b"Record ID", b"Record Index"),
            *(b"Relative Time", b"Total Time", *CURRENT_IN_CHINESE),
        ),
    ),
    Format(
        "Neware binary",
        (".nda", ".ndax"),
        "labctl.store.importers.neware_binary:read",
    ),
    Format(
        "workbook of Arbin or Neware",
        (".xlsx", ".xlsm", ".xls"),
        "labctl.store.importers.workbook:read",
    ),
    Format(
        "table of a spectrum",
        (".csv", ".txt"),
        "labctl.store.importers.spectrum_text:read",
        holds=(b"freq", b"Freq", b"FREQ"),
    ),
)
"""In the order in which they are tried: those with own first bytes first."""
INSTEAD = {
    ".res": "it is Arbin's database; export it from MITS Pro as CSV or xlsx",
}
"""Ending of a file that is known and not read -> what to do."""


def format_of(path: Path) -> Format | None:
    """Return the kind of a file; None: none that can be imported.

    StoreError: it cannot be opened.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError as e:
        raise StoreError(f"{path}: cannot be read: {e.strerror or e}") from e
    return next((each for each in FORMATS if each.is_this(path, head)), None)


def read(path: Path) -> ForeignFile:
    """Read a file of any known kind. StoreError: it is none, or is damaged."""
    kind = format_of(path)
    if kind is None:
        ending = path.suffix.lower()
        known = ", ".join(f"{each.name} ({each.endings[0]})" for each in FORMATS)
        instead = INSTEAD.get(ending, f"labctl reads {known}")
        raise StoreError(f"{path}: not a file that can be imported; {instead}")
    return _finite(kind.read(path))


def _finite(file: ForeignFile) -> ForeignFile:
    """Take what is infinite, in whichever format, for a cell without a number."""
    remarks: list[str] = []
    series, eis = (
        _finite_table(table, remarks) for table in (file.timeseries, file.eis)
    )
    if not remarks:
        return file
    return replace(file, timeseries=series, eis=eis, remarks=(*file.remarks, *remarks))


def _finite_table(table: ForeignTable, remarks: list[str]) -> ForeignTable:
    columns = dict(table)
    for name, column in table.items():
        infinite = np.isinf(column.values)
        if count := int(infinite.sum()):
            values = np.where(infinite, np.nan, column.values)
            columns[name] = replace(column, values=values)
            remarks.append(f"{count} rows of {column.title} are infinite: no number")
    return ForeignTable(columns)
