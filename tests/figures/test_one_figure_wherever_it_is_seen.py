"""The numbers of a figure are the same in the window, the API, the report and the CSV.

One simulated run each of a cell that is cycled, of spectra, and of a Hall bar; the
application that `labctl serve` serves, the client and the tab of the window are real.
"""

import csv
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI
from pytestqt.qtbot import QtBot
from shared_runs import SharedRuns, bench_file

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from gui.link.link import Link
from gui.plot.figure_view import FigureView
from gui.run.figure_tab import FigureTab
from gui.run.tabs import tabs_of
from labctl.api.client import StationClient
from labctl.api.comparison import Asked
from labctl.api.figures import Figure, Series
from labctl.api.station_files import StationFiles, Tokens
from labctl.api.transport import who_asks
from labctl.clock import VirtualClock
from labctl.config.models import Config
from labctl.data import Array
from labctl.documents.hardened_yaml import Document
from labctl.figures import comparisons
from labctl.report.of_run import write_report
from labctl.service.bench.bench import StationBench
from labctl.service.http.audit import Audit
from labctl.service.http.process import application
from labctl.service.http.services import Services
from labctl.service.records.worker_process import Aside
from labctl.session.order import Equipment, Order, station_of

SHORT: Mapping[str, tuple[str, dict[str, Any]]] = {
    "formation-cycling": (
        "qms-0.7",
        {"formation_rate": "C/5", "rest": "1 min", "cycles": 2},
    ),
    "peis": (
        "qms-0.7",
        {
            "formation_cycles": 0,
            "settle": "5 min",
            "last_frequency": "1 Hz",
            "points_per_decade": 5,
        },
    ),
    "hall-effect": ("film-qms-0.7", {"sweep_points": 5}),
}
RUNS = [
    ("formation-cycling", "dq_dv"),
    ("formation-cycling", "capacity"),
    ("formation-cycling", "voltage_capacity"),
    ("peis", "nyquist"),
    ("peis", "relaxation_times"),
    ("hall-effect", "plot"),
    ("hall-effect", "configurations"),
]
"""Protocol, figure; ``plot`` of a Hall run is its resistance over the field."""
Connect = Callable[[], StationClient]
DIGITS = 1e-8
"""The page writes nine significant digits."""


class Here(Aside):
    """Works out in this process what a station asks of another one."""

    def call(self, deadline: float, act: Callable[..., Any], *given: Any) -> Any:  # noqa: ARG002
        """See `Aside`."""
        return act(*given)


class Line(httpx.BaseTransport):
    """Carries requests to an application in this process."""

    def __init__(self, app: FastAPI, portal: BlockingPortal) -> None:
        self._app, self._portal = httpx.ASGITransport(app), portal

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """See `httpx.BaseTransport`."""
        return self._portal.call(self._ask, request)

    async def _ask(self, request: httpx.Request) -> httpx.Response:
        answer = await self._app.handle_async_request(request)
        content = await answer.aread()
        return httpx.Response(
            answer.status_code, headers=answer.headers, content=content
        )


@pytest.fixture(scope="module")
def config() -> Config:
    """Return the simulated bench."""
    return bench_file()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the runs."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def runs(data: Path, shared_runs: SharedRuns) -> Mapping[str, str]:
    """Return finished runs, by protocol."""
    return {
        protocol: shared_runs.copy(data, protocol, sample, **given).folder.name
        for protocol, (sample, given) in SHORT.items()
    }


@pytest.fixture(scope="module")
def connect(data: Path, config: Config) -> Iterator[Connect]:
    """Return what makes real clients of the real application."""
    files = StationFiles(data)
    files.make()
    order = Order("", Document("", {}), "", simulate=True, speed=None)
    station, world = station_of(config, VirtualClock(), order)
    bench = StationBench(
        config, Equipment(station, world), files, speed=None, live_view=False
    )
    here, tokens = Here("here"), Tokens.new()
    audit = Audit(files.audit_file)
    services = Services(bench, "b1", audit, archive=here, analysis=here, preview=here)
    app = application(services, tokens, frozenset({"testserver"}))
    headers = who_asks(tokens.configure, client="test")
    with start_blocking_portal() as portal:
        alive = portal.wrap_async_context_manager(app.router.lifespan_context(app))

        def made() -> StationClient:
            url, line = "http://testserver", Line(app, portal)
            return StationClient(
                httpx.Client(transport=line, base_url=url, headers=headers)
            )

        with alive:
            yield made


@pytest.fixture(scope="module")
def client(connect: Connect) -> Iterator[StationClient]:
    """Return a client."""
    with connect() as made:
        yield made


# ---- where a figure is seen


def of_api(client: StationClient, run: str, name: str) -> Figure:
    return next(f for f in client.figures(run).figures if f.name == name)


