"""A PyVISA backend whose instruments are twins.

A station hands a `LabsimLibrary` to PyMeasure's ``visa_library`` or to
``pyvisa.ResourceManager``; PyMeasure, PyVISA and the driver run unchanged. Answers are
whole messages with END on their last byte only; timeouts are the session's own, in
time of the instrument's clock.
"""
# ruff: noqa: ARG002  the signatures are PyVISA's

import itertools
import math
from collections.abc import Iterable, Mapping
from typing import Any

from pyvisa import constants, errors, rname
from pyvisa.constants import EventType, ResourceAttribute, StatusCode
from pyvisa.highlevel import VisaLibraryBase
from pyvisa.util import LibraryPath

from drivers.twins.scpi.exchange import Exchange, NotReadyError

_numbers = itertools.count(1)
_SUCCESS = StatusCode.success
_TERMINATED = StatusCode.success_termination_character_read
_FULL = StatusCode.success_max_count_read
_MANAGER = 1
"""Session of the resource manager itself."""


class Session:
    """One open resource."""

    __slots__ = (
        "attributes",
        "device",
        "end_on_write",
        "lost",
        "name",
        "stop",
        "timeout",
    )

    def __init__(self, name: str, device: Exchange, interface: Any, cls: str) -> None:
        self.name = name
        self.device = device
        self.end_on_write = cls == "INSTR" and interface is not _SERIAL
        self.lost = False
        """A fault: the connection is gone."""
        self.timeout = 2.0
        self.stop: int | None = None
        self.attributes: dict[ResourceAttribute, Any] = {
            ResourceAttribute.resource_name: name,
            ResourceAttribute.interface_type: interface,
            ResourceAttribute.resource_class: cls,
            ResourceAttribute.timeout_value: 2000,
            ResourceAttribute.termchar: 10,
            ResourceAttribute.termchar_enabled: constants.VI_FALSE,
            ResourceAttribute.send_end_enabled: constants.VI_TRUE,
            ResourceAttribute.interface_number: 0,
        }

    def refresh(self) -> None:
        """Take over what an attribute changed."""
        attributes = self.attributes
        milliseconds = attributes[ResourceAttribute.timeout_value]
        forever = milliseconds == constants.VI_TMO_INFINITE
        self.timeout = math.inf if forever else milliseconds / 1000.0
        enabled = attributes[ResourceAttribute.termchar_enabled]
        self.stop = attributes[ResourceAttribute.termchar] if enabled else None


_SERIAL = constants.InterfaceType.asrl


