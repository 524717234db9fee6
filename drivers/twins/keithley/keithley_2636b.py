"""The twin of a Keithley 2636B: its TSP tables in front of two source front ends.

Channel a is wired to the bench; channel b stands beside it and sees an open circuit.
"""

import math
from collections.abc import Callable
from typing import Any

from drivers.keithley import keithley_2636b as driver
from drivers.twins.keithley import tsp_buffer as tsp_buffer_twin
from drivers.twins.keithley.tsp_buffer import ReadingBuffer
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.lua import NODE, LuaTwin
from drivers.twins.visa.twin import VisaTwin
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.front_end import SourceFrontEnd
from labctl.clock import Clock

OVER_RANGE = 9.91e37
TOO_BIG, TOO_SMALL, UNKNOWN = 1102, 1103, -286
OVERHEAD = 1e-3
BUFFER_SETTINGS = ("appendmode", "collecttimestamps", "collectsourcevalues")
CONDITION_NODES = ("measurement", "measurement.instrument")
DEFAULTS: dict[str, float] = {
    "source.func": 1,
    "source.levelv": 0.0,
    "source.leveli": 0.0,
    "source.limitv": 20.0,
    "source.limiti": 0.1,
    "source.rangev": 0.2,
    "source.rangei": 1e-7,
    "source.autorangev": 1,
    "source.autorangei": 1,
    "source.lowrangei": 1e-9,
    "source.delay": 0.0,
    "source.output": 0,
    "source.offmode": 0,
    "source.offlimiti": 1e-3,
    "source.settling": 0,
    "measure.nplc": 1.0,
    "measure.autozero": 2,
    "measure.rangei": 1e-7,
    "measure.rangev": 0.2,
    "measure.autorangei": 1,
    "measure.autorangev": 1,
    "measure.lowrangei": 1e-10,
    "measure.delay": -1.0,
    "measure.count": 1,
    "measure.interval": 0.0,
    "measure.filter.enable": 0,
    "measure.filter.type": 1,
    "measure.filter.count": 1,
    "sense": 0,
}
LIMITS = {
    "source.levelv": (-202.0, 202.0),
    "source.leveli": (-1.515, 1.515),
    "source.limitv": (0.02, 202.0),
    "source.limiti": (1e-10, 1.515),
    "source.rangev": (-202.0, 202.0),
    "source.rangei": (-1.515, 1.515),
    "measure.rangev": (-202.0, 202.0),
    "measure.rangei": (-1.515, 1.515),
    "measure.nplc": (1e-3, 25.0),
}
CONSTANTS = {
    "OUTPUT_DCAMPS": 0,
    "OUTPUT_DCVOLTS": 1,
    "OUTPUT_OFF": 0,
    "OUTPUT_ON": 1,
    "OUTPUT_HIGH_Z": 2,
    "OUTPUT_NORMAL": 0,
    "OUTPUT_ZERO": 1,
    "SENSE_LOCAL": 0,
    "SENSE_REMOTE": 1,
    "AUTORANGE_OFF": 0,
    "AUTORANGE_ON": 1,
    "AUTOZERO_OFF": 0,
    "AUTOZERO_ONCE": 1,
    "AUTOZERO_AUTO": 2,
    "DELAY_AUTO": -1,
    "DELAY_OFF": 0,
}


