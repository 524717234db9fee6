"""One channel in EC-Lab: what it can, beside what all submitted channels do."""

from collections.abc import Mapping

from drivers.ec_lab.client import EcLabClient
from drivers.ec_lab.compiler import SPANS
from drivers.ec_lab.options import Options
from drivers.ec_lab.points import FURTHER
from drivers.ec_lab.program import EcLabProgram
from drivers.submitted.channel import SubmittedChannel
from labctl import columns
from labctl.clock import Clock
from labctl.data import Column
from labctl.roles.capability import Capability


class EcLabChannel(SubmittedChannel):
    """A channel; ``number`` counts from 0, EC-Lab's window from 1."""

    def __init__(
        self,
        client: EcLabClient,
        number: int,
        serial: int,
        options: Options,
        clock: Clock,
    ) -> None:
        super().__init__(EcLabProgram(client, number, serial, options), clock)
        self._number, self._options = number, options

    def capability(self) -> Capability:
        """See `labctl.roles.capability.StatesCapability`."""
        impedance, given = self._options.impedance, self._options.model_fields_set
        stated = ("current", "max_current"), ("frequencies", "frequencies")
        return Capability(
            current=self._options.max_current,
            control=SPANS[-1],
            galvanostat=True,
            potentiostat=True,
            sweeps=True,
            potentiostatic_impedance=impedance,
            galvanostatic_impedance=impedance,
            frequencies=self._options.frequencies if impedance else None,
            constant_power=False,
            board=f"channel {self._number + 1} in EC-Lab (runs are submitted to it)",
            assumed=(
                "control",
                *(fact for fact, option in stated if option not in given),
            ),
        )

    @property
    def further_columns(self) -> Mapping[str, tuple[Column, ...]]:
        """See `labctl.roles.potentiostat.RecordsMore`."""
        extra = self._options.extra_columns
        found = tuple(FURTHER[e][2] for e in extra)
        return {columns.TIMESERIES.name: found} if found else {}
