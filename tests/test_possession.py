"""One owner for each physical instrument, across processes."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labctl.errors import BusyError, OwnershipError
from labctl.possession import Possession, canonical, identity_key
from labctl.roles.identity import Identity
from labctl.store import machine_lock
from labctl.store.machine_lock import ELSEWHERE, MachineLock, MachineLockedError

K2450 = Identity("KEITHLEY INSTRUMENTS", "2450", "04089762", "1.7.12b", "")
HOLDER = """
import sys
from labctl.possession import Possession
from labctl.roles.identity import Identity

held = Possession("smu", sys.argv[1])
held.recognise(Identity("KEITHLEY INSTRUMENTS", "2450", "04089762", "1.7.12b", ""))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "locks"
    monkeypatch.setenv(ELSEWHERE, str(folder))
    return folder


@pytest.fixture
def holder() -> Iterator[Callable[[str], "subprocess.Popen[str]"]]:
    """Another process that holds an instrument until it is ended."""
    begun = []

    def begin(address: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        begun.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        return process

    yield begin
    for process in begun:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # Case and blanks mean nothing.
        ("TCPIP0::LABPC.local::5025::SOCKET", " tcpip::labpc.local::5025::socket "),
        # The board of TCP/IP is a counter of the VISA library.
        ("TCPIP0::10.0.0.5::INSTR", "TCPIP1::10.0.0.5::inst0::INSTR"),
        # A name of this machine, its number, short numbers, IPv6's loopback.
        ("TCPIP::localhost::5025::SOCKET", "TCPIP::127.0.0.1::5025::SOCKET"),
        ("TCPIP::127.1::5025::SOCKET", "TCPIP::127.0.0.1::5025::SOCKET"),
        # The class, the board and the secondary address have defaults.
        ("GPIB::24", "GPIB0::24::0::INSTR"),
        # Makers and models in hexadecimal or decimal; an interface number.
        (
            "USB0::0x05E6::0x2450::04089762::INSTR",
            "USB::1510::9296::04089762::0::INSTR",
        ),
        # Windows calls one port by two names.
        ("COM3", "ASRL3::INSTR"),
        # A BioLogic is a bare address.
        ("192.168.0.11", " 192.168.0.11"),
        ("usb0", "USB0"),
    ],
)
def test_one_instrument_has_one_address(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # Two ports of a terminal server, two instruments of one gateway.
        ("TCPIP::10.0.0.5::5025::SOCKET", "TCPIP::10.0.0.5::5026::SOCKET"),
        ("TCPIP::10.0.0.5::gpib0,24::INSTR", "TCPIP::10.0.0.5::gpib0,25::INSTR"),
        # Two boards, two primary and two secondary addresses.
        ("GPIB0::24::INSTR", "GPIB1::24::INSTR"),
        ("GPIB0::24::INSTR", "GPIB0::25::INSTR"),
        ("GPIB0::24::1::INSTR", "GPIB0::24::2::INSTR"),
        ("USB0::1510::9296::A1::INSTR", "USB0::1510::9296::A2::INSTR"),
        ("ASRL3::INSTR", "ASRL4::INSTR"),
        ("192.168.0.11", "192.168.0.12"),
    ],
)
def test_two_instruments_have_two_addresses(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


def test_a_link_to_a_serial_port_is_the_port(tmp_path: Path) -> None:
    port, link = tmp_path / "ttyUSB0", tmp_path / "by-id"
    port.touch()
    link.symlink_to(port)

    assert canonical(f"ASRL{link}::INSTR") == canonical(f"ASRL{port}::INSTR")


@pytest.mark.parametrize("serial", ["0", "", " ", "000000", "n/a"])
def test_an_instrument_without_a_serial_number_has_no_identity(serial: str) -> None:
    assert identity_key(Identity("MAKER", "MODEL", serial, "", "")) == ""


def test_who_has_an_instrument_is_named(holder: Callable[[str], object]) -> None:
    process = holder("TCPIP::localhost::5025::SOCKET")

    with pytest.raises(BusyError) as refused:
        Possession("k2450", "TCPIP::127.0.0.1::5025::SOCKET")

    said = str(refused.value)
    assert said.startswith("k2450 (TCPIP::127.0.0.1::5025::SOCKET): in use by ")
    assert f"pid {process.pid} of " in said  # type: ignore[attr-defined]
    assert " since " in said
    assert "nothing was sent" in said
    assert set(refused.value.holders) == {"k2450"}


def test_an_instrument_is_known_again_at_another_address(
    holder: Callable[[str], object],
) -> None:
    holder("GPIB0::18::INSTR")
    mine = Possession("k2450", "USB0::0x05E6::0x2450::04089762::INSTR")

    with pytest.raises(BusyError, match="reaches it at GPIB0::18::INSTR"):
        mine.recognise(K2450)


def test_what_a_killed_process_held_is_free_at_once(
    holder: Callable[[str], "subprocess.Popen[str]"],
) -> None:
    process = holder("GPIB0::18::INSTR")
    process.send_signal(signal.SIGKILL)
    process.wait(10)

    mine = Possession("k2450", "GPIB0::18::INSTR")

    mine.recognise(K2450)
    mine.release()


def test_two_parts_of_one_process_do_not_share_an_instrument() -> None:
    first = Possession("smu", "GPIB0::18::INSTR")
    with pytest.raises(BusyError, match="this very process"):
        Possession("meter", "gpib::18")

    first.release()

    Possession("meter", "gpib::18").release()


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")
def test_every_user_can_open_the_lock_whatever_the_umask(locks: Path) -> None:
    before = os.umask(0o077)
    try:
        MachineLock("address x", {}).release()
    finally:
        os.umask(before)

    modes = [stat.S_IMODE(path.stat().st_mode) for path in locks.iterdir()]
    assert modes == [0o666]


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")
def test_the_shared_folder_is_open_to_all_and_sticky(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o1777)
    monkeypatch.delenv(ELSEWHERE)
    monkeypatch.setattr(machine_lock, "PLACES", (str(tmp_path),))
    before = os.umask(0o077)
    try:
        MachineLock("address x", {}).release()
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / machine_lock.NAME).stat().st_mode) == 0o1777


