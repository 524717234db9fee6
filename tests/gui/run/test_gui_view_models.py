"""Tiles, axes, searches, links: what the window shows, without a window."""

import math
import re
from collections.abc import Callable

import numpy as np
import pytest
from real_station import NOW, RealStation, raise_alarm
from values import summary

from gui.bench.sparks import POINTS, Spark
from gui.compose.readiness import readiness
from gui.link.link_state import Answering, LinkWatch
from gui.look.colours import StateLook
from gui.plot.axis import Span, follow, span_of, with_margin
from gui.run.run_head import facts
from gui.run.states import (
    WORDS,
    counts_of,
    filtered,
    look_of,
    on_the_wall,
    tiles_of,
)
from gui.run.step_rows import step_rows
from gui.run.tabs import tabs_of
from gui.run.windows import curve
from gui.shell.stop_lines import stop_text
from labctl import plugins
from labctl.api.answers import Checked
from labctl.api.run_search import read_search
from labctl.api.states import RunState
from labctl.data import Columns
from labctl.protocol import Step
from labctl.steps.asking import Ask

# ---- tiles


@pytest.mark.parametrize(
    ("changes", "look", "word"),
    [
        # positive current charges
        ({"last": {"current_ampere": 1e-3}}, StateLook.CHARGING, "CC"),
        ({"last": {"current_ampere": -1e-3}}, StateLook.DISCHARGING, "CC"),
        # a hold is a hold, whichever way the current flows
        ({"technique": "ConstantVoltage"}, StateLook.HOLD, "CV hold"),
        ({"technique": "OpenCircuit"}, StateLook.REST, "rest"),
        ({"technique": "Spectrum"}, StateLook.SWEEP, "EIS"),
        ({"technique": "ReadFilm"}, StateLook.SWEEP, "Hall"),
        # what needs a person says why
        (
            {"state": RunState.HOLD, "reason": "46.2 °C"},
            StateLook.NEEDS_YOU,
            "HELD: 46.2 °C",
        ),
        ({"state": RunState.FAILED, "ended_unix": NOW}, StateLook.NEEDS_YOU, "FAILED"),
        ({"asked": "stop"}, StateLook.NEEDS_YOU, "stopping …"),
        ({"state": RunState.STARTING}, StateLook.REST, "starting …"),
    ],
)
def test_a_state_has_a_shape_and_a_word(
    changes: dict[str, object], look: StateLook, word: str
) -> None:
    run = summary("r", "s", {"cell": "vsp300/1"}, **changes)

    assert look_of(run) == (look, word)


def test_a_run_on_five_channels_is_one_tile(few: RealStation) -> None:
    tiles = tiles_of(few.state())

    hall_tiles = [t for t in tiles if t.sample == "film-qms-0.7"]
    assert len(hall_tiles) == 1
    assert hall_tiles[0].more_channels == 4


def test_a_finished_run_stays_on_its_channel_until_the_next_one(
    stand: Callable[..., RealStation],
) -> None:
    station = stand()
    iv = "particle-iv", "particle-qms-0.7"
    station.finish(station.start(*iv, points=11, sweeps=1))
    [finished] = [t for t in tiles_of(station.state()) if t.run]
    station.start(*iv)
    [next_one] = [t for t in tiles_of(station.state()) if t.run]

    assert finished.look is StateLook.FINISHED
    assert next_one.live


def test_counts_say_what_the_header_says(station: RealStation) -> None:
    station.start(channel="vsp300/2")
    raise_alarm(station)
    state = station.state()
    counts = counts_of(tiles_of(state), 1)

    free = len(state.channels) - 2
    assert str(counts) == f"1 running · 1 needs you · 1 ended · {free} free"


def test_a_tile_speaks_for_itself(few: RealStation) -> None:
    tile = tiles_of(few.state())[0]

    voltage = r"\d+\.\d+ mV"  # silicon that is lithiated
    assert re.match(rf"vsp300/1, qms-0\.7, CC, {voltage}, −", tile.spoken)


