"""Many steps in one call against the same steps made singly: the same rows."""

import math

import pytest

from drivers.twins.biologic.front_end import FrontEnd
from drivers.twins.biologic.in_flight import TechniqueInFlight
from drivers.twins.biologic.memory import Row
from drivers.twins.biologic.tables import TECHNIQUES
from drivers.twins.biologic.techniques import LoadedTechnique, Mode, Stage
from drivers.twins.biologic.techniques import Test as Limit
from drivers.twins.world.catalogue import build_cell
from drivers.twins.world.cell import Cell
from drivers.twins.world.kernel.entries import KERNEL
from drivers.twins.world.socket import Socket

POLLS = [0.1, 7.0, 7.0, 1900.0, 1900.5, 3000.0, 1e4, 1e6]


class Singly:
    """A channel that wants to see each row when it is written."""

    compliance = 10.0

    def __init__(self, cell: Cell) -> None:
        self.cell, self.socket = cell, Socket(cell, 11040.0)
        self.rows: list[Row] = []

    @property
    def yields(self) -> bool:
        return False

    def yield_cell(self) -> None:
        raise AssertionError

    def advance(self, to: float, *, exact: bool = False) -> None:
        raise AssertionError(to, exact)

    def hold(self, *, driving: bool) -> bool:
        return self.socket.take(self, driving=driving)

    def record(self, row: Row) -> None:
        self.rows.append(row)


class Many(Singly):
    """A channel that takes many rows at once."""

    calls = 0

    def record_all(self, rows: list[Row]) -> None:
        self.calls += 1
        self.rows += rows


def run(channel: Singly, technique: LoadedTechnique) -> tuple[object, ...]:
    """Go through a technique with polls at odd moments; return all that is seen."""
    start = channel.socket.time
    flight = TechniqueInFlight(channel, technique, FrontEnd(8, 3), start)
    seen: list[object] = []
    for poll in POLLS:
        flight.advance(start + poll)
        seen += [channel.socket.live, flight.clips_current, flight.clips_voltage]
    flight.advance(start + POLLS[-1] + 1.0, exact=True)
    return channel.rows, seen, flight.done, flight.exit, channel.socket.time


def technique(stages: tuple[Stage, ...], **rules: float) -> LoadedTechnique:
    table = next(t for t in TECHNIQUES if t.name == "CPLIMIT")
    return LoadedTechnique(
        table,
        {},
        stages,
        every_s=rules.get("every_s", float("inf")),
        every_volt=rules.get("every_volt", float("inf")),
        every_ampere=rules.get("every_ampere", float("inf")),
        current_range=8,
    )


def there_and_back(cell: Cell) -> tuple[Stage, ...]:
    """Return a half cycle to a limit, a rest, and a way back that time ends."""
    full = cell.counter is not None
    rate = (1.0 if full else -1.0) * cell.working.capacity / 7200.0
    lower, upper = (2.8, 4.2) if full else (0.05, 1.5)
    limits = (Limit(False, False, lower, False), Limit(False, True, upper, False))
    return (
        Stage(Mode.CURRENT, rate, 3e4, tests=limits),
        Stage(Mode.REST, duration=600.0),
        Stage(Mode.CURRENT, -rate, 2000.0, cycle=1),
    )


RULES = [
    # a row by time only
    {"every_s": 60.0},
    # by voltage only: the step is found by how fast it moves
    {"every_volt": 5e-3},
    # both, whichever is first; time steps that no float holds exactly
    {"every_s": 120.1, "every_volt": 10e-3},
    # jumps of the current and steps that go too far and are taken back
    {"every_s": 300.0, "every_volt": 2e-3, "every_ampere": 1e-5},
]


def assert_the_same(sample: str, rules: dict[str, float]) -> None:
    singly, many = Singly(build_cell(sample)), Many(build_cell(sample))
    stages = there_and_back(build_cell(sample))
    plan = technique(stages, **rules)

    assert run(many, plan) == run(singly, plan)
    assert many.cell.snapshot() == singly.cell.snapshot()
    assert many.calls >= len(stages)
    assert len(many.rows) > 2 * len(stages)


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("sample", ["qms-0.7", "si-lco"])
def test_many_steps_in_one_call_write_the_rows_of_single_ones(
    sample: str, rules: dict[str, float]
) -> None:
    KERNEL.load()

    assert_the_same(sample, rules)


def test_plain_python_makes_many_steps_in_one_call_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(KERNEL, "fast", None)
    monkeypatch.setattr(KERNEL, "begun", True)

    assert_the_same("qms-0.7", {"every_s": 300.0, "every_volt": 20e-3})


def test_a_watched_cell_is_shown_at_each_step() -> None:
    class Watcher:
        next_look = float("inf")
        seen = 0

        def see(self, time: float, voltage: float) -> None:
            assert min(time, voltage) > 0.0
            self.seen += 1

    many, watcher = Many(build_cell("qms-0.7")), Watcher()
    plan = technique((Stage(Mode.REST, duration=60.0),), every_s=1.0)
    many.socket.watch(watcher)

    run(many, plan)

    assert watcher.seen >= 60
    assert many.calls == 0


def test_a_step_without_a_numerical_answer_is_told_where_it_is_made() -> None:
    many = Many(build_cell("qms-0.7"))
    stages = (Stage(Mode.CURRENT, -1e-3, 60.0), Stage(Mode.CURRENT, -1e-3, 60.0))
    flight = TechniqueInFlight(
        many,
        technique(stages, every_s=1.0),
        FrontEnd(8, 3),
        many.socket.time,
    )
    flight.advance(many.socket.time + 30.5)
    written = len(many.rows)
    mark = many.cell.mark()
    many.cell.rewind([math.nan for _ in mark])

    with pytest.raises(ArithmeticError, match="no number"):
        flight.advance(many.socket.time + 40.0)
    assert len(many.rows) == written > 25
