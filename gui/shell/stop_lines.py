"""What came of STOP ALL, in words: asked, confirmed, measured."""

from gui.look.si_text import clock_text, fixed
from gui.run.doubts import STILL_ON
from labctl.api.models import StopLine, StopReport


def stop_text(report: StopReport) -> str:
    """Return a headline and one line a run."""
    head = f"STOP ALL at {clock_text(report.asked_unix)} by {report.by}"
    if not report.lines:
        return f"{head}: nothing was running."
    done = sum(line.confirmed for line in report.lines)
    state = "all confirmed" if report.done else f"{done} of {len(report.lines)}"
    return "\n".join([f"{head}: {state}", *map(line_text, report.lines)])


def line_text(line: StopLine) -> str:
    """Return ``CH01: asked → confirmed after 0.4 s → 0.0000 mA measured``."""
    who = ", ".join(line.channels) or line.run
    if line.unsafe:
        return "\n".join(
            f"{channel}: asked → {STILL_ON}: {why}"
            for channel, why in line.unsafe.items()
        )
    if not line.confirmed:
        return f"{who}: asked → not yet confirmed"
    after = (line.confirmed_unix or line.asked_unix) - line.asked_unix
    parts = ["asked", f"confirmed after {max(after, 0.0):.1f} s"]
    for name, value in line.measured.items():
        kind, _, unit = name.rpartition(" ")
        if unit == "A":
            milli = None if value is None else value * 1e3
            parts.append(f"{fixed(milli, 'mA', 4)} measured")
        elif unit == "T":
            parts.append(f"{fixed(value, 'T', 4)} measured")
        elif not kind:
            parts.append(fixed(value, name, 4))
    return f"{who}: {' → '.join(parts)}"
