"""Run delta measurements at several currents on a current source and nanovoltmeter."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from labctl import columns
from labctl.data import Batch
from labctl.errors import Complaint
from labctl.protocol import Bench, Ending, Rows, Step
from labctl.roles.delta_meter import DeltaMeter, DeltaReadings, DeltaSettings
from labctl.roles.source_meter import Driven
from labctl.steps.demands import SourceDemand, delta_beyond
from labctl.steps.stated import stated
from labctl.waits import announce

ARMING = 15.0
"""s; source and nanovoltmeter are reset and find each other over RS-232."""


@dataclass(frozen=True, kw_only=True)
class RunDelta(Step):
    """Take ``count`` delta readings at one current; the output is off afterwards.

    Rows go out as the instrument has them. The outcome's values carry the meters'
    standard errors and how many rows were ``in_compliance``.
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
        clock, meter = bench.clock, _meter(bench)
        settings = DeltaSettings(
            self.current, self.compliance, self.count, self.delay, self.nplc
        )
        with announce("the delta pair to be armed", ARMING):
            meter.arm(settings)
        yield None
        meter.start()
        limited, done = 0, False
        while not done:
            clock.sleep(clock.poll_period(0.0))
            found = meter.collect()
            done = found.done
            limited += int(found.in_compliance.sum())
            yield _rows(found)
        meter.make_safe()
        values = {
            **stated("voltage", meter.voltage_accuracy),
            **stated("current", meter.current_accuracy),
            "in_compliance": float(limited),
        }
        return Ending(values=values)

    def beyond(self, bench: Bench) -> list[Complaint]:
        """See `Step.beyond`."""
        span, most = abs(self.current), self.compliance
        demand = SourceDemand("delta_meter", Driven.CURRENT, span, most)
        return delta_beyond(bench, demand)

    def after_stop(self, bench: Bench) -> Iterator[Batch]:
        """Return the readings that the source has taken and nobody has asked for."""
        meter = _meter(bench)
        done = False
        while not done:
            found = meter.collect()
            done = found.done
            rows = _rows(found)
            if rows is not None:
                yield rows


def _meter(bench: Bench) -> DeltaMeter:
    return bench.role("delta_meter", DeltaMeter)


def _rows(found: DeltaReadings) -> Batch | None:
    n = len(found.voltage)
    if not n:
        return None
    return Batch(
        columns.DELTA.name,
        {
            columns.INSTRUMENT_TIME.name: found.time,
            columns.SOURCE_CURRENT.name: np.full(n, found.current),
            columns.VOLTAGE.name: found.voltage,
            columns.IN_COMPLIANCE.name: found.in_compliance.astype(np.int64),
        },
    )
