"""Foreign readers and labctl's find the same numbers in other programs' files."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from gamry_files import CHARGE, CURVE, ZCURVE, dta, table
from needs_peers import needs_peers
from peer_run import PROGRAMS, foreign
from wonatech_files import Row, wrd

from labctl.store.importers.foreign import ForeignFile
from labctl.store.importers.readers import read

LATER = [(k, t + 20.0, v, -i, u, over) for k, t, v, i, u, over in CHARGE]
POINTS = [(10.0 ** (4 - k), 10.0 + k, -2.0 - k) for k in range(9)]
ZCURVE_ROWS = [
    (k, k, f, re, im, 1, abs(complex(re, im)), -20, 1e-6, 1.3, 10)
    for k, (f, re, im) in enumerate(POINTS)
]
TITLES = "  Freq(Hz)\tAmpl\tBias\tTime(Sec)\tZ'(a)\tZ''(b)\tGD\tErr\tRange"
COMMENTS = ["ZPLOT2 ASCII", *(f"comment {k}" for k in range(20)), TITLES]
COMMENTS.append("End Comments")
ROW = "{:.6E}\t0.01\t3.0\t{}\t{:.6E}\t{:.6E}\t0\t0\t1"
FILES = {
    "cv.dta": dta(
        table("CURVE1", CURVE, CHARGE), table("CURVE2", CURVE, LATER), TAG="CV"
    ),
    "eis.dta": dta(table("ZCURVE", ZCURVE, ZCURVE_ROWS), TAG="EISPOT"),
    "eis.z": "\n".join(
        [*COMMENTS, *(ROW.format(f, k, a, b) for k, (f, a, b) in enumerate(POINTS))]
    )
    + "\n",
}
SERIES = {"T": "test_time_second", "Vf": "voltage_volt", "Im": "current_ampere"}
GAMRY = {"Freq": "frequency_hertz", "Zreal": "real_impedance_ohm"}
GAMRY |= {"Zimag": "imaginary_impedance_ohm", "Vdc": "voltage_volt"}
SPECTRUM_NAMES = {"f": "frequency_hertz", "Re Z": "real_impedance_ohm"}
SPECTRUM_NAMES |= {"Im Z": "imaginary_impedance_ohm"}
CASES = [
    ("gamry_parser", "cv.dta", SERIES),
    ("gamry_parser", "eis.dta", GAMRY),
    ("impedance_gamry", "eis.dta", SPECTRUM_NAMES),
    ("pyimpspec", "eis.dta", SPECTRUM_NAMES),
    ("impedance_zplot", "eis.z", SPECTRUM_NAMES),
    ("pyimpspec", "eis.z", SPECTRUM_NAMES),
]


def told_by(jobs: list[tuple[str, Path]], folder: Path) -> list[dict[str, list[float]]]:
    """Return what foreign readers find, each in its file."""
    asked, answers = folder / "jobs.json", folder / "answers.json"
    asked.write_text(json.dumps([[name, str(path)] for name, path in jobs]))
    program = str(PROGRAMS / "input_readers.py")
    done = foreign(program, str(asked), str(answers), group="peers-files", cwd=folder)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(answers.read_text())
    assert not [each["error"] for each in found if "error" in each]
    return [each["columns"] for each in found]


def ours(file: ForeignFile, name: str) -> np.ndarray:
    """Return a column of whichever table has rows."""
    values = (file.eis if file.eis.rows else file.timeseries).numbers(name)
    assert values is not None
    return values


@needs_peers
def test_the_same_numbers_are_found_in_text_files(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "latin-1")

    told = told_by([(who, tmp_path / name) for who, name, _ in CASES], tmp_path)

    for (who, name, columns), found in zip(CASES, told, strict=True):
        file = read(tmp_path / name)
        for theirs, own in columns.items():
            words = f"{who}, {name}, {theirs}"
            np.testing.assert_array_equal(ours(file, own), found[theirs], words)


@needs_peers
def test_the_same_schedule_is_found_in_a_wrd_file(tmp_path: Path) -> None:
    path = tmp_path / "cell.wrd"
    path.write_bytes(wrd([Row(0.0, 1, 3.0, 0.0)]))

    (told,) = told_by([("nrbf", path)], tmp_path)

    file = read(path)
    steps = file.facts["schedule"]
    kinds = {0.0: "CC", 7.0: "REST", 13.0: "CCCV"}
    assert [step["control"] for step in steps] == [kinds[k] for k in told["kinds"]]
    driven = [step["current_ampere"] or 0.0 for step in steps]
    assert driven == told["amperes"]
    assert [step["voltage_volt"] or 0.0 for step in steps] == told["volts"]
    since = datetime(1, 1, 1) + timedelta(seconds=told["start"][0] / 1e7)  # noqa: DTZ001
    assert file.started == since
