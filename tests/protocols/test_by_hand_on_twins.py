"""Runs by hand through session, drivers and twins, in virtual time."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import pytest

from drivers.twins.world.world import BenchWorld
from labctl import plugins
from labctl.config.models import Config
from labctl.data import EndReason, Outcome, Quality
from labctl.documents.complaints import validate
from labctl.documents.hardened_yaml import Document, load_file
from labctl.engine.control import Control
from labctl.engine.replay import rehearse
from labctl.engine.situation import Situation
from labctl.errors import BusyError, OperatorError, RefusedError
from labctl.person import Person, Request
from labctl.quantities import SI
from labctl.sample import Sample, SampleKind
from labctl.session.order import Order, prepare
from labctl.session.resume import resume
from labctl.session.run import Finished, Observers, start
from labctl.session.run_figures import figures_of
from labctl.store.folder import RunFolder
from labctl.store.journal.reader import JournalReader
from labctl.store.run_file.reader import RunFile
from protocols.by_hand.source_meter import SweepVoltage

Asked = tuple[str, Mapping[str, Any]]
Act = Callable[[Person, Situation], object]
Watch = Callable[[Situation], None]
DRIVE: Asked = ("hold-voltage", {"voltage": "100 mV", "compliance": "1 mA"})
SWEEP: Asked = (
    "sweep-voltage",
    {"start": "-0.2 V", "stop": "0.2 V", "points": 21, "compliance": "1 mA"},
)


class Bench:
    """The built-in bench, and a person whose acts are told the run's situation."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self.config = validate(load_file(BenchWorld.configuration()), Config)
        self.circuit: Any = None
        self.control = Control()

    def run(
        self,
        protocol: str,
        sample: str,
        *acts: Asked | Act,
        out: str = "",
        steer: Watch | None = None,
        **given: Any,
    ) -> Finished:
        """Run it; each act once the step before has gone on for 3 s."""
        order = Order(
            protocol,
            Document("test", given),
            sample,
            out=self._out / out,
            simulate=True,
            speed=None,
        )
        prepared = prepare(order, self.config)
        self.circuit = prepared.world.circuit
        observers = self.observers(*acts, steer=steer)
        return start(prepared, self.config, observers)

    def resume(self, folder: Path, *acts: Asked | Act) -> Finished:
        """Go on with it, a person asking for more."""
        return resume(folder, self.observers(*acts))

    def steer(self, kind: str, act: Callable[[Person], object]) -> Watch:
        """Return who acts once, in the midst of the first step of a kind."""
        acted: list[bool] = []

        def watch(now: Situation) -> None:
            rows = now.last.get("step_count") == now.step_count
            if not acted and type(now.step).__name__ == kind and rows:
                acted.append(True)
                act(self.control.person)

        return watch

    def observers(self, *acts: Asked | Act, steer: Watch | None = None) -> Observers:
        """Return who lets a person act, once a step has waited for 3 s."""
        left = list(acts)
        began: dict[int, float] = {}
        self.control = Control()

        def watch(now: Situation) -> None:
            if steer is not None:
                steer(now)
            if now.state == "hold":
                self.control.release()
            began.setdefault(now.step_count, now.test_time)
            waits = now.test_time - began[now.step_count] > 3.0
            if not left or not waits or type(now.step).__name__[:3] != "Ask":
                return
            act = left.pop(0)
            began[now.step_count] = now.test_time  # another 3 s
            if callable(act):
                act(self.control.person, now)
            else:
                self.control.person.ask(*act, by="Kim")

        return Observers(self.control, watch=watch, live_view=False)


def step_of(done: Finished, label: str) -> Outcome:
    """Return how a step whose label begins so ended."""
    with JournalReader(RunFolder(done.folder).journal) as journal:
        found = [s.outcome for s in journal.steps if s.label.startswith(label)]
    outcome = found[0]
    assert outcome is not None
    return outcome


def rows_of(done: Finished) -> int:
    """Return how many rows a run has stored."""
    with JournalReader(RunFolder(done.folder).journal) as journal:
        return sum(journal.rows_stored.values())


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_sweep_that_a_person_asked_for_is_a_run_with_resistance_and_file(
    bench: Bench,
) -> None:
    done = bench.run("source-meter-by-hand", "pellet-si", SWEEP, ("end", {}))

    assert (done.status, done.results["resistance"].quality) == (
        "completed",
        Quality.GOOD,
    )
    assert done.file is not None
    with h5py.File(done.file) as file:
        assert len(file["entry/iv/voltage_volt"]) == 21


