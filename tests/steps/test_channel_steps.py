"""`RunTechniques` on a channel: claims, a crash in the middle, what a stop leaves."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from labctl.clock import VirtualClock
from labctl.data import Array, Batch, EndReason, Event, Level
from labctl.limits import Envelope
from labctl.protocol import Claim, ClaimRecord, Ending, Item, Progress, Rows
from labctl.roles.potentiostat import Loaded, Poll
from labctl.station import LentBench
from labctl.steps.channel import RunTechniques
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    OpenCircuit,
    Recording,
    Technique,
)

EVERY_SECOND = Recording(every_s=1.0)
CURRENT = 1e-3
LONG = ConstantCurrent(CURRENT, 1000.0, record=EVERY_SECOND)
BY_CHARGE = Condition("charge", ConditionQuantity.CHARGE, Comparison.AT_LEAST, 0.5)
BY_ENERGY = Condition("energy", ConditionQuantity.ENERGY, Comparison.AT_LEAST, 0.5)


@dataclass
class Channel:
    """A channel in whose memory a row a second waits; conditions are the host's."""

    clock: VirtualClock
    firmware_ends: bool = False
    """Whether it turns charges into time itself."""
    techniques: Sequence[Technique] = ()
    envelope: Envelope | None = None
    started: float | None = None
    begins: list[float] = field(default_factory=list)
    stopped: float = math.inf
    fetched: int = 0
    """Rows that were fetched."""
    cannot_cut: bool = False
    acts: list[str] = field(default_factory=list)

    def load(
        self, techniques: Sequence[Technique], envelope: Envelope | None = None
    ) -> Loaded:
        self.acts.append("load")
        self.techniques, self.envelope = tuple(techniques), envelope
        host = () if self.firmware_ends else _conditions(techniques)
        return Loaded(
            host,
            (("firmware limits", "0 … 1 V"),),
            {"serial": 7},
            limited=True,
        )

    def start(self) -> None:
        self.acts.append("start")
        self.started, self.stopped, self.fetched = self.clock.now(), math.inf, 0
        ends = np.cumsum([_duration(t) for t in self.techniques]).tolist()
        self.begins = [0.0, *ends]

    def adopt(
        self,
        techniques: Sequence[Technique],
        token: Mapping[str, Any],
        started_unix: float,
        envelope: Envelope | None = None,
    ) -> bool:
        del techniques, started_unix, envelope
        return token["serial"] == 7 and self.started is not None

    def recognise(self, token: Mapping[str, Any], started_unix: float) -> bool:
        del started_unix
        return bool(token["serial"] == 7)

    def sense(self) -> Mapping[str, float]:
        return {"voltage_volt": 0.5, "current_ampere": 0.0}

    def poll(self) -> Poll:
        assert self.started is not None
        now = min(self.clock.now(), self.stopped) - self.started
        last = min(now, self.begins[-1])
        times = np.arange(self.fetched, math.floor(last + 1e-9) + 1.0)
        self.fetched += len(times)
        index = np.searchsorted(self.begins, times, side="left") - 1
        running = now < self.begins[-1] and self.stopped == math.inf
        at = min(int(np.searchsorted(self.begins, last)), len(self.techniques)) - 1
        live = {"voltage_volt": 0.5, "current_ampere": CURRENT}
        live["instrument_time_second"] = now
        batches = (_rows(times, np.maximum(index, 0)),) if len(times) else ()
        return Poll(batches, running, max(at, 0), live=live)

    def skip(self) -> Loaded | None:
        assert self.started is not None
        self.acts.append("skip")
        now = self.clock.now() - self.started
        if self.cannot_cut:
            return Loaded(token={"serial": 8})
        at = int(np.searchsorted(self.begins, now)) - 1
        cut = self.begins[at + 1] - now
        self.begins[at + 1 :] = [begin - cut for begin in self.begins[at + 1 :]]
        return None

    def make_safe(self) -> None:
        self.acts.append("safe")
        self.stopped = min(self.stopped, self.clock.now())