@pytest.mark.skipif(os.name == "nt", reason="links are POSIX's")
@pytest.mark.parametrize("trap", ["symlink", "hard link", "fifo", "folder"])
def test_what_a_stranger_put_in_the_way_is_never_written_to(
    trap: str, locks: Path, tmp_path: Path
) -> None:
    MachineLock("address GPIB0::18::0::INSTR", {}).release()
    (path,) = locks.iterdir()
    path.unlink()
    precious = tmp_path / "precious"
    precious.write_text("kept")
    match trap:
        case "symlink":
            path.symlink_to(precious)
        case "hard link":
            path.hardlink_to(precious)
        case "fifo":
            os.mkfifo(path)
        case _:
            path.mkdir()

    with pytest.raises(OwnershipError, match="remove what is in the way"):
        Possession("k2450", "GPIB0::18::INSTR")
    assert precious.read_text() == "kept"


@pytest.mark.skipif(os.name == "nt", reason="links are POSIX's")
def test_a_link_in_place_of_the_shared_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o1777)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / machine_lock.NAME).symlink_to(tmp_path / "elsewhere")
    monkeypatch.delenv(ELSEWHERE)
    monkeypatch.setattr(machine_lock, "PLACES", (str(tmp_path),))

    with pytest.raises(OwnershipError, match="remove"):
        Possession("k2450", "GPIB0::18::INSTR")
    assert not list((tmp_path / "elsewhere").iterdir())


def test_what_a_holder_says_is_shown_without_its_control_characters() -> None:
    key = "address GPIB0::18::0::INSTR"
    note = {"command": "\x1b[31mrm\n" + "x" * 500, "user": 7, "since": "soon"}
    held = MachineLock(key, note)

    with pytest.raises(BusyError) as refused:
        Possession("k2450", "GPIB0::18::INSTR")
    held.release()

    assert "\x1b" not in str(refused.value)
    assert len(str(refused.value)) < 250


def test_a_lock_that_is_held_says_by_whom() -> None:
    held = MachineLock("x", {"user": "alice"})

    with pytest.raises(MachineLockedError) as refused:
        MachineLock("x", {"user": "bob"})
    held.release()

    assert refused.value.note["user"] == "alice"
