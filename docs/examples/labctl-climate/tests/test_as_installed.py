"""The package as a person uses it: through the command line, and through PyVISA."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import h5py
import pytest
import pyvisa

CONFIG = Path(__file__).parents[1] / "config.yaml"
LABCTL = (sys.executable, "-m", "labctl")


def labctl(*words: str, folder: Path) -> str:
    """Run a command of labctl; return what it prints."""
    done = subprocess.run(
        [*LABCTL, *words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def run(folder: Path, *words: str) -> h5py.File:
    """Run a protocol on twins, as fast as they can; return its sealed file."""
    usual = ("--simulate", "--speed", "max", "--config", str(CONFIG))
    labctl("run", *words, *usual, folder=folder)
    (file,) = folder.glob("runs/*/*.h5")
    return h5py.File(file)


def test_soak_comes_to_a_sealed_file(tmp_path: Path) -> None:
    given = ("temperature=30 °C", "humidities=[60 %]", "hold=5 min")
    words = [word for each in given for word in ("--set", each)]
    with run(tmp_path, "soak", "--sample", "pellet-si", *words) as file:
        air = file["entry/humidity/relative_humidity_percent"]
        assert air.attrs["units"] == "%"
        assert air[-1] == pytest.approx(60.0, abs=2.0)
        warm = file["entry/climate/chamber_temperature_celsius"]
        assert warm[-1] == pytest.approx(30.0, abs=0.5)
        assert file["entry/instrument/oven/model"][()] == b"KB53"


def test_the_climate_stands_beside_a_protocol_of_labctls(tmp_path: Path) -> None:
    with run(tmp_path, "van-der-pauw", "--sample", "film-si") as file:
        assert file["entry/instrument/dmm/model"][()] == b"DMM6500"
        assert file["entry/humidity/relative_humidity_percent"].shape[0] >= 1
        assert "humidity_plot" in file["entry"]


def test_a_program_that_is_not_labctl_measures_on_the_bench(tmp_path: Path) -> None:
    words = ("twins", "serve", "--bench", "climate", "--port-base", "0", "--json")
    with subprocess.Popen(
        [*LABCTL, *words], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as server:
        ports = json.loads(server.stdout.readline())["ports"]
        manager = pyvisa.ResourceManager("@py")
        chamber = manager.open_resource(
            f"TCPIP::127.0.0.1::{ports['chamber']}::SOCKET",
            read_termination="\n",
            write_termination="\n",
        )
        identity = chamber.query("*IDN?")
        chamber.close()
        manager.close()
        server.send_signal(signal.SIGTERM)

    assert identity == "ACME,KB53,0042,1.0"
    assert set(ports) == {"dmm", "chamber"}


def test_pyvisa_finds_the_bench_by_its_name() -> None:
    manager = pyvisa.ResourceManager("climate-virtual@labsim")
    address = "TCPIP::10.0.0.7::5025::SOCKET"
    meter = manager.open_resource(
        address, read_termination="\n", write_termination="\n"
    )
    meter.write(':SENS:FUNC "VOLT"')

    assert abs(float(meter.query(":READ?"))) < 1e-3  # nothing drives the pellet
    assert meter.query(":SENS:FUNC?") == '"VOLT:DC"'
    meter.close()
    manager.close()


def test_check_says_what_is_also_recorded(tmp_path: Path) -> None:
    words = ("check", "cycling", "--simulate", "--sample", "si", "--set", "cycles=1")

    said = labctl(*words, "--config", str(CONFIG), folder=tmp_path)

    assert "also recorded: humidity at oven/water, 30 s" in said


def test_check_refuses_what_the_chamber_has_not(tmp_path: Path) -> None:
    words = ("check", "soak", "--simulate", "--sample", "pellet-si")
    wanted = ("--set", "humidities=[50 %, 99 %]", "--set", "temperature=300 °C")
    given = (*wanted, "--config", str(CONFIG))

    done = subprocess.run(
        [*LABCTL, *words, *given],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 3
    assert "300 °C is outside -40 … 180 °C of the chamber" in done.stderr
    assert "99 % is outside 10 … 98 % of the humidifier" in done.stderr