def _conditions(techniques: Sequence[Any]) -> tuple[tuple[int, Condition], ...]:
    return tuple((k, c) for k, t in enumerate(techniques) for c in t.until)


def _duration(technique: Any) -> float:
    by_charge = [
        c.value / CURRENT
        for c in technique.until
        if c.quantity is ConditionQuantity.CHARGE
    ]
    return float(min([technique.duration, *by_charge]))


def _rows(times: Array, index: Array) -> Batch:
    n = len(times)
    return Batch(
        "timeseries",
        {
            "instrument_time_second": times,
            "voltage_volt": np.full(n, 0.5),
            "current_ampere": np.full(n, CURRENT),
            "technique_index": index.astype(np.int64),
        },
    )


@dataclass
class Heard:
    """Everything that a step yielded."""

    items: list[Item] = field(default_factory=list)
    ending: Ending | None = None

    def all(self, kind: type) -> list[Any]:
        return [item for item in self.items if isinstance(item, kind)]

    def times(self, stream: str = "timeseries") -> list[float]:
        batches = [b for b in self.all(Batch) if b.stream == stream]
        return [float(t) for b in batches for t in b.columns["step_time_second"]]


def bench(**channels: Channel) -> LentBench:
    clock = next(iter(channels.values())).clock
    return LentBench(clock, channels, Envelope({"voltage_volt": (0.0, 1.0)}))


def hear(
    rows: Rows, until: float = math.inf, clock: VirtualClock | None = None
) -> Heard:
    """Drive a step to its end, or until the clock stands at ``until`` s."""
    heard = Heard()
    try:
        while clock is None or clock.now() < until:
            heard.items.append(next(rows))
    except StopIteration as stop:
        heard.ending = stop.value
    return heard


def records(heard: Heard) -> dict[str, ClaimRecord]:
    """Return the claims as another process reads them out of a journal."""
    return {
        claim.role: ClaimRecord(
            1,
            claim.role,
            "a/1",
            json.loads(json.dumps(dict(claim.token))),
            0.0,
            0.0,
            "digest",
        )
        for claim in heard.all(Claim)
    }


def crashed(
    step: RunTechniques, channel: Channel, at: float, **others: Channel
) -> Heard:
    """Run a step and lose the process at ``at`` s."""
    rows = step.execute(bench(cell=channel, **others))
    return hear(rows, at, channel.clock)


def test_nothing_is_started_before_it_is_claimed() -> None:
    channel = Channel(VirtualClock(0.0))
    rows = RunTechniques(label="a", techniques=(LONG,)).execute(bench(cell=channel))

    while not isinstance(item := next(rows), Claim):
        pass

    assert channel.acts == ["load"]
    assert item.token["serial"] == 7
    assert item.token["limited"] is True


def test_both_channels_of_a_cell_are_claimed() -> None:
    clock = VirtualClock(0.0)
    cell, beside = Channel(clock), Channel(clock)
    step = RunTechniques(label="a", techniques=(LONG,), monitor="monitor")
    heard = hear(step.execute(bench(cell=cell, monitor=beside)))

    assert [claim.role for claim in heard.all(Claim)] == ["monitor", "cell"]
    assert len(heard.times("monitor")) == len(heard.times())


def test_the_envelope_goes_to_the_channel_and_what_came_of_it_is_told() -> None:
    channel = Channel(VirtualClock(0.0))
    step = RunTechniques(label="a", techniques=(LONG,))
    heard = hear(step.execute(bench(cell=channel)))

    assert channel.envelope == Envelope({"voltage_volt": (0.0, 1.0)})
    (event,) = heard.all(Event)
    assert (event.level, event.code) == (Level.INFO, "limits")
    assert "stops by itself outside 0 … 1 V" in event.text


