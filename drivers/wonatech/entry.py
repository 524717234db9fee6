"""What the entry point ``wonatech-wbcs3000`` names: the driver and its wire."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from drivers.wonatech.folder import DiskFolder, Folder
from drivers.wonatech.options import read_options
from drivers.wonatech.schedule import schedule_for
from drivers.wonatech.wbcs3000 import Wbcs3000
from labctl.clock import Clock
from labctl.errors import InstrumentError
from labctl.roles.driver import Setup
from labctl.roles.playing import Why
from labctl.roles.record_source import RecordSource
from labctl.roles.schedule import ScheduleStep
from labctl.techniques import Technique

RECORD = ".wrd"
WHY_NOT = (
    "a WBCS3000 has no remote control: its maker publishes none, so nothing can be "
    "started or stopped on it from here."
)
INSTEAD = (
    "Enter the schedule there (`labctl protocol show PROTOCOL --for {name}` prints "
    "it), start it there, and record it with `labctl watch FILE --planned PROTOCOL`."
)


class Wbcs3000Driver:
    """A `labctl.roles.driver.Driver`; the address is the folder of the records.

    Or one of them: then it is the only one that is watched under this name.
    """

    def wire(self, setup: Setup) -> Folder:
        """Return the folder. InstrumentError: there is none."""
        path = Path(setup.address)
        if path.suffix.lower() == RECORD:
            path = path.parent
        if not path.is_dir():
            raise InstrumentError(
                f"{setup.name}: {setup.address} is no folder that can be reached; the "
                "address is where Smart Interface writes its .wrd files"
            )
        return DiskFolder(path)

    def open(self, wire: Any, setup: Setup, clock: Clock) -> Wbcs3000:
        """Return the cycler; nothing is asked of it."""
        return Wbcs3000(wire, setup, read_options(setup.name, setup.options), clock)

    def schedule(self, techniques: Sequence[Technique]) -> tuple[ScheduleStep, ...]:
        """See `labctl.roles.schedule.TakesSchedules`."""
        return schedule_for(techniques)

    def why_not(self, name: str, role: type) -> Why | None:
        """See `labctl.roles.playing.Explains`."""
        if role is RecordSource:
            return None
        return WHY_NOT, INSTEAD.format(name=name)


driver = Wbcs3000Driver()
