"""A real station in this process, on twins whose time passes when the test says so.

The application is the one that `labctl serve` serves: its services, bench, archive and
events. What it asks of worker processes is worked out here, forecasts once for all.
"""

import contextlib
import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from dummy_cell import DummyCell, DummyParameters
from line import Line
from told_clock import ToldClock

from labctl import plugins
from labctl.api.answers import AuditLine, ForecastOut
from labctl.api.client import StationClient
from labctl.api.models import RunSummary, State
from labctl.api.requests import OrderIn
from labctl.api.states import RunState
from labctl.api.station_files import StationFiles, Tokens
from labctl.api.transport import who_asks
from labctl.clock import SystemClock
from labctl.config.models import Config
from labctl.documents.complaints import validate
from labctl.documents.hardened_yaml import Document, load_file
from labctl.engine import recorder
from labctl.service.bench.bench import StationBench
from labctl.service.bench.live_run import LiveRun
from labctl.service.http.audit import Audit
from labctl.service.http.process import application
from labctl.service.http.services import Services
from labctl.service.records.forecast import forecast_order
from labctl.service.records.worker_process import Aside
from labctl.session import run as session_run
from labctl.session.order import Equipment, Order, station_of
from labctl.store.run_file.seal import seal

NOW = 1_786_000_000.0
"""When a station's time begins, UTC seconds."""
HOST = "127.0.0.1:1"
PATIENCE = 30.0
CELLS = [f"vsp300/{k}" for k in range(1, 7)] + [f"vmp3/{k}" for k in range(1, 9)]
QUICK = {"formation_rate": "C/5", "rest": "1 min"}
"""Parameters of a cell's run that comes to something within hours."""
STUCK = -200
"""What EClib says when a channel does not answer."""
_forecasts: dict[str, ForecastOut] = {}
_forecasting = threading.Lock()
_standing: set[int] = set()
_patch = pytest.MonkeyPatch()


class Here(Aside):
    """Works out in this process what a station asks of another one."""

    def call(self, deadline: float, act: Callable[..., Any], *given: Any) -> Any:  # noqa: ARG002
        """See `Aside`."""
        if act is not forecast_order:
            return act(*given)
        key = json.dumps(given, sort_keys=True)
        with _forecasting:
            if key not in _forecasts:
                _forecasts[key] = forecast_order(*given)
            return _forecasts[key]


