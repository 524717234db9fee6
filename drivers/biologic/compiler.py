"""From labctl's techniques to EClib's: parameters, ranges, tests, jumps.

Everything that the channel cannot do is found before anything is sent, and refused
at once. A charge limit of a constant current becomes its duration.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from drivers.biologic.conditions import FirmwareTests, charge_duration, split
from drivers.biologic.eclib.codec import Setting, settings_of
from drivers.biologic.eclib.codes import (
    AUTO_RANGE,
    CURRENT_RANGES,
    VOLTAGE_RANGES,
    Board,
    range_text,
)
from drivers.biologic.eclib.tables import TechniqueTable
from drivers.biologic.firmware_limits import (
    Bounds,
    Guarded,
    guard_current,
    guard_voltage,
)
from drivers.biologic.ranges import (
    ChannelFacts,
    RangeError,
    fixed_range,
    holding_range,
    voltage_range,
)
from drivers.biologic.sweeps import scan_uploads
from drivers.biologic.techniques import TECHNIQUES
from labctl.errors import Complaint, RefusedError
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    ConstantPower,
    ConstantVoltage,
    Loop,
    OpenCircuit,
    Recording,
    Spectrum,
    Technique,
    VoltageSweep,
)

LIMITED = frozenset(
    name for name, t in TECHNIQUES.items() if "Exit_Cond" in t.parameters
)
"""Techniques with room for limits."""
FINEST_RECORD = 2e-4
"""s; no board samples faster."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One EClib technique, ready to be sent."""

    table: TechniqueTable
    source: int
    """Index of the labctl technique that it belongs to."""
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """What goes onto a channel."""

    uploads: tuple[Upload, ...]
    host_conditions: tuple[tuple[int, Condition], ...]
    summary: tuple[tuple[str, str], ...]
    """What was chosen, for the run's record."""
    unlimited: tuple[str, ...] = ()
    """Kinds of technique that drive and are not watched by firmware."""


@dataclass(slots=True)
class _Draft:
    facts: ChannelFacts
    techniques: Sequence[Technique]
    bounds: Bounds = field(default_factory=Bounds)
    """What firmware watches wherever it has room."""
    voltage_code: int = 2
    uploads: list[Upload] = field(default_factory=list)
    host: list[tuple[int, Condition]] = field(default_factory=list)
    summary: list[tuple[str, str]] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)
    first_of: dict[int, int] = field(default_factory=dict)
    """labctl index → index of its first EClib technique."""
    unlimited: dict[str, None] = field(default_factory=dict)
    """Kinds of technique that drive and are not watched, in their order."""

    def seen(self, current_range: int) -> Bounds:
        """Return the bounds as far as the ranges in use can see them."""
        largest = self.facts.largest_current
        return self.bounds.within(
            VOLTAGE_RANGES[self.voltage_code],
            CURRENT_RANGES.get(current_range, largest),
        )

    def accept(self, kind: str, guarded: Guarded) -> FirmwareTests:
        """Note whether a technique is watched; return its tests."""
        if not guarded.complete:
            self.unlimited[kind] = None
        return guarded.tests

    def complain(self, index: int, what: str, cure: str = "") -> None:
        technique = self.techniques[index]
        said = f"technique {index} ({technique.kind}): {what}"
        self.complaints.append(Complaint((), said, cure, file=self.facts.name))

    def add(self, index: int, name: str, values: dict[str, object]) -> None:
        table = TECHNIQUES[name]
        self.first_of.setdefault(index, len(self.uploads))
        self.uploads.append(Upload(table, index, settings_of(table, values)))

    def measuring(self, name: str, current_range: int) -> dict[str, object]:
        """Return the parameters that every measuring technique shares."""
        values: dict[str, object] = {
            "E_Range": self.voltage_code,
            "Bandwidth": self.facts.bandwidth,
        }
        table = TECHNIQUES[name]
        if "I_Range" in table.parameters:
            values["I_Range"] = current_range
        if self.facts.board == Board.PREMIUM and table.xctr and self.facts.xctr:
            values["xctr"] = self.facts.xctr
        return values

    def note(
        self,
        index: int,
        name: str,
        current_range: int,
        tests: FirmwareTests | None = None,
    ) -> None:
        span = VOLTAGE_RANGES[self.voltage_code]
        file = TECHNIQUES[name].file_for(self.facts.board)
        text = f"{name} ({file})"
        if "I_Range" in TECHNIQUES[name].parameters:
            text += f", I range {range_text(current_range)}"
        text += f", E range ±{span:g} V, bandwidth {self.facts.bandwidth}"
        if tests is not None and tests.tests:
            text += f", ends at {tests}"
        self.summary.append((f"technique {index}", text))


