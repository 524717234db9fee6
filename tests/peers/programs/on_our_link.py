"""A pytest plugin: PyMeasure's own tests run on the instrument that a role of ours has.

`expected_protocol` makes it over our link in place of PyMeasure's own adapter; what is
said and answered is still checked by PyMeasure. Only what a role says when it is opened
is left out: the tests do not expect it.
"""

import pkgutil
from collections.abc import Callable
from typing import Any

import pymeasure.test
from pymeasure.adapters import Adapter
from pymeasure.instruments import Instrument

from drivers.keithley.keithley_2000 import Keithley2000
from drivers.keithley.keithley_2182a import Keithley2182A
from drivers.keithley.keithley_2400 import Keithley2400
from drivers.lakeshore.lakeshore_425 import LakeShore425
from drivers.visa.adapter import LinkAdapter
from drivers.visa.talk import Talk
from labctl.clock import VirtualClock
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity

ROLES: tuple[type[Talk], ...] = (
    Keithley2000,
    Keithley2182A,
    Keithley2400,
    LakeShore425,
)
SETUP = Setup("tested", "", "")
_original = pymeasure.test.expected_protocol


def _instrument_of(role: type[Talk]) -> Callable[..., Instrument]:
    def make(adapter: Adapter, **_named: Any) -> Instrument:
        part = role.__new__(role)
        Talk.__init__(
            part, adapter, Identity("", "", "", "", ""), SETUP, VirtualClock(0.0)
        )
        if not isinstance(part.instrument.adapter, LinkAdapter):
            raise TypeError(f"{role.__name__} has an instrument beside its link")
        return part.instrument

    return make


MAKERS = {pkgutil.resolve_name(role.instrument_class): role for role in ROLES}
"""PyMeasure's class -> the role that has one."""


def _expected_protocol(instrument_cls: type, *more: Any, **named: Any) -> Any:
    return _original(_instrument_of(MAKERS[instrument_cls]), *more, **named)


pymeasure.test.expected_protocol = _expected_protocol
