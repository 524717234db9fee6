"""One command line: what answers it, and how errors become words and exit codes.

Exit codes: 0 done; 1 failed; 2 usage; 3 refused before the start; 4 instrument or
station unreachable; 5 stopped by a safety limit; 6 stopped by a person; 7 a person
is needed: an output may still be on (it is said which), or a file is not whole.
stdout carries the result, stderr the talk.
"""

import logging
import os
import sys
from collections.abc import Iterable, Iterator, Sequence

import typer

from labctl.cli.code_page import make_streams_writable
from labctl.cli.tree import command
from labctl.errors import Complaint, LabctlError, RefusedError

MOST_OFFERS = 5
"""Further channels that are named where many could play a role."""
INTERRUPTED = 130
"""Ctrl-C before anything was started, as shells have it."""


def run_app() -> int:
    """Run the command line and return its exit code."""
    make_streams_writable()
    _log_to_stderr()
    try:
        # what a command left with, None if done
        code = command(sys.argv[1:])(standalone_mode=False)
    except typer.Exit as leave:
        return leave.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001  (the last door before the shell)
        return _complain(error)
    return code if isinstance(code, int) else 0


def _complain(error: Exception) -> int:
    """Say what went wrong on stderr and return the exit code."""
    if isinstance(error, RefusedError):
        sys.stderr.write("refused; nothing was switched on:\n")
        for complaint in error.complaints:
            sys.stderr.write(f"  {complaint}\n")
        for line in offered(error.complaints):
            sys.stderr.write(f"{line}\n")
        return error.exit_code
    if isinstance(error, LabctlError):
        sys.stderr.write(f"{error.fault}: {error}\n")
        return error.exit_code
    if hasattr(error, "show") and hasattr(error, "exit_code"):
        error.show()  # a usage error, in click's words
        return 2
    if os.environ.get("LABCTL_DEBUG"):
        raise error
    from labctl.registered import package_behind  # noqa: PLC0415  (start-up time)

    whose = package_behind(error)
    sys.stderr.write(
        f"labctl failed: {type(error).__name__}: {error}\n"
        f"This is a defect of {f'the package {whose}' if whose else 'labctl'}. "
        "LABCTL_DEBUG=1 shows where it happened.\n"
    )
    return 1


def offered(complaints: Iterable[Complaint]) -> Iterator[str]:
    """Yield, for each role, the channels that could play it, as one types them."""
    told = set()
    for each in complaints:
        if each.role in told or not (each.offers or each.perhaps):
            continue
        told.add(each.role)
        if each.offers:
            yield f"could do it: {_typed(each.role, each.offers)}"
        if each.perhaps:
            yield f"could, for all one knows: {_typed(each.role, each.perhaps)}"
    if told:
        yield "Nothing was chosen for you: the sample has to be connected there."


def _typed(role: str, channels: Sequence[str]) -> str:
    """Return the first channel as one types it, and the next ones by name."""
    first, *others = channels
    more = f" (or {', '.join(others[:MOST_OFFERS])}" if others else ""
    rest = len(others) - MOST_OFFERS
    more += f" and {rest} more" if rest > 0 else ""
    return f"--role {role}={first}{more and f'{more})'}"


def _log_to_stderr() -> None:
    level = os.environ.get("LABCTL_LOG", "ERROR").upper()
    logging.basicConfig(
        level=level,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