class Channel:
    """One source meter of the mainframe."""

    def __init__(self, twin: "Keithley2636BTwin", front: SourceFrontEnd) -> None:
        self.twin = twin
        self.front = front
        self.values = dict(DEFAULTS)
        self.buffers = {name: ReadingBuffer() for name in tsp_buffer_twin.NAMES}
        columns = [f"{b}.{c}" for b in self.buffers for c in ("readings", "timestamps")]
        self.nodes = {*self.buffers, *columns} | {
            name[:cut]
            for name in DEFAULTS
            for cut in range(len(name))
            if name[cut] == "."
        }

    def reset(self) -> None:
        """Put everything back, output off."""
        self.values = dict(DEFAULTS)
        self.apply()

    def apply(self) -> None:
        """Bring the settings onto the bench."""
        source, values = self.front.source, self.values
        source.holds_voltage = values["source.func"] == 1
        v, i = ("v", "i") if source.holds_voltage else ("i", "v")
        source.level = values[f"source.level{v}"]
        source.limit = values[f"source.limit{i}"]
        source.remote = values["sense"] == 1
        on = values["source.output"] == 1
        if on and not source.on:
            self.front.connect()
        source.on = on

    def get(self, name: str) -> Any:
        """Return ``smua.<name>``."""
        if name in self.values:
            return self.values[name]
        if name in self.nodes or name in CONSTANTS:
            return CONSTANTS.get(name, NODE)
        if name == "source.compliance":
            operates = self.front.circuit.operate(self.twin.time)
            return bool(self.front.source.on and operates.in_limit)
        if name == "reset":
            return self.reset
        buffer, _, rest = name.partition(".")
        if buffer in self.buffers:
            return self._of_buffer(self.buffers[buffer], rest)
        functions = {
            "measure.iv": lambda *to: self.measure(lambda i, v: (i, v), *to),
            "measure.i": lambda *to: self.measure(lambda i, _v: (i,), *to)[0],
            "measure.v": lambda *to: self.measure(lambda _i, v: (v,), *to)[0],
            "measure.r": lambda *to: self.measure(
                lambda i, v: (v / i if i else OVER_RANGE,), *to
            )[0],
            "measure.p": lambda *to: self.measure(lambda i, v: (i * v,), *to)[0],
        }
        return functions.get(name)

    @staticmethod
    def _of_buffer(buffer: ReadingBuffer, name: str) -> Any:
        if name == "clear":
            return buffer.clear
        if name == "n":
            return len(buffer.readings)
        return getattr(buffer, name) if name in BUFFER_SETTINGS else None

    def put(self, name: str, value: Any) -> None:
        """Set ``smua.<name>``."""
        buffer, _, rest = name.partition(".")
        if buffer in self.buffers and rest in BUFFER_SETTINGS:
            setattr(self.buffers[buffer], rest, int(value))
            return
        if name not in self.values or not isinstance(value, int | float):
            raise ScpiError(UNKNOWN, f"cannot set {name}")
        low, high = LIMITS.get(name, (-math.inf, math.inf))
        if value > high:
            raise ScpiError(TOO_BIG, f"parameter too big: {name}")
        if value < low:
            raise ScpiError(TOO_SMALL, f"parameter too small: {name}")
        quantity = name[-1]
        spec = driver.VOLTAGE if quantity == "v" else driver.CURRENT
        if name[:-1] in {"source.range", "measure.range"}:
            self.values[f"{name[:-6]}autorange{quantity}"] = 0
            value = spec.range_for(value)
        elif name[:-1] == "source.level":
            self._follow_range(quantity, value)
        self.values[name] = value
        self.apply()

    def _follow_range(self, quantity: str, value: float) -> None:
        spec = driver.VOLTAGE if quantity == "v" else driver.CURRENT
        if self.values[f"source.autorange{quantity}"]:
            self.values[f"source.range{quantity}"] = spec.range_for(value)
        elif abs(value) > self.values[f"source.range{quantity}"] * 1.0101:
            raise ScpiError(TOO_BIG, "source level beyond the fixed range")

    def measure(
        self, pick: Callable[[float, float], tuple[float, ...]], *buffers: Any
    ) -> tuple[float, ...]:
        """Measure ``measure.count`` times into the buffers; return the last.

        ``pick`` says what becomes of A and V, one number a buffer.
        """
        kept = [self.twin.buffer(proxy) for proxy in buffers]
        for buffer in kept:
            buffer.begin()
        picked: tuple[float, ...] = ()
        for _ in range(int(self.values["measure.count"])):
            picked = pick(*self._measure_once())
            for buffer, value in zip(kept, picked, strict=False):
                buffer.store(value, self.twin.time)
        return picked

    def _measure_once(self) -> tuple[float, float]:
        values, twin = self.values, self.twin
        delay = values["measure.delay"]
        zero = 2.0 if values["measure.autozero"] == 2 else 1.0  # noqa: PLR2004
        nplc = values["measure.nplc"]
        integration = zero * nplc / self.front.circuit.line_frequency
        twin.spend((1e-3 if delay < 0 else delay) + integration + OVERHEAD)
        volts = self.front.source.holds_voltage
        fixed = {
            q: None if values[f"measure.autorange{q}"] else values[f"measure.range{q}"]
            for q in ("v", "i")
        }
        held = "v" if volts else "i"
        fixed[held] = values[f"source.range{held}"]
        measured = self.front.measure(twin.time, nplc, fixed["v"], fixed["i"])
        return _bounded(measured.current), _bounded(measured.voltage)


