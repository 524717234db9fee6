"""Whether the bench can be trusted for another night."""

import shutil

from labctl.api.models import Finding, Health
from labctl.clock import SystemClock
from labctl.service.bench.background import BackgroundLoops
from labctl.service.bench.bench import StationBench

FEWEST_BYTES = 5_000_000_000
"""Free on the disk; a month of 16 channels at 1 Hz takes about 4 GB."""
CLOCK_JUMP = 2.0
"""s that the host's clock may move against the monotonic one between two looks."""
LATEST_POLL = 3.0
"""s between two polls of a run that are still no trouble; it should be half of one."""
SILENCE = 5.0
"""s after which the loop that looks for the STOP file counts as stuck."""


class HealthWatch:
    """Looks at disk, clock, instruments and journals."""

    def __init__(self, bench: StationBench, background: BackgroundLoops) -> None:
        self._bench = bench
        self._background = background
        self._clock = SystemClock()
        self._offset = self._clock.unix() - self._clock.now()
        self._jump = 0.0
        self.unreached: dict[str, str] = {}
        """Instrument -> why it could not be opened."""

    def look(self) -> Health:
        """Return how things are now; takes well below a millisecond."""
        offset = self._clock.unix() - self._clock.now()
        if abs(offset - self._offset) > CLOCK_JUMP:
            self._jump += offset - self._offset
        self._offset = offset
        free = shutil.disk_usage(self._bench.files.data).free
        findings = [
            Finding(
                name="disk",
                ok=free > FEWEST_BYTES,
                what=f"{free / 1e9:.1f} GB free for runs",
                cure="" if free > FEWEST_BYTES else "Free some before the night.",
            ),
            Finding(
                name="clock",
                ok=not self._jump,
                what="steady"
                if not self._jump
                else f"the computer's clock was set by {self._jump:+.0f} s",
                cure="" if not self._jump else "Durations are right; dates jumped.",
            ),
            self._instruments(),
            self._polls(),
            self._journals(),
            self._loop(),
            self._guard(),
        ]
        ok = all(finding.ok for finding in findings)
        return Health(ok=ok, disk_free=free, findings=findings)

    def _instruments(self) -> Finding:
        if not self.unreached:
            return Finding(name="instruments", ok=True, what="none is unreachable")
        what = "; ".join(f"{name}: {why}" for name, why in self.unreached.items())
        cure = "Check power, cable and address."
        return Finding(name="instruments", ok=False, what=what, cure=cure)

    def _polls(self) -> Finding:
        slowest = {r.about.run: r.slowest_poll for r in self._bench.live}
        run = max(slowest, key=lambda r: slowest[r], default="")
        worst = slowest.get(run, 0.0)
        if worst < LATEST_POLL:
            what = (
                f"in time, {worst:.2f} s apart at most" if worst else "no run goes on"
            )
            return Finding(name="polls", ok=True, what=what)
        what = f"{run} looked at its instruments {worst:.1f} s apart"
        cure = (
            "Limits are tested at each look, so late: see what keeps this computer "
            "busy and end it."
        )
        return Finding(name="polls", ok=False, what=what, cure=cure)

    def _journals(self) -> Finding:
        bad = [
            f"{run.about.run}: {trouble}"
            for run in self._bench.live
            if (trouble := run.summary().trouble)
        ]
        if not bad:
            return Finding(name="journal", ok=True, what="every row is on the disk")
        cure = "Free some space; rows wait in memory for an hour."
        return Finding(name="journal", ok=False, what="; ".join(bad), cure=cure)

    def _guard(self) -> Finding:
        if why := self._bench.outputs.guard_missing:
            what = f"no guard process stands, so every run is on hold: {why}"
            cure = "Mend that; a new one is tried every 10 s. Then let the runs go on."
            return Finding(name="guard", ok=False, what=what, cure=cure)
        return Finding(name="guard", ok=True, what="stands by")

    def _loop(self) -> Finding:
        silence = self._background.silence
        if silence < SILENCE:
            return Finding(name="background", ok=True, what="looks for the STOP file")
        what = f"has not looked for the STOP file since {silence:.0f} s"
        return Finding(
            name="background", ok=False, what=what, cure="Use the window's STOP."
        )
