"""Run delta measurements at several currents on a current source and nanovoltmeter."""

from dataclasses import dataclass

import numpy as np

from labctl import columns
from labctl.data import Batch
from labctl.protocol import Bench, Ending, Rows, Step
from labctl.roles.delta_meter import DeltaMeter, DeltaSettings
from labctl.steps.stated import stated


@dataclass(frozen=True, kw_only=True)
class RunDelta(Step):
    """Take ``count`` delta readings at one current; the output is off afterwards.

    The outcome's values carry the meters' standard errors and ``in_compliance``.
    """

    current: float
    """High level in A, positive; the low level is its opposite."""
    compliance: float
    """V."""
    count: int = 20
    delay: float = 0.002
    """Between a reversal and its reading, s."""
    nplc: float = 1.0

    def execute(self, bench: Bench) -> Rows:
        """See `Step.execute`."""
        meter = bench.role("delta_meter", DeltaMeter)  # type: ignore[type-abstract]
        found = meter.delta(
            DeltaSettings(
                self.current, self.compliance, self.count, self.delay, self.nplc
            )
        )
        n = len(found.voltage)
        yield Batch(
            columns.DELTA.name,
            {
                columns.INSTRUMENT_TIME.name: found.time,
                columns.SOURCE_CURRENT.name: np.full(n, found.current),
                columns.VOLTAGE.name: found.voltage,
                columns.IN_COMPLIANCE.name: np.full(
                    n, int(found.in_compliance), dtype=np.int64
                ),
            },
        )
        values = {
            **stated("voltage", meter.voltage_accuracy),
            **stated("current", meter.current_accuracy),
            "in_compliance": float(n if found.in_compliance else 0),
        }
        return Ending(values=values)
