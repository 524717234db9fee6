"""What the guard does on the bench, on twins behind real TCP lines of this process."""

import shutil
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from drivers.twins.labsim.benches import build_bench
from drivers.twins.labsim.front import serve
from labctl import plugins
from labctl.clock import Clock, SystemClock, stopwatch
from labctl.errors import InstrumentError, RefusedError
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity
from labctl.roles.switch_matrix import Connection
from labctl.service.guard.guarding import Guarding, Hears
from labctl.service.guard.lines import (
    Arm,
    ChannelEnd,
    ChannelPlan,
    ChannelSafety,
    Claimed,
    InstrumentPlan,
    OnHostLoss,
    Safed,
)
from labctl.service.guard.planning import on_host_loss, plan_of
from labctl.service.guard.process import Guard
from labctl.service.guard.run_plan import RunPlan
from labctl.service.guard.safing import (
    FINISHES,
    NOT_OURS,
    Patience,
    make_channel_safe,
    make_safe,
)
from labctl.station import RealWires, Station

SOON = Patience(sources=0.3, gives_up=0.3, last=10.0)
DRIVERS = {"source": "keithley-6221", "switch": "keithley-7001"}
CAST = {"current_source": "source", "switch": "switch"}
TOKEN = {"serial": "0815", "channel": 0}


@pytest.fixture
def twins() -> Iterator[tuple[Mapping[str, Any], dict[str, Setup]]]:
    """A Hall bench: twins by name, and how to reach them."""
    bench = build_bench("hall", SystemClock())
    with serve(bench, "127.0.0.1", 0) as served:
        yield (
            bench.instruments,
            {
                name: setup(name, driver, served.ports[name])
                for name, driver in DRIVERS.items()
            },
        )


def setup(name: str, driver: str, port: int, **options: Any) -> Setup:
    address = f"TCPIP::127.0.0.1::{port}::SOCKET"
    return Setup(name, driver, address, {"visa_library": "@py", **options})


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


def ends_of(
    setups: Mapping[str, Setup], cast: Mapping[str, str] = CAST
) -> dict[str, ChannelEnd]:
    run = RunPlan("run-1", plan_of(setups, cast))
    return make_safe([run], lambda *_: None, SOON)["run-1"]


def test_no_relay_opens_while_a_source_is_not_known_to_be_off(
    twins: tuple[Mapping[str, Any], dict[str, Setup]],
) -> None:
    _, setups = twins
    station = Station(setups.values(), {}, SystemClock(), RealWires())
    switch: Any = station.lend("run-1", {"switch": "switch"}).roles["switch"]
    closed = switch.connect(Connection(2, 1, 3, 4))
    dead = {**setups, "source": setup("source", "keithley-6221", closed_port())}

    ends = ends_of(dead)

    assert ends["source"].state is ChannelSafety.UNKNOWN
    assert ends["switch"].state is ChannelSafety.LEFT
    assert "source" in ends["switch"].why
    assert switch.closed() == closed
    station.close()


