"""Runs on real wires that are asked to stop, die, lose their guard or their line.

The time of a try goes from the fault to the moment when the output was off for good in
the twins' own log.
"""

import contextlib
import dataclasses
import os
import queue
import random
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from campaign_table import Tally, Work, side_by_side
from rigs import PATIENCE, Rig, guards_of, wait_until
from truth import Truth, monotonic
from warm import Child, Warm

from labctl.clock import SystemClock

AT_ONCE = 1.0
"""s within which an output is to be off."""
AT_LAST = 2.0
"""s within which it must be."""
LEFT_ON = 7
"""Exit code of a run that says that an output may be on."""
STOPPED = 6
FOR_EVER = 15.0
"""s after which nobody will switch an output off any more."""
TO_BE_ON = 30.0
"""s until a run has switched its output on."""


@dataclass(frozen=True, slots=True)
class Job:
    """A run that keeps one output on until somebody ends it."""

    output: str
    protocol: str
    sample: str
    words: tuple[str, ...]

    @property
    def instrument(self) -> str:
        """Name of the instrument."""
        return self.output.partition("/")[0]


def holds(seconds: float) -> list[Job]:
    """Return a job of every kind of output, held for so long."""
    tail = min(2.0, 0.5 * seconds)
    hold: tuple[str, ...] = (
        "--set",
        f"hold={seconds:g} s",
        "--set",
        f"tail={tail:g} s",
    )
    hold += ("--set", "every=0.1 s")
    jobs = [
        Job(
            channel,
            "bias-hold",
            "particle",
            ("--role", f"source_meter={channel}", *hold),
        )
        for channel in ("k2450", "k2400", "k2636b/a", "k6430", "b2901a")
    ]
    steps = (
        f"steps=[{{do: current, rate: D/10, duration: {seconds:g} s, record: "
        "{every: 0.5 s}}]"
    )
    jobs += [
        Job(channel, "sequence", "cell", ("--role", f"cell={channel}", "--set", steps))
        for channel in ("vsp/1", "vsp/2")
    ]
    return jobs


class Field:
    """A rig, its warm process, and the jobs that nobody does just now."""

    def __init__(self, rig: Rig, warm: Warm, jobs: list[Job]) -> None:
        self.rig, self.warm = rig, warm
        self._free: queue.Queue[Job] = queue.Queue()
        for job in jobs:
            self._free.put(job)

    @contextlib.contextmanager
    def job(self) -> Iterator[Job]:
        """Have one job for oneself."""
        job = self._free.get(timeout=PATIENCE)
        try:
            yield job
        finally:
            self._free.put(job)

    def begin(self, job: Job, number: int) -> tuple[Child, Truth, Path]:
        """Start a job; return its process, what is true from now on, its words."""
        rig, truth = self.rig, self.rig.truth.from_now()
        said = rig.folder / f"said-{number}"
        words = ["run", job.protocol, "-s", str(rig.samples[job.sample]), *job.words]
        words += ["--config", str(rig.config), "--out", str(rig.folder / "runs")]
        return self.warm.start([*words, "--json"], rig.folder, said), truth, said


@contextlib.contextmanager
def field(
    work: Work, *what: str, wires: tuple[str, ...] = (), hold: float = 60.0
) -> Iterator[Field]:
    """Have twins, lines and a warm process."""
    words = what or ("--smus", "--cells", "2")
    with (
        Rig(work.folder / "rig", *words, wires=wires, seed=work.seed) as rig,
        Warm(rig.environment) as warm,
    ):
        # An instrument has one owner: of two processes, one may drive it.
        yield Field(rig, warm, [job for job in holds(hold) if job.output != "vsp/1"])


@dataclass(frozen=True, slots=True)
class Try:
    """What came of one try."""

    what: str
    off_after: float | None = None
    """s; None: it stayed on. NaN where it was never on."""
    wrong: str = ""


def _each(work: Work, tally: Tally, act: Callable[[int], Try], allowed: float) -> None:
    late = [0]

    def take(each: Try) -> None:
        tally.tries += 1
        if each.wrong:
            tally.wrong(f"{each.what}: {each.wrong}")
        if each.off_after == each.off_after:
            tally.took(each.off_after, allowed * work.allowance, each.what)
            late[0] += each.off_after is None or each.off_after > AT_ONCE

    side_by_side(work, act, take)
    tally.remark = f"{late[0]} beyond {AT_ONCE:g} s"


def _off_after(truth: Truth, output: str, fault: float) -> float | None:
    """Return how long after the fault an output went off for good."""
    truth.wait_off(output, FOR_EVER)
    off = truth.off_since(output)
    return None if off is None else max(0.0, off - fault)


