"""Load the library that `sdk_path` holds, and resolve its functions.

BioLogic ships a DLL, for Windows only. Whatever is loaded, prototypes and the code
behind them are the same.
"""

import ctypes as c
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from drivers.biologic.eclib import abi
from drivers.biologic.eclib.library import FunctionTable
from labctl.errors import InstrumentError

SHARED_OBJECT = "EClib64.so"
"""What is loaded where there is no Windows."""
_IS_WINDOWS = sys.platform.startswith("win")


def load_dll(sdk_path: str) -> FunctionTable:
    """Return the functions of the library under ``sdk_path``.

    BioLogic ships a DLL for Windows only. Elsewhere `SHARED_OBJECT` is loaded the same
    way if the folder holds one: another implementation of the same functions.
    InstrumentError: no such folder, no library in it, or one of other bitness.
    """
    folder = Path(sdk_path)
    path = folder / (_dll_name() if _IS_WINDOWS else SHARED_OBJECT)
    if not path.is_file():
        raise InstrumentError(_why_missing(path))
    library = _loaded(path)

    def resolve(name: str) -> Callable[..., Any] | None:
        try:
            function: Any = getattr(library, name)
        except AttributeError:
            return None
        function.restype, function.argtypes = abi.PROTOTYPES[name]
        return function  # type: ignore[no-any-return]

    return FunctionTable(resolve, str(path), str(folder))


def _dll_name() -> str:
    return "EClib64.dll" if c.sizeof(c.c_void_p) == 8 else "EClib.dll"  # noqa: PLR2004


def _why_missing(path: Path) -> str:
    if _IS_WINDOWS:
        return (
            f"biologic: {path} does not exist. Install the EC-Lab Development Package "
            "and set sdk_path to the folder that holds the DLL and the .ecc files."
        )
    return (
        "EClib is Windows-only: BioLogic ships no library for this system "
        f"({sys.platform}), and there is no {path}. Run labctl on the instrument's "
        "Windows PC, or use --simulate."
    )


def _loaded(path: Path) -> c.CDLL:
    """Load it. InstrumentError: the system cannot."""
    path = path.resolve()  # Windows takes a relative folder for a mistake
    try:
        if not _IS_WINDOWS:
            return c.CDLL(str(path))
        # EClib loads its own helpers lazily, from this folder.
        getattr(os, "add_dll_directory")(str(path.parent))  # noqa: B009
        return getattr(c, "WinDLL")(str(path))  # type: ignore[no-any-return] # noqa: B009
    except OSError as error:
        raise InstrumentError(
            f"biologic: {path} cannot be loaded: {error}. On Windows, error 193 means "
            "that the DLL's bitness differs from Python's."
        ) from error
