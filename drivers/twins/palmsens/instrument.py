"""A simulated instrument behind a serial line: commands in, lines out, in bench time.

While a script runs it takes ``Z`` (end it) and ``Y`` (end this measurement loop) and
says of everything else that it is not possible now. What nobody reads is kept up to
`BUFFER` bytes; then whole lines are lost.
"""

from collections.abc import Generator, Mapping
from typing import Any

from drivers.twins.biologic.front_end import Noise
from drivers.twins.palmsens.analogue import Analogue, Errors
from drivers.twins.palmsens.grammar import Script, ScriptError, parse_script
from drivers.twins.palmsens.instants import INSTANTS
from drivers.twins.palmsens.measuring import MEASURES
from drivers.twins.palmsens.models import TwinModel
from drivers.twins.palmsens.running import Fault, Running, Told
from drivers.twins.scpi.exchange import Exchange, NotReadyError
from drivers.twins.world.socket import OpenLeads, Socket
from labctl.clock import Clock

BUFFER = 65_536
"""Bytes that wait for a reader before lines are lost."""
AT_ONCE = 1e-9
"""s."""


class MethodScriptTwin(Exchange):
    """One instrument with one cell at its leads."""

    def __init__(
        self,
        clock: Clock,
        world: Any,
        name: str,
        model: TwinModel,
        *,
        serial: str = "0000",
        errors: Errors | None = None,
        seed: int = 0,
        buffer: int = BUFFER,
        latency: float = 1e-3,
    ) -> None:
        super().__init__(clock, latency)
        self.name, self.model, self.serial = name, model, serial
        self.lost_lines = 0
        """A truth: lines that nobody came to read."""
        self.stuck = False
        """A fault: the script goes on and on, whatever the host says."""
        self._world, self._buffer = world, buffer
        self._out = bytearray()
        self._typed = bytearray()
        self._script: list[str] | None = None
        """Lines of a script that is being sent; None: commands are."""
        self._loaded: Script | None = None
        self.analogue = Analogue(
            self._socket(), model, errors or Errors(), Noise(seed, 14)
        )
        self._steps: Generator[float, Told | None, None] | None = None
        self._running: Running | None = None
        self._wake = 0.0

    # ---- what a test may look at

    @property
    def runs(self) -> bool:
        """Whether a script runs."""
        return self._steps is not None

    def look(self) -> tuple[bool, float, float]:
        """Return whether the cell is on, and V and A at it now; no noise."""
        self.bring(self.clock.now())
        voltage, current = self.analogue.socket.live
        return self.analogue.on, voltage, current if self.analogue.on else 0.0

    def cut_power(self) -> None:
        """Forget everything: the cell is open, no script runs, nothing is said."""
        self.bring(self.clock.now())
        self._steps = self._running = self._script = self._loaded = None
        self.analogue.open_cell()
        self._out.clear()

    # ---- bus

    def receive(self, data: bytes, end: bool) -> None:  # noqa: ARG002
        """Take bytes; a line counts when its end is there."""
        with self.lock:
            self.clock.sleep(self.latency)
            self.bring(self.clock.now())
            if self.deaf:
                return
            *lines, rest = bytes(self._typed + data).split(b"\n")
            self._typed = bytearray(rest)
            for line in lines:
                self._take(line.decode("latin-1").removesuffix("\r"))

    def read(
        self, count: int, timeout: float, stop: int | None = None
    ) -> tuple[bytes, bool]:
        """Return up to ``count`` bytes; NotReadyError: none come within ``timeout``."""
        with self.lock:
            deadline = self.clock.now() + timeout
            self.bring(self.clock.now())
            while not self._out:
                left = deadline - self.clock.now()
                if left <= 0.0:
                    raise NotReadyError
                wake = self._wake - self.clock.now() if self.runs else left
                self.clock.sleep(min(left, max(wake, 1e-6)))
                self.bring(self.clock.now())
            size = min(count, len(self._out))
            if stop is not None and stop in self._out[:size]:
                size = self._out.index(stop) + 1
            taken = bytes(self._out[:size])
            del self._out[:size]
            return taken, False

    @property
    def waiting(self) -> int:
        """Bytes that can be read now."""
        with self.lock:
            self.bring(self.clock.now())
            return len(self._out)

    @property
    def message_available(self) -> bool:
        """See `Exchange.message_available`."""
        return self.waiting > 0

    def discard(self) -> None:
        """Throw away what nobody read."""
        with self.lock:
            self.bring(self.clock.now())
            self._out.clear()

    def say(self, line: str) -> None:
        """Send a line; it is lost where too much waits."""
        data = (line + "\n").encode("latin-1")
        if self.tamper is not None:
            tampered = self.tamper(data)
            if tampered is None:
                return
            data = tampered
        if len(self._out) + len(data) > self._buffer:
            self.lost_lines += 1
            return
        self._out += data

    # ---- commands

    def _take(self, line: str) -> None:
        if self._script is not None:
            self._take_script(line)
        elif not line:
            pass
        elif line == "Z":
            self._abort()
        elif line == "Y":
            self._skip()
        elif self.runs:
            self.say(f"{line[:1]}!0006")
        elif line in {"e", "l"}:
            self._script = [line]
        elif line == "r" and self._loaded is not None:
            self.say("r")
            self._start(self._loaded)
        else:
            self.say(self._answer(line))

    def _answer(self, line: str) -> str:
        first, second = self.model.version
        answers = {
            "t": f"t{first}\n{second}",
            "v": f"v{self.model.script}",
            "i": f"i{self.serial}",
            "r": "r!000C",
        }
        return answers.get(line, f"{line[:1]}!0003")

    def _take_script(self, line: str) -> None:
        assert self._script is not None  # noqa: S101
        if line:
            self._script.append(line)
            return
        (command, *lines), self._script = self._script, None
        try:
            script = parse_script(
                "\n".join(lines), self.model.lacks, self.model.script_bytes
            )
        except ScriptError as error:
            self.say(f"{command}{error}")
            return
        self.say(command)
        self._loaded = script
        if command == "e":
            self._start(script)

    def _start(self, script: Script) -> None:
        self._running = Running(script, self.analogue, self.say, MEASURES, INSTANTS)
        self._steps = self._running.steps()
        self._wake = self.clock.now()
        self._go_on(None)
        self.bring(self.clock.now())

    def _abort(self) -> None:
        if not self.runs:
            self.say("Z!0006")
            return
        self.say("Z")
        if self.stuck or self._steps is None:
            return
        steps, self._steps = self._steps, None
        steps.close()  # what stands behind on_finished: is carried out
        self.say("")

    def _skip(self) -> None:
        if not self.runs:
            self.say("Y!0006")
            return
        self.say("Y")
        self._go_on(Told.SKIP)

    # ---- time

    def bring(self, to: float) -> None:
        """Let the instrument and its cell come to ``to`` (s)."""
        with self._world_lock:
            while self._steps is not None and self._wake <= to + AT_ONCE:
                self.analogue.bring(self._wake)
                self._go_on(None)
            self.analogue.bring(to)

    def _go_on(self, told: Told | None) -> None:
        """Carry out commands until time has to pass."""
        assert self._steps is not None  # noqa: S101
        try:
            self._wake = self._steps.send(told)
        except StopIteration:
            self._steps = None
            self.say("")
        except Fault as fault:
            self._steps = None
            self.say(str(fault))
            self.say("")

    @property
    def _world_lock(self) -> Any:
        return getattr(self._world, "lock", self.lock)

    # ---- the bench

    def _socket(self) -> Socket:
        if hasattr(self._world, "socket"):
            found: Socket = self._world.socket(self.name)
            return found
        return Socket(OpenLeads(), self.clock.now())

    def replug(self) -> None:
        """See `drivers.twins.world.world.Plugged`."""
        socket = self._socket()
        if socket is not self.analogue.socket:
            self.analogue.open_cell()
            self.analogue.socket = socket

    def snapshot(self) -> dict[str, Any]:
        """Return where the noise stands; a script does not outlive the bench."""
        return dict(self.analogue.snapshot())

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put it back."""
        self.analogue.restore(state)