class Keithley2636BTwin(LuaTwin):
    """A simulated 2636B."""

    identification = "Keithley Instruments Inc., Model 2636B, 4012345, 3.3.5"
    roots = ("smua", "smub", "localnode", "status", "display")

    def __init__(self, circuit: Circuit, clock: Clock, name: str = "smu") -> None:
        beside = Circuit(seed=circuit.seed)
        beside.line_frequency = circuit.line_frequency
        specs = driver.VOLTAGE, driver.CURRENT
        self.channels = {
            "smua": Channel(self, SourceFrontEnd(circuit, name + "/a", *specs)),
            "smub": Channel(self, SourceFrontEnd(beside, name + "/b", *specs)),
        }
        self.own: dict[str, Any] = {
            "localnode.model": "2636B",
            "localnode.linefreq": circuit.line_frequency,
            "format.data": 1,
            "format.ASCII": 1,
            "format.REAL32": 2,
            "format.REAL64": 3,
            "format.byteorder": 1,
            "format.LITTLEENDIAN": 1,
        }
        super().__init__(clock)

    def define(self, world: Any) -> None:
        """Add the function that prints reading buffers."""
        world["printbuffer"] = self._print_buffer

    def buffer(self, proxy: Any) -> ReadingBuffer:
        """Return the buffer that Lua handed over."""
        root, _, name = self.path_of(proxy).partition(".")
        if root not in self.channels or name not in tsp_buffer_twin.NAMES:
            raise ScpiError(UNKNOWN, "that is no reading buffer")
        return self.channels[root].buffers[name]

    def _print_buffer(self, first: float, last: float, *proxies: Any) -> None:
        columns = []
        for proxy in proxies:
            root, _, name = self.path_of(proxy).partition(".")
            owner, _, column = name.partition(".")
            if root not in self.channels or owner not in tsp_buffer_twin.NAMES:
                raise ScpiError(UNKNOWN, "that is no reading buffer")
            values = self.channels[root].buffers[owner].column(column)
            if not 1 <= first <= last <= len(values):
                raise ScpiError(UNKNOWN, f"the buffer holds {len(values)} readings")
            columns.append(values[int(first) - 1 : int(last)])
        mixed = [value for row in zip(*columns, strict=True) for value in row]
        form = int(self.own["format.data"])
        self.answer_with(tsp_buffer_twin.printed(mixed, form, self.precision))

    def reset(self) -> None:
        """Put both channels back, outputs off."""
        for channel in self.channels.values():
            channel.reset()

    def get(self, path: str, key: str) -> Any:
        """Return the value of ``path.key``."""
        root, _, rest = path.partition(".")
        name = f"{rest}.{key}" if rest else key
        if root in self.channels:
            return self.channels[root].get(name)
        if root == "errorqueue":
            return self.error_queue(key)
        if name == "asciiprecision":
            return self.precision
        if root == "status":
            return self._status(name)
        if root == "display":
            return lambda *_: None  # nobody looks at a twin's display
        return self.own.get(f"{path}.{key}")

    def _status(self, name: str) -> Any:
        """Return a channel's measurement condition; bit 0 or 1 is compliance."""
        node, _, channel = name.removesuffix(".condition").rpartition(".")
        if name in CONDITION_NODES:
            return NODE
        if node != "measurement.instrument" or channel not in self.channels:
            return None
        if not name.endswith(".condition"):
            return NODE
        source = self.channels[channel].front.source
        limited = self.channels[channel].get("source.compliance")
        return (2 if source.holds_voltage else 1) if limited else 0

    def put(self, path: str, key: str, value: Any) -> None:
        """Set ``path.key``."""
        root, _, rest = path.partition(".")
        if root == "display":
            return
        if root in self.channels:
            self.channels[root].put(f"{rest}.{key}" if rest else key, value)
        elif f"{path}.{key}" == "format.asciiprecision":
            self.precision = int(value)
        elif f"{path}.{key}" in self.own:
            self.own[f"{path}.{key}"] = value
        else:
            raise ScpiError(UNKNOWN, f"cannot set {path}.{key}")


def _bounded(value: float) -> float:
    return OVER_RANGE if math.isinf(value) else value


twin = VisaTwin(Keithley2636BTwin)
