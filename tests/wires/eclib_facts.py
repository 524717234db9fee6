"""What driver, twin and oracle each take for true of EClib, as text, to be compared.

A fact is a name (``label CP Current_step``) and a value. Nobody has to know every
technique or device; of those that somebody knows, every label, file and row is stated,
so that a missing one shows as `NOTHING`.
"""

import ctypes as c
from collections.abc import Callable, Iterable, Mapping

from oracle_library import Oracle

from drivers.biologic.dialect import Dialect
from drivers.biologic.eclib import abi, codes, encodings, faults
from drivers.biologic.eclib.tables import EXTRAS, MOST_STEPS, Layout, TechniqueTable
from drivers.biologic.releases import CALLED
from drivers.biologic.techniques import TECHNIQUES
from drivers.biologic.upload.abilities import BOARDS
from drivers.biologic.upload.conditions import FirmwareTests
from drivers.biologic.upload.sweeps import scan_uploads
from drivers.twins.biologic import codes as twin_codes
from drivers.twins.biologic import tables as twin
from drivers.twins.biologic.library import VERSION
from drivers.twins.biologic.words import encoder, ieee_words
from labctl.techniques import VoltageSweep

Facts = dict[str, str]

NOTHING = "–"
"""Somebody knows the technique, and no such thing of it."""
SAME = {"mean_I": "I", "mean_Ewe": "Ewe"}
"""The oracle's names of columns, where they say more than the others'."""
CLOSED = ("label", "file", "row", "error", "i_range", "e_range", "extra")
"""Kinds of facts of which silence is a statement."""


def plain(columns: Iterable[str]) -> str:
    """Return a row's words with one name for a thing."""
    words = []
    for column in columns:
        name = column.rstrip("#")
        name = "unused" if name.startswith("unused") else SAME.get(name, name)
        words.append(name + "#" * column.endswith("#"))
    return " ".join(words)


# ---- the driver


def of_driver() -> Facts:
    """Return what the driver's tables say."""
    facts = {f"error {code}": "known" for code in (0, *faults.FAULTS)}
    for table in TECHNIQUES.values():
        facts |= _technique_of_driver(table)
    for code, span in codes.CURRENT_RANGES.items():
        facts[f"i_range {code}"] = f"{span:.0e}"
    for code, span in codes.VOLTAGE_RANGES.items():
        facts[f"e_range {code}"] = f"{span:g}"
    for code, name in codes.DEVICES.items():
        facts[f"device {code}"] = name
        facts[f"board {code}"] = str(int(codes.board_of_device(code)))
    for bit, name in EXTRAS:
        facts[f"extra {bit:#04x}"] = name
    for board, encoding in encodings.KNOWN.items():
        facts[f"floats {int(board)}"] = encoding.name
    for number, able in BOARDS.items():
        facts[f"drives {int(number)}"] = f"{able.current:g} A, {able.compliance:g} V"
    for release, texts in CALLED.items():
        facts[f"version {release}"] = texts[0]
    facts["firmware EC-Lab"] = str(int(codes.Firmware.EC_LAB))
    facts["firmware kernel"] = str(int(codes.Firmware.KERNEL))
    facts["state STOP"] = str(int(codes.State.STOP))
    facts["state RUN"] = str(int(codes.State.RUN))
    return facts | of_structs()


def _technique_of_driver(table: TechniqueTable) -> Facts:
    name = table.name
    facts = {f"id {name}": str(table.id), f"auto {name}": yes(table.auto_range)}
    facts[f"labels {name}"] = "known"
    for label, parameter in table.parameters.items():
        array = ", one a step" * parameter.array
        facts[f"label {name} {label}"] = f"{int(parameter.kind)}{array}"
    if any(p.array for p in table.parameters.values()):
        facts[f"steps {name}"] = str(MOST_STEPS if name != "CV" else _steps_of_cv())
    for board in table.boards:
        facts[f"file {name} {int(board)}"] = table.file_for(board)
        for process in (0, 1):
            if any(key[1] == process for key in table.layouts):
                row = table.layout(board, process)
                facts[f"row {name} {int(board)} {process}"] = _row(row, int(board))
    return facts


def _steps_of_cv() -> int:
    sweep, none = VoltageSweep((0.0, 1.0, 0.0), 0.01), FirmwareTests()
    _, ((name, values),) = scan_uploads(sweep, none, none, Dialect())
    steps = values["Voltage_step"]
    assert name == "CV"
    assert isinstance(steps, list)
    return len(steps)


def _row(layout: Layout, board: int) -> str:
    columns = [n + "#" * (n in layout.integers) for n in layout.columns]
    if encodings.KNOWN[codes.Board(board)].ticks is encodings.low_first:
        swap = {"t_high#": "t_low#", "t_low#": "t_high#"}
        columns = [swap.get(n, n) for n in columns]
    return plain(columns)


STRUCTS: Mapping[str, tuple[type[c.Structure], tuple[str, ...]]] = {
    "TDeviceInfos": (abi.DeviceInfos, ("NumberOfSlots",)),
    "TChannelInfos": (abi.ChannelInfos, ("State", "FloatFormat")),
    "TCurrentValues": (abi.CurrentValues, ("Ioverflow", "OptErr")),
    "TDataInfos": (abi.DataInfos, ("StartTime", "MuxPad")),
    "TEccParam": (abi.EccParam, ("ParamVal",)),
    "TEccParams": (abi.EccParams, ("pParams",)),
    "THardwareConf": (abi.HardwareConf, ()),
    "TTechniqueInfos": (abi.TechniqueInfos, ("Params",)),
}


