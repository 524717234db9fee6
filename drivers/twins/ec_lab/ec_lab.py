"""EC-Lab as its COM object shows it: one instrument, files that grow, a status array.

The functions have the names, arguments and results of the manual as aurora-biologic and
other public programs use them. It counts as EC-Lab does: a half cycle begins when the
sign of the current turns round; neither a hold in the same direction nor a rest does.
"""

# ruff: noqa: N802  (the functions have the names of the manual)

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drivers.twins.biologic.imperfections import SPECIFICATION, imperfections_of
from drivers.twins.biologic.tables import PREMIUM
from drivers.twins.ec_lab.settings_file import (
    CODES,
    RefusedFileError,
    Settings,
    read_settings,
)
from drivers.twins.submitted.channel import Point, ProgramChannel
from drivers.twins.world.world import BenchWorld
from labctl.clock import Clock, iso
from labctl.roles.driver import Setup

OK, FAILED = 1, 0
STOP, RUN, PAUSE_REC = 0, 1, 6
MILLIAMPERE_HOUR = 3.6
"""C."""
NO_FILES = (None,) * 20
SINE_CODES = {33: 0, 34: 1}
"""|Ewe| in V and |I| in A."""
SAFETY_CODES = {("voltage", True): 1.0, ("voltage", False): 2.0}
"""Which bound, whether above -> field 30; a current is 3."""


@dataclass(slots=True)
class Experiment:
    """One run of a channel and its data files."""

    settings: Settings
    base: str
    """What `RunChannel` was told, without .mpr."""
    started: str
    folder: str
    files: tuple[str, ...]
    points: list[list[Point]] = field(default_factory=list)
    """By linked technique."""
    safety: float = 0.0


@dataclass(slots=True)
class Faults:
    """What goes wrong on purpose."""

    zero_status: int = 0
    """Times that the status is all zero."""
    failures: dict[str, int] = field(default_factory=dict)
    """Function -> times that it fails without doing anything."""
    lost: bool = False
    """EC-Lab has lost the instrument."""


class TwinChannel:
    """One channel, its settings and its last experiment."""

    def __init__(self, channel: ProgramChannel, number: int, name: str) -> None:
        self.channel, self.number, self.name = channel, number, name
        self.settings: Settings | None = None
        self.experiment: Experiment | None = None
        self.stale = [0.0, -0.0009, 0.0]
        """Frequency, Ece, |Z| of long ago: fields that do not apply keep them."""

    def bring(self, now: float) -> None:
        """Come to ``now`` s."""
        self.channel.bring(now)

    @property
    def state(self) -> int:
        """Field 0 of the status."""
        it = self.experiment
        if self.channel.running:
            return RUN
        tripped = it is not None and it.safety > 0.0 and self.channel.tripped
        return PAUSE_REC if tripped else STOP

    def run(self, base: str, now: float, started: str) -> bool:
        """Start what is loaded; data go into files that begin with ``base``."""
        settings = self.settings
        if settings is None or self.state != STOP:
            return False
        several, count = len(settings.linked) > 1, self.number + 1
        files = tuple(
            f"{base}_{k:02d}_{linked.short}_C{count:02d}.mpr"
            if several
            else f"{base}_C{count:02d}.mpr"
            for k, linked in enumerate(settings.linked, 1)
        )
        folder = base.replace("\\", "/").rpartition("/")[0] + "/"
        it = Experiment(settings, base, started, folder, files)
        it.points = [[] for _ in settings.linked]
        self.experiment = it

        def write(point: Point) -> None:
            it.points[settings.places[point.technique][0]].append(point)
            if point.frequency:
                self.stale[0], self.stale[2] = point.frequency, abs(point.impedance)
            low, high = settings.voltage
            if not low <= point.voltage <= high:
                it.safety = SAFETY_CODES["voltage", point.voltage > high]
            elif abs(point.current) > settings.current[1]:
                it.safety = 3.0

        self.channel.begin(
            settings.program, now, write, settings.voltage, settings.current
        )
        self.bring(now)
        return True


