"""Whole conduction runs through session, drivers and twins, faults included.

The truth is read from the simulated samples' files; nothing else may know it.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivers.twins.world import catalogue
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.world import BenchWorld
from labctl import plugins
from labctl.columns import STAMP
from labctl.config.models import AlsoRecordConfig, Config
from labctl.data import Column, Quality, Result, Stream
from labctl.documents.complaints import validate
from labctl.documents.hardened_yaml import Document, load_file
from labctl.engine.control import Control
from labctl.engine.situation import Situation
from labctl.errors import RefusedError
from labctl.figures.figure import Plot
from labctl.session.order import Order, prepare
from labctl.session.run import Finished, Observers, start
from labctl.store.folder import RunFolder
from labctl.store.journal.reader import JournalReader

SECOND = "Hall at -0.5 T, 2"
Twist = Callable[[Circuit], None]


class Bench:
    """The built-in bench, with faults where a test wants them."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self.config = validate(load_file(BenchWorld.configuration()), Config)
        self.circuit = Circuit()

    def spoil(self, instrument: str, **simulated: Any) -> None:
        self.config.instruments[instrument].simulated.update(simulated)

    def run(
        self,
        protocol: str,
        sample: str,
        twist: Twist | None = None,
        observers: Observers | None = None,
        **given: Any,
    ) -> Finished:
        order = Order(
            protocol,
            Document("test", given),
            sample,
            out=self._out,
            simulate=True,
            speed=None,
            seed=7,
        )
        prepared = prepare(order, self.config)
        self.circuit = prepared.world.circuit
        if twist is not None:
            twist(self.circuit)
        watchers = observers or Observers(live_view=False)
        return start(prepared, self.config, watchers)

    @property
    def is_safe(self) -> bool:
        """Whether the output is off, every relay open, the magnet on its way down."""
        relays = self.circuit.closed is None or not self.circuit.closed
        return (
            not self.circuit.source.on
            and relays
            and abs(self.circuit.magnet.ramp.last) < 1e-3
        )


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def within(result: Result, truth: float, times: float = 3.0) -> bool:
    assert isinstance(result.value, float)
    assert result.uncertainty is not None
    return abs(result.value - truth) <= times * result.uncertainty


def rows_of(finished: Finished, stream: str) -> Mapping[str, Any]:
    with JournalReader(RunFolder.of(finished.folder).journal) as reader:
        return reader.table(stream)


def lift(circuit: Circuit) -> None:
    circuit.lifted = True


@pytest.mark.parametrize(
    "sample", ["pellet-si", "pellet-qms-0.7", "pellet-qms-0.3", "pellet-qms-0.1"]
)
def test_a_pellets_conductivity_is_found(bench: Bench, sample: str) -> None:
    truth = catalogue.truth(sample)
    contacts = truth["contact_resistance_ohm"]

    finished = bench.run(
        "pellet-conductivity",
        sample,
        contact_resistance=f"{contacts} ohm",
        contact_resistance_uncertainty=f"{0.1 * contacts} ohm",
        sleeve_conductance="1 pS",
    )

    found = finished.results["conductivity"]
    assert finished.exit_code == 0
    assert found.unit == "S/m"
    assert found.quality is Quality.GOOD
    assert within(found, truth["conductivity_siemens_per_metre"])
    assert bench.is_safe


def test_one_pellet_alone_gives_a_bound_and_says_so(bench: Bench) -> None:
    # 400 Ω of contacts once made 9.61e-4 ± 0.07e-4 S/m, good, of 1e-3.
    finished = bench.run("pellet-conductivity", "pellet-oxidised-1mm")

    found = finished.results["conductivity"]
    assert found.quality is Quality.SUSPECT
    assert set(found.verdicts) == {"pellet-contacts-known", "pellet-sleeve"}
    assert "at least this" in found.reason
    assert found.uncertainty is None
    seen = finished.results["apparent_conductivity"]
    assert seen.quality is Quality.GOOD
    assert within(seen, 1e-2 / 10.4)


def test_a_sleeve_is_measured_empty(bench: Bench) -> None:
    finished = bench.run("pellet-conductivity", "sleeve-empty")

    found = finished.results["sleeve_conductance"]
    assert found.quality is Quality.GOOD
    assert within(found, 1e-12)
    assert bench.is_safe


def test_a_result_says_at_which_temperature_it_holds(bench: Bench) -> None:
    runs = [
        bench.run("pellet-conductivity", "pellet-si", activation_energy=energy)
        for energy in (0.0, 0.2)
    ]

    kelvin = runs[0].results["temperature"]
    assert (kelvin.value, kelvin.unit) == (298.15, "K")
    assert kelvin.uncertainty == pytest.approx(2.0)
    terms = [
        {
            part.source.term: part.uncertainty
            for part in run.results["conductivity"].parts
        }
        for run in runs
    ]
    assert "temperature (assumed)" not in terms[0]
    # 0.2 eV / (k T²) times 2 K is 5.2 %.
    share = terms[1]["temperature (assumed)"] / 1e-3
    assert share == pytest.approx(0.0522, rel=0.01)


