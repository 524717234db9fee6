"""Whose program a channel holds: what it is recognised by, and since when it runs.

A token is plain JSON, so that another process can compare it with what it reads. What
EClib numbers (techniques, boards) is compared as it is; parameters are compared by a
digest of what the channel says it holds. The duration that cuts a technique short is
no part of it, since a skip changes that while the technique runs.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drivers.biologic.eclib.abi import ChannelInfos
from drivers.biologic.eclib.codes import Firmware, State, firmware_name, state_name
from drivers.biologic.eclib.faults import EClibError, Remedy
from drivers.biologic.eclib.held import Held
from drivers.biologic.eclib.library import EClib
from drivers.biologic.techniques import BY_ID, TECHNIQUES
from drivers.biologic.upload.program import Upload
from labctl.clock import local

DRIVER = "biologic"
BETWEEN = 120.0
"""s at most between a claim and the start that it announces: the disk has 60 s to take
the claim, the link as much for the start, and a host's clock is set now and then."""
DRIFT = 2e-4
"""s a second that two clocks may differ: twice the 100 ppm of a cheap quartz."""
BACKWARDS = 2.0
"""s that an experiment's time may seem to go back (it is a float32 of s: 0.5 s after
90 days) before another one must have been started."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What a channel holds and does, read at one moment."""

    device: int
    """Device code."""
    serial: int
    """Of the channel's board."""
    firmware: int
    state: int
    kinds: tuple[int, ...] | None
    """EClib's number of each loaded technique; None where the library cannot say."""
    digest: str
    """Of their parameters; empty where the library cannot say."""
    count: int
    """Techniques loaded."""
    elapsed: float
    """s since the experiment began; 0 if it stands still."""
    filled: int
    """Bytes in the channel's memory that nobody has fetched."""

    @property
    def runs(self) -> bool:
        """Whether it does anything at all."""
        return self.state != State.STOP

    def told(self, now_unix: float) -> str:
        """Return what runs and since when, for a person."""
        what = _names(self.kinds) if self.kinds else f"{self.count} techniques"
        if self.firmware != Firmware.KERNEL:
            what = firmware_name(self.firmware)
        state = state_name(self.state)
        since = local(now_unix - self.elapsed)
        return f"{state}: {what}, since {since}" if self.elapsed else f"{state}: {what}"


def read_holding(
    library: EClib,
    link: int,
    channel: int,
    device: int,
    infos: ChannelInfos,
    count: int | None = None,
) -> Holding:
    """Return what the channel holds now; ``infos`` is its status of this moment.

    ``count`` techniques are read; None: as many as the status says.
    """
    values = library.current_values(link, channel)
    held: list[Held] | None = []
    if infos.FirmwareCode == Firmware.KERNEL:
        wanted = infos.NbOfTechniques if count is None else count
        held = read_loaded(library, link, channel, wanted)
    return Holding(
        device,
        infos.BoardSerialNumber,
        infos.FirmwareCode,
        infos.State,
        None if held is None else tuple(each.id for each in held),
        "" if held is None else digest(held),
        infos.NbOfTechniques,
        float(values.ElapsedTime) if infos.State != State.STOP else 0.0,
        infos.MemFilled,
    )


def read_loaded(
    library: EClib, link: int, channel: int, count: int
) -> list[Held] | None:
    """Return the loaded techniques as far as there are any.

    None where the library cannot say.
    """
    found = []
    for number in range(count):
        try:
            held = library.loaded(link, channel, number)
        except EClibError as error:
            if error.remedy in {Remedy.RETRY, Remedy.RECONNECT}:
                raise
            break  # there is none of that number
        if held is None:
            return None
        found.append(held)
    return found


def digest(held: Sequence[Held]) -> str:
    """Return a short fingerprint of what a channel holds."""
    lines = []
    for technique in held:
        table = BY_ID.get(technique.id)
        cut = "" if table is None else table.shortened_by
        values = sorted((k, v) for k, v in technique.parameters.items() if k[0] != cut)
        lines.append([technique.id, values])
    return hashlib.sha256(json.dumps(lines).encode()).hexdigest()[:16]


def make_token(
    holding: Holding,
    channel: int,
    uploads: Sequence[Upload],
    *,
    skipped: int = 0,
    zero: float = 0.0,
) -> dict[str, Any]:
    """Return what an upload is recognised by, and what its rows are read with.

    ``skipped`` techniques were left out of it, ``zero`` s of the experiment passed in
    an upload before.
    """
    kinds = None if holding.kinds is None else list(holding.kinds)
    return {
        "driver": DRIVER,
        "device": holding.device,
        "serial": holding.serial,
        "channel": channel + 1,
        "kinds": kinds,
        "digest": holding.digest,
        "count": len(uploads) if holding.count == len(uploads) else None,
        "uploads": [[each.table.name, each.source] for each in uploads],
        "skipped": skipped,
        "zero": zero,
    }


def uploads_of(token: Mapping[str, Any]) -> tuple[Upload, ...]:
    """Return the uploads that a token names, without their parameters."""
    return tuple(
        Upload(TECHNIQUES[name], int(source), ()) for name, source in token["uploads"]
    )


def difference(token: Mapping[str, Any], channel: int, now: Holding) -> str:
    """Return how what a channel holds differs from a token; empty: it is the same."""
    if token.get("driver") != DRIVER:
        return f"the claim is of {token.get('driver', 'an unknown driver')}"
    board = (token["device"], token["serial"], token["channel"])
    kinds, program, loaded = token["kinds"], token["digest"], token["count"]
    found = (
        (
            board != (now.device, now.serial, channel + 1),
            f"the claim is of channel {board[2]} with board {board[1]}; here is board "
            + str(now.serial),
        ),
        (
            now.firmware != Firmware.KERNEL,
            f"{firmware_name(now.firmware)} is on the channel",
        ),
        (
            loaded not in {None, now.count},
            f"{now.count} techniques are loaded, not {loaded}",
        ),
        (
            kinds is not None and now.kinds not in {None, tuple(kinds)},
            f"{_names(now.kinds)} is loaded, not {_names(kinds)}",
        ),
        (
            bool(program and now.digest) and program != now.digest,
            "the techniques have other parameters",
        ),
    )
    return next((text for differs, text in found if differs), "")


def began_then(elapsed: float, now_unix: float, started_unix: float) -> bool:
    """Tell whether what runs for ``elapsed`` s was started about ``started_unix``."""
    apart = abs(now_unix - elapsed - started_unix)
    return apart <= BETWEEN + DRIFT * elapsed


def _names(kinds: Sequence[int] | None) -> str:
    """Return such as ``CP (102), OCV (100)``."""
    known = [
        f"{BY_ID[k].name} ({k})" if k in BY_ID else f"technique {k}"
        for k in dict.fromkeys(kinds or ())
    ]
    return ", ".join(known)