def test_no_relay_opens_while_a_technique_finishes_by_itself(
    twins: tuple[Mapping[str, Any], dict[str, Setup]], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, setups = twins
    station = Station(setups.values(), {}, SystemClock(), RealWires())
    switch: Any = station.lend("run-1", {"switch": "switch"}).roles["switch"]
    closed = switch.connect(Connection(2, 1, 3, 4))
    known = plugins.driver
    monkeypatch.setattr(
        plugins, "driver", lambda name: Cycler() if name == "cycler" else known(name)
    )
    options = {"on_host_loss": "finish_technique"}
    vsp = Setup("vsp", "cycler", "USB0", options)
    plan = plan_of({**setups, "vsp": vsp}, {"cell": "vsp/1", "switch": "switch"})
    claims = {"vsp/1": [Claimed("run-1", "vsp/1", LIMITED, 1.7e9)]}

    ends = make_safe([RunPlan("run-1", plan, claims)], lambda *_: None, SOON)["run-1"]

    assert ends["vsp/1"] == ChannelEnd(ChannelSafety.LEFT, FINISHES)
    assert ends["switch"].state is ChannelSafety.LEFT
    assert switch.closed() == closed
    station.close()


def test_making_safe_again_does_no_harm(
    twins: tuple[Mapping[str, Any], dict[str, Setup]],
) -> None:
    _, setups = twins

    first, second = ends_of(setups), ends_of(setups)

    safe = ChannelEnd(ChannelSafety.SAFE)
    assert first == second == {"source": safe, "switch": safe}


def test_another_instrument_at_the_address_is_sent_nothing(
    twins: tuple[Mapping[str, Any], dict[str, Setup]],
) -> None:
    instruments, setups = twins
    port = int(setups["source"].address.split("::")[2])
    said: list[str] = []
    execute = instruments["source"].execute

    def overheard(message: str) -> Any:
        said.append(message)
        return execute(message)

    instruments["source"].execute = overheard

    ends = ends_of(
        {"source": setup("source", "keithley-6221", port, serial="1")},
        {"current_source": "source"},
    )

    assert ends["source"].state is ChannelSafety.UNKNOWN
    assert set(said) == {"*IDN?"}


def test_a_folder_that_cannot_be_written_costs_no_output_its_safety(
    twins: tuple[Mapping[str, Any], dict[str, Setup]], tmp_path: Path
) -> None:
    _, setups = twins
    answers: list[Any] = []
    guard = Guard(tmp_path / "gone", answers.append)
    guard.hear(Arm("run-1", 0, plan_of(setups, CAST)), 0.0)

    assert guard.end("test") == 0

    safed = [answer for answer in answers if isinstance(answer, Safed)]
    assert [each.unknown for each in safed] == [{}]


# ---- what runs in an instrument by itself


class Channel:
    """A potentiostat that runs one program."""

    def __init__(self, runs: Mapping[str, Any] | None) -> None:
        self.runs = runs
        self.stopped = False

    def recognise(self, token: Mapping[str, Any], started_unix: float) -> bool:
        return started_unix > 0 and token == self.runs

    def make_safe(self) -> None:
        self.stopped = True


class SetChannel(Channel):
    """A channel of a PC whose wall clock was set by a day since a program began."""

    def recognise(self, token: Mapping[str, Any], started_unix: float) -> bool:
        began = SystemClock().unix() - 5.0
        return abs(started_unix - began) < 1.0 and token == self.runs


def test_what_this_run_started_is_stopped_though_the_wall_clock_was_set() -> None:
    channel = SetChannel(TOKEN)
    yesterday = SystemClock().unix() - 86400.0
    claim = Claimed("run-1", "vsp/1", TOKEN, yesterday, stopwatch() - 5.0)

    end = make_channel_safe(
        ChannelPlan("vsp/1", 2), channel, [claim], host_is_lost=True
    )

    assert channel.stopped
    assert end == ChannelEnd(ChannelSafety.SAFE)


class Cycler:
    """The driver, and the open instrument, of one channel that runs `LIMITED`."""

    def wire(self, _setup: Setup) -> None:
        return None

    def open(self, _wire: None, _setup: Setup, _clock: Clock) -> "Cycler":
        return self

    @property
    def roles(self) -> Mapping[str, object]:
        return {"1": Channel(LIMITED)}

    def identity(self) -> Identity:
        return Identity("BioLogic", "VSP-300", "0815", "", "USB0")

    def close(self) -> None:
        return


OLD = {**TOKEN, "digest": "old"}
LIMITED = {**TOKEN, "limited": True}


@pytest.mark.parametrize(
    ("runs", "claimed", "policy", "host_is_lost", "end", "stopped"),
    [
        # what this run started is stopped
        (TOKEN, [OLD, TOKEN], "off", True, ChannelEnd(ChannelSafety.SAFE), True),
        # what somebody else runs is not, whatever was started here before
        (
            {"ec-lab": 1},
            [TOKEN],
            "off",
            True,
            ChannelEnd(ChannelSafety.LEFT, NOT_OURS),
            False,
        ),
        # nothing was started here
        (TOKEN, [], "off", True, ChannelEnd(ChannelSafety.LEFT, NOT_OURS), False),
        # limits stand in the firmware and the configuration lets it finish
        (
            LIMITED,
            [LIMITED],
            "finish_technique",
            True,
            ChannelEnd(ChannelSafety.LEFT, FINISHES),
            False,
        ),
        # no limits in the firmware: off, whatever the configuration says
        (
            TOKEN,
            [TOKEN],
            "finish_technique",
            True,
            ChannelEnd(ChannelSafety.SAFE),
            True,
        ),
        # the configuration says off
        (LIMITED, [LIMITED], "off", True, ChannelEnd(ChannelSafety.SAFE), True),
        # the run itself asks for it: nothing finishes by itself
        (
            LIMITED,
            [LIMITED],
            "finish_technique",
            False,
            ChannelEnd(ChannelSafety.SAFE),
            True,
        ),
    ],
)
def test_only_what_this_run_started_is_stopped_or_left_to_finish(
    runs: Mapping[str, Any],
    claimed: list[Mapping[str, Any]],
    policy: str,
    host_is_lost: bool,
    end: ChannelEnd,
    stopped: bool,
) -> None:
    channel = Channel(runs)
    plan = ChannelPlan("vsp/1", 2, OnHostLoss(policy))
    claims = [Claimed("run-1", "vsp/1", token, 1.7e9) for token in claimed]

    assert make_channel_safe(plan, channel, claims, host_is_lost=host_is_lost) == end
    assert channel.stopped is stopped


@pytest.mark.parametrize(
    ("stated", "policy"),
    [
        (None, OnHostLoss.OFF),
        ("finish_technique", OnHostLoss.FINISH_TECHNIQUE),
        ({"1": "finish_technique"}, OnHostLoss.FINISH_TECHNIQUE),
        ({"vsp/1": "finish_technique"}, OnHostLoss.FINISH_TECHNIQUE),
        ({"2": "finish_technique"}, OnHostLoss.OFF),
    ],
)
def test_a_channel_is_off_when_its_host_is_lost_unless_the_configuration_says_more(
    stated: Any, policy: OnHostLoss
) -> None:
    options = {} if stated is None else {"on_host_loss": stated}

    assert on_host_loss(Setup("vsp", "biologic", "USB0", options), "vsp/1") is policy


def test_a_word_that_means_nothing_on_host_loss_is_refused() -> None:
    vsp = Setup("vsp", "biologic", "USB0", {"on_host_loss": "hold"})

    with pytest.raises(RefusedError, match="on_host_loss: 'hold' is not off or"):
        on_host_loss(vsp, "vsp/1")


# ---- the runner's side


@pytest.fixture
def guarding(tmp_path: Path) -> Iterator[Guarding]:
    (tmp_path / "beside").mkdir()
    made = Guarding(tmp_path / "beside")
    yield made
    made.close()


def test_nothing_is_switched_on_that_the_guard_could_not_make_safe(
    guarding: Guarding,
) -> None:
    channels = (ChannelPlan("it", 2),)
    plan = [InstrumentPlan("it", "keithley-9999", "GPIB0::9::INSTR", {}, channels)]

    with pytest.raises(InstrumentError, match=r"nothing is switched on.*keithley-9999"):
        guarding.arm("run-1", plan)


def test_a_run_is_told_when_no_guard_can_be_had(
    guarding: Guarding, tmp_path: Path, eventually: Callable[..., object]
) -> None:
    missing: list[str] = []
    guarding.arm("run-1", [], Hears(missing=missing.append))

    shutil.rmtree(tmp_path / "beside")  # no place for its words: it cannot start
    guarding.kill()

    eventually(lambda: missing or None)
    assert "cannot be started" in missing[0]
    assert guarding.missing == missing[0]
