"""Lake Shore 425 gaussmeter: the 475's words without its controller."""

from typing import Any

from drivers.lakeshore.lakeshore_475 import LakeShore475
from drivers.lakeshore.plain_talk import ENDS
from drivers.visa.opening import VisaDriver
from labctl.clock import Clock
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity


class LakeShore425(LakeShore475):
    """A 425 that plays `labctl.roles.gaussmeter.Gaussmeter`."""


def open_instrument(
    adapter: Any, identity: Identity, setup: Setup, clock: Clock
) -> LakeShore425:
    """Return the open instrument."""
    return LakeShore425(adapter, identity, setup.name, clock)


driver = VisaDriver(("425",), open_instrument, ENDS)
