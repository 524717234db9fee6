"""The door to PyVISA: text goes out and comes in, and every failure is a LinkError.

PyVISA's backends raise their own errors, the operating system's, and whatever a closed
session leads to (None has no ``recv``); nobody beyond this file has to know.
"""

import contextlib
import logging
import select
import socket
from collections.abc import Iterator, Mapping
from typing import Any

from pymeasure.adapters import Adapter, VISAAdapter
from pyvisa import constants, errors

from drivers.visa import straight_way
from labctl.errors import InstrumentError, LinkError
from labctl.waits import WaitEnded

log = logging.getLogger(__name__)

BROKEN = (errors.Error, OSError, EOFError, ValueError, AttributeError, TypeError)
"""What talking to a session may raise; the last three come from closed ones."""
SHORTEST = 0.01
"""s; a timeout of zero means something else to VISA."""


class SilenceError(LinkError):
    """Nothing came in time; it may still come."""


class UnreadableError(InstrumentError):
    """Something came that is no text."""


class Door:
    """One VISA resource, opened, lost and opened again."""

    def __init__(
        self, wire: Any, address: str, name: str, settings: Mapping[str, Any]
    ) -> None:
        self.address = address
        self.name = name
        self._wire = wire
        self._settings = dict(settings)
        self.is_serial = address.upper().startswith(("ASRL", "COM"))
        """Whether a late answer survives closing and opening."""
        self.is_stream = self.is_serial or address.upper().endswith("SOCKET")
        """Whether bytes have no messages around them: sockets and serial lines."""
        self._adapter: Any = None
        self._resource: Any = None
        """PyVISA's, through which text goes; None while it is closed."""
        self._is_straight = False
        """Whether text goes the straight way."""
        self._quiet: Any = None
        """The context in which PyVISA keeps silent about long answers."""
        self._has_socket = False
        """Whether pyvisa-py holds a socket, which can be watched."""
        self._timeout = 0.0

    @classmethod
    def around(cls, adapter: Adapter, name: str) -> "Door":
        """Return a door that stands open and cannot be opened again."""
        door = cls(None, "", name, {})
        door._adapter = adapter
        return door

    @property
    def can_open(self) -> bool:
        """Whether there is an address to open."""
        return bool(self.address)

    @property
    def connection(self) -> Any:
        """PyVISA's resource; None while it is closed."""
        return getattr(self._adapter, "connection", None)

    def open(self, seconds: float) -> None:
        """Open the resource within about ``seconds``. LinkError: it does not."""
        self.close()
        settings = {**self._settings, "open_timeout": max(int(seconds * 1000), 100)}
        try:
            self._adapter = VISAAdapter(
                self.address, visa_library=self._wire, **settings
            )
        except WaitEnded:
            raise
        except Exception as error:  # pyvisa-py raises bare Exceptions here
            raise LinkError(
                f"{self.name}: {self.address} cannot be opened ({error}); check cable, "
                "power and address"
            ) from error
        self._timeout = 0.0
        self._resource = self.connection
        self._is_straight = straight_way.is_open_to(type(self._resource))
        self._keep_quiet()
        found = self._socket()
        self._has_socket = found is not None
        if found is not None:
            with contextlib.suppress(OSError):
                found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        """Close the resource, dead or alive."""
        adapter, self._adapter, self._resource = self._adapter, None, None
        self._is_straight = False
        if adapter is not None:
            with contextlib.suppress(*BROKEN):
                adapter.close()

    def write(self, message: str) -> None:
        """Send one message. LinkError: the bus did not take it."""
        log.debug("%s < %s", self.name, message)
        resource = self._resource
        try:
            if self._is_straight:
                straight_way.send(resource, message)
            else:
                (resource or self._open()).write(message)
        except BROKEN as error:
            raise self._failure(f"{message!r} was not taken", error) from error

    def read(self, seconds: float) -> str:
        """Return one answer without its end. SilenceError: none in ``seconds``."""
        resource = self._resource
        try:
            if resource is None:
                return str(self._open().read())
            if seconds != self._timeout:
                self._allow(seconds)
            if self._has_socket:
                self._wait(seconds)
            straight = self._is_straight
            raw = straight_way.receive(resource) if straight else resource.read_raw()
            text = raw.decode("ascii").rstrip("\r\n")
        except BROKEN as error:
            raise self._failure("no answer", error) from error
        log.debug("%s > %s", self.name, text)
        return text

    def write_bytes(self, content: bytes) -> None:
        """Send bytes as they are. LinkError: the bus did not take them."""
        with self._mapped(f"{len(content)} bytes were not taken"):
            self._open().write_bytes(content)

    def read_bytes(self, count: int, seconds: float, to_the_end: bool) -> bytes:
        """Return ``count`` bytes, -1 for all; ``to_the_end`` stops at a message's end.

        SilenceError: none in ``seconds``.
        """
        with self._mapped("no answer"):
            adapter = self._open()
            self._allow(seconds)
            self._wait(seconds)
            found = bytes(adapter.read_bytes(count, break_on_termchar=to_the_end))
            self._keep_quiet()
            return found

    def waiting(self) -> int:
        """Return how many bytes of a serial line can be read now.

        LinkError: the line is down.
        """
        with self._mapped("the link is down"):
            return int(
                self._open().connection.get_visa_attribute(
                    constants.ResourceAttribute.asrl_avalaible_number
                )
            )

    def flush(self) -> None:
        """Throw away what the interface holds to be read."""
        with self._mapped("cannot be flushed"):
            self._open().flush_read_buffer()

    def clear(self) -> bool:
        """Clear the device; return False where the interface cannot."""
        if self.is_stream or not self.can_open:
            return False
        try:
            self._open().connection.clear()
        except BROKEN:
            return False
        return True

    def discard(self) -> bool:
        """Throw away what waits to be read; return whether something did.

        LinkError: the other end has closed the connection.
        """
        if not self.is_stream:
            return False
        with self._mapped("the link is down"):
            found = self._socket()
            if found is not None:
                return self._discard_of(found)
            connection = self._open().connection
            try:
                waiting = connection.get_visa_attribute(
                    constants.ResourceAttribute.asrl_avalaible_number
                )
            except errors.VisaIOError as error:
                if (
                    error.error_code
                    == constants.StatusCode.error_nonsupported_attribute
                ):
                    return False  # a token is all there is
                raise
            if waiting:
                connection.flush(constants.BufferOperation.discard_read_buffer)
            return bool(waiting)

    def _discard_of(self, found: socket.socket) -> bool:
        if found.fileno() < 0:
            raise OSError("the session is closed")
        ready, _, _ = select.select([found], [], [], 0)
        if ready and not found.recv(1, socket.MSG_PEEK):
            raise ConnectionResetError("the other end closed it")
        waiting = bool(ready or self._session()._pending_buffer)  # noqa: SLF001
        if waiting:
            self._open().connection.clear()  # drains a socket in pyvisa-py
        return waiting

    def _keep_quiet(self) -> None:
        if self._is_straight:
            self._quiet = straight_way.keep_quiet(self._resource)

    def _open(self) -> Any:
        if self._adapter is None:
            raise LinkError(f"{self.name}: {self.address} is closed")
        return self._adapter

    def _allow(self, seconds: float) -> None:
        seconds = max(seconds, SHORTEST)
        if seconds != self._timeout and self.can_open:
            self._adapter.connection.timeout = 1000.0 * seconds
            self._timeout = seconds

    def _session(self) -> Any:
        """Return pyvisa-py's session; None under another backend."""
        connection = self.connection
        sessions = getattr(getattr(connection, "visalib", None), "sessions", None)
        if not isinstance(sessions, dict):
            return None
        return sessions.get(getattr(connection, "session", None))

    def _socket(self) -> socket.socket | None:
        found = getattr(self._session(), "interface", None)
        return found if isinstance(found, socket.socket) else None

    def _wait(self, seconds: float) -> None:
        """Notice a closed connection, which pyvisa-py takes for silence."""
        found = self._socket()
        if found is None or self._session()._pending_buffer:  # noqa: SLF001
            return
        ready, _, _ = select.select([found], [], [], max(seconds, SHORTEST))
        if not ready:
            raise SilenceError(f"{self.name}: no answer within {seconds:.3g} s")
        if not found.recv(1, socket.MSG_PEEK):
            raise ConnectionResetError("the other end closed it")

    @contextlib.contextmanager
    def _mapped(self, what: str) -> Iterator[None]:
        try:
            yield
        except BROKEN as error:
            raise self._failure(what, error) from error

    def _failure(self, what: str, error: Exception) -> InstrumentError:
        """Return what an error of `BROKEN` means."""
        if isinstance(error, UnicodeDecodeError):
            return UnreadableError(f"{self.name}: answers bytes that are no text")
        timeout = constants.StatusCode.error_timeout
        if getattr(error, "error_code", None) == timeout:
            return SilenceError(f"{self.name}: {what}: {error}")
        return LinkError(f"{self.name}: {what}: {error}")
