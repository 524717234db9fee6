"""Whole simulated benches by name, for PyVISA programs and for the TCP front.

The addresses are those of `BENCHES`; a station that has a configuration of its own
does not need this, it makes its twins one by one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from drivers.keithley import catalogue as keithley
from drivers.keysight import catalogue as keysight
from drivers.lakeshore import catalogue as lakeshore
from drivers.twins.labsim.library import LabsimLibrary
from drivers.twins.scpi.exchange import Exchange
from drivers.twins.world import catalogue
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.specimen_samples import build_specimen
from drivers.visa.opening import VisaDriver
from labctl.clock import Clock
from labctl.errors import OperatorError
from labctl.roles.driver import Setup

HALL: dict[str, tuple[str, VisaDriver]] = {
    "source": ("GPIB0::12::INSTR", keithley.K6221),
    "voltmeter": ("GPIB0::7::INSTR", keithley.K2182A),
    "multimeter": ("GPIB0::16::INSTR", keithley.K2000),
    "switch": ("GPIB0::8::INSTR", keithley.K7001),
    "ammeter": ("GPIB0::22::INSTR", keithley.K6487),
    "gaussmeter": ("GPIB0::13::INSTR", lakeshore.L475),
    "supply": ("GPIB0::11::INSTR", lakeshore.L643),
}
PROBE: dict[str, tuple[str, VisaDriver]] = {
    "k2400": ("GPIB0::24::INSTR", keithley.K2400),
    "k2450": ("USB0::0x05E6::0x2450::04089762::INSTR", keithley.K2450),
    "k2636b": ("GPIB0::26::INSTR", keithley.K2636B),
    "k6430": ("GPIB0::25::INSTR", keithley.K6430),
    "b2901a": ("USB0::0x0957::0x8B18::MY51140123::INSTR", keysight.B2901A),
    "k6517b": ("GPIB0::27::INSTR", keithley.K6517B),
}
BENCHES = {"hall": (HALL, "film-si"), "probe": (PROBE, "pellet-si")}


@dataclass(frozen=True, slots=True)
class Bench:
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
) -> Bench:
    """Return the bench called ``name`` with ``sample`` mounted.

    OperatorError: there is no such bench or sample.
    """
    if name not in BENCHES:
        raise OperatorError(f"no simulated bench {name!r}; there are {sorted(BENCHES)}")
    table, usual = BENCHES[name]
    mounted = usual if sample is None else sample
    kind = catalogue.label(mounted)["kind"]
    circuit = Circuit(build_specimen(mounted, kind, catalogue.truth(mounted)), seed)
    return Bench(
        circuit,
        {
            own: driver.make_twin(Setup(own, own, address), circuit, clock)
            for own, (address, driver) in table.items()
        },
        {own: address for own, (address, _) in table.items()},
    )
