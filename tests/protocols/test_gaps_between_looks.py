"""No protocol keeps the engine from looking, whatever its parameters are set to.

Every registered protocol is walked on twins in virtual time, with every number at the
bounds that its own model states, and the time between two things that its steps yield
is measured: that is how long STOP, HOLD, SKIP and limits would not be seen.
"""

import dataclasses
import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import pytest
from annotated_types import Ge, Le
from pydantic.fields import FieldInfo

from drivers.twins.world.world import BenchWorld
from labctl import plugins
from labctl.clock import EVERY_LOOK, POLL_PERIOD, Quiet, VirtualClock
from labctl.config.models import Config
from labctl.data import Batch, EndReason, Event, Outcome
from labctl.documents.complaints import validate
from labctl.documents.hardened_yaml import Document, load_file
from labctl.engine.ledger import Ledger
from labctl.person import PERSON, Person, Request
from labctl.protocol import Ending, Protocol, Step
from labctl.quantities.fields import SI, Quantity
from labctl.sample import SampleKind
from labctl.session.order import Equipment, Order, Prepared, prepare, station_of
from labctl.station import LentBench
from labctl.waits import owned_by

T = TypeVar("T")
CELLS = {SampleKind.HALF_CELL, SampleKind.FULL_CELL}
SAMPLES = {
    SampleKind.FILM: "film-si",
    SampleKind.PELLET: "pellet-si",
    SampleKind.PARTICLE: "particle-si",
    SampleKind.HALF_CELL: "qms-0.7",
}
LONG = 20.0
"""s; what a time gets that has no upper bound."""
MOST: Mapping[str, Any] = {
    # Counts that only repeat what one pass shows already.
    "contact_points": 7,
    "delta_readings": 500,
    "points": 10,
    "patience": 20.0,
    "readings": 40,
    "sweep_points": 5,
    "sweeps": 1,
    # The 2182A takes 50 power-line cycles at 50 Hz; `hall-effect` allows 60.
    "nplc": 50.0,
}
"""Instead of the model's upper bound, if that is larger."""
GIVEN: Mapping[str, Mapping[str, Any]] = {
    "bias-hold": {"hold": "60 s", "tail": "20 s", "every": "20 s"},
    "cyclic-voltammetry": {"record_step": "20 mV"},
    "formation-cycling": {"cycles": 2},
    "gitt": {
        "pulse": "10 min",
        "pulse_rate": "C/10",
        "longest_rest": "1 h",
        "fast_every": "2 s",
        "fine_below": 0,
    },
    "hall-effect": {"field_tolerance": "0.5 %", "field_deadline": "300 s"},
    "hppc": {"pulse_every": "1 s"},
    "insitu-eis": {"formation_cycles": 0, "last_frequency": "1 mHz"},
    "peis": {"formation_cycles": 0, "last_frequency": "1 mHz"},
    "particle-iv": {"contact_radius": "1 µm"},
    "pellet-conductivity": {"settle_rate": 1e-9},
    "quasi-ocv": {"upper_voltage": "1.5 V"},
    "watched": {"record": "cell.wrd"},
    "sequence": {
        "steps": [
            {"do": "rest", "duration": "1 h", "record": {"every": "20 min"}},
            {"do": "current", "rate": "D/20", "duration": "30 h"},
            {"do": "peis", "first_frequency": "1 kHz", "last_frequency": "1 mHz"},
        ],
        "formation_cycles": 0,
    },
}
"""What a sample or another parameter asks for; it wins over the bounds."""
NO_CHANNEL = {"chamber-by-hand", "watched"}
"""They drive no cell's channel, whatever the sample; the bench's twins play them."""
LOOKS_A_STEP, STEPS = 150, 12
"""Of a cell, then the step is skipped and the walk ends: it would only go on alike."""


ASKED: Mapping[str, tuple[Request, ...]] = {
    "chamber-by-hand": (
        Request("hold-temperature", {"temperature": 30.0}),
        Request("keep"),
    ),
    "channel-by-hand": (
        Request("rest", {"duration": 20.0}),
        Request("hold-current", {"current": 1e-5, "duration": 20.0}),
        Request("hold-voltage", {"voltage": 0.5, "duration": 20.0}),
    ),
    "hall-by-hand": (
        Request("connect", {"contacts": [1, 3, 2, 4]}),
        Request("drive", {"current": 1e-4}),
        Request("keep"),
        Request("field", {"field": 0.1}),
        Request("reverse", {"current": 1e-4, "contacts": [1, 3, 2, 4]}),
        Request("supply", {"current": 1.0}),
    ),
    "source-meter-by-hand": (
        Request("hold-voltage", {"voltage": 0.1, "compliance": 1e-3}),
        Request("keep"),
        Request(
            "sweep-current",
            {"start": 0.0, "stop": 1e-4, "compliance": 1.0, "points": 5, "dwell": 2.0},
        ),
    ),
}
"""What a person asks for, in SI, one thing after another."""


