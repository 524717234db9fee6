"""The station's process killed or beset, and two who want one instrument."""

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from campaign_table import Tally, Work
from campaign_wires import (
    AT_LAST,
    AT_ONCE,
    FOR_EVER,
    TO_BE_ON,
    Field,
    Job,
    field,
    holds,
)
from rigs import PATIENCE, Rig, wait_until
from truth import Truth, monotonic
from warm import Child

from labctl.clock import SystemClock
from labctl.limits import Envelope
from labctl.roles.driver import Setup
from labctl.techniques import ConstantCurrent, Recording

EIGHT = ("k2450", "k2400", "k2636b/a", "k6430", "b2901a", "vsp/1", "vsp/2", "vsp/3")
NOBODY = 65534
"""uid of a user without any right."""
HALF_OPEN = 220
DESCRIPTORS = 160
"""Files that the station may have open in the stranger's test."""


class Served:
    """A station's process and its API."""

    def __init__(self, child: Child, data: Path) -> None:
        self.child, self._data = child, data
        self._http: httpx.Client | None = None

    def up(self) -> bool:
        """Wait until it answers."""
        folder = self._data / ".station"

        def answers() -> bool:
            try:
                address = json.loads((folder / "station.json").read_text())
                tokens = json.loads((folder / "tokens.json").read_text())
            except (OSError, ValueError):
                return False
            self._http = httpx.Client(
                base_url=f"http://127.0.0.1:{address['port']}",
                headers={"authorization": f"Bearer {tokens['configure']}"},
                timeout=30.0,
                trust_env=False,
            )
            return True

        return wait_until(answers, TO_BE_ON)

    @property
    def port(self) -> int:
        """Return where it listens."""
        assert self._http is not None
        return int(self._http.base_url.port or 0)

    def get(self, path: str, timeout: float = 30.0) -> Any:
        """Return what the API answers."""
        assert self._http is not None
        return self._http.get(path, timeout=timeout).json()

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        """Ask for something."""
        assert self._http is not None
        answer = self._http.post(path, json=body)
        return answer.status_code, answer.json()

    def close(self) -> None:
        """Let go, and kill it."""
        if self._http is not None:
            self._http.close()
        self.child.kill_group()


@contextlib.contextmanager
def station(place: Field, number: int) -> Iterator[Served]:
    """Have a station's process with a fresh folder."""
    rig = place.rig
    data = rig.folder / f"station-{number}"
    samples = data / "samples"
    samples.mkdir(parents=True)
    for name, path in rig.samples.items():
        (samples / f"{name}.yaml").write_bytes(path.read_bytes())
    words = ["serve", "--config", str(rig.config), "--data", str(data)]
    child = place.warm.start(words, rig.folder, rig.folder / f"serve-{number}")
    served = Served(child, data)
    try:
        if not served.up():
            said = (rig.folder / f"serve-{number}").read_text()[-300:]
            raise RuntimeError(f"the station did not come up: {said}")
        yield served
    finally:
        served.close()


def _order(job: Job) -> dict[str, Any]:
    """Return the order that a job's words mean."""
    parameters, channels = {}, {}
    for kind, text in zip(job.words[::2], job.words[1::2], strict=True):
        name, _, value = text.partition("=")
        if kind == "--role":
            channels[name] = value
        else:
            parameters[name] = _steps() if name == "steps" else value
    return {
        "protocol": job.protocol,
        "sample": job.sample,
        "parameters": parameters,
        "channels": channels,
    }


def _steps() -> list[dict[str, Any]]:
    return [
        {
            "do": "current",
            "rate": "D/10",
            "duration": "300 s",
            "record": {"every": "0.5 s"},
        }
    ]


def _jobs() -> list[Job]:
    """Return the eight jobs of one station."""
    known = {job.output: job for job in holds(300.0)}
    third = known["vsp/1"]
    words = tuple("cell=vsp/3" if w == "cell=vsp/1" else w for w in third.words)
    known["vsp/3"] = Job("vsp/3", third.protocol, third.sample, words)
    return [known[channel] for channel in EIGHT]