def test_every_step_has_a_word_for_its_tile() -> None:
    """What a person asks for (`Ask`) and techniques say themselves what they are."""
    for name in plugins.names(plugins.PROTOCOLS):
        plugins.protocol(name)
    themselves = {"RunTechniques"} | {each.__name__ for each in _below(Ask)}
    steps = {s.__name__ for s in _below(Step) if s.__module__.startswith("labctl.")}

    assert steps - themselves <= set(WORDS)


def _below(kind: type) -> set[type]:
    own: set[type] = set(kind.__subclasses__())
    return {kind}.union(own, *map(_below, own)) - {Step}


def test_a_limit_stops_what_is_driven_and_alarms_where_it_is_watched() -> None:
    driven = summary("r", "si", {}, last={"voltage_volt": 4.0})
    watched = driven.model_copy(update={"only_watches": True})
    bounds = {"voltage_volt": (None, 4.2)}

    assert facts(driven, bounds).startswith("200 mV below the stop at 4.20 V")
    assert facts(watched, bounds).startswith("200 mV below the alarm at 4.20 V")


def test_the_filter_takes_every_word(few: RealStation) -> None:
    tiles = tiles_of(few.state())

    assert [t.sample for t in filtered(tiles, "vsp300 qms")] == ["qms-0.7"]


def test_the_end_of_a_fast_simulation_is_shown_by_the_wall_clock(
    few: RealStation,
) -> None:
    state = few.state()
    fast = state.model_copy(
        update={
            "station": state.station.model_copy(update={"speed": 100.0}),
            "clock_unix": state.unix + 10_000,
        }
    )
    run = state.runs[0].model_copy(update={"ended_unix": state.unix + 9_000})

    assert on_the_wall(run, fast).ended_unix == pytest.approx(state.unix - 10)


def test_a_spark_line_never_grows_beyond_its_points() -> None:
    spark = Spark()
    for k in range(10_000):
        spark.add(float(k), math.sin(k / 500))

    assert len(spark.values) <= POINTS
    assert spark.times[-1] == 9999.0
    assert spark.times[0] == 0.0


# ---- axes


def test_the_axis_stands_still_while_data_fill_it() -> None:
    shown = follow(None, Span(0.0, 1.0))

    assert follow(shown, Span(0.1, 1.0)) == shown


def test_the_axis_grows_by_a_good_piece_when_data_leave_it() -> None:
    shown = follow(None, Span(0.0, 1.0))
    grown = follow(shown, Span(0.0, 1.5))

    assert grown.high > 1.6
    assert grown.low == shown.low
    assert follow(grown, Span(0.0, 1.55)) == grown


def test_the_axis_shrinks_when_it_is_mostly_empty() -> None:
    assert follow(Span(0.0, 100.0), Span(0.0, 1.0)).high < 2


def test_a_single_value_still_has_a_range() -> None:
    assert with_margin(Span(3.7, 3.7)).size > 0


def test_nan_is_no_part_of_a_range() -> None:
    assert span_of([math.nan, 2.0], [1.0]) == Span(1.0, 2.0)
    assert span_of([math.nan]) is None


# ---- windows


def test_groups_become_slopes_and_no_peak_is_lost() -> None:
    groups = {
        "t:first": [0.0, 10.0],
        "t:max": [9.0, 19.0],
        "v:first": [5.0, 4.0],
        "v:min": [4.1, -7.0],
        "v:max": [5.0, 4.0],
    }
    falling = Columns(tuple(groups), np.array([*groups.values()]), 0, 20, 10)

    x, y = curve(falling, "t", "v")

    assert y.tolist() == [5.0, 4.1, 4.0, -7.0]
    assert (np.diff(x) > 0).all()


# ---- tabs


def test_tabs_follow_from_the_streams(few: RealStation) -> None:
    titles = [
        [tab.title for tab in tabs_of(few.client.run(run))] for run in few.started
    ]
    particle, cell, _, film = titles

    assert cell == ["V, I – t", "Q–V", "dQ/dV", "Capacity · CE"]
    assert film == ["Hall", "Field over time"]
    assert particle == ["I–V"]


