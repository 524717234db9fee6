"""What any token may look at of runs: lists, steps, rows, windows, reports."""

import asyncio
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Depends, HTTPException, Path, Query, Response
from fastapi.responses import HTMLResponse
from pydantic import StringConstraints

from labctl.api.answers import (
    ForecastOut,
    RunDetail,
    RunEvent,
    RunList,
    StepOut,
)
from labctl.api.figures import RunFigures
from labctl.api.run_search import RunOrder
from labctl.clock import stopwatch
from labctl.data import Columns, Result
from labctl.errors import LateError, StoreError
from labctl.service.bench.forecasts import expected
from labctl.service.bench.live_run import LiveRun
from labctl.service.http import catalogue
from labctl.service.http.access import PROBLEMS, Here, allow
from labctl.service.http.services import Services
from labctl.service.records import archive, reports
from labctl.service.records import figures as run_figures
from labctl.store.folder import RunFolder

DEADLINE = 30.0
"""s for a question about files."""
PATIENCE = 60.0
"""s for the figures or the report of a run: a titration takes long."""
MOST_FROM_DISK = 100_000
"""Rows of a run that goes on which are read again for one window: half a second. Of
more, the groups that are kept are fine enough."""
RUN_ID = r"^[0-9A-Za-z][0-9A-Za-z._-]{0,199}$"
RunId = Annotated[str, Path(pattern=RUN_ID)]
RunName = Annotated[str, StringConstraints(pattern=RUN_ID)]
Word = Annotated[str, Query(max_length=100)]
After = Annotated[int, Query(ge=-1, le=2**53)]
Time = Annotated[float | None, Query(allow_inf_nan=False)]
BINARY: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Little-endian float64, shape in the header x-labctl-shape, "
        "one row a column; their names in x-labctl-columns.",
        "content": {
            "application/octet-stream": {
                "schema": {"type": "string", "format": "binary"}
            }
        },
    },
}
router = APIRouter(dependencies=[Depends(allow("view"))], responses=PROBLEMS)


@router.get("/runs", operation_id="runs")
async def runs(
    here: Here,
    search: Word = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    order: RunOrder = RunOrder.STARTED,
    ascending: bool = False,
) -> RunList:
    """Return the runs on the disk that match every word, the latest first.

    Words are looked for everywhere; ``sample:NMC cycles>100 ended:limit`` in one place.
    """
    data = here.bench.files.data
    found: RunList = await ask(
        here, archive.run_list, data, search, limit, offset, order, ascending
    )
    return found


@router.get("/runs/{run}", operation_id="run")
async def run_detail(here: Here, run: RunId) -> RunDetail:
    """Return everything about a run but its rows."""
    found: RunDetail = await ask(here, archive.detail, folder_of(here, run).path)
    kind = found.summary.protocol
    view = await asyncio.to_thread(catalogue.view_of, kind)
    series = await asyncio.to_thread(catalogue.is_series, kind, found.parameters_given)
    mine = here.bench.run(run)
    known = {} if mine is None else {"summary": mine.summary()}
    return found.model_copy(update={"view": view, "is_series": series, **known})


@router.get("/runs/{run}/steps", operation_id="steps")
async def steps(
    here: Here,
    run: RunId,
    after: After = 0,
    limit: Annotated[int, Query(ge=1, le=2000)] = 500,
) -> list[StepOut]:
    """Return the steps after one."""
    found: list[StepOut] = await ask(
        here, archive.steps, folder_of(here, run).path, after, limit
    )
    return found


@router.get("/runs/{run}/events", operation_id="run_events")
async def run_events(
    here: Here,
    run: RunId,
    after: After = 0,
    limit: Annotated[int, Query(ge=1, le=2000)] = 500,
) -> list[RunEvent]:
    """Return the run's own events after one."""
    found: list[RunEvent] = await ask(
        here, archive.events, folder_of(here, run).path, after, limit
    )
    return found


@router.get("/runs/{run}/results", operation_id="results")
async def results(here: Here, run: RunId) -> dict[str, Result]:
    """Return the results as they stand; the final ones after the end."""
    found: dict[str, Result] = await ask(
        here, archive.results, folder_of(here, run).path
    )
    return found


@router.get("/runs/{run}/forecast", operation_id="expected")
def run_forecast(here: Here, run: RunId) -> ForecastOut:
    """Return what the run was expected to come to when it began."""
    found = expected(folder_of(here, run).path)
    if found is None:
        raise HTTPException(404, f"nobody has forecast {run} (yet)")
    return found


