"""Cycles as plans: constant current to a limit, there and back, and what each gave.

A cycle opens with the sample's first direction (lithiation of an anode half cell,
charge of a full cell). Every half cycle is one upload: constant current to the limit
in firmware, a hold at the limit if asked for, and a rest.
"""

import math
from collections.abc import Generator
from dataclasses import dataclass, field

from labctl.columns import CYCLES
from labctl.data import Outcome
from labctl.protocol import Step
from labctl.sample import Sample
from labctl.steps.channel import RunTechniques
from labctl.steps.record import RecordRow
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    ConstantVoltage,
    OpenCircuit,
    Recording,
    Technique,
)

COULOMB_PER_AH = 3600.0
COULOMB_PER_MAH = COULOMB_PER_AH / 1e3
KILOGRAM = 1e3
"""g."""
LONGEST = 3.0
"""A half cycle may last that many times what its rate promises, then it ends."""

Steps = Generator[Step, Outcome, Outcome]


@dataclass(frozen=True, slots=True)
class VoltageWindow:
    """Where a cycle turns, and how it is driven."""

    lower: float
    """V."""
    upper: float
    """V."""
    current: float
    """A, positive; what flows in either direction."""
    rate: float
    """Multiple of 1C that `current` is, for labels and durations."""
    name: str
    """What labels call the rate: ``C/20``."""
    taper: float = 0.0
    """Current in A at which a hold at the limit ends; 0 holds not at all."""
    taper_upper_only: bool = True
    """Hold only at the upper limit (full cells); else at both."""
    rest: float = 0.0
    """s at open circuit after each half cycle."""
    record: Recording = field(
        default_factory=lambda: Recording(every_s=60.0, every_volt=0.005)
    )

    @property
    def longest(self) -> float:
        """Time in s after which a half cycle ends although its limit never came."""
        return LONGEST * 3600.0 / self.rate


def voltage_limit(
    window: VoltageWindow, direction: int, *, ends_all: bool = False
) -> Condition:
    """Return the limit that a current of this sign runs into."""
    if direction > 0:
        return Condition(
            "upper_voltage",
            ConditionQuantity.VOLTAGE,
            Comparison.AT_LEAST,
            window.upper,
            ends_all,
        )
    return Condition(
        "lower_voltage",
        ConditionQuantity.VOLTAGE,
        Comparison.AT_MOST,
        window.lower,
        ends_all,
    )


def half_cycle(
    window: VoltageWindow, direction: int, *, cycle: int, half: int, word: str
) -> RunTechniques:
    """Return one half cycle; ``direction`` +1 charges, -1 discharges the cell."""
    limit = voltage_limit(window, direction)
    drive = ConstantCurrent(
        direction * window.current, window.longest, (limit,), window.record
    )
    techniques: list[Technique] = [drive]
    if window.taper and (direction > 0 or not window.taper_upper_only):
        taper = Condition(
            "taper",
            ConditionQuantity.ABSOLUTE_CURRENT,
            Comparison.AT_MOST,
            window.taper,
        )
        techniques.append(
            ConstantVoltage(
                limit.value,
                window.longest,
                (taper,),
                window.record,
                max_current=window.current,
            )
        )
    if window.rest:
        techniques.append(
            OpenCircuit(window.rest, Recording(every_s=window.record.every_s))
        )
    return RunTechniques(
        label=f"{word} at {window.name}",
        cycle=cycle,
        half_cycle=half,
        techniques=tuple(techniques),
    )


def one_cycle(
    window: VoltageWindow,
    sample: Sample,
    cycle: int,
    opening_window: VoltageWindow | None = None,
) -> Generator[Step, Outcome, "CycleCharges"]:
    """Yield both half cycles and the row of the cycle; return its charges.

    ``opening_window`` drives the opening half cycle if it is another one.
    """
    first = sample.first_step
    half = 2 * (cycle - 1)
    opening = yield half_cycle(
        opening_window or window, first.sign, cycle=cycle, half=half, word=str(first)
    )
    closing = yield half_cycle(
        window, -first.sign, cycle=cycle, half=half + 1, word=str(first.other)
    )
    charges = CycleCharges(opening, closing)
    yield cycle_row(charges, window, sample, cycle)
    return charges


@dataclass(frozen=True, slots=True)
class CycleCharges:
    """What a cycle's two halves moved."""

    opening: Outcome
    closing: Outcome

    @property
    def efficiency(self) -> float:
        """Closing over opening charge; NaN if nothing was moved."""
        moved = abs(self.opening.charge)
        return abs(self.closing.charge) / moved if moved > 0 else math.nan


def cycle_row(
    charges: CycleCharges, window: VoltageWindow, sample: Sample, cycle: int
) -> RecordRow:
    """Return the row of a cycle, live as soon as it has ended."""
    opening, closing = charges.opening, charges.closing
    discharge, charge = (
        (opening, closing) if sample.first_step.sign < 0 else (closing, opening)
    )
    mass = sample.active_mass
    closing_mah = abs(closing.charge) / COULOMB_PER_MAH
    specific = closing_mah / (mass * KILOGRAM) if mass is not None else math.nan
    return RecordRow(
        label=f"cycle {cycle}",
        cycle=cycle,
        half_cycle=2 * cycle - 1,
        stream=CYCLES.name,
        values=(
            ("cycle_discharging_capacity_ah", abs(discharge.charge) / COULOMB_PER_AH),
            ("cycle_charging_capacity_ah", abs(charge.charge) / COULOMB_PER_AH),
            ("cycle_discharging_energy_wh", abs(discharge.energy) / COULOMB_PER_AH),
            ("cycle_charging_energy_wh", abs(charge.energy) / COULOMB_PER_AH),
            ("specific_capacity_mah_g", specific),
            ("coulombic_efficiency_percent", 100.0 * charges.efficiency),
            ("rate_ampere", sample.first_step.sign * window.current),
        ),
    )
