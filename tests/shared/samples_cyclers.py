"""Files of Arbin, Neware, Maccor and Basytec, as small as they get: one cell each.

A discharge of 1 mA for an hour, a rest of ten minutes, a charge of 1 mA for an hour,
a row every five minutes: 13, 3 and 13 rows. Written from the makers' titles and, for
``.nda``, from its layout, not with the package that reads it.
"""

import csv
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import openpyxl
from foreign_samples import ForeignSample

STARTED = datetime(2024, 1, 15, 9, 0, 0)  # noqa: DTZ001  (makers name no zone)
STEPS = ((-1.0, 12), (0.0, 2), (1.0, 12))
"""Current in mA and number of intervals of 300 s."""
Numbers = dict[str, np.ndarray]


def rows() -> Numbers:
    """Return time and step time in s, mA, V, mAh and mWh, counted per step."""
    parts = []
    begun = 0.0
    for number, (current, intervals) in enumerate(STEPS, start=1):
        since = 300.0 * np.arange(intervals + 1)
        charge = abs(current) * since / 3600
        parts.append(
            {
                "time": begun + since,
                "step_time": since,
                "step": np.full(intervals + 1, number),
                "current": np.full(intervals + 1, current),
                "voltage": 3.5 + np.sign(current) * 0.3 * charge + 1e-4 * since / 300,
                "charged": charge * (current > 0),
                "discharged": charge * (current < 0),
            }
        )
        begun += since[-1]
    whole = {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
    return {**whole, "index": np.arange(1.0, 1 + len(whole["time"]))}


def so_far(r: Numbers, name: str) -> np.ndarray:
    """Return a counter of a step as one that never restarts."""
    gained = np.diff(r[name], prepend=0.0)
    return np.cumsum(np.where(r["step_time"] == 0, 0.0, gained))


def clock(seconds: float) -> str:
    """Return ``h:mm:ss.fff``."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes // 60:.0f}:{minutes % 60:02.0f}:{rest:06.3f}"


def moments(r: Numbers) -> list[datetime]:
    """Return the date of each row."""
    return [STARTED + timedelta(seconds=float(t)) for t in r["time"]]


Cells = dict[str, Iterable[object]]


def arbin() -> Cells:
    """Return Arbin's titles and cells; its counters never restart."""
    r = rows()
    return {
        "Data_Point": r["index"].astype(int),
        "Test_Time(s)": r["time"],
        "Date_Time": [f"{each:%m/%d/%Y %H:%M:%S}" for each in moments(r)],
        "Step_Time(s)": r["step_time"],
        "Step_Index": r["step"],
        "Cycle_Index": np.ones(len(r["time"]), int),
        "Current(A)": 1e-3 * r["current"],
        "Voltage(V)": r["voltage"],
        "Charge_Capacity(Ah)": 1e-3 * so_far(r, "charged"),
        "Discharge_Capacity(Ah)": 1e-3 * so_far(r, "discharged"),
        # 0 until one is measured
        "Internal_Resistance(Ohm)": np.where(r["step"] == 1, 0.0, 0.05),
        "Aux_Temperature_1(C)": np.full(len(r["time"]), 25.0),
    }


def neware() -> Cells:
    """Return Neware's titles and cells; its counters are of the step."""
    r = rows()
    names = ("CC DChg", "Rest", "CC Chg")
    return {
        "DataPoint": r["index"].astype(int),
        "Cycle Index": np.ones(len(r["time"]), int),
        "Step Index": r["step"],
        "Step Type": [names[k - 1] for k in r["step"]],
        "Time": [clock(t) for t in r["step_time"]],
        "Total Time": [clock(t) for t in r["time"]],
        "Current(mA)": r["current"],
        "Voltage(V)": r["voltage"],
        "Capacity(mAh)": r["charged"] + r["discharged"],
        "Chg. Cap.(mAh)": r["charged"],
        "DChg. Cap.(mAh)": r["discharged"],
        "Date": [f"{each:%Y-%m-%d %H:%M:%S}" for each in moments(r)],
    }


def maccor() -> Cells:
    """Return Maccor's titles and cells: nothing has a sign but the state."""
    r = rows()
    return {
        "Rec#": r["index"].astype(int),
        "Cyc#": np.zeros(len(r["time"]), int),
        "Step": r["step"],
        "TestTime": ["  0d " + clock(t)[:-1] for t in r["time"]],
        "StepTime": ["  0d " + clock(t)[:-1] for t in r["step_time"]],
        "Amp-hr": 1e-3 * (r["charged"] + r["discharged"]),
        "Watt-hr": 3e-3 * (r["charged"] + r["discharged"]),
        "Amps": 1e-3 * abs(r["current"]),
        "Volts": r["voltage"],
        "State": ["DRC"[k - 1] for k in r["step"]],
        "ES": np.ones(len(r["time"]), int),
        "DPt Time": [f"{each:%m/%d/%Y %I:%M:%S %p}" for each in moments(r)],
    }


def basytec() -> Cells:
    """Return Basytec's titles and cells: a balance of charge."""
    r = rows()
    balance = so_far(r, "charged") - so_far(r, "discharged")
    return {
        "Time[h]": r["time"] / 3600,
        "DataSet": r["index"].astype(int),
        "t-Step[h]": r["step_time"] / 3600,
        "Line": r["step"],
        "Command": [("Discharge", "Pause", "Charge")[k - 1] for k in r["step"]],
        "U[V]": r["voltage"],
        "I[A]": 1e-3 * r["current"],
        "Ah[Ah]": 1e-3 * balance,
        "T1[°C]": np.full(len(r["time"]), 25.0),
        "Cyc-Count": np.zeros(len(r["time"]), int),
    }


def table(cells: Cells, without: Iterable[str] = ()) -> list[list[object]]:
    """Return titles and rows, without some of the columns."""
    kept = {title: v for title, v in cells.items() if title not in set(without)}
    values = zip(*kept.values(), strict=True)
    return [list(kept), *(list(row) for row in values)]


def changed_table(
    cells: Cells, changed: Mapping[str, Iterable[object] | None]
) -> list[list[object]]:
    """Return titles and rows with other cells; None leaves a column out."""
    every = {**cells, **changed}
    return table({title: v for title, v in every.items() if v is not None})


def text(
    path: Path,
    grid: Sequence[Sequence[object]],
    separator: str = ",",
    head: Sequence[str] = (),
    encoding: str = "utf-8",
) -> Path:
    """Write a table as text, numbers to the last bit."""
    with path.open("w", encoding=encoding, newline="") as file:
        file.writelines(line + "\r\n" for line in head)
        csv.writer(file, delimiter=separator).writerows(grid)
    return path


def workbook(path: Path, sheets: dict[str, Sequence[Sequence[object]]]) -> Path:
    """Write sheets as a workbook."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, grid in sheets.items():
        sheet = book.create_sheet(name)
        for row in grid:
            sheet.append([v.item() if isinstance(v, np.generic) else v for v in row])
    book.save(path)
    return path


MACCOR_HEAD = ("Today's Date\t01/16/2024\tFilename:\tA17.001", "Procedure:\tC10")
BASYTEC_HEAD = (
    "~Resultfile from Basytec Battery Test System",
    "~Date and Time of Data Converting: 16.01.2024 10:00:00",
    "~Name of Test: C10",
    "~Battery: A17",
    "~Testchannel: 3",
    "~Start of Test: 15.01.2024 09:00:00",
    "~Operator (Test): Kim",
)


def write_arbin(folder: Path, without: frozenset[str] = frozenset()) -> Path:
    """Write a CSV of MITS Pro."""
    return text(folder / "arbin.csv", table(arbin(), without))


def write_neware(folder: Path, without: frozenset[str] = frozenset()) -> Path:
    """Write a CSV of BTSDA."""
    return text(folder / "neware.csv", table(neware(), without))


def write_maccor(folder: Path, without: frozenset[str] = frozenset()) -> Path:
    """Write a text export."""
    grid = table(maccor(), without)
    return text(folder / "maccor.txt", grid, "\t", MACCOR_HEAD)


def write_basytec(folder: Path, without: frozenset[str] = frozenset()) -> Path:
    """Write a text export."""
    grid = table(basytec(), without)
    grid[0][0] = f"~{grid[0][0]}"
    path = folder / "basytec.txt"
    return text(path, grid, "\t", BASYTEC_HEAD, "latin-1")


def write_workbook(folder: Path, without: frozenset[str] = frozenset()) -> Path:
    """Write Arbin's rows on two channel sheets, as long ones are, in wrong order."""
    titles, *cells = table(arbin(), without)
    sheets: dict[str, Sequence[Sequence[object]]] = {
        "Global_Info": [["TEST REPORT"]],
        "Channel_1-008_2": [titles, *cells[20:]],
        "Channel_1-008_1": [titles, *cells[:20]],
    }
    return workbook(folder / "arbin.xlsx", sheets)


def nda_record(index: int, r: Numbers, at: int, span: int, cycle: int = 0) -> bytes:
    """Return a record of an ``.nda`` of version 29; mA ranges count in 0.1 µA."""
    moment = moments(r)[at]
    status = {1: 2, 2: 4, 3: 1}[int(r["step"][at])]
    per_ma = {1: 1e4, 10: 1e3, 1000: 10}.get(span, 1e4)
    coulomb = [3600 * per_ma * float(r[n][at]) for n in ("charged", "discharged")]
    energy = [3 * each for each in coulomb]
    head = struct.pack("<HIIHB", 0x55, index, cycle, int(r["step"][at]), status)
    body = struct.pack(
        "<xQii8xqqqq",
        round(1000 * r["step_time"][at]),
        round(1e4 * r["voltage"][at]),
        round(per_ma * r["current"][at]),
        *map(round, (*coulomb, *energy)),
    )
    when = struct.pack("<HBBBBBx", *moment.timetuple()[:6])
    return head + body + when + struct.pack("<i4x", span)


def nda(path: Path, r: Numbers, span: int = 1) -> Path:
    """Write an ``.nda`` of version 29."""
    header = bytearray(b"NEWARE".ljust(0x1000, b"\xff"))
    header[14] = 29
    records = [
        nda_record(int(index), r, at, span) for at, index in enumerate(r["index"])
    ]
    path.write_bytes(bytes(header) + bytes(4) + b"".join(records))
    return path


def write_nda(folder: Path, _: frozenset[str] = frozenset()) -> Path:
    """Write an ``.nda``."""
    return nda(folder / "neware.nda", rows())


Write = Callable[[Path, frozenset[str]], Path]
SAMPLES = {
    "Arbin CSV": ForeignSample(write_arbin, tuple(arbin())),
    "Neware text": ForeignSample(write_neware, tuple(neware())),
    "Maccor text": ForeignSample(write_maccor, tuple(maccor())),
    "Basytec text": ForeignSample(write_basytec, tuple(basytec())),
    "workbook of Arbin or Neware": ForeignSample(write_workbook, tuple(arbin())),
    "Neware binary": ForeignSample(write_nda),
}
