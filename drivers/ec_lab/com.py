"""EC-Lab's COM object, and who calls it: one thread, with a deadline for each turn.

aurora-biologic brings comtypes and knows the object's name; its own class is not used,
because it starts EC-Lab by itself, keeps a configuration of its own, and reads no
points. COM objects belong to the thread that made them, so it is made there.
"""

import importlib
import logging
import platform
from collections.abc import Callable
from typing import Any, TypeVar

from drivers.biologic.eclib.worker import InTurn, Worker
from labctl.errors import InstrumentError, LinkError, OperatorError

log = logging.getLogger(__name__)

T = TypeVar("T")

REGISTER = (
    "In a console with an administrator's rights: cd to EC-Lab's folder and run "
    "EClab /regserver. EC-Lab (11.11 or newer) must be open on this desktop."
)


class Com:
    """The object, made when it is first needed, and anew when it has gone stale."""

    def __init__(self, make: Callable[[], Any], turn: Worker | InTurn) -> None:
        self._make, self._turn = make, turn
        self._object: Any = None

    def do(self, action: Callable[[Any], T]) -> T:
        """Run ``action`` with the object, on its thread.

        LinkError: EC-Lab does not answer; the next call makes the object anew.
        """
        return self._turn.do(lambda: self._called(action))

    def _called(self, action: Callable[[Any], T]) -> T:
        if self._object is None:
            self._object = self._make()
        try:
            return action(self._object)
        except InstrumentError:
            raise
        except (OSError, AttributeError, TypeError, ValueError) as error:
            self._object = None
            raise LinkError(f"EC-Lab does not answer as it should: {error}") from error
        except Exception as error:
            if not _is_of_com(error):
                raise
            self._object = None
            raise LinkError(f"EC-Lab does not answer: {error}") from error


def real_com(prog_id: str, timeout: float) -> Com:
    """Return EC-Lab's object on this PC. InstrumentError: it is no Windows."""
    if platform.system() != "Windows":
        raise InstrumentError(
            "EC-Lab's OLE-COM exists on Windows only. Run labctl on the PC on which "
            "EC-Lab runs, or use --simulate"
        )
    return Com(lambda: _created(prog_id), Worker("EC-Lab", timeout))


def _created(prog_id: str) -> Any:
    """Make the object on this thread, which is its own from now on."""
    try:
        comtypes = importlib.import_module("comtypes")
        client = importlib.import_module("comtypes.client")
    except ImportError as error:
        raise OperatorError(
            "EC-Lab is spoken to by comtypes, which is not installed: "
            "pip install 'labctl-bench[ec-lab]'"
        ) from error
    try:
        comtypes.CoInitialize()
        made = client.CreateObject(prog_id)
    except OSError as error:
        raise LinkError(f"{prog_id} cannot be reached: {error}. {REGISTER}") from error
    # A message box would block the call that raised it for ever.
    made.EnableMessagesWindows(0)
    return made


def _is_of_com(error: Exception) -> bool:
    """Tell whether comtypes raised it: its COMError is no OSError."""
    return type(error).__name__ == "COMError"
