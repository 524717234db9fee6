"""Talk to a station's process: what the command line, the window and scripts use.

One `StationClient` may be used by several threads. It keeps nothing but connections:
after a restart of the process make a new one (`labctl.api.discovery.find`).
"""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx
import numpy as np
from pydantic import BaseModel, TypeAdapter

from labctl.api.answers import (
    Accepted,
    Amended,
    AuditLine,
    Checked,
    ForecastOut,
    InstrumentOut,
    ManualOut,
    Pong,
    Problem,
    ProtocolOut,
    Queued,
    ResultOut,
    RunDetail,
    RunEvent,
    RunList,
    SampleOut,
    Started,
    StepOut,
)
from labctl.api.drawings import FiguresOut
from labctl.api.error_kinds import class_of
from labctl.api.models import QueueEntry, State, StationEvent
from labctl.api.requests import (
    Acknowledge,
    AmendIn,
    ChannelHold,
    ChannelIn,
    ClearIn,
    ManualIn,
    OrderIn,
    QueueChange,
    QueueIn,
    RunWish,
    SampleIn,
    Why,
)
from labctl.api.run_search import RunOrder
from labctl.api.station_files import Address
from labctl.data import Array
from labctl.errors import (
    BusyError,
    Complaint,
    InstrumentError,
    LabctlError,
    LimitError,
    LinkError,
    OperatorError,
    RefusedError,
    StoreError,
)
from labctl.figures.grouping import Grouping

T = TypeVar("T")
TIMEOUT = 5.0
"""s for an answer; forecasts, reports and long polls add their own."""
INSIST = 2
"""Times that a STOP is asked again."""
SLOW = 60.0
"""s for what takes long; twice that where it may have to wait for its like."""
SLOW_EACH = 5.0
"""s more for each run that is compared."""
_FAULTS: dict[str, type[LabctlError]] = {
    "operator": OperatorError,
    "limit": LimitError,
    "instrument": InstrumentError,
    "store": StoreError,
}


class AccessError(OperatorError):
    """The station does not let this token do that."""


class TooManyRequestsError(LinkError):
    """The station asks to wait a moment."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of a run's stream, as rows or thinned."""

    columns: Mapping[str, Array]
    """Name -> values, shape (n,), float64. Thinned: ``NAME:first|min|max``."""
    first_row: int
    """Number of the first row that is in it."""
    rows: int
    """Rows of the stream at the station."""
    rows_per_point: int
    """1: the rows themselves; else how many rows a point stands for."""

    @property
    def next_row(self) -> int:
        """Cursor for the next `rows` call."""
        return self.first_row + len(next(iter(self.columns.values()), ()))


