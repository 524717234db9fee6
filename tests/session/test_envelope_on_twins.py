"""The envelope, held against what the simulated cell really does."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from labctl.config.models import Config, SafetyConfig
from labctl.engine.situation import Situation
from labctl.quantities import SI
from labctl.session.comparing import Compared
from labctl.session.limits import limits_of
from labctl.session.order import Order, Prepared, prepare
from labctl.session.run import Finished, Observers, start
from labctl.store.run_file.reader import RunFile

Orders = Callable[..., Order]
CHANNEL = "vsp300/1"
POLL = 8 * 60.0
"""s between two polls in virtual time when rows come every 60 s."""

ROW = 60.0
"""s; the twin's cell stands up to a row behind the clock."""
AMPERES = 2.1e-4
"""C/20, rounded up."""
GAIN = 2e-3
"""Of a current; what the twin's converter may be wrong by."""


class AtPoll(NamedTuple):
    """What the cell is like when an item of a poll has passed."""

    time: float
    """s; items of one poll share it."""
    voltage: float
    charge: float
    """C."""


class Truth:
    """What the cell itself is like at every poll that the envelope let pass."""

    def __init__(self, prepared: Prepared) -> None:
        self._world = prepared.world
        self.polls: list[AtPoll] = []

    def __call__(self, situation: Situation) -> None:
        socket = self._world.socket(CHANNEL)
        now = AtPoll(situation.test_time, socket.live[0], socket.cell.charge)
        self.polls.append(now)

    @property
    def charge(self) -> float:
        """C that the cell has taken by now."""
        return float(self._world.socket(CHANNEL).cell.charge)

    @property
    def current(self) -> float:
        """A that flow now."""
        return float(self._world.socket(CHANNEL).live[1])


def run(
    order: Order, bench: Config, started: Callable[[Prepared], None] | None = None
) -> tuple[Finished, Truth]:
    loose = bench.safety.model_copy(update={"maximum_current": None})
    prepared = prepare(order, bench.model_copy(update={"safety": loose}))
    limits = limits_of(bench, prepared.protocol, begun=True)
    # A plan that leaves the bench's limits for certain would be refused before it
    # starts; here it shall run into them.
    prepared = dataclasses.replace(prepared, envelope=limits, compared=Compared())
    truth = Truth(prepared)
    observers = Observers(
        watch=truth,
        started=lambda _folder: started(prepared) if started else None,
        live_view=False,
    )
    return start(prepared, bench, observers), truth


def guarded(bench: Config, **safety: float) -> Config:
    return bench.model_copy(
        update={"safety": SafetyConfig.model_validate(safety, context=SI)}
    )


@pytest.mark.parametrize(
    ("safety", "quantity"),
    [
        # the lithiation falls through 0.3 V on its way to 5 mV
        ({"lower_voltage": 0.3}, "voltage"),
        # the delithiation rises through 0.45 V on its way to 1.5 V
        ({"lower_voltage": -0.5, "upper_voltage": 1.48}, "voltage"),
        # C/20 is 0.21 mA
        ({"maximum_current": 1e-4}, "current"),
    ],
)
def test_a_limit_reached_in_truth_stops_the_current_within_one_poll(
    safety: dict[str, float], quantity: str, order: Orders, bench: Config
) -> None:
    tight = guarded(bench, **safety)

    finished, truth = run(order(record_every="60 s"), tight)

    assert (finished.status, finished.exit_code) == ("limit", 5)
    assert f"{quantity} " in finished.text
    assert truth.current == 0.0
    low = safety.get("lower_voltage", -math.inf)
    high = safety.get("upper_voltage", math.inf)
    most = safety.get("maximum_current", math.inf)
    outside = {p.time for p in truth.polls if not low <= p.voltage <= high}
    assert len(outside) <= 1
    assert finished.file is not None
    with RunFile(finished.file) as file:
        rows = file.table("timeseries")
        time, current = rows["test_time_second"][:], rows["current_ampere"][:]
        volts = rows["voltage_volt"][:]
    inside = (volts >= low) & (volts <= high) & (abs(current) <= most)
    over = time[-1] - time[np.argmin(inside)]
    assert over <= POLL + ROW
    recorded = np.trapezoid(current, time)
    doubt = GAIN * np.trapezoid(abs(current), time)
    assert truth.charge == pytest.approx(recorded, abs=doubt + AMPERES * ROW)


def test_the_reading_that_tripped_stands_in_the_file(
    order: Orders, bench: Config
) -> None:
    tight = guarded(bench, lower_voltage=0.3)

    finished, _ = run(order(record_every="60 s"), tight)

    assert finished.file is not None
    with RunFile(finished.file) as file:
        last = file.table("timeseries")["voltage_volt"][-1]
        alarms = [r.event for r in file.events if r.event.code == "limit"]
    assert last < 0.3
    assert len(alarms) == 1


class TornLead:
    """A cell whose voltage can no longer be read once some charge has passed."""

    def __init__(self, cell: Any, until: float) -> None:
        self._cell = cell
        self._until = until

    def __getattr__(self, name: str) -> Any:
        if name == "follow":  # the lead may tear at any step
            raise AttributeError(name)
        return getattr(self._cell, name)

    def voltage(self, current: float = 0.0) -> float:
        if abs(self._cell.charge) > self._until:
            return math.nan
        return float(self._cell.voltage(current))


def test_a_torn_lead_reads_the_rail_and_stops_the_current_within_one_poll(
    order: Orders, bench: Config
) -> None:
    def tear(prepared: Prepared) -> None:
        cell = prepared.world.socket(CHANNEL).cell
        prepared.world.put(TornLead(cell, until=0.5), [CHANNEL])

    finished, truth = run(order(record_every="60 s"), bench, tear)

    assert finished.status == "limit"
    assert "voltage 2.625 V is above the limit" in finished.text  # of ±2.5 V
    assert truth.current == 0.0
    assert abs(truth.charge) <= 0.5 + AMPERES * (POLL + ROW)
