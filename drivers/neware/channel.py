"""One channel of a Neware cycler: what it can, beside what all submitted channels do.

Signs: a Neware calls it charging when current flows into its positive lead. With the
working electrode there, that oxidises it: positive, as everywhere here; silicon against
lithium delithiates.
"""

from collections.abc import Mapping

from drivers.neware.answers import Address
from drivers.neware.link import Link
from drivers.neware.options import Options
from drivers.neware.program import NewareProgram
from drivers.submitted.channel import SubmittedChannel
from labctl import columns
from labctl.clock import Clock
from labctl.data import Column
from labctl.roles.capability import Capability


class NewareChannel(SubmittedChannel):
    """A channel behind a BTS Server."""

    def __init__(
        self, link: Link, address: Address, name: str, options: Options, clock: Clock
    ) -> None:
        super().__init__(NewareProgram(link, address, name, options), clock)
        self._address, self._options = address, options

    def capability(self) -> Capability:
        """See `labctl.roles.capability.StatesCapability`."""
        return Capability(
            current=self._options.max_current,
            least_current=self._options.least_current,
            galvanostat=True,
            potentiostat=True,
            sweeps=False,
            potentiostatic_impedance=False,
            galvanostatic_impedance=False,
            constant_power=False,
            board=f"Neware {self._address} (tests are submitted to BTS Server)",
        )

    @property
    def further_columns(self) -> Mapping[str, tuple[Column, ...]]:
        """See `labctl.roles.potentiostat.RecordsMore`.

        The instrument's charge is that of the step, C, signed as the current.
        """
        own = (columns.INSTRUMENT_CHARGE, columns.INSTRUMENT_CYCLE)
        return {columns.TIMESERIES.name: own}
