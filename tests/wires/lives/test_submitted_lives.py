"""A run dies; the other program goes on; the next life has all of its rows, once."""

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rigs import SAMPLES, write_sample
from virtual_bench import Killed, Life, SteppingWall, TurnClock

from drivers.twins.ec_lab.ec_lab import SimulatedEcLab
from drivers.twins.neware.bts import SimulatedBts
from drivers.twins.neware.server import Served, serve
from drivers.twins.world.world import BenchWorld
from labctl.cli.ordering import read_config
from labctl.documents.hardened_yaml import Document
from labctl.possession import Held, NobodyElse
from labctl.roles.driver import Driver, Setup
from labctl.session.order import Equipment, Order, prepare
from labctl.session.resume import resume
from labctl.session.run import Finished, Observers, start
from labctl.station import Station
from labctl.store.folder import RunFolder, list_runs
from labctl.store.journal.reader import JournalReader

KINDS = {
    "neware-bts": ("127.0.0.1:502", "cycler/1-1-1"),
    "ec-lab": ("EC-Lab:0", "cycler/1"),
}
"""Driver -> address and channel."""
STEPS: list[Any] = [
    {"do": "current", "rate": "D/10", "duration": "240 s"},
    {"do": "rest", "duration": "60 s"},
    {"do": "current", "rate": "D/20", "duration": "240 s"},
]
EVERY = 2.0
"""s between two rows."""
NEVER = 1_000_000
Act = Callable[[Observers, Equipment], Finished]


class OneWire:
    """The other program as every life reaches it."""

    def __init__(self, wire: Any) -> None:
        self.wire = wire

    def connect(self, driver: Driver, setup: Setup, clock: Any) -> Any:  # noqa: ARG002
        return self.wire

    def possess(self, setup: Setup) -> Held:  # noqa: ARG002
        return NobodyElse()


class Cycler:
    """One other program, one cell, and lives one after the other."""

    def __init__(self, driver: str, folder: Path) -> None:
        address, channel = KINDS[driver]
        self.folder, self.clock = folder, SteppingWall(1.7e9)
        world = BenchWorld(self.clock)
        world.place("si", (channel,))
        setup = Setup("cycler", driver, address, {}, {"channels": 2})
        self.reach: Callable[[bool], None]
        """Lets what is asked reach the other program, or nobody."""
        if driver == "neware-bts":
            wire = serve(SimulatedBts(setup, world, self.clock))
            assert isinstance(wire.keeps, Served)
            faults = wire.keeps.faults
            self.wires = OneWire(wire)
            self.reach = lambda well: setattr(faults, "hang_ups", 0 if well else NEVER)
        else:
            com = SimulatedEcLab(setup, world, self.clock)
            self.wires = OneWire(com)
            self.reach = lambda well: setattr(
                com.faults, "zero_status", 0 if well else NEVER
            )
        instrument = {
            "driver": driver,
            "address": address,
            "options": {"folder": str(folder / "files")},
        }
        file = folder / "config.yaml"
        written = {
            "instruments": {"cycler": instrument},
            "channels": {"cell": [channel]},
        }
        file.write_text(json.dumps(written))
        self.config = read_config(file, simulate=False)
        write_sample(folder / "cell.yaml", SAMPLES["cell"])
        self.life: Life | None = None
        self.finished: list[Finished] = []

    def live(self, act: Act) -> Life:
        """Begin a life and let it come to its first wait."""
        life = self.life = Life(lambda: None)
        clock = TurnClock(self.clock, life)
        station = Station(self.config.setups(), self.config.channels, clock, self.wires)
        observers = Observers(live_view=False, sealed=False)

        def whole() -> None:
            life.thread = threading.current_thread()
            try:
                self.finished.append(act(observers, Equipment(station, None)))
            except Killed:
                pass
            finally:
                station.close()

        life.turns.begin(whole)
        return life

    def begin(self) -> Life:
        order = Order(
            "sequence",
            Document("plan", {"steps": [*STEPS], "record_every": f"{EVERY:g} s"}),
            str(self.folder / "cell.yaml"),
            out=self.folder / "runs",
        )
        return self.live(
            lambda o, e: start(prepare(order, self.config, e), self.config, o)
        )

    def kill(self) -> RunFolder:
        """End the life between two waits; return what it left on the disk."""
        assert self.life is not None
        run = next(iter(list_runs(self.folder / "runs")))
        self.life.dead = True
        self.reach(False)
        copy = self.folder / "killed" / run.path.name
        shutil.copytree(run.path, copy, ignore=shutil.ignore_patterns("*lock*"))
        self.life.turns.give()
        self.reach(True)
        return RunFolder(copy)

    def resume(self, run: RunFolder) -> None:
        life = self.live(lambda o, e: resume(run.path, o, None, e))
        for _ in range(2000):
            if life.turns.over:
                return
            life.turns.give()
        raise AssertionError("it does not end")


@pytest.mark.parametrize("driver", KINDS)
@pytest.mark.parametrize("away", [30.0, 3000.0])
def test_rows_of_the_time_between_two_lives_are_there_once(
    driver: str, away: float, tmp_path: Path
) -> None:
    cycler = Cycler(driver, tmp_path)
    life = cycler.begin()
    for _ in range(20):
        life.turns.give()
    run = cycler.kill()
    cycler.clock.sleep(away)  # nobody there; longer than all steps, or within one
    cycler.resume(run)

    assert cycler.finished[-1].status == "completed"
    with JournalReader(run.journal) as reader:
        table = reader.table("timeseries")
        events = [record.event.code for record in reader.events]
    assert "attached" in events
    time = np.diff(table["step_time_second"])
    within = np.diff(table["step_count"]) == 0
    assert np.all(time[within] >= 0.0)
    assert np.all(time[within] < EVERY + 0.15)  # of a Neware's 0.1 s
    # What had ended by itself is begun again for the 0 s that remain: a row of its own.
    again = (time == 0.0) & (np.diff(table["instrument_time_second"]) >= 0.0)
    assert not again.any()
    for count in np.unique(table["step_count"]):
        own = table["step_time_second"][table["step_count"] == count]
        assert own[-1] - own[0] > 0.9 * 60.0
