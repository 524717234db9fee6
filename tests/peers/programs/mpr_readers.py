"""Foreign readers of EC-Lab's binary files: columns by labctl's titles.

``python mpr_readers.py READER FILE ANSWER.npz …``, pairs; READER is ``galvani``
or ``yadg``.
"""

import importlib
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np

Columns = dict[str, Any]
YADG = {
    "time": "time/s",
    "Ewe": "Ewe/V",
    "I": "I/mA",
    "dq": "dq/mA.h",
    "(Q-Qo)": "(Q-Qo)/mA.h",
    "Q charge or discharge": "Q charge/discharge/mA.h",
    "half cycle": "half cycle",
    "Pwe": "P/W",
    "|Energy|": "|Energy|/W.h",
    "Ns": "Ns",
    "mode": "mode",
    "ox or red": "ox/red",
    "error": "error",
    "control changes": "control changes",
    "Ns changes": "Ns changes",
    "counter inc.": "counter inc.",
}
"""yadg's name -> EC-Lab's title."""


def galvani(path: Path) -> Columns:
    """``galvani.BioLogic.MPRfile(path)``: rows, flags, and the start."""
    reader: Any = importlib.import_module("galvani.BioLogic")
    file = reader.MPRfile(str(path))
    out = {name: file.data[name] for name in file.data.dtype.names if name != "flags"}
    out |= {name: file.get_flag(name) for name in file.flags_dict}
    if hasattr(file, "timestamp"):
        out["started"] = np.array([file.timestamp.isoformat()])
    return out


def yadg(path: Path) -> Columns:
    """``yadg.extractors.extract("eclab.mpr", path)``."""
    reader: types.ModuleType = importlib.import_module("yadg.extractors")
    tree: Any = reader.extract("eclab.mpr", path, timezone="UTC").to_dataset()
    return {title: tree[name].values for name, title in YADG.items() if name in tree}


def main() -> None:
    """Read files with one reader."""
    name, *rest = sys.argv[1:]
    for path, answer in zip(rest[::2], rest[1::2], strict=True):
        columns = {"galvani": galvani, "yadg": yadg}[name](Path(path))
        arrays: Any = {title: np.asarray(v) for title, v in columns.items()}
        np.savez(answer, **arrays)


if __name__ == "__main__":
    main()
