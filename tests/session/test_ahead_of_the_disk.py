"""Only what comes back with the last commit may go on ahead of the disk."""

import dataclasses
from collections.abc import Callable

import pytest

from labctl.clock import Clock, ScaledClock, VirtualClock
from labctl.config.models import Config
from labctl.session.order import Equipment, Order, prepare, station_of
from labctl.session.run import comes_back


@pytest.mark.parametrize(
    ("clock", "is_simulated", "ahead"),
    [
        # the simulated bench is put back as of the last commit, its time too
        (VirtualClock(0.0), True, True),
        # so it is here, but somebody looks at it as it goes on
        (ScaledClock(60.0), True, False),
        # whatever time it is: instruments go on without this process
        (VirtualClock(0.0), False, False),
    ],
)
def test_a_run_is_ahead_of_the_disk_where_nothing_goes_on_without_it(
    clock: Clock,
    is_simulated: bool,
    ahead: bool,
    bench: Config,
    order: Callable[..., Order],
) -> None:
    equipment = Equipment(*station_of(bench, clock, order()))
    prepared = prepare(order(), bench, equipment)
    prepared.station.close()
    if not is_simulated:
        prepared = dataclasses.replace(prepared, world=None)

    assert comes_back(prepared) is ahead
