"""Change what a run has still to do: the same replay as `resume`, and nothing starts.

The past of a run cannot be amended: each step that began must come out of the new plan
as it was, into the same streams, on the same sample.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labctl import plugins
from labctl.clock import SystemClock
from labctl.config.reading import kept_config
from labctl.data import EndReason, Event, Level, Stream
from labctl.documents.document import Document
from labctl.documents.plan import is_file, read_label, sample_of
from labctl.engine.replay import advance, rehearse
from labctl.engine.states import Wish, require, stored_state
from labctl.errors import OperatorError, Place, RefusedError, StoreError
from labctl.limits import Envelope
from labctl.protocol import Plan, Protocol, StepRecord
from labctl.quantities import SI
from labctl.sample import Sample
from labctl.session.auxiliaries import plots_of, streams_of
from labctl.session.birth import bounds_noted
from labctl.session.further_columns import is_grown_from
from labctl.session.order import (
    Equipment,
    Order,
    Prepared,
    prepare_with,
    refuse_beyond,
)
from labctl.session.run import seal
from labctl.session.worlds import carry_over
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal
from labctl.store.journal.reader import JournalReader


@dataclass(frozen=True, slots=True)
class Change:
    """What an amendment comes to."""

    run: str
    parameters: Mapping[str, tuple[Any, Any]]
    """Name -> what it was and what it becomes, as the journal keeps them."""
    kept: int
    """Steps that stay as they are: all that began."""
    in_flight: bool
    """Whether the last of them goes on first."""
    next_steps: tuple[str, str]
    """Label of the step after them, before and now; empty: there is none."""
    durations: tuple[float, float]
    """s that the protocol states for the whole run, before and now."""
    limits: tuple[Envelope, Envelope]
    """What no reading may leave, before and now."""
    header: RunHeader
    """The amended one."""
    prepared: Prepared

    @property
    def first_step(self) -> int:
        """Number of the first step that may differ."""
        return self.kept + 1

    def note(self, who: str, reason: str) -> str:
        """Return the event's text: who, what, why."""
        said = ", ".join(
            f"{name} {_short(old)} → {_short(new)}"
            for name, (old, new) in self.parameters.items()
        )
        why = f" ({reason})" if reason else ""
        by = who or "somebody"
        return f"amended by {by} from step {self.first_step} on{why}: {said}"

    def plan(self) -> Plan:
        """Return the amended plan from its beginning."""
        return self.prepared.protocol.plan()


def amend(place: Path, changes: Mapping[str, Any], who: str, reason: str) -> Change:
    """Write amended parameters into the journal of a run that stands still.

    `labctl resume` then goes on. A sealed file is sealed anew, so that it says the
    same. OperatorError, RefusedError: nothing was written. StoreError: the run goes on
    in another process.
    """
    folder = RunFolder.of(place)
    with Journal.open(folder.journal) as journal:
        change = consider(place, changes)
        status = journal.status
        unix = max(SystemClock().unix(), status.unix)
        carry_over(journal)
        journal.amend(change.header, unix)
        event = Event(Level.INFO, "amend", change.note(who, reason))
        journal.event(event, status.test_time, unix)
        journal.commit()
        if journal.trouble:
            raise StoreError(f"{folder.journal}: not amended: {journal.trouble}")
    if folder.sealed.exists():
        seal(folder)
    return change


