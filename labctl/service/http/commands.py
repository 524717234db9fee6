"""What changes something; each command is in the audit log before it is answered.

``operate``: stop, hold, go on, skip, acknowledge. ``configure``: start, queue, drive by
hand, keep labels, end the process.
"""

import asyncio
from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Query

from labctl.api.answers import (
    Accepted,
    Amended,
    Checked,
    ForecastOut,
    Queued,
    SampleOut,
    Started,
)
from labctl.api.models import StationEvent
from labctl.api.requests import (
    Acknowledge,
    AmendIn,
    AskIn,
    ChannelHold,
    ClearIn,
    OrderIn,
    QueueChange,
    QueueIn,
    RunWish,
    SampleIn,
    Why,
)
from labctl.engine.states import Wish
from labctl.errors import Complaint, LabctlError, RefusedError
from labctl.service.bench.forecasts import plain
from labctl.service.http import catalogue
from labctl.service.http.access import PROBLEMS, Asking, Here, allow
from labctl.service.http.run_views import RunId
from labctl.service.http.services import Services
from labctl.service.records.forecast import DEADLINE, forecast_order
from labctl.session.comparing import Compared
from labctl.session.needing import words_of
from labctl.session.order import Prepared

operate = APIRouter(dependencies=[Depends(allow("operate"))], responses=PROBLEMS)
configure = APIRouter(dependencies=[Depends(allow("configure"))], responses=PROBLEMS)
ENTRY = Annotated[str, Path(pattern=r"^[0-9a-f]{8}$")]
CHANNEL = Annotated[str, Path(pattern=r"^[0-9A-Za-z][0-9A-Za-z._/-]{0,79}$")]
NAME = Annotated[str, Path(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,39}$")]


# ---- without effect


@operate.post("/check", operation_id="check")
def check(here: Here, order: OrderIn) -> Checked:
    """Check an order: parameters, sample, limits, the whole plan on its channels.

    Instruments are connected if they are not yet; nothing is loaded or driven. A
    channel that others have is no complaint: the order may wait in the queue. One that
    cannot be asked is ``unknown``.
    """
    try:
        prepared = _free_or_busy(here, order)
    except RefusedError as error:
        return _refused(error.complaints)
    except LabctlError as error:
        return _refused([Complaint((), str(error))])
    compared = prepared.compared or Compared()
    return Checked(
        ok=True,
        complaints=[],
        warnings=prepared.protocol.warnings(),
        channels=dict(prepared.cast),
        limits=dict(prepared.envelope.bounds),
        parameters=prepared.protocol.parameters_json(),
        busy=here.bench.busy(prepared),
        doubtful=here.bench.doubtful(prepared),
        unknown=list(compared.unknown),
        capabilities={role: str(it) for role, it in compared.capabilities.items()},
        needs={role: words_of(needs) for role, needs in compared.needs.items()},
    )


@operate.post("/forecast", operation_id="forecast")
def forecast(
    here: Here,
    order: OrderIn,
    deadline: Annotated[float, Query(gt=0, le=DEADLINE, allow_inf_nan=False)] = 20.0,
) -> ForecastOut:
    """Run an order on twins in virtual time, in a process aside."""
    found: ForecastOut = here.preview.call(
        deadline, forecast_order, *plain(here.bench, order)
    )
    return found


# ---- stop, hold, go on


@operate.post("/stop", operation_id="stop_all")
async def stop_all(here: Here, asking: Asking, why: Why | None = None) -> Accepted:
    """STOP ALL: every run, and the queue. Waits for nothing."""
    here.stop_all.ask(asking.who, why.reason if why else "")
    return Accepted(sequence=here.feed.sequence + 1)


@operate.post(
    "/runs/{run}/amend",
    operation_id="amend_run",
    dependencies=[Depends(allow("configure"))],
)
def amend_run(here: Here, asking: Asking, run: RunId, asked: AmendIn) -> Amended:
    """Change what a run has still to do: more cycles, other cut-offs.

    One that goes on takes it at its next step, any other when it is resumed; nothing
    is started. Refused where a step that began would have been another one.
    """
    return here.bench.amend(run, asked, asking.who)


@operate.post(
    "/runs/{run}/requests",
    operation_id="request_of_run",
    dependencies=[Depends(allow("configure"))],
)
def request_of_run(here: Here, asking: Asking, run: RunId, asked: AskIn) -> Accepted:
    """Ask something of a run by hand: hold a voltage, sweep, keep a reading.

    Refused here is what its protocol does not offer or its limits forbid; the run goes
    on all the same. What is accepted is done in its turn.
    """
    here.bench.request(run, asked, asking.who)
    return _accepted(here)


@operate.post("/runs/{run}/{wish}", operation_id="ask_run")
async def ask_run(
    here: Here,
    asking: Asking,
    run: RunId,
    wish: Annotated[str, Path(pattern="^(hold|resume|skip|stop|finish|discard)$")],
    why: RunWish | None = None,
) -> Accepted:
    """Ask a run to hold, go on, skip its step or stop.

    One that nobody runs takes resume, if it was cut short finish and discard, too.
    """
    bench, what = here.bench, Wish(wish)
    reason = f"{wish} by {asking.who}" + (
        f": {why.reason}" if why and why.reason else ""
    )
    found = bench.run(run)
    if found is not None and found.is_live:
        bench.ask(run, what, reason)
    else:
        accept = why is not None and why.accept_voltage
        await asyncio.to_thread(bench.take_up, run, what, reason, accept_voltage=accept)
    return _accepted(here)


@operate.post("/events/{number}/acknowledge", operation_id="acknowledge")
def acknowledge(
    here: Here, number: Annotated[int, Path(ge=1, le=2**53)], seen: Acknowledge
) -> StationEvent:
    """Say that a person has seen an event."""
    event = here.bench.events.acknowledge(number, seen.by)
    here.feed.touch()
    return event


@operate.post("/channels", operation_id="hold_channel")
def hold_channel(here: Here, change: ChannelHold) -> Accepted:
    """Let nothing from the queue start on a channel, or let it again."""
    channels = here.bench.channels()
    if change.channel not in (*channels, "*"):
        raise HTTPException(404, f"the configuration has no channel {change.channel!r}")
    if change.hold:
        held = channels if change.channel == "*" else [change.channel]
        here.bench.queue.hold_channels(held, change.reason or "held by a person")
    else:
        here.bench.queue.release_channel(change.channel)
    return _accepted(here)


@operate.post("/channels/{channel:path}/clear", operation_id="clear_channel")
def clear_channel(
    here: Here, asking: Asking, channel: CHANNEL, how: ClearIn | None = None
) -> Accepted:
    """Lend a channel again that may still be on: made safe and read, or vouched for.

    It stays in doubt if it cannot be read back as off.
    """
    how = how or ClearIn()
    bench = here.bench
    if channel.partition("/")[0] not in bench.equipment.station.setups:
        raise HTTPException(404, f"there is no channel {channel!r}")
    bench.outputs.clear(channel, by_hand=how.by_hand, who=asking.who, reason=how.reason)
    return _accepted(here)


# ---- start, queue


@configure.post("/runs", operation_id="start_run", status_code=201)
def start_run(here: Here, order: OrderIn) -> Started:
    """Start a run at once; given again with the same key, nothing new starts."""
    return here.bench.start(order)


@configure.post("/queue", operation_id="add_to_queue", status_code=201)
def add_to_queue(here: Here, asking: Asking, wanted: QueueIn) -> Queued:
    """Let an order wait for its channels; checked now and when its turn comes."""
    here.bench.prepare(wanted.order, even_busy=True, inquire=True)
    entry = here.bench.queue.add(wanted.order, asking.who, ready=wanted.ready)
    here.feed.touch()
    return Queued(entry=entry.entry)


@configure.patch("/queue/{entry}", operation_id="change_queue")
def change_queue(here: Here, entry: ENTRY, change: QueueChange) -> Accepted:
    """Mark an order as ready, hold it, or move it."""
    here.bench.queue.change(entry, change)
    return _accepted(here)


@configure.delete("/queue/{entry}", operation_id="remove_from_queue")
def remove_from_queue(here: Here, entry: ENTRY) -> Accepted:
    """Take an order out of the queue."""
    here.bench.queue.remove(entry)
    return _accepted(here)


# ---- samples, instruments


@configure.put("/samples/{name}", operation_id="keep_sample")
def keep_sample(here: Here, name: NAME, sample: SampleIn) -> SampleOut:
    """Keep the label of a sample at the station."""
    return catalogue.keep_sample(here.bench.files, name, sample.label)


@configure.post("/instruments/{name}/open", operation_id="open_instrument")
def open_instrument(here: Here, name: NAME) -> Accepted:
    """Connect an instrument and ask who it is."""
    station = here.bench.equipment.station
    if name not in station.setups:
        raise HTTPException(404, f"there is no instrument {name}")
    try:
        station.identity(name)
    except LabctlError as error:
        here.health.unreached[name] = str(error)
        raise
    finally:
        here.feed.touch()
    here.health.unreached.pop(name, None)
    return _accepted(here)


# ---- the process


@configure.post("/shutdown", operation_id="shutdown")
async def shutdown(here: Here, stop_runs: Annotated[bool, Query()] = False) -> Accepted:
    """End the process; refused while runs go on, unless they shall be stopped."""
    if here.bench.live and not stop_runs:
        names = ", ".join(run.about.run for run in here.bench.live)
        raise HTTPException(409, f"runs go on: {names}; stop them first")
    here.leave.set()
    return Accepted(sequence=here.feed.sequence)


def _free_or_busy(here: Services, order: OrderIn) -> Prepared:
    """Cast free channels if there are any, else channels that will be free one day."""
    try:
        here.bench.prepare(order)
    except RefusedError:
        return here.bench.prepare(order, even_busy=True, inquire=True)
    return here.bench.prepare(order, inquire=True)


def _refused(complaints: Iterable[Complaint]) -> Checked:
    return Checked(
        ok=False,
        complaints=list(complaints),
        warnings=[],
        channels={},
        limits={},
        parameters={},
    )


def _accepted(here: Services) -> Accepted:
    here.feed.touch()
    return Accepted(sequence=here.feed.sequence + 1)
