"""What pellets and particles have in common: how a source meter is used on them."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from labctl.errors import Complaint
from labctl.limits import Envelope
from labctl.protocol import Parameters, RecordedRun
from labctl.quantities import Ampere, Second, Siemens, Volt
from labctl.roles.electrometer import Electrometer
from labctl.roles.source_meter import Driven, SourceMeter
from labctl.roles.switch_matrix import Connection, SwitchMatrix
from labctl.sample import Sample
from labctl.steps.demands import CheckBench, SourceDemand
from labctl.steps.source_meter import Probe, SweepSource, there_and_back
from protocols.conduction.conduction_readings import NoContact, steps_of

CURRENT_MARGIN = 1.2
"""Times the compliance before the run is stopped; ranges overshoot by 5 %."""
VOLTAGE_MARGIN = 1.1
"""Times the largest bias before the run is stopped."""
RANGE_MARGIN = 1.3
"""The measure range is that much wider than the current expected."""
CURVATURE = 3.0
"""A particle's current at full bias may be that much more than in proportion."""
CHECK_LABEL = "contact check"
CHECK = 0
"""``sweep_id`` of the contact check; measurements count from 1."""


class ProbeParameters(Parameters):
    """How points are taken at a probe station."""

    voltage: Annotated[Volt, Field(gt=0)] = 1.0
    """Largest bias, both signs."""
    compliance: Annotated[Ampere, Field(gt=0)] = 1e-3
    """Largest current; the source meter holds it back there."""
    check_voltage: Annotated[Volt, Field(gt=0)] = 0.05
    """Largest bias of the contact check."""
    least_conductance: Annotated[Siemens, Field(ge=0)] = 1e-11
    """A contact check below this means no contact: nothing more is driven."""
    nplc: Annotated[float, Field(gt=0, le=25)] = 1.0
    """Integration time in power-line cycles."""
    delay: Annotated[Second, Field(ge=0)] | None = None
    """Between a new level and its measurement; none: the instrument chooses."""
    four_wire: bool = False
    """Sense the voltage with leads of its own."""
    switch: bool = False
    """Connect the sample through the relays of the role switch."""
    electrometer: bool = False
    """Measure the current with the role electrometer."""

    def probe(self, measure_range: float | None = None) -> Probe:
        """Return how points are taken, the current on ``measure_range`` in A."""
        wired = Connection(1, 2, 3, 4) if self.four_wire else Connection(1, 2, 1, 2)
        return Probe(
            Driven.VOLTAGE,
            self.compliance,
            self.nplc,
            self.four_wire,
            self.delay,
            measure_range,
            wired if self.switch else None,
            "electrometer" if self.electrometer else "",
        )

    def roles(self) -> Mapping[str, type]:
        """Return the roles that these parameters ask for."""
        roles: dict[str, type] = {"source_meter": SourceMeter}
        if self.switch:
            roles["switch"] = SwitchMatrix
        if self.electrometer:
            roles["electrometer"] = Electrometer
        return roles

    def check(self, sample: Sample) -> list[Complaint]:
        """Return what breaks the sample's limits or makes no sweep."""
        complaints = []
        if self.check_voltage > self.voltage:
            complaints.append(
                Complaint(
                    ("parameters", "check_voltage"),
                    f"{self.check_voltage:g} V is above voltage, {self.voltage:g} V.",
                )
            )
        limits = (sample.upper_voltage, sample.lower_voltage)
        complaints += [
            Complaint(
                ("parameters", "voltage"),
                f"±{self.voltage:g} V leaves the limits of sample {sample.name}, "
                f"{limit:g} V.",
                "Lower it, or widen the sample's limit.",
            )
            for limit in limits
            if limit is not None and self.voltage > abs(limit)
        ]
        return complaints

    def envelope(self) -> Envelope:
        """Allow the bias and the compliance, each with a margin."""
        volts = VOLTAGE_MARGIN * self.voltage
        amperes = CURRENT_MARGIN * self.compliance
        return Envelope(
            {"voltage_volt": (-volts, volts), "current_ampere": (-amperes, amperes)}
        )

    def check_bench(self, span: float) -> CheckBench:
        """Return the first step: can the instrument do it at all."""
        demand = SourceDemand("source_meter", Driven.VOLTAGE, span, self.compliance)
        return CheckBench(label="check the bench", sources=(demand,))

    def check_contact(self, points: int = 6) -> SweepSource:
        """Return a small sweep that shows whether there is a contact."""
        return SweepSource(
            label=f"{CHECK_LABEL} to ±{self.check_voltage:g} V",
            levels=there_and_back(self.check_voltage, points),
            probe=self.probe(),
            sweep=CHECK,
        )

    def has_contact(self, values: Mapping[str, float]) -> bool:
        """Tell from a check's outcome whether there is a contact; not if skipped."""
        return abs(values.get("slope", math.nan)) >= self.least_conductance

    def no_contact(self, run: RecordedRun) -> NoContact | None:
        """Return what the contact check says against measuring; None if nothing."""
        checks = steps_of(run, "SweepSource", CHECK_LABEL)
        outcome = checks[0].outcome if checks else None
        if outcome is None or "slope" not in outcome.values:
            return NoContact("the contact check was not finished", was_checked=False)
        if self.has_contact(outcome.values):
            return None
        found = outcome.values["slope"]
        return NoContact(
            f"no contact: {found:.2g} S in the contact check is below "
            f"the least conductance, {self.least_conductance:.2g} S",
            was_checked=True,
        )

    def range_for(self, check_current: float, curvature: float = 1.0) -> float | None:
        """Return the range in A for ``voltage``, from the largest current of a check.

        ``curvature`` is how much more than in proportion the current may grow. None
        leaves the range to the instrument: nothing was measured, or the compliance
        comes first.
        """
        expected = check_current * self.voltage / self.check_voltage
        wanted = expected * curvature * RANGE_MARGIN
        return wanted if 0 < wanted < self.compliance else None


def with_range(probe: Probe, measure_range: float | None) -> Probe:
    """Return the same probe on another range."""
    return dataclasses.replace(probe, measure_range=measure_range)
