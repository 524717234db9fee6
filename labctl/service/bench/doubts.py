"""Channels that are not known to be off: lent to nobody, and remembered over a restart.

The station decides what is lent (`labctl.station.Station`); this keeps its doubts in
``DATA/.station/doubts.json``, so that neither a crash nor the next program takes a
channel for safe that nobody has looked at. A doubt ends when the channel is read back
as off, when the guard says so, or when a person vouches for it.
"""

import json
import logging
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from labctl.api.station_files import StationFiles, replace_text
from labctl.clock import SystemClock
from labctl.errors import DoubtfulError, OperatorError
from labctl.service.guard.lines import ChannelSafety
from labctl.service.guard.safed_file import reports
from labctl.station import Station
from labctl.store.folder import list_runs

log = logging.getLogger(__name__)


class Doubts:
    """The doubts of one station and the file that keeps them; safe from any thread."""

    def __init__(self, station: Station, path: Path) -> None:
        """Doubt every channel that the file names."""
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
        for channel, why in found.doubts.items():
            station.doubt(channel, why)

    def __contains__(self, channel: object) -> bool:
        return channel in self._station.doubts()

    def is_news(self, channel: str, unix: float) -> bool:
        """Whether a word of ``unix`` (epoch s) is later than what is known of it.

        What a guard wrote before somebody cleared the channel says nothing any more.
        """
        return unix > self._changed.get(channel, 0.0)

    def doubt(self, channel: str, why: str) -> None:
        """Lend a channel to nobody until it is known to be off."""
        self._station.doubt(channel, why)
        self._save(channel)

    def settle(self, channel: str) -> bool:
        """Take note that a channel is off; return whether anybody had doubted it.

        BusyError: it is lent; whoever has it will say.
        """
        if channel not in self:
            return False
        self.clear(channel, by_hand=True)
        return True

    def clear(self, channel: str, *, by_hand: bool) -> None:
        """Make a channel safe and read it back, or believe a person, and lend it again.

        Errors: see `labctl.station.Station.clear`; it stays in doubt then.
        """
        self._station.clear(channel, by_hand=by_hand)
        self._save(channel)

    def _save(self, channel: str) -> None:
        with self._lock:
            self._changed[channel] = SystemClock().unix()
            try:
                _write(self._path, _Kept(self._station.doubts(), self._changed))
            except OSError:  # it is doubted all the same while this process lives
                log.exception("the doubts about channels could not be written")


def still_on(channel: str, why: str) -> str:
    """Return ``vsp300/1 may still be on: no answer within 5 s``."""
    return f"{channel} may still be on: {why}"


def cure(channels: Collection[str], data: str = "") -> str:
    """Say what a person has to do about channels that may still be on.

    ``data`` is the runs' folder where it is not the configured one.
    """
    where = f" --data {data}" if data else ""
    each = " and ".join(
        f"`labctl station clear {channel}{where}`" for channel in channels
    )
    which = "it" if len(channels) == 1 else "them"
    return f"Switch {which} off at the instrument, then {each}"


# ---- without a station's process


def kept(files: StationFiles) -> dict[str, str]:
    """Return the channels that a data folder's file names: channel -> why."""
    return dict(_read(files.doubts_file).doubts)


def refuse_doubtful(
    files: StationFiles, channels: Collection[str], data: str = ""
) -> None:
    """DoubtfulError: one of them is not known to be off; ``data``: see `cure`."""
    try:
        found = kept(files)
    except ValueError as error:
        raise DoubtfulError(
            f"{error}: nobody knows which outputs may still be on. Look at the "
            "instruments, then delete the file"
        ) from error
    for channel, why in found.items():
        if channel in channels and not _guard_saw_to(files, channel):
            raise DoubtfulError(f"{still_on(channel, why)}. {cure([channel], data)}")


def _guard_saw_to(files: StationFiles, channel: str) -> bool:
    """Tell whether a guard made a channel safe after it was doubted; forget it then."""
    since = _read(files.doubts_file).changed.get(channel, 0.0)
    folders = [files.folder, *(run.path for run in list_runs(files.data))]
    for report in reversed(reports(folders)):
        end = report.channels.get(channel)
        if end is not None and report.unix > since:
            if end.state is ChannelSafety.SAFE:
                forget(files, channel)
            return end.state is ChannelSafety.SAFE
    return False


def remember(files: StationFiles, unsafe: Mapping[str, str]) -> None:
    """Keep what a run in the foreground left on: channel -> why."""
    files.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = _read(files.doubts_file)
    now = dict.fromkeys(unsafe, SystemClock().unix())
    doubts, changed = {**found.doubts, **unsafe}, {**found.changed, **now}
    _write(files.doubts_file, _Kept(doubts, changed))


def forget(files: StationFiles, channel: str) -> None:
    """Take a channel out of the file; OperatorError: it is not there."""
    found = _read(files.doubts_file)
    if channel not in found.doubts:
        raise OperatorError(f"{channel} is not in doubt; there is nothing to clear")
    doubts = {s: why for s, why in found.doubts.items() if s != channel}
    changed = {**found.changed, channel: SystemClock().unix()}
    _write(files.doubts_file, _Kept(doubts, changed))


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is in the file."""

    doubts: Mapping[str, str] = field(default_factory=dict)
    """Channel -> why it may still be on."""
    changed: Mapping[str, float] = field(default_factory=dict)
    """Channel -> when it was last doubted or cleared, epoch s."""


def _write(path: Path, kept: _Kept) -> None:
    told = {"doubts": dict(kept.doubts), "changed": dict(kept.changed)}
    replace_text(path, json.dumps(told, indent=1))


def _read(path: Path) -> _Kept:
    """Return what was kept; ValueError: the file makes no sense."""
    try:
        told = json.loads(path.read_text("utf-8"))
        doubts = {str(channel): str(why) for channel, why in told["doubts"].items()}
        changed = {str(channel): float(at) for channel, at in told["changed"].items()}
    except FileNotFoundError:
        return _Kept()
    except (OSError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: {error}") from error
    return _Kept(doubts, changed)
