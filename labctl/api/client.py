"""Talk to a station's process: what the command line, the window and scripts use.

One `StationClient` may be used by several threads. It keeps nothing but connections:
after a restart of the process make a new one (`labctl.api.discovery.find`).
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

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
from labctl.api.reader import StationReader
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
from labctl.api.transport import SLOW, TIMEOUT
from labctl.clock import SystemClock, stopwatch
from labctl.errors import LinkError

INSIST = 1.0
"""s of the wall in which a STOP that gets no answer is asked again."""
AGAIN = 0.02
"""s between two of its tries."""


class StationClient(StationReader):
    """The API of a station's process, call by call."""

    # ---- without effect

    def check(self, order: OrderIn) -> Checked:
        """Check an order; complaints are in the answer."""
        return self._wire.do("POST", "/check", Checked, order)

    def forecast(self, order: OrderIn, deadline: float = 20.0) -> ForecastOut:
        """Run an order on twins in virtual time; blocks up to ``deadline`` s or so."""
        asked = {"deadline": deadline}
        timeout = 2 * deadline + TIMEOUT
        return self._wire.do(
            "POST", "/forecast", ForecastOut, order, asked=asked, timeout=timeout
        )

    # ---- stop, hold, go on

    def stop_all(self, reason: str = "") -> Accepted:
        """STOP ALL; watch `State.stop` for what comes of it.

        Asked again where the connection was cut, for `INSIST`: twice stopped is
        stopped, and under a flood any connection may be the one that is cut.
        """
        why, begun = Why(reason=reason), stopwatch()
        while True:
            try:
                return self._wire.do("POST", "/stop", Accepted, why)
            except LinkError:
                if stopwatch() - begun >= INSIST:
                    raise
            SystemClock().sleep(AGAIN)

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
        return self._wire.do("POST", f"/runs/{run}/resume", Accepted, why, timeout=SLOW)

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
        return self._wire.do("POST", path, StationEvent, Acknowledge(by=by))

    def hold_channel(self, channel: str, reason: str = "") -> Accepted:
        """Let nothing from the queue start on a channel."""
        change = ChannelHold(channel=channel, hold=True, reason=reason)
        return self._wire.do("POST", "/channels", Accepted, change)

    def clear_channel(
        self, channel: str, *, by_hand: bool = False, reason: str = ""
    ) -> Accepted:
        """Make a channel that may still be on safe, read it back, and lend it again.

        ``by_hand``: a person has looked and vouches that it is off. InstrumentError:
        it is still not known to be off.
        """
        how = ClearIn(by_hand=by_hand, reason=reason)
        path = f"/channels/{quote(channel)}/clear"
        return self._wire.do("POST", path, Accepted, how, timeout=SLOW)

    def release_channel(self, channel: str) -> Accepted:
        """Let orders start on a channel again."""
        change = ChannelHold(channel=channel, hold=False)
        return self._wire.do("POST", "/channels", Accepted, change)

    # ---- start, queue, instruments

    def start(self, order: OrderIn) -> Started:
        """Start a run at once. RefusedError: every complaint."""
        return self._wire.do("POST", "/runs", Started, order, timeout=SLOW)

    def request(
        self, run: str, request: str, values: Mapping[str, Any] | None = None
    ) -> Accepted:
        """Ask something of a run by hand; it is done in its turn.

        RefusedError: every complaint. BusyError: another person drives it.
        """
        asked = AskIn(request=request, values=dict(values or {}))
        path = f"/runs/{run}/requests"
        return self._wire.do("POST", path, Accepted, asked, timeout=SLOW)

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
        return self._wire.do("POST", path, Amended, asked, timeout=SLOW)

    def enqueue(self, order: OrderIn, *, ready: bool = False) -> Queued:
        """Let an order wait for its channels."""
        wanted = QueueIn(order=order, ready=ready)
        return self._wire.do("POST", "/queue", Queued, wanted, timeout=SLOW)

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
        return self._wire.do("PATCH", f"/queue/{entry}", Accepted, change)

    def unqueue(self, entry: str) -> Accepted:
        """Take an order out of the queue."""
        return self._wire.do("DELETE", f"/queue/{entry}", Accepted, None)

    def keep_sample(self, name: str, label: Mapping[str, Any]) -> SampleOut:
        """Keep a label at the station; RefusedError: every complaint."""
        kept = SampleIn(label=dict(label))
        return self._wire.do("PUT", f"/samples/{name}", SampleOut, kept)

    def open_instrument(self, name: str) -> Accepted:
        """Connect an instrument and ask who it is."""
        path = f"/instruments/{name}/open"
        return self._wire.do("POST", path, Accepted, None, timeout=SLOW)

    def shutdown(self, *, stop_runs: bool = False) -> Accepted:
        """End the process; refused while runs go on, unless they shall be stopped."""
        asked = {"stop_runs": stop_runs}
        return self._wire.do("POST", "/shutdown", Accepted, None, asked=asked)

    def _wish(self, run: str, wish: str, reason: str) -> Accepted:
        why = Why(reason=reason)
        return self._wire.do("POST", f"/runs/{run}/{wish}", Accepted, why, timeout=SLOW)
