"""What is wrong with techniques as a whole: loops that overlap, limits already met."""

from drivers.biologic.eclib.codes import SUFFIX, Board
from drivers.biologic.upload.program import Draft
from drivers.biologic.upload.ranges import RangeError, voltage_range
from labctl.errors import Complaint
from labctl.techniques import (
    Comparison,
    ConditionQuantity,
    ConstantCurrent,
    ConstantPower,
    ConstantVoltage,
    Loop,
    Spectrum,
    VoltageSweep,
)


def check_board(draft: Draft) -> None:
    """Refuse a board whose rows are not known, or not known well enough."""
    board, dialect = draft.facts.board, draft.facts.dialect
    if board not in SUFFIX:
        what = f"its board is of type {board}, whose files and rows are not known."
        cure = "Use a channel of a VMP3 or SP-300 kind, or report what board it is."
    elif board == Board.DIGICORE and not dialect.digicore:
        what = "it is a DIGICORE board, whose rows one public source describes."
        cure = (
            "To use it all the same (IEEE floats, rows as on an SP-300), set the "
            "option digicore: true, and compare the first run with a dummy cell."
        )
    else:
        return
    draft.complaints.append(Complaint((), what, cure, file=draft.facts.name))


def check_loops(draft: Draft) -> None:
    """Refuse loops that lie across one another."""
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


def check_start(draft: Draft) -> None:
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


def choose_voltage_range(draft: Draft) -> None:
    """Take the smallest voltage range that holds every level and limit."""
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
        draft.complaints.append(
            Complaint(
                (),
                error.what,
                error.cure,
                file=draft.facts.name,
                value=error.value,
                limit=error.limit,
                unit=error.unit,
            )
        )