@pytest.mark.parametrize("offline", [1.0, 300.0, 5000.0])
def test_a_step_goes_on_where_its_process_died(offline: float) -> None:
    channel = Channel(VirtualClock(0.0))
    step = RunTechniques(label="a", techniques=(LONG,))
    before = crashed(step, channel, 100.0)
    channel.clock.sleep(offline)

    rows = step.go_on(bench(cell=channel), records(before))
    assert rows is not None
    after = hear(rows)

    assert before.times() + after.times() == [float(t) for t in range(1001)]
    assert after.ending == Ending(EndReason.COMPLETED)
    assert channel.acts == ["load", "start"]


def test_what_a_guard_stopped_meanwhile_has_not_come_to_its_end() -> None:
    channel = Channel(VirtualClock(0.0))
    step = RunTechniques(label="a", techniques=(LONG,))
    before = crashed(step, channel, 100.0)
    channel.clock.sleep(50.0)
    channel.make_safe()
    channel.clock.sleep(5000.0)

    rows = step.go_on(bench(cell=channel), records(before))
    assert rows is not None
    after = hear(rows)

    assert after.ending == Ending(EndReason.STOPPED)
    assert (before.times() + after.times())[-1] == pytest.approx(150.0, abs=8.0)


def test_a_channel_that_holds_nothing_of_it_lets_the_step_begin_anew() -> None:
    channel = Channel(VirtualClock(0.0))
    step = RunTechniques(label="a", techniques=(LONG,))
    before = crashed(step, channel, 100.0)
    channel.started = None

    assert step.go_on(bench(cell=channel), records(before)) is None
    assert channel.acts[-1] == "safe"  # recognised, and not left running


def test_a_claimed_watcher_of_a_step_that_never_began_is_stopped() -> None:
    clock = VirtualClock(0.0)
    cell, beside = Channel(clock), Channel(clock)
    step = RunTechniques(label="a", techniques=(LONG,), monitor="monitor")
    rows = step.execute(bench(cell=cell, monitor=beside))
    heard = Heard()
    while len(heard.all(Claim)) < 2:
        heard.items.append(next(rows))
    claims = records(heard)
    del claims["cell"]

    assert step.go_on(bench(cell=cell, monitor=beside), claims) is None
    assert beside.acts == ["load", "start", "safe"]


def test_a_charge_counted_in_firmware_is_the_reason_after_a_crash_too() -> None:
    channel = Channel(VirtualClock(0.0), firmware_ends=True)
    step = RunTechniques(
        label="a",
        techniques=(ConstantCurrent(CURRENT, 1e4, (BY_CHARGE,), EVERY_SECOND),),
    )
    before = crashed(step, channel, 100.0)
    channel.clock.sleep(1000.0)

    rows = step.go_on(bench(cell=channel), records(before))
    assert rows is not None

    assert hear(rows).ending == Ending(EndReason.CONDITION, "charge")


@pytest.mark.parametrize("condition", [BY_CHARGE, BY_ENERGY])
def test_what_needs_a_technique_s_first_row_is_stopped_and_its_rest_begun(
    condition: Condition,
) -> None:
    channel = Channel(VirtualClock(0.0))
    technique = ConstantCurrent(CURRENT, 1e4, (condition,), EVERY_SECOND)
    step = RunTechniques(label="a", techniques=(technique,))
    before = crashed(step, channel, 100.0)
    channel.clock.sleep(50.0)

    rows = step.go_on(bench(cell=channel), records(before))
    assert rows is not None
    after = hear(rows)

    assert after.ending == Ending(EndReason.STOPPED)
    assert channel.acts[-1] == "safe"
    assert before.times() + after.times() == [float(t) for t in range(151)]


