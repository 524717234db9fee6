"""Choosing ranges: the smallest fixed one that holds what will flow."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from drivers.biologic.dialect import Dialect
from drivers.biologic.eclib.codes import (
    AUTO_RANGE,
    BOOSTER_RANGE,
    CURRENT_RANGES,
    VOLTAGE_RANGES,
    range_text,
)
from drivers.biologic.techniques import TECHNIQUES
from drivers.biologic.upload.abilities import BOARDS, CONTROL, Drive, drive_of
from labctl.limits import exceeds
from labctl.roles.capability import Capability
from labctl.techniques import Comparison, Condition, ConditionQuantity

LEAST_POWERED = 0.5
"""V; a power is not divided by less."""
ONE_STEP = 4e-5
"""Of a current range; VMP3 and VSP-300 sheets: control resolution 0.004 % of range."""
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
    """Ewe now, V; NaN: where the cell will be then, nobody knows yet."""
    bandwidth: int = 5
    current_range: str | float = ""
    """What the configuration asks for: ``auto``, A, or empty."""
    voltage_range: str | float = ""
    max_current: float | None = None
    """A; from the configuration."""
    xctr: int = 0
    amplifier: int = 0
    """Code of the amplifier behind the board; 0: none."""
    compliance: float | None = None
    """V; from the configuration."""
    highest_frequency: float | None = None
    """Hz; from the configuration."""
    dialect: Dialect = field(default_factory=Dialect)

    @property
    def ranges(self) -> dict[int, float]:
        """Code → full scale in A of the ranges that the channel has."""
        least = CURRENT_RANGES.get(self.min_range, 0.0)
        most = CURRENT_RANGES.get(self.max_range, max(CURRENT_RANGES.values()))
        return {k: v for k, v in CURRENT_RANGES.items() if least <= v <= most}

    @property
    def drive(self) -> Drive:
        """What board, range, amplifier and configuration let it drive."""
        return drive_of(
            self.board,
            self.amplifier,
            self.max_range,
            tuple(self.ranges.values()),
            max_current=self.max_current,
            compliance=self.compliance,
        )

    @property
    def largest_current(self) -> float:
        """Largest |I| in A that this channel may drive; NaN if nobody knows."""
        current = self.drive.current
        return math.nan if current is None else current

    @property
    def largest_voltage(self) -> float:
        """Largest |V| in V at which a cell of two electrodes is driven."""
        compliance = self.drive.compliance
        return CONTROL if compliance is None else min(CONTROL, compliance)

    @property
    def frequencies(self) -> tuple[float, float] | None:
        """Lowest and highest frequency of a spectrum, Hz; None if nobody knows."""
        known = BOARDS.get(self.board)
        low, high = known.frequencies if known else (0.0, math.nan)
        high = self.highest_frequency or high
        return None if math.isnan(high) else (low, high)

    def capability(self) -> Capability:
        """Return the facts in labctl's words."""
        drive = self.drive
        assumed = set(drive.assumed)
        if self.impedance and self.highest_frequency is None:
            assumed.add("frequencies")
        return Capability(
            current=drive.current,
            compliance=drive.compliance,
            control=CONTROL,
            least_current=ONE_STEP * min(self.ranges.values()) if self.ranges else None,
            galvanostat=True,
            potentiostat=True,
            sweeps=True,
            potentiostatic_impedance=self.impedance,
            galvanostatic_impedance=self.impedance,
            frequencies=self.frequencies if self.impedance else None,
            three_electrodes=True,
            constant_power=self.board in TECHNIQUES["CPOWER"].boards,
            board=drive.words,
            assumed=tuple(sorted(assumed)),
        )


class RangeError(ValueError):
    """No range fits; the text says why, ``cure`` what to do.

    ``value`` and ``limit`` in ``unit`` are what was compared; None if nothing was.
    """

    def __init__(
        self,
        what: str,
        cure: str = "",
        *,
        value: float | None = None,
        limit: float | None = None,
        unit: str = "",
    ) -> None:
        self.what, self.cure = what, cure
        self.value, self.limit, self.unit = value, limit, unit
        super().__init__(f"{what} {cure}".strip())


def fixed_range(facts: ChannelFacts, current: float, what: str = "") -> int:
    """Return the code of the smallest fixed range that holds ``current`` (A).

    RangeError: beyond the largest range or the configured limit, or the configured
    range is auto or too small.
    """
    size, most = abs(current), facts.largest_current
    what = what or f"{size:.6g} A"
    if not math.isnan(most) and exceeds(size, most):
        guess = "current" in facts.drive.assumed
        raise RangeError(
            f"{what} is beyond ±{most:g} A, the most that this channel "
            f"({facts.drive.words}) may drive.",
            "Lower the current, or use a channel with a booster"
            + (
                "; if yours drives more, say so with max_current in its options."
                if guess and size <= max(facts.ranges.values(), default=0.0)
                else "."
            ),
            value=current,
            limit=most,
            unit="A",
        )
    if facts.current_range == "auto":
        raise RangeError(
            "the firmware forbids auto range where a current is driven.",
            "Remove current_range: auto from the options.",
        )
    if isinstance(facts.current_range, float):
        code = code_of_span(facts.current_range)
        if exceeds(size, CURRENT_RANGES[code]):
            raise RangeError(
                f"{what} does not fit the configured range {range_text(code)}.",
                "Remove current_range from the options or choose a larger one.",
                value=current,
                limit=CURRENT_RANGES[code],
                unit="A",
            )
        return code
    for code, span in sorted(facts.ranges.items(), key=lambda item: item[1]):
        if not exceeds(size, span):
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
                return _wide_enough(code, span, voltages)
        raise RangeError(
            f"voltage_range {facts.voltage_range:g} V is none of 2.5, 5 and 10 V."
        )
    known = [abs(v) for v in (*voltages, facts.voltage) if not math.isnan(v)]
    need = max(known, default=0.0) * HEADROOM
    for code, span in VOLTAGE_RANGES.items():
        if need <= span and (bounded or code > 0):
            return code
    largest = max(VOLTAGE_RANGES.values())
    raise RangeError(
        f"{need / HEADROOM:g} V is beyond ±{largest:g} V, the channel's widest range.",
        "Lower it.",
        value=need / HEADROOM,
        limit=largest,
        unit="V",
    )


def _wide_enough(code: int, span: float, voltages: Iterable[float]) -> int:
    """Return a configured range's code. RangeError: a level or limit lies outside."""
    largest = max(map(abs, voltages), default=0.0)
    if largest <= span:
        return code
    raise RangeError(
        f"{largest:g} V does not fit the configured voltage_range, ±{span:g} V.",
        "Remove voltage_range from the options or choose a larger one.",
        value=largest,
        limit=span,
        unit="V",
    )


def current_of_power(
    facts: ChannelFacts, power: float, until: Sequence[Condition]
) -> float:
    """Return what current in A a power in W takes at most, as far as can be told.

    Twice the current at the present voltage leaves room for the voltage to fall. Where
    the cell will be is not known before its turn: then the current at the voltage that
    ends the step, or at the largest that the channel has.
    """
    volts = abs(facts.voltage)
    if not math.isnan(volts):
        return 2.0 * power / max(volts, LEAST_POWERED)
    ends = [
        abs(each.value)
        for each in until
        if each.quantity is ConditionQuantity.VOLTAGE
        and each.comparison is Comparison.AT_MOST
    ]
    return power / max(*ends, LEAST_POWERED) if ends else power / facts.largest_voltage
