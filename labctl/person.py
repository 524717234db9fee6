"""The person at a run by hand: what they ask, waiting to be done; crosses threads.

A step finds the person on its bench as it finds an instrument, under the role
`PERSON`. Whatever comes in was judged before: only what can be done waits here.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from labctl.clock import SystemClock
from labctl.errors import BusyError, OperatorError

PERSON = "person"
"""The role."""
HERE, KEEP = "here", "keep"
"""Somebody is still there; the reading of this moment shall be kept: neither ends what
goes on."""
SAFE, END = "safe", "end"
"""Everything off at once: it ends what goes on, and nothing asked before it is done;
everything off and the channels given back, once what was asked before is done."""
MOST_WAITING = 16
"""Requests that may wait while another one is done."""
NOT_HEARD = "this run takes no requests now"


@dataclass(frozen=True, slots=True)
class Request:
    """One thing that a person asks of a run that goes on."""

    kind: str
    """``drive``, ``sweep``, `HERE` …: what the protocol offers."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """As understood: JSON types, SI."""
    by: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return what the journal keeps of it."""
        return {"request": self.kind, "by": self.by, **self.values}


Judge = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""Returns values as understood. RefusedError: everything that is wrong with them."""


class Person:
    """Takes requests from any thread, gives them to the run's one by one.

    The run is that person's who asked first: another one may stop it, not drive it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[Request] = deque()
        self._judge: Judge | None = None
        self.who = ""
        """Who drives the run: whoever asked first; empty: nobody yet."""
        self.touched_unix = 0.0
        """When something was asked last, wall clock; 0: never."""
        self._began = threading.Event()
        self.arrived = threading.Event()
        """Set while a request waits, or once the run itself is asked something: what
        ends a step's wait for either."""
        self.touches = 0
        """How often anything was asked; a later number is a later touch."""

    def attend(self, judge: Judge) -> None:
        """Take requests from now on."""
        self._judge = judge
        self._began.set()

    def leave(self) -> None:
        """Take no more, and forget what waits."""
        with self._lock:
            self._judge = None
            self._waiting.clear()
            self.arrived.clear()
        self._began.set()

    def wait_until_heard(self, seconds: float) -> bool:
        """Wait, ``seconds`` of the wall at most, until requests are taken.

        False: they are not; the run did not begin yet, or it is over.
        """
        self._began.wait(seconds)
        return self.is_heard

    @property
    def is_heard(self) -> bool:
        """Whether requests are taken now."""
        return self._judge is not None

    def ask(self, kind: str, values: Mapping[str, Any], by: str) -> Request:
        """Ask for something; returns once it waits, judged, for its turn.

        RefusedError: it can never be done so; every complaint at once. BusyError:
        another person drives this run. OperatorError: nothing is asked of it now.
        """
        judge = self._judge
        if judge is None:
            raise OperatorError(NOT_HEARD)
        self._require(by)  # nobody reads complaints about what is not theirs to ask
        request = Request(kind, dict(judge(kind, values)), by)
        with self._lock:
            if self._judge is None:  # the run ended meanwhile: nobody would take it
                raise OperatorError(NOT_HEARD)
            self._put(request)
        return request

    def put(self, request: Request) -> None:
        """Let a request that was judged wait for its turn.

        `SAFE` waits for nothing that was asked before, and there is always room for it.
        """
        with self._lock:
            self._put(request)

    def _put(self, request: Request) -> None:
        self._require(request.by)
        if request.kind == SAFE:
            self._waiting.clear()
        elif request.kind != HERE and len(self._waiting) >= MOST_WAITING:
            raise OperatorError(f"{MOST_WAITING} requests wait already")
        self.who = self.who or request.by
        self.touches += 1
        self.touched_unix = SystemClock().unix()
        if request.kind != HERE:
            self._waiting.append(request)
            self.arrived.set()

    def _require(self, by: str) -> None:
        """Raise BusyError if another person drives the run."""
        if self.who not in {"", by}:
            text = f"{self.who} drives this run by hand"
            raise BusyError(text, {PERSON: self.who})

    @property
    def wants_off(self) -> bool:
        """Whether a request waits that ends what goes on."""
        with self._lock:
            return any(request.kind == SAFE for request in self._waiting)

    def take(self) -> Request | None:
        """Return the request whose turn it is; None if none waits."""
        with self._lock:
            if not self._waiting:
                return None
            request = self._waiting.popleft()
            if not self._waiting:
                self.arrived.clear()
            return request

    def settle(self) -> None:
        """Let steps wait again: nothing is asked of the run any more."""
        with self._lock:
            if not self._waiting:
                self.arrived.clear()

    def forget(self) -> None:
        """Drop what waits, but for what switches off: somebody interrupted the run."""
        with self._lock:
            kept = [request for request in self._waiting if request.kind == SAFE]
            self._waiting = deque(kept)
            if not kept:
                self.arrived.clear()