class RealStation:
    """A station, what is behind it, and clients of it."""

    def __init__(self, data: Path, **changes: Any) -> None:
        """Start it on ``data``; ``changes`` replace parts of the bench's file."""
        if not _standing:  # run files are written here, and after every row
            _patch.setattr(session_run, "seal_apart", seal)
            _patch.setattr(recorder, "COMMIT_EVERY", 0.0)
        _standing.add(id(self))
        self.clock = ToldClock(NOW)
        self.files = StationFiles(data)
        self.files.make()
        self._ended = contextlib.ExitStack()
        config = bench_file(**changes)
        order = Order("", Document("", {}), "", simulate=True, speed=None)
        station, self.world = station_of(config, self.clock, order)
        self.bench = StationBench(
            config,
            Equipment(station, self.world),
            self.files,
            speed=None,
            live_view=False,
        )
        audit = Audit(self.files.audit_file)
        here = Here("here")
        self.services = Services(
            self.bench, "b1", audit, archive=here, analysis=here, preview=here
        )
        self.services.expectations._aside = here
        self._tokens = Tokens.new()
        app = application(self.services, self._tokens, frozenset({HOST}))
        portal = self._ended.enter_context(start_blocking_portal())
        lifespan = app.router.lifespan_context(app)
        self._ended.enter_context(portal.wrap_async_context_manager(lifespan))
        self.line = Line(app, portal)
        self.started: list[str] = []
        """The runs of `start`, the first one first."""
        self.client = self.connect()

    def connect(self, user: str = "Kim") -> StationClient:
        """Return another client, as a window makes one."""
        if self.line.is_cut:
            raise OSError("the line is cut")
        headers = who_asks(self._tokens.configure, client="test", user=user)
        return StationClient(
            httpx.Client(
                transport=self.line, base_url=f"http://{HOST}", headers=headers
            )
        )

    # ---- what a test does

    def start(
        self, protocol: str = "formation-cycling", sample: str = "si", **more: Any
    ) -> str:
        """Start a run and return its name; ``channel`` and parameters by name.

        It has come to its first wait.
        """
        channel = more.pop("channel", "")
        order = OrderIn(
            protocol=protocol,
            sample=sample,
            parameters=more,
            channels={"cell": channel} if channel else {},
            operator="Kim",
        )
        self.started.append(self.client.start(order).run)
        self.until(lambda: all(map(self._stands, self.bench.live)))
        return self.started[-1]

    def go_on(self, seconds: float) -> None:
        """Let time pass for every run and wait until they have come so far."""
        self.clock.go_on(seconds)
        self.until(lambda: all(map(self._stands, self.bench.live)))
        self.clock.settle()

    def twin(self, instrument: str) -> Any:
        """Return the twin of an instrument that was opened, to let things go wrong."""
        return self.world._parts[instrument]

    def stays_on(self, because: int = STUCK) -> None:
        """Let the VSP-300 stop no channel from now on; 0: let it obey again."""
        self.twin("vsp300").faults.codes = {"BL_StopChannel": because}

    def end(self, run: str) -> None:
        """Stop a run and wait for its end."""
        self.client.stop(run)
        self.until(lambda: not self.is_live(run))

    def break_off(self, data: Path) -> "RealStation":
        """Return a station that finds what this one would leave if it died now."""
        shutil.copytree(self.files.data, data, dirs_exist_ok=True)
        for lock in data.rglob("*.lock"):
            lock.unlink()
        made = RealStation(data)
        made.started = list(self.started)
        return made

    def is_live(self, run: str) -> bool:
        """Tell whether a run still has its channels."""
        return run in {r.about.run for r in self.bench.live}

    def finish(self, run: str) -> None:
        """Let time pass until a run has ended."""
        self.clock.go_on(float("inf"))
        self.until(lambda: not self.is_live(run))
        self.clock.go_on(0.0)

    def until(self, is_so: Callable[[], object]) -> None:
        """Wait until something is so."""
        wall = SystemClock()
        while not is_so():
            assert wall.now() < PATIENCE, "it did not happen"
            self.clock.wait()

    def run(self, name: str) -> RunSummary:
        """Return a run as the station shows it now."""
        return next(r for r in self.state().runs if r.run == name)

    def state(self) -> State:
        """Return the state of this moment."""
        self.bench.changed()
        return self.client.state()

    def did(self, command: str) -> list[AuditLine]:
        """Return the acts so far whose method and path contain ``command``."""
        return [line for line in self.client.audit() if command in line.command]

    def close(self) -> None:
        """End it; runs are stopped, and nobody waits for their files."""
        with pytest.MonkeyPatch.context() as unread:
            unread.setattr(session_run, "seal", lambda _folder: None)
            self._ended.close()
        _standing.discard(id(self))
        if not _standing:
            _patch.undo()

    def _stands(self, run: LiveRun) -> bool:
        """Tell whether a run has come as far as it can, and its rows are seen."""
        if not run.is_live:
            return True
        spent = self.clock.is_spent_for(run.about.run)
        seen = run.feed.rows >= run.summary().rows
        return run.state is RunState.HOLD or (spent and seen)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def bench_file(**changes: Any) -> Config:
    """Return the built-in bench, some of its parts replaced."""
    document = load_file(Path(plugins.world().configuration()))
    assert isinstance(document.data, dict)
    document.data["station"] = {"name": "battery-bench", "operator": "Kim"}
    return validate(Document("bench", {**document.data, **changes}), Config)


def few_runs(station: RealStation) -> dict[str, str]:
    """Begin two cells and a film, after a particle; return the name of each."""
    particle = station.start("particle-iv", "particle-qms-0.7", points=11, sweeps=1)
    station.finish(particle)
    first = station.start(channel=CELLS[0], sample="qms-0.7", **QUICK)
    second = station.start(channel=CELLS[1], sample="lco", **QUICK)
    station.go_on(3600.0)
    film = station.start("hall-effect", "film-qms-0.7", sweep_points=5)
    station.go_on(100.0)
    return {"first": first, "second": second, "film": film, "particle": particle}


def raise_alarm(station: RealStation) -> None:
    """Let the cell of the last run be another one, beyond the limits of the run."""
    run = station.started[-1]
    station.world.put(
        DummyCell(DummyParameters(emf=4.0)), tuple(station.run(run).channels.values())
    )
    station.clock.go_on(3600.0)
    station.until(lambda: not station.is_live(run) and station.state().attention)
