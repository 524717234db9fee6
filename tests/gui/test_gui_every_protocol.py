"""Every protocol's finished run, made by the real session, in a real window."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from fake_station import FakeStation
from pytestqt.qtbot import QtBot

from drivers.twins.world import catalogue
from gui.plot.figure_view import FigureView
from gui.run.figure_tab import FigureTab
from gui.run.live_plot import LivePlot
from gui.shell.window import MainWindow
from labctl import plugins
from labctl.api.answers import ForecastOut, RunDetail, StepOut
from labctl.api.figures import RunFigures
from labctl.api.transport import Columns
from labctl.config.models import Config
from labctl.data import Result
from labctl.documents.complaints import validate
from labctl.documents.hardened_yaml import Document, load_file
from labctl.person import Request
from labctl.service.http.catalogue import view_of
from labctl.service.records import archive
from labctl.service.records import figures as worked_out
from labctl.session.importing import import_file
from labctl.session.order import Order, prepare
from labctl.session.run import Observers, start

pytestmark = pytest.mark.slow

FORMED: dict[str, Any] = {"formation_rate": "C/5", "rest": "1 min"}
FRESH: dict[str, Any] = {"formation_cycles": 0, "rest": "1 min"}
SPECTRUM = {"last_frequency": "1 Hz", "points_per_decade": 4}
SHORT: dict[str, tuple[str, dict[str, Any]]] = {
    "formation-cycling": ("qms-0.7", {**FORMED, "cycles": 2}),
    "cycling": ("qms-0.7", {**FORMED, "cycles": 2}),
    "rate-capability": (
        "qms-0.7",
        {**FORMED, "rates": ["C/5", "1C", "2C"], "cycles_per_rate": 1},
    ),
    "gitt": (
        "qms-0.7",
        {
            **FORMED,
            "pulse_rate": "C/5",
            "pulse": "20 min",
            "fast_every": "5 s",
            "longest_rest": "20 min",
            "directions": "opening",
        },
    ),
    "cyclic-voltammetry": (
        "qms-0.7",
        {
            **FORMED,
            "scan_rates": ["0.3 mV/s", "0.5 mV/s", "1 mV/s"],
            "cycles_per_rate": 1,
            "record_step": "5 mV",
        },
    ),
    "hppc": (
        "qms-0.7",
        {**FORMED, "states": [0.3, 0.6], "settle": "10 min", "pulse_every": "0.5 s"},
    ),
    "quasi-ocv": ("qms-0.7", {**FORMED, "rate": "C/20"}),
    "peis": ("qms-0.7", {**FORMED, **SPECTRUM, "settle": "5 min"}),
    "insitu-eis": (
        "qms-0.7",
        {**FORMED, **SPECTRUM, "states": [0.1, 0.4], "second_every": "10 s"},
    ),
    "sequence": (
        "qms-0.7",
        {
            "steps": [
                {
                    "do": "current",
                    "rate": "D/2",
                    "duration": "5 h",
                    "until": ["full: voltage <= 10 mV"],
                },
                {
                    "do": "peis",
                    "amplitude": "10 mV",
                    "first_frequency": "10 kHz",
                    "last_frequency": "10 Hz",
                },
                {
                    "do": "current",
                    "rate": "C/2",
                    "duration": "5 h",
                    "until": ["empty: voltage >= 1.2 V"],
                },
            ]
        },
    ),
    "particle-iv": ("particle-qms-0.7", {"points": 11, "sweeps": 1}),
    "bias-hold": ("particle-qms-0.7", {"hold": "10 s", "tail": "5 s"}),
    "contact-check": ("film-qms-0.7", {}),
    "pellet-conductivity": ("pellet-qms-0.7", {"sweeps": 1, "settle_time": "1 s"}),
    "van-der-pauw": ("film-qms-0.7", {}),
    "hall-effect": ("film-qms-0.7", {"sweep_points": 5}),
    "channel-by-hand": ("qms-0.7", {"idle": "1 min"}),
    "source-meter-by-hand": ("pellet-qms-0.7", {"idle": "10 s"}),
    "hall-by-hand": ("film-qms-0.7", {"idle": "10 s"}),
}
ASKED = {
    "source-meter-by-hand": Request(
        "sweep-voltage",
        {"start": -0.1, "stop": 0.1, "points": 11, "compliance": 0.1},
    ),
    "hall-by-hand": Request("reverse", {"current": 1e-4, "contacts": [1, 3, 2, 4]}),
}
"""What a person asks for, in SI."""
IMPORTED = "imported"


class Archive(FakeStation):
    """A bench without runs; the runs on the disk are read as a station reads them."""

    def __init__(self, data: Path) -> None:
        super().__init__("empty")
        self.data = data

    def run(self, run: str) -> RunDetail:
        found = archive.detail(self.data / run)
        view = view_of(found.summary.protocol)
        return found.model_copy(update={"view": view})

    def steps(self, run: str, after: int = 0, limit: int = 500) -> list[StepOut]:
        return archive.steps(self.data / run, after, limit)

    def results(self, run: str) -> dict[str, Result]:
        return archive.results(self.data / run)

    def expected(self, run: str) -> ForecastOut | None:  # noqa: ARG002
        return None

    def figures(self, run: str) -> RunFigures:
        return worked_out.figures(self.data / run)

    def window(
        self,
        run: str,
        stream: str,
        y: Sequence[str],
        *,
        x: str = "test_time_second",
        begin: float | None = None,
        end: float | None = None,
        px: int = 800,
    ) -> Columns:
        low = -np.inf if begin is None else begin
        high = np.inf if end is None else end
        found = archive.window(self.data / run, stream, x, tuple(y), low, high, px)
        return Columns(
            dict(zip(found.columns, found.values, strict=True)),
            found.first_row,
            found.rows,
            found.rows_per_point,
        )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def finished(data: Path) -> Callable[[str], str]:
    """Return what runs a protocol to its end and tells the run's name."""
    config = validate(load_file(Path(plugins.world().configuration())), Config)

    def make(protocol: str) -> str:
        if protocol == IMPORTED:
            return import_file(_old_file(data.parent), _label(data.parent), data).name
        sample, given = SHORT[protocol]
        order = Order(
            protocol,
            Document("test", given),
            sample,
            out=data,
            simulate=True,
            speed=None,
            seed=3,
        )
        observers = Observers(live_view=False)
        if protocol in ASKED:
            observers.control.person.put(ASKED[protocol])
        done = start(prepare(order, config), config, observers)
        assert done.status == "completed", done.text
        return done.folder.name

    return make