def station_killed(work: Work, tally: Tally) -> None:
    """Kill a station with eight runs: all eight outputs off."""
    late = 0
    with field(work, "--smus", "--cells", "3") as place:
        for number in work.numbers():
            with station(place, number) as served:
                truth = place.rig.truth.from_now()
                refused = [
                    answer
                    for code, answer in (
                        served.post("/runs", _order(job)) for job in _jobs()
                    )
                    if code >= httpx.codes.BAD_REQUEST
                ]
                on = wait_until(lambda: _all_on(truth), PATIENCE)  # noqa: B023
                tally.tries += 1
                if refused or not on:
                    off = set(EIGHT) - set(truth.now_on())
                    tally.wrong(
                        f"eight runs did not start: {sorted(off)} {str(refused)[:200]}"
                    )
                SystemClock().sleep(work.chance(number).uniform(0.0, 3.0))
                before = [o for o in truth.refresh().now_on() if o in EIGHT]
                fault = monotonic()
                served.child.send_signal(signal.SIGKILL)
                served.child.wait(PATIENCE)
                _all_off(truth)
                for output in before:
                    since = truth.off_since(output)
                    seconds = None if since is None else max(0.0, since - fault)
                    tally.took(seconds, AT_LAST, f"{output} after the station's death")
                    late += seconds is None or seconds > AT_ONCE
                if truth.now_on(EIGHT):
                    return  # what is on cannot be the next try's
    tally.remark = f"eight outputs each; {late} beyond {AT_ONCE:g} s"


def _all_off(truth: Truth) -> bool:
    return wait_until(lambda: not truth.refresh().now_on(EIGHT), FOR_EVER)


def _all_on(truth: Truth) -> bool:
    return set(EIGHT) <= set(truth.refresh().now_on())


# ---- what is somebody else's


class SomebodyElse:
    """Another program, such as EC-Lab, on a channel of the potentiostat."""

    def __init__(self, rig: Rig, channel: str) -> None:
        import remote_eclib  # noqa: PLC0415  (a plug-in of this process)

        port = rig.ports["vsp"]
        setup = Setup("vsp", "eclib-remote", f"127.0.0.1:{port}")
        driver = remote_eclib.driver
        self._device = driver.open(driver.wire(setup), setup, SystemClock())
        self.channel = self._device.roles[channel.partition("/")[2]]

    def begin(self) -> None:
        """Start an experiment of an hour."""
        record = Recording(every_s=1.0)
        current = ConstantCurrent(current=-1e-4, duration=3600.0, record=record)
        self.channel.load([current], Envelope({}))
        self.channel.start()

    def end(self) -> None:
        """Stop it, and leave."""
        device = self._device
        number = self.channel.number
        device.exchange(lambda lib: lib.stop(device.link, number), "other")
        device.close()


def busy(work: Work, tally: Tally) -> None:
    """Start a run on a channel where somebody else measures: theirs goes on."""
    with field(work, "--cells", "3") as place:
        busy_on(place, work, tally)


def busy_on(place: Field, work: Work, tally: Tally) -> None:
    """Do the same on a bench that is there."""
    for number in work.numbers():
        tally.tries += 1
        channel = ("vsp/1", "vsp/2", "vsp/3")[number % 3]
        other = SomebodyElse(place.rig, channel)
        truth = place.rig.truth.from_now()
        other.begin()
        if not truth.wait_on(channel, TO_BE_ON):
            tally.wrong("somebody else's experiment did not start")
            continue
        begun = monotonic()
        job = next(j for j in _jobs() if j.output == channel)
        child, _, said = place.begin(job, number)
        chance = work.chance(number)
        if number % 4 == 3:
            SystemClock().sleep(chance.uniform(0.2, 1.5))
            child.send_signal(signal.SIGKILL)
        code = child.wait(PATIENCE)
        SystemClock().sleep(1.0)
        truth.refresh()
        stops = list(truth.told(channel, "BL_StopChannel", after=begun))
        if stops or channel not in truth.now_on():
            tally.wrong(f"{channel}: somebody else's experiment was stopped")
        if code == 0:
            tally.wrong(f"{channel}: a run on a busy channel says it completed")
        if code > 0 and channel not in said.read_text("utf-8", "replace"):
            tally.wrong(f"{channel}: the refusal does not name it")
        other.end()
    tally.remark = "every fourth killed meanwhile"


# ---- two owners


