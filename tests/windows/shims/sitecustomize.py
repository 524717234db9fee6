"""Take away what Wine 8 names and lacks: the first thing that Python imports there.

pyserial asks cfgmgr32 for CM_MapCrToWin32Err as soon as it looks for ports, and shutil
copies with kernel32's CopyFile2 where `_winapi` has it: the first fails, the second
ends the process. Nothing that CI does on Wine needs a serial port.
"""

import sys
from types import ModuleType

if sys.platform == "win32":
    import _winapi

    del _winapi.CopyFile2

    ports = ModuleType("serial.tools.list_ports_windows")
    ports.comports = lambda include_links=False: []  # noqa: ARG005
    sys.modules[ports.__name__] = ports
