"""Make every output of a run safe, in order, one failure never stopping the next.

Stage by stage as `labctl.roles.safing_order` says. Within a stage each output has a
thread, so that a dead bus costs nobody else time; the next one begins when the one
before is done or after `HEAD_START`.
"""

import logging
import threading
import typing
from collections.abc import Mapping, Sequence

from labctl.clock import stopwatch
from labctl.errors import LabctlError
from labctl.roles.safing_order import Stage, in_stages
from labctl.waits import Owner, announce, owned_by, owner_here, to_the_end

log = logging.getLogger(__name__)

HEAD_START = 1.0
"""s of wall time for one output before the next of its stage begins beside it."""
STAGE_DEADLINE = 30.0
"""s of wall time for a stage; what is not done then may still be on."""


class MakesSafe(typing.Protocol):
    """What every role with an output has."""

    def make_safe(self) -> None:
        """Take the energy off; idempotent."""
        ...


def make_all_safe(outputs: Mapping[str, MakesSafe]) -> dict[str, str]:
    """Make ``outputs`` safe; return role -> why it may still be on.

    Relays stay as they are, and in doubt, if a source may still be on: none of them
    may open under current.
    """
    unsafe: dict[str, str] = {}
    for stage, names in in_stages(outputs).items():
        if stage is Stage.SWITCHES and unsafe:
            why = f"its relays were not moved, since {', '.join(unsafe)} may be on"
            unsafe |= dict.fromkeys(names, why)
            continue
        with announce("outputs to be made safe", STAGE_DEADLINE + HEAD_START):
            unsafe |= _one_stage({name: outputs[name] for name in names})
    return unsafe


def unsafe_text(unsafe: Mapping[str, str]) -> str:
    """Return what `make_all_safe` could not do as one sentence."""
    return "; ".join(f"{role} was not made safe: {why}" for role, why in unsafe.items())


def _one_stage(outputs: Mapping[str, MakesSafe]) -> dict[str, str]:
    begun, owner = stopwatch(), owner_here()
    failed: dict[str, str] = {}
    done: set[str] = set()
    threads = []
    for name, output in outputs.items():
        arguments = (name, output, owner, failed, done)
        threads.append(threading.Thread(target=_make_safe, args=arguments, daemon=True))
        threads[-1].start()
        _join(threads[-1:], HEAD_START)
    _join(threads, STAGE_DEADLINE - (stopwatch() - begun))
    late = outputs.keys() - done
    why = f"no answer within {STAGE_DEADLINE:g} s"
    return {n: failed.get(n, why) for n in outputs if n in failed or n in late}


def _join(threads: Sequence[threading.Thread], seconds: float) -> None:
    """Wait for threads, ``seconds`` for all of them."""
    until = stopwatch() + seconds
    for thread in threads:
        thread.join(max(until - stopwatch(), 0.0))


def _make_safe(
    name: str,
    output: MakesSafe,
    owner: Owner | None,
    failed: dict[str, str],
    done: set[str],
) -> None:
    try:
        with owned_by(owner), to_the_end():
            output.make_safe()
    except LabctlError as error:  # says what is wrong; the traceback tells no more
        log.warning("%s could not be made safe: %s", name, error)
        failed[name] = str(error)
    except Exception as error:
        log.exception("%s could not be made safe", name)
        failed[name] = str(error) or type(error).__name__
    done.add(name)