def of_report(folder: Path, name: str) -> list[tuple[Array, Array]]:
    [path] = write_report([folder], folder.parent / "page.html", None)
    blocks = re.findall(
        r'<script type="application/json">(.*?)</script>',
        path.read_text("utf-8"),
        re.DOTALL,
    )
    for block in map(json.loads, blocks):
        if block["file"] == f"SIMULATED-{name}":
            return [(_array(s["x"]), _array(s["y"])) for s in block["series"]]
    raise AssertionError(f"the page has no figure {name}")


def of_csv(folder: Path, name: str) -> list[tuple[Array, Array]]:
    out = folder.parent / "csv"
    write_report([folder], folder.parent / "page.html", out)
    path = next(out.glob(f"{folder.name}-{name}.csv"))
    with path.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    columns = [
        _array([row[k] or "nan" for row in rows])
        for k, text in enumerate(head)
        if not text.startswith("u(")
    ]
    return list(zip(columns[::2], columns[1::2], strict=True))


def of_window(
    qtbot: QtBot, connect: Connect, run: str, name: str
) -> list[tuple[Array, Array]]:
    link = Link(connect)
    link.start()
    qtbot.waitUntil(lambda: link.state is not None)
    with connect() as client:
        detail = client.run(run)
    tab = next(t for t in tabs_of(detail) if t.name != "time" and t.shows(name))
    widget = FigureTab(tab, link)
    qtbot.addWidget(widget)
    widget.resize(900, 900)
    widget.show()
    widget.show_run(detail)
    widget.refresh(detail.summary.rows, force=True)
    qtbot.waitUntil(lambda: bool(widget.figures), timeout=20_000)
    views: list[FigureView] = [
        view for view in widget.views if view.figure and view.figure.name == name
    ]
    link.close()
    return [curve.getOriginalDataset() for curve in views[0].curves]


def _array(values: list[Any]) -> Array:
    return np.array([np.nan if v is None else float(v) for v in values])


def _points(x: Any, y: Any) -> Array:
    both = np.stack([np.asarray(x, float), np.asarray(y, float)])
    kept: Array = both[:, np.isfinite(both).all(axis=0)]
    return kept


def _same(
    found: list[tuple[Array, Array]], series: list[Series], tolerance: float = 0.0
) -> None:
    assert len(found) == len(series)
    for (x, y), one in zip(found, series, strict=True):
        np.testing.assert_allclose(
            _points(x, y), _points(one.x, one.y), rtol=tolerance, atol=0.0
        )


@pytest.mark.parametrize(("protocol", "name"), RUNS)
def test_every_number_is_the_same_in_window_api_report_and_csv(
    qtbot: QtBot,
    connect: Connect,
    client: StationClient,
    data: Path,
    runs: Mapping[str, str],
    protocol: str,
    name: str,
) -> None:
    run = runs[protocol]
    series = list(of_api(client, run, name).series)
    thinned = name == "voltage_capacity"

    _same(of_window(qtbot, connect, run, name), series)
    if thinned:  # a point that is drawn is one of the file's
        for (x, y), one in zip(of_csv(data / run, name), series, strict=True):
            every = set(map(tuple, _points(x, y).T))
            assert set(map(tuple, _points(one.x, one.y).T)) <= every
    else:
        _same(of_csv(data / run, name), series)
        _same(of_report(data / run, name), series, DIGITS)
    assert all(np.isfinite(one.y).any() for one in series)


def test_a_comparison_shows_the_very_curve_of_the_run(
    client: StationClient, runs: Mapping[str, str]
) -> None:
    run = runs["formation-cycling"]
    asked = Asked((run,), comparisons.DIFFERENTIAL.title, comparisons.Normalised.MASS)
    own = [s for s in of_api(client, run, "dq_dv").series if s.name == "cycle 1"]

    [laid] = client.overlay(asked).figure.series

    joined = np.concatenate([_points(s.x, s.y) for s in own], axis=1)
    np.testing.assert_allclose(_points(laid.x, laid.y), joined, rtol=1e-12)
    reasons = [one.reason for one in own if one.reason]
    assert all(reason in laid.reason for reason in reasons)


def test_a_comparison_of_capacity_shows_the_capacities_of_the_run(
    client: StationClient, runs: Mapping[str, str]
) -> None:
    run = runs["formation-cycling"]
    asked = Asked((run,), comparisons.CAPACITY.title, comparisons.Normalised.MASS)
    own = next(
        s for s in of_api(client, run, "capacity").series if s.name == "discharge"
    )

    [laid] = client.overlay(asked).figure.series

    np.testing.assert_allclose(
        _points(laid.x, laid.y), _points(own.x, own.y), rtol=1e-12
    )
