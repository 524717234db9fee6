"""From labctl's techniques to the step file that BTS Server starts.

One technique is one step, so that the step of a row names its technique. Units of the
file: 0.1 mV, mA, ms (BTS Client 8 writes them so). Step types: 1 CC charge, 2 CC
discharge, 3 CV charge, 19 CV discharge, 4 rest, 5 cycle, 6 end. A charge limit of a
constant current becomes its duration. Every end condition is written, one of 0 V too:
what is left out is no limit. Rules of recording hold for the whole file: the finest.
"""

import math
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from drivers.margins import Margins
from drivers.neware.options import Options
from drivers.submitted.draft import Draft, interval_of, rests
from drivers.submitted.program import Compiled
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    ConstantVoltage,
    Loop,
    OpenCircuit,
    Technique,
)

VOLT, AMPERE, SECOND = 1e4, 1e3, 1e3
"""File's units in one SI unit."""
DECIMALS = 6
"""Of a number in the file: a current is written to 1 nA."""
ROUNDING = 1e-4
"""Part of a number that its last decimal may be off."""
SHORTEST = 1e-3
"""s. A time of 0 may be read as none, so a step of which less is left, as when a run is
resumed at its end, has a rest in its place …"""
INSTEAD = 0.1
"""… of so many s, the resolution of a step's time."""
CC_CHARGE, CC_DISCHARGE, CV_CHARGE, CV_DISCHARGE = 1, 2, 3, 19
REST, CYCLE, END = 4, 5, 6
FORMAT = {
    "type": "Step File",
    "version": "17",
    "client_version": "BTS Client 8.0.0.478(2024.06.24)(R3)",
}
"""As the client writes whose files the units above are known from."""


def compile_steps(
    techniques: Sequence[Technique], place: str, options: Options, margins: Margins
) -> Compiled:
    """Return the step file. RefusedError carries all that a BTS cannot do."""
    draft = _StepDraft(place, techniques)
    for index, technique in enumerate(techniques):
        if _time_of(technique) < SHORTEST:
            draft.nothing(index)
        elif rests(technique):
            draft.rest(index)
        elif isinstance(technique, ConstantCurrent):
            draft.current(index, technique)
        elif isinstance(technique, ConstantVoltage):
            draft.voltage(index, technique)
        elif isinstance(technique, Loop):
            draft.loop(index, technique)
        else:
            draft.complain(
                index,
                "a Neware channel is not told to do this.",
                "Take a channel that can (labctl check names them), or leave it out.",
            )
    draft.check_durations()
    draft.check_loops()
    draft.check_currents(options.max_current, "max_current")
    if len(techniques) + 1 > options.most_steps:
        draft.complain(
            len(techniques) - 1,
            f"is step {len(techniques)} of a file that may have {options.most_steps}.",
            "Use loops, or raise most_steps in the options if your unit takes more.",
        )
    draft.refuse()
    protected = options.protection_confirmed and margins.complete
    return Compiled(
        draft.text(margins).encode(),
        tuple(draft.host),
        tuple(draft.summary),
        () if protected else draft.kinds_that_drive(),
    )


