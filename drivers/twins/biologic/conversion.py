"""What the converters make of a block of true rows: the columns that are uploaded."""

import numpy as np
from numpy.typing import NDArray

from drivers.twins.biologic.front_end import Noise
from drivers.twins.biologic.memory import DIRECT, SINE, Block, Row

NOISE_A_ROW = 2
"""Numbers: one for the voltage, one for the current."""
WORD = 4294967296.0
"""Ticks that the low word of a time counts."""


def converted(
    block: Block, rows: list[Row], noise: Noise
) -> dict[str, NDArray[np.float64]]:
    """Return the columns of ``rows`` by name, as the instrument reads them."""
    names = SINE if block.process == 1 else DIRECT
    columns = dict(zip(names, np.array(rows).T, strict=True))
    if block.process == 1:
        return {**columns, "i_range": block.front.range_codes(columns["I"])}
    count = NOISE_A_ROW * len(rows)
    drawn = noise.at(block.noise, count)
    block.noise += count
    return _direct(columns, block, drawn)


def _direct(
    columns: dict[str, NDArray[np.float64]], block: Block, noise: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Return a direct technique's columns; Ece is 0, CE being the reference.

    The board's charge is that of its own readings: it takes the ammeter's errors with
    it, as far as one sign of the current goes.
    """
    front, times = block.front, columns["t"]
    ticks = np.rint(times / np.float64(np.float32(block.time_base)))
    high = np.floor(ticks / WORD)
    return {
        "t_high": high,
        "t_low": ticks - high * WORD,
        "Ewe": front.voltages(columns["E"], times, noise[::2]),
        "I": front.currents(columns["I"], times, noise[1::2]),
        "cycle": columns["cycle"],
        "Ec": columns["E"],
        "charge": front.charges(columns["charge"], columns["I"], times),
        "control": columns["control"],
        "i_range": front.range_codes(columns["I"]),
    }
