"""Opens a VISA wire, and asks who is there before anything else is sent.

Rule: the first message to any instrument is its identity query. Only when the answer
is the configured model may another byte follow.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pymeasure.adapters import VISAAdapter
from pyvisa import ResourceManager
from pyvisa.errors import VisaIOError

from drivers.scpi.exchange import LATENCY, Exchange
from drivers.visa.library import LabsimLibrary
from drivers.world.circuit import Circuit
from labctl.clock import Clock
from labctl.errors import IdentityError, InstrumentError, LinkError
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity

SERIAL_7O1 = {"baud_rate": 57600, "data_bits": 7, "parity": 1, "stop_bits": 10}
"""Lake Shore's USB serial settings: 57600 baud, 7 bits, odd parity, 1 stop bit."""

_managers: dict[str, ResourceManager] = {}
"""Held open by `VisaDriver.warm_up`."""


def parse_identity(answer: str, address: str) -> Identity:
    """Return the four fields of an ``*IDN?`` answer."""
    fields = [field.strip() for field in answer.strip().split(",")]
    if len(fields) < 3:  # noqa: PLR2004
        raise IdentityError(
            f"{address}: answers *IDN? with {answer!r}, which is no identity; "
            "check the address"
        )
    maker, model, serial, *firmware = fields
    model = model.upper().removeprefix("MODEL").strip()
    return Identity(maker, model, serial, ",".join(firmware), address)


def open_adapter(
    wire: Any, setup: Setup, models: tuple[str, ...], **settings: Any
) -> tuple[Any, Identity]:
    """Open ``setup.address`` and check its identity; return adapter and identity.

    IdentityError: none of ``models`` answers. LinkError: nothing answers.
    """
    settings = {"timeout": 5000, "read_termination": "\n", **settings}
    try:
        adapter = VISAAdapter(setup.address, visa_library=wire, **settings)
    except (VisaIOError, OSError, ValueError) as error:
        raise LinkError(
            f"{setup.name}: {setup.address} cannot be opened ({error}); "
            "check cable, power and address"
        ) from error
    try:
        adapter.write("*IDN?")
        answer = adapter.read()
    except (VisaIOError, UnicodeDecodeError) as error:
        adapter.close()
        raise LinkError(
            f"{setup.name}: {setup.address} does not answer *IDN? ({error}); "
            "check cable, power, address and command language"
        ) from error
    try:
        identity = parse_identity(answer, setup.address)
    except IdentityError:
        adapter.close()
        raise
    if identity.model not in models:
        adapter.close()
        raise IdentityError(
            f"{setup.name}: at {setup.address} stands a {identity.maker} "
            f"{identity.model}, not a {' or '.join(models)}; nothing was sent to it"
        )
    serial = setup.options.get("serial")
    if serial is not None and str(serial) != identity.serial:
        adapter.close()
        raise IdentityError(
            f"{setup.name}: at {setup.address} stands serial {identity.serial}, not "
            f"{serial}; nothing was sent to it"
        )
    return adapter, identity


class Opened:
    """An open VISA instrument: a `labctl.roles.driver.Device`."""

    def __init__(
        self, instrument: Any, identity: Identity, roles: Mapping[str, object]
    ) -> None:
        self.instrument = instrument
        self._identity = identity
        self.roles = roles

    def identity(self) -> Identity:
        """Return what ``*IDN?`` said when it was opened."""
        return self._identity

    def close(self) -> None:
        """Close the VISA session; outputs stay as they are."""
        self.instrument.adapter.close()


class VisaDriver:
    """A `labctl.roles.driver.Driver` for one model: real wire, twin, opening."""

    def __init__(
        self,
        models: tuple[str, ...],
        twin: Callable[..., Exchange],
        opener: Callable[[Any, Identity, Setup, Clock], object],
        settings: Mapping[str, Any] | None = None,
        roles: Callable[[object, Setup, Clock], Mapping[str, object]] | None = None,
    ) -> None:
        self._roles = roles
        self.models = models
        self._twin = twin
        self._opener = opener
        self._settings = dict(settings or {})

    def wire(self, setup: Setup) -> Any:
        """Return PyVISA's library; ``visa_library: "@py"`` in the options picks one."""
        return setup.options.get("visa_library", "")

    def warm_up(self, wire: Any) -> None:
        """Find and load what opening needs, so that it is quick when it matters.

        OSError, ValueError: there is no such VISA library.
        """
        _managers.setdefault(str(wire), ResourceManager(wire))

    def twin(self, setup: Setup, world: Any, clock: Clock) -> Any:
        """Return a library in which this instrument's twin stands at its address."""
        device = self.make_twin(setup, world, clock)
        return LabsimLibrary.around({setup.address: device})

    def make_twin(self, setup: Setup, world: Any, clock: Clock) -> Exchange:
        """Return the twin alone; ``simulated`` goes to it as keywords."""
        circuit = circuit_of(world)
        options = {"latency": LATENCY, **setup.simulated}
        latency = float(options.pop("latency"))
        device = self._twin(circuit, clock, setup.name, **options)
        device.latency = latency
        return device

    def open(self, wire: Any, setup: Setup, clock: Clock) -> Opened:
        """Connect, check the identity, give the instrument its roles."""
        adapter, identity = open_adapter(wire, setup, self.models, **self._settings)
        try:
            instrument = self._opener(adapter, identity, setup, clock)
        except VisaIOError as error:
            adapter.close()
            raise LinkError(f"{setup.name}: {error} while it was opened") from error
        except Exception:
            adapter.close()
            raise
        if self._roles is None:
            return Opened(instrument, identity, {"": instrument})
        return Opened(instrument, identity, self._roles(instrument, setup, clock))


def circuit_of(world: Any) -> Circuit:
    """Return the electrical bench of ``world``, or ``world`` itself if it is one."""
    if isinstance(world, Circuit):
        return world
    circuit = getattr(world, "circuit", None)
    if not isinstance(circuit, Circuit):
        raise InstrumentError(
            "the sample on the simulated bench has no electrical circuit; choose a "
            "pellet, a particle or a film"
        )
    return circuit