def owners(work: Work, tally: Tally) -> None:
    """Let two runs start on one channel at the same moment: one gets it."""
    with field(work) as place:
        owners_on(place, work, tally)


def owners_on(place: Field, work: Work, tally: Tally) -> None:
    """Do the same on a bench that is there."""
    ends: dict[str, int] = {}
    again = place.rig.folder / "again"
    again.mkdir()
    other_path = again / "config.yaml"
    other_path.write_bytes(place.rig.config.read_bytes())
    for number in work.numbers():
        tally.tries += 1
        jobs = holds(0.5)
        job = jobs[number % len(jobs)]
        chance = work.chance(number)
        first, truth, one = place.begin(job, 2 * number)
        SystemClock().sleep(chance.choice((0.0, 0.0, 0.01, 0.1, 0.5)))
        own = place.rig.config
        if number % 2:
            place.rig.config = other_path
        second, _, two = place.begin(job, 2 * number + 1)
        place.rig.config = own
        codes = sorted((first.wait(PATIENCE), second.wait(PATIENCE)))
        ends[str(codes)] = ends.get(str(codes), 0) + 1
        if codes.count(0) == 0:
            said = one.read_text()[-120:] + " / " + two.read_text()[-120:]
            tally.wrong(f"{job.output}: both failed {codes}: {said}")
        elif codes.count(0) == 2 and _overlap(truth, job.output):
            tally.wrong(f"{job.output}: both drove it")
        if truth.refresh().now_on([job.output]):
            tally.wrong(f"{job.output}: left on")
    tally.remark = ", ".join(f"{n} × {codes}" for codes, n in sorted(ends.items()))


def _overlap(truth: Truth, output: str) -> bool:
    """Tell whether an output was on once only, though two runs used it."""
    states = truth.refresh().of(output)
    return sum(state.on for state in states) < 2


# ---- a stranger

STRANGER = """
import os, socket, sys
if os.getuid() == 0:
    os.setuid(int(sys.argv[3]))
held = []
for _ in range(int(sys.argv[2])):
    try:
        line = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 2.0)
        line.sendall(b"GET /state HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\n")
        held.append(line)
    except OSError:
        pass
print(len(held), flush=True)
sys.stdin.read()
"""


def stranger(work: Work, tally: Tally) -> None:
    """Beset a station with half-open connections of a user without a token."""
    with field(work, "--smus", "--cells", "3", hold=300.0) as place:
        for number in work.numbers():
            tally.tries += 1
            with station(place, number) as served:
                _few_descriptors(served.child.pid)
                truth = place.rig.truth.from_now()
                served.post("/runs", _order(_jobs()[0]))
                if not truth.wait_on("k2450", TO_BE_ON):
                    tally.wrong("the run did not start")
                    continue
                given = map(str, (served.port, HALF_OPEN, NOBODY))
                crowd = subprocess.Popen(
                    [sys.executable, "-c", STRANGER, *given],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
                try:
                    tally.took(_slowest(served, 10.0), 2.0, "an answer to its owner")
                    if "k2450" not in truth.refresh().now_on():
                        tally.wrong("the run ended because of a stranger")
                    begun = monotonic()
                    with contextlib.suppress(httpx.HTTPError):
                        served.post("/stop", {"reason": "campaign"})
                    truth.wait_off("k2450", 30.0)
                    off = truth.off_since("k2450")
                    tally.took(
                        None if off is None else off - begun, AT_LAST, "STOP ALL"
                    )
                finally:
                    crowd.kill()
                    crowd.communicate(timeout=10.0)
    tally.remark = f"{HALF_OPEN} connections, {DESCRIPTORS} descriptors"


def _few_descriptors(pid: int) -> None:
    import resource  # noqa: PLC0415  (POSIX only)

    resource.prlimit(pid, resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))


def _slowest(served: Served, seconds: float) -> float | None:
    """Return the longest wait for an answer; None: there was none."""
    clock, slowest = SystemClock(), 0.0
    while clock.now() < seconds:
        asked = clock.now()
        try:
            served.get("/ping", timeout=seconds)
        except httpx.HTTPError:
            return None
        slowest = max(slowest, clock.now() - asked)
        clock.sleep(0.2)
    return slowest
