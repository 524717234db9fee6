"""From labctl's techniques to EClib's: parameters, ranges, tests, jumps.

Everything that the channel cannot do is found before anything is sent, and refused
at once. A charge limit of a constant current becomes its duration.
"""

from collections.abc import Sequence

from drivers.biologic.eclib.codec import settings_of
from drivers.biologic.eclib.codes import AUTO_RANGE, board_name
from drivers.biologic.techniques import TECHNIQUES
from drivers.biologic.upload.ability_checks import check_abilities
from drivers.biologic.upload.checks import (
    check_board,
    check_loops,
    check_start,
    choose_voltage_range,
)
from drivers.biologic.upload.conditions import FirmwareTests, charge_duration, split
from drivers.biologic.upload.firmware_limits import (
    Bounds,
    guard_current,
    guard_voltage,
)
from drivers.biologic.upload.program import Draft, Program, Upload
from drivers.biologic.upload.ranges import (
    ChannelFacts,
    RangeError,
    current_of_power,
    fixed_range,
    holding_range,
)
from drivers.biologic.upload.sweeps import scan_uploads
from labctl.errors import Complaint, RefusedError
from labctl.techniques import (
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


def compile_program(
    techniques: Sequence[Technique], facts: ChannelFacts, bounds: Bounds | None = None
) -> Program:
    """Return the program for a channel.

    ``bounds`` go into the free limits of every technique that has any.
    RefusedError carries everything that the channel cannot do.
    """
    draft = Draft(facts, techniques, bounds or Bounds())
    if not techniques:
        draft.complaints.append(
            Complaint((), "there is nothing to load.", file=facts.name)
        )
    check_board(draft)
    choose_voltage_range(draft)
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
            draft.complain(
                index, error.what, error.cure, error.value, error.limit, error.unit
            )
    check_abilities(draft)
    check_loops(draft)
    check_start(draft)
    if draft.complaints:
        raise RefusedError(draft.complaints)
    return draft.program()


def _compile(draft: Draft, index: int, technique: Technique) -> None:
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


def _rest(draft: Draft, index: int, technique: OpenCircuit) -> None:
    draft.leave_to_host(index, technique.until)
    values = draft.measuring("OCV", AUTO_RANGE)
    values["Rest_time_T"] = technique.duration
    values.update(draft.recording(index, technique.record, "Record_every_dE"))
    draft.note(index, "OCV", AUTO_RANGE)
    draft.add(index, "OCV", values)


def _current(draft: Draft, index: int, technique: ConstantCurrent) -> None:
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


def _voltage(draft: Draft, index: int, technique: ConstantVoltage) -> None:
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


def _power(draft: Draft, index: int, technique: ConstantPower) -> None:
    if draft.facts.board not in TECHNIQUES["CPOWER"].boards:
        draft.complain(
            index,
            "constant power is for VMP3 boards only: no release of EClib has its "
            f"technique file for {board_name(draft.facts.board)} boards.",
            "Drive a constant current with voltage limits, or take a channel of a "
            "VMP3, VSP or SP-150.",
        )
        return
    facts = draft.facts
    code = fixed_range(facts, current_of_power(facts, technique.power, technique.until))
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
    draft: Draft,
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
    draft.leave_to_host(index, tests.host)
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


def _finish(draft: Draft, index: int, record: Recording, label: str) -> None:
    """Add the recording rules to the technique just drafted."""
    last = draft.uploads[-1]
    rules = draft.recording(index, record, label)
    settings = (*last.settings, *settings_of(last.table, rules))
    draft.uploads[-1] = Upload(last.table, last.source, settings)


def _sweep(draft: Draft, index: int, technique: VoltageSweep) -> None:
    code = holding_range(draft.facts, technique.max_current)
    tests = split(technique.until)
    draft.leave_to_host(index, tests.host)
    guarded = guard_current(tests, draft.seen(code))
    problem, uploads = scan_uploads(
        technique, tests, guarded.tests, draft.facts.dialect
    )
    if problem:
        draft.complain(index, problem)
        return
    if not guarded.complete or uploads[0][0] not in LIMITED:
        draft.unlimited[technique.kind] = None
    for name, values in uploads:
        draft.add(index, name, {**draft.measuring(name, code), **values})
    watched = guarded.tests if uploads[0][0] in LIMITED else None
    draft.note(index, uploads[0][0], code, watched)


def _spectrum(draft: Draft, index: int, technique: Spectrum) -> None:
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
    draft.leave_to_host(index, technique.until)
    draft.unlimited[technique.kind] = None
    galvanostatic = technique.galvanostatic
    name = "GEIS" if galvanostatic else "PEIS"
    if galvanostatic:
        need = abs(technique.bias) + 2.0 * technique.amplitude
        what = f"{need:.6g} A (DC {technique.bias:g} A and twice the amplitude)"
        code = fixed_range(facts, need, what)
    else:
        code = holding_range(facts, None)
    unit, rule = "Voltage", "dI"
    if galvanostatic:
        unit, rule = "Current", facts.dialect.geis_hold
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
            f"Amplitude_{unit}": facts.dialect.sent(technique.amplitude),
            "Frequency_number": technique.points,
            "Average_N_times": technique.averages,
            "Correction": technique.drift_correction,
            "Wait_for_steady": technique.wait_periods,
        }
    )
    values.update(draft.recording(index, technique.record, f"Record_every_{rule}"))
    draft.note(index, name, code)
    draft.add(index, name, values)


def _loop(draft: Draft, index: int, technique: Loop) -> None:
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


def _least(a: float | None, b: float) -> float:
    return b if a is None else min(a, b)
