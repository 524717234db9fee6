"""Clients of the 2636B, which speaks Lua: QCoDeS, and `keithley2600` from PyPI."""

from functools import partial

from peer_case import Case

OHMS = 1e4
"""Of the probe bench's pellet."""

_2636b = partial(Case, "QCoDeS Keithley2636B", "qcodes", "probe")

CASES = (
    _2636b(
        "voltage source, V, I and R",
        "qcodes_2636b:measure",
        {"volt": 0.3, "curr": 0.3 / OHMS, "ohms": OHMS, "on": False, "limit": 1e-3},
    ),
    _2636b(
        "compliance by the reading's status",
        "qcodes_2636b:compliance",
        {"curr": 1e-6, "status": "CURRENT_COMPLIANCE_ERROR"},
        rel=2e-2,
    ),
    _2636b(
        "fast sweep (a script of many lines)",
        "qcodes_2636b:fast_sweep",
        {"currents": [k * 0.05 / OHMS for k in range(5)]},
    ),
)
