"""Whole simulated benches by name, for PyVISA programs and for the TCP front.

A name is that of an entry point of the group ``labctl.benches``, behind which stands a
`TwinBench`; ``hall``, ``probe`` and ``stage`` are labctl's own. A station that has a
configuration does not need this, it makes its twins one by one.
"""

import typing
from collections.abc import Mapping
from dataclasses import dataclass, field

from drivers.twins.keithley import (
    keithley_2000,
    keithley_2182a,
    keithley_2400,
    keithley_2450,
    keithley_2636b,
    keithley_6221,
    keithley_6430,
    keithley_6487,
    keithley_6517b,
    keithley_7001,
)
from drivers.twins.keysight import keysight_b2901a
from drivers.twins.lakeshore import lakeshore_336, lakeshore_475, lakeshore_643
from drivers.twins.scpi.exchange import Exchange
from drivers.twins.visa.library import LabsimLibrary
from drivers.twins.visa.twin import VisaTwin
from drivers.twins.world import catalogue
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.specimen_samples import build_specimen
from labctl import plugins
from labctl.clock import Clock
from labctl.errors import OperatorError
from labctl.roles.driver import Setup


class StandsAlone(typing.Protocol):
    """What makes a twin without a bus; `VisaTwin` is one."""

    def alone(self, setup: Setup, world: typing.Any, clock: Clock) -> Exchange:
        """Return the twin, on the circuit that is handed over as ``world``."""
        ...


@dataclass(frozen=True, slots=True)
class TwinBench:
    """What stands on a bench: behind an entry point of ``labctl.benches``."""

    instruments: Mapping[str, tuple[str, StandsAlone]]
    """By the bench's own names: VISA resource and twin."""
    sample: str
    """Simulated sample that is mounted unless another one is asked for; no cell."""


HALL: dict[str, tuple[str, VisaTwin]] = {
    "source": ("GPIB0::12::INSTR", keithley_6221.twin),
    "voltmeter": ("GPIB0::7::INSTR", keithley_2182a.twin),
    "multimeter": ("GPIB0::16::INSTR", keithley_2000.twin),
    "switch": ("GPIB0::8::INSTR", keithley_7001.twin),
    "ammeter": ("GPIB0::22::INSTR", keithley_6487.twin),
    "gaussmeter": ("GPIB0::13::INSTR", lakeshore_475.twin),
    "supply": ("GPIB0::11::INSTR", lakeshore_643.twin),
}
PROBE: dict[str, tuple[str, VisaTwin]] = {
    "k2400": ("GPIB0::24::INSTR", keithley_2400.twin),
    "k2450": ("USB0::0x05E6::0x2450::04089762::INSTR", keithley_2450.twin),
    "k2636b": ("GPIB0::26::INSTR", keithley_2636b.twin),
    "k6430": ("GPIB0::25::INSTR", keithley_6430.twin),
    "b2901a": ("USB0::0x0957::0x8B18::MY51140123::INSTR", keysight_b2901a.twin),
    "k6517b": ("GPIB0::27::INSTR", keithley_6517b.twin),
}
STAGE: dict[str, tuple[str, VisaTwin]] = {
    "controller": ("TCPIP::10.0.0.12::7777::SOCKET", lakeshore_336.twin),
}
"""A heated stage, the sample on it."""
hall = TwinBench(HALL, "film-si")
probe = TwinBench(PROBE, "pellet-si")
stage = TwinBench(STAGE, "film-si")


@dataclass(frozen=True, slots=True)
class SimulatedBench:
    """Twins that share one circuit."""

    circuit: Circuit
    instruments: Mapping[str, Exchange]
    """By the bench's own names."""
    addresses: Mapping[str, str] = field(default_factory=dict)
    """VISA resource by name."""

    def library(self) -> LabsimLibrary:
        """Return a PyVISA library in which every instrument has its address."""
        return LabsimLibrary.around(
            {self.addresses[name]: twin for name, twin in self.instruments.items()}
        )


def build_bench(
    name: str, clock: Clock, sample: str | None = None, seed: int = 0
) -> SimulatedBench:
    """Return the bench called ``name`` with ``sample`` mounted.

    OperatorError: there is no such bench or sample, or its package is broken.
    """
    bench = plugins.bench(name)
    if not isinstance(bench, TwinBench):
        raise OperatorError(
            f"bench {name!r} is a {type(bench).__name__}; its entry point must name a "
            "drivers.twins.labsim.benches.TwinBench"
        )
    mounted = bench.sample if sample is None else sample
    kind = catalogue.label(mounted)["kind"]
    truth = catalogue.truth(mounted, seed)
    circuit = Circuit(build_specimen(mounted, kind, truth), seed)
    return SimulatedBench(
        circuit,
        {
            own: twin.alone(Setup(own, own, address), circuit, clock)
            for own, (address, twin) in bench.instruments.items()
        },
        {own: address for own, (address, _) in bench.instruments.items()},
    )
