"""BTS Server, as it answers: XML in, XML out, with the faults that it is known for.

Answers have the shape of those that were recorded from a BTS 8 server and are public
with aurora-neware: step times in ms, capacities in Ah without sign, step numbers only
where something runs, and ``getchlstatus`` that calls every subdevice 1.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import quoteattr

from defusedxml.ElementTree import fromstring

from drivers.twins.biologic.imperfections import SPECIFICATION, imperfections_of
from drivers.twins.biologic.tables import PREMIUM
from drivers.twins.neware.step_file import BadFileError, StepFile, read_step_file
from drivers.twins.submitted.channel import Point, ProgramChannel
from drivers.twins.world.world import BenchWorld
from labctl.clock import Clock, iso
from labctl.roles.driver import Setup

DEVTYPE, DEVICE = 27, 1
HEADER = '<?xml version="1.0" encoding="UTF-8"?>\r\n<bts version="1.0">\r\n'
TICK = 0.1
"""s; the resolution of a step's time."""
WORKING, FINISHED, STOPPED, PROTECTED = "working", "finish", "stop", "protect"


@dataclass(slots=True)
class Test:
    """One test of one channel, running or over."""

    number: int
    barcode: str
    file: StepFile | None = None
    rows: list[Point] = field(default_factory=list)
    status: str = FINISHED


class TwinChannel:
    """One channel and its tests."""

    def __init__(
        self, channel: ProgramChannel, subdevice: int, number: int, name: str
    ) -> None:
        self.channel, self.name = channel, name
        self.subdevice, self.number = subdevice, number
        self.test = Test(0, "")

    def bring(self, now: float) -> None:
        """Come to ``now`` s; note what has ended."""
        self.channel.bring(now)
        if self.test.status == WORKING and not self.channel.running:
            self.test.status = PROTECTED if self.channel.tripped else FINISHED

    def start(self, number: int, barcode: str, path: str, now: float) -> bool:
        """Begin the test of a step file; False: busy, or no such file."""
        if self.channel.running:
            return False
        try:
            file = read_step_file(path)
        except BadFileError:
            return False
        test = self.test = Test(number, barcode, file, status=WORKING)
        self.channel.begin(
            file.program, now, test.rows.append, file.voltage, file.current
        )
        self.bring(now)
        return True

    def stop(self, now: float) -> bool:
        """Open the circuit."""
        self.bring(now)
        if self.test.status == WORKING:
            self.channel.stop(now)
            self.test.status = STOPPED
        return True

    @property
    def ids(self) -> str:
        """The attributes that name it in most answers."""
        return (
            f'devtype="{DEVTYPE}" devid="{DEVICE}" subdevid="{self.subdevice}" '
            f'chlid="{self.number}"'
        )


