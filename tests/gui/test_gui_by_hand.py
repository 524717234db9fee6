"""Channels driven by hand: what panels say, what they refuse, what they leave on."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fake_hand import CONDUCTANCE, HALL, HandStation
from fake_station import FakeStation
from pytestqt.qtbot import QtBot

from gui.by_hand import hand_fields, hand_sweep, kept_readings
from gui.by_hand.channels import HALL as HALL_PARTS
from gui.by_hand.channels import IV, channel_rows, left_text, why_not
from gui.by_hand.hand_sweep import HandSweep, with_uncertainty
from gui.by_hand.instruments_page import InstrumentsPage
from gui.by_hand.kept_readings import CONFIGURATIONS, Kept
from gui.by_hand.readouts import Strip, digits, output_text, resistance
from gui.shell.window import MainWindow
from labctl.api.answers import HandPoint
from labctl.data import Array

Open = Callable[..., MainWindow]


def points(*rows: tuple[float, float, bool]) -> list[HandPoint]:
    return [
        HandPoint(level=v, voltage=v, current=i, in_compliance=held)
        for v, i, held in rows
    ]


def a_sweep(voltage: Array, current: Array, most: float = 1.0) -> HandSweep:
    sweep = HandSweep("k2450", "voltage", most, len(voltage))
    rows = zip(voltage, current, strict=True)
    sweep.take(points(*((v, i, abs(i) >= most) for v, i in rows)))
    return sweep


# ---- what a sweep comes to


def test_the_slope_through_zero_is_the_conductance_and_its_scatter() -> None:
    rng = np.random.default_rng(4)
    v = np.linspace(-1, 1, 81)
    i = 5e-9 * v + 2e-10 + 1e-12 * rng.normal(size=v.size)

    slope = a_sweep(v, i).slope()

    assert abs(slope.conductance - 5e-9) < 4 * slope.uncertainty
    assert 0 < slope.uncertainty < 1e-10
    assert slope.intercept == pytest.approx(2e-10, rel=0.02)
    assert "nS" in slope.text
    assert "MΩ" in slope.text


def test_the_slope_is_that_at_zero_not_of_the_whole_curve() -> None:
    v = np.linspace(-1, 1, 201)

    slope = a_sweep(v, 2e-5 * v + 4e-5 * v**3).slope()

    assert slope.conductance == pytest.approx(2e-5, rel=0.02)
    assert slope.within <= 0.1 + 1e-9


def test_points_in_compliance_are_not_the_samples() -> None:
    v = np.linspace(-0.05, 0.05, 21)
    i = np.clip(1e-3 * v, -2e-5, 2e-5)

    assert a_sweep(v, i, most=2e-5).slope().conductance == pytest.approx(1e-3)


@pytest.mark.parametrize(
    ("v", "i", "why"),
    [
        # too few points say nothing
        ([0.0, 0.1], [0.0, 1.0], "needs 5 points"),
        # a sweep beside zero has no slope through it
        ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5], "does not cross 0 V"),
        # one level again and again is no line
        ([0, 0, 0, 0, 0], [1, 1, 1, 1, 1], "no slope"),
        # an open circuit conducts nothing
        ([-2, -1, 0, 1, 2], [0, 0, 0, 0, 0], "no current"),
    ],
)
def test_a_sweep_without_a_slope_says_why(
    v: list[float], i: list[float], why: str
) -> None:
    slope = a_sweep(np.array(v, float), np.array(i, float), most=10.0).slope()

    assert why in slope.text


@pytest.mark.parametrize(
    ("levels", "turn"),
    [
        ([0, 1, 2, 3], 4),  # one way never turns
        ([0, 1, 2, 1, 0], 3),  # a loop turns at its end
        ([2, 1, 0, 1, 2], 3),
        ([0], 1),
    ],
)
def test_a_loop_is_drawn_there_and_back(levels: list[float], turn: int) -> None:
    values = np.array(levels, float)

    assert a_sweep(values, values * 0.1).turn == turn


@pytest.mark.parametrize(
    ("value", "uncertainty", "text"),
    [
        (1.2345e-9, 4.6e-12, "(1.2345 ± 0.0046) nS"),
        (-2.0e-5, 3e-7, "(−20.00 ± 0.30) µS"),
        # without scatter only the value is known
        (1e-3, 0.0, "1.0000 mS"),
        (1e-3, 1e-12, "1.0000 mS"),
    ],
)
def test_uncertainty_has_two_digits(
    value: float, uncertainty: float, text: str
) -> None:
    assert with_uncertainty(value, uncertainty, "S") == text


def test_the_csv_of_a_sweep_says_simulated_and_reads_back() -> None:
    sweep = a_sweep(np.linspace(-1, 1, 5), np.linspace(-1, 1, 5) * 1e-9, most=1.0)
    sweep.take([HandPoint(level=2.0, voltage=None, current=None, in_compliance=True)])

    lines = hand_sweep.csv_text(sweep, simulated=True).splitlines()

    assert lines[0] == "# SIMULATED"
    assert lines[5].startswith("-1.0,-1.0,-1e-09,0")
    assert lines[-1] == "2.0,,,1"
    assert "SIMULATED" not in hand_sweep.csv_text(sweep, simulated=False)


def test_kept_readings_have_no_ratio_in_compliance() -> None:
    hall = CONFIGURATIONS[4]
    kept = [
        Kept(1, hall, 0.5, 1e-3, 2e-3),
        Kept(2, hall, None, 1e-3, 2e-3, limited=True),
    ]

    lines = kept_readings.csv_text(kept, simulated=True).splitlines()

    assert kept[0].ratio == pytest.approx(2.0)
    assert lines[0] == "# SIMULATED"
    assert lines[3] == "1,1,3,2,4,0.5,0.001,0.002,2.0,0"
    assert lines[4] == "2,1,3,2,4,,0.001,0.002,,1"
    assert [s.name for s in kept_readings.ratio_figure(kept).series] == ["I13,V24"]


def test_every_contact_of_a_configuration_has_one_lead() -> None:
    for one in CONFIGURATIONS:
        assert sorted(one.contacts) == [1, 2, 3, 4]
        assert {one.lead_at(n) for n in one.contacts} == {"I+", "I−", "V+", "V−"}


# ---- what is typed


BOUNDS = {
    "voltage V": 210.0,
    "current A": 1.05,
    "compliance A": 1.05,
    "least compliance A": 1e-9,
}


@pytest.mark.parametrize(
    ("text", "value", "said"),
    [
        ("100 mV", 0.1, ""),
        ("−1,5 V", -1.5, ""),
        ("0 V", 0.0, ""),
        # beyond what the meter can do: refused, not clamped
        ("300 V", None, "at most 210.0 V"),
        ("-300 V", None, "at least −210.0 V"),
        # no unit, another unit, nothing: not guessed
        ("100", None, "has no unit"),
        ("1 A", None, "A"),
        ("", None, "needs a value"),
    ],
)
def test_a_level_is_read_or_refused_with_its_reason(
    text: str, value: float | None, said: str
) -> None:
    field = hand_fields.level("level", "Level", "V", BOUNDS["voltage V"])

    found = hand_fields.amounts([field], {"level": text})

    assert found.ok is (value is not None)
    assert found.values.get("level") == value
    assert said in found.found["level"].shown


@pytest.mark.parametrize("text", ["0 A", "1 pA", "2 A", "-1 mA", "1 V"])
def test_a_compliance_outside_the_meters_is_refused(text: str) -> None:
    field = hand_fields.compliance("voltage", BOUNDS)

    assert not hand_fields.amounts([field], {"compliance": text}).ok


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("1, 3, 2, 4", [1, 3, 2, 4]),
        ("1 3 2 4", [1, 3, 2, 4]),
        ("1, 3, 2", None),
        ("1, 1, 2, 3", None),
        ("1, 2, 3, x", None),
        ("0, 1, 2, 3", None),
        ("", None),
    ],
)
def test_contacts_are_four_and_differ(text: str, given: list[int] | None) -> None:
    found = hand_fields.amounts([hand_fields.contacts("contacts")], {"contacts": text})

    assert found.ok is (given is not None)
    assert found.found["contacts"].given == given


@pytest.mark.parametrize(
    ("voltage", "current", "ohm"),
    [(1.0, 1e-3, 1000.0), (1.0, 0.0, None), (0.0, 1e-3, None), (None, 1e-3, None)],
)
def test_a_resistance_needs_both(
    voltage: float | None, current: float | None, ohm: float | None
) -> None:
    assert resistance(voltage, current) == ohm


def test_readouts_keep_sign_and_unit() -> None:
    assert digits(1.02e-5, "A") == "+10.200 µA"
    assert digits(-0.1, "V") == "−100.00 mV"
    assert digits(None, "V") == digits(float("nan"), "V") == "– V"
    assert output_text({"set V": 0.1}) == "output ON at 100.0 mV"
    assert output_text({}) == "output off"


def test_a_strip_forgets_what_is_older_than_it_shows() -> None:
    strip = Strip("current", lasting=10.0)
    for now in range(30):
        strip.add(float(now), {"current": float(now)})

    time, value = strip.curve("current")

    assert (time[0], time[-1]) == (-10.0, 0.0)
    assert (value[0], value[-1]) == (19.0, 29.0)


# ---- which benches there are


def test_a_bench_by_hand_says_who_has_its_channels() -> None:
    busy, free = HandStation("few"), HandStation("one")
    lent = channel_rows(busy.instruments(), busy.state().channels)
    whole = channel_rows(free.instruments(), free.state().channels)

    assert "k2450 is lent to run 20260806-110000-particle-iv-p3" in why_not(lent, IV)
    assert "is lent to run 20260806-100000-hall" in why_not(lent, HALL_PARTS)
    assert why_not(whole, IV) == why_not(whole, HALL_PARTS) == ""
    assert why_not(whole[:1], IV) == "this bench has no source meter"


def test_a_channel_that_is_not_open_is_known_by_its_role() -> None:
    station = HandStation()
    station.closed = {"k2450"}

    rows = channel_rows(station.instruments(), station.state().channels)

    assert why_not(rows, IV) == ""
    assert next(r for r in rows if r.channel == "k2450").state == "not connected yet"


@pytest.mark.parametrize(
    ("safe_at", "text"), [(None, ""), (127.2, "safe in 27 s"), (90.0, "safe in 0 s")]
)
def test_the_seconds_to_safe_are_counted(safe_at: float | None, text: str) -> None:
    assert left_text(safe_at, 100.0) == text


# ---- panels


def opened(qtbot: QtBot, window: MainWindow, tab: int = 0) -> InstrumentsPage:
    page = window.instruments
    window.header.pages.setCurrentIndex(2)
    qtbot.waitUntil(lambda: bool(page.table.rows.rows))
    page.tabs.setCurrentIndex(tab)
    return page


def choose(page: InstrumentsPage, channel: str) -> None:
    page.table.selectRow(page.table.rows.row_of(channel))
    page.choose()


def test_a_channel_shows_who_it_is_and_counts_down(
    qtbot: QtBot, open_window: Open
) -> None:
    station = HandStation()
    page = opened(qtbot, open_window(station))
    choose(page, "k2450")

    texts = page.channel_panel.identity.texts
    assert (texts["Maker"], texts["Model"]) == ("Keithley", "2450")
    assert (texts["Serial"], texts["Plays"]) == ("04089762", "source meter")
    assert page.channel_panel.state.sign.text == "free"

    page.drive("100 mV", "1 mA")

    qtbot.waitUntil(lambda: "safe in" in page.channel_panel.state.sign.text)
    qtbot.waitUntil(lambda: "by hand: Kim" in page.channel_panel.state.sign.text)


def test_what_cannot_be_read_or_is_too_much_is_not_sent(
    qtbot: QtBot, open_window: Open
) -> None:
    station = HandStation()
    page = opened(qtbot, open_window(station))
    choose(page, "k2450")
    form = page.channel_panel.forms["drive"]  # type: ignore[index]
    drive = form.buttons[0]
    assert not drive.isEnabled()

    page.drive("300 V", "1 mA")
    assert not drive.isEnabled()
    assert "at most 210.0 V" in form.rows["level"].said
    page.drive("100 mV", "1 mA")
    assert drive.isEnabled()

    qtbot.waitUntil(lambda: "+100.0 mV" in page.reading)
    assert station.calls == ["k2450 drive"]


def test_a_lent_channel_leads_to_its_run(qtbot: QtBot, open_window: Open) -> None:
    window = open_window(HandStation("few"))
    page = opened(qtbot, window)
    choose(page, "k2450")

    assert not page.can_drive
    page.channel_panel.state.run_button.click()

    assert window.page is window.bench
    qtbot.waitUntil(lambda: "particle-iv" in window.bench.run_view.run)


def test_benches_by_hand_are_shut_while_a_run_has_a_channel(
    qtbot: QtBot, open_window: Open
) -> None:
    page = opened(qtbot, open_window(HandStation("few")))

    qtbot.waitUntil(lambda: not page.tabs.isTabEnabled(1))
    assert not page.tabs.isTabEnabled(2)
    assert "I–V by hand: k2450 is lent to run" in page.why_not


def test_a_sweep_draws_its_points_and_its_slope_and_gives_the_channel_back(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    station = HandStation()
    iv = opened(qtbot, open_window(station), 1).iv
    iv.source.type("compliance", "30 µA")
    for name, text in (("begin", "-1 V"), ("end", "1 V"), ("points", "41")):
        iv.sweep_box.form.type(name, text)
    qtbot.waitUntil(iv.sweep_box.begin_button.isEnabled)

    iv.sweep_box.begin_button.click()
    qtbot.waitUntil(lambda: iv.is_sweeping)
    qtbot.waitUntil(lambda: not iv.is_sweeping, timeout=10_000)
    qtbot.waitUntil(lambda: "k2450 safe" in station.calls)

    record = iv.record
    assert record is not None
    assert len(record.points) == 41
    assert record.slope().conductance == pytest.approx(CONDUCTANCE, rel=0.02)
    assert "in compliance" in iv.sweep_box.said
    assert iv.readings.plot.linear.hatched
    iv.export(tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text("utf-8").startswith("# SIMULATED")


def test_a_stopped_sweep_keeps_its_points_and_makes_safe(
    qtbot: QtBot, open_window: Open
) -> None:
    station = HandStation()
    station.at_once = 1
    iv = opened(qtbot, open_window(station), 1).iv
    iv.source.type("compliance", "1 mA")
    for name, text in (("begin", "0 V"), ("end", "1 V"), ("points", "2000")):
        iv.sweep_box.form.type(name, text)
    iv.sweep()
    qtbot.waitUntil(lambda: iv.record is not None and len(iv.record.points) > 1)

    iv.sweep_box.stop_button.click()

    qtbot.waitUntil(lambda: not iv.is_sweeping)
    assert iv.sweep_box.said.startswith("stopped: ")
    assert "k2450 safe" in station.calls


def test_an_output_that_is_on_is_said_and_read_again(
    qtbot: QtBot, open_window: Open
) -> None:
    station = HandStation()
    iv = opened(qtbot, open_window(station), 1).iv
    iv.source.type("compliance", "1 mA")
    iv.level.type("level", "100 mV")

    iv.drive()

    qtbot.waitUntil(lambda: iv.readings.output.text == "output ON at 100.0 mV")
    assert iv.readings.voltage.text == "+100.00 mV"
    qtbot.waitUntil(lambda: "k2450 read" in station.calls, timeout=5000)
    iv.release()
    qtbot.waitUntil(lambda: iv.readings.output.text == "output off")


def test_leaving_the_page_stops_the_touching(qtbot: QtBot, open_window: Open) -> None:
    station = HandStation()
    window = open_window(station)
    iv = opened(qtbot, window, 1).iv
    iv.source.type("compliance", "1 mA")
    iv.level.type("level", "100 mV")
    iv.drive()
    qtbot.waitUntil(lambda: "k2450 read" in station.calls, timeout=5000)

    window.header.pages.setCurrentIndex(0)

    assert not iv._timer.isActive()
    bar = window.statusBar()
    assert bar is not None
    assert "safe in 30 s" in bar.currentMessage()


def test_relays_move_only_between_source_off_and_current_on(
    qtbot: QtBot, open_window: Open
) -> None:
    station = HandStation()
    hall = opened(qtbot, open_window(station), 2).hall
    hall.sample.form.type("level", "1 mA")
    hall.sample.form.type("compliance", "10 V")
    hall.sample.contacts.setCurrentIndex(4)
    hall.drive()
    qtbot.waitUntil(lambda: hall.sample.connected is CONFIGURATIONS[4])
    station.calls.clear()

    hall.sample.contacts.setCurrentIndex(0)
    hall.drive()

    qtbot.waitUntil(lambda: hall.sample.connected is CONFIGURATIONS[0])
    acts = [c for c in station.calls if not c.endswith("read")]
    assert acts == ["k6221 safe", "k7001 connect", "k6221 drive"]


def test_a_kept_reading_holds_field_current_and_ratio(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    station = HandStation()
    hall = opened(qtbot, open_window(station), 2).hall
    hall.field.form.type("level", "0.5 T")
    hall.field.ramp_button.click()
    qtbot.waitUntil(lambda: hall.field.sign.text.startswith("settled"), timeout=20_000)
    hall.sample.form.type("level", "1 mA")
    hall.sample.form.type("compliance", "10 V")
    hall.sample.contacts.setCurrentIndex(4)
    hall.drive()
    qtbot.waitUntil(lambda: hall.sample.connected is not None)

    hall.sample.keep_button.click()

    qtbot.waitUntil(lambda: len(hall.kept.kept) == 1)
    kept = hall.kept.kept[0]
    assert kept.field == pytest.approx(0.49, abs=0.01)
    assert kept.ratio == pytest.approx(HALL * 0.49, rel=0.02)
    hall.kept.export(tmp_path / "k.csv")
    assert (tmp_path / "k.csv").read_text("utf-8").startswith("# SIMULATED")


def test_one_button_makes_the_whole_hall_bench_safe_sources_first(
    qtbot: QtBot, open_window: Open
) -> None:
    station = HandStation()
    hall = opened(qtbot, open_window(station), 2).hall
    hall.field.form.type("level", "0.5 T")
    hall.field.ramp()
    hall.sample.form.type("level", "1 mA")
    hall.sample.form.type("compliance", "10 V")
    hall.drive()
    qtbot.waitUntil(lambda: hall.sample.connected is not None)

    hall.safe_button.click()

    qtbot.waitUntil(lambda: "ls643 safe" in station.calls)
    safe = [c for c in station.calls if c.endswith("safe")]
    assert safe.index("k6221 safe") < safe.index("k7001 safe")
    assert safe[-1] == "ls643 safe"
    qtbot.waitUntil(lambda: hall.sample.connected is None)
    assert not hall.live_button.isChecked()


def test_a_supply_is_told_amperes_for_tesla_by_what_a_person_states(
    qtbot: QtBot, open_window: Open
) -> None:
    station = HandStation()
    hall = opened(qtbot, open_window(station), 2).hall
    hall.field.form.type("gain", "50 mT/A")
    hall.field.form.type("level", "0.5 T")

    hall.field.ramp()

    qtbot.waitUntil(lambda: station.amperes == pytest.approx(10.0))
    hall.field.form.type("level", "4 T")
    assert "at most 3.505 T" in hall.field.form.rows["level"].said
    assert not hall.field.ramp_button.isEnabled()


def test_a_refusal_is_said_where_one_works(qtbot: QtBot, open_window: Open) -> None:
    station = HandStation()
    hall = opened(qtbot, open_window(station), 2).hall
    station.refuses = "ls643: no water through the magnet (flow switch)"

    hall.field.form.type("level", "0.5 T")
    hall.field.ramp()

    qtbot.waitUntil(lambda: "flow switch" in hall.wrong)


def test_the_window_still_fits_with_a_bench_by_hand(
    qtbot: QtBot, open_window: Open
) -> None:
    window = open_window(HandStation())
    for tab in range(3):
        opened(qtbot, window, tab)
        assert window.minimumSizeHint().width() <= 1280
        assert window.minimumSizeHint().height() <= 720


def test_a_plain_station_without_bounds_is_still_driven(
    qtbot: QtBot, open_window: Open
) -> None:
    station = FakeStation("one")
    page = opened(qtbot, open_window(station))
    choose(page, "k2450")

    page.drive("100 mV", "1 mA")

    qtbot.waitUntil(lambda: "+100.0 mV" in page.reading)