def test_the_slope_at_zero_is_not_that_of_the_whole_curve(bench: Bench) -> None:
    # The particle has 30 nS and 0.24 nA/V³: a line through ±3 V is 4 % too steep.
    sweep: Asked = (
        "sweep-voltage",
        {"start": "-3 V", "stop": "3 V", "points": 61, "compliance": "200 nA"},
    )

    done = bench.run("source-meter-by-hand", "particle-qms-0.7", sweep, ("end", {}))

    slope, line = done.results["conductance"], done.results["resistance"]
    # One way only: whether there is a loop was not looked at.
    assert slope.verdicts == ("particle-hysteresis",)
    assert line.verdicts == ("conduction-straight",)
    assert slope.value == pytest.approx(3.0e-8, rel=5e-3)


def test_points_in_compliance_are_marked_and_not_the_samples(bench: Bench) -> None:
    # 30 nS at 1 V: what lies beyond 0.5 V meets the 15 nA.
    sweep: Asked = (
        "sweep-voltage",
        {"start": "-1 V", "stop": "1 V", "points": 41, "compliance": "15 nA"},
    )

    done = bench.run("source-meter-by-hand", "particle-qms-0.7", sweep, ("end", {}))

    assert done.file is not None
    with RunFile(done.file) as file:
        figures = figures_of(file).figures
    drawn = {f.name: {s.name: len(s.x) for s in f.series} for f in figures}
    assert drawn["plot"]["in compliance"] == drawn["decades"]["in compliance"] > 0
    slope = done.results["conductance"]
    assert "points in compliance" in slope.reason
    assert slope.value == pytest.approx(3.0e-8, rel=5e-3)


def test_a_person_who_leaves_finds_the_output_off_and_the_run_completed(
    bench: Bench,
) -> None:
    seen: list[bool] = []
    looks = (lambda _p, _s: seen.append(bench.circuit.source.on),)

    done = bench.run(
        "source-meter-by-hand", "pellet-si", DRIVE, *looks, patience="10 s", idle="60 s"
    )

    with JournalReader(RunFolder(done.folder).journal) as journal:
        ended = [(s.label, s.outcome.condition) for s in journal.steps if s.outcome]
        events = [r.event.code for r in journal.events_after(0)]
    assert seen == [True]
    assert ended == [
        ("output off", "asked"),
        ("holds 100.0 mV", "nobody"),
        ("output off", "nobody"),
    ]
    assert events.count("nobody") == 2
    assert (done.status, bench.circuit.source.on) == ("completed", False)


def test_whoever_says_that_they_are_still_there_keeps_the_output_on(
    bench: Bench,
) -> None:
    here: Asked = ("here", {})

    done = bench.run(
        "source-meter-by-hand", "pellet-si", DRIVE, *[here] * 6, patience="10 s"
    )

    with JournalReader(RunFolder(done.folder).journal) as journal:
        held = next(s for s in journal.steps if s.label.startswith("holds"))
    assert held.outcome is not None
    assert held.outcome.duration > 25.0


def test_a_reading_that_is_kept_stands_in_the_file_and_in_the_results(
    bench: Bench,
) -> None:
    keep: Asked = ("keep", {"note": "after pressing"})

    done = bench.run("source-meter-by-hand", "pellet-si", DRIVE, keep, ("end", {}))

    kept = done.results["readings_kept"]
    assert kept.value == 1.0
    assert kept.table is not None
    assert kept.table["voltage_volt"][0] == pytest.approx(0.1, abs=0.01)
    assert done.file is not None
    with h5py.File(done.file) as file:
        assert len(file["entry/kept/voltage_volt"]) == 1