def test_conditions_of_later_techniques_are_tested_after_a_crash() -> None:
    channel = Channel(VirtualClock(0.0))
    rest = OpenCircuit(200.0, record=EVERY_SECOND)
    small = Condition("charge", ConditionQuantity.CHARGE, Comparison.AT_LEAST, 0.05)
    later = ConstantCurrent(CURRENT, 1e4, (small,), EVERY_SECOND)
    step = RunTechniques(label="a", techniques=(rest, later))
    before = crashed(step, channel, 100.0)
    channel.firmware_ends = False

    rows = step.go_on(bench(cell=channel), records(before))
    assert rows is not None
    after = hear(rows)

    assert after.ending == Ending(EndReason.CONDITION, "charge")
    assert after.times()[-1] == pytest.approx(250.0, abs=10.0)


def test_what_had_to_be_loaded_anew_is_claimed_before_it_is_started() -> None:
    channel = Channel(VirtualClock(0.0), cannot_cut=True)
    soon = Condition("warm", ConditionQuantity.VOLTAGE, Comparison.AT_LEAST, 0.4)
    first = ConstantCurrent(CURRENT, 1e4, (soon,), EVERY_SECOND)
    rows = RunTechniques(label="a", techniques=(first, LONG)).execute(
        bench(cell=channel)
    )
    claims: list[Claim] = []
    while len(claims) < 2:
        item = next(rows)
        claims += [item] if isinstance(item, Claim) else []

    assert claims[1].token["serial"] == 8
    assert channel.acts == ["load", "start", "skip"]
    next(rows)
    assert channel.acts[-1] == "start"


def test_rows_between_the_last_poll_and_the_stop_are_handed_on() -> None:
    channel = Channel(VirtualClock(0.0))
    step = RunTechniques(label="a", techniques=(LONG,))
    here = bench(cell=channel)
    rows = step.execute(here)
    heard = hear(rows, 100.0, channel.clock)
    channel.clock.sleep(30.0)

    channel.make_safe()
    heard.items += step.after_stop(here)
    rows.close()

    assert heard.times() == [float(t) for t in range(int(channel.stopped) + 1)]


def test_rows_of_a_poll_that_was_broken_off_are_handed_on() -> None:
    clock = VirtualClock(0.0)
    cell, beside = Channel(clock), Channel(clock)
    step = RunTechniques(label="a", techniques=(LONG,), monitor="monitor")
    here = bench(cell=cell, monitor=beside)
    rows = step.execute(here)
    heard = Heard()
    while not heard.all(Batch):  # the cell's rows are out, the watcher's are not
        heard.items.append(next(rows))

    heard.items += step.after_stop(here)
    rows.close()

    assert heard.times("monitor") == heard.times()


def test_nothing_is_asked_of_a_channel_that_was_never_started() -> None:
    channel = Channel(VirtualClock(0.0))
    step = RunTechniques(label="a", techniques=(LONG,))
    here = bench(cell=channel)
    rows = step.execute(here)
    while not isinstance(next(rows), Claim):
        pass

    left: Iterator[Batch] = step.after_stop(here)

    assert list(left) == []


def test_following_a_channel_is_no_part_of_a_step_s_value() -> None:
    channel = Channel(VirtualClock(0.0))
    step = RunTechniques(label="a", techniques=(LONG,))
    before = (step.digest(), step.payload())

    hear(step.execute(bench(cell=channel)))

    assert (step.digest(), step.payload()) == before
    assert step == RunTechniques(label="a", techniques=(LONG,))


@pytest.mark.parametrize(
    ("passed", "left"),
    [
        # half of it is over
        (43_200.0, 43_200.0),
        # sums of floats fell short by their last bit: nothing that could be uploaded
        (86_400.0 - 1.46e-11, 0.0),
        # and beyond
        (86_400.0 + 1.46e-11, 0.0),
    ],
)
def test_what_rounding_leaves_of_a_rest_is_nothing(passed: float, left: float) -> None:
    rest = OpenCircuit(duration=86_400.0, record=EVERY_SECOND)
    step = RunTechniques(label="a", techniques=(rest,))

    remaining = step.remaining(Progress(passed, 0.0, 0, passed, 0.0))

    assert isinstance(remaining, RunTechniques)
    assert remaining.techniques == (OpenCircuit(left, record=EVERY_SECOND),)
