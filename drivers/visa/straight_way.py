"""The straight way for text: past PyVISA's resource to the library that it calls.

A resource's own ``write`` and ``read_raw`` send and read the same bytes, but set aside
warnings anew for every answer, which costs as much as a short message on a bus. Here
they are set aside once, see `keep_quiet`. Termination, encoding and chunk size are the
resource's own, and a session that is closed raises as there.
"""

from contextlib import AbstractContextManager
from typing import Any

from pyvisa.constants import StatusCode
from pyvisa.resources import MessageBasedResource

_MORE = StatusCode.success_max_count_read
"""An answer goes on."""


def is_open_to(kind: type) -> bool:
    """Tell whether resources of this kind add nothing to what their library does.

    Others have their own way: an instrument behind a Prologix controller is addressed
    before each message.
    """
    plain = MessageBasedResource
    return issubclass(kind, plain) and all(
        getattr(kind, name) is getattr(plain, name)
        for name in ("write", "write_raw", "read_raw", "_read_raw")
    )


def keep_quiet(resource: Any) -> AbstractContextManager[None]:
    """Take a long answer for nothing to warn of, until PyVISA reads by itself.

    Returns what must be kept for as long as that shall hold.
    """
    quiet: AbstractContextManager[None] = resource.ignore_warning(
        StatusCode.success_device_not_present, _MORE
    )
    quiet.__enter__()
    return quiet


def send(resource: Any, message: str) -> None:
    """Send one message, as PyVISA's ``write`` does."""
    content = message + (resource.write_termination or "")
    resource.visalib.write(resource.session, content.encode(resource.encoding))


def receive(resource: Any) -> bytes:
    """Return one whole answer, as PyVISA's ``read_raw`` does."""
    library, session, size = resource.visalib, resource.session, resource.chunk_size
    answer: bytes
    answer, status = library.read(session, size)
    if status != _MORE:
        return answer
    whole = bytearray(answer)
    while status == _MORE:
        answer, status = library.read(session, size)
        whole += answer
    return bytes(whole)
