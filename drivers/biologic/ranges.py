"""Choosing ranges: the smallest fixed one that holds what will flow."""

from collections.abc import Iterable
from dataclasses import dataclass

from drivers.biologic.eclib.codes import (
    AUTO_RANGE,
    BOOSTER_RANGE,
    CURRENT_RANGES,
    VOLTAGE_RANGES,
    range_text,
)

HEADROOM = 1.02
"""A voltage range must reach this much further than the largest set-point."""


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """What the compiler needs to know of a channel; from the channel itself."""

    name: str
    """``vsp300/1``."""
    board: int
    min_range: int
    """Code of the smallest current range."""
    max_range: int
    """Code of the largest."""
    max_bandwidth: int
    impedance: bool
    """Has an impedance board."""
    voltage: float
    """Ewe now, V."""
    bandwidth: int = 5
    current_range: str | float = ""
    """What the configuration asks for: ``auto``, A, or empty."""
    voltage_range: str | float = ""
    max_current: float | None = None
    """A; from the configuration."""
    xctr: int = 0

    @property
    def ranges(self) -> dict[int, float]:
        """Code → full scale in A of the ranges that the channel has."""
        least = CURRENT_RANGES.get(self.min_range, 0.0)
        most = CURRENT_RANGES.get(self.max_range, max(CURRENT_RANGES.values()))
        return {k: v for k, v in CURRENT_RANGES.items() if least <= v <= most}

    @property
    def largest_current(self) -> float:
        """Largest |I| in A that this channel may drive."""
        if self.max_range == BOOSTER_RANGE:
            return self.max_current or float("inf")
        largest = max(self.ranges.values())
        return largest if self.max_current is None else min(largest, self.max_current)


class RangeError(ValueError):
    """No range fits; the text says why and what to do."""


def fixed_range(facts: ChannelFacts, current: float, what: str = "") -> int:
    """Return the code of the smallest fixed range that holds ``current`` (A).

    RangeError: beyond the largest range or the configured limit, or the configured
    range is auto or too small.
    """
    size = abs(current)
    what = what or f"{size:.6g} A"
    if size > facts.largest_current:
        raise RangeError(
            f"{what} is beyond ±{facts.largest_current:g} A, the most that this "
            "channel may drive. Lower the current, or use a channel with a booster."
        )
    if facts.current_range == "auto":
        raise RangeError(
            "the firmware forbids auto range where a current is driven. Remove "
            "current_range: auto from the options."
        )
    if isinstance(facts.current_range, float):
        code = code_of_span(facts.current_range)
        if size > CURRENT_RANGES[code] * (1.0 + 1e-9):
            raise RangeError(
                f"{what} does not fit the configured range {range_text(code)}. "
                "Remove current_range from the options or choose a larger one."
            )
        return code
    for code, span in sorted(facts.ranges.items(), key=lambda item: item[1]):
        if size <= span * (1.0 + 1e-9):
            return code
    return BOOSTER_RANGE


def holding_range(facts: ChannelFacts, current: float | None) -> int:
    """Return the range while a voltage is held; auto where nothing is expected."""
    if current is not None:
        return fixed_range(facts, current)
    if isinstance(facts.current_range, float):
        return code_of_span(facts.current_range)
    return AUTO_RANGE


def code_of_span(span: float) -> int:
    """Return the code of a full scale in A. RangeError: there is none."""
    for code, full in CURRENT_RANGES.items():
        if abs(full - span) < 0.01 * full:
            return code
    known = ", ".join(range_text(code) for code in CURRENT_RANGES)
    raise RangeError(f"current_range {span:g} A is none of {known}.")


def voltage_range(
    facts: ChannelFacts, voltages: Iterable[float], *, bounded: bool
) -> int:
    """Return the code of the smallest E range that holds all ``voltages`` (V).

    ``bounded`` says whether they enclose what the cell can do; if not, at least ±5 V.
    """
    if isinstance(facts.voltage_range, float):
        for code, span in VOLTAGE_RANGES.items():
            if abs(span - facts.voltage_range) < 0.01:  # noqa: PLR2004
                return code
        raise RangeError(
            f"voltage_range {facts.voltage_range:g} V is none of 2.5, 5 and 10 V."
        )
    need = max((abs(v) for v in (*voltages, facts.voltage)), default=0.0) * HEADROOM
    for code, span in VOLTAGE_RANGES.items():
        if need <= span and (bounded or code > 0):
            return code
    largest = max(VOLTAGE_RANGES.values())
    raise RangeError(
        f"{need / HEADROOM:g} V is beyond ±{largest:g} V, the channel's widest range."
    )
