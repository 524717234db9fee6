"""Who answers for what runs on a channel, and how that is stopped.

Only what was started, adopted or recognised here is stopped; whatever its state, and
with a look at what became of it. All else is named and left alone.
"""

import logging
import typing
from collections.abc import Mapping
from typing import Any

from drivers.biologic.eclib.codes import State, state_name
from drivers.biologic.experiment import START_GRACE, Experiment, was_started
from drivers.biologic.ownership import Holding, difference
from drivers.biologic.port import Port
from labctl.errors import (
    IdentityError,
    InstrumentError,
    LabctlError,
    LinkError,
    NotOursError,
    OperatorError,
    OwnershipError,
)

log = logging.getLogger(__name__)

SAFING_PATIENCE = 30.0
"""s for which a broken link is tried before a channel counts as not made safe."""
STOPS = 5
"""Times a channel is told to stop before it counts as deaf."""
PAUSE = 0.05
"""s between a stop and the next look at the channel; doubles."""


class Tenure:
    """What this program has to answer for on one channel."""

    def __init__(self, port: Port) -> None:
        self._port, self.place = port, port.place
        self.it: Experiment | None = None
        """What is loaded, or was when we last knew."""
        self.ours = False
        """Whether what runs may have been started here: only then is it stopped."""
        self.fetches = False
        """Whether the rows in the channel's memory are ours."""

    def loaded(self) -> Experiment:
        """Return what is loaded. OperatorError: nothing is."""
        if self.it is None:
            raise OperatorError(f"{self.place}: nothing is loaded")
        return self.it

    def refuse_running(self) -> typing.NoReturn:
        """Say what runs, and that nothing is loaded over it."""
        if self.ours:
            raise OwnershipError(
                f"{self.place}: the channel is running what was started here; wait for "
                "its end or stop it before something new is loaded"
            )
        raise NotOursError(
            f"{self.place}: the channel is running something that was not started here "
            f"({self.told_now()}); it is left alone. Wait for its end, stop it where "
            "it was started, or take another channel"
        )

    def told_now(self) -> str:
        """Return what runs now, for a person; never raises for that alone."""
        try:
            return self.said_of(self._port.holding())
        except LabctlError as error:  # the channel's firmware may not answer
            return f"it does not say what: {error}"

    def said_of(self, now: Holding) -> str:
        """Return what was read, for a person."""
        return now.told(self._port.device.clock.unix())

    def is_of(self, now: Holding, started_unix: float) -> bool:
        """Tell whether what runs was started then."""
        return was_started(now, self._port.device.clock.unix(), started_unix)

    def settled(self, token: Mapping[str, Any], started_unix: float) -> Holding:
        """Return what the channel holds; wait for what was started a moment ago."""
        clock, now = self._port.device.clock, self.held(token)
        while not (now.runs or now.filled):
            if not 0.0 <= clock.unix() - started_unix <= START_GRACE:
                break
            clock.sleep(PAUSE)
            now = self.held(token)
        return now

    def held(self, token: Mapping[str, Any]) -> Holding:
        """Return what the channel holds, as much of it as a token names."""
        return self._port.holding(count=len(token.get("uploads", ())))

    def take_over(self, token: Mapping[str, Any], now: Holding) -> Experiment:
        """Answer for what a token describes from now on."""
        it = self.it = Experiment.of_token(token, now, self._port.device.clock.now())
        self.ours = True
        self.expect(it)
        return it

    def expect(self, it: Experiment) -> None:
        """Let it be looked for whenever the link was broken; hold the link for it."""
        options = self._port.device.options
        holds = options.on_link_loss == "hold" and it.limited
        self._port.techniques = it.token["count"]
        self._port.patience = options.hold_link_for if holds else 0.0

    def let_go(self, *, rows: bool) -> None:
        """Answer no longer for what runs: it is somebody else's from now on.

        ``rows``: what the memory holds may still be ours.
        """
        self.ours = False
        self.fetches = self.fetches and rows
        self._port.techniques, self._port.patience = None, 0.0

    def check_own_start(self, it: Experiment) -> None:
        """After a start without an answer: it must be ours that runs."""
        now = self._port.holding(count=it.count)
        other = difference(it.token, self._port.number, now)
        if other and now.runs:
            self.let_go(rows=False)
            raise NotOursError(
                f"{self.place}: runs {self.said_of(now)}, which was not started here "
                f"({other}); it is left alone"
            )

    def stop(self) -> None:
        """Stop what is ours and read back that it stands still. InstrumentError."""
        pause, state = PAUSE, -1
        for _ in range(STOPS):
            if self._stands_or_is_not_ours():
                return
            self._port.exchange(
                lambda lib, link: lib.stop(link, self._port.number),
                patience=SAFING_PATIENCE,
                sure=False,
            )
            state = self._port.status(SAFING_PATIENCE).State
            if state == State.STOP:
                self.let_go(rows=True)
                return
            self._port.device.clock.sleep(pause)
            pause *= 2.0
        raise InstrumentError(
            f"{self.place}: was told to stop {STOPS} times and still says "
            f"{state_name(state)}. Disconnect the cell or switch the instrument off"
        )

    def _stands_or_is_not_ours(self) -> bool:
        """Tell whether nothing of ours runs any more, so that nothing may be stopped.

        A channel that was told to start a moment ago may say STOP and start yet.
        """
        it, clock = self.loaded(), self._port.device.clock.now()
        try:
            now = self._port.holding(SAFING_PATIENCE, it.count)
        except (LinkError, IdentityError):
            raise
        except InstrumentError:  # what it cannot say is no reason to let it run
            log.warning("%s: cannot say what it holds", self.place, exc_info=True)
            return False
        if not now.runs:
            ended = not it.may_begin_yet(clock)
            if ended:
                self.let_go(rows=True)
            return ended
        it.seen = True
        if not it.is_not(now, clock):
            return False
        text = "%s: somebody else runs something there now (%s); it is left alone"
        log.warning(text, self.place, self.said_of(now))
        self.let_go(rows=False)
        return True