class SimulatedEcLab:
    """The COM object of one EC-Lab that has one instrument connected."""

    def __init__(self, setup: Setup, world: BenchWorld, clock: Clock) -> None:
        wanted = dict(setup.simulated)
        self.setup, self.world, self.clock = setup, world, clock
        self.serial = int(wanted.get("instrument", 12345))
        self.place = int(setup.address.rpartition(":")[2] or 0)
        seed = int(wanted.get("seed", world.seed))
        errors = wanted.get("imperfections", SPECIFICATION)
        self.faults, self.messages = Faults(), True
        self.channels: list[TwinChannel] = []
        for number in range(int(wanted.get("channels", 4))):
            name = f"{setup.name}/{number + 1}"
            made = ProgramChannel(
                number,
                world.socket(name),
                seed=seed,
                compliance=12.0,
                largest_current=0.5,
                imperfections=imperfections_of(
                    errors, seed, setup.name, number, PREMIUM
                ),
            )
            self.channels.append(TwinChannel(made, number, name))
        self.calls: list[str] = []
        """Functions that act, as they were called."""
        world.join(setup.name, self)

    # ---- world

    def replug(self) -> None:
        """See `drivers.twins.world.world.Plugged`."""
        for each in self.channels:
            each.channel.replug(self.world.socket(each.name))

    def snapshot(self) -> dict[str, Any]:
        """Return the channels' own state; what they ran is over then."""
        return {each.name: each.channel.snapshot() for each in self.channels}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what `snapshot` returned."""
        for each in self.channels:
            each.channel.restore(state[each.name])

    # ---- the manual's functions

    def EnableMessagesWindows(self, enable: int) -> int:
        """Switch EC-Lab's message boxes on or off."""
        self.messages = bool(enable)
        return OK

    def GetDeviceSN(self, device: int) -> tuple[int, tuple[int, ...], int]:
        """Return serials of the instrument and its channels."""
        if device != self.place:
            return 0, (), FAILED
        return self.serial, tuple(6001 + c.number for c in self.channels), OK

    def SelectChannel(self, device: int, channel: int) -> int:
        """Bring a channel to the front."""
        self.calls.append("SelectChannel")
        return self._done("SelectChannel", self._at(device, channel) is not None)

    def LoadSettings(self, device: int, channel: int, path: str) -> int:
        """Read a settings file onto a channel that stands still."""
        self.calls.append("LoadSettings")
        each = self._at(device, channel)
        if each is None or each.state != STOP:
            return FAILED
        try:
            settings = read_settings(Path(path).read_bytes())
        except (OSError, RefusedFileError):
            return FAILED
        if not self._done("LoadSettings", True):
            return FAILED
        each.settings = settings
        return OK

    def RunChannel(self, device: int, channel: int, path: str) -> int:
        """Start what is loaded; data go into files named after ``path``."""
        self.calls.append("RunChannel")
        each = self._at(device, channel)
        if each is None or not self._done("RunChannel", True):
            return FAILED
        moment = iso(self.clock.unix())[:23].replace("T", " ")
        with self.world.lock:
            base = path.removesuffix(".mpr")
            return int(each.run(base, self.clock.now(), moment))

    def StopChannel(self, device: int, channel: int) -> int:
        """Open the circuit; 0 where nothing ran."""
        self.calls.append("StopChannel")
        each = self._at(device, channel)
        if each is None or not self._done("StopChannel", each.state != STOP):
            return FAILED
        with self.world.lock:
            each.channel.stop(self.clock.now())
            each.channel.tripped = ""
        return OK

    def GetExperimentInfos(
        self, device: int, channel: int
    ) -> tuple[str | None, str | None, str | None, tuple[str | None, ...], int]:
        """Return start, end, folder, twenty files and the result."""
        each = self._at(device, channel)
        if each is None or not self._done("GetExperimentInfos", True):
            return None, None, None, NO_FILES, FAILED
        it = each.experiment
        if it is None:
            return None, None, None, NO_FILES, OK
        names = tuple(f.rpartition("/")[2].rpartition("\\")[2] for f in it.files)
        end = None if each.state == RUN else it.started
        return it.started, end, it.folder, (*names, *NO_FILES)[:20], OK

    def GetDataFileName(
        self, device: int, channel: int, technique: int
    ) -> tuple[str | None]:
        """Return the data file of a linked technique."""
        each = self._at(device, channel)
        it = None if each is None else each.experiment
        if it is None or not 0 <= technique < len(it.files):
            return (None,)
        return (it.files[technique],)

    def MeasureStatus(self, device: int, channel: int) -> tuple[float, ...]:
        """Return 32 figures; all zero where EC-Lab is busy."""
        each = self._at(device, channel)
        if each is None or self.faults.zero_status > 0:
            self.faults.zero_status -= 1
            return (0.0,) * 32
        voltage, current = each.channel.reading()
        it, run = each.experiment, each.channel
        told = [0.0] * 32
        told[0] = float(each.state)
        told[16], told[17], told[18], told[19] = (
            voltage,
            each.stale[1],
            voltage,
            current,
        )
        told[25], told[26] = each.stale[0], each.stale[2]
        told[23], told[29] = 1e-3, -1.0
        told[31] = float(self.faults.lost)
        if it is None:
            return tuple(told)
        last = min(max(run.index, 0), len(it.settings.places) - 1)
        linked, sequence = it.settings.places[last]
        told[1] = float(current < 0.0)
        told[2] = float(run.drives)
        told[3] = float(run.frequency == 0.0)
        told[4], told[6] = float(linked), float(sequence)
        told[5] = float(CODES[it.settings.linked[linked].short])
        told[7] = float(run.loops)
        told[15] = self.clock.now() - run.begun if each.state == RUN else 0.0
        told[30] = it.safety
        return tuple(told)

    def MeasureNumberOfPoints(self, file: str) -> int:
        """Return how many points a file has; the result is the count."""
        return len(self._points(file))

    def MeasureDcValue(
        self, file: str, index: int
    ) -> tuple[tuple[float, float, float], int]:
        """Return s, V and A of a point."""
        point = self._point(file, index)
        if point is None or not self._done("MeasureDcValue", True):
            return (0.0, 0.0, 0.0), FAILED
        return (point.begun + point.time, point.voltage, point.current), OK

    def MeasureEisValue(
        self, file: str, index: int
    ) -> tuple[tuple[float, float, float, float], int]:
        """Return s, Hz, Re Z and −Im Z in Ω; 0 Hz for a point of direct current."""
        point = self._point(file, index)
        if point is None:
            return (0.0, 0.0, 0.0, 0.0), FAILED
        z = point.impedance
        return (point.begun + point.time, point.frequency, z.real, -z.imag), OK

    def MeasureValueByID(self, file: str, name: str, index: int) -> tuple[float, int]:
        """Return one variable of a point, by the name of its column."""
        point = self._point(file, index)
        if point is None:
            return 0.0, FAILED
        it = self._of(file)
        if name == "Ns" and it is not None:
            return float(it.settings.places[point.technique][1]), OK
        if name == "half cycle":
            return float(half_cycle(self._points(file)[: index + 1])), OK
        if name == "(Q-Qo)":
            return net_charge(self._points(file)[: index + 1]) / MILLIAMPERE_HOUR, OK
        return 0.0, FAILED

    def MeasureValueByCode(self, file: str, code: int, index: int) -> tuple[float, int]:
        """Return one variable of a point by its number: here the sine's peaks."""
        point = self._point(file, index)
        if point is None or code not in SINE_CODES or not point.frequency:
            return 0.0, FAILED
        return point.amplitudes[SINE_CODES[code]], OK

    # ---- within

    def _at(self, device: int, channel: int) -> TwinChannel | None:
        if device != self.place or not 0 <= channel < len(self.channels):
            return None
        each = self.channels[channel]
        with self.world.lock:
            each.bring(self.clock.now())
        return each

    def _done(self, function: str, good: bool) -> int:
        left = self.faults.failures.get(function, 0)
        if left > 0:
            self.faults.failures[function] = left - 1
            return FAILED
        return OK if good else FAILED

    def _of(self, file: str) -> Experiment | None:
        for each in self.channels:
            if each.experiment is not None and file in each.experiment.files:
                return each.experiment
        return None

    def _points(self, file: str) -> list[Point]:
        for each in self.channels:
            if each.experiment is not None and file in each.experiment.files:
                self._at(self.place, each.number)
        it = self._of(file)
        return [] if it is None else it.points[it.files.index(file)]

    def _point(self, file: str, index: int) -> Point | None:
        it = self._of(file)
        points = [] if it is None else it.points[it.files.index(file)]
        return points[index] if 0 <= index < len(points) else None


def half_cycle(points: list[Point]) -> int:
    """Return how often the direct current has turned round."""
    count, sign = 0, 0.0
    for point in points:
        now = 0.0 if abs(point.current) < 1e-9 else math.copysign(1.0, point.current)  # noqa: PLR2004
        if now and sign and now != sign:
            count += 1
        sign = now or sign
    return count


def net_charge(points: list[Point]) -> float:
    """Return what passed since the first point, C, signed."""
    total, last, technique = 0.0, 0.0, (-1, -1.0)
    for point in points:
        if (point.technique, point.begun) != technique:
            total, last = total + last, 0.0
            technique = (point.technique, point.begun)
        last = point.charge
    return total + last
