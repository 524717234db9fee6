"""Foreign readers on cyclers' own files: columns by the names that each gives.

``python cycler_readers.py JOBS ANSWERS``: as `file_readers`, whose `main` it is.
"""

import importlib
import sys
from pathlib import Path
from typing import Any

import file_readers
from file_readers import Columns, main


def fastnda(path: Path) -> Columns:
    """``fastnda.read(path, cycle_mode="raw")``."""
    reader: Any = importlib.import_module("fastnda")
    table = reader.read(path, cycle_mode="raw")
    return {
        name: [float(number) for number in table[name].to_list()]
        for name in table.columns
        if name != "step_type"
    }


file_readers.READERS = {"fastnda": fastnda}

if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