@pytest.mark.parametrize(
    ("kind", "values", "said"),
    [
        # a word that is no request
        ("hold-voltag", {}, "Did you mean hold-voltage?"),
        # a number without its unit
        ("hold-voltage", {"voltage": 0.1, "compliance": "1 mA"}, "voltage"),
        # beyond the instrument
        ("hold-voltage", {"voltage": "999 V", "compliance": "1 mA"}, "999 V is beyond"),
        # beyond what this run may
        (
            "hold-voltage",
            {"voltage": "3 V", "compliance": "1 mA"},
            "limits of this run",
        ),
        # a compliance that would let more through than this run may
        ("hold-voltage", {"voltage": "1 V", "compliance": "0.5 A"}, "compliance"),
    ],
)
def test_what_cannot_be_done_is_refused_to_whoever_asks_and_the_run_goes_on(
    bench: Bench, kind: str, values: dict[str, Any], said: str
) -> None:
    heard: list[str] = []

    def ask(person: Person, _now: Situation) -> None:
        with pytest.raises(RefusedError) as refused:
            person.ask(kind, values, "Kim")
        heard.append(str(refused.value))

    done = bench.run(
        "source-meter-by-hand",
        "pellet-si",
        DRIVE,
        ask,
        SWEEP,
        ("end", {}),
        largest_voltage="2 V",
        largest_current="100 mA",
    )

    assert said in heard[0]
    assert done.status == "completed"
    assert done.results["resistance"].quality is Quality.GOOD


def test_another_person_may_not_drive_what_somebody_drives(bench: Bench) -> None:
    def steal(person: Person, _now: Situation) -> None:
        with pytest.raises(BusyError, match="Kim drives"):
            person.ask(*DRIVE, by="Lee")

    done = bench.run("source-meter-by-hand", "pellet-si", DRIVE, steal, ("end", {}))

    assert done.status == "completed"


def test_a_run_that_has_ended_takes_no_request(bench: Bench) -> None:
    persons: list[Person] = []

    bench.run(
        "source-meter-by-hand",
        "pellet-si",
        lambda p, _s: persons.append(p),
        ("end", {}),
    )

    with pytest.raises(OperatorError, match="no requests"):
        persons[0].ask(*DRIVE, by="Kim")


def test_a_run_by_hand_goes_without_the_name_of_a_sample(bench: Bench) -> None:
    done = bench.run("source-meter-by-hand", "by hand", DRIVE, ("end", {}))

    assert done.status == "completed"


def test_a_cell_rests_and_is_held_within_limits_for_a_while_alone(bench: Bench) -> None:
    hold: Asked = ("hold-current", {"current": "-0.1 mA", "duration": "60 s"})
    refused: list[str] = []

    def too_much(person: Person, _now: Situation) -> None:
        with pytest.raises(RefusedError) as why:
            person.ask("hold-voltage", {"voltage": "9 V", "duration": "1 s"}, "Kim")
        refused.append(str(why.value))

    done = bench.run("channel-by-hand", "qms-0.7", too_much, hold, ("end", {}))

    with JournalReader(RunFolder(done.folder).journal) as journal:
        steps = [(s.label, s.outcome) for s in journal.steps]
    held = dict(steps)["hold −100.0 µA"]
    assert "9 V is outside" in refused[0]
    assert held is not None
    assert held.charge == pytest.approx(-6e-3, rel=0.02)
    assert done.status == "completed"


CONTACTS = [1, 3, 2, 4]


def test_a_film_is_driven_reversed_and_kept_in_a_field_set_by_hand(
    bench: Bench,
) -> None:
    drive: Asked = ("drive", {"current": "100 µA", "contacts": CONTACTS})
    reverse: Asked = ("reverse", {"current": "100 µA", "contacts": CONTACTS})
    field: Asked = ("field", {"field": "0.2 T"})
    keep: Asked = ("keep", {})

    done = bench.run(
        "hall-by-hand", "film-si", drive, field, keep, reverse, ("end", {})
    )

    kept = done.results["readings_kept"].table
    assert done.status == "completed", done.text
    assert kept is not None
    assert kept["field_tesla"][0] == pytest.approx(0.2, abs=3e-3)
    assert kept["source_ampere"][0] == pytest.approx(1e-4)
    assert kept["current_in_contact"][0] == 1
    assert not bench.circuit.source.on
    assert not bench.circuit.closed
    assert abs(bench.circuit.magnet.ramp.last) < 1e-3


def test_one_reversal_at_contacts_of_no_standard_gives_their_resistance(
    bench: Bench,
) -> None:
    contacts = [2, 3, 4, 1]  # neither one of the eight nor a Hall reading
    reverse: Asked = ("reverse", {"current": "100 µA", "contacts": contacts})

    done = bench.run("hall-by-hand", "film-si", reverse, ("end", {}))

    found = done.results["resistance"]
    with JournalReader(RunFolder(done.folder).journal) as journal:
        rows = journal.table("hall")
    there = rows["current_in_contact"] == contacts[0]
    ratio = (rows["voltage_volt"] / rows["source_ampere"])[there]
    assert found.quality == "good", found.reason
    assert found.value == pytest.approx(ratio.mean(), rel=1e-3)