def _not_begun(child: Child, said: Path, what: str) -> Try:
    child.kill_group()
    words = said.read_text("utf-8", "replace")[-200:] if said.exists() else ""
    return Try(what, float("nan"), f"its output never came on: {words}")


# ---- asked to stop


def _send(child: Child, pattern: str, chance: random.Random) -> None:
    clock = SystemClock()
    match pattern:
        case "INT twice":
            numbers, pause = [signal.SIGINT] * 2, chance.uniform(0.0, 0.4)
        case "TERM three times":
            numbers, pause = [signal.SIGTERM] * 3, chance.uniform(0.0, 0.2)
        case "INT fifty times":
            numbers, pause = [signal.SIGINT] * 50, 0.002
        case "TERM while safing":
            numbers, pause = [signal.SIGTERM] * 2, chance.uniform(0.005, 0.06)
        case "HUP and INT":
            numbers, pause = [signal.SIGHUP, signal.SIGINT], chance.uniform(0.0, 1.0)
        case _:
            numbers, pause = [signal.Signals[f"SIG{pattern}"]], 0.0
    for number in numbers:
        child.send_signal(number)
        clock.sleep(pause)


PATTERNS = (
    "TERM",
    "INT",
    "INT twice",
    "TERM while safing",
    "TERM three times",
    "HUP and INT",
    "INT fifty times",
)


def signals(work: Work, tally: Tally) -> None:
    """Ask runs to stop, politely and less so."""
    with field(work) as place:
        signals_on(place, work, tally)


def signals_on(place: Field, work: Work, tally: Tally) -> None:
    """Do the same on a bench that is there."""

    def one(number: int) -> Try:
        chance = work.chance(number)
        pattern = PATTERNS[number % len(PATTERNS)]
        with place.job() as job:
            what = f"{pattern}, {job.output}"
            child, truth, said = place.begin(job, number)
            if not truth.wait_on(job.output, TO_BE_ON):
                return _not_begun(child, said, what)
            SystemClock().sleep(chance.uniform(0.0, 1.5))
            fault = monotonic()
            _send(child, pattern, chance)
            return _stopped(child, truth, job.output, fault, what)

    _each(work, tally, one, AT_LAST)


def _stopped(child: Child, truth: Truth, output: str, fault: float, what: str) -> Try:
    try:
        code = child.wait(PATIENCE)
    except TimeoutError:
        child.kill_group()
        return Try(what, None, "it did not end")
    wrong = "" if code == STOPPED else f"it ended with {code} instead of {STOPPED}"
    return Try(what, _off_after(truth, output, fault), wrong)


# ---- dead

DEATHS = (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT)


def deaths(work: Work, tally: Tally) -> None:
    """Let runners die without a word."""
    with field(work) as place:
        deaths_on(place, work, tally)


def deaths_on(place: Field, work: Work, tally: Tally) -> None:
    """Do the same on a bench that is there."""

    def one(number: int) -> Try:
        chance = work.chance(number)
        death = DEATHS[number % len(DEATHS)]
        with place.job() as job:
            what = f"{death.name}, {job.output}"
            child, truth, said = place.begin(job, number)
            if not truth.wait_on(job.output, TO_BE_ON):
                return _not_begun(child, said, what)
            SystemClock().sleep(chance.uniform(0.0, 2.0))
            fault = monotonic()
            child.send_signal(death)
            child.wait(PATIENCE)
            return Try(what, _off_after(truth, job.output, fault))

    _each(work, tally, one, AT_LAST)


def guard_killed(work: Work, tally: Tally) -> None:
    """Kill the guard first; a moment later there is another one, or nothing is on."""
    with field(work) as place:
        guard_killed_on(place, work, tally)


def guard_killed_on(place: Field, work: Work, tally: Tally) -> None:
    """Do the same on a bench that is there."""
    replaced = [0]

    def one(number: int) -> Try:
        chance = work.chance(number)
        with place.job() as job:
            what = f"guard and runner of {job.output}"
            child, truth, said = place.begin(job, number)
            if not truth.wait_on(job.output, TO_BE_ON):
                return _not_begun(child, said, what)
            guards = guards_of(child.pid)
            if not guards:
                child.kill_group()
                return Try(what, float("nan"), "an output is on without a guard")
            for guard in guards:
                os.kill(guard.pid, signal.SIGKILL)
            SystemClock().sleep(chance.uniform(1.5, 3.0))
            replaced[0] += bool(guards_of(child.pid))
            fault = monotonic()
            child.send_signal(signal.SIGKILL)
            child.wait(PATIENCE)
            off = _off_after(truth, job.output, fault)
            if off is None:
                _switch_off(place.rig, job)
            return Try(what, off)

    _each(work, tally, one, AT_LAST)
    tally.remark += f"; another guard in {replaced[0]}"


