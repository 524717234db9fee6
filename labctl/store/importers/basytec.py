"""Read Basytec's text exports: lines that begin with ``~``, the last one the titles.

Latin-1. ``Ah`` is the balance of charge since the test began, unless the test plan sets
it back: then it does not follow the current, and is not taken.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from labctl.errors import StoreError
from labctl.store.importers.counters import follows
from labctl.store.importers.cycler_rows import CyclerRows, told_start
from labctl.store.importers.delimited import SEPARATORS, SPACES, TextFile
from labctl.store.importers.foreign import ForeignFile
from labctl.store.importers.titles import Kind, Quantity

PROGRAM = "Basytec"
MARK = "~"
TITLES = {
    "time()": Quantity("test_time_second", Kind.TIME),
    "t-step": Quantity("step_time_second", Kind.TIME),
    "line": Quantity("step_id", Kind.COUNT),
    "cyc-count": Quantity("cycle_count", Kind.COUNT),
    "dataset": Quantity("record_index", Kind.COUNT),
    "u": Quantity("voltage_volt", Kind.VOLTAGE),
    "i": Quantity("current_ampere", Kind.CURRENT),
    "p": Quantity("power_watt", Kind.POWER),
    "ah": Quantity("net_capacity_ah", Kind.CHARGE),
    "wh": Quantity("net_energy_wh", Kind.ENERGY),
    "ah-step": Quantity("step_net_capacity_ah", Kind.CHARGE, "Ah"),
    **{
        f"t{n}": Quantity(f"temperature_t{n}_celsius", Kind.TEMPERATURE)
        for n in range(1, 6)
    },
}
NEEDS = ("test_time_second", "voltage_volt", "current_ampere")
BALANCES = ("net_capacity_ah", "net_energy_wh", "step_net_capacity_ah")
FACTS: Mapping[str, str] = {
    "Battery": "cell",
    "Testchannel": "channel",
    "Operator (Test)": "operator",
    "Name of Test": "comment",
}
"""Word of the header -> fact."""
_LINE = re.compile(r"^~(?P<word>[^:\[\]]+?)\s*:\s*(?P<said>.*?)\s*$")


def read(path: Path) -> ForeignFile:
    """Read a text export. StoreError names file, line and cure."""
    text = TextFile.read(path, "latin-1")
    head = [line for line in text.lines[:400] if line.startswith(MARK)]
    if not head:
        raise StoreError(f"{path}: no line begins with `{MARK}`; not of Basytec")
    sheet = text.sheet(TITLES, NEEDS, (*SEPARATORS, SPACES))
    rows = CyclerRows.of(path, PROGRAM, sheet.take())
    _check_balances(rows)
    said = {m["word"].strip(): m["said"] for line in head if (m := _LINE.match(line))}
    facts = {fact: said[word] for word, fact in FACTS.items() if said.get(word)}
    file = rows.file(head, facts)
    start = said.get("Start of Test", "")
    return told_start(file, start) if start else file


def _check_balances(rows: CyclerRows) -> None:
    """Leave what does not move with the current: the test plan set it back."""
    current = rows.columns["current_ampere"].values
    power = current * rows.columns["voltage_volt"].values
    time = rows.columns["test_time_second"].values
    for name in BALANCES:
        values = rows.numbers(name)
        if values is None:
            continue
        drive = power if name.endswith("_wh") else current
        within = rows.step if name.startswith("step_") else None
        if not follows(values, drive, time, within):
            rows.leave(name, "it does not follow the current; the plan sets it back")
