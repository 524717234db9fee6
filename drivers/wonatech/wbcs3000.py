"""A WBCS3000 as far as its maker lets anyone in: what it records can be read.

There is no remote control. So it plays `RecordSource` and nothing else.
"""

from collections.abc import Mapping

from drivers.wonatech.folder import Folder
from drivers.wonatech.follower import Follower
from drivers.wonatech.options import Options
from labctl.clock import Clock
from labctl.errors import InstrumentError
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity
from labctl.roles.record_source import Glance, RecordHead, RecordMark


class Wbcs3000Records:
    """The records of one cycler."""

    def __init__(
        self, name: str, folder: Folder, options: Options, clock: Clock
    ) -> None:
        self._name, self._folder = name, folder
        self._options, self._clock = options, clock
        self._follower: Follower | None = None

    def records(self) -> tuple[str, ...]:
        """See `labctl.roles.record_source.RecordSource`."""
        return self._folder.names()

    def follow(self, record: str, after: RecordMark | None = None) -> None:
        """See `labctl.roles.record_source.RecordSource`."""
        self._follower = Follower(self._folder, record, self._options, self._clock)
        self._follower.behind(after)

    def glance(self) -> Glance:
        """See `labctl.roles.record_source.RecordSource`."""
        if self._follower is None:
            raise InstrumentError(f"{self._name}: nobody said which record to follow")
        return self._follower.glance()

    def head(self) -> RecordHead | None:
        """See `labctl.roles.record_source.RecordSource`."""
        return None if self._follower is None else self._follower.head


class Wbcs3000:
    """See `labctl.roles.driver.Device`."""

    def __init__(
        self, folder: Folder, setup: Setup, options: Options, clock: Clock
    ) -> None:
        self._setup, self._options = setup, options
        channels = map(str, range(1, options.channels + 1))
        self._roles = {
            name: Wbcs3000Records(setup.name, folder, options, clock)
            for name in ("", *channels)
        }

    @property
    def roles(self) -> Mapping[str, object]:
        """What it plays: each reads one record at a time, none drives a cell."""
        return self._roles

    def identity(self) -> Identity:
        """Return what the configuration says: a folder says nothing of itself."""
        options = self._options
        serial = options.serial or "0"
        return Identity("WonATech", options.model, serial, "", self._setup.address)

    def close(self) -> None:
        """Nothing is open between two looks."""
