"""The twin of a Keithley 2636B: its TSP tables in front of two source front ends.

Channel a is wired to the bench; channel b stands beside it and sees an open circuit.
A cell that is plugged in at ``cell-a`` or ``cell-b`` is at its channel instead.
"""

from functools import partial
from typing import Any

from drivers.twins.keithley.tsp import keithley_2636b_tables as data
from drivers.twins.keithley.tsp.channel import Channel
from drivers.twins.keithley.tsp.factory import SCRIPTS
from drivers.twins.keithley.tsp.trigger import TriggerSystem
from drivers.twins.scpi.tsp import TspTwin
from drivers.twins.scpi.tsp_tables import RUNTIME_ERROR, Table, TspError, within
from drivers.twins.visa.twin import VisaTwin
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.front_end import SourceFrontEnd
from labctl.clock import Clock

DISPLAY = {
    "SMUA": 0,
    "SMUB": 1,
    "SMUA_SMUB": 2,
    "USER": 3,
    "MEASURE_DCAMPS": 0,
    "MEASURE_DCVOLTS": 1,
    "MEASURE_OHMS": 2,
    "MEASURE_WATTS": 3,
    "DIGITS_4_5": 4,
    "DIGITS_5_5": 5,
    "DIGITS_6_5": 6,
}


class Keithley2636BTwin(TspTwin):
    """A simulated 2636B."""

    identification = "Keithley Instruments Inc., Model 2636B, 4012345, 3.3.5"
    factory = SCRIPTS

    def __init__(
        self,
        circuit: Circuit,
        clock: Clock,
        name: str = "smu",
        interlock_open: bool = False,
    ) -> None:
        self.interlock_open = interlock_open
        self._line: float | None = None
        beside = Circuit(seed=circuit.seed)
        beside.line_frequency = circuit.line_frequency
        beside.sockets = circuit.sockets
        self._bench = circuit, beside, name
        super().__init__(clock)

    def declare(self, root: Table) -> None:
        """Add what a 2636B has."""
        circuit, beside, name = self._bench
        self.triggers = TriggerSystem(root.table("trigger"), lambda: self.time)
        root.object("trigger.wait", lambda seconds=0, *_: self._await(seconds))
        specs = data.VOLTAGE, data.CURRENT
        self.channels = {
            key: Channel(
                self,
                SourceFrontEnd(
                    on, f"{name}/{key[-1]}", *specs, f"{name}/cell-{key[-1]}"
                ),
                key,
                self.triggers,
            )
            for key, on in (("smua", circuit), ("smub", beside))
        }
        for key, channel in self.channels.items():
            root.objects[key] = channel.table
        self._declare_node(root)
        self._declare_status(root)
        self._declare_display(root)

    def _declare_node(self, root: Table) -> None:
        node = root.table("localnode")
        node.attribute("model", lambda: "2636B")
        node.attribute("serialno", lambda: "4012345")
        node.attribute("revision", lambda: "3.3.5")
        node.attribute("description", lambda: "Keithley 2636B")
        node.attribute("linefreq", lambda: self.line, self._set_line)
        for name in ("prompts", "showerrors"):
            node.attribute(name, lambda: 0, partial(_only_off, name))
        node.object("reset", lambda *_: self.reset())
        root.object("beeper.beep", lambda *_: None)
        root.attribute("beeper.enable", lambda: 0, lambda _: None)

    def _declare_status(self, root: Table) -> None:
        status = root.table("status")
        status.object("reset", lambda *_: None)
        status.attribute("condition", self._status_byte)
        status.attribute("operation.sweeping.condition", self._sweeping)
        for bit, (key, channel) in enumerate(self.channels.items(), 1):
            status.object(f"operation.sweeping.{key.upper()}", 1 << bit)
            status.attribute(
                f"measurement.instrument.{key}.condition",
                partial(_limit_bits, channel),
            )

    def _declare_display(self, root: Table) -> None:
        display = root.table("display")
        for name in ("clear", "settext", "setcursor", "sendkey"):
            display.object(name, lambda *_: None)  # nobody looks at a twin's display
        for name, value in DISPLAY.items():
            display.object(name, value)
        self._shown: dict[str, float] = {"screen": DISPLAY["SMUA_SMUB"]}
        for key in self.channels:
            self._shown |= {f"{key}.measure.func": 0, f"{key}.digits": 5}
        for name in self._shown:
            display.attribute(
                name,
                partial(self._shown.__getitem__, name),
                partial(self._show_on, name),
            )

    def _show_on(self, name: str, value: Any) -> None:
        self._shown[name] = int(within(value, 0, 6, f"display.{name}"))

    @property
    def line(self) -> float:
        """The power line's frequency, Hz; a client may set another."""
        return self._bench[0].line_frequency if self._line is None else self._line

    def _set_line(self, value: Any) -> None:
        self._line = within(value, 50, 60, "localnode.linefreq")

    def _status_byte(self) -> int:
        return self.status.master_summary(self.message_available)

    def _sweeping(self) -> int:
        runs = self.triggers.scheduler.runs
        return sum(1 << bit for bit, key in enumerate(self.channels, 1) if runs(key))

    # Time.

    def advance(self) -> None:
        """See `TspTwin`; a sweep takes its steps."""
        scheduler = self.triggers.scheduler
        scheduler.advance(self.time)
        if self._opc_waits and not scheduler.runs():
            self.pending_until = scheduler.ended

    def finish(self) -> None:
        """See `TspTwin`: sweeps go on to their ends, or wait for ever."""
        scheduler = self.triggers.scheduler
        while scheduler.runs():
            due = scheduler.next()
            if due is None:
                self.stuck()
                return
            self.time = max(self.time, due)
            scheduler.advance(self.time)

    def _await(self, seconds: Any) -> bool:
        """Wait for the bus trigger; nobody can send it while a script runs."""
        if self.triggers.take():
            return True
        self.spend(within(seconds, 0.0, 1e5, "trigger.wait"))
        return False

    def await_operation_complete(self) -> None:
        """See `Exchange`; a sweep is an overlapped operation."""
        if self.triggers.scheduler.runs():
            self._opc_waits, self.pending_until = True, float("inf")
        else:
            super().await_operation_complete()

    def settle(self) -> None:
        """See `Exchange`."""
        self.triggers.scheduler.advance(self.clock.now())
        if self._opc_waits and not self.triggers.scheduler.runs():
            self.pending_until = self.triggers.scheduler.ended
        super().settle()

    def next_wake(self) -> float | None:
        """See `Exchange`; a sweep's next step is a change."""
        due = self.triggers.scheduler.next()
        wake = super().next_wake()
        times = [t for t in (due, wake) if t is not None and t > self.clock.now()]
        return min(times, default=None)

    # Ends.

    def trigger(self) -> None:
        """See `Exchange`: a bus trigger, or ``*TRG``."""
        self.triggers.pull()

    def reset(self) -> None:
        """Put both channels back, outputs off."""
        self.triggers.reset()
        for channel in self.channels.values():
            channel.reset()

    def clear_execution(self) -> None:
        """See `TspTwin`; sweeps end where they are."""
        super().clear_execution()
        for channel in self.channels.values():
            channel.abort()


def _only_off(name: str, value: Any) -> None:
    if within(value, 0, 1, name):
        raise TspError(RUNTIME_ERROR, f"localnode.{name} is not simulated")


def _limit_bits(channel: Channel) -> int:
    """Return bit 0 for a voltage limit that is reached, bit 1 for a current limit."""
    if not channel.is_limited():
        return 0
    return 2 if channel.front.source.holds_voltage else 1


twin = VisaTwin(Keithley2636BTwin)
