"""QCoDeS's and Lake Shore's own drivers, unmodified, work on the twins.

Neither is needed by labctl; the tests run where the packages are installed.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from drivers.twins.labsim import backend
from drivers.twins.labsim.benches import build_bench
from drivers.twins.labsim.front import Served, serve
from drivers.twins.visa.library import LabsimLibrary
from labctl.clock import VirtualClock

pytestmark = pytest.mark.filterwarnings("ignore")  # foreign programs warn as they like


@pytest.fixture
def probe() -> Iterator[Served]:
    with serve(build_bench("probe", VirtualClock(0.0)), "127.0.0.1", 0) as served:
        yield served


@pytest.fixture
def hall() -> Iterator[Served]:
    with serve(build_bench("hall", VirtualClock(0.0)), "127.0.0.1", 0) as served:
        yield served


@pytest.fixture
def keithley() -> Iterator[Any]:
    yield pytest.importorskip("qcodes.instrument_drivers.Keithley")
    pytest.importorskip("qcodes").Instrument.close_all()


def _socket(served: Served, name: str) -> str:
    return f"TCPIP::127.0.0.1::{served.ports[name]}::SOCKET"


def test_qcodes_2400_measures_over_tcp(keithley: Any, probe: Served) -> None:
    smu = keithley.Keithley2400("smu", _socket(probe, "k2400"))
    smu.mode("VOLT")
    smu.compliancei(1e-3)
    smu.volt(0.3)
    smu.output(True)

    assert smu.resistance() == pytest.approx(1e4, rel=1e-2)


def test_qcodes_2400_measures_through_labsim(keithley: Any) -> None:
    assert issubclass(backend.WRAPPER_CLASS, LabsimLibrary)
    address = "GPIB0::24::INSTR"
    smu = keithley.Keithley2400("smu", address, visalib="probe-virtual@labsim")
    smu.mode("VOLT")
    smu.volt(0.3)
    smu.output(True)

    assert smu.curr() == pytest.approx(3e-5, rel=1e-2)
    assert smu.snapshot(update=True)["address"] == address


def test_qcodes_2450_sweeps_into_its_buffer(keithley: Any, probe: Served) -> None:
    smu = keithley.Keithley2450("smu", _socket(probe, "k2450"))
    smu.source.function("voltage")
    smu.sense.function("current")
    smu.source.limit(1e-3)
    smu.source.voltage(0.5)
    with smu.output_enabled.set_to(True):
        single = smu.sense.current()
    smu.source.sweep_setup(0, 0.2, 5)
    with smu.output_enabled.set_to(True):
        sweep = smu.sense.sweep()

    assert single == pytest.approx(5e-5, rel=1e-2)
    np.testing.assert_allclose(sweep, np.linspace(0, 2e-5, 5), rtol=1e-2, atol=1e-9)


def test_qcodes_2636b_runs_its_fast_sweep_script(keithley: Any, probe: Served) -> None:
    dataset = pytest.importorskip("qcodes.dataset")
    smu = keithley.Keithley2636B("smu", _socket(probe, "k2636b")).smua
    smu.mode("voltage")
    smu.limiti(1e-3)
    smu.nplc(1)
    smu.setup_fastsweep(dataset.LinSweep(smu.volt, 0, 0.2, 5))

    currents = smu.fastsweep()

    np.testing.assert_allclose(currents, np.linspace(0, 2e-5, 5), rtol=1e-2, atol=1e-9)


def test_qcodes_2636b_tells_compliance_by_its_status(
    keithley: Any, probe: Served
) -> None:
    smu = keithley.Keithley2636B("smu", _socket(probe, "k2636b")).smua
    smu.mode("voltage")
    smu.limiti(1e-6)
    smu.volt(0.3)
    smu.output(True)

    assert smu.curr() == pytest.approx(1e-6, rel=2e-2)
    assert "CURRENT" in smu.curr.measurement_status.name


def test_qcodes_2000_reads_the_voltage_it_triggers(keithley: Any, hall: Served) -> None:
    meter = keithley.Keithley2000("meter", _socket(hall, "multimeter"))
    meter.mode("dc voltage")

    assert abs(meter.amplitude()) < 1e-3
    assert meter.trigger_count() == 1


def test_lake_shores_own_643_driver_ramps_and_hears_errors(hall: Served) -> None:
    lakeshore = pytest.importorskip("lakeshore")
    supply = lakeshore.Model643(
        ip_address="127.0.0.1", tcp_port=hall.ports["supply"], timeout=2
    )
    supply.set_limits(20, 2)
    supply.set_current(0.001)
    generic = lakeshore.generic_instrument

    assert supply.get_current() == pytest.approx(0.001)
    assert supply.get_limits() == [20.0, 2.0]
    with pytest.raises(generic.InstrumentException, match="Execution Error"):
        supply.set_current(60)
    with pytest.raises(generic.InstrumentException, match="Command Error"):
        supply.command("NONSENSE")
    supply.disconnect_tcp()


def test_lake_shores_own_425_driver_reads_the_field(hall: Served) -> None:
    lakeshore = pytest.importorskip("lakeshore")
    meter = lakeshore.Model425(
        ip_address="127.0.0.1", tcp_port=hall.ports["gaussmeter"], timeout=2
    )

    assert abs(float(meter.query("RDGFIELD?"))) < 1.0  # gauss
    meter.disconnect_tcp()