class _StepDraft(Draft):
    """A step file while it is written."""

    def __init__(self, place: str, techniques: Sequence[Technique]) -> None:
        super().__init__(place, techniques)
        self._steps: list[ET.Element] = []

    # ---- steps

    def nothing(self, index: int) -> None:
        main = self._step(index, REST)
        self._put(index, main, "Time", INSTEAD * SECOND)
        said = f"nothing is left of it: a rest of {INSTEAD:g} s"
        self.summary.append((f"technique {index}", said))

    def rest(self, index: int) -> None:
        technique = self.techniques[index]
        assert isinstance(technique, OpenCircuit | ConstantCurrent)  # noqa: S101
        main = self._step(index, REST)
        self._put(index, main, "Time", technique.duration * SECOND)
        self.leave_to_host(index, technique.until)

    def current(self, index: int, technique: ConstantCurrent) -> None:
        charges = technique.current > 0.0
        main = self._step(index, CC_CHARGE if charges else CC_DISCHARGE)
        towards = Comparison.AT_LEAST if charges else Comparison.AT_MOST
        volts, others = [], []
        for condition in technique.until:
            rule = (condition.quantity, condition.comparison)
            if _is_charge(condition):
                continue  # it is in the step's time
            if condition.ends_all:
                others.append(condition)
            elif rule == (ConditionQuantity.VOLTAGE, towards):
                volts.append(condition.value)
            else:
                others.append(condition)
        self._put(index, main, "Curr", abs(technique.current) * AMPERE)
        self._put(index, main, "Time", _time_of(technique) * SECOND)
        if volts:
            first = min(volts) if charges else max(volts)
            self._put(index, main, "Stop_Volt", first * VOLT)
            self.summary.append((f"technique {index}", f"ends at {first:g} V"))
        self.leave_to_host(index, others)

    def voltage(self, index: int, technique: ConstantVoltage) -> None:
        if technique.versus_initial:
            self.complain(
                index,
                "a voltage relative to the one before cannot be written.",
                "State it against the reference electrode.",
            )
            return
        direction, before = self._direction(index)
        if direction == 0.0:
            self.complain(
                index,
                "a step file must say whether the hold charges or discharges, and "
                "nothing here tells.",
                "Put the constant current before it that leads there, or end it at a "
                "signed current.",
            )
            return
        main = self._step(index, CV_CHARGE if direction > 0.0 else CV_DISCHARGE)
        largest = technique.max_current or before
        tapers, others = [], []
        for condition in technique.until:
            taper = _taper(condition, direction)
            if taper is None or condition.ends_all:
                others.append(condition)
            else:
                tapers.append(taper)
        self._put(index, main, "Volt", technique.voltage * VOLT)
        self._put(index, main, "Time", technique.duration * SECOND)
        if tapers:
            self._put(index, main, "Stop_Curr", max(tapers) * AMPERE)
            self.summary.append((f"technique {index}", f"ends at {max(tapers):g} A"))
        if largest:
            self._put(index, main, "Curr", largest * AMPERE)
        self.leave_to_host(index, others)

    def loop(self, index: int, technique: Loop) -> None:
        step = self._element(index, CYCLE)
        other = ET.SubElement(ET.SubElement(step, "Limit"), "Other")
        ET.SubElement(other, "Start_Step", Value=str(technique.back_to + 1))
        ET.SubElement(other, "Cycle_Count", Value=str(technique.passes))

    # ---- within

    def _direction(self, index: int) -> tuple[float, float | None]:
        """Return the sign of a hold's current, 0 if unknown, and what came before, A.

        A hold goes on in the direction of what led to it; a signed taper says it too.
        """
        technique = self.techniques[index]
        assert isinstance(technique, ConstantVoltage)  # noqa: S101
        for condition in technique.until:
            if condition.quantity is ConditionQuantity.CURRENT and condition.value:
                falls = condition.comparison is Comparison.AT_MOST
                if falls == (condition.value > 0.0):
                    return math.copysign(1.0, condition.value), None
        before = self.techniques[index - 1] if index else None
        if isinstance(before, ConstantCurrent) and before.current:
            return math.copysign(1.0, before.current), abs(before.current)
        if isinstance(before, ConstantVoltage):
            apart = technique.voltage - before.voltage
            return (math.copysign(1.0, apart) if apart else 0.0), before.max_current
        return 0.0, None

    def _element(self, index: int, kind: int) -> ET.Element:
        number = str(index + 1)
        step = ET.Element(f"Step{number}", Step_ID=number, Step_Type=str(kind))
        self._steps.append(step)
        return step

    def _step(self, index: int, kind: int) -> ET.Element:
        limit = ET.SubElement(self._element(index, kind), "Limit")
        return ET.SubElement(limit, "Main")

    def _put(self, index: int, into: ET.Element, tag: str, value: float) -> None:
        if not math.isfinite(value):
            self.complain(index, f"{tag} of {value:g} cannot be written.", "Say one.")
            return
        text = f"{value:.{DECIMALS}f}"
        if abs(float(text) - value) > ROUNDING * abs(value):
            self.complain(
                index,
                f"{tag} of {value:g} cannot be written in a step file, which has "
                f"{DECIMALS} decimals.",
                "Take a channel for smaller currents.",
            )
        ET.SubElement(into, tag, Value=text)

    def text(self, margins: Margins) -> str:
        """Return the whole file."""
        root = ET.Element("root")
        config = ET.SubElement(root, "config", FORMAT)
        head = ET.SubElement(config, "Head_Info")
        ET.SubElement(head, "Operate", Value="66")
        ET.SubElement(head, "Scale", Value="1")
        ET.SubElement(head, "Start_Step", Value="1", Hide_Ctrl_Step="0")
        ET.SubElement(head, "Creator", Value="labctl")
        ET.SubElement(head, "Remark", Value=self.place)
        ET.SubElement(head, "RateType", Value="103")  # currents, not C-rates
        whole = ET.SubElement(config, "Whole_Prt")
        whole.append(_protection(margins))
        whole.append(self._recording())
        count = len(self._steps) + 1
        steps = ET.SubElement(config, "Step_Info", Num=str(count))
        steps.extend(self._steps)
        ET.SubElement(steps, f"Step{count}", Step_ID=str(count), Step_Type=str(END))
        bus = ET.SubElement(config, "SMBUS")
        ET.SubElement(bus, "SMBUS_Info", Num="0", AdjacentInterval="0")
        ET.indent(root)
        return ET.tostring(root, "unicode", xml_declaration=True) + "\n"

    def _recording(self) -> ET.Element:
        """Return the finest rules that any technique asks for."""
        seconds, volts, amperes = [], [], []
        for technique in self.techniques:
            if isinstance(technique, Loop):
                continue
            driven = getattr(technique, "current", 0.0)
            seconds.append(interval_of(technique.record, driven))
            volts.append(technique.record.every_volt)
            amperes.append(technique.record.every_ampere)
        record = ET.Element("Record")
        main = ET.SubElement(record, "Main")
        for tag, rules, unit in (
            ("Time", seconds, SECOND),
            ("Volt", volts, VOLT),
            ("Curr", amperes, AMPERE),
        ):
            finest = min((rule for rule in rules if rule), default=None)
            if finest is not None:
                ET.SubElement(main, tag, Value=f"{finest * unit:.{DECIMALS}f}")
        return record


