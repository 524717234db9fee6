"""Sends a program to a channel and checks that the channel holds what was sent.

How a library writes what a channel holds is not known of every release: floats may come
back as the board's own (TI) or IEEE, booleans as any number that is not 0. Values are
compared, not bits; and where a library cannot say, that is said.
"""

import ctypes as c
import logging
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from drivers.biologic.eclib import abi
from drivers.biologic.eclib.codec import Setting
from drivers.biologic.eclib.encodings import ti_floats
from drivers.biologic.eclib.faults import EClibError, Remedy
from drivers.biologic.eclib.held import Held
from drivers.biologic.eclib.library import EClib
from drivers.biologic.upload.program import Upload
from labctl.errors import InstrumentError

log = logging.getLogger(__name__)

AT_ONCE = 1e-3
"""s; the duration that ends a technique in flight."""
TI_ROUNDING = 2.0**-22
"""Part by which a float may differ that went through the board's own format."""

ReadBack = Literal["refuse", "warn", "off"]


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a program that was sent."""

    heard: tuple[str, ...]
    """The firmware's messages."""
    confirmed: bool
    """Whether the channel said that it holds every value as it was sent."""
    said: str
    """The same in words, for the run's record."""


def send(
    library: EClib,
    link: int,
    channel: int,
    uploads: Sequence[Upload],
    board: int,
    place: str,
    how: ReadBack = "refuse",
) -> Sent:
    """Load every technique and read it back as ``how`` says.

    InstrumentError: the channel holds another value than was sent, or none.
    """
    heard: list[str] = []
    answers: list[str] = []
    last = len(uploads) - 1
    for number, upload in enumerate(uploads):
        library.load_technique(
            link,
            channel,
            upload.table.file_for(board),
            defined(library, upload.settings),
            first=number == 0,
            last=number == last,
        )
        heard += library.messages(link, channel)
        if how != "off":
            answers.append(
                _read_back(library, link, channel, number, upload, place, how)
            )
    said = "; ".join(dict.fromkeys(answers)) or "not asked for (read_back: off)"
    confirmed = set(answers) <= {AS_SENT, AS_TI} and bool(answers)
    return Sent(tuple(heard), confirmed, said)


AS_SENT = "as sent"
AS_TI = "as sent, floats in the board's TI format"
CANNOT_SAY = "the library cannot say what the channel holds"


def defined(library: EClib, settings: Sequence[Setting]) -> "c.Array[abi.EccParam]":
    """Return the settings as the library itself writes them."""
    parameters = (abi.EccParam * len(settings))()
    size = c.sizeof(abi.EccParam)
    for slot, setting in enumerate(settings):
        item = abi.EccParam.from_buffer(parameters, slot * size)
        library.define(item, setting.label, setting.value, setting.index)
    return parameters


def _read_back(
    library: EClib,
    link: int,
    channel: int,
    number: int,
    upload: Upload,
    place: str,
    how: ReadBack,
) -> str:
    """Compare what the channel holds with what was sent; return the answer in words."""
    try:
        held = library.loaded(link, channel, number)
    except EClibError as error:
        if how == "refuse" or error.remedy in {Remedy.RETRY, Remedy.RECONNECT}:
            raise
        log.warning("%s: %s: %s", place, CANNOT_SAY, error)
        return f"{CANNOT_SAY} ({error})"
    if held is None:
        log.warning("%s: %s", place, CANNOT_SAY)
        return CANNOT_SAY
    wrong, answer = compared(upload.settings, held)
    if not wrong:
        return answer
    text = f"{place}: {upload.table.name} was not taken over as sent: " + "; ".join(
        wrong
    )
    if how == "refuse":
        raise InstrumentError(
            f"{text}. Nothing was started; check that DLL and .ecc files come from one "
            "release. If the values are right and only written in another way, set the "
            "option read_back: warn"
        )
    log.warning("%s", text)
    return text.partition(": ")[2]


def compared(settings: Sequence[Setting], held: Held) -> tuple[list[str], str]:
    """Return each difference, and how floats came back if there is none.

    One technique's floats are all IEEE or all TI: whichever leaves fewer differences.
    """
    ieee = _differences(settings, held, ti=False)
    ti = _differences(settings, held, ti=True) if ieee else ieee
    return (ti, AS_TI) if len(ti) < len(ieee) else (ieee, AS_SENT)


def _differences(settings: Sequence[Setting], held: Held, *, ti: bool) -> list[str]:
    wrong = []
    for setting in settings:
        where = f"{setting.label}[{setting.index}]"
        bits = held.parameters.get((setting.label, setting.index))
        if bits is None:
            wrong.append(f"{where} was ignored (sent {setting.value!r})")
            continue
        value = meaning(setting, bits, ti=ti)
        if not _same(setting.value, value):
            wrong.append(
                f"{where} holds {value!r} instead of {setting.value!r} (bits "
                f"{bits & 0xFFFFFFFF:#010x} and {setting.bits() & 0xFFFFFFFF:#010x})"
            )
    return wrong


def meaning(setting: Setting, bits: int, *, ti: bool) -> bool | int | float:
    """Return what held bits mean for a label of this kind."""
    if isinstance(setting.value, bool):
        return bits != 0
    if isinstance(setting.value, int):
        return bits
    word = bits & 0xFFFFFFFF
    if ti:
        return float(ti_floats(np.array([word], dtype=np.uint32))[0])
    value: float = struct.unpack("<f", struct.pack("<I", word))[0]
    return value


def _same(sent: float, held: float) -> bool:
    if isinstance(sent, int):
        return sent == held
    stored = float(np.float32(sent))
    return held == stored or abs(stored - held) <= TI_ROUNDING * abs(sent)


def shortening(
    library: EClib, link: int, channel: int, number: int, upload: Upload, board: int
) -> None:
    """End the technique in flight by cutting its duration."""
    label = upload.table.shortened_by
    parameters = defined(library, [Setting(label, AT_ONCE)])
    library.update_parameters(
        link, channel, number, upload.table.file_for(board), parameters
    )
