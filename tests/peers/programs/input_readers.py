"""Foreign readers on other programs' files: columns by the names that each gives.

``python input_readers.py JOBS ANSWERS``: as `file_readers`, whose `main` it is.
"""

import importlib
import sys
from pathlib import Path
from typing import Any

import file_readers
from file_readers import Columns, impedance_zplot, main, pyimpspec


def gamry_parser(path: Path) -> Columns:
    """``GamryParser().load(path)``, then ``get_curves()``."""
    reader: Any = importlib.import_module("gamry_parser").GamryParser()
    reader.load(str(path))
    found: Columns = {}
    for curve in reader.get_curves():
        for title in curve.columns:
            numbers = curve[title].tolist()
            if all(isinstance(number, int | float) for number in numbers):
                found.setdefault(title, []).extend(numbers)
    return found


def impedance_gamry(path: Path) -> Columns:
    """``impedance.preprocessing.readGamry(path)``."""
    reader: Any = importlib.import_module("impedance.preprocessing")
    frequency, impedance = reader.readGamry(str(path))
    return {
        "f": frequency.tolist(),
        "Re Z": impedance.real.tolist(),
        "Im Z": impedance.imag.tolist(),
    }


def nrbf(path: Path) -> Columns:
    """``nrbf.loads(bytes)``: the first stream of a ``.wrd`` file's head."""
    head = importlib.import_module("nrbf").loads(path.read_bytes())
    told = head["<SeqDataSet>k__BackingField"]["<SeqDataList>k__BackingField"]
    (sequence,) = [each for each in told if each]
    plan = sequence["<SchData>k__BackingField"]["<SchStepList>k__BackingField"]
    controls = [step["<Control>k__BackingField"] for step in plan if step]
    return {
        "kinds": [float(each["<Type>k__BackingField"]) for each in controls],
        "amperes": [each["<Value>k__BackingField"] for each in controls],
        "volts": [each["<Value2>k__BackingField"] for each in controls],
        "start": [float(head["<StartTime>k__BackingField"] & ((1 << 62) - 1))],
    }


file_readers.READERS = {
    one.__name__: one
    for one in (gamry_parser, impedance_gamry, impedance_zplot, nrbf, pyimpspec)
}

if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
