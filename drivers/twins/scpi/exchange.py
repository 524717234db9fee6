"""How messages and answers pass between a bus and one simulated instrument.

Time. An instrument has a cursor of its own, `time`: it never runs behind the clock,
and an operation moves it on (`spend`). A message sent while the instrument is busy is
carried out when it is done; its answer can be read from then on. So the wait happens
where it happens on a real bus, in the read, and a timeout that is too short fails
here too. Answers are whole messages: the end is never guessed from a line feed.
"""

import threading
from collections import deque
from collections.abc import Callable

from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.status import Status
from labctl.clock import Clock

LATENCY = 1e-3
"""One message on the bus, s (USB 1 ms, GPIB 1-3 ms); lets polling loops end."""


class NotReadyError(Exception):
    """Nothing could be read within the timeout."""


class Exchange:
    """One instrument behind a bus. Subclasses say what a message means."""

    identification: str = "LABCTL,TWIN,0,0"
    """What ``*IDN?`` answers."""
    terminator = b"\n"
    """What ends an answer."""

    def __init__(self, clock: Clock, latency: float = LATENCY) -> None:
        self.clock = clock
        self.latency = latency
        self.lock = threading.RLock()
        self.status = Status()
        self.time = clock.now()
        self.pending_until = 0.0
        """When the overlapped operation ends (a sweep, a ramp)."""
        self.tamper: Callable[[bytes], bytes | None] | None = None
        """A fault on the bus: changes an answer, or swallows it with None."""
        self.deaf = False
        """A fault on the bus: messages are lost."""
        self._input = bytearray()
        self._answers: deque[tuple[bytes, float]] = deque()
        self._opc_waits = False

    def execute(self, message: str) -> str | bytes | None:
        """Carry out one program message; return its answer or None."""
        raise NotImplementedError

    def trigger(self) -> None:
        """Act on a group execute trigger."""
        self.status.note(ScpiError(-211))

    def abort(self) -> None:
        """Stop what is going on, at a device clear."""

    def spend(self, seconds: float) -> None:
        """Let an operation last ``seconds``."""
        self.time += seconds

    def receive(self, data: bytes, end: bool) -> None:
        """Take bytes from the bus; ``end`` says that END came with the last one."""
        with self.lock:
            self.clock.sleep(self.latency)
            if self.deaf:
                return
            if not end or self._input:
                self._receive_stream(data, end)
            else:
                if self._answers:
                    self._interrupt()
                self._carry_out(data)

    def _interrupt(self) -> None:
        """Throw away an answer nobody read; a stream has no such rule."""
        self._answers.clear()
        self.status.note(ScpiError(-410))

    def _receive_stream(self, data: bytes, end: bool) -> None:
        self._input += data
        if end:
            whole, self._input = bytes(self._input), bytearray()
            if self._answers:
                self._interrupt()
            self._carry_out(whole)
            return
        *lines, rest = self._input.split(b"\n")
        self._input = bytearray(rest)
        for line in lines:
            self._carry_out(bytes(line))

    def _carry_out(self, data: bytes) -> None:
        text = data.decode("latin-1").strip()
        if not text:
            return
        self.time = max(self.clock.now(), self.time)
        answer = self.execute(text)
        if answer is not None:
            self.respond(answer)

    def respond(self, answer: str | bytes) -> None:
        """Queue one response message; it can be read from `time` on."""
        if isinstance(answer, str):
            answer = answer.encode("latin-1")
        answer += self.terminator
        if self.tamper is not None:
            tampered = self.tamper(answer)
            if tampered is None:
                return
            answer = tampered
        self._answers.append((answer, self.time))

    def read(
        self, count: int, timeout: float, stop: int | None = None
    ) -> tuple[bytes, bool]:
        """Return up to ``count`` bytes and whether END came with the last one.

        ``timeout`` in s of the instrument's clock; ``stop`` is a termination
        character. NotReadyError: nothing came in time; a late answer stays queued.
        """
        with self.lock:
            if not self._answers:
                self.status.note(ScpiError(-420))
                self.clock.sleep(timeout)
                raise NotReadyError
            answer, ready = self._answers[0]
            wait = ready - self.clock.now()
            if wait > 0:
                self.clock.sleep(min(wait, timeout))
                if wait > timeout:
                    raise NotReadyError
            size = min(count, len(answer))
            if stop is not None:
                at = answer.find(stop, 0, size)
                if at >= 0:
                    size = at + 1
            if size == len(answer):
                self._answers.popleft()
                return answer, True
            self._answers[0] = (answer[size:], ready)
            return answer[:size], False

    @property
    def message_available(self) -> bool:
        """Whether an answer can be read now."""
        return bool(self._answers) and self._answers[0][1] <= self.clock.now()

    @property
    def waiting(self) -> int:
        """Bytes that can be read now."""
        now = self.clock.now()
        return sum(len(answer) for answer, ready in self._answers if ready <= now)

    def clear(self) -> None:
        """Do what a device clear does: queues empty, operations stop."""
        with self.lock:
            self._input.clear()
            self._answers.clear()
            self.pending_until = 0.0
            self._opc_waits = False
            self.time = self.clock.now()
            self.abort()

    def drain(self) -> bytes:
        """Return every answer there is, waiting until the last one is ready."""
        with self.lock:
            whole = b""
            while self._answers:
                answer, ready = self._answers.popleft()
                self.clock.sleep(ready - self.clock.now())
                whole += answer
            return whole

    def discard(self) -> None:
        """Throw away answers that nobody read."""
        with self.lock:
            self._answers.clear()

    def forget_after(self, time: float) -> None:
        """Throw away answers that would be ready after ``time``."""
        kept = [entry for entry in self._answers if entry[1] <= time]
        self._answers = deque(kept)

    def settle(self) -> None:
        """Note what ended by now."""
        if self._opc_waits and self.clock.now() >= self.pending_until:
            self._opc_waits = False
            self.status.event_status |= 1

    def await_operation_complete(self) -> None:
        """Set bit 0 of the event register when the pending operation ends."""
        if self.time >= self.pending_until:
            self.status.event_status |= 1
        else:
            self._opc_waits = True

    def forget_operation_complete(self) -> None:
        """Take back `await_operation_complete`."""
        self._opc_waits = False

    def serial_poll(self) -> int:
        """Return the status byte as the bus controller polls it."""
        with self.lock:
            self.settle()
            return self.status.serial_poll(self.message_available)

    def requests_service(self) -> bool:
        """Return whether the SRQ line is pulled."""
        with self.lock:
            self.settle()
            return self.status.update(self.message_available)

    def next_wake(self) -> float | None:
        """Return when something will change by itself; None if nothing will."""
        now = self.clock.now()
        times = [self.pending_until] if self._opc_waits else []
        times += [ready for _, ready in self._answers]
        return min((time for time in times if time > now), default=None)
