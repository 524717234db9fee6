"""EC-Lab's files, as small as they get: a discharge, a rest and a charge of 1 mAh."""

import struct
from pathlib import Path

import numpy as np
from foreign_samples import ForeignSample

TITLES = (
    *("time/s", "Ewe/V", "<I>/mA", "dq/mA.h", "(Q-Qo)/mA.h"),
    *("half cycle", "cycle number", "Ns"),
)
IDS = {"time/s": 4, "Ewe/V": 6, "dq/mA.h": 7, "(Q-Qo)/mA.h": 13, "half cycle": 212}
TYPES = {4: "<f8", 6: "<f4", 7: "<f8", 13: "<f8", 212: "<u4"}


def rows() -> dict[str, np.ndarray]:
    """Return the columns: 1 mA out for 1 h, 10 min of rest, 1 mA in for 1 h."""
    step = np.r_[0.0, np.full(12, 300.0), np.full(2, 300.0), np.full(12, 300.0)]
    current = np.r_[0.0, np.full(12, -1.0), np.zeros(2), np.full(12, 1.0)]
    time, charge = np.cumsum(step), current * step / 3600
    return {
        "time/s": time,
        "Ewe/V": 3.0 + 0.3 * np.cumsum(charge) + 1e-3 * np.sin(time),
        "<I>/mA": current,
        "dq/mA.h": charge,
        "(Q-Qo)/mA.h": np.cumsum(charge),
        "half cycle": np.r_[np.zeros(15), np.ones(12)],
        "cycle number": np.zeros(27),
        "Ns": np.r_[np.zeros(13), np.ones(2), np.full(12, 2.0)],
    }


def text(folder: Path, without: frozenset[str] = frozenset()) -> Path:
    """Write a ``.mpt`` file."""
    columns = {name: v for name, v in rows().items() if name not in without}
    head = [
        *("EC-Lab ASCII FILE", "Nb header lines : 8", ""),
        *("Galvanostatic Cycling with Potential Limitation", "", "Run on channel : 1"),
        "Acquisition started on : 01/15/2024 09:00:00.000",
        "\t".join((*columns, "")),
    ]
    lines = [
        "\t".join([*(f"{x:.9E}" for x in row), ""])
        for row in zip(*columns.values(), strict=True)
    ]
    path = folder / "gcpl.mpt"
    path.write_bytes("\r\n".join([*head, *lines, ""]).encode("latin-1"))
    return path


def without_header(folder: Path, without: frozenset[str] = frozenset()) -> Path:
    """Write a ``.txt`` file that begins with its titles."""
    whole = text(folder, without).read_bytes().split(b"\r\n", 7)[-1]
    path = folder / "gcpl.txt"
    path.write_bytes(whole)
    return path


def binary(folder: Path, without: frozenset[str] = frozenset()) -> Path:
    """Write a ``.mpr`` file: its module of data alone."""
    columns = {
        IDS[name]: v
        for name, v in rows().items()
        if name in IDS and name not in without
    }
    table = np.rec.fromarrays(
        list(columns.values()), dtype=[(f"c{one}", TYPES[one]) for one in columns]
    )
    ids = np.array(list(columns), "<u2").tobytes()
    head = struct.pack("<IB", len(table), len(columns)) + ids
    payload = head.ljust(405, b"\0") + table.tobytes()
    module = b"MODULE" + b"VMP data".ljust(10) + b"VMP data".ljust(25)
    module += struct.pack("<II", len(payload), 2) + b"01/15/24" + payload
    path = folder / "gcpl.mpr"
    path.write_bytes(b"BIO-LOGIC MODULAR FILE\x1a".ljust(48) + b"\0" * 4 + module)
    return path


SAMPLES = {
    "EC-Lab text": ForeignSample(text, TITLES),
    "EC-Lab text without its header": ForeignSample(without_header, TITLES),
    "EC-Lab binary": ForeignSample(binary, tuple(IDS)),
}