def _time_of(technique: Technique) -> float:
    """Return how long a technique lasts at most, s; a charge limit is a time, too."""
    duration = getattr(technique, "duration", math.inf)
    if isinstance(technique, ConstantCurrent) and technique.current:
        for condition in technique.until:
            if _is_charge(condition):
                duration = min(duration, condition.value / abs(technique.current))
    return float(duration)


def _is_charge(condition: Condition) -> bool:
    rule = (condition.quantity, condition.comparison)
    by_charge = rule == (ConditionQuantity.CHARGE, Comparison.AT_LEAST)
    return by_charge and not condition.ends_all


def _taper(condition: Condition, direction: float) -> float | None:
    """Return the |current| in A at which a hold ends by itself; None: not so."""
    at_most = condition.comparison is Comparison.AT_MOST
    if condition.quantity is ConditionQuantity.ABSOLUTE_CURRENT and at_most:
        return condition.value
    if condition.quantity is ConditionQuantity.CURRENT:
        falls = at_most if direction > 0.0 else not at_most
        if falls and condition.value * direction > 0.0:
            return abs(condition.value)
    return None


def _protection(margins: Margins) -> ET.Element:
    protect = ET.Element("Protect")
    main = ET.SubElement(protect, "Main")
    for tag, bounds, unit in (
        ("Volt", margins.voltage, VOLT),
        ("Curr", margins.current, AMPERE),
    ):
        within = ET.SubElement(main, tag)
        for end, value in zip(("Lower", "Upper"), bounds, strict=True):
            if math.isfinite(value):
                ET.SubElement(within, end, Value=f"{value * unit:.{DECIMALS}f}")
    return protect
