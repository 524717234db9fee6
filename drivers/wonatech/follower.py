"""Follow one growing ``.wrd`` file: its head, its rows as they come, its end.

A last row that is not whole yet is kept until the rest of it is there. The head is
looked at again each time, because the program writes the end of the test into it.
"""

import math
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from drivers.wonatech.conversion import Conversion
from drivers.wonatech.folder import BLOCK, FileGoneError, Folder
from drivers.wonatech.options import Options
from labctl import columns
from labctl.clock import Clock
from labctl.data import Batch
from labctl.errors import IdentityError, InstrumentError
from labctl.formats.wonatech.layout import HEAD, Head, LayoutError, read_head
from labctl.formats.wonatech.rows import RowError, read_rows
from labctl.formats.wonatech.schedule import schedule_of
from labctl.roles.record_source import Glance, RecordHead, Recordings, RecordMark

PROGRAM = "WonATech Smart Interface"
_OTHER = "is another test than the one that this run has read"
_CURE = "put the file back, or start a new run with it"


class Follower:
    """Reads one file; every path in its errors is the file's name."""

    def __init__(
        self, folder: Folder, file: str, options: Options, clock: Clock
    ) -> None:
        self._folder, self.file = folder, file
        self._options, self._clock = options, clock
        self._after: RecordMark | None = None
        self._head: Head | None = None
        self._head_bytes = b""
        self._told: RecordHead | None = None
        self._conversion: Conversion | None = None
        self._at = 0
        """Where the next bytes are."""
        self._rest = b""
        """Of a row that is not whole."""
        self._size = -1
        self._grown = clock.now()
        """When the file was last seen to change."""
        self._quiet_since = -math.inf
        """The same, but a first look at a file that is there is no change."""
        self._wrong_since: float | None = None
        """When its head was first not to be read, or the file missing; None: it is."""

    def behind(self, mark: RecordMark | None) -> None:
        """Hand on only rows behind ``mark``."""
        self._after = mark

    @property
    def head(self) -> RecordHead | None:
        """What the file says of itself; None: its head is not whole yet."""
        return self._told

    def glance(self) -> Glance:
        """Return what has come; see `labctl.roles.record_source.RecordSource`."""
        try:
            size = self._length()
            if size != self._size:
                self._quiet_since = self._clock.now() if self._size >= 0 else -math.inf
                self._size, self._grown = size, self._clock.now()
                self._wrong_since = None
            if size < self._at:
                raise InstrumentError(
                    f"{self.file}: was cut short: it had {self._at} bytes and has "
                    f"{size}; {_CURE}"
                )
            found = self._read_head()
            if found is None:
                return self._waits("its head is not whole yet")
            rows = self._read_rows(found)
        except FileGoneError as error:
            return self._waits(str(error))
        except _BusyError as error:
            return Glance(self._stands(), waits_for=str(error))
        stands = self._stands()
        waited = self._clock.now() - self._grown
        if stands is Recordings.ENDED or waited > self._options.patience:
            self._refuse_short()
        remarks = () if self._conversion is None else tuple(self._conversion.remarks)
        return Glance(stands, rows, remarks=remarks)

    # ── head ─────────────────────────────────────────────────────────────────

    def _read_head(self) -> Head | None:
        length = HEAD if self._head is None else len(self._head_bytes)
        block = self._bytes(0, length)
        if self._head is not None and block == self._head_bytes:
            self._wrong_since = None
            return self._head
        try:
            head = read_head(block)
        except LayoutError as error:
            if self._may_mend:
                return self._head  # it is being written
            raise InstrumentError(
                f"{self.file}: {error}: it is no record of {PROGRAM} that labctl "
                "knows; export the test as CSV there"
            ) from error
        told = self._introduced(head)
        if self._told is not None and told.to_json() != self._told.to_json():
            raise InstrumentError(f"{self.file}: {_OTHER}; {_CURE}")
        if self._head is None:
            self._at = head.begin
            self._conversion = Conversion(self.file, head, told.started_unix)
        elif head.begin != self._head.begin or head.rows != self._head.rows:
            raise InstrumentError(f"{self.file}: {_OTHER}; {_CURE}")
        self._head, self._told, self._wrong_since = head, told, None
        self._head_bytes = block[: head.begin]
        return head

    def _introduced(self, head: Head) -> RecordHead:
        serial = head.text("SerialNo")
        wanted = self._options.serial
        if wanted and serial and serial != wanted:
            raise IdentityError(
                f"{self.file}: was written by the cycler {serial}, expected {wanted}"
            )
        zone = ZoneInfo(self._options.zone) if self._options.zone else None
        unix, place, assumed = _moment(head.started, zone)
        schedule = schedule_of(head)
        every = [step.every_second for step in schedule if step.every_second]
        return RecordHead(
            self.file,
            PROGRAM,
            head.text("Model"),
            serial,
            unix,
            place,
            assumed,
            schedule,
            max(every, default=math.nan),
        )

    # ── rows ─────────────────────────────────────────────────────────────────

    def _read_rows(self, head: Head) -> Batch | None:
        assert self._conversion is not None  # noqa: S101  (made with the head)
        block = self._bytes(self._at, BLOCK)
        if not block:
            return None
        before = self._conversion.rows
        try:
            rows, rest = read_rows(self._rest + block, head.rows)
        except RowError as error:
            row = before + error.row
            raise InstrumentError(
                f"{self.file}: row {row}: {error.what}: no row of a .wrd file; copy it "
                "from the cycler's PC again"
            ) from error
        self._at += len(block)
        self._rest = rest
        if not len(rows.get("TEST TIME", ())):
            return None
        return self._fresh(self._conversion.batch(rows), before)

    def _fresh(self, batch: Batch, before: int) -> Batch | None:
        """Return the rows behind the mark; compare those up to it with it."""
        mark = self._after
        if mark is None:
            return batch
        if before + len(batch) < mark.rows:
            return None
        self._after = None
        last = mark.rows - before - 1
        digest = batch.columns[columns.RECORD_DIGEST.name]
        if mark.digest >= 0 and int(digest[last]) != mark.digest:
            raise InstrumentError(f"{self.file}: {_OTHER}; {_CURE}")
        kept = np.arange(len(batch)) > last
        if not kept.any():
            return None
        return Batch(batch.stream, {k: v[kept] for k, v in batch.columns.items()})

    def _refuse_short(self) -> None:
        """Refuse a file that holds less than the run read of it before."""
        if self._after is None or self._conversion is None or self._size > self._at:
            return
        raise InstrumentError(
            f"{self.file}: was cut short: it has {self._conversion.rows} rows, and "
            f"this run has read {self._after.rows}; {_CURE}"
        )

    @property
    def _may_mend(self) -> bool:
        """Whether what is wrong now is not wrong for long."""
        now = self._clock.now()
        self._wrong_since = now if self._wrong_since is None else self._wrong_since
        return now - self._wrong_since <= self._options.patience

    def _stands(self) -> Recordings:
        head, conversion = self._head, self._conversion
        if head is None or conversion is None:
            return Recordings.AWAITED
        quiet = self._clock.now() - self._quiet_since >= self._options.quiet
        more = self._size > self._at
        counted = head.count is not None and conversion.rows >= head.count
        over = conversion.run_status in self._options.finished_statuses
        if quiet and not more and (head.ended or counted or over):
            return Recordings.ENDED
        return Recordings.GROWING

    def _length(self) -> int:
        try:
            return self._folder.size(self.file)
        except FileGoneError:
            raise
        except InstrumentError as error:
            raise _BusyError(str(error)) from error

    def _bytes(self, begin: int, count: int) -> bytes:
        try:
            return self._folder.read(self.file, begin, count)
        except FileGoneError:
            raise
        except InstrumentError as error:
            raise _BusyError(str(error)) from error

    def _waits(self, why: str) -> Glance:
        if self._head is not None and not self._may_mend:
            raise InstrumentError(f"{self.file}: was moved away or removed; {_CURE}")
        return Glance(self._stands(), waits_for=why)


class _BusyError(InstrumentError):
    """It cannot be read now; the next look may."""


def _moment(said: datetime | None, zone: ZoneInfo | None) -> tuple[float, str, bool]:
    """Return when test time 0 was, in which zone that was read, and if assumed."""
    if said is None:
        return math.nan, "", False
    if said.tzinfo is not None:
        return said.timestamp(), "", False
    local = said.replace(tzinfo=zone) if zone else said.astimezone()
    return local.timestamp(), str(zone or local.tzname()), zone is None
