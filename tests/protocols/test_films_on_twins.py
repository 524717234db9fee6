"""Whole runs on films through session, drivers and twins, faults included.

The truth is read from the simulated samples' files; nothing else may know it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conduction_bench import Bench, rows_of, within

from drivers.twins.world import catalogue
from drivers.twins.world.circuit import Circuit
from labctl.data import Quality
from labctl.engine.control import Control
from labctl.engine.situation import Situation
from labctl.errors import RefusedError
from labctl.session.run import Observers


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


SECOND = "Hall at -0.5 T, 2"


@pytest.mark.parametrize(
    ("sample", "kind"),
    [("film-si", "n"), ("film-qms-0.7", "n"), ("film-reference-p", "p")],
)
def test_a_films_carriers_are_found(bench: Bench, sample: str, kind: str) -> None:
    truth = catalogue.truth(sample)

    finished = bench.run("hall-effect", sample)

    found = finished.results
    assert finished.exit_code == 0
    assert found["carrier_type"].value == kind
    assert found["carrier_density"].unit == "cm^-3"
    assert within(found["carrier_density"], truth["density_per_m3"] * 1e-6)
    assert within(found["hall_mobility"], truth["mobility_m2_per_volt_second"] * 1e4)
    assert {r.quality for r in found.values()} == {Quality.GOOD}
    assert bench.is_safe


def test_a_film_is_read_by_delta_too(bench: Bench) -> None:
    truth = catalogue.truth("film-si")

    finished = bench.run("hall-effect", "film-si", method="delta", contact_size=0.0)

    found = finished.results
    # Eight configurations without a field, four in each of four fields.
    assert len(rows_of(finished, "hall")["voltage_volt"]) == (8 + 4 * 4) * 20
    assert {r.quality for r in found.values()} == {Quality.GOOD}
    assert within(found["carrier_density"], truth["density_per_m3"] * 1e-6)
    assert within(found["hall_mobility"], truth["mobility_m2_per_volt_second"] * 1e4)
    assert found["carrier_type"].value == "n"
    assert bench.is_safe


def test_a_stop_in_a_delta_of_a_film_ends_safe_and_keeps_what_was_read(
    bench: Bench,
) -> None:
    control = Control()

    def stop(situation: Situation) -> None:
        if situation.step.label.startswith(SECOND) and situation.rows:
            control.stop("a test")

    finished = bench.run(
        "hall-effect",
        "film-si",
        observers=Observers(control, stop, live_view=False),
        method="delta",
    )

    assert finished.status == "stopped"
    assert len(rows_of(finished, "hall")["voltage_volt"]) >= (8 + 4) * 20
    assert finished.results["sheet_resistance"].quality is Quality.GOOD
    assert finished.results["carrier_density"].quality is not Quality.GOOD
    assert bench.is_safe


def test_moving_deltas_of_a_film_do_not_pretend_to_be_independent(
    bench: Bench,
) -> None:
    finished = bench.run("van-der-pauw", "film-si", method="delta", delta_readings=50)

    rows = rows_of(finished, "hall")
    one = rows["voltage_volt"][:50]
    naive = float(one.std(ddof=1)) / np.sqrt(50)
    told = finished.results["sheet_resistance"].budget
    assert told is not None
    # Each of eight configurations has about this share of R_s; three of twelve
    # readings in common make the mean's error larger than that of 50 free ones.
    alone = naive / rows["source_ampere"][0] * 4.53 / np.sqrt(8)
    assert told["resistivity readings"] > 1.2 * alone


def test_a_current_that_heats_the_film_is_a_doubt_whoever_chose_it(
    bench: Bench,
) -> None:
    finished = bench.run("van-der-pauw", "film-si", power="20 mW")

    assert "vdp-power" in finished.results["sheet_resistance"].verdicts


def test_the_stations_sign_turns_the_carrier_type(bench: Bench) -> None:
    finished = bench.run("hall-effect", "film-si", station_sign=-1)

    assert finished.results["carrier_type"].value == "p"


def test_the_configuration_states_the_stations_sign(bench: Bench) -> None:
    bench.config = bench.config.model_copy(update={"hall_sign": -1})

    finished = bench.run("hall-effect", "film-si")

    assert finished.results["carrier_type"].value == "p"


@pytest.mark.parametrize(("leads", "sign"), [(1.0, 1.0), (-1.0, -1.0)])
def test_a_reference_sample_finds_the_stations_sign(
    bench: Bench, leads: float, sign: float
) -> None:
    # Contacts numbered clockwise turn the Hall voltage over, not the resistivity.
    order = (1, 2, 3, 4) if leads > 0 else (4, 3, 2, 1)
    wiring = {f"1!{r}!{n}": (r, order[n - 1]) for r in range(1, 5) for n in range(1, 5)}
    bench.spoil("k7001", wiring=wiring)

    finished = bench.run("hall-effect", "film-reference-p", reference_type="p")

    assert finished.results["station_sign"].value == sign
    assert finished.results["sheet_resistance"].quality is Quality.GOOD


def test_a_held_hall_run_sets_its_field_again(bench: Bench) -> None:
    control = Control()
    held: list[str] = []

    def hold_once(situation: Situation) -> None:
        # With a source in the row it is a reading, not the way to the field.
        reading = "source_ampere" in situation.last
        if situation.state == "hold":
            control.release()
        elif reading and situation.step.label.startswith(SECOND) and not held:
            held.append(situation.step.label)
            control.hold("a test")

    finished = bench.run(
        "hall-effect",
        "film-si",
        observers=Observers(control, hold_once, live_view=False),
    )

    assert held
    assert finished.status == "completed"
    assert within(finished.results["carrier_density"], 1e15)
    assert finished.results["carrier_density"].quality is Quality.GOOD


def test_a_stopped_hall_run_ends_safe_and_says_what_is_missing(bench: Bench) -> None:
    control = Control()

    def stop(situation: Situation) -> None:
        if situation.step.label.startswith(SECOND):
            control.stop("a test")

    finished = bench.run(
        "hall-effect", "film-si", observers=Observers(control, stop, live_view=False)
    )

    assert finished.status == "stopped"
    assert finished.results["sheet_resistance"].quality is Quality.GOOD
    assert finished.results["carrier_type"].quality is not Quality.GOOD
    assert bench.is_safe


def test_one_kind_of_carrier_is_told_from_two_where_the_field_reaches(
    bench: Bench,
) -> None:
    # µB is 0.135 at 1 T, and 0.068 at 0.5 T: then a second one would not show.
    high = bench.run("hall-effect", "film-si", sweep_points=5, field="1 T")
    low = bench.run("hall-effect", "film-si", sweep_points=5)

    assert high.results["kinds_of_carrier"].value == "one"
    assert low.results["kinds_of_carrier"].value is None
    assert low.results["kinds_of_carrier"].verdicts == ("hall-sweep-reaches",)
    assert low.results["carrier_density"].quality is Quality.GOOD


def test_150_readings_of_10_plc_in_every_configuration_are_all_kept(
    bench: Bench,
) -> None:
    looks: list[float] = []
    watchers = Observers(
        live_view=False, watch=lambda situation: looks.append(situation.test_time)
    )

    finished = bench.run(
        "hall-effect", "film-si", observers=watchers, readings=150, nplc=10
    )

    # Four resistivity connections, two Hall connections in four fields; + - - +.
    rows = rows_of(finished, "hall")
    assert finished.status == "completed"
    assert len(rows["voltage_volt"]) == (4 + 2 * 4) * 4 * 150
    assert np.diff(looks).max() <= 1.0
    assert np.all(np.diff(rows["test_time_second"]) >= 0)
    assert within(finished.results["carrier_density"], 1e15)


def test_a_stop_between_150_readings_is_granted_before_the_next_and_keeps_rows(
    bench: Bench,
) -> None:
    control = Control()
    seen: list[Situation] = []

    def watch(situation: Situation) -> None:
        seen.append(situation)
        reading = "source_ampere" in situation.last
        if reading and situation.step.label.startswith("Hall"):
            control.stop("enough")

    observers = Observers(control, watch, live_view=False)
    finished = bench.run(
        "hall-effect", "film-si", observers=observers, readings=150, nplc=10
    )

    rows = rows_of(finished, "hall")
    assert finished.status == "stopped"
    assert len(rows["voltage_volt"]) % 150 > 0
    assert seen[-1].test_time - rows["test_time_second"][-1] <= 1.0
    assert bench.is_safe


def test_the_field_may_be_closed_by_the_gaussmeter(bench: Bench) -> None:
    bench.config.instruments["ls475"].options.update(largest_field=1.0)
    bench.config.instruments["ls643"].options.update(external=True)
    bench.config.channels["field_controller"] = ["ls475/control"]

    finished = bench.run("hall-effect", "film-si", field_control="magnet")

    assert within(finished.results["carrier_density"], 1e15)


def test_sheet_resistance_is_found(bench: Bench) -> None:
    finished = bench.run("van-der-pauw", "film-si")

    # 1 / (q n µ t) of the simulated film
    assert within(finished.results["sheet_resistance"], 92.4668)
    assert within(finished.results["resistivity"], 0.0462334)


ERRORS: list[tuple[str, dict[str, Any], str]] = [
    ("ls643", {"interlock_open": True}, "interlock"),
    ("ls643", {"water_missing": True}, "water"),
    ("ls475", {"probe": 0}, "probe"),
    ("k6221", {"interlock_open": True}, "interlock"),
    ("k7001", {"missing": ["1!1!3"]}, "1!1!3"),
]


@pytest.mark.parametrize(("instrument", "fault", "said"), ERRORS)
def test_a_broken_bench_is_an_error_and_ends_safe(
    bench: Bench, instrument: str, fault: dict[str, Any], said: str
) -> None:
    bench.spoil(instrument, **fault)

    finished = bench.run("hall-effect", "film-si")

    assert finished.status == "failed"
    assert finished.exit_code == 4
    assert said in finished.text
    assert finished.results["carrier_type"].quality is Quality.ABSENT
    assert bench.is_safe


def test_swapped_magnet_leads_are_named(bench: Bench) -> None:
    def turn(circuit: Circuit) -> None:
        circuit.magnet.tesla_per_ampere *= -1.0

    finished = bench.run("hall-effect", "film-si", turn)

    assert "leads are swapped" in finished.text
    assert bench.is_safe


SWAPPED = {1: 1, 2: 3, 3: 2, 4: 4}


DOUBTFUL: list[tuple[str, dict[str, Any]]] = [
    # Contacts 2 and 3 exchanged: current and voltage pairs cross.
    (
        "contacts swapped",
        {
            "wiring": {
                f"1!{r}!{n}": (r, m) for r in range(1, 5) for n, m in SWAPPED.items()
            }
        },
    ),
    # The current always enters at contact 3 as well.
    ("relay stuck closed", {"stuck_closed": ["1!1!3"]}),
    # The current never enters at contact 3.
    ("relay stuck open", {"stuck_open": ["1!1!3"]}),
]


@pytest.mark.parametrize(("what", "fault"), DOUBTFUL)
def test_wrong_wiring_never_gives_a_good_result(
    bench: Bench, what: str, fault: Mapping[str, Any]
) -> None:
    bench.spoil("k7001", **fault)

    finished = bench.run("hall-effect", "film-si")

    for name in ("carrier_type", "carrier_density", "hall_mobility"):
        assert finished.results[name].quality is not Quality.GOOD, what
        assert finished.results[name].reason
    assert not bench.circuit.source.on


def test_impossible_limits_are_all_told_before_anything_is_on(bench: Bench) -> None:
    with pytest.raises(RefusedError) as refused:
        bench.run(
            "hall-effect", "film-si", current="0.2 A", compliance="200 V", field="2 T"
        )

    paths = [complaint.path[1] for complaint in refused.value.complaints]
    assert paths == ["current", "compliance", "field"]
    assert bench.is_safe
