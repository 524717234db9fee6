"""Opens a VISA instrument on a link that looks after itself."""

from collections.abc import Callable, Mapping
from typing import Any

from pymeasure.instruments import Instrument
from pyvisa import ResourceManager

from drivers.visa.door import Door
from drivers.visa.echo import Echo, ScpiEcho
from drivers.visa.link import Link
from drivers.visa.link_options import LinkOptions, OnLinkLoss
from drivers.visa.reopening import Introduction
from drivers.visa.talk import Talk
from drivers.visa.wire import LinkCounts
from labctl.clock import Clock
from labctl.errors import IdentityError, InstrumentError, LinkError
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity
from labctl.waits import announce

FIRST_TIMEOUT = 5.0
"""s to open an address and hear an identity, at first."""

SCPI_ECHO = ScpiEcho()


def _no_settings(setup: Setup) -> Mapping[str, Any]:
    del setup
    return {}


_managers: dict[str, ResourceManager] = {}
"""Held open by `VisaDriver.warm_up`."""


def open_link(
    wire: Any,
    setup: Setup,
    models: tuple[str, ...],
    clock: Clock,
    options: LinkOptions,
    echo: Echo | None,
    introduction: Introduction,
    **settings: Any,
) -> tuple[Link, Identity]:
    """Open ``setup.address`` and check its identity; return link and identity.

    IdentityError: none of ``models`` answers; where there are none, any will do.
    LinkError: nothing answers.
    """
    settings = {"read_termination": "\n", **settings}
    door = Door(wire, setup.address, setup.name, settings)
    seconds = max(FIRST_TIMEOUT, options.timeout)
    if "timeout" in setup.options:
        seconds = options.timeout
    try:
        with announce(f"{setup.name} to open", 2.0 * seconds):
            door.open(seconds)
            identity = _identity(door, setup, seconds, introduction)
        _refuse_other(identity, setup, models)
    except InstrumentError:
        door.close()
        raise
    tokens = echo if options.echo else None
    return Link(door, clock, identity, tokens, options, introduction), identity


def _identity(
    door: Door, setup: Setup, seconds: float, introduction: Introduction
) -> Identity:
    try:
        door.write(introduction.question)
        answer = door.read(seconds)
    except InstrumentError as error:
        raise LinkError(
            f"{setup.name}: {setup.address} does not answer "
            f"{introduction.question} ({error}); "
            "check cable, power, address and command language"
        ) from error
    return introduction.parse(answer, setup.address)


def _refuse_other(identity: Identity, setup: Setup, models: tuple[str, ...]) -> None:
    if models and identity.model not in models:
        raise IdentityError(
            f"{setup.name}: at {setup.address} stands a {identity.maker} "
            f"{identity.model}, not a {' or '.join(models)}; nothing was sent to it"
        )
    serial = setup.options.get("serial")
    if serial is not None and str(serial) != identity.serial:
        raise IdentityError(
            f"{setup.name}: at {setup.address} stands serial {identity.serial}, not "
            f"{serial}; nothing was sent to it"
        )


class Opened:
    """An open VISA instrument: a `labctl.roles.driver.Device`."""

    def __init__(
        self,
        played: Talk,
        identity: Identity,
        link: Link,
    ) -> None:
        self._played = played
        self.link = link
        self._identity = identity
        self.roles = played.roles

    def identity(self) -> Identity:
        """Return what ``*IDN?`` said when it was opened."""
        return self._identity

    @property
    def instrument(self) -> Instrument:
        """Return PyMeasure's own object for the model, on the link of the roles."""
        return self._played.instrument

    @property
    def link_counts(self) -> LinkCounts:
        """Return what happened on the link since it was opened."""
        return self.link.counts

    def close(self) -> None:
        """Close the VISA session, dead or alive; outputs stay as they are."""
        self.link.close()


class VisaDriver:
    """A `labctl.roles.driver.Driver` for one model."""

    def __init__(
        self,
        models: tuple[str, ...],
        playing: Callable[[Link, Identity, Setup, Clock], Talk],
        settings: Mapping[str, Any] | None = None,
        *,
        echo: Echo | None = SCPI_ECHO,
        introduction: Introduction = Introduction(),  # noqa: B008  (it is frozen)
        settings_of: Callable[[Setup], Mapping[str, Any]] = _no_settings,
        magnet: bool = False,
        on_link_loss: OnLinkLoss = OnLinkLoss.MAKE_SAFE,
        outputs: tuple[frozenset[str], ...] = (),
    ) -> None:
        """Make it; ``on_link_loss`` is what its link does where nothing is said.

        ``outputs`` are names of roles that are one physical output each. ``models``
        empty: whoever introduces itself. ``echo`` None: it knows no token.
        ``settings_of`` returns what the options say of its line.
        """
        self._echo = echo
        self.introduction = introduction
        self._settings_of = settings_of
        self._magnet = magnet
        self._on_link_loss = on_link_loss
        self.outputs = outputs
        self.models = models
        self._playing = playing
        self._settings = dict(settings or {})

    def wire(self, setup: Setup) -> Any:
        """Return PyVISA's library; ``visa_library: "@py"`` in the options picks one."""
        return setup.options.get("visa_library", "")

    def warm_up(self, wire: Any) -> None:
        """Find and load what opening needs, so that it is quick when it matters.

        OSError, ValueError: there is no such VISA library.
        """
        _managers.setdefault(str(wire), ResourceManager(wire))

    def open(self, wire: Any, setup: Setup, clock: Clock) -> Opened:
        """Connect, check the identity, give the instrument its roles."""
        options = LinkOptions.of(setup, self._usual_policy(setup))
        link, identity = open_link(
            wire,
            setup,
            self.models,
            clock,
            options,
            self._echo,
            self.introduction,
            **self._settings,
            **self._settings_of(setup),
        )
        try:
            played = self._playing(link, identity, setup, clock)
        except BaseException:
            link.close()
            raise
        return Opened(played, identity, link)

    def _usual_policy(self, setup: Setup) -> OnLinkLoss:
        """Return what a magnet's link does by default: it never goes off hard."""
        drives_field = self._magnet or "largest_field" in setup.options
        return OnLinkLoss.ALARM if drives_field else self._on_link_loss