def of_structs() -> Facts:
    """Return sizes and offsets of the structs that driver and twin share."""
    facts = {}
    for name, (struct, fields) in STRUCTS.items():
        facts[f"struct {name}"] = str(c.sizeof(struct))
        for field in fields:
            facts[f"field {name} {field}"] = str(getattr(struct, field).offset)
    return facts


# ---- the twin


def of_twin() -> Facts:
    """Return what the twin's tables say."""
    facts = {f"error {code}": "known" for code in twin_codes.ERRORS}
    for technique in twin.TECHNIQUES:
        facts |= _technique_of_twin(technique)
    for code, span in twin_codes.RANGES.items():
        facts[f"i_range {code}"] = f"{span:.0e}"
    for code, span in twin_codes.VOLTS.items():
        facts[f"e_range {code}"] = f"{span:g}"
    for model, code in twin_codes.MODELS.items():
        facts[f"device {code}"] = model
        facts[f"board {code}"] = str(twin_codes.board_of(model))
    for bit, word in enumerate(twin.EXTRA_WORDS):
        facts[f"extra {1 << bit:#04x}"] = word.rstrip("#")
    for board in twin.SUFFIXES:
        ieee = encoder(board) is ieee_words
        facts[f"floats {board}"] = "IEEE" if ieee else "TI"
        volts = twin_codes.COMPLIANCE.get(board, twin_codes.USUAL_COMPLIANCE)
        amps = twin_codes.DRIVES.get(board, twin_codes.USUALLY_DRIVES)
        facts[f"drives {board}"] = f"{amps:g} A, {volts:g} V"
    facts["version 6.11"] = VERSION
    facts["firmware EC-Lab"] = str(twin_codes.EC_LAB)
    facts["firmware kernel"] = str(twin_codes.KERNEL)
    facts["state STOP"] = str(int(twin_codes.State.STOP))
    facts["state RUN"] = str(int(twin_codes.State.RUN))
    return facts


def _technique_of_twin(technique: twin.Technique) -> Facts:
    name = technique.name
    facts = {f"id {name}": str(technique.id), f"auto {name}": yes(not technique.driven)}
    facts[f"labels {name}"] = "known"
    for label, known in technique.labels.items():
        array = ", one a step" * (known.most > 1)
        facts[f"label {name} {label}"] = f"{known.type}{array}"
        if known.most > 1:
            facts[f"steps {name}"] = str(known.most)
    for board in technique.boards:
        facts[f"file {name} {board}"] = technique.file_for(board)
        for process in (0, 1) if technique.id in twin.SPECTRUM_IDS else (0,):
            row = twin.row_of(technique, board, process)
            if row.columns:
                words = [n + "#" * (n in row.integers) for n in row.columns]
                facts[f"row {name} {board} {process}"] = plain(words)
    return facts


# ---- the oracle


def of_oracle(*builds: Oracle) -> Facts:
    """Return what the C library's tables say; the first of ``builds`` counts."""
    facts: Facts = {}
    release = ""
    for build in reversed(builds):
        for kind, *words in build.facts():
            facts |= _fact(kind, words)
            if kind == "release":
                release = f"{words[0][0]}.{words[0][1:]}"
            if kind == "version":
                facts[f"version {release}"] = words[0]
    return facts


def _fact(kind: str, words: list[str]) -> Facts:
    name, *rest = words
    if kind == "technique":
        facts = {f"id {name}": rest[0], f"auto {name}": yes(rest[1] == "1")}
        return facts | {f"labels {name}": "known"}
    if kind == "label":
        label, type_, most = rest
        several = int(most) > 1
        facts = {f"label {name} {label}": type_ + ", one a step" * several}
        return facts | ({f"steps {name}": most} if several else {})
    if kind == "unknown-labels":
        return {f"labels {name}": "unknown"}
    if kind in {"release", "version"}:
        return {}
    split, value = HOW.get(kind, (-1, " ".join))
    return {" ".join([kind, *words[:split]]): value(words[split:])}


HOW: Mapping[str, tuple[int, Callable[[Iterable[str]], str]]] = {
    "error": (1, lambda _: "known"),
    "row": (3, plain),
    "drives": (1, " ".join),
}
"""Kind of fact -> words that name it, and what makes its value of the others."""


# ---- all of them


def yes(truth: bool) -> str:
    """Return a truth as a word."""
    return "yes" if truth else "no"


def differences(
    driver: Facts, twins: Facts, oracle: Facts
) -> dict[str, tuple[str, str, str]]:
    """Return the facts on which not all who should know them say the same."""
    found = {}
    for fact in sorted({*driver, *twins, *oracle}):
        values = tuple(_said(facts, fact) for facts in (driver, twins, oracle))
        said = [value for value in values if value]
        if len(set(said)) > 1:
            found[fact] = (values[0], values[1], values[2])
    return found


def _said(facts: Facts, fact: str) -> str:
    """Return the value; `NOTHING` where silence says that; empty: not asked."""
    if fact in facts:
        return facts[fact]
    kind, name, *_ = fact.split()
    if kind not in CLOSED:
        return ""
    if kind in {"label", "file", "row"}:
        unknown = f"id {name}" not in facts
        dumb = kind == "label" and facts.get(f"labels {name}") == "unknown"
        return "" if unknown or dumb else NOTHING
    return NOTHING
