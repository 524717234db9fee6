"""One channel of a 2636B on a cell, in TSP.

The mark of a program is a global variable of the instrument's Lua, ``labctl_a`` or
``labctl_b``: it lasts until the power goes. Times are the instrument's own timer, which
runs since power-on and which nothing here resets.
"""

from drivers.visa.cell_terminals import (
    CellTerminals,
    Order,
    TerminalReading,
    TerminalSettings,
    TerminalState,
    mark_of,
)
from drivers.visa.numbers import number
from drivers.visa.source_meter import SourceMeterRole
from drivers.visa.talk import Talk
from labctl.clock import Clock
from labctl.errors import InstrumentError

HIGH_IMPEDANCE = 2
"""``offmode``."""
SMALLEST_SOURCE_RANGE = 1e-9
"""A."""


class TspCellTerminals(CellTerminals):
    """Output ``a`` or ``b``."""

    line_query = "print(localnode.linefreq)"
    nplc_limits = (1e-3, 25.0)
    error_query = "local c,t=errorqueue.next() print(c,t)"

    def __init__(
        self,
        frame: Talk,
        channel: SourceMeterRole,
        letter: str,
        clock: Clock,
    ) -> None:
        """Take the output of ``channel``, which plays the source meter."""
        self._be_part_of(frame, f"{frame.name}/cell-{letter}", clock)
        self._frame = frame
        self._smu, self._mark = f"smu{letter}", f"labctl_{letter}"
        self.voltage_spec, self.current_spec = (
            channel.voltage_spec,
            channel.current_spec,
        )
        self.least_limit = channel.bounds.least_compliance_current
        self._output = channel

    def trust(self) -> None:
        """See `Talk.trust`; the mainframe's format is lost with a restart, too."""
        self._frame.trust()
        super().trust()

    def state(self) -> TerminalState:
        """See `CellTerminals.state`."""
        return self.inquire(self._asked, self._state_of)

    @property
    def _asked(self) -> str:
        at = f"{self._smu}.source"
        return (
            f"print({at}.output,{at}.func,{at}.levelv,{at}.limiti,{at}.leveli,"
            f"{at}.offmode,{self._mark} or 0)"
        )

    def _state_of(self, answer: str) -> TerminalState:
        output, func, volts, limit, amperes, off_mode, mark = self._split(answer, 7)
        drives = func == 1
        return TerminalState(
            output == 1,
            drives,
            volts if drives else amperes,
            limit,
            off_mode == HIGH_IMPEDANCE,
            mark_of(mark),
        )

    def _configure(self, settings: TerminalSettings) -> None:
        smu = self._smu
        for chunk in (
            f"{smu}.source.offmode={HIGH_IMPEDANCE}",
            "errorqueue.clear()",
            f"{smu}.source.leveli=0 {smu}.source.rangei={SMALLEST_SOURCE_RANGE:.3e}",
            f"{smu}.source.limitv={settings.ceiling:.9e}",
            f"{smu}.source.func={smu}.OUTPUT_DCVOLTS",
            f"{smu}.source.rangev={settings.span:.9e}",
            f"{smu}.measure.nplc={settings.nplc:.6g}",
            f"{smu}.sense={int(settings.four_wire)}",
            f"{smu}.measure.autorangei=1",
            f"{smu}.measure.autorangev=1",
            f"{smu}.measure.delay=-1 {smu}.measure.count=1",
            f"{smu}.measure.filter.enable=0",
            f"{self._mark}={settings.mark:d}",
        ):
            self.tell(chunk)
        self.refuse_errors("it was set up for a cell")

    def _read_back(self) -> TerminalSettings:
        smu = self._smu
        span, nplc, sense, ceiling, mark = self.inquire(
            f"print({smu}.source.rangev,{smu}.measure.nplc,{smu}.sense,"
            f"{smu}.source.limitv,{self._mark} or 0)",
            lambda answer: self._split(answer, 5),
        )
        return TerminalSettings(span, nplc, bool(sense), ceiling, mark_of(mark))

    def _aim(self, order: Order) -> TerminalState:
        at = f"{self._smu}.source"
        self.tell(f"{at}.output=0 {at}.func={self._smu}.OUTPUT_DCVOLTS")
        self.tell(f"{at}.limiti={order.limit:.9e} {at}.levelv={order.level:.9e}")
        return self.state()

    def _switch_on(self) -> TerminalState:
        self.tell(f"{self._smu}.source.output=1")
        return self.state()

    def _change(self, order: Order, *, limit_first: bool) -> TerminalState:
        at = f"{self._smu}.source"
        parts = [f"{at}.limiti={order.limit:.9e}", f"{at}.levelv={order.level:.9e}"]
        self.tell(" ".join(parts if limit_first else reversed(parts)))
        return self.state()

    def _go_to_zero(self) -> TerminalState:
        at = f"{self._smu}.source"
        self.tell(
            f"{at}.output=0 {at}.func={self._smu}.OUTPUT_DCAMPS {at}.leveli=0 "
            f"{at}.output=1"
        )
        return self.state()

    def _measure(self, *, rests: bool) -> tuple[TerminalReading, bool]:  # noqa: ARG002
        smu = self._smu

        def form(answer: str) -> tuple[TerminalReading, bool]:
            current, voltage, limited, on, time = self._split(answer, 5)
            return TerminalReading(voltage, current, time, limited == 1), on == 1

        return self.inquire(
            f"local i,v={smu}.measure.iv() print(i,v,{smu}.source.compliance,"
            f"{smu}.source.output,timer.measure.t())",
            form,
        )

    def _tell_off(self) -> None:
        at = f"{self._smu}.source"
        self.tell(f"{at}.offmode={HIGH_IMPEDANCE} {at}.output=0")

    def _split(self, answer: str, count: int) -> list[float]:
        fields = answer.replace("true", "1").replace("false", "0").split("\t")
        if len(fields) != count:
            raise InstrumentError(
                f"{self.name}: {count} fields came as {answer[:80]!r}"
            )
        return [number(field, self.name) for field in fields]
