"""What is said of a package that is broken, and that nothing else breaks with it."""

import importlib
import sys
from pathlib import Path

import pytest

from drivers.twins.labsim.benches import build_bench
from drivers.twins.world.circuit import Circuit
from labctl import plugins, registered
from labctl.cli import app
from labctl.clock import VirtualClock
from labctl.errors import OperatorError, RefusedError
from labctl.roles.driver import Setup
from labctl.station import SimulatedWires, Station


def install(folder: Path, name: str, text: str, points: str) -> None:
    """Put a package where it is found, as pip would."""
    installed = folder / f"{name}-0.1.dist-info"
    installed.mkdir(parents=True)
    (folder / f"{name}.py").write_text(text)
    (installed / "METADATA").write_text(f"Name: {name}\nVersion: 0.1\n")
    (installed / "entry_points.txt").write_text(points)


@pytest.mark.parametrize(
    ("name", "text", "point", "said"),
    [
        # it needs something that is not installed
        (
            "lacking",
            "import no_such_thing",
            "lacking:x",
            "of the package lacking 0.1 cannot be imported: ModuleNotFoundError: No ",
        ),
        # it is a script
        (
            "script",
            "import sys; sys.exit(3)",
            "script:x",
            "of the package script 0.1 cannot be imported: SystemExit: 3. Repair",
        ),
        # it is half written
        (
            "half",
            "def oops(:",
            "half:x",
            "protocol 'half' of the package half 0.1 cannot be imported: SyntaxError",
        ),
        # its entry point names what is not there
        ("empty", "", "empty:Soak", "has no attribute 'Soak'"),
        # what stands there is no protocol
        (
            "other",
            "Soak = 3",
            "other:Soak",
            "protocol 'other': its entry point names 3",
        ),
    ],
)
def test_a_broken_package_is_named_and_no_other_protocol_is_lost(
    name: str,
    text: str,
    point: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install(tmp_path, name, text, f"[labctl.protocols]\n{name} = {point}\n")
    known = len(plugins.names(plugins.PROTOCOLS))
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(OperatorError) as refused:
        plugins.protocol(name)
    sound, broken = plugins.protocols()

    assert said in str(refused.value)
    assert len(sound) == known
    assert [each.name for each in broken] == [name]


def test_a_name_of_two_packages_is_refused_with_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        points = f"[labctl.benches]\nrig = {name}:rig\n"
        install(tmp_path, name, "rig = None", points)
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(OperatorError, match=r"registered by one 0\.1 and two 0\.1"):
        plugins.bench("rig")


def test_a_group_that_nobody_looks_into_is_told_by_the_doctor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(tmp_path, "slip", "x = 1", "[labctl.protocol]\nsoak = slip:x\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["labctl", "doctor"])

    code = app.run_app()

    said = capsys.readouterr().out
    assert code == 1
    assert "the package slip 0.1 registers it in labctl.protocol, a group that" in said
    assert "Did it mean labctl.protocols?" in said


def test_a_bench_of_another_kind_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "shelf", "rig = 3", "[labctl.benches]\nrig = shelf:rig\n")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(OperatorError, match="bench 'rig' is a int"):
        build_bench("rig", VirtualClock())


def test_a_twin_that_cannot_be_called_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "attic", "rig = 3", "[labctl.twins]\nrig = attic:rig\n")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(OperatorError, match="twin 'rig': its entry point names 3"):
        plugins.twin("rig")


def test_a_bench_that_nobody_knows_is_told_the_nearest() -> None:
    with pytest.raises(OperatorError, match="Did you mean probe"):
        plugins.bench("prob")


def test_a_defect_is_told_with_the_package_in_whose_code_it_arose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = "[labctl.drivers]\nwrong = faulty:driver\n"
    install(tmp_path, "faulty", "def read(): return float('warm')", points)
    monkeypatch.syspath_prepend(tmp_path)
    faulty = importlib.import_module("faulty")

    with pytest.raises(ValueError, match="warm") as theirs:
        faulty.read()
    with pytest.raises(ZeroDivisionError) as ours:
        _ = 1 / 0

    assert registered.package_behind(theirs.value) == "faulty 0.1"
    assert registered.package_behind(ours.value) == ""


def test_the_doctor_tells_what_the_configuration_names_and_nobody_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.yaml").write_text(
        "instruments: {oven: {driver: keithley-200, address: X}}\n"
        "channels: {chamber: [oven]}\n"
        "also_record: {heat: {channel: oven, protocols: [cyclin]}}\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["labctl", "doctor"])

    code = app.run_app()

    said = capsys.readouterr().out
    assert code == 1
    assert "instruments.oven.driver: there is no driver called 'keithley-200'" in said
    assert "also_record.heat: there is no auxiliary called 'heat'" in said
    assert "also_record.heat.protocols: there is no protocol called 'cyclin'" in said


def test_a_role_that_the_configuration_spells_otherwise_is_told() -> None:
    channels = {"chambr": ["oven"]}
    station = Station([], channels, VirtualClock(), SimulatedWires(None))

    with pytest.raises(RefusedError, match=r"no channel \(is 'chambr' meant\?\)"):
        station.cast({"chamber": object}, {}, {})


def test_a_key_that_the_twin_has_not_is_refused_at_its_place() -> None:
    setup = Setup("dmm", "keithley-2000", "GPIB0::1::INSTR", simulated={"noize": 1})

    with pytest.raises(RefusedError) as refused:
        plugins.twin("keithley-2000")(setup, Circuit(), VirtualClock())

    (complaint,) = refused.value.complaints
    assert complaint.path == ("instruments", "dmm", "simulated", "noize")


def test_every_group_is_on_the_page_of_plug_ins() -> None:
    page = Path(str(plugins.__file__)).parents[1] / "docs/reference/plugins.md"
    text = page.read_text("utf-8")

    assert [group for group in registered.KINDS if f"| `{group}` |" not in text] == []
