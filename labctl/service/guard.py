"""The guard: a small process that makes outputs safe when their runner dies or freezes.

``python -m labctl.service.guard FOLDER`` reads JSON lines from its standard input:
``{"arm": RUN, "pid": P, "outputs": [{"name": …, "call": "module:function", "given":
{…}}]}``, ``{"beat": RUN}``, ``{"disarm": RUN}``. When the input ends, which the kernel
sees to however the runner ends, every armed output is made safe at once, each in a
thread of its own so that one dead bus costs nobody else time. When no armed run has
given a beat for `PATIENCE`, the runner is frozen: it is ended first, because some
interfaces have only one owner. What came of it stands in ``FOLDER/safed.json``.

Rules for whoever edits: the standard library only; nothing here may wait without end;
one output that fails never stops the next.
"""

import importlib
import json
import os
import queue
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

from labctl.clock import SystemClock

PATIENCE = 20.0
"""s without a beat of any run: longer than a driver's own ladder of retries (10 s)."""
DEADLINE = 15.0
"""s that an output may take to be made safe."""
ATTEMPTS = 3
"""Tries for each output: the operating system may need a moment to free a cable."""
REPORT = "safed.json"


class Guard:
    """Knows what to make safe, and when."""

    def __init__(self, folder: Path, patience: float = PATIENCE) -> None:
        self._folder = folder
        self._patience = patience
        self._clock = SystemClock()
        self._armed: dict[str, list[dict[str, Any]]] = {}
        self._beats: dict[str, float] = {}
        self._pid = 0

    def hear(self, line: dict[str, Any]) -> None:
        """Take one line of the runner."""
        now = self._clock.now()
        if "arm" in line:
            self._armed[line["arm"]] = line["outputs"]
            self._beats[line["arm"]] = now
            self._pid = int(line.get("pid", 0))
            for output in line["outputs"]:
                _warm_up(output)
        elif "beat" in line:
            if line["beat"] in self._beats:
                self._beats[line["beat"]] = now
        elif "disarm" in line:
            self._armed.pop(line["disarm"], None)
            self._beats.pop(line["disarm"], None)

    @property
    def is_frozen(self) -> bool:
        """Whether every armed run has been silent for too long."""
        now = self._clock.now()
        return bool(self._beats) and all(
            now - beat > self._patience for beat in self._beats.values()
        )

    def end_runner(self) -> None:
        """End a runner that does not move, so that it lets go of its cables."""
        if self._pid > 0:
            try:
                os.kill(self._pid, getattr(signal, "SIGKILL", signal.SIGTERM))
            except OSError:
                return

    def make_safe(self, why: str) -> bool:
        """Make every armed output safe; return whether all of them are."""
        begun = self._clock.now()
        outputs = [output for group in self._armed.values() for output in group]
        answers: dict[str, str] = {}
        threads = [
            threading.Thread(target=_make_one_safe, args=(output, answers), daemon=True)
            for output in outputs
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(DEADLINE - (self._clock.now() - begun), 0.0))
        for output in outputs:
            answers.setdefault(
                output["name"], f"STATE UNKNOWN: no answer within {DEADLINE:g} s"
            )
        safe = all(not text.startswith("STATE UNKNOWN") for text in answers.values())
        report = {
            "unix": self._clock.unix(),
            "why": why,
            "runs": sorted(self._armed),
            "safe": safe,
            "outputs": answers,
            "seconds": round(self._clock.now() - begun, 4),
        }
        temporary = self._folder / (REPORT + ".tmp")
        temporary.write_text(json.dumps(report, indent=1), "utf-8")
        temporary.replace(self._folder / REPORT)
        return safe

    @property
    def is_armed(self) -> bool:
        """Whether there is anything to make safe."""
        return bool(self._armed)


def watch(guard: Guard, lines: "queue.Queue[str | None]") -> int:
    """Guard until the runner is gone; return 0 if all is safe then."""
    while True:
        try:
            text = lines.get(timeout=0.25)
        except queue.Empty:
            if guard.is_frozen:
                guard.end_runner()
                return 0 if guard.make_safe("the runner froze and was ended") else 1
            continue
        if text is None:
            if not guard.is_armed:
                return 0
            return 0 if guard.make_safe("the runner ended without a word") else 1
        try:
            guard.hear(json.loads(text))
        except (ValueError, KeyError, TypeError):
            traceback.print_exc()  # half a line: the runner died while it wrote


def main(arguments: list[str]) -> int:
    """Read lines until the input ends."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):  # whoever ends the runner must not end the guard
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    patience = float(arguments[1]) if len(arguments) > 1 else PATIENCE
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        for line in sys.stdin:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    code = watch(Guard(Path(arguments[0]), patience), lines)
    sys.stderr.flush()
    os._exit(code)  # a bus that hangs must not keep this process


def _make_one_safe(output: dict[str, Any], answers: dict[str, str]) -> None:
    name, clock = output["name"], SystemClock()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            answers[name] = str(_function(output)(**output["given"]))
        except Exception as error:  # noqa: BLE001  (a driver may raise anything)
            traceback.print_exc()
            text = f"STATE UNKNOWN: {type(error).__name__}: {error}"
            answers[name] = text
            clock.sleep(0.3 * attempt)
        else:
            return


def _warm_up(output: dict[str, Any]) -> None:
    """Import now what must not be searched for later."""
    try:
        _function(output)
    except Exception:  # noqa: BLE001  (told again when it matters)
        traceback.print_exc()


def _function(output: dict[str, Any]) -> Any:
    module, _, name = output["call"].partition(":")
    return getattr(importlib.import_module(module), name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
