"""Make every output of a run safe, one failure never stopping the next."""

import logging
import typing
from collections.abc import Mapping

log = logging.getLogger(__name__)


class MakesSafe(typing.Protocol):
    """What every role with an output has."""

    def make_safe(self) -> None:
        """Take the energy off; idempotent."""
        ...


def make_all_safe(outputs: Mapping[str, MakesSafe]) -> dict[str, str]:
    """Make ``outputs`` safe in their order; return role -> why it may still be on."""
    unsafe = {}
    for name, output in outputs.items():
        try:
            _make_safe(output)
        except Exception as error:
            log.exception("%s could not be made safe", name)
            unsafe[name] = str(error) or type(error).__name__
    return unsafe


def unsafe_text(unsafe: Mapping[str, str]) -> str:
    """Return what `make_all_safe` could not do as one sentence."""
    return "; ".join(f"{role} was not made safe: {why}" for role, why in unsafe.items())


def _make_safe(output: MakesSafe) -> None:
    """Make one output safe; an impatient Ctrl-C in between does not keep it from it."""
    try:
        output.make_safe()
    except KeyboardInterrupt:
        output.make_safe()