class BenchClock(VirtualClock):
    """Virtual time in which steps poll as often as on a bench."""

    def poll_period(self, rows_every: float) -> float:  # noqa: ARG002
        return POLL_PERIOD

    def idle(
        self,
        period: float,
        quiet: Quiet = EVERY_LOOK,  # noqa: ARG002
        until: threading.Event | None = None,
    ) -> None:
        self.sleep(period, until)


class Walk:
    """The owner of the thread, and how long nobody looked."""

    def __init__(self, clock: VirtualClock) -> None:
        self.asked = threading.Event()
        self.worst = (0.0, "")
        """s and label of the longest gap."""
        self.beyond: list[str] = []
        """What is too long."""
        self._clock = clock
        self._waits: list[tuple[str, float, float]] = []
        """What is announced now, for how long, and since when."""
        self._readings: list[float] = []
        """s of each announced reading since the last look."""
        self._last = clock.now()

    def waiting(self, what: str, seconds: float) -> None:
        self._waits.append((what, seconds, self._clock.now()))

    def working(self) -> None:
        what, seconds, begun = self._waits.pop()
        took = self._clock.now() - begun
        if took > seconds + 1e-6:
            self.beyond.append(f"{what} took {took:.2f} s, {seconds:.2f} s were said")
        if what.startswith("a reading of "):
            self._readings.append(took)

    def tell(self, event: Event) -> None:
        pass

    def look(self, step: Step) -> float:
        """Note how long nobody looked; return the clock's time."""
        gap, self._last = self._clock.now() - self._last, self._clock.now()
        allowed = 2 * POLL_PERIOD
        if len(self._readings) == 1:  # one reading lasts as long as it lasts
            allowed = max(allowed, POLL_PERIOD + self._readings[0])
        if gap > allowed + 1e-9:
            said = f"{len(self._readings)} readings announced"
            self.beyond.append(f"{step.label}: {gap:.2f} s (≤ {allowed:.2f}; {said})")
        self.worst = max(self.worst, (gap, step.label))
        self._readings.clear()
        return self._last


@dataclasses.dataclass(frozen=True)
class Attended(LentBench):
    """A bench with a person at it."""

    person: Person = dataclasses.field(default_factory=Person)

    def role(self, name: str, kind: type[T]) -> T:
        if name == PERSON and isinstance(self.person, kind):
            return self.person
        return LentBench.role(self, name, kind)


def attended(bench: LentBench, protocol: Protocol) -> LentBench:
    """Return the bench with a person who asks for whatever can be done."""
    person = Person()
    for request in ASKED.get(protocol.name, ()):
        asked = protocol.requests[request.kind].model_validate(
            request.values, context=SI
        )
        if not protocol.refuse(asked, bench):
            person.put(request)
    return Attended(bench.clock, bench.roles, bench.envelope, person)


def walk(protocol: Protocol, bench: LentBench, clock: VirtualClock, cell: bool) -> Walk:
    """Do what an engine does, as long as it is new, and measure its looks."""
    bench = attended(bench, protocol)
    walked, plan = Walk(clock), protocol.plan()
    ledger, outcome = Ledger(protocol.streams), None
    with owned_by(walked):
        for count in itertools.count(1):
            try:
                step = next(plan) if outcome is None else plan.send(outcome)
            except StopIteration:
                break
            if cell and count > STEPS:
                break
            outcome = execute(step, count, bench, ledger, walked, cell)
    return walked


def execute(
    step: Step, count: int, bench: LentBench, ledger: Ledger, walked: Walk, cell: bool
) -> Outcome:
    totals = ledger.begin(bench.clock.now())
    rows, looks = step.execute(bench), 0
    while True:
        try:
            item = next(rows)
        except StopIteration as stop:
            walked.look(step)
            return totals.outcome(stop.value or Ending())
        now = walked.look(step)
        if isinstance(item, Batch) and len(item) and item.stream != "live":
            ledger.post(item, step, count, totals, (now, bench.clock.unix()))
        looks += 1
        if cell and looks > LOOKS_A_STEP:
            rows.close()
            for role in bench.outputs().values():
                role.make_safe()
            return totals.outcome(Ending(EndReason.SKIPPED))


def number_of(field: FieldInfo) -> tuple[Any, list[Any]]:
    """Return int, float or None, and what the model says about the number."""
    kind, metadata = field.annotation, list(field.metadata)
    if get_origin(kind) is Union and type(None) in get_args(kind):  # X | None
        kind = next(part for part in get_args(kind) if part is not type(None))
        for each in getattr(kind, "__metadata__", ()):
            metadata += each.metadata if isinstance(each, FieldInfo) else [each]
        kind = get_args(kind)[0] if metadata else kind
    return kind if kind in {int, float} else None, metadata