class Thermometer:
    """An auxiliary that any instrument plays: it says 35 and 36 °C in turn."""

    role = object
    stream = Stream(
        "air", (*STAMP, Column("ambient_temperature_celsius", "degC", "Temperature"))
    )
    plots: tuple[Plot, ...] = ()

    def __init__(self) -> None:
        self.told = 36.0

    def read(self, player: object) -> dict[str, float]:
        del player
        self.told = 71.0 - self.told
        return {"ambient_temperature_celsius": self.told}


def test_a_thermometer_beside_the_run_counts_before_the_label(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    air = Thermometer()
    monkeypatch.setattr(plugins, "auxiliary", lambda _: air)
    told = {"channel": "k2000", "every": "1 s"}
    beside = {"air": AlsoRecordConfig.model_validate(told)}
    bench.config = bench.config.model_copy(update={"also_record": beside})

    finished = bench.run("pellet-conductivity", "pellet-si")

    kelvin = finished.results["temperature"]
    assert kelvin.value == pytest.approx(308.65, abs=0.1)
    assert kelvin.largest_term == "thermometer (assumed)"


def test_delta_readings_agree_with_the_curve(bench: Bench) -> None:
    finished = bench.run(
        "pellet-conductivity",
        "pellet-si",
        method="delta",
        contact_resistance="2 ohm",
        contact_resistance_uncertainty="1 ohm",
        sleeve_conductance="1 pS",
    )

    found = finished.results["conductivity"]
    assert found.quality is Quality.GOOD
    assert within(found, 1e-3)
    assert bench.is_safe


def test_a_delta_that_is_stopped_keeps_what_it_has_read_and_says_so(
    bench: Bench,
) -> None:
    control = Control()

    def watch(situation: Situation) -> None:
        if situation.step.label.startswith("delta") and situation.rows >= 100:
            control.stop("enough")

    finished = bench.run(
        "pellet-conductivity",
        "pellet-si",
        observers=Observers(control, watch, live_view=False),
        method="delta",
        delta_readings=1000,
        nplc=5,
    )

    rows = rows_of(finished, "delta")
    # 5 PLC, 2 ms of delay and 5 ms beside: a reading each 107 ms.
    assert finished.status == "stopped"
    assert np.diff(rows["instrument_time_second"]) == pytest.approx(0.107, abs=1e-6)
    assert 100 <= len(rows["voltage_volt"]) < 110
    assert finished.results["conductivity"].quality is Quality.ABSENT
    assert bench.is_safe


def test_pellets_of_other_thickness_tell_the_contacts_apart(bench: Bench) -> None:
    # Truth: 10 kΩ a millimetre and 2 Ω of contacts.
    series = [
        {"thickness": "0.5 mm", "resistance": "5002 Ω"},
        {"thickness": "2 mm", "resistance": "20002 Ω"},
    ]

    finished = bench.run(
        "pellet-conductivity", "pellet-si", series=series, sleeve_conductance="1 pS"
    )

    found = finished.results["conductivity"]
    assert found.quality is Quality.GOOD
    assert found.largest_term == "pellet scatter (expected)"
    assert within(found, 1e-3, times=2.0)
    assert within(finished.results["contact_resistance"], 2.0, times=2.0)


def test_pellets_of_another_die_or_pressure_are_no_series(bench: Bench) -> None:
    series = [
        {"thickness": "0.5 mm", "resistance": "5002 Ω", "area": "1.1 cm²"},
        {"thickness": "2 mm", "resistance": "20002 Ω", "pressure": "50 MPa"},
    ]

    finished = bench.run(
        "pellet-conductivity", "pellet-si", series=series, sleeve_conductance="1 pS"
    )

    found = finished.results["conductivity"]
    assert found.verdicts == ("pellet-same-area", "pellet-same-pressure")


@pytest.mark.parametrize("sample", ["particle-si", "particle-qms-0.7"])
def test_a_particles_conductance_is_found(bench: Bench, sample: str) -> None:
    truth = catalogue.truth(sample)["conductance_siemens"]

    finished = bench.run("particle-iv", sample, leakage="1 pS")

    found = finished.results["conductance"]
    assert finished.exit_code == 0
    assert found.unit == "S"
    assert found.quality is Quality.GOOD
    assert within(found, truth)
    assert bench.is_safe


def test_relays_and_electrometer_may_stand_in_the_way(bench: Bench) -> None:
    finished = bench.run(
        "particle-iv", "particle-si", switch=True, electrometer=True, leakage="1 pS"
    )

    assert within(finished.results["conductance"], 5e-9)
    assert bench.is_safe


def test_an_open_probes_leakage_is_a_measurement_of_its_own(bench: Bench) -> None:
    finished = bench.run("particle-iv", "particle-si", lift, probe_state="open")

    assert within(finished.results["leakage"], 1e-12)


def test_a_geometry_gives_a_conductivity(bench: Bench) -> None:
    finished = bench.run(
        "particle-iv",
        "particle-si",
        geometry="constriction",
        contact_radius="100 nm",
        contact_radius_uncertainty="10 nm",
        contact_series=["4.9 nS"],
        leakage="1 pS",
    )

    conductivity = finished.results["conductivity"]
    assert conductivity.value == pytest.approx(5e-9 / 2e-7, rel=1e-3)
    assert conductivity.budget is not None
    assert {"contact radius", "geometry model"} <= set(conductivity.budget)
    assert conductivity.quality is Quality.GOOD


def test_a_geometry_that_nobody_measured_is_suspect(bench: Bench) -> None:
    finished = bench.run(
        "particle-iv",
        "particle-si",
        geometry="constriction",
        contact_radius="100 nm",
        leakage="1 pS",
    )

    conductivity = finished.results["conductivity"]
    assert set(conductivity.verdicts) == {
        "particle-contacts-known",
        "particle-geometry",
    }
    assert "at least this" in conductivity.reason
    assert finished.results["conductance"].quality is Quality.GOOD


def test_a_bias_hold_gives_current_and_conductance(bench: Bench) -> None:
    # I(3 V) = G V + c V³ = 5e-9·3 + 4e-11·27, the leak and the offset beside it.
    finished = bench.run("bias-hold", "particle-si")

    assert finished.exit_code == 0
    assert within(finished.results["current_plus"], 1.6083e-8)
    assert finished.results["conductance"].quality is Quality.GOOD


@pytest.mark.parametrize("sample", ["pellet-si", "particle-si", "film-si"])
def test_good_contacts_are_called_ohmic(bench: Bench, sample: str) -> None:
    finished = bench.run("contact-check", sample)

    assert finished.results["contacts"].value == "ohmic"
    assert bench.is_safe


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


@pytest.mark.parametrize(
    ("protocol", "like", "kind", "absent", "present"),
    [
        ("hall-effect", "film-si", "film", "carrier_density", "sheet_density"),
        ("pellet-conductivity", "pellet-si", "pellet", "conductivity", "resistance"),
    ],
)
def test_without_thickness_the_specific_value_is_absent_not_zero(
    bench: Bench,
    tmp_path: Path,
    protocol: str,
    like: str,
    kind: str,
    absent: str,
    present: str,
) -> None:
    label = tmp_path / "label.yaml"
    label.write_text(f"name: unmeasured\nkind: {kind}\nsimulated_as: {like}\n")

    finished = bench.run(protocol, str(label))

    assert finished.results[absent].value is None
    assert "thickness is not given" in finished.results[absent].reason
    assert finished.results[present].quality is Quality.GOOD


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


@pytest.mark.parametrize(
    ("protocol", "sample", "name"),
    [
        ("particle-iv", "particle-si", "conductance"),
        ("bias-hold", "particle-si", "conductance"),
        ("pellet-conductivity", "pellet-si", "conductivity"),
        ("van-der-pauw", "film-si", "sheet_resistance"),
        ("hall-effect", "film-si", "carrier_density"),
    ],
)
def test_a_lifted_probe_gives_no_number(
    bench: Bench, protocol: str, sample: str, name: str
) -> None:
    finished = bench.run(protocol, sample, lift)

    result = finished.results[name]
    assert result.quality is Quality.ABSENT
    assert "no contact" in result.reason
    assert bench.is_safe


def test_a_lifted_probe_is_called_open(bench: Bench) -> None:
    finished = bench.run("contact-check", "particle-si", lift)

    assert finished.results["contacts"].value == "open"


@pytest.mark.parametrize(
    ("protocol", "sample", "given", "name"),
    [
        ("pellet-conductivity", "pellet-qms-0.7", "1 mA", "conductivity"),
        ("particle-iv", "particle-si", "5 nA", "conductance"),
        ("bias-hold", "particle-si", "5 nA", "conductance"),
    ],
)
def test_compliance_makes_a_result_suspect(
    bench: Bench, protocol: str, sample: str, given: str, name: str
) -> None:
    finished = bench.run(protocol, sample, compliance=given)

    result = finished.results[name]
    assert result.quality is not Quality.GOOD
    assert "compliance" in result.reason


def test_impossible_limits_are_all_told_before_anything_is_on(bench: Bench) -> None:
    with pytest.raises(RefusedError) as refused:
        bench.run(
            "hall-effect", "film-si", current="0.2 A", compliance="200 V", field="2 T"
        )

    paths = [complaint.path[1] for complaint in refused.value.complaints]
    assert paths == ["current", "compliance", "field"]
    assert bench.is_safe
