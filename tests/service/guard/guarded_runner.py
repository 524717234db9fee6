"""A runner for the guard's tests: ``python guarded_runner.py HOW PORTS FOLDER``.

Prints ``on`` when outputs are on, then what it hears of its guard. Its loop promises to
be heard every second.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from labctl.clock import SystemClock
from labctl.config.models import Config
from labctl.documents.document import Document
from labctl.engine.situation import Situation
from labctl.person import Request
from labctl.roles.current_source import CurrentSettings
from labctl.roles.driver import Setup
from labctl.roles.source_meter import Driven, SourceSettings
from labctl.roles.switch_matrix import Connection
from labctl.sample import UNNAMED
from labctl.service.guard.guarding import Guarding, Hears
from labctl.service.guard.observing import guarded
from labctl.service.guard.planning import plan_of
from labctl.session.order import Equipment, Order, prepare
from labctl.session.run import Observers, start
from labctl.station import RealWires, Station

DRIVERS = {
    "k2400": "keithley-2400",
    "k2450": "keithley-2450",
    "source": "keithley-6221",
    "switch": "keithley-7001",
    "voltmeter": "keithley-2182a",
    "supply": "lakeshore-643",
}
CLOCK = SystemClock()
TICK = 0.1


def say(*words: object) -> None:
    print(*words, flush=True)  # noqa: T201


def station_of(ports: dict[str, int]) -> Station:
    setups = [
        Setup(
            name,
            driver,
            f"TCPIP::127.0.0.1::{ports[name]}::SOCKET",
            {"visa_library": "@py"},
        )
        for name, driver in DRIVERS.items()
        if name in ports
    ]
    return Station(setups, {}, CLOCK, RealWires())


class Runner:
    def __init__(self, ports: dict[str, int], folder: Path) -> None:
        self.station = station_of(ports)
        self.guarding = Guarding(folder, promise=1.0)
        self.folder = folder
        self.heard: list[str] = []
        self._said = False

    def begin(self, run: str, **cast: str) -> dict[str, Any]:
        roles = self.station.lend(run, cast).roles
        hears = Hears(
            frozen=lambda frozen: self.hear(f"frozen {frozen.run}"),
            safed=lambda safed: self.hear(f"safed {safed.run} {len(safed.unknown)}"),
            replaced=lambda _why: self.hear("replaced"),
        )
        plan = plan_of(self.station.setups, cast, self.station.players)
        self.guarding.arm(run, plan, hears)
        return dict(roles)

    def drive(self, run: str, channel: str) -> Any:
        smu = self.begin(run, source=channel)["source"]
        smu.prepare(SourceSettings(Driven.VOLTAGE, 1.0, 1e-3))
        smu.drive(1.0)
        return smu

    def hear(self, words: str) -> None:
        self.heard.append(words)
        say(words)

    def watch(self, now: Situation) -> None:
        """Say once that something is on and was read."""
        if now.last.get("voltage_volt") and not self._said:
            self._said = True
            say("on", self.guarding.pid)

    def beat(self, *runs: str, until: Callable[[], bool] = lambda: False) -> None:
        while not until():
            for run in runs:
                self.guarding.beat(run)
            CLOCK.sleep(TICK)


def beats(runner: Runner) -> None:
    runner.drive("run-1", "k2400")
    say("on", runner.guarding.pid)
    runner.beat("run-1")


def waits(runner: Runner) -> None:
    """Say that it will be silent for longer than it usually may; then end well."""
    smu = runner.drive("run-1", "k2400")
    say("on", runner.guarding.pid)
    runner.guarding.beat("run-1", 6.0, "the disk")
    CLOCK.sleep(2.5)
    smu.make_safe()
    runner.guarding.disarm("run-1")
    runner.guarding.close()


def ends_unsafe(runner: Runner) -> None:
    """End a run whose output is on while another one goes on."""
    runner.drive("run-1", "k2400")
    runner.drive("run-2", "k2450")
    say("on", runner.guarding.pid)
    runner.guarding.safe_now("run-1", "its link was lost")
    runner.beat("run-2")


def two(runner: Runner) -> None:
    """One run is silent, the other one goes on."""
    runner.drive("run-1", "k2400")
    runner.drive("run-2", "k2450")
    say("on", runner.guarding.pid)
    runner.beat("run-2")


def hall(runner: Runner) -> None:
    """Drive a current through closed relays while the magnet carries current."""
    roles = runner.begin(
        "run-1",
        magnet="supply",
        switch="switch",
        voltmeter="voltmeter",
        current_source="source",
    )
    roles["switch"].connect(Connection(2, 1, 3, 4))
    roles["magnet"].ramp_to(2.0)
    source = roles["current_source"]
    source.prepare(CurrentSettings(1e-3, 10.0))
    source.drive(1e-3)
    while abs(roles["magnet"].current()) < 1.0:
        runner.guarding.beat("run-1")
        CLOCK.sleep(TICK)
    say("on", runner.guarding.pid)
    runner.beat("run-1")


def by_hand(runner: Runner) -> None:
    """Hold a voltage in a run by hand, guarded as at a station."""
    setup = runner.station.setups["k2400"]
    instrument = {"driver": setup.driver, "address": setup.address}
    given = {"instruments": {"k2400": instrument}, "channels": {}}
    config = Config.model_validate(given)
    order = Order(
        "source-meter-by-hand",
        Document.without_lines("test", {}),
        UNNAMED,
        channels={"source_meter": "k2400"},
        out=runner.folder,
    )
    prepared = prepare(order, config, Equipment(runner.station))
    observers = Observers(watch=runner.watch, live_view=False)
    values = {"voltage": 1.0, "compliance": 1e-3}
    observers.control.person.put(Request("hold-voltage", values, "Kim"))
    setups = runner.station.setups
    start(
        prepared,
        config,
        guarded(
            observers,
            lambda: plan_of(setups, prepared.cast, runner.station.players),
            lambda _folder: runner.guarding,
        ),
        "run-1",
    )


STORIES = {
    "beats": beats,
    "waits": waits,
    "ends-unsafe": ends_unsafe,
    "two": two,
    "hall": hall,
    "by-hand": by_hand,
}

if __name__ == "__main__":
    story, listed, place = sys.argv[1:]
    STORIES[story](Runner(json.loads(listed), Path(place)))
