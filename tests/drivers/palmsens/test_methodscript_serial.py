"""The driver on a serial line of the operating system, through PyVISA as it is."""

import os
import select
import sys
import threading
from collections.abc import Iterator

import pytest

from drivers.palmsens.entry import driver
from drivers.twins.palmsens.entry import alone
from drivers.twins.palmsens.instrument import MethodScriptTwin
from drivers.twins.world.world import BenchWorld
from labctl.clock import ScaledClock
from labctl.errors import LinkError
from labctl.roles.driver import Setup
from labctl.techniques import ConstantCurrent, OpenCircuit, Recording

if sys.platform == "win32":
    pytest.skip("Windows has no pseudo terminals", allow_module_level=True)
import pty
import tty

SPEED = 5.0
"""Times faster than real time: the host's pauses shrink with it."""
FAST = Recording(every_s=0.5)


class Cable:
    """A pseudo terminal with the twin at its far end."""

    def __init__(self) -> None:
        self.clock = ScaledClock(SPEED)
        world = BenchWorld(self.clock)
        world.place("qms-0.7", ["emstat4"])
        self.far, self.near = pty.openpty()
        for end in (self.far, self.near):
            tty.setraw(end)
        options = {"timeout": 3.0, "hold_link_for": 0.0}
        address = f"ASRL{os.ttyname(self.near)}::INSTR"
        self.setup = Setup("emstat4", "palmsens-methodscript", address, options)
        self.twin: MethodScriptTwin = alone(self.setup, world, self.clock)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def _carry(self) -> None:
        while not self._over.is_set():
            ready, _, _ = select.select([self.far], [], [], 0.002)
            if ready:
                self.twin.receive(os.read(self.far, 4096), False)
            waiting = self.twin.waiting
            if waiting:
                os.write(self.far, self.twin.read(waiting, 0.0)[0])

    def pull(self) -> None:
        """Pull the plug."""
        self._over.set()
        self._thread.join(5.0)
        os.close(self.far)
        os.close(self.near)


@pytest.fixture
def cable() -> Iterator[Cable]:
    made = Cable()
    yield made
    if not made._over.is_set():
        made.pull()


def test_a_short_script_runs_over_a_real_line(cable: Cable) -> None:
    device = driver.open(driver.wire(cable.setup), cable.setup, cable.clock)
    channel = device.channel
    channel.load([OpenCircuit(2.0, FAST), ConstantCurrent(-1e-3, 2.0, (), FAST)])
    channel.start()
    rows, running = 0, True
    for _ in range(100):
        if not running:
            break
        cable.clock.sleep(1.0)
        poll = channel.poll()
        rows, running = rows + sum(map(len, poll.batches)), poll.running
    device.close()

    assert not running
    assert rows == 8
    assert cable.twin.look()[0] is False


def test_a_pulled_plug_is_a_lost_link(cable: Cable) -> None:
    device = driver.open(driver.wire(cable.setup), cable.setup, cable.clock)
    cable.pull()

    with pytest.raises(LinkError):
        device.channel.sense()
    device.close()
