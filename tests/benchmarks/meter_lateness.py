"""Prints how late eight source meters are looked at, ten times a second, in real time.

Run by hand: ``python -m pytest -s tests/benchmarks/meter_lateness.py``. The twins stand
on TCP ports of another process and take as long for a reading as a 2460 does at 1 PLC.
Eight threads each keep one channel's time, as a station's runs do; beside them eight
threads of PyVISA alone ask for the same reading at the same rate. Nothing is asserted.
"""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import pyvisa
from pairs import driver_of
from rigs import Rig

from drivers.visa.cell_channel import CellChannel
from labctl.clock import SystemClock
from labctl.columns import CURRENT, POLL_LATENESS, VOLTAGE
from labctl.limits import Envelope
from labctl.roles.driver import Setup
from labctl.techniques import ConstantCurrent, Recording

pytestmark = pytest.mark.benchmark
METERS = 8
RATE = 10.0
"""Looks a second."""
SECONDS = 60.0
BENCH = Envelope({VOLTAGE.name: (-0.5, 5.0), CURRENT.name: (-0.4, 0.4)})
QUESTION = ':READ? "defbuffer1",SOUR,READ,REL;:SOUR:VOLT:ILIM:TRIP?;:OUTP?'


def _in_threads(act: Callable[[str], list[float]], rig: Rig) -> list[float]:
    late: list[float] = []

    def one(name: str) -> None:
        late.extend(act(name))

    threads = [threading.Thread(target=one, args=(name,)) for name in sorted(rig.ports)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return late


def _by_channel(rig: Rig, name: str) -> list[float]:
    """Follow one channel as a step does; return s that its rows were late."""
    clock = SystemClock()
    options = {"visa_library": "@py", "cell": {"poll_every": 1.0 / RATE}}
    driver = driver_of("keithley-2460")
    setup = Setup(name, "keithley-2460", rig.address(name), options)
    opened = driver.open(driver.wire(setup), setup, clock)
    channel = opened.roles["cell"]
    assert isinstance(channel, CellChannel)
    record = Recording(every_s=0.5 / RATE)
    channel.load([ConstantCurrent(-1e-4, SECONDS, (), record)], BENCH)
    channel.start()
    late, running = list[float](), True
    while running:
        clock.sleep(min(clock.poll_period(1.0 / RATE), channel.next_look))
        poll = channel.poll()
        running = poll.running
        for batch in poll.batches:
            late += batch.columns[POLL_LATENESS.name].tolist()
    opened.close()
    return late


def _by_pyvisa(rig: Rig, name: str) -> list[float]:
    """Ask at fixed times and do nothing else; return s that questions were late."""
    clock = SystemClock()
    manager = pyvisa.ResourceManager("@py")
    wire = manager.open_resource(rig.address(name))
    assert isinstance(wire, pyvisa.resources.MessageBasedResource)
    wire.read_termination = wire.write_termination = "\n"
    wire.timeout = 5000
    wire.write(":SOUR:VOLT 0.1;:SOUR:VOLT:ILIM 1E-4;:OUTP 1")
    late, due = [], clock.now()
    while due < SECONDS:
        clock.sleep(due - clock.now())
        late.append(max(clock.now() - due, 0.0))
        wire.query(QUESTION)
        due = max(due + 1.0 / RATE, clock.now())
    wire.write(":OUTP 0")
    wire.close()
    return late


def _line(name: str, late: Sequence[float]) -> str:
    p50, p99, most = np.percentile(late, [50, 99, 100]) * 1e3
    rate = len(late) / METERS / SECONDS
    return f"{name:16s} {p50:7.2f} {p99:7.2f} {most:7.2f} ms  {rate:5.1f} a second"


def test_lateness_of_eight_channels(tmp_path: Path) -> None:
    print(f"\n{METERS} × 2460       p50     p99    most")
    with Rig(tmp_path / "ours", "--meters", str(METERS)) as rig:
        late = _in_threads(lambda name: _by_channel(rig, name), rig)
        print(_line("labctl", late))
    with Rig(tmp_path / "bare", "--meters", str(METERS)) as rig:
        late = _in_threads(lambda name: _by_pyvisa(rig, name), rig)
        print(_line("PyVISA alone", late))