def _switch_off(rig: Rig, job: Job) -> None:
    """Switch off what was left on, so that the next try is fair."""
    import socket  # noqa: PLC0415

    if job.instrument == "vsp":
        return  # the next try finds it busy, and says so
    words = {"k2636b": b"smua.source.output = 0\nsmub.source.output = 0\n"}
    text = words.get(job.instrument, b":OUTP OFF\n")
    with contextlib.suppress(OSError):
        where = ("127.0.0.1", rig.ports[job.instrument])
        with socket.create_connection(where, 5.0) as line:
            line.sendall(text)
            SystemClock().sleep(0.1)


# ---- the order


def order(work: Work, tally: Tally) -> None:
    """Kill Hall runs: sample current off, then the relays, then the magnet's ramp."""
    work = dataclasses.replace(work, workers=1)  # there is one bench
    with field(work, "--hall") as place:
        hall = Job("k6221", "hall-effect", "film", ())

        def one(number: int) -> Try:
            chance = work.chance(number)
            child, truth, said = place.begin(hall, number)
            if not _hot(truth, 90.0):
                return _not_begun(child, said, "Hall run")
            SystemClock().sleep(chance.uniform(0.0, 2.0))
            fault = monotonic()
            child.send_signal(signal.SIGKILL)
            child.wait(PATIENCE)
            off = _off_after(truth, "k6221", fault)
            cold = truth.wait_off("ls643", 60.0)
            wrong = [] if cold else ["the magnet was left on"]
            wrong += misordered(truth, fault)
            return Try("Hall run", off, "; ".join(wrong))

        _each(work, tally, one, AT_LAST)


def _hot(truth: Truth, patience: float) -> bool:
    """Wait until the sample current is on and the magnet too."""

    def both() -> bool:
        on = truth.refresh().now_on()
        return "k6221" in on and "ls643" in on

    return wait_until(both, patience)


def misordered(truth: Truth, fault: float) -> list[str]:
    """Return what was done before the sample current was off, after a fault."""
    off = truth.off_since("k6221")
    if off is None:
        return []
    wrong = []
    for instrument, part, what in (
        ("ls643", "SETI", "the magnet was ramped"),
        ("k7001", "OPEN", "relays were opened"),
    ):
        early = [c for c in truth.told(instrument, part, after=fault) if c.time < off]
        if early:
            wrong.append(
                f"{what} {off - early[0].time:.2f} s before the current was off"
            )
    return wrong


# ---- the line


def cuts(work: Work, tally: Tally) -> None:
    """Break the line of a run: once, for some seconds, or for good."""
    lines = ("k2450", "k2400", "k2636b", "k6430", "b2901a", "vsp")
    outcomes: dict[str, int] = {}
    with field(work, wires=lines, hold=6.0) as place:

        def one(number: int) -> Try:
            chance = work.chance(number)
            with place.job() as job:
                wire = place.rig.wires[job.instrument]
                wire.heal()
                gone = chance.choice((0.0, 0.0, 3.0, 15.0))
                what = f"{job.output} cut" + (f" for {gone:g} s" if gone else " once")
                child, truth, said = place.begin(job, number)
                if not truth.wait_on(job.output, TO_BE_ON):
                    return _not_begun(child, said, what)
                SystemClock().sleep(chance.uniform(0.0, 4.0))
                fault = monotonic()
                wire.cut(refuse=gone > 0)
                SystemClock().sleep(gone)
                back = monotonic()
                wire.heal()
                try:
                    code = child.wait(PATIENCE + 30.0)
                except TimeoutError:
                    child.kill_group()
                    return Try(what, None, "it did not end")
                outcomes[str(code)] = outcomes.get(str(code), 0) + 1
                on = bool(truth.refresh().now_on([job.output]))
                wrong = []
                if on and code != LEFT_ON:
                    wrong.append(f"it ended with {code} while its output was on")
                if not gone and code:
                    wrong.append(f"one cut ended it with {code}")
                off = _off_after(truth, job.output, back)
                if off is None:
                    _switch_off(place.rig, job)
                went_on = code == 0
                took = float("nan") if went_on and off is not None else off
                del fault
                return Try(what, took, "; ".join(wrong))

        _each(work, tally, one, 15.0)
    ends = ", ".join(f"{n} × {code}" for code, n in sorted(outcomes.items()))
    tally.remark = f"exit codes {ends}; time from the line's return"
