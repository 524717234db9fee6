"""The climate chamber of the example package, in the window and beside a cell's run."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from example_package import EXAMPLE, example_installed
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from real_station import CELLS, QUICK, RealStation, bench_file

from gui.shell.window import MainWindow
from labctl.api.requests import OrderIn
from labctl.documents.hardened_yaml import load_file
from labctl.sample import UNNAMED

Open = Callable[..., MainWindow]
AIR = "relative_humidity_percent"


@pytest.fixture
def bench(stand: Callable[..., RealStation], tmp_path: Path) -> Iterator[RealStation]:
    """Return the built-in bench with the package's oven, recorded beside everything."""
    with example_installed(tmp_path):
        own: Any = load_file(EXAMPLE / "config.yaml").data
        usual = bench_file().model_dump(mode="json")
        oven = {"damp": own["instruments"]["oven"]}
        yield stand(
            instruments={**usual["instruments"], **oven},
            channels={**usual["channels"], "humidifier": ["damp/water"]},
            also_record={"humidity": {"channel": "damp/water", "every": "60 s"}},
        )


def test_a_humidifier_is_driven_by_hand_in_the_window(
    qtbot: QtBot, open_window: Open, bench: RealStation
) -> None:
    window = open_window(bench)
    window.header.pages.setCurrentIndex(2)
    page = window.instruments
    qtbot.waitUntil(lambda: bool(page.table.rows.rows))
    page.table.selectRow(page.table.rows.row_of("damp/water"))
    page.choose()
    controls = page.channel_panel.controls
    qtbot.waitUntil(controls.form.choice.isEnabled)

    controls.form.choose("humidify")
    controls.form.type("humidity", "80 %")
    controls.form.button.click()
    qtbot.waitUntil(lambda: bool(bench.bench.live))
    run = bench.bench.live[0].about.run
    for _ in range(6):
        bench.client.request(run, "here")
        bench.go_on(25.0)
        bench.bench.changed()
    qtbot.waitUntil(lambda: controls.own[AIR].text not in {"", "–"})

    air = float(controls.own[AIR].text.split()[0])
    assert 55.0 < air < 65.0  # half of its time constant after 45 %
    assert controls.display.findChildren(QWidget)
    assert controls.output.text.startswith("holds 80 %")


def test_a_cells_run_records_the_humidifier_that_another_run_drives(
    bench: RealStation,
) -> None:
    cell = bench.start(channel=CELLS[0], sample="qms-0.7", **QUICK)
    bench.go_on(600.0)
    order = OrderIn(
        protocol="humidity-by-hand",
        channels={"humidifier": "damp/water"},
        parameters={"patience": "1 h"},
        sample=UNNAMED,
    )
    chamber = bench.client.start(order).run
    bench.client.request(chamber, "humidify", {"humidity": "80 %"})
    bench.go_on(3000.0)

    detail = bench.client.run(cell)
    (stream,) = [each for each in detail.streams if each.name == "humidity"]
    found = bench.client.rows(cell, "humidity").columns[AIR]
    early, late = found[0], found[-1]
    assert stream.rows == pytest.approx(3600 / 60, abs=3)
    assert early == pytest.approx(45.0, abs=0.2)
    assert late == pytest.approx(80.0, abs=0.5)
    assert any(plot.stream == "humidity" for plot in detail.plots)
    assert {each.run for each in bench.state().runs} >= {cell, chamber}