def bounds(name: str, field: FieldInfo) -> tuple[Any, Any]:
    """Return the least and the largest value as a person writes them; None: none."""
    kind, metadata = number_of(field)
    if kind is None:
        return None, None
    unit = next((m.unit for m in metadata if isinstance(m, Quantity)), "")
    least = next((m.ge for m in metadata if isinstance(m, Ge)), None)
    largest = next((m.le for m in metadata if isinstance(m, Le)), None)
    if unit == "s" and largest is None:
        largest = LONG
    if name in MOST and largest is not None:
        largest = min(largest, MOST[name])
    return in_unit(least, unit), in_unit(largest, unit)


def in_unit(value: Any, unit: str) -> Any:
    return value if value is None or unit in {"", "1"} else f"{value} {unit}"


def choices(field: FieldInfo) -> tuple[Any, ...]:
    """Return what a field may be beside its default, if that can be counted."""
    if field.annotation is bool:
        return (not field.default,)
    if get_origin(field.annotation) is Literal:
        return tuple(x for x in get_args(field.annotation) if x != field.default)
    return ()


def cases(kind: type[Protocol]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield parameters: all at their most, all at their least, every other choice."""
    fields = kind.parameters_model.model_fields
    ends = {name: bounds(name, field) for name, field in fields.items()}
    least = {name: low for name, (low, _) in ends.items() if low is not None}
    most = {name: high for name, (_, high) in ends.items() if high is not None}
    given = GIVEN.get(kind.name, {})
    yield "most", {**most, **given}
    yield "least", {**least, **given}
    for name, field in fields.items():
        for choice in choices(field):
            yield f"{name}={choice}", {**most, **given, name: choice}


def every_case(wanted: AbstractSet[SampleKind]) -> Iterator[Any]:
    for name in plugins.names(plugins.PROTOCOLS):
        kind = plugins.protocol(name)
        if not kind.can_be_run:
            continue
        for sample_kind in sorted(kind.sample_kinds & SAMPLES.keys() & wanted):
            for what, given in cases(kind):
                label = f"{name}-{sample_kind}-{what}"
                yield pytest.param(kind, sample_kind, given, id=label)


@pytest.fixture
def config() -> Config:
    """Return the built-in bench: slowest source meter first, a field in closed loop."""
    config = validate(load_file(BenchWorld.configuration()), Config)
    config.instruments["ls475"].options["largest_field"] = 1.0
    channels = {"source_meter": ["k2636b/a"], "field_controller": ["ls475/control"]}
    return config.model_copy(update={"channels": {**config.channels, **channels}})


every_one = pytest.mark.parametrize(
    ("kind", "sample_kind", "given"), [*every_case(SAMPLES.keys())]
)
cells = pytest.mark.parametrize(("kind", "sample_kind", "given"), [*every_case(CELLS)])


OnTwins = Callable[..., tuple[Protocol, LentBench]]


@pytest.fixture
def on_twins(config: Config) -> Iterator[OnTwins]:
    """Return what puts a protocol on the built-in bench; its station is closed."""
    borrowed: list[Prepared] = []

    def put(
        kind: type[Protocol], sample: str, clock: VirtualClock, **given: Any
    ) -> tuple[Protocol, LentBench]:
        config.instruments["ls643"].options["external"] = "field_control" in given
        order = Order(kind.name, Document("test", given), sample, simulate=True)
        equipment = Equipment(*station_of(config, clock, order))
        prepared = dataclasses.replace(prepare(order, config, equipment), shared=False)
        borrowed.append(prepared)
        return prepared.protocol, prepared.borrow("test")

    yield put
    for prepared in borrowed:
        prepared.hand_back("test")


@every_one
def test_the_engine_looks_at_least_every_two_polls(
    kind: type[Protocol],
    sample_kind: SampleKind,
    given: dict[str, Any],
    on_twins: OnTwins,
    plug: OnTwins,
) -> None:
    clock, cell = BenchClock(1.7e9), sample_kind in CELLS
    put = plug if cell and kind.name not in NO_CHANNEL else on_twins
    protocol, bench = put(kind, SAMPLES[sample_kind], clock, **given)

    walked = walk(protocol, bench, clock, cell)

    assert walked.worst > (0.0, "")
    assert walked.beyond == []


@cells
def test_the_engine_looks_at_least_every_two_polls_of_eclib(
    kind: type[Protocol],
    sample_kind: SampleKind,
    given: dict[str, Any],
    on_twins: OnTwins,
) -> None:
    clock = BenchClock(1.7e9)
    protocol, bench = on_twins(kind, SAMPLES[sample_kind], clock, **given)

    walked = walk(protocol, bench, clock, cell=True)

    assert walked.worst > (0.0, "")
    assert walked.beyond == []
