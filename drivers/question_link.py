"""A link of single questions and answers, HTTP or Modbus: asked again, and recognised.

Whatever an instrument of this kind is asked or told is the same twice as once, so a
question that fails is repeated. After a silence or an answer that cannot be one:

1. the connection is made anew, with growing pauses;
2. the same maker, model and serial must answer: another is an IdentityError, and
   nothing else is sent to it;
3. what was left there (`expect`: set point, mode) must be there still; else it is
   refused until somebody sets it up from scratch (`trust`).

That takes about three time-outs; then the configuration decides
(`drivers.visa.link_options.OnLinkLoss`). How bytes travel is the driver's own business.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

from drivers.visa.link_options import LinkOptions, OnLinkLoss
from labctl.clock import Clock
from labctl.data import Event, Level
from labctl.errors import IdentityError, InstrumentError, LinkError
from labctl.roles.identity import Identity
from labctl.waits import WaitEnded, announce, asked, is_in_passing, tell, to_the_end

log = logging.getLogger(__name__)
T = TypeVar("T")

LADDER = 3.0
"""Time-outs that all tries may take together."""
SAFING = 5.0
"""s that they may take at least while an output is made safe."""
SAFING_TRIES = 5
"""So often an output is switched off until it reads off."""
PAUSES = (0.05, 5.0)
"""s between two tries, first and longest."""
TURN = 0.2
"""s between two looks for a stop while somebody else has the link."""
NONSENSE = 2
"""So many answers that cannot be ones are enough."""


class ChangedError(InstrumentError):
    """What answers is not in the state in which it was left."""


def _nothing() -> None:
    pass


class QuestionLink:
    """One instrument's link, shared by its roles and safe between threads."""

    def __init__(
        self,
        name: str,
        clock: Clock,
        options: LinkOptions,
        introduce: Callable[[], Identity],
        reopen: Callable[[], None] = _nothing,
    ) -> None:
        """Make it; ``introduce`` asks who is there, ``reopen`` connects anew."""
        self.name = name
        self.options = options
        self.reopened = 0
        """Times the link was lost and came back."""
        self._clock = clock
        self._introduce = introduce
        self._reopen = reopen
        self._known: Identity | None = None
        self._checks: dict[int, Callable[[], None]] = {}
        self._lock = threading.RLock()
        self._is_lost = False
        self._why = ""
        """Why it is lost."""
        self._is_inside = False
        """Whether the ladder itself is asking."""
        self._doubt = ""
        """Why it may not be used before `trust`."""
        self._is_safing = False

    def meet(self) -> Identity:
        """Ask who is there, and remember it. LinkError: nobody answers."""
        with self._turn():
            seconds = self.options.timeout
            with announce(f"{self.name} to open", 2.0 * seconds):
                self._known = self._introduce()
            return self._known

    def expect(self, owner: object, check: Callable[[], None]) -> None:
        """Call ``check`` whenever the link came back; it raises InstrumentError."""
        self._checks[id(owner)] = check

    def trust(self) -> None:
        """Take the instrument as it is: it is about to be set up from scratch."""
        self._doubt = ""

    def ask(self, what: str, act: Callable[[], T]) -> T:
        """Return what one exchange ``act`` returns. LinkError: none succeeded.

        ``what`` is what was asked, for the error. InstrumentError: it answers nonsense,
        or is not as it was left.
        """
        with self._turn():
            if self._is_inside:
                return act()
            if self._doubt and not self._is_safing:
                raise ChangedError(
                    f"{self.name}: {self._doubt}; tell it its temperature again before "
                    "it is used"
                )
            return self._tried(what, act)

    def safely(self, switch_off: Callable[[], None]) -> None:
        """Do ``switch_off``, which reads back, so that nothing on the way ends it.

        InstrumentError: it is not known to be off.
        """
        with self._turn(), to_the_end():
            before, self._is_safing = self._is_safing, True
            try:
                self._again_and_again(switch_off)
            finally:
                self._is_safing = before

    def _again_and_again(self, switch_off: Callable[[], None]) -> None:
        for tries_left in reversed(range(SAFING_TRIES)):
            try:
                return switch_off()
            except KeyboardInterrupt:
                log.warning("%s: is being made safe; Ctrl-C waits", self.name)
            except LinkError:
                raise  # its ladder was long enough
            except InstrumentError:
                if not tries_left:
                    raise
        raise InstrumentError(f"{self.name}: was interrupted while made safe")

    # The ladder.

    def _tried(self, what: str, act: Callable[[], T]) -> T:
        began, pause, nonsense = self._clock.now(), PAUSES[0], 0
        until = began + max(
            LADDER * self.options.timeout, SAFING if self._is_safing else 0.0
        )
        is_told = False
        while True:
            try:
                return self._once(act, began)
            except (ChangedError, IdentityError):
                raise  # asked again, it is the same
            except LinkError as error:
                trouble: InstrumentError = error
            except InstrumentError as error:
                trouble, nonsense = error, nonsense + 1
                if nonsense >= NONSENSE:
                    raise
            log.info("%s: %s failed: %s", self.name, what, trouble)
            if self._clock.now() + pause >= until:
                if is_told or not self._holds():
                    raise LinkError(
                        f"{self.name}: no answer to {what} ({trouble}); check cable, "
                        "power and address"
                    ) from trouble
                is_told, until = True, began + self.options.hold_for
                self._tell_that_it_holds(trouble)
            with announce(f"the link to {self.name}", pause):
                self._clock.sleep(pause)
            pause = min(2.0 * pause, PAUSES[1])

    def _once(self, act: Callable[[], T], began: float) -> T:
        """Do ``act``, after the instrument was recognised if the link was lost."""
        try:
            with announce(f"an answer of {self.name}", self.options.timeout):
                if self._is_lost and self._known is not None:
                    self._recognise(self._known)
                    self._is_lost = False
                    self._tell_that_it_is_back(self._clock.now() - began)
                return act()
        except (ChangedError, IdentityError):
            raise
        except BaseException as error:
            self._is_lost = True  # also when it was interrupted: an answer is due
            self._why = str(error) or "it was interrupted"
            raise

    def _recognise(self, known: Identity) -> None:
        self._reopen()
        found = self._introduce()
        if (found.maker, found.model, found.serial) != (
            known.maker,
            known.model,
            known.serial,
        ):
            raise IdentityError(
                f"{self.name}: at {known.address} stands now a {found.maker} "
                f"{found.model}, serial {found.serial}, and no longer {known.maker} "
                f"{known.model}, serial {known.serial}; nothing was sent to it"
            )
        if self._is_safing:
            return
        self._is_inside = True
        try:
            for check in list(self._checks.values()):
                check()
        except LinkError:
            raise
        except InstrumentError as error:
            self._doubt = f"is not as it was left ({error})"
            self._is_lost = False
            raise ChangedError(f"{self.name}: {self._doubt}") from error
        finally:
            self._is_inside = False

    def _holds(self) -> bool:
        """Return whether the configuration lets it try for longer."""
        if self._is_safing or is_in_passing():
            return False
        return self.options.on_loss is not OnLinkLoss.MAKE_SAFE

    def _tell_that_it_holds(self, trouble: InstrumentError) -> None:
        is_alarm = self.options.on_loss is OnLinkLoss.ALARM
        text = (
            f"{self.name}: the link is lost ({trouble}); it regulates on by itself; "
            f"the link is tried for {self.options.hold_for:g} s"
        )
        tell(Event(Level.ALARM if is_alarm else Level.WARNING, "link", text))

    def _tell_that_it_is_back(self, seconds: float) -> None:
        self.reopened += 1
        text = (
            f"{self.name}: the link was lost ({self._why}) and is back after "
            f"{seconds:.1f} s; lost {self.reopened} times so far"
        )
        tell(Event(Level.WARNING, "link", text))

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """Have the link to oneself. WaitEnded: the run was asked while it waited."""
        if not self._lock.acquire(blocking=False):
            hold = 0.0 if is_in_passing() else self.options.hold_for
            seconds = hold + 2.0 * LADDER * self.options.timeout
            until = self._clock.now() + seconds
            with announce(f"its turn at {self.name}", seconds):
                while not self._lock.acquire(timeout=TURN):
                    if asked().is_set():
                        raise WaitEnded
                    if self._clock.now() > until:
                        raise LinkError(f"{self.name}: somebody else keeps its link")
        try:
            yield
        finally:
            self._lock.release()