@router.get(
    "/runs/{run}/rows",
    operation_id="rows",
    response_class=Response,
    responses=BINARY,
)
async def rows(
    here: Here,
    run: RunId,
    stream: Word,
    after: After = 0,
    limit: Annotated[int, Query(ge=1, le=100_000)] = 10_000,
) -> Response:
    """Return rows from number ``after`` on, all columns; the cursor moves by n."""
    mine = live(here, run, stream)
    start = max(after, 0)
    if mine is not None:
        pyramid = mine.feed.streams[stream]
        first, block = pyramid.tail(start, limit)
        if first == min(start, pyramid.rows):
            return binary(Columns(pyramid.columns, block.T, first, pyramid.rows))
    first, total, names, block = await ask(
        here, archive.rows, folder_of(here, run).path, stream, start, limit
    )
    return binary(Columns(names, block.T, first, total))


@router.get(
    "/runs/{run}/window",
    operation_id="window",
    response_class=Response,
    responses=BINARY,
)
async def window(
    here: Here,
    run: RunId,
    stream: Word,
    y: Annotated[str, Query(max_length=500, description="Columns, by comma.")],
    x: Word = "test_time_second",
    begin: Annotated[Time, Query(alias="from")] = None,
    end: Annotated[Time, Query(alias="to")] = None,
    px: Annotated[int, Query(ge=2, le=4000)] = 800,
) -> Response:
    """Return what lies between two test times, thin enough for ``px`` pixels.

    Few rows come as they are; else groups of rows with ``first``, ``min`` and
    ``max`` of every column. No peak is lost.
    """
    ys = tuple(name for name in y.split(",") if name)
    low = float("-inf") if begin is None else begin
    high = float("inf") if end is None else end
    mine = live(here, run, stream)
    if mine is not None:
        try:
            found = mine.feed.streams[stream].window(x, ys, low, high, px)
        except KeyError as error:
            raise HTTPException(404, f"{stream} has no column {error}") from None
        if 0 < len(old := found.forgotten) <= MOST_FROM_DISK:
            path = folder_of(here, run).path
            found = await ask(here, archive.forgotten, path, stream, x, ys, old, px)
    else:
        path = folder_of(here, run).path
        found = await ask(here, archive.window, path, stream, x, ys, low, high, px)
    return binary(found)


@router.get("/runs/{run}/figures", operation_id="figures")
async def figures(here: Here, run: RunId) -> RunFigures:
    """Return what its protocol draws of a run, finished or not.

    Worked out of the rows on the disk; what cannot be drawn yet says why. Asked again
    with the same rows it costs nothing.
    """
    path = folder_of(here, run).path
    began = stopwatch()
    try:
        found: RunFigures = await worked_out(here, run_figures.figures, path)
    except (LateError, StoreError) as error:
        seconds = stopwatch() - began
        return RunFigures(figures=[], rows=0, why=str(error), seconds=seconds)
    return found


@router.get("/runs/{run}/report", operation_id="report", response_class=HTMLResponse)
async def report(here: Here, run: RunId) -> HTMLResponse:
    """Return the self-contained page of a run, finished or not."""
    text: str = await worked_out(here, reports.report, folder_of(here, run).path)
    return HTMLResponse(text)


async def ask(here: Services, act: Any, *given: Any) -> Any:
    """Ask the worker process that reads files."""
    return await asyncio.to_thread(here.archive.call, DEADLINE, act, *given)


async def worked_out(here: Services, act: Any, *given: Any) -> Any:
    """Ask the worker process for what takes long: no list waits behind it."""
    return await asyncio.to_thread(here.analysis.call, PATIENCE, act, *given)


def folder_of(here: Services, run: str) -> RunFolder:
    """Return the folder of a run; 404 if there is none."""
    folder = RunFolder(here.bench.files.data / run)
    if not (folder.journal.exists() or folder.sealed.exists()):
        raise HTTPException(404, f"there is no run {run}")
    return folder


def live(here: Services, run: str, stream: str) -> LiveRun | None:
    """Return a run whose rows are in memory; None if it is not one."""
    found = here.bench.run(run)
    return found if found is not None and stream in found.feed.streams else None


def binary(found: Columns) -> Response:
    """Return numbers as they lie in memory; shape (columns, n)."""
    block = np.ascontiguousarray(found.values, dtype="<f8")
    return Response(
        block.tobytes(),
        media_type="application/octet-stream",
        headers={
            "x-labctl-columns": ",".join(found.names),
            "x-labctl-shape": f"{block.shape[0]},{block.shape[1]}",
            "x-labctl-first-row": str(found.first_row),
            "x-labctl-rows": str(found.rows),
            "x-labctl-rows-per-point": str(found.rows_per_point),
        },
    )
