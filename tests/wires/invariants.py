"""The seventeen things that hold whatever breaks, each checked against what is true.

Each function returns violations in words, none where all is well. What is *true* is a
`Truth`: what twins did, never what a driver believes. Where each is checked:

==  ===================================================  ==============================
 1  no output on without limits, written and read back   machine, real processes
 2  no level beyond the limits                           machine, real processes
 3  not running: off                                     signals, deaths, station
 4  a limit passed: off within its time                  machine (a strong current)
 5  no reading for three polls: as a limit passed        machine (a deaf instrument)
 6  nothing energised after a trip or a stop             machine
 7  making safe works with any others dead               test_safing_of_dead_benches
 8  source off before the magnet moves, within its rate  test_safing_of_dead_benches
 9  cooling stays on                                     no role cools; a test says so
10  one owner of an instrument                           campaign `owners`, `busy`
11  nobody is told anything before who it is is known    machine, real processes
12  acknowledged rows are there, once, in order          machine, campaign `kills`
13  rows are the same with and without watchers          test_watchers_change_nothing
14  STOP within a second                                 campaign `stranger`, `signals`
15  a step of the wall clock changes no duration         machine
16  resumption reads back before current flows           machine
17  every wait has a deadline                            test_every_wait_has_a_deadline
==  ===================================================  ==============================
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from truth import State, Truth

from labctl.data import Array

Table = Mapping[str, Array]
GRAIN = 1e-6
"""Share of a level that is rounding."""
QUERIES = ("?", "print(", "BL_Get", "BL_Connect", "BL_Test")
"""What only asks."""
READING = (
    "step_count",
    "instrument_time_second",
    "voltage_volt",
    "current_ampere",
    "real_impedance_ohm",
)
"""What an instrument gave; a technique's time begins anew with each start."""
CLEARING = ("*CLS", "*SRE", "*ESE", "format.", "errorqueue.clear", "status.")
"""What concerns the conversation alone."""


def limits_before_on(truth: Truth, output: str, most: float) -> list[str]:
    """1: an output that goes on has its limit, and it is no wider than asked."""
    wrong = []
    for before, after in _changes(truth, output):
        if after.on and not (before and before.on):
            limit = after.more.get("limit")
            if limit is not None and not abs(float(limit)) <= most * (1.0 + GRAIN):
                wrong.append(f"{output} went on with a limit of {limit:g}")
    return wrong


def loaded_limits_read_back(truth: Truth, channel: str) -> list[str]:
    """1: a technique that is started was read back since it was loaded."""
    wrong, loaded = [], False
    for command in truth.told(channel):
        if command.text == "BL_LoadTechnique":
            loaded = True
        elif command.text.startswith("BL_GetParamInfos"):
            loaded = False
        elif command.text == "BL_StartChannel" and loaded:
            wrong.append(f"{channel} was started without a look at what it holds")
    return wrong


def level_within(truth: Truth, output: str, most: float) -> list[str]:
    """2: no level beyond what the instrument was limited to, at any time."""
    return [
        f"{output} at {state.level:g}, the limit is {most:g}"
        for state in truth.of(output)
        if state.on and not abs(state.level) <= most * (1.0 + GRAIN)
    ][:1]


def off_when_ended(
    truth: Truth, outputs: Iterable[str], unsafe: Iterable[str]
) -> list[str]:
    """3: who does not run has nothing on, or says of what it does not know it."""
    on = set(truth.now_on(outputs)) - set(unsafe)
    return [f"the run has ended and {output} is on" for output in sorted(on)]


def off_within(truth: Truth, output: str, since: float, seconds: float) -> list[str]:
    """3, 4, 5, 14: off for good within ``seconds`` of a moment."""
    off = truth.off_since(output)
    if off is None:
        return [f"{output} stayed on"]
    if off - since > seconds:
        return [f"{output} was on for {off - since:.2f} s more"]
    return []


def nothing_energised(truth: Truth, outputs: Iterable[str], since: float) -> list[str]:
    """6: after a trip or a stop nothing goes on, and no level rises."""
    wrong = []
    for output in outputs:
        for before, after in _changes(truth, output):
            if after.time <= since:
                continue
            rose = before is None or not before.on
            if not rose and before is not None and "state" not in after.more:
                rose = abs(after.level) > abs(before.level) * (1.0 + GRAIN)
            if after.on and rose:
                wrong.append(f"{output} went to {after.level:g} after the end")
    return wrong


def others_safe(truth: Truth, outputs: Iterable[str], dead: Iterable[str]) -> list[str]:
    """7: instruments that answer are off, whoever else does not."""
    on = set(truth.now_on(outputs)) - set(dead)
    return [f"{output} is on because others are dead" for output in sorted(on)]


def source_before_magnet(
    truth: Truth, source: str, magnet: str, since: float
) -> list[str]:
    """8: the sample's current is off before the magnet is told to move."""
    off = truth.off_since(source)
    moved = next((c.time for c in truth.told(magnet, "SETI", after=since)), None)
    if off is None:
        return [f"{source} stayed on"]
    if moved is not None and moved < off:
        return [f"{magnet} was moved {off - moved:.3f} s before {source} was off"]
    return []


