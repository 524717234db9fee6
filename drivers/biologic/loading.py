"""Sends a program to a channel and checks that the channel holds what was sent."""

import ctypes as c
from collections.abc import Sequence

from drivers.biologic.eclib import abi
from drivers.biologic.eclib.codec import Setting
from drivers.biologic.eclib.library import EClib
from drivers.biologic.program import Upload
from labctl.errors import InstrumentError

AT_ONCE = 1e-3
"""s; the duration that ends a technique in flight."""


def send(
    library: EClib,
    link: int,
    channel: int,
    uploads: Sequence[Upload],
    board: int,
    place: str,
) -> list[str]:
    """Load every technique and read it back; return the firmware's messages.

    InstrumentError: the channel holds another value than was sent, or none.
    """
    heard: list[str] = []
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
        check(library, link, channel, number, upload, place)
    return heard


def defined(library: EClib, settings: Sequence[Setting]) -> "c.Array[abi.EccParam]":
    """Return the settings as the library itself writes them."""
    parameters = (abi.EccParam * len(settings))()
    size = c.sizeof(abi.EccParam)
    for slot, setting in enumerate(settings):
        item = abi.EccParam.from_buffer(parameters, slot * size)
        library.define(item, setting.label, setting.value, setting.index)
    return parameters


def check(
    library: EClib,
    link: int,
    channel: int,
    number: int,
    upload: Upload,
    place: str,
) -> None:
    """Compare what the channel holds with what was sent."""
    held = library.loaded(link, channel, number)
    if held is None:
        return
    wrong = []
    for setting in upload.settings:
        bits = held.parameters.get((setting.label, setting.index))
        if bits is None:
            wrong.append(f"{setting.label}[{setting.index}] was ignored")
        elif bits != setting.bits():
            wrong.append(
                f"{setting.label}[{setting.index}] holds {bits:#x} instead of "
                f"{setting.bits():#x} ({setting.value!r})"
            )
    if wrong:
        raise InstrumentError(
            f"{place}: {upload.table.name} was not taken over as sent: "
            f"{'; '.join(wrong)}. Nothing was started; check that DLL and .ecc files "
            "come from one release."
        )


def shortening(
    library: EClib, link: int, channel: int, number: int, upload: Upload, board: int
) -> None:
    """End the technique in flight by cutting its duration."""
    label = upload.table.shortened_by
    parameters = defined(library, [Setting(label, AT_ONCE)])
    library.update_parameters(
        link, channel, number, upload.table.file_for(board), parameters
    )
