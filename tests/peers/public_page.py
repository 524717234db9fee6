"""Makes ``docs/reference/public-files.md``: real files, their reader, who agrees.

``python tests/peers/public_page.py``. The files are those of navani's source archive
(MIT); each line names the test that reads both and compares.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from fetch_peers import all_pins, pins

if __name__ == "__main__":  # pytest knows the folder that tests share
    sys.path.insert(0, str(Path(__file__).parents[1] / "shared"))
import mpr_cases

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "public-files.md"
HEAD = """# Real files, compared with other readers

Files that instruments wrote and other people published: those in the source archive of
navani {navani} (MIT). Each check of labctl fetches them, reads them, lets the other
reader read them in a process of its own, and compares. `tests/peers/public_page.py`
makes this page; do not edit it. Files whose values are known beforehand are in
[files with known values](files.md).

| file | reader | right value is that of | compared | ours deviates by |
|---|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class PublicFile:
    """What a test compares of one file with one source of right values."""

    file: str
    reader: str
    beside: str
    compared: str
    deviation: str = "none"


BINARY = tuple(
    PublicFile(file, "EC-Lab binary", reader, "every column that both read")
    for file in mpr_cases.PUBLIC
    for reader in mpr_cases.GROUPS
)
OWN_RECORD = (
    PublicFile(
        mpr_cases.PUBLIC[-1],
        "EC-Lab binary",
        "its own set current",
        "the current, which the file lacks, from dq",
        "< 5e-4, median",
    ),
    PublicFile(
        mpr_cases.PUBLIC[-1],
        "EC-Lab binary",
        "its own charge of each half cycle",
        "sum of dq",
        "≤ 1e-12 Ah",
    ),
)
CYCLERS = (
    *(
        PublicFile(
            name,
            "Neware binary",
            "fastnda",
            "voltage, current, both times, record, cycle, charge of the step",
            "≤ 2e-7, single precision",
        )
        for name in ("test.nda", "test.ndax")
    ),
    PublicFile(
        "bs542_004_gr_li_50ua_50mv_1v_191020_Channel_11.xlsx",
        "workbook of Arbin or Neware",
        "openpyxl",
        "time, step, voltage, current, both charges",
    ),
    PublicFile(
        "maccor_example.txt",
        "Maccor text",
        "its own states",
        "37 rows, signs of the current; its Amp-hr contradicts itself: not taken",
    ),
)


def page() -> str:
    """Write the page."""
    rows = [
        f"| {one.file} | {one.reader} | {_named(one.beside)} | {one.compared} "
        f"| {one.deviation} |"
        for one in (*BINARY, *OWN_RECORD, *CYCLERS)
    ]
    navani = pins("peers-samples")["navani"]
    return HEAD.format(navani=navani) + "\n".join(rows) + "\n"


def _named(beside: str) -> str:
    """Return a reader with the version that is pinned."""
    for group in all_pins().values():
        if beside in group:
            return f"{beside} {group[beside]}"
    return beside


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
