"""The guard: a small process that makes outputs safe when their runner cannot.

``python -m labctl.service.guard.process FOLDER`` hears lines (see
`labctl.service.guard.lines`) on its standard input and answers on its standard
output. When the input ends, which the kernel sees to however the runner ends, every
armed run is made safe at once. A run that breaks its promise to be heard is made safe;
when every run of the process does, the process is ended first, because some interfaces
have only one owner. What came of it stands in ``FOLDER/safed.json`` too.

Rules for whoever edits: the standard library only until something is armed; nothing
here waits without end; one thing that fails never stops the next, a full disk and a
closed standard error included. The loop never blocks: what takes time has a thread.
"""

import contextlib
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from labctl.clock import SystemClock
from labctl.service.guard.deadlines import Deadlines
from labctl.service.guard.lines import (
    ARM_WITHIN,
    PROMISE,
    Alive,
    Answer,
    Arm,
    Armed,
    Beat,
    Claimed,
    Disarm,
    Frozen,
    Ping,
    Safed,
    SafeNow,
    Said,
    encode,
    heard,
)
from labctl.service.guard.report import SafedWriter
from labctl.service.guard.run_plan import RunPlan, complain

LAST = 300.0
"""s after which making safe is not waited for; see `safing.Patience`."""
OVERSLEPT = 0.5
"""s by which a wait may come back late before the guard was held up itself."""
LOOK_EVERY = 60.0
"""s between two looks while nothing was promised."""
GONE = "the runner ended without a word"
FROZE = "the runner froze and was ended"


class Guard:
    """Knows what to make safe, and when; times are s of its clock."""

    def __init__(self, folder: Path, answer: Callable[[Answer], None]) -> None:
        self.clock = SystemClock()
        self.deadlines = Deadlines()
        self._answer = answer
        self._report = SafedWriter(folder)
        self._armed: dict[str, RunPlan] = {}
        self._at_it: dict[str, threading.Thread] = {}
        """Runs that are being made safe while their process lives."""
        self._pid = 0
        self._lock = threading.Lock()

    def hear(self, said: Said, at: float) -> None:
        """Take what the runner said at ``at``; returns at once."""
        match said:
            case Arm():
                self._pid = said.pid
                self.deadlines.hear(said.run, at, ARM_WITHIN + PROMISE)
                with self._lock:
                    before = self._armed.get(said.run)
                    claims = {} if before is None else before.claims
                    self._armed[said.run] = RunPlan(said.run, said.plan, claims)
                _aside(lambda: self._arm(said))
            case Beat():
                if said.run in self._armed:
                    self.deadlines.hear(said.run, at, said.seconds, said.waits_for)
            case Claimed():
                with self._lock:
                    if said.run in self._armed:
                        plan = self._armed[said.run].with_claim(said)
                        self._armed[said.run] = plan
            case SafeNow():
                self.deadlines.forget(said.run)
                self._safe_one(said.run, said.why, host_is_lost=False)
            case Disarm():
                self.deadlines.forget(said.run)
                with self._lock:
                    self._armed.pop(said.run, None)
            case Ping():
                self._answer(Alive())

    def look(self) -> bool:
        """Make safe who is frozen now; return whether the whole process is."""
        now = self.clock.now()
        verdict = self.deadlines.look(now)
        if verdict.process:
            return True
        for run in verdict.frozen:
            promise = self.deadlines.forget(run)
            if promise is None:
                continue
            silent = round(now - promise.heard, 1)
            self._answer(Frozen(run, silent, promise.waits_for))
            why = f"the run was silent for {silent:g} s while others went on"
            self._safe_one(run, why, host_is_lost=True)
        return False

    def end_runner(self) -> None:
        """End a runner that does not move, so that it lets go of its cables."""
        if self._pid > 0:
            with contextlib.suppress(OSError):
                os.kill(self._pid, getattr(signal, "SIGKILL", signal.SIGTERM))

    def end(self, why: str) -> int:
        """Make everything armed safe; return 0 if all of it is."""
        with self._lock:
            begun = dict(self._at_it)
            plans = [plan for run, plan in self._armed.items() if run not in begun]
        self._make_safe(plans, why)
        for thread in begun.values():
            thread.join(LAST)
        return 0 if self._report.last_word() else 1

    def _arm(self, said: Arm) -> None:
        try:
            from labctl.service.guard import safing  # noqa: PLC0415

            problems = safing.resolve(said.plan)
        except Exception as error:  # noqa: BLE001  (whatever cannot be imported)
            complain()
            problems = (f"{type(error).__name__}: {error}",)
        self._answer(Armed(said.run, problems))

    def _safe_one(self, run: str, why: str, *, host_is_lost: bool) -> None:
        def act() -> None:
            try:
                all_safe = self._make_safe([plan], why)
                with self._lock:
                    if all_safe and not host_is_lost:
                        self._armed.pop(run, None)
            finally:
                with self._lock:
                    self._at_it.pop(run, None)

        with self._lock:
            if run not in self._armed or run in self._at_it:
                return
            plan = replace(self._armed[run], host_is_lost=host_is_lost)
            self._at_it[run] = _aside(act)

    def _make_safe(self, plans: list[RunPlan], why: str) -> bool:
        """Make runs safe, report and answer; return whether all of them are."""
        if not plans:
            return True
        begun = self.clock.now()
        with self._lock:
            beside = frozenset(self._at_it)
        told = self._report.begin(plans, why, beside)
        try:
            from labctl.service.guard import safing  # noqa: PLC0415

            safing.make_safe(plans, told)
        except Exception:  # noqa: BLE001  (whatever it is, it is reported)
            complain()
        seconds = round(self.clock.now() - begun, 4)
        all_safe = True
        for run, ends in self._report.ends(plans).items():
            safed = Safed(run, ends, why, seconds)
            self._answer(safed)
            all_safe = all_safe and not safed.unknown
        return all_safe


def watch(guard: Guard, lines: "queue.Queue[tuple[float, bytes]]") -> int:
    """Guard until the runner is gone; return 0 if all is safe then."""
    while True:
        now = guard.clock.now()
        due = guard.deadlines.next_look(now)
        patience = LOOK_EVERY if due is None else max(due - now, 0.0) + 0.01
        try:
            at, line = lines.get(timeout=patience)
        except queue.Empty:
            late = guard.clock.now() - now - patience
            if late > OVERSLEPT:  # what the runner said may wait in the pipe
                guard.deadlines.excuse(late)
            elif guard.look():
                guard.end_runner()
                return guard.end(FROZE)
            continue
        if not line:
            return guard.end(GONE)
        try:
            guard.hear(heard(line), at)
        except ValueError:
            complain()


def main(arguments: list[str]) -> int:
    """Hear lines until the input ends."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):  # whoever ends the runner must not end the guard
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    lines: queue.Queue[tuple[float, bytes]] = queue.Queue()
    speaks = threading.Lock()

    def answer(message: Answer) -> None:
        with speaks, contextlib.suppress(OSError, ValueError):  # nobody may listen
            sys.stdout.buffer.write(encode(message))
            sys.stdout.buffer.flush()

    guard = Guard(Path(arguments[0]), answer)

    def read() -> None:
        for line in sys.stdin.buffer:
            lines.put((guard.clock.now(), line))
        lines.put((guard.clock.now(), b""))

    _aside(read)
    code = watch(guard, lines)
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.flush()
    os._exit(code)  # a bus that hangs must not keep this process


def _aside(act: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    return thread


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
