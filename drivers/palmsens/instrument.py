"""An open instrument with MethodSCRIPT: who it is, and how its line comes back.

A lost line is opened again for as long as the configuration says, and only the same
serial is taken for it. While a script runs most firmware does not say who it is; then
what the script itself says (`drivers.palmsens.channel`) tells whose it is, and the
serial is asked for as soon as the instrument stands still.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from drivers.palmsens.channel import MethodScriptChannel
from drivers.palmsens.line import Line, RefusedScriptError
from drivers.palmsens.models import (
    MODELS,
    Facts,
    Model,
    facts_of,
    model_of_firmware,
)
from drivers.palmsens.options import Options
from drivers.palmsens.wire.vocabulary import NOT_NOW
from drivers.visa.door import Door
from labctl.clock import Clock
from labctl.data import Event, Level
from labctl.errors import (
    FirmwareError,
    IdentityError,
    LinkError,
    OwnershipError,
)
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity
from labctl.waits import announce, is_in_passing, tell

log = logging.getLogger(__name__)
T = TypeVar("T")

MAKER = "PalmSens"
USUAL_BAUD = 921_600
BACK_OFF = (0.05, 2.0)
"""s between two openings, first and longest."""
FIRST_TRY = 5.0
"""s to open a port at first."""
AGAIN = 1.0
"""s for one try to open it again."""


class MethodScriptInstrument:
    """A `labctl.roles.driver.Device` with one potentiostat channel."""

    def __init__(self, wire: Any, setup: Setup, options: Options, clock: Clock) -> None:
        self.name, self.address = setup.name, setup.address
        self.options, self.clock = options, clock
        self.mains = float(options.mains or setup.line_frequency)
        known = MODELS.get(options.model)
        usual = USUAL_BAUD if known is None else known.baud
        settings = {"baud_rate": options.baud_rate or usual}
        self._door = Door(wire, setup.address, setup.name, settings)
        self.line = Line(self._door, clock, options.timeout)
        self.model: Model | None = known
        """None: it runs a script and has not said what it is."""
        self.firmware = self.serial = ""
        """Empty until it has said so."""
        self.reopened = 0
        """How often the line was lost and came back."""
        self._door.open(FIRST_TRY)
        try:
            self.look()
        except BaseException:
            self._door.close()
            raise
        self.channel = MethodScriptChannel(self)

    @property
    def roles(self) -> Mapping[str, object]:
        """Its one channel, by the empty name."""
        return {"": self.channel}

    def identity(self) -> Identity:
        """Return who it is; the serial of the configuration while it cannot say so."""
        model = "" if self.model is None else self.model.name
        serial = self.serial or self.options.serial or "0"
        return Identity(MAKER, model, serial, self.firmware, self.address)

    def close(self) -> None:
        """Close the port; what runs goes on."""
        self._door.close()

    # ---- for its channel

    def facts(self, voltage: float = float("nan")) -> Facts:
        """Return what it does, asked of it if need be; ``voltage`` in V at the cell.

        OwnershipError: it runs a script and has never said what it is.
        """
        if not self.serial and not self.line.runs:
            self.look()
        if self.model is None:
            raise OwnershipError(
                f"{self.name}: runs a script and does not say meanwhile what it is; "
                "wait for its end, or write model into its options"
            )
        return replace(facts_of(self.name, self.model, self.options), voltage=voltage)

    def exchange(self, act: Callable[[], T], patience: float | None = None) -> T:
        """Do what may be done twice; the line is opened again in between if need be.

        ``patience`` in s; None: what the configuration says. LinkError: it is not
        back. IdentityError: another instrument is.
        """
        try:
            return act()
        except LinkError as error:
            self.reopen(error, patience)
        return act()

    def reopen(self, why: LinkError, patience: float | None = None) -> None:
        """Open the line again and see who is there. LinkError, IdentityError."""
        seconds = self._patience() if patience is None else patience
        began, pause = self.clock.now(), BACK_OFF[0]
        with announce(f"the line to {self.name}", seconds):
            while True:
                try:
                    self._door.open(AGAIN)
                    self.line.begin_anew()
                    self.look()
                    break
                except LinkError as error:
                    if self.clock.now() + pause >= began + seconds:
                        self._door.close()
                        raise LinkError(
                            f"{self.name}: the line is lost ({why}); {error}"
                        ) from why
                self.clock.sleep(pause)
                pause = min(2.0 * pause, BACK_OFF[1])
        self.reopened += 1
        text = (
            f"{self.name}: the line was lost ({why}) and is back after "
            f"{self.clock.now() - began:.1f} s; lost {self.reopened} times so far"
        )
        tell(Event(Level.WARNING, "link", text))

    def _patience(self) -> float:
        if is_in_passing() or self.options.on_link_loss == "make_safe":
            return 3.0 * self.options.timeout
        return max(self.options.hold_link_for, 3.0 * self.options.timeout)

    # ---- who it is

    def look(self) -> None:
        """Ask who is there. IdentityError, FirmwareError, LinkError."""
        self.line.send("\n")  # ends what somebody left half typed
        try:
            firmware = self.line.ask("t", lines=2)
        except RefusedScriptError as refused:
            if refused.failure.code != NOT_NOW:
                raise
            self.line.runs = True
            log.warning("%s: runs a script", self.name)
            return
        self.line.runs = False
        self._check_model(firmware.split("\n", maxsplit=1)[0])
        serial = self.line.ask("i")
        if self.serial and serial != self.serial:
            self._door.close()
            raise IdentityError(
                f"{self.name}: at {self.address} stands now serial {serial}, and no "
                f"longer {self.serial}; nothing was sent to it"
            )
        self.serial, self.firmware = serial, firmware.replace("\n", " ").strip("* ")

    def _check_model(self, firmware: str) -> None:
        found, wanted = model_of_firmware(firmware), MODELS.get(self.options.model)
        if found is None and wanted is None:
            raise FirmwareError(
                f"{self.name}: calls itself {firmware!r}, which is no model that is "
                f"known here; write model into its options: {', '.join(MODELS)}"
            )
        if found is not None and wanted is not None and found is not wanted:
            raise IdentityError(
                f"{self.name}: a {found.name} answers at {self.address}, a "
                f"{wanted.name} is configured; check ports"
            )
        self.model = found or wanted