def compile_program(
    techniques: Sequence[Technique], facts: ChannelFacts, bounds: Bounds | None = None
) -> Program:
    """Return the program for a channel.

    ``bounds`` go into the free limits of every technique that has any.
    RefusedError carries everything that the channel cannot do.
    """
    draft = _Draft(facts, techniques, bounds or Bounds())
    if not techniques:
        draft.complaints.append(
            Complaint((), "there is nothing to load.", file=facts.name)
        )
    _choose_voltage_range(draft)
    if facts.bandwidth > facts.max_bandwidth > 0:
        draft.complaints.append(
            Complaint(
                (),
                f"bandwidth {facts.bandwidth} is beyond {facts.max_bandwidth}.",
                "Lower the option bandwidth.",
                file=facts.name,
            )
        )
    for index, technique in enumerate(techniques):
        try:
            _compile(draft, index, technique)
        except RangeError as error:
            draft.complain(index, str(error))
    _check_loops(draft)
    _check_start(draft)
    if draft.complaints:
        raise RefusedError(draft.complaints)
    return Program(
        tuple(draft.uploads),
        tuple(draft.host),
        tuple(draft.summary),
        tuple(draft.unlimited),
    )


def _compile(draft: _Draft, index: int, technique: Technique) -> None:
    if isinstance(technique, OpenCircuit):
        _rest(draft, index, technique)
    elif isinstance(technique, ConstantCurrent):
        _current(draft, index, technique)
    elif isinstance(technique, ConstantVoltage):
        _voltage(draft, index, technique)
    elif isinstance(technique, ConstantPower):
        _power(draft, index, technique)
    elif isinstance(technique, VoltageSweep):
        _sweep(draft, index, technique)
    elif isinstance(technique, Spectrum):
        _spectrum(draft, index, technique)
    else:
        _loop(draft, index, technique)


def _rest(draft: _Draft, index: int, technique: OpenCircuit) -> None:
    _leave_to_host(draft, index, technique.until)
    values = draft.measuring("OCV", AUTO_RANGE)
    values["Rest_time_T"] = technique.duration
    values.update(_recording(draft, index, technique.record, "Record_every_dE"))
    draft.note(index, "OCV", AUTO_RANGE)
    draft.add(index, "OCV", values)


def _current(draft: _Draft, index: int, technique: ConstantCurrent) -> None:
    code = fixed_range(draft.facts, technique.current)
    by_charge, others = charge_duration(technique.until, technique.current)
    duration = min(technique.duration, by_charge)
    guarded = guard_voltage(
        split(others, driven=True), draft.seen(code), technique.current
    )
    tests = draft.accept(technique.kind, guarded)
    record = technique.record
    if record.every_coulomb is not None and technique.current != 0.0:
        by_time = record.every_coulomb / abs(technique.current)
        record = Recording(_least(record.every_s, by_time), record.every_volt)
    _held(draft, index, "CP", "Current_step", technique.current, duration, tests, code)
    _finish(draft, index, record, "Record_every_dE")


def _voltage(draft: _Draft, index: int, technique: ConstantVoltage) -> None:
    expected, direction = technique.max_current, 0.0
    before = draft.techniques[index - 1] if index else None
    if isinstance(before, ConstantCurrent) and before.current != 0.0:
        direction = before.current
        if expected is None:
            expected = abs(before.current)
    code = holding_range(draft.facts, expected)
    guarded = guard_current(
        split(technique.until, direction=direction), draft.seen(code)
    )
    tests = draft.accept(technique.kind, guarded)
    _held(
        draft,
        index,
        "CA",
        "Voltage_step",
        technique.voltage,
        technique.duration,
        tests,
        code,
        relative=technique.versus_initial,
    )
    _finish(draft, index, technique.record, "Record_every_dI")