def test_made_safe_by_hand_the_current_goes_first_and_the_field_last(
    bench: Bench,
) -> None:
    seen: list[str] = []

    def look(_person: Person, _now: Situation) -> None:
        circuit = bench.circuit
        field = abs(circuit.magnet.ramp.last) > 1e-3
        seen.append(f"{circuit.source.on} {bool(circuit.closed)} {field}")

    done = bench.run(
        "hall-by-hand",
        "film-si",
        ("field", {"field": "0.2 T"}),
        ("drive", {"current": "100 µA", "contacts": CONTACTS}),
        look,
        ("safe", {}),
        look,
        ("end", {}),
    )

    with JournalReader(RunFolder(done.folder).journal) as journal:
        labels = [step.label for step in journal.steps]
    assert seen == ["True True True", "False False False"]
    assert labels.index("field to zero") == labels.index("everything off", 1) - 1


def test_a_field_comes_down_again_without_leaving_the_gaussmeters_range(
    bench: Bench,
) -> None:
    fields: list[Asked] = [
        ("field", {"field": b}) for b in ("0.4 T", "0.1 T", "-0.2 T")
    ]
    supply: Asked = ("supply", {"current": "12 A"})

    done = bench.run("hall-by-hand", "film-si", *fields, supply, fields[1], ("end", {}))

    assert done.status == "completed", done.text


def test_a_bench_of_one_meter_reads_it_and_refuses_what_needs_another(
    bench: Bench,
) -> None:
    refused: list[str] = []

    def drive(person: Person, _now: Situation) -> None:
        with pytest.raises(RefusedError) as why:
            person.ask("drive", {"current": "1 mA"}, "Kim")
        refused.append(str(why.value))

    done = bench.run(
        "hall-by-hand",
        "by hand",
        drive,
        ("keep", {}),
        ("end", {}),
        current_source=False,
        voltmeter=False,
        switch=False,
        magnet=False,
    )

    assert "no current source" in refused[0]
    assert done.status == "completed", done.text
    assert list(done.results["readings_kept"].table or ()) == ["field_tesla"]


def test_a_hold_leaves_nothing_on_until_a_person_asks_again(bench: Bench) -> None:
    seen: list[bool] = []

    def held(_person: Person, _now: Situation) -> None:
        bench.control.hold("a look")

    def look(_person: Person, _now: Situation) -> None:
        seen.append(bench.circuit.source.on)

    done = bench.run(
        "source-meter-by-hand", "pellet-si", DRIVE, held, look, DRIVE, look, ("end", {})
    )

    assert done.status == "completed"
    assert seen == [False, True]


def test_a_stop_ends_a_sweep_by_hand_with_the_output_off(bench: Bench) -> None:
    def stop(_person: Person, _now: Situation) -> None:
        bench.control.stop("enough")

    done = bench.run("source-meter-by-hand", "pellet-si", DRIVE, stop)

    assert (done.status, bench.circuit.source.on) == ("stopped", False)


def test_what_was_asked_is_in_the_journal_and_replays_the_same_steps(
    bench: Bench,
) -> None:
    done = bench.run("source-meter-by-hand", "pellet-si", DRIVE, SWEEP, ("end", {}))

    with JournalReader(RunFolder(done.folder).journal) as journal:
        steps = {record.step_count: record for record in journal.steps}
    kind = plugins.protocol("source-meter-by-hand")
    sample = Sample(name="pellet-si", kind=SampleKind.PELLET)
    again = kind(kind.parameters_model(), sample)
    assert [r.outcome and r.outcome.asked.get("request") for r in steps.values()] == [
        "hold-voltage",
        "sweep-voltage",
        None,
        "end",
    ]
    rehearse(again.plan(), steps)  # raises where a step would be another one


def test_a_run_by_hand_that_was_stopped_goes_on_with_nothing_on(bench: Bench) -> None:
    def stop(_person: Person, _now: Situation) -> None:
        bench.control.stop("lunch")

    done = bench.run("source-meter-by-hand", "pellet-si", DRIVE, stop)
    again = bench.resume(done.folder, SWEEP, ("end", {}))

    with JournalReader(RunFolder(done.folder).journal) as journal:
        asked = [s.outcome.asked.get("request") for s in journal.steps if s.outcome]
    assert (done.status, again.status) == ("stopped", "completed")
    assert asked == ["hold-voltage", None, "sweep-voltage", None, "end"]
    assert again.results["resistance"].quality is Quality.GOOD


