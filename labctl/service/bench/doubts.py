"""Seats that are not known to be off: lent to nobody, and remembered over a restart.

The station decides what is lent (`labctl.station.Station`); this keeps its doubts in
``DATA/.station/doubts.json``, so that neither a crash nor the next program takes a seat
for safe that nobody has looked at. A doubt ends when the seat is read back as off, when
the guard says so, or when a person vouches for it.
"""

import json
import logging
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from labctl.api.station_files import Premises, replace_text
from labctl.clock import SystemClock
from labctl.errors import DoubtfulError, OperatorError
from labctl.service.guard.lines import SeatState
from labctl.service.guard.safed_file import reports
from labctl.station import Station
from labctl.store.folder import list_runs

log = logging.getLogger(__name__)


class Doubts:
    """The doubts of one station and the file that keeps them; safe from any thread."""

    def __init__(self, station: Station, path: Path) -> None:
        """Doubt every seat that the file names."""
        self._station = station
        self._path = path
        self._lock = threading.RLock()
        self.were_lost = False
        """Whether the file could not be read, so that nobody knows what was doubted."""
        try:
            found = _read(path)
        except ValueError:
            log.exception("%s cannot be read; it is set aside", path)
            path.replace(path.with_suffix(".unreadable"))
            found, self.were_lost = _Kept(), True
        self._changed = dict(found.changed)
        for seat, why in found.doubts.items():
            station.doubt(seat, why)

    def __contains__(self, seat: object) -> bool:
        return seat in self._station.doubts()

    def is_news(self, seat: str, unix: float) -> bool:
        """Whether a word of ``unix`` (epoch s) is later than what is known of a seat.

        What a guard wrote before somebody cleared the seat says nothing any more.
        """
        return unix > self._changed.get(seat, 0.0)

    def doubt(self, seat: str, why: str) -> None:
        """Lend a seat to nobody until it is known to be off."""
        self._station.doubt(seat, why)
        self._save(seat)

    def settle(self, seat: str) -> bool:
        """Take note that a seat is off; return whether anybody had doubted it.

        BusyError: it is lent; whoever has it will say.
        """
        if seat not in self:
            return False
        self.clear(seat, by_hand=True)
        return True

    def clear(self, seat: str, *, by_hand: bool) -> None:
        """Make a seat safe and read it back, or believe a person, and lend it again.

        Errors: see `labctl.station.Station.clear`; it stays in doubt then.
        """
        self._station.clear(seat, by_hand=by_hand)
        self._save(seat)

    def _save(self, seat: str) -> None:
        with self._lock:
            self._changed[seat] = SystemClock().unix()
            try:
                _write(self._path, _Kept(self._station.doubts(), self._changed))
            except OSError:  # it is doubted all the same while this process lives
                log.exception("the doubts about seats could not be written")


def still_on(seat: str, why: str) -> str:
    """Return ``vsp300/1 may still be on: no answer within 5 s``."""
    return f"{seat} may still be on: {why}"


def cure(seats: Collection[str], data: str = "") -> str:
    """Say what a person has to do about seats that may still be on.

    ``data`` is the runs' folder where it is not the configured one.
    """
    where = f" --data {data}" if data else ""
    each = " and ".join(f"`labctl station clear {seat}{where}`" for seat in seats)
    which = "it" if len(seats) == 1 else "them"
    return f"Switch {which} off at the instrument, then {each}"


# ---- without a station's process


def kept(premises: Premises) -> dict[str, str]:
    """Return the seats that a data folder's file names: seat -> why."""
    return dict(_read(premises.doubts_file).doubts)


def refuse_doubtful(premises: Premises, seats: Collection[str], data: str = "") -> None:
    """DoubtfulError: one of the seats is not known to be off; ``data``: see `cure`."""
    try:
        found = kept(premises)
    except ValueError as error:
        raise DoubtfulError(
            f"{error}: nobody knows which outputs may still be on. Look at the "
            "instruments, then delete the file"
        ) from error
    for seat, why in found.items():
        if seat in seats and not _guard_saw_to(premises, seat):
            raise DoubtfulError(f"{still_on(seat, why)}. {cure([seat], data)}")


def _guard_saw_to(premises: Premises, seat: str) -> bool:
    """Tell whether a guard made a seat safe after it was doubted; forget it then."""
    since = _read(premises.doubts_file).changed.get(seat, 0.0)
    folders = [premises.folder, *(run.path for run in list_runs(premises.data))]
    for report in reversed(reports(folders)):
        end = report.seats.get(seat)
        if end is not None and report.unix > since:
            if end.state is SeatState.SAFE:
                forget(premises, seat)
            return end.state is SeatState.SAFE
    return False


def remember(premises: Premises, unsafe: Mapping[str, str]) -> None:
    """Keep what a run in the foreground left on: seat -> why."""
    premises.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = _read(premises.doubts_file)
    now = dict.fromkeys(unsafe, SystemClock().unix())
    doubts, changed = {**found.doubts, **unsafe}, {**found.changed, **now}
    _write(premises.doubts_file, _Kept(doubts, changed))


def forget(premises: Premises, seat: str) -> None:
    """Take a seat out of the file; OperatorError: it is not there."""
    found = _read(premises.doubts_file)
    if seat not in found.doubts:
        raise OperatorError(f"{seat} is not in doubt; there is nothing to clear")
    doubts = {s: why for s, why in found.doubts.items() if s != seat}
    changed = {**found.changed, seat: SystemClock().unix()}
    _write(premises.doubts_file, _Kept(doubts, changed))


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is in the file."""

    doubts: Mapping[str, str] = field(default_factory=dict)
    """Seat -> why it may still be on."""
    changed: Mapping[str, float] = field(default_factory=dict)
    """Seat -> when it was last doubted or cleared, epoch s."""


def _write(path: Path, kept: _Kept) -> None:
    told = {"doubts": dict(kept.doubts), "changed": dict(kept.changed)}
    replace_text(path, json.dumps(told, indent=1))


def _read(path: Path) -> _Kept:
    """Return what was kept; ValueError: the file makes no sense."""
    try:
        told = json.loads(path.read_text("utf-8"))
        doubts = {str(seat): str(why) for seat, why in told["doubts"].items()}
        changed = {str(seat): float(at) for seat, at in told["changed"].items()}
    except FileNotFoundError:
        return _Kept()
    except (OSError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: {error}") from error
    return _Kept(doubts, changed)
