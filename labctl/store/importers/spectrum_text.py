"""Read a spectrum out of a table of text whose titles say what is what, in which unit.

What programs and people write down: ``Freq (Hz), Z' (Ohm), -Z'' (Ohm)``,
``freq/Hz<tab>|Z|/Ohm<tab>Phase/deg``. A minus in front of a title is part of what it
says. A table without titles, or a title without a unit, is refused: three columns of
numbers do not say whether the third is Z'' or -Z''.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

from labctl.errors import StoreError
from labctl.store.importers.delimited import (
    LOOK_FOR_TITLES,
    SEPARATORS,
    Sheet,
    Taken,
    TextFile,
)
from labctl.store.importers.foreign import (
    EMPTY,
    ForeignColumn,
    ForeignFile,
    ForeignTable,
)
from labctl.store.importers.sweeps import doubts_of_sign, spectrum_of
from labctl.store.importers.titles import Kind, Quantity

CURE: Final = "give it titles such as Freq (Hz), Z' (Ohm), Z'' (Ohm)"

_SAME: Mapping[str, str] = {
    "−": "-",
    "–": "-",
    "′": "'",
    "\u2019": "'",
    '"': "''",
    "″": "''",
    "Ω": "ohm",
    "\u2126": "ohm",
}
_OHM = {
    **dict.fromkeys(("ohm", "Ohm", "ohms", "Ohms", "OHM"), 1.0),
    **dict.fromkeys(("mohm", "mOhm"), 1e-3),
    **dict.fromkeys(("kohm", "kOhm"), 1e3),
    **dict.fromkeys(("Mohm", "MOhm"), 1e6),
}
_UNITS: Mapping[str, Mapping[str, float]] = {
    "frequency_hertz": {"Hz": 1.0, "hz": 1.0, "HZ": 1.0, "kHz": 1e3, "MHz": 1e6},
    "phase_degree": {"deg": 1.0, "°": 1.0, "degree": 1.0, "rad": 180 / math.pi},
    "test_time_second": {"s": 1.0, "sec": 1.0},
}
"""Unit → ours; of every other quantity `_OHM`. Large and small letters differ."""
_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("freq", "frequency", "f"), "frequency_hertz"),
    **dict.fromkeys(
        ("z'", "zreal", "zre", "rez", "re", "real", "realz", "realimpedance"),
        "real_impedance_ohm",
    ),
    **dict.fromkeys(
        ("z''", "zimag", "zim", "imz", "im", "imag", "imagz", "imaginaryimpedance"),
        "imaginary_impedance_ohm",
    ),
    **dict.fromkeys(
        ("|z|", "zmod", "modz", "mag", "magnitude", "modulus", "absoluteimpedance"),
        "absolute_impedance_ohm",
    ),
    **dict.fromkeys(
        ("phase", "zphz", "phasez", "phaseangle", "theta", "phi"), "phase_degree"
    ),
    "time": "test_time_second",
}
"""Letters of a title, without blanks, underscores and ``(Z)`` → what it is."""
_TITLE = re.compile(
    r"(?P<minus>-?)(?P<words>.*?)[\s_]*"
    r"(?:\((?P<round>[^()]*)\)|\[(?P<square>[^\[\]]*)\]|/(?P<slash>[^/]*))\Z"
)


def read(path: Path) -> ForeignFile:
    """Read a spectrum's table. StoreError: no titles, or they do not say enough."""
    sheet = _sheet(TextFile.read(path, "cp1252"))
    taken = sheet.take()
    columns = dict(_columns(path, taken))
    doubts = doubts_of_sign(columns["imaginary_impedance_ohm"])
    return ForeignFile(
        path,
        "table of a spectrum",
        EMPTY,
        ForeignTable(columns),
        settings=tuple(sheet.head),
        untaken=taken.untaken,
        remarks=(*taken.remarks, *doubts),
    )


def meaning_of(title: str) -> tuple[str, float] | None:
    """Return a title's quantity and the factor to its unit; None: it says neither.

    The factor is negative where the title begins with a minus.
    """
    text = title.strip().strip('"').strip()
    for other, plain in _SAME.items():
        text = text.replace(other, plain)
    match = _TITLE.match(text)
    if match is None:
        return None
    unit = (match["round"] or match["square"] or match["slash"] or "").strip()
    words = re.sub(r"[\s_]|\((?=z\))|(?<=\(z)\)", "", match["words"].lower())
    words = words.replace("(z", "z")
    name = _WORDS.get(words)
    if name is None:
        return None
    factor = _UNITS.get(name, _OHM).get(unit)
    if factor is None:
        return None
    return name, -factor if match["minus"] else factor


def _sheet(text: TextFile) -> Sheet:
    for at, line in enumerate(islice(text.lines, LOOK_FOR_TITLES)):
        for separator in SEPARATORS:
            titles = [cell.strip() for cell in line.split(separator)]
            meant = {k: m for k, t in enumerate(titles) if (m := meaning_of(t))}
            names = [name for name, _ in meant.values()]
            if not _enough(names):
                continue
            if len(set(names)) < len(names):
                raise StoreError(
                    f"{text.path}:{at + 1}: two titles say one quantity ("
                    f"{', '.join(titles)}); leave one of them out"
                )
            takes = {
                k: (Quantity(name, Kind.COUNT), factor)
                for k, (name, factor) in meant.items()
            }
            return Sheet(
                *(text.path, text.lines[:at], titles, takes, text.lines),
                first=at + 1,
                separator=separator,
                ended=text.ended,
            )
    raise StoreError(
        f"{text.path}: no line of titles says which columns are frequency, Z' and "
        f"Z'' (or |Z| and phase) in which units: {CURE}"
    )


def _enough(names: Sequence[str]) -> bool:
    cartesian = {"real_impedance_ohm", "imaginary_impedance_ohm"}
    polar = {"absolute_impedance_ohm", "phase_degree"}
    found = set(names)
    return "frequency_hertz" in found and (cartesian <= found or polar <= found)


def _columns(path: Path, taken: Taken) -> Iterator[tuple[str, ForeignColumn]]:
    columns = taken.columns
    yield from columns.items()
    yield "spectrum_id", spectrum_of(path, columns["frequency_hertz"])
    if "real_impedance_ohm" in columns and "imaginary_impedance_ohm" in columns:
        return
    size, phase = columns["absolute_impedance_ohm"], columns["phase_degree"]
    z = size.values * np.exp(1j * np.radians(phase.values))
    title, rule = f"{size.title}, {phase.title}", "impedance-from-polar"
    yield "real_impedance_ohm", ForeignColumn(z.real, title, rule)
    yield "imaginary_impedance_ohm", ForeignColumn(z.imag, title, rule)