def _power(draft: _Draft, index: int, technique: ConstantPower) -> None:
    # Twice the current at the present voltage leaves room for the voltage to fall.
    volts = max(abs(draft.facts.voltage), 0.5)
    code = fixed_range(draft.facts, 2.0 * technique.power / volts)
    tests = FirmwareTests(host=technique.until)
    draft.unlimited[technique.kind] = None
    _held(
        draft,
        index,
        "CPOWER",
        "Power_step",
        technique.power,
        technique.duration,
        tests,
        code,
    )
    _finish(draft, index, technique.record, "Record_every_dE")


def _held(
    draft: _Draft,
    index: int,
    name: str,
    label: str,
    level: float,
    duration: float,
    tests: FirmwareTests,
    code: int,
    *,
    relative: bool = False,
) -> None:
    if duration < 0.0:
        draft.complain(index, f"a duration of {duration:g} s", "must not be negative.")
    _leave_to_host(draft, index, tests.host)
    limited = f"{name}LIMIT" if tests.tests else name
    values = draft.measuring(limited, code)
    values[label] = [level]
    values["vs_initial"] = [relative]
    values["Duration_step"] = [duration]
    values["Step_number"] = 0
    values["N_Cycles"] = 0
    if tests.tests:
        values.update(tests.values(1))
    draft.note(index, limited, code, tests)
    draft.add(index, limited, values)


def _finish(draft: _Draft, index: int, record: Recording, label: str) -> None:
    """Add the recording rules to the technique just drafted."""
    last = draft.uploads[-1]
    rules = _recording(draft, index, record, label)
    settings = (*last.settings, *settings_of(last.table, rules))
    draft.uploads[-1] = Upload(last.table, last.source, settings)


def _sweep(draft: _Draft, index: int, technique: VoltageSweep) -> None:
    code = holding_range(draft.facts, technique.max_current)
    tests = split(technique.until)
    _leave_to_host(draft, index, tests.host)
    guarded = guard_current(tests, draft.seen(code))
    problem, uploads = scan_uploads(technique, tests, guarded.tests)
    if problem:
        draft.complain(index, problem)
        return
    if not guarded.complete or uploads[0][0] not in LIMITED:
        draft.unlimited[technique.kind] = None
    for name, values in uploads:
        draft.add(index, name, {**draft.measuring(name, code), **values})
    watched = guarded.tests if uploads[0][0] in LIMITED else None
    draft.note(index, uploads[0][0], code, watched)


def _spectrum(draft: _Draft, index: int, technique: Spectrum) -> None:
    facts = draft.facts
    if not facts.impedance:
        draft.complain(
            index,
            "this channel has no impedance board.",
            "Choose a channel with one (labctl station show) or leave EIS out.",
        )
    if min(technique.first_frequency, technique.last_frequency) <= 0.0:
        draft.complain(index, "a frequency is not positive.")
        return
    _leave_to_host(draft, index, technique.until)
    draft.unlimited[technique.kind] = None
    galvanostatic = technique.galvanostatic
    name = "GEIS" if galvanostatic else "PEIS"
    if galvanostatic:
        need = abs(technique.bias) + 2.0 * technique.amplitude
        what = f"{need:.6g} A (DC {technique.bias:g} A and twice the amplitude)"
        code = fixed_range(facts, need, what)
    else:
        code = holding_range(facts, None)
    unit, rule = ("Current", "dE") if galvanostatic else ("Voltage", "dI")
    values = draft.measuring(name, code)
    values.update(
        {
            "vs_initial": technique.versus_initial,
            "vs_final": technique.versus_initial,
            f"Initial_{unit}_step": technique.bias,
            f"Final_{unit}_step": technique.bias,
            "Duration_step": technique.settle,
            "Step_number": 0,
            "Initial_frequency": technique.first_frequency,
            "Final_frequency": technique.last_frequency,
            "sweep": False,
            f"Amplitude_{unit}": technique.amplitude,
            "Frequency_number": technique.points,
            "Average_N_times": technique.averages,
            "Correction": technique.drift_correction,
            "Wait_for_steady": technique.wait_periods,
        }
    )
    values.update(_recording(draft, index, technique.record, f"Record_every_{rule}"))
    draft.note(index, name, code)
    draft.add(index, name, values)


