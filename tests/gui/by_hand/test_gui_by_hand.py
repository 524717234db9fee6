"""Benches by hand: what a panel begins, says, refuses, and what it leaves on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot
from real_station import RealStation

from gui.by_hand.bench_panel import BenchPanel
from gui.by_hand.channels import channel_rows, left_text, why_not
from gui.by_hand.contacts import CONFIGURATIONS, leads_of
from gui.by_hand.hand_controls import ratio_text
from gui.by_hand.kinds import HALL, IV, kind_of
from gui.by_hand.request_form import RequestForm
from gui.shell.window import MainWindow
from labctl.api.models import ByHand
from labctl.api.requests import OrderIn
from labctl.service.http.catalogue import protocols

Open = Callable[..., MainWindow]
REQUESTS = {one.name: one.requests for one in protocols()}


@pytest.fixture
def bench(stand: Callable[..., RealStation]) -> RealStation:
    """Return a bench on which nothing goes on."""
    return stand()


def panel_of(qtbot: QtBot, window: MainWindow, tab: int) -> BenchPanel:
    window.header.pages.setCurrentIndex(2)
    page = window.instruments
    qtbot.waitUntil(lambda: bool(page.table.rows.rows))
    page.tabs.setCurrentIndex(tab)
    panel = page.iv if tab == 1 else page.hall
    qtbot.waitUntil(panel.controls.form.choice.isEnabled)
    return panel


def ask(panel: BenchPanel, request: str, **texts: str) -> None:
    """Type a request and press its button."""
    form = panel.controls.form
    form.choose(request)
    for name, text in texts.items():
        form.type(name, text)
    assert form.button.isEnabled(), form.wrong.text()
    form.button.click()


def goes_on(qtbot: QtBot, station: RealStation, seconds: float) -> None:
    """Let time pass on the bench, and the window see it."""
    station.go_on(seconds)
    station.bench.changed()
    qtbot.wait(50)


def until(
    qtbot: QtBot, station: RealStation, run: str, is_so: Callable[[], object]
) -> None:
    """Let time pass, somebody being there, until something is so."""
    for _ in range(200):
        if is_so():
            return
        station.client.request(run, "here")
        goes_on(qtbot, station, 2.0)
    raise AssertionError("it did not happen")


def ended(station: RealStation, run: str, label: str) -> bool:
    steps = station.client.steps(run)
    return any(s.label.startswith(label) and s.ended is not None for s in steps)


def holds(panel: BenchPanel) -> bool:
    run = panel.controls.run
    return run is not None and run.by_hand is not None and run.by_hand.holds


def hold(qtbot: QtBot, station: RealStation, panel: BenchPanel) -> str:
    """Hold 100 mV; return the run."""
    panel.controls.sample.setCurrentText("particle-qms-0.7")
    ask(panel, "hold-voltage", voltage="100 mV", compliance="1 µA")
    qtbot.waitUntil(lambda: bool(station.bench.live))
    goes_on(qtbot, station, 3.0)
    qtbot.waitUntil(lambda: holds(panel))
    return station.bench.live[0].about.run


# ---- at the window


def test_the_first_request_begins_a_run_and_the_output_is_said_to_be_on(
    qtbot: QtBot, open_window: Open, bench: RealStation
) -> None:
    iv = panel_of(qtbot, open_window(bench), 1)

    run = hold(qtbot, bench, iv)

    readouts = iv.controls.readouts
    qtbot.waitUntil(lambda: "mV" in readouts["Voltage"].text)
    assert iv.controls.output.text.startswith("holds 100.0 mV")
    assert bench.run(run).sample == "particle-qms-0.7"
    qtbot.waitUntil(lambda: iv.view.run == run)
    assert iv.controls.ratio.text.endswith("MΩ")


def test_a_sweep_comes_to_a_resistance_and_gives_the_channel_back(
    qtbot: QtBot, open_window: Open, bench: RealStation
) -> None:
    iv = panel_of(qtbot, open_window(bench), 1)
    run = hold(qtbot, bench, iv)

    texts = {"start": "−0,5 V", "stop": "500 mV", "points": "21"}
    ask(iv, "sweep-voltage", compliance="1 µA", **texts)
    goes_on(qtbot, bench, 20.0)
    qtbot.waitUntil(iv.controls.end.isEnabled)
    iv.controls.end.click()
    bench.until(lambda: not bench.is_live(run))

    resistance = bench.client.results(run)["resistance"].value
    assert isinstance(resistance, float)
    assert 1 / resistance == pytest.approx(3.0e-8, rel=0.03)
    assert not bench.world.circuit.source.on


def test_what_was_swept_by_hand_is_exported_and_says_simulated(
    qtbot: QtBot, open_window: Open, bench: RealStation, tmp_path: Path
) -> None:
    iv = panel_of(qtbot, open_window(bench), 1)
    run = hold(qtbot, bench, iv)
    ask(iv, "sweep-voltage", compliance="1 µA", start="−0,5 V", stop="500 mV")
    goes_on(qtbot, bench, 30.0)
    qtbot.waitUntil(iv.controls.end.isEnabled)
    iv.controls.end.click()
    bench.until(lambda: not bench.is_live(run))
    bench.bench.changed()
    tab = iv.view.figure_tabs[0]
    iv.view.tabs.setCurrentWidget(tab)
    qtbot.waitUntil(
        lambda: {"plot", "decades"} <= {f.name for f in tab.figures}, timeout=10_000
    )

    iv.view.export(tmp_path / "a.csv")

    written = (tmp_path / "a-plot.csv").read_text("utf-8")
    assert written.startswith("# SIMULATED")
    assert "Voltage / V (sweep 1)" in written
    assert (tmp_path / "a-decades.csv").exists()


def test_what_is_refused_is_said_at_its_field_and_the_output_stays_on(
    qtbot: QtBot, open_window: Open, bench: RealStation
) -> None:
    iv = panel_of(qtbot, open_window(bench), 1)
    run = hold(qtbot, bench, iv)

    ask(iv, "hold-voltage", voltage="5 kV", compliance="1 µA")

    qtbot.waitUntil(lambda: iv.controls.form.rows["voltage"].is_wrong)
    assert "5000 V is beyond" in iv.controls.wrong
    assert holds(iv)
    iv.controls.safe.click()
    until(qtbot, bench, run, lambda: not holds(iv))
    assert not bench.world.circuit.source.on


def test_leaving_the_page_stops_the_touching(
    qtbot: QtBot, open_window: Open, bench: RealStation
) -> None:
    window = open_window(bench)
    iv = panel_of(qtbot, window, 1)
    hold(qtbot, bench, iv)
    person = bench.bench.live[0].control.person
    before = person.touches
    iv.controls.hand.here()
    qtbot.waitUntil(lambda: person.touches > before)

    window.header.pages.setCurrentIndex(0)

    assert not iv.controls._touch.isActive()
    bench.go_on(40.0)
    assert not bench.world.circuit.source.on


def test_a_run_by_hand_that_goes_on_already_is_found(
    qtbot: QtBot, open_window: Open, bench: RealStation
) -> None:
    order = OrderIn(
        protocol=IV.protocol, sample="by hand", channels={"source_meter": "k2450"}
    )
    run = bench.client.start(order).run
    goes_on(qtbot, bench, 1.0)

    iv = panel_of(qtbot, open_window(bench), 1)

    qtbot.waitUntil(lambda: iv.view.run == run)
    assert iv.controls.output.text == "output off"
    assert iv.controls.sample.currentText() == "by hand"


def test_a_film_in_a_field_is_driven_kept_and_reversed(
    qtbot: QtBot, open_window: Open, bench: RealStation
) -> None:
    hall = panel_of(qtbot, open_window(bench), 2)
    hall.controls.sample.setCurrentText("film-qms-0.7")
    assert hall.contacts is not None
    hall.controls.form.choose("drive")
    hall.contacts.choose(4)
    ask(hall, "drive", current="1 mA", compliance="10 V")
    qtbot.waitUntil(lambda: bool(bench.bench.live))
    run = bench.bench.live[0].about.run
    until(qtbot, bench, run, lambda: holds(hall))
    ask(hall, "field", field="0.4 T")
    until(qtbot, bench, run, lambda: "0.4 T" in hall.controls.output.text)
    until(qtbot, bench, run, hall.controls.keep.isEnabled)
    hall.controls.keep.click()
    ask(hall, "reverse", current="1 mA")
    until(qtbot, bench, run, lambda: ended(bench, run, "reversal"))
    until(qtbot, bench, run, hall.controls.end.isEnabled)
    hall.controls.end.click()
    bench.finish(run)

    kept = bench.client.results(run)["readings_kept"].table
    assert kept is not None
    assert kept["field_tesla"][0] == pytest.approx(0.4, abs=5e-3)
    assert not bench.world.circuit.closed


def test_a_channel_that_another_run_has_cannot_be_driven(
    qtbot: QtBot, open_window: Open, bench: RealStation
) -> None:
    bench.start("bias-hold", "particle-si", hold="1 min")
    window = open_window(bench)
    page = window.instruments
    window.header.pages.setCurrentIndex(2)
    qtbot.waitUntil(lambda: bool(page.table.rows.rows))
    page.table.selectRow(page.table.rows.row_of("k2450"))
    page.choose()

    qtbot.waitUntil(lambda: not page.can_drive)
    rows = channel_rows(bench.client.instruments(), bench.state())
    one = [row for row in rows if row.channel == "k2450"]
    assert "k2450 is lent to run" in why_not(one, IV.parts)


# ---- what it is made of


@pytest.mark.parametrize("protocol", [p for p, r in REQUESTS.items() if r])
def test_every_request_has_a_form(qtbot: QtBot, protocol: str) -> None:
    form = RequestForm()
    qtbot.addWidget(form)
    form.offer(REQUESTS[protocol])

    offered = {form.choice.itemData(k) for k in range(form.choice.count())}
    assert offered == REQUESTS[protocol].keys() - {"here", "keep", "safe", "end"}
    for request in offered:
        form.choose(request)
        wanted = REQUESTS[protocol][request].get("properties", {})
        assert form.rows.keys() == wanted.keys()


def test_a_text_of_the_same_name_and_unit_stays_when_another_request_is_chosen(
    qtbot: QtBot,
) -> None:
    form = RequestForm()
    qtbot.addWidget(form)
    form.offer(REQUESTS[IV.protocol])
    form.choose("hold-voltage")
    form.type("compliance", "1 µA")

    form.choose("sweep-voltage")
    kept = form.texts["compliance"]
    form.choose("hold-current")

    assert (kept, form.texts["compliance"]) == ("1 µA", "")


@pytest.mark.parametrize(
    ("kinds", "roles", "protocol"),
    [
        (["SourceMeter"], [], "source-meter-by-hand"),
        # not open yet: what the configuration lets it play
        ([], ["cell", "monitor"], "channel-by-hand"),
        (["Gaussmeter"], ["gaussmeter"], "hall-by-hand"),
        (["Nothing"], [], ""),
    ],
)
def test_a_channel_is_driven_as_what_it_plays(
    kinds: list[str], roles: list[str], protocol: str
) -> None:
    kind = kind_of(kinds, roles)

    assert (kind.protocol if kind else "") == protocol


def test_a_lone_instrument_of_a_hall_bench_needs_no_other() -> None:
    kind = kind_of(["Gaussmeter"], [])

    assert kind is not None
    assert [role for role, there in kind.parameters.items() if there] == ["gaussmeter"]
    assert len(HALL.parts) == 5


@pytest.mark.parametrize(
    ("text", "leads"),
    [
        ("1; 3; 2; 4", {1: "I+", 3: "I−", 2: "V+", 4: "V−"}),
        ("1; 3; 2", {}),
        ("a; b; c; d", {}),
    ],
)
def test_contacts_are_drawn_as_they_are_typed(text: str, leads: dict[int, str]) -> None:
    assert leads_of(text) == leads


def test_every_contact_of_a_configuration_has_one_lead() -> None:
    for one in CONFIGURATIONS:
        assert set(leads_of(one.text)) == {1, 2, 3, 4}


@pytest.mark.parametrize(
    ("voltage", "current", "text"),
    [(1.0, 1e-3, "1.0000 kΩ"), (0.0, 1e-3, "– Ω"), (1.0, None, "– Ω")],
)
def test_a_resistance_needs_both(
    voltage: float | None, current: float | None, text: str
) -> None:
    assert ratio_text(voltage, current) == text


def test_the_seconds_to_safe_are_counted_while_something_is_on() -> None:
    on: dict[str, Any] = {"who": "Kim", "asks": True, "left_alone_unix": 130.0}

    assert left_text(ByHand(holds=True, **on), 100.4) == "safe in 30 s"
    assert left_text(ByHand(holds=True, **on), 130.0 - 43200.0) == "safe in 12 h"
    assert left_text(ByHand(holds=False, **on), 100.4) == ""
    assert left_text(None, 100.4) == ""


def test_a_chamber_is_sent_to_a_temperature_where_it_is_chosen(
    qtbot: QtBot, open_window: Open, bench: RealStation
) -> None:
    window = open_window(bench)
    window.header.pages.setCurrentIndex(2)
    page = window.instruments
    qtbot.waitUntil(lambda: bool(page.table.rows.rows))
    page.table.selectRow(page.table.rows.row_of("oven"))
    page.choose()
    controls = page.channel_panel.controls
    qtbot.waitUntil(controls.form.choice.isEnabled)

    controls.form.choose("hold-temperature")
    controls.form.type("temperature", "45 °C")
    controls.form.button.click()
    qtbot.waitUntil(lambda: bool(bench.bench.live))
    air = "chamber_temperature_celsius"
    for _ in range(6):
        goes_on(qtbot, bench, 60.0)
    qtbot.waitUntil(lambda: controls.own[air].text not in {"", "–"})

    assert 25.5 < float(controls.own[air].text.split()[0]) < 45.0
    assert controls.own["setpoint_temperature_celsius"].text.startswith("45")
    assert controls.output.text.startswith("holds 45 °C")
