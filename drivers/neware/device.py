"""An open BTS Server; plays one `PotentiostatChannel` for each channel it names."""

from collections.abc import Mapping

from drivers.neware.channel import NewareChannel
from drivers.neware.link import Link
from drivers.neware.options import Options
from drivers.submitted.endpoint import Endpoint
from labctl.clock import Clock
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity


class NewareDevice:
    """The channels of all cyclers behind one server."""

    def __init__(
        self, endpoint: Endpoint, setup: Setup, options: Options, clock: Clock
    ) -> None:
        self.name, self.address = setup.name, setup.address
        self._link = Link(endpoint, setup.name, clock, options.timeout)
        self._channels = {
            name: NewareChannel(self._link, address, setup.name, options, clock)
            for name, address in self._link.channels.items()
        }

    @property
    def roles(self) -> Mapping[str, NewareChannel]:
        """Channels as BTS Client shows them: device-subdevice-channel, ``21-1-1``."""
        return self._channels

    def identity(self) -> Identity:
        """Return the cyclers behind the server; it tells no firmware."""
        devices = sorted({(a.devtype, a.device) for a in self._link.channels.values()})
        serial = ", ".join(f"{kind}-{number}" for kind, number in devices)
        return Identity("Neware", "BTS Server", serial, "", self.address)

    def close(self) -> None:
        """Hang up; tests go on."""
        self._link.close()