def ramp_within(truth: Truth, magnet: str, rate: float, grain: float) -> list[str]:
    """8: a magnet's current changes by ``rate`` A/s at most, ``grain`` A is noise."""
    wrong = []
    for before, after in _changes(truth, magnet):
        if before is None or after.time <= before.time:
            continue
        most = rate * (after.time - before.time) + grain
        if abs(after.level - before.level) > most:
            wrong.append(f"{magnet} went {after.level - before.level:+.2f} A at once")
    return wrong[:1]


def nobody_cools(role_names: Iterable[str]) -> list[str]:
    """9: no role cools; whoever adds one says here what keeps it on."""
    return [f"{name}: say what keeps it on" for name in role_names if "cool" in name]


def one_owner(truth: Truth, channel: str) -> list[str]:
    """10: nobody starts or stops what somebody else started."""
    wrong, owner = [], 0
    for command in truth.told(channel, "BL_StartChannel", "BL_StopChannel"):
        if command.text == "BL_StartChannel":
            owner = command.client
        elif owner and command.client != owner and command.text == "BL_StopChannel":
            wrong.append(f"{channel}: {command.client} stopped what {owner} started")
    return wrong


def asked_first(truth: Truth, instrument: str, since: float) -> list[str]:
    """11, 16: from a connection on, questions come before anything that acts."""
    for command in truth.told(instrument, after=since):
        if any(word in command.text for word in CLEARING):
            continue
        if "IDN" in command.text or command.text.startswith("BL_GetChannelInfos"):
            return []
        if not any(word in command.text for word in QUERIES):
            return [
                f"{instrument} was told {command.text!r} before who it is was asked"
            ]
    return []


def rows_complete(
    acknowledged: Mapping[str, int], recovered: Mapping[str, Table]
) -> list[str]:
    """12: every row that somebody was told of is there."""
    wrong = []
    for stream, count in acknowledged.items():
        found = length(recovered.get(stream, {}))
        if found < count:
            wrong.append(f"{stream}: {count - found} acknowledged rows are lost")
    return wrong


def rows_in_order(table: Table, begun: Sequence[float] = ()) -> list[str]:
    """12: time does not go back, and no reading stands twice; see `doubled`."""
    wrong = []
    time = table.get("test_time_second")
    if time is not None and len(time) > 1:
        back = float(-np.min(np.diff(np.asarray(time, np.float64))))
        if back > 0.0:
            wrong.append(f"test time goes back by {back:.1e} s")
    twice = doubled(table, begun)
    if twice:
        wrong.append(f"{twice} rows stand twice")
    return wrong


def same_rows(one: Table, other: Table) -> list[str]:
    """13: two runs wrote the same."""
    return [
        f"{name} differs"
        for name in one
        if name != "unix_time_second"
        and not np.array_equal(
            one[name], other[name], equal_nan=one[name].dtype.kind == "f"
        )
    ]


def lasted(seconds: float, wanted: float, slack: float) -> list[str]:
    """15: a step lasted as long as it was told to, whatever the wall clock did."""
    if abs(seconds - wanted) <= slack:
        return []
    return [f"a step of {wanted:g} s lasted {seconds:g} s"]


def looked_before_current(truth: Truth, output: str, since: float) -> list[str]:
    """16: a resumed run asks the instrument before it lets anything flow."""
    instrument = output.partition("/")[0]
    on = next((s.time for s in truth.of(output) if s.on and s.time > since), None)
    if on is None:
        return []
    names = {output, instrument}
    asked = [
        c
        for name in names
        for c in truth.told(name, *QUERIES, after=since)
        if c.time <= on
    ]
    return [] if asked else [f"{output} went on before it was asked anything"]


def doubled(table: Table, begun: Sequence[float] = ()) -> int:
    """Return how many readings stand twice.

    What the instrument gave tells readings apart, its own time and the noise of its
    converters; the host's time may differ between two copies of one reading. With each
    program that is loaded the instrument's time begins anew and its memory is empty:
    ``begun`` are the run's times, s, at which programs were claimed.
    """
    if not length(table):
        return 0
    if "instrument_time_second" in table:
        names = [name for name in READING if name in table]
    else:
        times = ("test_time_second", "unix_time_second")
        names = [name for name in table if name not in times]
    values = [np.asarray(table[name], np.float64) for name in names]
    if "instrument_time_second" in names and "test_time_second" in table:
        at = np.asarray(table["test_time_second"], np.float64)
        values.append(np.searchsorted(np.sort(begun), at, "right").astype(np.float64))
    rows = np.stack(values, axis=1)
    if "instrument_time_second" in names:
        # A technique of no length reads twice at its beginning, and may repeat at once.
        rows = rows[np.asarray(table["instrument_time_second"]) > 0.0]
    return len(rows) - len(np.unique(rows, axis=0))


def length(table: Table) -> int:
    """Return the number of rows."""
    return len(next(iter(table.values()), ()))


def _changes(truth: Truth, output: str) -> Iterable[tuple[State | None, State]]:
    before: State | None = None
    for state in truth.of(output):
        yield before, state
        before = state
