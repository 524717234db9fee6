"""The PC beside a WBCS3000: its program writes what the cycler measures into a file.

The twin of the operator, too: it enters the schedule of ``simulated:`` and starts it.
The file grows in blocks that end in the middle of a row, and its head is half there
for a moment, as when a program writes through its buffer.
"""

import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from drivers.twins.wonatech.cycler import Cycler
from drivers.twins.wonatech.records import FORMS, RECORDING, Test
from drivers.twins.wonatech.written_schedule import EXAMPLE, TICK, lines_of
from drivers.twins.world.world import BenchWorld
from labctl.clock import Clock
from labctl.errors import OperatorError
from labctl.roles.driver import Setup

BLOCK = 512
"""Bytes that the program writes at once: four rows."""
_YEAR_1 = datetime(1, 1, 1)  # noqa: DTZ001  (ticks count from there, in no zone)


class SimulatedWbcs3000:
    """One channel, its program, and the folder it writes to; the driver's wire."""

    def __init__(self, setup: Setup, world: BenchWorld, clock: Clock) -> None:
        told = dict(setup.simulated)
        self._setup, self._world, self._clock = setup, world, clock
        self._lines = lines_of(told.get("schedule", ())) or EXAMPLE
        form = str(told.get("format", "1.3"))
        if form not in FORMS:
            raise OperatorError(
                f"{setup.name}: simulated: format {form}: there are {', '.join(FORMS)}"
            )
        self._form = FORMS[form]
        self._block = int(told.get("block", BLOCK))
        self._name = str(told.get("file", "cell.wrd"))
        self._channel = int(told.get("channel", 1))
        self._told = str(told.get("folder") or "")
        self._made_folder: Path | None = None
        self._cycler: Cycler | None = None
        self._test: Test | None = None
        self._rows = 0
        self._written = 0
        """Bytes in the file."""
        self._pending = b""
        """Bytes in the program's buffer."""
        self._sealed = False
        world.join(setup.name, self)

    # ── the wire ─────────────────────────────────────────────────────────────

    def names(self) -> tuple[str, ...]:
        """Return the names of the folder's files, oldest first."""
        self._go_on()
        files = [p for p in self._folder.iterdir() if p.suffix.lower() == ".wrd"]
        return tuple(p.name for p in sorted(files, key=lambda p: p.stat().st_mtime))

    def size(self, name: str) -> int:
        """Return a file's bytes."""
        self._go_on()
        return (self._folder / name).stat().st_size

    def read(self, name: str, begin: int, count: int) -> bytes:
        """Return bytes of a file."""
        with (self._folder / name).open("rb") as file:
            file.seek(begin)
            return file.read(count)

    # ── the bench ────────────────────────────────────────────────────────────

    @property
    def _folder(self) -> Path:
        """Where it writes: as told, else a folder of its own, once it writes."""
        if self._made_folder is None:
            told = self._told or tempfile.mkdtemp(prefix="labctl-wonatech-")
            self._made_folder = Path(told)
            self._made_folder.mkdir(parents=True, exist_ok=True)
        return self._made_folder

    @property
    def truth(self) -> Cycler | None:
        """The cycler, for tests; None before it was started."""
        return self._cycler

    def replug(self) -> None:
        """See `drivers.twins.world.world.Plugged`: the next test is on that cell."""
        if self._cycler is not None:
            socket = self._world.socket(self._seat())
            if self._cycler.socket is not socket:
                self._cycler.socket.release(self._cycler)
                self._cycler = None

    def snapshot(self) -> dict[str, Any]:
        """Return what must outlive the process; the cell belongs to the world."""
        return {
            "folder": None if self._made_folder is None else str(self._made_folder),
            "rows": self._rows,
            "written": self._written,
            "pending": self._pending.hex(),
            "sealed": self._sealed,
            "started": None if self._test is None else self._test.started,
            "cycler": None if self._cycler is None else self._cycler.snapshot(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Stand there again: what was written since is taken back."""
        if state["folder"] is not None:
            self._made_folder = Path(state["folder"])
        self._rows, self._written = int(state["rows"]), int(state["written"])
        self._pending = bytes.fromhex(state["pending"])
        self._sealed = bool(state["sealed"])
        if state["started"] is None:
            return
        socket = self._world.socket(self._seat())
        self._test = self._made(int(state["started"]))
        self._cycler = Cycler(socket, self._lines, self._clock.now())
        self._cycler.restore(state["cycler"], self._clock.now())
        path = self._folder / self._name
        if path.exists() and path.stat().st_size > self._written:
            with path.open("r+b") as file:
                file.truncate(self._written)
                file.seek(0)
                if not self._sealed:
                    file.write(self._form.head(self._test, RECORDING, RECORDING))

    # ── the program ──────────────────────────────────────────────────────────

    def _go_on(self) -> None:
        """Let the cycler come to now, and the program write what it has."""
        with self._world.lock:
            if self._cycler is None:
                self._start()
                return
            cycler, test = self._cycler, self._test
            assert test is not None  # noqa: S101  (made with the cycler)
            cycler.advance(self._clock.now())
            for row in cycler.rows():
                self._pending += self._form.row(test, row)
                self._rows += 1
            over = cycler.at.is_over
            room = len(self._pending)
            due = room if over or not self._written else room - room % self._block
            self._append(due)
            if over and not self._sealed:
                self._seal(test, cycler.at.test_time)

    def _start(self) -> None:
        """Enter the schedule, start the test, write the first half of the head."""
        now = datetime.fromtimestamp(self._clock.unix(), UTC).astimezone()
        ticks = (now.replace(tzinfo=None) - _YEAR_1).total_seconds() * TICK
        self._test = self._made(int(ticks))
        socket = self._world.socket(self._seat())
        self._cycler = Cycler(socket, self._lines, self._clock.now())
        head = self._form.head(self._test, RECORDING, RECORDING)
        (self._folder / self._name).write_bytes(head[: len(head) // 2])
        self._written, self._pending = len(head) // 2, head[len(head) // 2 :]
        self._rows, self._sealed = 0, False

    def _append(self, count: int) -> None:
        with (self._folder / self._name).open("r+b") as file:
            file.seek(self._written)
            file.write(self._pending[:count])
        self._written += count
        self._pending = self._pending[count:]

    def _seal(self, test: Test, seconds: float) -> None:
        """Write into the head how many rows there are, and when it ended."""
        end = test.started + round(seconds * TICK)
        with (self._folder / self._name).open("r+b") as file:
            file.write(self._form.head(test, self._rows, end))
        self._sealed = True

    def _made(self, ticks: int) -> Test:
        return Test(ticks, self._channel, self._lines, name=Path(self._name).stem)

    def _seat(self) -> str:
        """Return where the cell is plugged in: the channel, or the whole cycler."""
        own = f"{self._setup.name}/{self._channel}"
        taken = self._world.is_taken(own)
        return own if taken else self._setup.name


def twin(setup: Setup, world: Any, clock: Clock) -> SimulatedWbcs3000:
    """Return the folder of the simulated cycler; see `labctl.roles.driver.Twin`."""
    return SimulatedWbcs3000(setup, world, clock)