def _loop(draft: _Draft, index: int, technique: Loop) -> None:
    if technique.passes < 2:  # noqa: PLR2004
        draft.complain(index, f"{technique.passes} passes are no loop; at least 2.")
        return
    if not 0 <= technique.back_to < index:
        draft.complain(
            index,
            f"jumps to technique {technique.back_to}, which is not before it.",
            f"back_to must be 0 … {index - 1}.",
        )
        return
    target = draft.first_of.get(technique.back_to, 0)
    draft.add(
        index,
        "LOOP",
        {"loop_N_times": technique.passes - 1, "protocol_number": target},
    )


def _check_loops(draft: _Draft) -> None:
    loops = [
        (technique.back_to, index)
        for index, technique in enumerate(draft.techniques)
        if isinstance(technique, Loop)
    ]
    for number, (begin, end) in enumerate(loops):
        for begin_2, end_2 in loops[number + 1 :]:
            if begin < begin_2 <= end:
                draft.complain(
                    end_2,
                    f"loops overlap: {begin}-{end} and {begin_2}-{end_2}.",
                    "One must lie inside the other, or behind it.",
                )


def _check_start(draft: _Draft) -> None:
    """Refuse a limit that is already met: the step would end with its first sample."""
    if not draft.techniques or isinstance(draft.techniques[0], Loop | Spectrum):
        return
    first = draft.techniques[0]
    if not isinstance(first, ConstantCurrent | ConstantPower):
        return
    voltage = draft.facts.voltage
    for condition in first.until:
        if condition.quantity is ConditionQuantity.VOLTAGE and condition.holds(voltage):
            sign = "≥" if condition.comparison is Comparison.AT_LEAST else "≤"
            draft.complain(
                0,
                f"{condition.name} (E {sign} {condition.value:g} V) is already met: "
                f"the cell is at {voltage:.4f} V, so the step would end at once.",
                "Move the limit, turn the current round, or let the cell rest first.",
            )


def _choose_voltage_range(draft: _Draft) -> None:
    volts: list[float] = []
    bounded = True
    for technique in draft.techniques:
        if isinstance(technique, Loop):
            continue
        limits = [
            c.value for c in technique.until if c.quantity is ConditionQuantity.VOLTAGE
        ]
        volts += limits
        if isinstance(technique, ConstantVoltage) and not technique.versus_initial:
            volts.append(technique.voltage)
        elif isinstance(technique, VoltageSweep):
            volts += technique.vertices
        elif isinstance(technique, ConstantCurrent | ConstantPower) and not limits:
            bounded = False
    try:
        draft.voltage_code = voltage_range(draft.facts, volts, bounded=bounded)
    except RangeError as error:
        draft.complaints.append(Complaint((), str(error), file=draft.facts.name))


def _recording(
    draft: _Draft, index: int, record: Recording, label: str
) -> dict[str, object]:
    other = record.every_ampere if label.endswith("dI") else record.every_volt
    every = record.every_s
    if every is None and other is None:
        rules = "every_s or every_" + ("ampere" if label.endswith("dI") else "volt")
        draft.complain(index, "nothing would be recorded.", f"Give {rules}.")
    if every is not None and every < FINEST_RECORD:
        draft.complain(index, f"a row every {every:g} s is beyond {FINEST_RECORD:g} s.")
    return {"Record_every_dT": every or 0.0, label: other or 0.0}


def _leave_to_host(draft: _Draft, index: int, conditions: Sequence[Condition]) -> None:
    draft.host += [(index, condition) for condition in conditions]


def _least(a: float | None, b: float) -> float:
    return b if a is None else min(a, b)
