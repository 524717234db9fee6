"""What may be looked at with any token: state, catalogue, queue, events, audit."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from labctl.api.answers import (
    AuditLine,
    InstrumentOut,
    Pong,
    ProtocolOut,
    SampleOut,
)
from labctl.api.models import QueueEntry, State, StationEvent
from labctl.service.http import catalogue
from labctl.service.http.access import PROBLEMS, Asking, Here, allow

After = Annotated[int, Query(ge=-1, le=2**53)]
router = APIRouter(dependencies=[Depends(allow("view"))], responses=PROBLEMS)


@router.get("/ping", operation_id="ping")
async def ping(here: Here, caller: Asking) -> Pong:
    """Say who answers, and what the token allows."""
    station = here.station
    return Pong(
        station=station.name,
        boot=station.boot,
        version=station.version,
        role=caller.role,
    )


@router.get("/state", operation_id="state", response_model=State)
async def state(
    here: Here,
    since: Annotated[int, Query(ge=-1, le=2**53)] = -1,
    wait: Annotated[float, Query(ge=0, le=20, allow_inf_nan=False)] = 0.0,
) -> Response:
    """Return the whole state; wait up to ``wait`` s for another than ``since``."""
    text = await here.feed.get(since, wait)
    return Response(text, media_type="application/json")


@router.get("/protocols", operation_id="protocols")
def protocols(here: Here) -> list[ProtocolOut]:
    """Return the measurement protocols and their forms."""
    return catalogue.protocols(chamber=catalogue.has_chamber(here.bench))


@router.get("/samples", operation_id="samples")
def samples(here: Here) -> list[SampleOut]:
    """Return the samples that can be measured."""
    return catalogue.samples(here.bench)


@router.get("/instruments", operation_id="instruments")
def instruments(here: Here) -> list[InstrumentOut]:
    """Return the instruments as far as they are known; opens none."""
    return catalogue.instruments(here.bench, here.health.unreached)


@router.get("/queue", operation_id="queue")
async def waiting(here: Here) -> list[QueueEntry]:
    """Return what waits, in the order in which it starts."""
    station = here.bench.equipment.station
    return here.bench.queue.shown(station.lent(), station.doubts())


@router.get("/events", operation_id="events")
async def events(
    here: Here, after: After = 0, limit: Annotated[int, Query(ge=1, le=1000)] = 200
) -> list[StationEvent]:
    """Return the station's events after one; -1 gives the latest ones."""
    if after < 0:
        return here.bench.events.latest(limit)
    return here.bench.events.after(after, limit)


@router.get("/audit", operation_id="audit")
async def audit(here: Here, after: After = 0) -> list[AuditLine]:
    """Return who did what, at most the last 500 lines."""
    return here.audit.after(after)
