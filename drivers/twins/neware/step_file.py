"""How the twin's cycler reads a step file of BTS Client 8: XML, its own units.

A table of its own, not the driver's. 0.1 mV, mA, ms. A step without a stop has none;
one of 0 V has one. The protection of the whole file ends the test.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import parse

from drivers.twins.biologic.codes import AUTO_RANGE, RANGES
from drivers.twins.biologic.tables import TECHNIQUES
from drivers.twins.biologic.techniques import LoadedTechnique, Mode, Stage, Test

TENTH_OF_MILLIVOLT, MILLI = 1e-4, 1e-3
TABLES = {table.name: table for table in TECHNIQUES}
NAMES = {"1": "cc", "2": "dc", "3": "cv", "19": "dv", "4": "rest", "5": "cycle"}
"""Step type -> what rows call it."""
END = "6"
NEXT = 1


class BadFileError(Exception):
    """The server does not take this file."""


@dataclass(frozen=True, slots=True)
class StepFile:
    """What a file says."""

    program: tuple[LoadedTechnique, ...]
    names: tuple[str, ...]
    """Of each step: ``cc``, ``rest`` …"""
    voltage: tuple[float, float]
    """V; the protection."""
    current: tuple[float, float]
    """A."""


def read_step_file(path: str) -> StepFile:
    """Return what the file at ``path`` says. BadFileError: nothing that can be run."""
    try:
        config = parse(path).getroot().find("config")
        assert config is not None  # noqa: S101
        steps = config.find("Step_Info")
        assert steps is not None  # noqa: S101
        if len(steps) != int(steps.get("Num", "0")):
            raise BadFileError("Num is not the number of steps")
        rules = {
            tag: _number(config, f"Whole_Prt/Record/Main/{tag}", math.inf)
            for tag in ("Time", "Volt", "Curr")
        }
        made = tuple(_steps(steps, rules))
        names = tuple(
            NAMES[s.get("Step_Type", "")] for s in steps if s.get("Step_Type") != END
        )
        protect = "Whole_Prt/Protect/Main"
        return StepFile(
            made,
            names,
            _bounds(config, f"{protect}/Volt", TENTH_OF_MILLIVOLT),
            _bounds(config, f"{protect}/Curr", MILLI),
        )
    except (OSError, ParseError, AssertionError, KeyError, ValueError) as error:
        raise BadFileError(str(error)) from error


def _steps(steps: Element, rules: dict[str, float]) -> Iterator[LoadedTechnique]:
    for number, step in enumerate(steps, 1):
        kind = step.get("Step_Type", "")
        if step.tag != f"Step{number}" or step.get("Step_ID") != str(number):
            raise BadFileError(f"step {number} is called {step.tag}")
        if kind == END:
            return
        if NAMES[kind] == "cycle":
            target = int(_number(step, "Limit/Other/Start_Step"))
            passes = int(_number(step, "Limit/Other/Cycle_Count"))
            yield LoadedTechnique(TABLES["LOOP"], {}, jump=(target - 1, passes - 1))
            continue
        yield _measuring(step, NAMES[kind], rules)
    raise BadFileError("there is no end")


def _measuring(step: Element, name: str, rules: dict[str, float]) -> LoadedTechnique:
    duration = _number(step, "Limit/Main/Time", math.inf) * MILLI
    current = _number(step, "Limit/Main/Curr", math.inf) * MILLI
    tests: tuple[Test, ...] = ()
    table, mode, level = "OCV", Mode.REST, 0.0
    if name in {"cc", "dc"}:
        charges = name == "cc"
        table, mode = "CPLIMIT", Mode.CURRENT
        level = current if charges else -current
        stop = _number(step, "Limit/Main/Stop_Volt", math.nan) * TENTH_OF_MILLIVOLT
        if not math.isnan(stop):
            tests = (Test(False, charges, stop, False),)
    elif name in {"cv", "dv"}:
        charges = name == "cv"
        table, mode = "CALIMIT", Mode.VOLTAGE
        level = _number(step, "Limit/Main/Volt") * TENTH_OF_MILLIVOLT
        stop = _number(step, "Limit/Main/Stop_Curr", math.nan) * MILLI
        if not math.isnan(stop):
            tests = (Test(True, not charges, stop if charges else -stop, False),)
    if mode is not Mode.REST and not math.isfinite(level):
        raise BadFileError(f"{step.tag}: a {name} without its level")
    return LoadedTechnique(
        TABLES[table],
        {},
        (Stage(mode, level, duration, tests=tests, exit=NEXT),),
        every_s=rules["Time"] * MILLI,
        every_volt=rules["Volt"] * TENTH_OF_MILLIVOLT,
        every_ampere=rules["Curr"] * MILLI,
        current_range=_range_for(current),
    )


def _range_for(current: float) -> int:
    """Return the code of the smallest range that holds ``current`` A."""
    if not math.isfinite(current):
        return AUTO_RANGE
    fitting = [code for code, span in RANGES.items() if span >= max(current, 1e-4)]
    return min(fitting, key=RANGES.__getitem__, default=AUTO_RANGE)


def _bounds(config: Element, path: str, unit: float) -> tuple[float, float]:
    low = _number(config, f"{path}/Lower", -math.inf)
    high = _number(config, f"{path}/Upper", math.inf)
    return low * unit, high * unit


def _number(of: Element, path: str, missing: float | None = None) -> float:
    found = of.find(path)
    if found is None:
        if missing is None:
            raise BadFileError(f"{of.tag}: {path} is missing")
        return missing
    return float(found.attrib["Value"])
