"""Serve twins in a process of their own, which writes down what really happens.

``python tests/wires/twin_process.py LOG [--hall] [--smus] [--cells N] [--meters N]``
prints one JSON line, the port of each instrument, and serves until its standard input
ends: it never outlives whoever started it. SCPI and TSP instruments stand on a raw TCP
port each, the potentiostat ``vsp`` on the port that `remote_eclib` speaks to.
"""

import argparse
import json
import sys
from pathlib import Path

from eclib_server import EclibServer
from pairs import twin_alone
from truth import Log
from witness import Witness

from drivers.twins.biologic.library import BiologicTwin
from drivers.twins.labsim.benches import HALL, SimulatedBench
from drivers.twins.labsim.front import serve
from drivers.twins.scpi.exchange import Exchange
from drivers.twins.world import catalogue
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.specimen_samples import build_specimen
from drivers.twins.world.world import BenchWorld
from labctl.clock import Clock, ScaledClock, SystemClock
from labctl.roles.driver import Setup

HALL_NAMES = {
    "source": "k6221",
    "voltmeter": "k2182a",
    "multimeter": "k2000",
    "switch": "k7001",
    "ammeter": "k6487",
    "gaussmeter": "ls475",
    "supply": "ls643",
}
SMUS: dict[str, tuple[str, str]] = {
    "k2400": ("keithley-2400", "particle-si"),
    "k2450": ("keithley-2450", "particle-si"),
    "k2636b": ("keithley-2636b", "particle-si"),
    "k6430": ("keithley-6430", "particle-si"),
    "b2901a": ("keysight-b2901a", "particle-si"),
    "k6517b": ("keithley-6517b", "pellet-si"),
    "k6487smu": ("keithley-6487", "pellet-si"),
}
"""Each with a sample of its own, so that eight runs do not meet in one."""
METER = "meter-{}"
"""A source meter with a cell of its own on its leads."""
VSP, VSP_ADDRESS = "vsp", "192.168.0.10"


def _circuit(sample: str) -> Circuit:
    kind = catalogue.label(sample)["kind"]
    return Circuit(build_specimen(sample, kind, catalogue.truth(sample)))


def hall(clock: Clock, film: str) -> dict[str, Exchange]:
    """Return the Hall bench's twins by the names of a station, one film on it."""
    circuit = _circuit(film)
    return {
        HALL_NAMES[own]: twin.alone(Setup(own, own, address), circuit, clock)
        for own, (address, twin) in HALL.items()
    }


def smus(clock: Clock) -> dict[str, Exchange]:
    """Return a source meter of every kind, each before a sample of its own."""
    return {
        name: twin_alone(driver, Setup(name, name, name), _circuit(sample), clock)
        for name, (driver, sample) in SMUS.items()
    }


def meters(clock: Clock, count: int, sample: str) -> dict[str, Exchange]:
    """Return 2460s, each with a cell at its output."""
    world, found = BenchWorld(clock), {}
    for number in range(1, count + 1):
        name = METER.format(number)
        world.place(sample, (f"{name}/cell",))
        setup = Setup(name, "keithley-2460", name)
        found[name] = twin_alone("keithley-2460", setup, world, clock)
    return found


def potentiostat(clock: Clock, cells: int, sample: str) -> BiologicTwin:
    """Return a VSP-300 with a cell at each of its first ``cells`` channels."""
    world = BenchWorld(clock)
    for number in range(1, cells + 1):
        world.place(sample, (f"{VSP}/{number}",))
    simulated = {"model": "VSP-300", "channels": max(cells, 6)}
    return BiologicTwin(Setup(VSP, VSP, VSP_ADDRESS, {}, simulated), world, clock)


def main(words: list[str]) -> None:
    """Serve until nobody listens any more."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log", type=Path)
    parser.add_argument("--hall", action="store_true")
    parser.add_argument("--smus", action="store_true")
    parser.add_argument("--cells", type=int, default=0)
    parser.add_argument("--meters", type=int, default=0)
    parser.add_argument("--film", default="film-si")
    parser.add_argument("--cell", default="si")
    parser.add_argument("--speed", type=float, default=1.0)
    asked = parser.parse_args(words)
    sys.setswitchinterval(0.0005)  # the witness looks in between
    real = asked.speed == 1.0
    clock: Clock = SystemClock() if real else ScaledClock(asked.speed)
    log = Log(asked.log)
    witness = Witness(log)
    twins: dict[str, Exchange] = {}
    if asked.hall:
        twins |= hall(clock, asked.film)
    if asked.smus:
        twins |= smus(clock)
    twins |= meters(clock, asked.meters, asked.cell)
    for name, twin in twins.items():
        witness.watch_exchange(name, twin)
    served = serve(SimulatedBench(Circuit(), twins), "127.0.0.1", 0)
    ports = dict(served.ports)
    if asked.cells:
        library = potentiostat(clock, asked.cells, asked.cell)
        witness.watch_channels(VSP, library)
        server = EclibServer(library, VSP, witness)
        server.start()
        ports[VSP] = server.port
    witness.start()
    sys.stdout.write(json.dumps(ports) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    witness.close()
    log.close()


if __name__ == "__main__":
    main(sys.argv[1:])
