"""Go on with a run that was interrupted, or amend one, by replaying its outcomes."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from labctl import columns
from labctl.config.models import Config
from labctl.config.reading import kept_config
from labctl.data import Array, Batch, EndReason, Event, Level
from labctl.documents.hardened_yaml import Document
from labctl.engine.ledger import AMPERE_HOUR, Ledger, StepTotals
from labctl.engine.recorder import IN_FLIGHT
from labctl.engine.replay import rehearse
from labctl.engine.situation import Recorded
from labctl.engine.states import RunState, Wish, require, stored_state
from labctl.errors import OperatorError
from labctl.session.amend import has_more, order_again
from labctl.session.auxiliaries import opened
from labctl.session.birth import make_header
from labctl.session.further_columns import unrecorded
from labctl.session.order import (
    Equipment,
    Prepared,
    prepare_with,
    refuse_beyond,
)
from labctl.session.read_back import compare
from labctl.session.run import (
    Finished,
    Observers,
    build,
    execute,
    room_for,
    seal,
)
from labctl.session.unseen import unseen_of
from labctl.session.worlds import put_back
from labctl.store.folder import RunFolder
from labctl.store.journal.journal import Journal
from labctl.store.journal.reader import JournalReader


def resume(
    place: Path,
    observers: Observers,
    changes: Mapping[str, Any] | None = None,
    equipment: Equipment | None = None,
    *,
    accept_voltage: bool = False,
    stopped: Mapping[str, float] | None = None,
) -> Finished:
    """Continue the run at ``place`` at its first step that did not end.

    The step in flight goes on with its remaining time and charge; the gap is an
    event. So does a run that was stopped, failed or met a limit: to ask for it is a
    person's decision. ``changes`` amends parameters. RefusedError: its channels cannot
    do what is left, unless some of it may go on already. OperatorError, with nothing
    touched: a past step would differ, the run is completed and has no more to do, or a
    sample is not at the voltage or temperature at which the run left it, unless
    ``accept_voltage``. ``stopped``: when somebody saw a channel stand still since the
    run's process died, UTC epoch seconds: its guard's word.
    """
    folder = RunFolder.of(place)
    with JournalReader(folder.journal) as reader:
        header, status = reader.header, reader.status
        table, late = _timeseries(reader)
        recorded = read_recorded(reader, table)
        sequence = reader.sequence
    state = stored_state(status.state, finished=status.finished, is_written=False)
    require(header.run_id, state, Wish.RESUME)
    config = kept_config(header.extra["config"])
    given = {**header.parameters_given, **(changes or {})}
    order = order_again(header, Document.without_lines("", given), folder.path.parent)
    left = max(status.unix, header.started_unix)
    prepared = prepare_with(
        order, config, epoch=left, label=header.sample, equipment=equipment
    )
    rehearse(prepared.protocol.plan(), recorded.steps)
    if status.state == RunState.COMPLETED and not has_more(
        prepared.protocol.plan(), recorded.steps
    ):
        if not folder.sealed.exists():  # it died between its end and its file
            return _sealed_late(folder, status.reason)
        raise OperatorError(
            f"{header.run_id} has ended (completed). To add to it, change a "
            "parameter, for example `--set cycles=100`."
        )
    bench = prepared.borrow(header.run_id)
    try:
        if prepared.world is not None:
            # Opening a twin resets it: what the world was like comes after.
            channels = tuple(prepared.cast.values()) if prepared.shared else None
            put_back(folder.path, sequence, prepared.world, channels)
        goes_on = bool(recorded.claims) and not changes
        if not goes_on:
            # What may run on in an instrument is attached to first, whatever its plan
            # asks for later: unattended it is worse.
            refuse_beyond(prepared, config, recorded.steps)
        beside = opened(prepared.asides, prepared.station, late=goes_on)
        found = compare(bench, beside, recorded, config.safety)
        if found.wrong and not accept_voltage:
            raise OperatorError(found.wrong)
        with (
            room_for(prepared, folder, observers) as room,
            Journal.open(folder.journal) as journal,
        ):
            journal.keep(room)
            ledger = Ledger(header.streams, recorded.net_charge, beside.temperatures)
            engine = build(prepared, bench, journal, observers, ledger, beside)
            gap = max(prepared.station.clock.unix() - left, 0.0)
            # Rows of an instrument that went on alone may lie beyond a clock set back.
            recorded.test_time = max(status.test_time + gap, _last_row(table))
            recorded.unseen = unseen_of(recorded, table, status, stopped or {})
            if late is not None:
                journal.append(late)
                recorded.rows += 1
            _note(prepared, config, journal, recorded, gap)
            lacking = unrecorded(header.streams, bench.roles.values())
            if lacking:
                event = Event(Level.WARNING, "columns", _without(lacking))
                journal.event(event, recorded.test_time, left + gap)
            for event in found.said:
                journal.event(event, recorded.test_time, left + gap)
            return execute(prepared, engine, journal, observers, recorded)
    finally:
        prepared.hand_back(header.run_id)


def read_recorded(reader: JournalReader, table: Mapping[str, Array]) -> Recorded:
    """Return the outcomes so far, and the sums of the step in flight."""
    recorded = Recorded(
        steps={record.step_count: record for record in reader.steps},
        rows=sum(reader.rows_stored.values()),
        left=reader.status.unix,
    )
    capacity = table.get(columns.NET_CAPACITY.name)
    if capacity is not None and len(capacity):
        finite = capacity[np.isfinite(capacity)]
        recorded.net_charge = float(finite[-1]) * AMPERE_HOUR if len(finite) else 0.0
    for count, record in recorded.steps.items():
        outcome = record.outcome
        if outcome is None or outcome.reason is EndReason.STOPPED:
            recorded.steps[count] = dataclasses.replace(record, outcome=None)
            recorded.totals = _totals(table, count)
            # One that was stopped may have gone on since, in a life that died.
            if reader.status.state == RunState.RUNNING:
                _attach(recorded, reader, count)
    return recorded


def _attach(
    recorded: Recorded,
    reader: JournalReader,
    step_count: int,
) -> None:
    """Find what the step in flight started and did not see the end of.

    The sums of the step then go on from where that was started, so that rows out of
    the channel's memory come to lie where they belong in the run's time.
    """
    claims = {c.role: c for c in reader.claims if c.step_count == step_count}
    if not claims or recorded.totals is None:
        return
    last = max(claims.values(), key=lambda claim: claim.test_time)
    same_start = {r: c for r, c in claims.items() if c.digest == last.digest}
    totals = recorded.totals
    recorded.claims = same_start
    recorded.attached = dataclasses.replace(
        totals,
        started=last.test_time - float(last.token.get("step_offset", 0.0)),
        before=last.done.get("duration", 0.0),
        technique_shift=int(last.done.get("technique", 0)),
    )
    recorded.seen = _seen(reader, min(c.test_time for c in same_start.values()))


def _seen(reader: JournalReader, since: float) -> dict[str, float]:
    """Return the instrument's time of each stream's last row after ``since``, s."""
    seen = {}
    for stream in reader.header.streams:
        rows = reader.table(stream.name)
        time = rows.get(columns.INSTRUMENT_TIME.name)
        if time is None:
            continue
        time = time[rows[columns.TEST_TIME.name] > since]
        time = time[np.isfinite(time)]
        if len(time):
            seen[stream.name] = float(time[-1])
    return seen


def _last_row(table: Mapping[str, Array]) -> float:
    """Return the test time of the last row, s."""
    times = table.get(columns.TEST_TIME.name)
    return 0.0 if times is None or not len(times) else float(times[-1])


def _without(lacking: Sequence[str]) -> str:
    return (
        f"the instrument records {', '.join(lacking)} too; the run began without "
        "them, so they are not in it. Start a new run to have them"
    )


def _timeseries(reader: JournalReader) -> tuple[Mapping[str, Array], Batch | None]:
    """Return the rows, and the last of them apart if it has not been recorded yet.

    That one is the reading with which the last commit was made: the charge that had
    passed since the row before it belongs to the run.
    """
    name = columns.TIMESERIES.name
    streams = [stream for stream in reader.header.streams if stream.name == name]
    if not streams:
        return {}, None
    table = reader.table(name)
    row = reader.status.fields.get(IN_FLIGHT)
    test_time = table[columns.TEST_TIME.name]
    if not row or (len(test_time) and row[columns.TEST_TIME.name] <= test_time[-1]):
        return table, None
    late = Batch(
        name,
        {
            c.name: np.array([row[c.name]], table[c.name].dtype)
            for c in streams[0].columns
        },
    )
    joined = {k: np.append(v, late.columns[k]) for k, v in table.items()}
    return joined, late


def _sealed_late(folder: RunFolder, reason: str) -> Finished:
    with JournalReader(folder.journal) as reader:
        results = reader.results
    return Finished(RunState.COMPLETED, reason, folder.path, seal(folder), results)


def _totals(table: Mapping[str, Array], step_count: int) -> StepTotals:
    """Rebuild the sums of a step from its rows."""
    totals = StepTotals(started=0.0)
    if not table:
        return totals
    mine = table[columns.STEP_COUNT.name] == step_count
    if not mine.any():
        return totals
    rows = {name: values[mine] for name, values in table.items()}
    time = rows[columns.STEP_TIME.name]
    charge = rows[columns.STEP_NET_CAPACITY.name] * AMPERE_HOUR
    power = rows[columns.VOLTAGE.name] * rows[columns.CURRENT.name]
    index = rows[columns.TECHNIQUE_INDEX.name]
    first = int(np.argmax(index == index[-1]))
    totals.duration = float(time[-1])
    totals.charge = float(charge[-1])
    totals.energy = float(np.trapezoid(power, time))
    totals.rows = len(time)
    totals.last = {name: float(values[-1]) for name, values in rows.items()}
    totals.technique = int(index[-1])
    totals.technique_started = float(time[first])
    totals.technique_charge = float(np.abs(charge[-1] - charge[first]))
    voltage, current = rows[columns.VOLTAGE.name], rows[columns.CURRENT.name]
    totals.tail = (float(time[-1]), float(voltage[-1]), float(current[-1]))
    return totals


def _note(
    prepared: Prepared,
    config: Config,
    journal: Journal,
    recorded: Recorded,
    gap: float,
) -> None:
    """Write the gap, and the header if parameters were amended."""
    unix = prepared.station.clock.unix()
    event = Event(Level.WARNING, "gap", f"went on after {gap:.1f} s without recording")
    journal.event(event, recorded.test_time, unix)
    if dict(prepared.given) != dict(journal.header.parameters_given):
        old = journal.header
        new = make_header(prepared, config, old.run_id, old.started_unix)
        kept = dataclasses.replace(new, streams=old.streams, uuid=old.uuid)
        journal.amend(kept, unix)
