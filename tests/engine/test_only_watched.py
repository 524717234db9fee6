"""A step that only watches: what leaves the envelope is an alarm, said once."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
from loop_parts import READINGS, Count, MemoryJournal, OneClock, Output
from test_auxiliaries import AIR, KELVIN, Thermometer

from labctl.data import EndReason, Level
from labctl.engine.auxiliaries import Auxiliaries, AuxiliaryChannel
from labctl.engine.ledger import Ledger
from labctl.engine.run import Engine
from labctl.errors import LinkError
from labctl.limits import Envelope
from labctl.protocol import Plan


@dataclass(frozen=True, kw_only=True)
class Watch(Count):
    """Read what counts by itself."""

    only_watches: ClassVar[bool] = True


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        # too warm all the time, while the rows of the record are as they should be
        ([310.0], [Level.ALARM]),
        # it cools down again, and it warms up once more
        ([310.0, 310.0, 300.0, 300.0, 310.0], [Level.ALARM, Level.INFO, Level.ALARM]),
        # nobody knows how warm it is
        ([LinkError("the logger is silent")], [Level.ALARM]),
    ],
)
def test_a_limit_on_what_is_read_beside_is_one_alarm_until_it_is_kept_again(
    answers: list[object], said: list[Level]
) -> None:
    journal, order = MemoryJournal(), list[str]()
    bench = OneClock()
    engine = Engine(
        bench,
        journal,
        Ledger((READINGS, AIR)),
        Envelope({KELVIN: (0.0, 305.0), "voltage_volt": (-1.0, 100.0)}),
        {"source": Output(order, "source")},
        auxiliaries=Auxiliaries(
            bench.clock,
            [AuxiliaryChannel("air", "oven", 2.0, Thermometer(*answers), None)],
        ),
    )

    def plan() -> Plan:
        yield Watch(label="watch", count=12)

    ended = engine.run(plan())

    assert ended.reason is EndReason.COMPLETED
    assert [e.level for e in journal.events if e.code == "limit"] == said