class LabsimLibrary(VisaLibraryBase):
    """PyVISA's library interface over a table of twins."""

    instruments: dict[str, Exchange]
    """By canonical resource name."""
    refusing = False
    """A fault: nothing can be opened."""
    _sessions: dict[int, Session]

    @classmethod
    def around(cls, instruments: Mapping[str, Exchange]) -> "LabsimLibrary":
        """Return a library that finds exactly these, by resource name."""
        library: LabsimLibrary = cls(LibraryPath(f"labsim-{next(_numbers)}", "labctl"))
        for name, device in instruments.items():
            library.add(name, device)
        return library

    @staticmethod
    def get_library_paths() -> Iterable[LibraryPath]:
        """Return the bench that ``@labsim`` alone means."""
        return (LibraryPath("hall", "labctl"),)

    @staticmethod
    def get_debug_info() -> dict[str, str]:
        """Return what ``pyvisa-info`` prints."""
        return {"Backend": "labctl's simulated instruments"}

    def _init(self) -> None:
        self.instruments = {}
        self._sessions = {}
        self._session_numbers = itertools.count(_MANAGER + 1)
        self._fill()

    def _fill(self) -> None:
        """Find instruments by the library's path; none for `around`."""

    def add(self, name: str, device: Exchange) -> None:
        """Let the resource called ``name`` be ``device``."""
        self.instruments[rname.to_canonical_name(name)] = device

    def open_default_resource_manager(self) -> tuple[Any, StatusCode]:
        """Open the manager's session."""
        return _MANAGER, self.handle_return_value(None, _SUCCESS)

    def open(
        self,
        session: Any,
        resource_name: str,
        access_mode: constants.AccessModes = constants.AccessModes.no_lock,
        open_timeout: int = constants.VI_TMO_IMMEDIATE,
    ) -> tuple[Any, StatusCode]:
        """Open one resource; error_resource_not_found if no twin has that name."""
        try:
            parsed = rname.ResourceName.from_string(resource_name)
        except rname.InvalidResourceName:
            code = StatusCode.error_invalid_resource_name
            return 0, self.handle_return_value(None, code)
        name = str(parsed)
        device = self.instruments.get(name)
        if device is None or self.refusing:
            code = StatusCode.error_resource_not_found
            return 0, self.handle_return_value(None, code)
        number = next(self._session_numbers)
        interface = parsed.interface_type_const
        self._sessions[number] = Session(name, device, interface, parsed.resource_class)
        return number, self.handle_return_value(None, _SUCCESS)

    def close(self, session: Any) -> StatusCode:
        """Close a session; the twin stays, a stream's unread answers do not."""
        found = self._sessions.pop(session, None)
        if found is not None and not found.end_on_write:
            found.device.discard()
        return self.handle_return_value(None, _SUCCESS)

    def list_resources(self, session: Any, query: str = "?*::INSTR") -> tuple[str, ...]:
        """Return the names that match ``query``."""
        return tuple(rname.filter(list(self.instruments), query))

    def cut(self, *, refuse: bool = False) -> None:
        """Lose every connection; ``refuse`` new ones until told otherwise."""
        for session in self._sessions.values():
            session.lost = True
            if not session.end_on_write:
                session.device.discard()
        self.refusing = refuse

    def _find(self, session: Any) -> Session:
        found = self._sessions.get(session)
        if found is None:
            raise errors.VisaIOError(StatusCode.error_invalid_object)
        if found.lost:
            raise errors.VisaIOError(StatusCode.error_connection_lost)
        return found

    def write(self, session: Any, data: bytes) -> tuple[int, StatusCode]:
        """Send bytes; GPIB, USB and VXI-11 end a message with the last one."""
        found = self._find(session)
        try:
            found.device.receive(data, found.end_on_write)
        except (AttributeError, TypeError, ValueError) as error:
            # a driver would take these for a session that is closed
            kind = type(error).__name__
            told = RuntimeError(
                f"the twin of {found.name} has a defect: {kind}: {error}"
            )
            raise told.with_traceback(error.__traceback__) from error
        return len(data), _SUCCESS

    def read(self, session: Any, count: int) -> tuple[bytes, StatusCode]:
        """Read up to ``count`` bytes of one answer."""
        found = self._find(session)
        try:
            data, end = found.device.read(count, found.timeout, found.stop)
        except NotReadyError:
            return b"", self.handle_return_value(session, StatusCode.error_timeout)
        if end:
            status = _SUCCESS
        elif found.stop is not None and data.endswith(bytes([found.stop])):
            status = _TERMINATED
        else:
            status = _FULL
        self._last_status = status
        self._last_status_in_session[session] = status
        return data, status

    def get_attribute(
        self,
        session: Any,
        attribute: ResourceAttribute | constants.EventAttribute,
    ) -> tuple[Any, StatusCode]:
        """Return one attribute; those that were never set are unsupported."""
        found = self._find(session)
        if attribute == ResourceAttribute.asrl_avalaible_number:
            waiting = found.device.waiting
            return waiting, self.handle_return_value(session, _SUCCESS)
        if attribute not in found.attributes:  # PyVISA also asks by bare number
            code = StatusCode.error_nonsupported_attribute
            return None, self.handle_return_value(session, code)
        value = found.attributes[ResourceAttribute(attribute)]
        return value, self.handle_return_value(session, _SUCCESS)

    def set_attribute(
        self, session: Any, attribute: ResourceAttribute, attribute_state: Any
    ) -> StatusCode:
        """Keep one attribute; baud rates and the like have no effect on a twin."""
        found = self._find(session)
        found.attributes[ResourceAttribute(attribute)] = attribute_state
        found.refresh()
        return self.handle_return_value(session, _SUCCESS)

    def clear(self, session: Any) -> StatusCode:
        """Clear the device: queues empty, operations abort."""
        self._find(session).device.clear()
        return self.handle_return_value(session, _SUCCESS)

    def flush(self, session: Any, mask: constants.BufferOperation) -> StatusCode:
        """Discard what waits to be read."""
        found = self._find(session)
        wanted = constants.BufferOperation
        if mask & (wanted.discard_read_buffer | wanted.discard_receive_buffer):
            found.device.discard()
        return self.handle_return_value(session, _SUCCESS)

    def read_stb(self, session: Any) -> tuple[int, StatusCode]:
        """Poll the status byte; clears its bit 6."""
        found = self._find(session)
        byte = found.device.serial_poll()
        return byte, self.handle_return_value(session, _SUCCESS)

    def assert_trigger(
        self, session: Any, protocol: constants.TriggerProtocol
    ) -> StatusCode:
        """Send a group execute trigger."""
        device = self._find(session).device
        with device.lock:
            device.trigger()
        return self.handle_return_value(session, _SUCCESS)

    def gpib_control_ren(
        self, session: Any, mode: constants.RENLineOperation
    ) -> StatusCode:
        """Accept; a twin has no front panel to lock."""
        return self.handle_return_value(session, _SUCCESS)

    def enable_event(
        self,
        session: Any,
        event_type: EventType,
        mechanism: constants.EventMechanism,
        context: None = None,
    ) -> StatusCode:
        """Accept; service requests are looked up when somebody waits."""
        return self.handle_return_value(session, _SUCCESS)

    def disable_event(
        self, session: Any, event_type: EventType, mechanism: constants.EventMechanism
    ) -> StatusCode:
        """Accept."""
        return self.handle_return_value(session, _SUCCESS)

    def discard_events(
        self, session: Any, event_type: EventType, mechanism: constants.EventMechanism
    ) -> StatusCode:
        """Accept; nothing is kept between two waits."""
        return self.handle_return_value(session, _SUCCESS)

    def wait_on_event(
        self, session: Any, in_event_type: EventType, timeout: int
    ) -> tuple[EventType, Any, StatusCode]:
        """Let time pass until the instrument asks for service, or ``timeout`` ms."""
        device = self._find(session).device
        clock = device.clock
        forever = timeout == constants.VI_TMO_INFINITE
        deadline = math.inf if forever else clock.now() + timeout / 1000.0
        while not device.requests_service():
            wake = device.next_wake()
            if wake is None or wake > deadline:
                if deadline < math.inf:
                    clock.sleep(deadline - clock.now())
                code = StatusCode.error_timeout
                return in_event_type, None, self.handle_return_value(session, code)
            clock.sleep(max(wake - clock.now(), 1e-6))
        status = self.handle_return_value(session, _SUCCESS)
        return in_event_type, None, status