def consider(
    place: Path,
    changes: Mapping[str, Any],
    equipment: Equipment | None = None,
    *,
    written_in: str = "--set",
) -> Change:
    """Return what ``changes`` come to; nothing is written, nothing is driven.

    OperatorError names step, old and new where the past would be another one.
    RefusedError: a parameter cannot be as it is said, and which; or the run's channels,
    as far as they can be asked, cannot do what would be left.
    """
    folder = RunFolder.of(place)
    with JournalReader(folder.journal) as reader:
        header, status = reader.header, reader.status
        left = max(reader.status.unix, header.started_unix)
        steps = so_far(reader.steps)
    state = stored_state(
        status.state, finished=status.finished, is_written=folder.is_written
    )
    require(header.run_id, state, Wish.AMEND)
    _same_sample(header)
    config = kept_config(header.extra["config"])
    given = {**header.parameters_given, **changes}
    lines: dict[Place, int] = {(name,): 0 for name in given}
    order = order_again(header, Document(written_in, given, lines), folder.path.parent)
    prepared = prepare_with(
        order, config, epoch=left, label=header.sample, equipment=equipment
    )
    protocol, before = prepared.protocol, _protocol_of(header)
    old, new = before.parameters_json(), protocol.parameters_json()
    changed = {k: (old.get(k), v) for k, v in new.items() if old.get(k) != v}
    if not changed:
        raise OperatorError(f"{header.run_id}: nothing would change")
    streams = streams_of(protocol, prepared.asides)
    if not is_grown_from(header.streams, streams):
        raise OperatorError(
            f"{header.run_id}: other streams would be recorded "
            f"({_names(streams)} instead of {_names(header.streams)}); start a new run"
        )
    rehearse(protocol.plan(), steps)
    try:
        refuse_beyond(prepared, config, steps)
    finally:
        if not prepared.shared:
            prepared.station.close()
    kept = max(steps, default=0)
    in_flight = kept > 0 and steps[kept].outcome is None
    labels = ("", "") if in_flight else _next(before, protocol, steps, kept + 1)
    noted = {k: tuple(v) for k, v in header.extra.get("envelope", {}).items()}
    return Change(
        run=header.run_id,
        parameters=changed,
        kept=kept,
        in_flight=in_flight,
        next_steps=labels,
        durations=(before.duration(), protocol.duration()),
        limits=(Envelope(noted), prepared.envelope),
        header=dataclasses.replace(
            header,
            parameters_given=prepared.given,
            parameters=new,
            plots=plots_of(protocol, prepared.asides),
            extra={**header.extra, **bounds_noted(prepared.envelope)},
        ),
        prepared=prepared,
    )


def order_again(header: RunHeader, parameters: Document, out: Path) -> Order:
    """Return the order of a run that has begun, with ``parameters``."""
    noted = header.extra["order"]
    return Order(
        protocol=header.protocol,
        parameters=parameters,
        sample=noted["sample"],
        channels=header.roles,
        out=out,
        simulate=header.simulated,
        speed=noted["speed"],
        seed=noted["seed"],
        operator=header.operator,
    )


def so_far(steps: Iterable[StepRecord]) -> dict[int, StepRecord]:
    """Return the steps that began; one that was stopped goes on, as if cut short."""
    return {
        record.step_count: dataclasses.replace(record, outcome=None)
        if record.outcome is not None and record.outcome.reason is EndReason.STOPPED
        else record
        for record in steps
    }


def has_more(plan: Plan, steps: Mapping[int, StepRecord]) -> bool:
    """Tell whether a plan goes on after steps that have all ended."""
    return advance(plan, steps, max(steps, default=0) + 1) is not None


def _protocol_of(header: RunHeader) -> Protocol:
    """Return the protocol as the run has it now."""
    kind = plugins.protocol(header.protocol, header.parameters_given)
    parameters = kind.parameters_model.model_validate(header.parameters_given)
    return kind(parameters, Sample.model_validate(header.sample, context=SI))


def _same_sample(header: RunHeader) -> None:
    """Refuse if the label's file says something else than when the run began."""
    path = Path(header.extra["order"]["sample"])
    if not is_file(path.name) or not path.exists():
        return
    try:
        now = sample_of(read_label(path)).model_dump(mode="json")
    except RefusedError:
        return  # it says nothing that could be compared
    then = Sample.model_validate(header.sample, context=SI).model_dump(mode="json")
    other = {k: (then.get(k), v) for k, v in now.items() if then.get(k) != v}
    if other:
        said = ", ".join(
            f"{name} {_short(old)} → {_short(new)}"
            for name, (old, new) in other.items()
        )
        raise OperatorError(
            f"{header.run_id}: the sample is another one: {path} now says {said}. Put "
            "the label back, or start a new run"
        )


def _next(
    before: Protocol, after: Protocol, steps: Mapping[int, StepRecord], at: int
) -> tuple[str, str]:
    try:
        old = advance(before.plan(), steps, at)
    except OperatorError:  # a newer labctl would not have done what was done
        old = None
    new = advance(after.plan(), steps, at)
    return (old.label if old else "", new.label if new else "")


def _names(streams: Iterable[Stream]) -> str:
    return ", ".join(stream.name for stream in streams)


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) < 60 else text[:57] + "…"  # noqa: PLR2004  (one line)
