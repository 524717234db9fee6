"""How far a channel's readings may be off, by range, board and frequency.

Figures of the makers' brochures and contour plots as this file's writer recalls them:
nobody has held them against the page, and the file says so. Where memory is unsure the
wider figure stands. A lab with a certificate writes `Options.accuracy`, which wins.
"""

import math
from dataclasses import dataclass

from drivers.biologic.eclib.codes import (
    BOOSTER_RANGE,
    VOLTAGE_RANGES,
    Board,
)
from drivers.biologic.options import StatedAccuracy
from drivers.biologic.upload.ranges import ChannelFacts
from labctl.roles.accuracy import Accuracy
from labctl.roles.channel_accuracy import (
    ChannelAccuracy,
    ImpedanceAccuracy,
    ImpedanceRegion,
    MeterAccuracy,
    Origin,
    RangeAccuracy,
)

STEPS = 65536.0
"""Of a converter over both signs of a voltage range: 305.18 µV over 20 V."""
CURRENT_STEP = 4e-5
"""Resolution of a current as a fraction of its range: 0.004 %."""
VOLTAGE_ZERO = 2e-4
"""Least error at zero of a voltage, of the range."""
ANY = 1e15
"""Ohm or Hz that no channel reaches."""
SMALL = 1e-7
"""A; from this range down bias currents make the error at zero a larger part of it."""
SMALL_ZERO = 3e-3
"""Largest error at zero on those, of the range."""


@dataclass(frozen=True, slots=True)
class BoardAccuracy:
    """What one kind of board promises."""

    current_gain: float
    """Of reading."""
    current_zero: float
    """Of range."""
    voltage_gain: float
    """Of reading."""
    voltage_zero: float
    """V, or `VOLTAGE_ZERO` of the range where that is more."""
    impedance: tuple[ImpedanceRegion, ...]
    source: str


def _region(
    ohms: tuple[float, float], highest: float, percent: float, degrees: float
) -> ImpedanceRegion:
    """Return a region from 10 µHz, where every board begins, to ``highest`` Hz."""
    return ImpedanceRegion(*ohms, 1e-5, highest, percent / 100, math.radians(degrees))


BOARDS = {
    Board.ESSENTIAL: BoardAccuracy(
        1e-3,
        3e-4,
        1e-3,
        2e-3,
        (
            _region((1.0, 1e6), 1e4, 1.0, 1.0),
            _region((1e-1, 1e7), 1e5, 3.0, 3.0),
            _region((1e-2, 1e9), 1e6, 10.0, 10.0),
        ),
        "VMP3, VSP, SP-150: specification and EIS contour plot",
    ),
    Board.PREMIUM: BoardAccuracy(
        1e-3,
        3e-4,
        5e-4,
        1e-3,
        (
            _region((10.0, 1e5), 1e4, 0.3, 0.3),
            _region((1.0, 1e6), 1e5, 1.0, 1.0),
            _region((1e-1, 1e8), 1e5, 3.0, 3.0),
            _region((1.0, 1e7), 1e6, 3.0, 3.0),
            _region((1e-2, 1e9), 7e6, 10.0, 10.0),
        ),
        "SP-300, VSP-300, VMP-300: specification and EIS contour plot",
    ),
}
"""Board -> its figures; of other boards nothing is known."""


def channel_accuracy(
    facts: ChannelFacts, stated: StatedAccuracy | None = None
) -> ChannelAccuracy:
    """Return what is known of a channel; ``stated`` is what its configuration says."""
    board = BOARDS.get(Board(facts.board)) if facts.board in set(Board) else None
    current = _current(facts, board, stated)
    voltage = _voltage(board, stated)
    return ChannelAccuracy(
        current=current,
        voltage=voltage,
        driven_current=current,
        driven_voltage=voltage,
        impedance=_impedance(board, stated) if facts.impedance else None,
    )


def _current(
    facts: ChannelFacts, board: BoardAccuracy | None, stated: StatedAccuracy | None
) -> MeterAccuracy | None:
    gain = _figure("current_gain", stated, board)
    zero = _figure("current_zero", stated, board)
    if gain is None or zero is None:
        return None
    own = stated is not None and stated.current_zero is not None
    uneven = _figure("current_asymmetry", stated, None)
    spans = dict(sorted(facts.ranges.items(), key=lambda item: item[1]))
    most = facts.largest_current
    if facts.amplifier and math.isfinite(most):
        spans[BOOSTER_RANGE] = most
    ranges = tuple(
        RangeAccuracy(
            code,
            span,
            _here(
                stated,
                gain,
                span * (zero if own or span > SMALL else max(zero, SMALL_ZERO)),
                math.nan if uneven is None else uneven,
                CURRENT_STEP * span,
            ),
        )
        for code, span in spans.items()
    )
    words = ("current_gain", "current_zero", "current_asymmetry")
    return MeterAccuracy(ranges, *_said(board, stated, words)) if ranges else None


def _voltage(
    board: BoardAccuracy | None, stated: StatedAccuracy | None
) -> MeterAccuracy | None:
    gain = _figure("voltage_gain", stated, board)
    zero = _figure("voltage_zero", stated, board)
    if gain is None or zero is None:
        return None
    own = stated is not None and stated.voltage_zero is not None
    ranges = tuple(
        RangeAccuracy(
            code,
            span,
            _here(
                stated,
                gain,
                zero if own else max(zero, VOLTAGE_ZERO * span),
                math.nan,
                2 * span / STEPS,
            ),
        )
        for code, span in VOLTAGE_RANGES.items()
    )
    words = ("voltage_gain", "voltage_zero")
    return MeterAccuracy(ranges, *_said(board, stated, words))


def _here(
    stated: StatedAccuracy | None,
    gain: float,
    offset: float,
    asymmetry: float,
    step: float,
) -> Accuracy:
    """Return the limits in the room that the configuration states."""
    if stated is None:
        return Accuracy(gain, offset, asymmetry, step)
    limits = Accuracy(gain, offset, asymmetry, step, stated.per_kelvin or 0.0)
    return limits.at(stated.room)


def _impedance(
    board: BoardAccuracy | None, stated: StatedAccuracy | None
) -> ImpedanceAccuracy | None:
    words = ("impedance_magnitude", "impedance_phase")
    if stated is not None and stated.impedance_magnitude is not None:
        percent, degrees = 100 * stated.impedance_magnitude, stated.impedance_phase
        everywhere = _region((0.0, ANY), ANY, percent, degrees or 0.0)
        return ImpedanceAccuracy((everywhere,), *_said(board, stated, words))
    if board is None:
        return None
    return ImpedanceAccuracy(board.impedance, *_said(board, stated, words))


def _said(
    board: BoardAccuracy | None,
    stated: StatedAccuracy | None,
    words: tuple[str, ...],
) -> tuple[Origin, str]:
    """Return who says so and where; a figure of the configuration speaks for all."""
    said = [w for w in words if stated is not None and getattr(stated, w) is not None]
    if stated is None or not said:
        return Origin.MEMORY, board.source if board else ""
    rest = f"; the rest: {board.source}" if board and len(said) < len(words) else ""
    return Origin.CONFIGURATION, f"{stated.source} ({', '.join(said)}){rest}"


def _figure(
    word: str, stated: StatedAccuracy | None, board: BoardAccuracy | None
) -> float | None:
    """Return the configuration's figure, else the board's; None: nobody has one."""
    own: float | None = getattr(stated, word, None)
    known: float | None = getattr(board, word, None)
    return known if own is None else own