@pytest.mark.parametrize(
    ("protocol", "sample", "asked", "place"),
    [
        # a contact that the card has not
        (
            "hall-by-hand",
            "film-si",
            ("connect", {"contacts": [1, 2, 3, 99]}),
            ("contacts",),
        ),
        # a range beyond the channel's
        (
            "channel-by-hand",
            "qms-0.7",
            (
                "hold-voltage",
                {"voltage": "1 V", "duration": "5 s", "compliance": "100 A"},
            ),
            ("compliance",),
        ),
        # an end that the label forbids
        (
            "channel-by-hand",
            "qms-0.7",
            (
                "hold-current",
                {"current": "1 mA", "duration": "5 s", "upper_voltage": "900 V"},
            ),
            ("upper_voltage",),
        ),
    ],
)
def test_what_the_bench_has_not_is_refused_at_the_value_before_it_waits(
    bench: Bench, protocol: str, sample: str, asked: Asked, place: tuple[str, ...]
) -> None:
    found: list[tuple[str | int, ...]] = []

    def ask(person: Person, _now: Situation) -> None:
        with pytest.raises(RefusedError) as refused:
            person.ask(*asked, "Kim")
        found.extend(c.path for c in refused.value.complaints)

    done = bench.run(protocol, sample, ask, ("end", {}))

    assert (done.status, set(found)) == ("completed", {place})


def test_what_a_channel_refuses_only_once_it_looks_leaves_the_run_to_its_person(
    bench: Bench,
) -> None:
    met: Asked = (
        "hold-current",
        {"current": "-0.1 mA", "duration": "5 s", "lower_voltage": "1.6 V"},
    )

    done = bench.run("channel-by-hand", "qms-0.7", met, ("end", {}))

    with JournalReader(RunFolder(done.folder).journal) as journal:
        said = [
            r.event.text for r in journal.events_after(0) if r.event.code == "refused"
        ]
    assert done.status == "completed"
    assert "already met" in said[0]


CHARGE: Asked = ("hold-current", {"current": "-0.1 mA", "duration": "5 h"})


def test_what_switches_off_does_not_wait_for_the_end_of_what_goes_on(
    bench: Bench,
) -> None:
    safe = bench.steer("RunTechniques", lambda p: p.ask("safe", {}, "Kim"))

    done = bench.run("channel-by-hand", "qms-0.7", CHARGE, ("end", {}), steer=safe)

    held = step_of(done, "hold −100.0 µA")
    assert (done.status, held.reason) == ("completed", EndReason.SKIPPED)
    assert held.duration < 60.0


def test_an_end_waits_for_the_sweep_that_was_asked_before_it(bench: Bench) -> None:
    end = bench.steer("SweepSource", lambda p: p.ask("end", {}, "Kim"))

    done = bench.run("source-meter-by-hand", "pellet-si", SWEEP, steer=end)

    assert step_of(done, "sweep 1").reason is EndReason.COMPLETED
    assert done.results["resistance"].quality is Quality.GOOD


def test_a_sweep_that_was_held_is_not_driven_again_before_a_person_asks(
    bench: Bench,
) -> None:
    held = bench.steer("SweepSource", lambda _p: bench.control.hold("a look"))

    done = bench.run(
        "source-meter-by-hand", "pellet-si", SWEEP, ("end", {}), steer=held
    )

    with JournalReader(RunFolder(done.folder).journal) as journal:
        ended = [
            (s.payload["kind"], s.outcome.reason) for s in journal.steps if s.outcome
        ]
    assert ended[1] == ("SweepSource", EndReason.SKIPPED)
    assert [kind for kind, _ in ended].count("SweepSource") == 1


def test_a_sweep_that_was_stopped_is_not_driven_again_by_a_resume(bench: Bench) -> None:
    stop = bench.steer("SweepSource", lambda _p: bench.control.stop("lunch"))

    done = bench.run("source-meter-by-hand", "pellet-si", SWEEP, steer=stop)
    rows = rows_of(done)
    again = bench.resume(done.folder, ("end", {}))

    assert (again.status, rows_of(done)) == ("completed", rows)


