"""One instrument of EC-Lab's list; plays a `PotentiostatChannel` for each channel."""

from collections.abc import Mapping

from drivers.ec_lab.channel import EcLabChannel
from drivers.ec_lab.client import EcLabClient
from drivers.ec_lab.com import Com
from drivers.ec_lab.options import Options
from labctl.clock import Clock
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity


class EcLabDevice:
    """An instrument that EC-Lab has connected."""

    def __init__(
        self, com: Com, place: int, setup: Setup, options: Options, clock: Clock
    ) -> None:
        self.name, self.address = setup.name, setup.address
        self._client = EcLabClient(com, place, setup.name, clock)
        self._serial, channels = self._client.who()
        self._channels = {
            str(number + 1): EcLabChannel(self._client, number, serial, options, clock)
            for number, serial in enumerate(channels)
            if serial
        }

    @property
    def roles(self) -> Mapping[str, EcLabChannel]:
        """Channels by their number in EC-Lab's window: ``{"1": …, "2": …}``."""
        return self._channels

    def identity(self) -> Identity:
        """Return the serial that EC-Lab tells; it names no model here."""
        return Identity("BioLogic", "EC-Lab", str(self._serial), "", self.address)

    def close(self) -> None:
        """Do nothing: EC-Lab stays connected, and runs go on."""