class StationClient:
    """The API of a station's process, call by call.

    LinkError: no answer. AccessError: token. Others: as the station raised them.
    """

    def __init__(
        self,
        address: Address,
        token: str,
        *,
        client: str = "script",
        user: str = "",
        timeout: float = TIMEOUT,
        verify: str | bool = True,
    ) -> None:
        self.address = address
        self._timeout = timeout
        self._http = httpx.Client(
            base_url=address.url,
            headers={
                "authorization": f"Bearer {token}",
                "x-labctl-client": _ascii(client),
                "x-labctl-user": _ascii(user),
            },
            timeout=timeout,
            trust_env=False,  # no proxy between a window and its own machine
            verify=verify,
        )

    # ---- looking

    def ping(self) -> Pong:
        """Return who answers, and what the token allows."""
        return self._get("/ping", Pong)

    def state(self, since: int = -1, wait: float = 0.0) -> State:
        """Return the whole state; wait up to ``wait`` s for another than ``since``."""
        asked = {"since": since, "wait": wait}
        return self._get("/state", State, asked, timeout=self._timeout + wait)

    def protocols(self) -> list[ProtocolOut]:
        """Return the measurement protocols and their forms."""
        return self._get("/protocols", list[ProtocolOut])

    def samples(self) -> list[SampleOut]:
        """Return the samples that can be measured."""
        return self._get("/samples", list[SampleOut])

    def instruments(self) -> list[InstrumentOut]:
        """Return the instruments as far as they are known."""
        return self._get("/instruments", list[InstrumentOut])

    def runs(
        self,
        search: str = "",
        limit: int = 100,
        offset: int = 0,
        order: RunOrder = RunOrder.STARTED,
        *,
        ascending: bool = False,
    ) -> RunList:
        """Return a page of the runs on the disk that match every word, sorted."""
        asked: dict[str, Any] = {"search": search, "limit": limit, "offset": offset}
        asked |= {"order": str(order), "ascending": ascending}
        return self._get("/runs", RunList, asked, timeout=SLOW)

    def run(self, run: str) -> RunDetail:
        """Return everything about a run but its rows."""
        return self._get(f"/runs/{run}", RunDetail, timeout=SLOW)

    def steps(self, run: str, after: int = 0, limit: int = 500) -> list[StepOut]:
        """Return the steps after one."""
        asked = {"after": after, "limit": limit}
        return self._get(f"/runs/{run}/steps", list[StepOut], asked, timeout=SLOW)

    def run_events(self, run: str, after: int = 0, limit: int = 500) -> list[RunEvent]:
        """Return a run's own events after one."""
        asked = {"after": after, "limit": limit}
        return self._get(f"/runs/{run}/events", list[RunEvent], asked, timeout=SLOW)

    def results(self, run: str) -> dict[str, ResultOut]:
        """Return the results as they stand."""
        return self._get(f"/runs/{run}/results", dict[str, ResultOut], timeout=SLOW)

    def expected(self, run: str) -> ForecastOut | None:
        """Return what a run was expected to come to; None if nobody knows yet."""
        try:
            return self._get(f"/runs/{run}/forecast", ForecastOut)
        except OperatorError:
            return None

    def rows(
        self, run: str, stream: str, after: int = 0, limit: int = 10_000
    ) -> Columns:
        """Return rows from number ``after`` on; go on with `Columns.next_row`."""
        asked = {"stream": stream, "after": after, "limit": limit}
        return self._binary(f"/runs/{run}/rows", asked)

    def window(
        self,
        run: str,
        stream: str,
        y: Sequence[str],
        *,
        x: str = "test_time_second",
        begin: float | None = None,
        end: float | None = None,
        px: int = 800,
    ) -> Columns:
        """Return what lies between two test times (s), thinned for ``px`` pixels."""
        asked: dict[str, Any] = {"stream": stream, "y": ",".join(y), "x": x, "px": px}
        if begin is not None:
            asked["from"] = begin
        if end is not None:
            asked["to"] = end
        return self._binary(f"/runs/{run}/window", asked)

    def figures(self, run: str) -> FiguresOut:
        """Return what its protocol draws of a run; may take as long as a report."""
        return self._get(f"/runs/{run}/figures", FiguresOut, timeout=2 * SLOW)

    def report(self, run: str) -> str:
        """Return the self-contained HTML page of a run."""
        return self._send("GET", f"/runs/{run}/report", timeout=2 * SLOW).text

    def compare(
        self,
        runs: Sequence[str],
        by: Grouping = Grouping.SAMPLE,
        words: Sequence[str] = (),
        without: Sequence[str] = (),
    ) -> str:
        """Return the HTML page that compares several runs, 40 at most."""
        asked = {
            "run": list(runs),
            "by": str(by),
            "words": list(words),
            "without": list(without),
        }
        timeout = SLOW + len(runs) * SLOW_EACH
        return self._send("GET", "/report", asked=asked, timeout=timeout).text

    def queue(self) -> list[QueueEntry]:
        """Return what waits, in the order in which it starts."""
        return self._get("/queue", list[QueueEntry])

    def events(self, after: int = -1, limit: int = 200) -> list[StationEvent]:
        """Return the station's events after one; -1 gives the latest ones."""
        return self._get(
            "/events", list[StationEvent], {"after": after, "limit": limit}
        )

    def audit(self, after: int = 0) -> list[AuditLine]:
        """Return who did what."""
        return self._get("/audit", list[AuditLine], {"after": after})

    # ---- without effect

    def check(self, order: OrderIn) -> Checked:
        """Check an order; complaints are in the answer."""
        return self._do("POST", "/check", Checked, order)

    def forecast(self, order: OrderIn, deadline: float = 20.0) -> ForecastOut:
        """Run an order on twins in virtual time; blocks up to ``deadline`` s or so."""
        asked = {"deadline": deadline}
        timeout = 2 * deadline + TIMEOUT
        return self._do(
            "POST", "/forecast", ForecastOut, order, asked=asked, timeout=timeout
        )

    # ---- stop, hold, go on

    def stop_all(self, reason: str = "") -> Accepted:
        """STOP ALL; watch `State.stop` for what comes of it.

        Asked again at once where the connection was cut: twice stopped is stopped.
        """
        why = Why(reason=reason)
        for _ in range(INSIST):
            with contextlib.suppress(LinkError):
                return self._do("POST", "/stop", Accepted, why)
        return self._do("POST", "/stop", Accepted, why)

    def hold(self, run: str, reason: str = "") -> Accepted:
        """Open the circuit and wait."""
        return self._wish(run, "hold", reason)

    def resume(
        self, run: str, reason: str = "", *, accept_voltage: bool = False
    ) -> Accepted:
        """Go on with a held run, or with an interrupted one.

        ``accept_voltage``: wherever the cell of an interrupted one is now.
        """
        why = RunWish(reason=reason, accept_voltage=accept_voltage)
        return self._do("POST", f"/runs/{run}/resume", Accepted, why, timeout=SLOW)

    def skip(self, run: str, reason: str = "") -> Accepted:
        """End the step in flight."""
        return self._wish(run, "skip", reason)

    def stop(self, run: str, reason: str = "") -> Accepted:
        """End a run in good order."""
        return self._wish(run, "stop", reason)

    def finish(self, run: str, reason: str = "") -> Accepted:
        """End an interrupted run with results from what there is."""
        return self._wish(run, "finish", reason)

    def discard(self, run: str, reason: str = "") -> Accepted:
        """End an interrupted run without results; its rows stay."""
        return self._wish(run, "discard", reason)

    def acknowledge(self, number: int, by: str) -> StationEvent:
        """Say that a person has seen an event."""
        path = f"/events/{number}/acknowledge"
        return self._do("POST", path, StationEvent, Acknowledge(by=by))

    def hold_channel(self, channel: str, reason: str = "") -> Accepted:
        """Let nothing from the queue start on a channel."""
        change = ChannelHold(channel=channel, hold=True, reason=reason)
        return self._do("POST", "/channels", Accepted, change)

    def clear_channel(
        self, channel: str, *, by_hand: bool = False, reason: str = ""
    ) -> Accepted:
        """Make a channel that may still be on safe, read it back, and lend it again.

        ``by_hand``: a person has looked and vouches that it is off. InstrumentError:
        it is still not known to be off.
        """
        how = ClearIn(by_hand=by_hand, reason=reason)
        path = f"/channels/{quote(channel)}/clear"
        return self._do("POST", path, Accepted, how, timeout=SLOW)

    def release_channel(self, channel: str) -> Accepted:
        """Let orders start on a channel again."""
        change = ChannelHold(channel=channel, hold=False)
        return self._do("POST", "/channels", Accepted, change)

    # ---- start, queue, instruments

    def start(self, order: OrderIn) -> Started:
        """Start a run at once. RefusedError: every complaint."""
        return self._do("POST", "/runs", Started, order, timeout=SLOW)

    def amend(
        self,
        run: str,
        parameters: Mapping[str, Any],
        reason: str = "",
        *,
        dry_run: bool = False,
    ) -> Amended:
        """Change what a run has still to do. RefusedError, OperatorError: nothing."""
        asked = AmendIn(parameters=dict(parameters), reason=reason, dry_run=dry_run)
        path = f"/runs/{run}/amend"
        return self._do("POST", path, Amended, asked, timeout=SLOW)

    def enqueue(self, order: OrderIn, *, ready: bool = False) -> Queued:
        """Let an order wait for its channels."""
        wanted = QueueIn(order=order, ready=ready)
        return self._do("POST", "/queue", Queued, wanted, timeout=SLOW)

    def change_queue(
        self,
        entry: str,
        *,
        ready: bool | None = None,
        hold: bool | None = None,
        position: int | None = None,
    ) -> Accepted:
        """Mark an order as ready, hold it, or move it."""
        change = QueueChange(ready=ready, hold=hold, position=position)
        return self._do("PATCH", f"/queue/{entry}", Accepted, change)

    def unqueue(self, entry: str) -> Accepted:
        """Take an order out of the queue."""
        return self._do("DELETE", f"/queue/{entry}", Accepted, None)

    def keep_sample(self, name: str, label: Mapping[str, Any]) -> SampleOut:
        """Keep a label at the station; RefusedError: every complaint."""
        kept = SampleIn(label=dict(label))
        return self._do("PUT", f"/samples/{name}", SampleOut, kept)

    def open_instrument(self, name: str) -> Accepted:
        """Connect an instrument and ask who it is."""
        path = f"/instruments/{name}/open"
        return self._do("POST", path, Accepted, None, timeout=SLOW)

    def by_hand(self, act: ManualIn) -> ManualOut:
        """Do one thing with a free channel by hand."""
        return self._do("POST", "/manual", ManualOut, act, timeout=SLOW)

    def hands_off(self, channel: str) -> Accepted:
        """Make a hand-driven channel safe and give it back."""
        which = ChannelIn(channel=channel)
        return self._do("POST", "/manual/release", Accepted, which, timeout=SLOW)

    def shutdown(self, *, stop_runs: bool = False) -> Accepted:
        """End the process; refused while runs go on, unless they shall be stopped."""
        asked = {"stop_runs": stop_runs}
        return self._do("POST", "/shutdown", Accepted, None, asked=asked)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # ---- how

    def _wish(self, run: str, wish: str, reason: str) -> Accepted:
        why = Why(reason=reason)
        return self._do("POST", f"/runs/{run}/{wish}", Accepted, why, timeout=SLOW)

    def _get(
        self,
        path: str,
        kind: type[T],
        asked: Mapping[str, Any] | None = None,
        *,
        timeout: float | None = None,
    ) -> T:
        answer = self._send("GET", path, asked=asked, timeout=timeout)
        return TypeAdapter(kind).validate_json(answer.content)

    def _do(
        self,
        method: str,
        path: str,
        kind: type[T],
        body: BaseModel | None,
        *,
        asked: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> T:
        content = None if body is None else body.model_dump_json(exclude_none=True)
        answer = self._send(method, path, asked=asked, content=content, timeout=timeout)
        return TypeAdapter(kind).validate_json(answer.content)

    def _binary(self, path: str, asked: Mapping[str, Any]) -> Columns:
        answer = self._send("GET", path, asked=asked, timeout=SLOW)
        names = answer.headers["x-labctl-columns"].split(",")
        shape = tuple(map(int, answer.headers["x-labctl-shape"].split(",")))
        block = np.frombuffer(answer.content, dtype="<f8").reshape(shape)
        return Columns(
            dict(zip(names, block, strict=True)),
            int(answer.headers["x-labctl-first-row"]),
            int(answer.headers["x-labctl-rows"]),
            int(answer.headers["x-labctl-rows-per-point"]),
        )

    def _send(
        self,
        method: str,
        path: str,
        *,
        asked: Mapping[str, Any] | None = None,
        content: str | None = None,
        timeout: float | None = None,
    ) -> httpx.Response:
        headers = {} if content is None else {"content-type": "application/json"}

        def once() -> httpx.Response:
            return self._http.request(
                method,
                path,
                params=asked,
                content=content,
                headers=headers,
                timeout=timeout or self._timeout,
            )

        try:
            try:
                answer = once()
            except (httpx.ReadError, httpx.RemoteProtocolError):
                if method != "GET":  # a look may be taken twice, an act may not
                    raise
                answer = once()
        except httpx.HTTPError as error:
            raise LinkError(
                f"the station at {self.address.url} does not answer ({error}); "
                "`labctl status` shows whether it runs"
            ) from error
        if answer.is_success:
            return answer
        raise _error(answer)


def _error(answer: httpx.Response) -> LabctlError:
    try:
        problem = Problem.model_validate_json(answer.content)
    except ValueError:
        return LinkError(f"the station answered {answer.status_code} without a reason")
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return TooManyRequestsError(problem.message)
    if problem.fault == "access":
        return AccessError(problem.message)
    if problem.complaints:
        return RefusedError(
            Complaint(c.where, c.what, c.cure, c.why) for c in problem.complaints
        )
    kind = class_of(problem.kind)
    if kind is BusyError:
        return BusyError(problem.message, problem.holders)
    if kind is None or kind is RefusedError:
        kind = _FAULTS.get(problem.fault, OperatorError)
    return kind(problem.message)


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode()