def test_a_reversal_cut_short_leaves_no_word_of_a_field_that_is_gone(
    bench: Bench,
) -> None:
    reverse: Asked = (
        "reverse",
        {"current": "100 µA", "contacts": CONTACTS, "readings": 100},
    )
    skip = bench.steer("ReadFilm", lambda _p: bench.control.skip("too long"))

    done = bench.run(
        "hall-by-hand",
        "film-si",
        ("field", {"field": "0.2 T"}),
        reverse,
        ("end", {}),
        steer=skip,
    )

    with JournalReader(RunFolder(done.folder).journal) as journal:
        labels = [s.label for s in journal.steps]
    assert labels[-2:] == ["field to zero", "everything off"]


def test_a_run_left_alone_after_a_hold_waits_for_its_person_as_long_as_ever(
    bench: Bench,
) -> None:
    def held(_person: Person, _now: Situation) -> None:
        bench.control.hold("a look")

    done = bench.run("source-meter-by-hand", "pellet-si", DRIVE, held, idle="200 s")

    with JournalReader(RunFolder(done.folder).journal) as journal:
        last = journal.steps[-1]
    assert (done.status, last.label) == ("completed", "output off")
    assert last.ended is not None
    assert last.ended - last.began > 190.0


def test_so_many_requests_may_wait_and_no_more() -> None:
    person = Person()
    for _ in range(16):
        person.put(Request("keep"))

    with pytest.raises(OperatorError, match="16 requests wait"):
        person.put(Request("keep"))

    person.put(Request("here"))
    person.forget()
    assert (person.take(), person.arrived.is_set()) == (None, False)


def test_there_is_always_room_for_what_switches_off_and_it_comes_next() -> None:
    person = Person()
    for _ in range(16):
        person.put(Request("keep"))

    person.put(Request("safe"))

    taken = person.take()
    assert taken is not None
    assert (taken.kind, person.take()) == ("safe", None)


def test_what_is_asked_while_the_run_ends_is_refused_not_forgotten() -> None:
    person = Person()

    def judge(_kind: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
        person.leave()  # the run's thread ends it while this is judged
        return values

    person.attend(judge)

    with pytest.raises(OperatorError, match="takes no requests now"):
        person.ask("keep", {}, "Lee")


def test_of_two_who_ask_first_one_drives() -> None:
    person = Person()
    judged: list[str] = []

    def judge(_kind: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
        if not judged:  # somebody else asks while this is judged
            judged.append("Kim's")
            person.ask("keep", {}, "Lee")
        return values

    person.attend(judge)

    with pytest.raises(BusyError, match="Lee drives"):
        person.ask("keep", {}, "Kim")


@pytest.mark.parametrize(
    ("loop", "levels"),
    [
        (False, (-0.1, -0.05, 0.0, 0.05, 0.1)),
        # back to where it began, the turning point once
        (True, (-0.1, -0.05, 0.0, 0.05, 0.1, 0.05, 0.0, -0.05, -0.1)),
    ],
)
def test_a_sweep_visits_every_level_and_a_loop_comes_back(
    loop: bool, levels: tuple[float, ...]
) -> None:
    sweep = SweepVoltage.model_validate(
        {"start": -0.1, "stop": 0.1, "points": 5, "compliance": 1e-3, "loop": loop},
        context=SI,
    )

    assert sweep.levels() == pytest.approx(levels)


def test_on_the_simulated_oven_it_warms_and_is_left_safe(tmp_path: Path) -> None:
    bench = Bench(tmp_path)

    def wait(_person: Any, now: Any) -> None:
        """Nothing is asked for: another 3 s pass."""

    done = bench.run(
        "chamber-by-hand",
        "pellet-si",
        ("hold-temperature", {"temperature": "45 °C"}),
        *[wait] * 60,
        ("keep", {"note": "warm"}),
        ("end", {}),
        every="1 s",
    )

    with h5py.File(done.file) as file:
        table = file["entry/climate"]
        air = table["chamber_temperature_celsius"][:]
        setpoint = table["setpoint_temperature_celsius"][:]
        assert file["entry/instrument/oven/model"][()] == b"ICP110"
    assert air[0] == pytest.approx(25.0, abs=0.2)
    assert air.max() > 28.0
    assert set(setpoint) == {25.0, 45.0}
    assert step_of(done, "holds 45").condition == "asked"
