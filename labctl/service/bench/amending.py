"""Amend a run of the station: one that goes on, and one that stands still."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labctl.api.answers import Amended, Applies, Changed
from labctl.service.bench.live_run import LiveRun
from labctl.session.amend import Change, amend, consider
from labctl.session.order import Equipment


def amend_run(
    folder: Path,
    live: LiveRun | None,
    changes: Mapping[str, Any],
    equipment: Equipment,
    *,
    who: str,
    reason: str,
    dry_run: bool,
) -> Amended:
    """Amend the run at ``folder``; ``live`` if it goes on in this process.

    A live one takes the new plan at its next step, which is checked now and once more
    then. OperatorError, RefusedError: nothing changes. Blocks for seconds.
    """
    if dry_run:
        return said(consider(folder, changes, equipment), Applies.NOT)
    if live is None:
        return said(amend(folder, changes, who, reason), Applies.RESUME)
    change = consider(folder, changes, equipment)
    live.control.amend(
        change.plan,
        change.note(who, reason),
        envelope=change.prepared.envelope,
        header=change.header,
    )
    before, now = change.durations
    if live.expected_duration is not None:
        live.expected_duration += now - before
    return said(change, Applies.NEXT_STEP)


def said(change: Change, applies: Applies) -> Amended:
    """Return a change as clients are told of it."""
    before, now = change.limits
    return Amended(
        run=change.run,
        parameters={
            name: Changed(old=old, new=new)
            for name, (old, new) in change.parameters.items()
        },
        first_step=change.first_step,
        next_before=change.next_steps[0],
        next_now=change.next_steps[1],
        duration_before=change.durations[0],
        duration_now=change.durations[1],
        limits_before=dict(before.bounds),
        limits_now=dict(now.bounds),
        warnings=change.prepared.protocol.warnings(),
        applies=applies,
    )
