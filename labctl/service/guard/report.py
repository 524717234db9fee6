"""``safed.json``: what became of every channel that the guard made safe.

    {"unix": …, "why": "…", "runs": ["…"], "safe": true, "seconds": 0.31,
     "outputs": {"k6221": {"state": "safe", "why": ""}}}

``state`` is safe, unknown or left; ``safe`` is false as soon as one is unknown. Written
again after every channel, in a thread of its own: a disk that is full or does not come
back never stops the safing.
"""

import contextlib
import json
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from labctl.clock import SystemClock
from labctl.service.guard.lines import ChannelEnd, ChannelSafety
from labctl.service.guard.run_plan import RunPlan

NAME = "safed.json"
NO_ANSWER = ChannelEnd(ChannelSafety.UNKNOWN, "was not made safe yet")
LAST_WRITE = 5.0
"""s that the disk has for the last version."""


class SafedWriter:
    """Keeps the ends of all channels and writes them down."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._clock = SystemClock()
        self._begun = 0.0
        self._why = ""
        self._ends: dict[str, dict[str, ChannelEnd]] = {}
        """Of the runs that are being made safe, or were so last."""
        self._lock = threading.Lock()
        self._writes = threading.Lock()
        self._drafts = 0
        self._written = 0

    def begin(
        self, plans: list[RunPlan], why: str, beside: frozenset[str] = frozenset()
    ) -> Callable[[str, str, ChannelEnd], None]:
        """Note that runs are made safe now; return who hears what becomes of them.

        ``beside`` are being made safe already; of others nothing is told any more.
        """
        with self._lock:
            self._begun, self._why = self._clock.now(), why
            self._ends = {r: ends for r, ends in self._ends.items() if r in beside}
            for plan in plans:
                self._ends[plan.run] = {
                    channel.channel: NO_ANSWER
                    for instrument in plan.instruments
                    for channel in instrument.channels
                }
        return self._told

    def ends(self, plans: list[RunPlan]) -> dict[str, dict[str, ChannelEnd]]:
        """Return what became of some runs: run -> channel -> end."""
        with self._lock:
            return {plan.run: dict(self._ends[plan.run]) for plan in plans}

    def last_word(self) -> bool:
        """Write the last version; return whether everything is safe."""
        with self._lock:
            draft, number = self._draft()
        if draft["runs"]:
            thread = threading.Thread(
                target=self._write, args=(draft, number), daemon=True
            )
            thread.start()
            thread.join(LAST_WRITE)
        return bool(draft["safe"])

    def _told(self, run: str, channel: str, end: ChannelEnd) -> None:
        with self._lock:
            if run not in self._ends:
                return
            self._ends[run][channel] = end
            draft, number = self._draft()
        threading.Thread(target=self._write, args=(draft, number), daemon=True).start()

    def _draft(self) -> tuple[dict[str, Any], int]:
        self._drafts += 1
        outputs = {s: e for ends in self._ends.values() for s, e in ends.items()}
        unknown = [s for s, e in outputs.items() if e.state is ChannelSafety.UNKNOWN]
        draft = {
            "unix": self._clock.unix(),
            "why": self._why,
            "runs": sorted(self._ends),
            "safe": not unknown,
            "outputs": {channel: asdict(end) for channel, end in outputs.items()},
            "seconds": round(self._clock.now() - self._begun, 4),
        }
        return draft, self._drafts

    def _write(self, draft: dict[str, Any], number: int) -> None:
        with self._writes, contextlib.suppress(OSError):
            if number < self._written:
                return
            self._written = number
            temporary = self._folder / (NAME + ".tmp")
            temporary.write_text(json.dumps(draft, indent=1), "utf-8")
            temporary.replace(self._folder / NAME)
