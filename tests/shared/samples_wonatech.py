"""WonATech's files, as small as they get: their layout is fixed."""

from pathlib import Path

import wonatech_files
from foreign_samples import ForeignSample
from wonatech_files import Row


def wrd(folder: Path, _without: frozenset[str] = frozenset()) -> Path:
    """Write a charge of 1 mA."""
    rows = [
        Row(10.0 * k, 1, 3.0 + 0.01 * k, 1e-3 if k else 0.0, charge=1e-3 * k / 360)
        for k in range(6)
    ]
    path = folder / "cell.wrd"
    path.write_bytes(wonatech_files.wrd(rows))
    return path


SAMPLES = {"WonATech": ForeignSample(wrd)}