class SimulatedBts:
    """One server with its channels on the bench; `answer` is all that others see."""

    def __init__(self, setup: Setup, world: BenchWorld, clock: Clock) -> None:
        wanted = dict(setup.simulated)
        self.setup, self.world, self.clock = setup, world, clock
        self.tests = int(wanted.get("first_test", 100))
        """Number of the last test that was started on this server."""
        seed = int(wanted.get("seed", world.seed))
        errors = wanted.get("imperfections", SPECIFICATION)
        self.channels: dict[tuple[int, int], TwinChannel] = {}
        for place in range(int(wanted.get("channels", 8))):
            subdevice, number = place // 8 + 1, place % 8 + 1
            name = f"{setup.name}/{DEVICE}-{subdevice}-{number}"
            made = ProgramChannel(
                place,
                world.socket(name),
                seed=seed,
                largest_current=float(wanted.get("largest_current", 0.1)),
                imperfections=imperfections_of(
                    errors, seed, setup.name, place, PREMIUM
                ),
            )
            self.channels[subdevice, number] = TwinChannel(
                made, subdevice, number, name
            )
        self.commands: list[str] = []
        """Names of what was asked for, for tests; kept while `listening`."""
        self.listening = False
        self.lag = 0.0
        """s until a row that was taken stands in the server's database."""
        world.join(setup.name, self)

    # ---- world

    def replug(self) -> None:
        """See `drivers.twins.world.world.Plugged`."""
        for each in self.channels.values():
            each.channel.replug(self.world.socket(each.name))

    def snapshot(self) -> dict[str, Any]:
        """Return numbers of tests, and the channels' own state."""
        return {
            "tests": self.tests,
            **{each.name: each.channel.snapshot() for each in self.channels.values()},
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what `snapshot` returned; nothing runs then."""
        self.tests = int(state["tests"])
        for each in self.channels.values():
            each.channel.restore(state[each.name])

    # ---- what is asked

    def answer(self, message: str) -> str:
        """Return the answer to one message, without its terminator."""
        try:
            asked = fromstring(message.strip())
        except ParseError:
            return f"{HEADER}<result>error</result></bts>"
        command = (asked.findtext("cmd") or "").strip()
        if self.listening:
            self.commands.append(command)
        method: Callable[[Element, float], str] | None = getattr(
            self, f"_{command}", None
        )
        if command not in _COMMANDS or method is None:
            return f"{HEADER}<cmd>{command}_resp</cmd><result>error</result></bts>"
        with self.world.lock:
            said = method(asked, self.clock.now())
        return f"{HEADER}  <cmd>{command}_resp</cmd>\r\n{said}</bts>"

    def _connect(self, asked: Element, now: float) -> str:  # noqa: ARG002
        right = asked.findtext("username") == "admin"
        return f"  <result>{'ok' if right else 'error'}</result>\r\n"

    def _getdevinfo(self, asked: Element, now: float) -> str:  # noqa: ARG002
        lines = "".join(
            f'    <channel ip="127.0.0.1" devtype="{DEVTYPE}" devid="{DEVICE}" '
            f'subdevid="{each.subdevice}" Channelid="{each.number}">true</channel>\r\n'
            for each in self.channels.values()
        )
        return f'  <middle count="{len(self.channels)}">\r\n{lines}</middle>\r\n'

    def _getchlstatus(self, asked: Element, now: float) -> str:
        def line(each: TwinChannel, _: Element) -> str:
            return (
                f'<status ip="127.0.0.1" devtype="{DEVTYPE}" devid="{DEVICE}" '
                f'subdevid="1" chlid="{each.number}" reservepause="1">'
                f"{each.test.status}</status>"
            )

        return self._listed(asked, "status", now, line)

    def _inquire(self, asked: Element, now: float) -> str:
        def line(each: TwinChannel, _: Element) -> str:
            test, channel = each.test, each.channel
            voltage, current = channel.reading()
            works = test.status == WORKING and test.file is not None
            step = f'step_id="{channel.index + 1}" ' if works else ""
            name = test.file.names[channel.index] if works and test.file else "--"
            total = now - channel.begun if works else 0.0
            passed = now - channel.technique_begun if works else 0.0
            return (
                f'<inquire dev="{DEVTYPE}-{DEVICE}-{each.subdevice}-{each.number}-0" '
                f'cycle_id="{channel.loops + 1}" {step}step_type="{name}" '
                f'workstatus="{test.status}" barcode={quoteattr(test.barcode)} '
                f'current="{current:.4f}" voltage="{voltage:.4f}" capacity="0" '
                f'energy="0" totaltime="{total:.1f}" relativetime="{passed:.1f}" '
                f'open_or_close="0" log_code="0" />'
            )

        return self._listed(asked, "inquire", now, line)

    def _inquiredf(self, asked: Element, now: float) -> str:
        def line(each: TwinChannel, _: Element) -> str:
            count = self._written(each, now)
            whole = each.test.status != WORKING and count == len(each.test.rows)
            return (
                f'<chl {each.ids} testid="{each.test.number}" '
                f'count="{count}">{str(whole).lower()}</chl>'
            )

        return self._listed(asked, "chl", now, line)

    def _download(self, asked: Element, now: float) -> str:
        wanted = asked.find("download")
        each = None if wanted is None else self._named(wanted)
        if wanted is None or each is None:
            return '  <list count="0" />\r\n'
        each.bring(now)
        first = int(wanted.get("startpos", "1"))
        count = int(wanted.get("count", "0"))
        held = each.test.rows[: self._written(each, now)]
        rows = held[max(first - 1, 0) : max(first - 1, 0) + count]
        lines = "".join(
            f"    {self._row(each.test, number, point)}\r\n"
            for number, point in enumerate(rows, max(first, 1))
        )
        return (
            f'  <download {each.ids} testid="{each.test.number}" startpos="{first}" '
            f'count="{count}" auxid="0" />\r\n'
            f'  <list count="{len(rows)}">\r\n{lines}  </list>\r\n'
        )

    def _written(self, each: TwinChannel, now: float) -> int:
        """Return how many rows of a channel's test stand in the database."""
        until = now - self.lag - each.channel.begun
        rows = each.test.rows
        if not self.lag:
            return len(rows)
        return sum(point.begun + point.time <= until for point in rows)

    def _row(self, test: Test, number: int, point: Point) -> str:
        name = test.file.names[point.technique] if test.file else "--"
        moment = self.clock.unix() - self.clock.now() + point.begun + point.time
        capacity = abs(point.charge) / 3600.0
        return (
            f'<data seqid="{number}" stepid="{point.technique + 1}" '
            f'cycleid="{point.loops + 1}" steptype="{name}" '
            f'testtime="{1000.0 * TICK * round(point.time / TICK):.0f}" '
            f'atime="{iso(moment)[:19].replace("T", " ")}" '
            f'volt="{point.voltage:.14g}" curr="{point.current:.15g}" '
            f'cap="{capacity:.15g}" eng="{capacity * abs(point.voltage):.15g}" />'
        )

    def _start(self, asked: Element, now: float) -> str:
        def line(each: TwinChannel, told: Element) -> str:
            self.tests += 1
            barcode, path = told.get("barcode", ""), (told.text or "").strip()
            good = each.start(self.tests, barcode, path, now)
            word = "ok" if good else "false"
            return f'<start ip="127.0.0.1" {each.ids}>{word}</start>'

        return self._listed(asked, "start", now, line)

    def _stop(self, asked: Element, now: float) -> str:
        def line(each: TwinChannel, _: Element) -> str:
            word = "ok" if each.stop(now) else "false"
            return f'<stop ip="127.0.0.1" {each.ids}>{word}</stop>'

        return self._listed(asked, "stop", now, line)

    def _listed(
        self,
        asked: Element,
        tag: str,
        now: float,
        line: Callable[[TwinChannel, Element], str],
    ) -> str:
        said = []
        for told in asked.iterfind(f"list/{tag}"):
            each = self._named(told)
            if each is not None:
                each.bring(now)
                said.append(f"    {line(each, told)}\r\n")
        return f'  <list count="{len(said)}">\r\n{"".join(said)}  </list>\r\n'

    def _named(self, told: Element) -> TwinChannel | None:
        key = (int(told.get("subdevid", "0")), int(told.get("chlid", "0")))
        return self.channels.get(key) if told.get("devid") == str(DEVICE) else None


_COMMANDS = frozenset(
    {"connect", "getdevinfo", "getchlstatus", "inquire", "inquiredf", "download"}
    | {"start", "stop"}
)