def test_a_series_has_a_tab_for_its_laws(few: RealStation) -> None:
    cell = few.client.run(few.started[1])

    tabs = tabs_of(cell.model_copy(update={"is_series": True}))

    assert [t.title for t in tabs][-1] == "Against T"
    assert tabs[-1].shows("activation_energy")
    assert not tabs[-1].shows("dq_dv")


# ---- lists


CELL = {"cell": "vsp300/1"}
ENDED = {"state": RunState.COMPLETED, "ended_unix": NOW}
LISTED = (
    summary("a", "nmc-031", CELL, cycle=4),
    summary("b", "nmc-032", CELL, cycle=16, **ENDED),
    summary("c", "lfp-117", CELL, cycle=17),
    summary("d", "film-7", {"switch": "k7001"}, protocol="hall-effect", **ENDED),
)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", "abcd"),
        ("sample:nmc", "ab"),
        ("cycles>15", "bc"),
        ("sample:nmc cycles<6", "a"),
        ("ended:completed", "bd"),
        ("hall", "d"),
    ],
)
def test_a_search_joins_its_conditions(search: str, found: str) -> None:
    kept = [run.run for run in LISTED if read_search(search).keeps(run)]

    assert kept == list(found)


@pytest.mark.parametrize("search", ["cycles>many", "colour:red"])
def test_a_search_that_cannot_be_read_says_so_and_hides_nothing(search: str) -> None:
    found = read_search(search)

    assert found.problem
    assert all(map(found.keeps, LISTED))


def test_steps_are_done_now_or_planned(few: RealStation) -> None:
    run = few.started[1]
    few.until(lambda: few.client.expected(run))
    rows = step_rows(few.client.steps(run), few.client.expected(run), live=True)

    states = [row.state for row in rows]
    assert states.count("now") == 1
    assert states == sorted(states, key=["done", "now", "planned"].index)
    assert states[-1] == "planned"


def test_a_stop_says_asked_confirmed_measured(station: RealStation) -> None:
    station.client.stop_all()

    def text() -> str:
        report = station.state().stop
        return "" if report is None else stop_text(report)

    station.until(lambda: "measured" in text())
    zero = r"−?0\.000\d mA"  # of an ammeter that has an error there
    said = rf"vsp300/1: asked → confirmed after \d+\.\d s → {zero} measured$"
    assert re.search(said, text())


# ---- the link


def test_a_silent_station_is_a_state_and_comes_back() -> None:
    watch = LinkWatch()
    first = watch.status(0.0).answering
    watch.answered(1.0)
    there = watch.status(1.5).answering
    watch.failed(2.0, "refused")
    watch.failed(3.0, "refused")
    lost = watch.status(3.2)
    watch.answered(4.0)
    again = watch.status(4.1).answering

    assert first is Answering.SEARCHING
    assert there is Answering.THERE
    assert lost.answering is Answering.LOST
    assert "2 s ago" in lost.text
    assert again is Answering.THERE


def test_one_late_answer_greys_nothing() -> None:
    watch = LinkWatch()
    watch.answered(0.0)
    watch.failed(0.5, "late")

    assert watch.status(1.0).is_there


def test_attempts_become_rarer_but_never_end() -> None:
    watch = LinkWatch()
    for k in range(50):
        watch.failed(float(k), "refused")

    assert not watch.may_try(50.0)
    assert watch.may_try(49.0 + 5.1)


def test_an_axis_that_grows_on_one_side_keeps_air_on_the_other() -> None:
    shown = follow(None, Span(-208.3, -208.2))
    grown = follow(shown, Span(-208.3, 208.3))

    assert grown.low < -208.3 - 0.05 * 416
    assert grown.high > 208.3 + 0.05 * 416


def test_channels_of_one_holder_are_said_together() -> None:
    checked = Checked(
        ok=True,
        complaints=[],
        warnings=[],
        channels={},
        limits={},
        parameters={},
        busy={"k6221": "film-7", "k7001": "film-7", "ls475": "film-7", "v/1": "A17"},
    )

    said = readiness("", checked, there=True).text

    assert (
        "k6221 and 2 more channels are busy with film-7, v/1 is busy with A17" in said
    )
