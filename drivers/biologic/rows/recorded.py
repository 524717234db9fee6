"""Which columns the rows of a channel have beyond every potentiostat's.

A word of a row that this table does not name is none of the instrument's readings.
"""

from collections.abc import Mapping
from functools import cache

from drivers.biologic.eclib.codes import Board
from drivers.biologic.eclib.tables import EXTRAS
from labctl import columns
from labctl.data import Column

CURRENT_CONTROLLED = frozenset({"CP", "CPLIMIT"})
"""Techniques whose ``control`` is a current."""
WORDS = {
    "Ece": columns.COUNTER_VOLTAGE,
    "Ec": columns.CONTROL_VOLTAGE,
    "analog_in_1": columns.ANALOG_IN_1,
    "analog_in_2": columns.ANALOG_IN_2,
    "external_control": columns.EXTERNAL_CONTROL,
    "charge": columns.INSTRUMENT_CHARGE,
    "cycle": columns.INSTRUMENT_CYCLE,
    "i_range": columns.CURRENT_RANGE,
}
"""Word of a row -> column; ``control`` is one of two, by the technique."""
_ALWAYS = (
    columns.INSTRUMENT_CYCLE,
    columns.INSTRUMENT_LOOP,
    columns.CURRENT_RANGE,
    columns.OVERLOAD,
)
_SINES = (
    columns.COUNTER_VOLTAGE,
    columns.COUNTER_VOLTAGE_AMPLITUDE,
    columns.COUNTER_CURRENT_AMPLITUDE,
    columns.COUNTER_REAL_IMPEDANCE,
    columns.COUNTER_IMAGINARY_IMPEDANCE,
    columns.INSTRUMENT_LOOP,
    columns.OVERLOAD,
)


def column_of(word: str, technique: str) -> Column | None:
    """Return the column that a word of a technique's row belongs to; None: none."""
    if word == "control":
        driven = technique in CURRENT_CONTROLLED
        return columns.CONTROL_CURRENT if driven else columns.CONTROL_VOLTAGE
    return WORDS.get(word)


@cache
def further_columns(board: int, xctr: int) -> Mapping[str, tuple[Column, ...]]:
    """Return stream -> further columns of a channel's rows.

    ``xctr``: what was asked for with `extra_columns`, as EClib's bit field.
    """
    own: list[Column] = []
    if board == Board.ESSENTIAL:
        own = [columns.COUNTER_VOLTAGE, columns.CONTROL_VOLTAGE]
    elif board == Board.PREMIUM:
        for bit, word in EXTRAS:
            if not xctr & bit:
                continue
            if word == "control":
                own += [columns.CONTROL_VOLTAGE, columns.CONTROL_CURRENT]
            elif word in WORDS and WORDS[word] not in _ALWAYS:
                own.append(WORDS[word])
    ranges = (columns.CURRENT_RANGE,) if board == Board.ESSENTIAL else ()
    return {
        columns.TIMESERIES.name: (*own, *_ALWAYS),
        columns.EIS.name: (*_SINES, *ranges),
    }
