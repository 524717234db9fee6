"""EC-Lab's binary files as foreign readers see them, and as labctl does.

``python tests/peers/mpr_cases.py`` prints the table: file, reader, values compared,
largest deviation. The files are those in navani's source archive (MIT), which EC-Lab
11.32 and 11.50 wrote, and one made in each known layout.
"""

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import fetch_peers
import numpy as np
from peer_run import PROGRAMS, foreign

from labctl.store.importers.ec_lab.binary import read_mpr

if __name__ == "__main__":  # pytest knows the folder that tests share
    sys.path.insert(0, str(Path(__file__).parents[1] / "shared"))
from ec_lab_files import LAYOUTS, data, log, mpr

GROUPS: Mapping[str, str] = {"galvani": "peers-files", "yadg": "peers-files-pandas-2"}
"""Reader -> the extra that pins it."""
PUBLIC = (
    "00_test_01_OCV_C01.mpr",
    "00_test_02_MB_C01.mpr",
    "00_test_02_OCV_C01.mpr",
    "00_test_04_MB_C01.mpr",
    "jdb11-1_c3_gcpl_5cycles_2V-3p8V_C-24_data_C09.mpr",
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of one file and one reader."""

    file: str
    reader: str
    values: int = 0
    """How many numbers both have."""
    deviation: float = float("nan")
    """The largest, in the unit of its column."""
    said: str = ""
    """What went wrong."""


def public_file(name: str) -> Path:
    """Return a file of navani's archive."""
    return fetch_peers.source_of("navani") / "Example_data" / name


def made(folder: Path) -> dict[str, Path]:
    """Write one file in each known layout."""
    rows = 7
    columns: dict[int, list[float]] = {
        4: [10.0 * k for k in range(rows)],
        7: [0.0, *[-1e-3] * (rows - 1)],
        13: [-1e-3 * k for k in range(rows)],
        6: [3.0 - k / 64 for k in range(rows)],
        8: [-0.36] * rows,
        39: [float(k) for k in range(rows)],
        131: [float(k // 3) for k in range(rows)],
        212: [0.0] * rows,
    }
    out: dict[str, Path] = {}
    for layout in LAYOUTS:
        name = f"ids {layout.ids[1:]}, rows at {layout.start}"
        out[name] = folder / f"{layout.start}.mpr"
        payload = data(columns, layout, (1, 2, 3))
        out[name].write_bytes(mpr(payload, layout, Set=bytes(64), LOG=log()))
    return out


def compare(files: Mapping[str, Path], reader: str, folder: Path) -> list[Comparison]:
    """Let a foreign reader read files, and compare every number with ours."""
    answers = {name: folder / f"{k}.npz" for k, name in enumerate(files)}
    pairs = [str(p) for name in files for p in (files[name], answers[name])]
    program = str(PROGRAMS / "mpr_readers.py")
    done = foreign(program, reader, *pairs, group=GROUPS[reader], cwd=folder)
    return [
        _compared(name, path, reader, answers[name])
        if answers[name].exists()
        else Comparison(name, reader, said=done.stderr[-500:])
        for name, path in files.items()
    ]


def _compared(name: str, path: Path, reader: str, answer: Path) -> Comparison:
    ours = read_mpr(path)
    values, worst = 0, 0.0
    with np.load(answer) as theirs:
        for title in theirs.files:
            if title == "started":
                if ours.started is None or ours.started.isoformat() != theirs[title][0]:
                    return Comparison(name, reader, said=f"began {theirs[title][0]}")
                continue
            if title not in ours.columns:
                return Comparison(name, reader, said=f"we have no {title}")
            right = theirs[title].astype(np.float64)
            if right.shape != ours.columns[title].shape:
                return Comparison(name, reader, said=f"{len(right)} rows")
            values += len(right)
            worst = max(worst, float(np.abs(ours.columns[title] - right).max()))
    return Comparison(name, reader, values, worst)


def main() -> None:
    """Print the table."""
    public = {name: public_file(name) for name in PUBLIC}
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        found = compare(made(folder), "galvani", folder)
        for reader in GROUPS:
            (folder / reader).mkdir()
            found += compare(public, reader, folder / reader)
    for one in found:
        said = one.said or one.deviation
        sys.stdout.write(f"| {one.file} | {one.reader} | {one.values} | {said} |\n")


if __name__ == "__main__":
    main()