def _label(folder: Path) -> Path:
    path = folder / "A17.yaml"
    path.write_text(yaml.safe_dump(catalogue.label("si"), allow_unicode=True), "utf-8")
    return path


def _old_file(folder: Path) -> Path:
    rows, start = [], 0
    for half, current in enumerate((-1, 1, -1, 1)):
        sign = 1 if current > 0 else -1
        rows += [
            f"{start + s}\t{0.5 + sign * (s / 9000 - 0.2)}\t{current}\t{half}"
            for s in range(0, 3601, 60)
        ]
        start += 3601
    head = (
        "EC-Lab ASCII FILE\nNb header lines : 5\n\n"
        "Galvanostatic Cycling with Potential Limitation\n"
        "time/s\tEwe/V\tI/mA\thalf cycle\n"
    )
    path = folder / "old.mpt"
    path.write_text(head + "\n".join(rows) + "\n", "latin-1")
    return path


def test_every_registered_protocol_has_a_short_run_here() -> None:
    assert {*SHORT, IMPORTED} == set(plugins.names(plugins.PROTOCOLS))


@pytest.mark.parametrize("protocol", [*SHORT, IMPORTED])
def test_every_tab_of_a_finished_run_draws_something(
    qtbot: QtBot,
    open_window: Callable[..., MainWindow],
    finished: Callable[[str], str],
    data: Path,
    protocol: str,
) -> None:
    run = finished(protocol)
    window = open_window(Archive(data))
    view = window.bench.run_view

    window.bench.open_run(run)
    qtbot.waitUntil(lambda: view.run == run and view.tabs.count() > 3, timeout=20_000)

    for place in range(view.tabs.count()):
        tab = view.tabs.widget(place)
        view.tabs.setCurrentIndex(place)
        if isinstance(tab, LivePlot):
            qtbot.waitUntil(partial(_has_points, tab.tracks[0].measured))
        if isinstance(tab, FigureTab):
            qtbot.waitUntil(partial(_is_drawn, tab), timeout=20_000)
            shown = [v for v in tab.views if v.isVisible()]
            assert shown
            assert all(map(_draws, shown)), view.tabs.tabText(place)


def _is_drawn(tab: FigureTab) -> bool:
    """Whether what is to come has come: of the protocol's own figures the station's."""
    return bool(tab.figures)


def _draws(view: FigureView) -> bool:
    return any(map(_has_points, view.curves))


def _has_points(line: Any) -> bool:
    x, y = line.getOriginalDataset()
    return x is not None and bool((np.isfinite(x) & np.isfinite(y)).any())
