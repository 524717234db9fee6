"""Clients of the 2636B, which speaks Lua: QCoDeS, and `keithley2600` from PyPI."""

from functools import partial

from peer_case import Case

OHMS = 1e4
"""Of the probe bench's pellet."""

_2636b = partial(Case, "QCoDeS Keithley2636B", "qcodes", "probe")
_2600 = partial(Case, "keithley2600 (on the 2636B)", "keithley2600", "probe")

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
    _2636b(
        "time trace (a script of many lines)",
        "qcodes_2636b:time_trace",
        {"count": 10, "mean": 0.3 / OHMS},
    ),
    _2636b(
        "fast sweep of both channels",
        "qcodes_2636b:two_sweeps",
        {"currents": [[0, 0.1 / OHMS, 0.2 / OHMS]] * 2},
    ),
    _2636b(
        "ranges and limits read back",
        "qcodes_2636b:ranges",
        {"source": 2.0, "measure": 1e-4, "limits": [5e-4, 10.0]},
        rel=1e-6,
    ),
    _2636b(
        "snapshot of all parameters",
        "qcodes_2636b:snapshot",
        {"nplc": 1.0, "errors": 0.0},
    ),
    _2600(
        "names and kinds of all that is in the instrument's tables",
        "keithley2600_all:tables",
        {
            "read_only": "'smua.source.compliance' is read-only",
            "source": ["compliance", "levelv", "limiti", "output", "rangev"],
            "measure": ["i", "iv", "nplc", "r", "v"],
            "buffer": ["n", "readings"],
            "kind": "reading_buffer",
            "globals": ["display", "smua", "smub", "trigger"],
        },
    ),
    _2600(
        "apply and measure",
        "keithley2600_all:apply_and_measure",
        {"current": 0.3 / OHMS, "voltage": 2e-5 * OHMS},
    ),
    _2600("ramp", "keithley2600_all:ramp", {"level": 1.0, "measured": 1.0}),
    _2600(
        "errors as exceptions",
        "keithley2600_all:errors",
        {"said": "Parameter too big", "level": 0},
    ),
    _2600(
        "sweep by the trigger model",
        "keithley2600_all:sweep",
        {"volts": [0.1, 0.2, 0.3], "amperes": [0.1 / OHMS, 0.2 / OHMS, 0.3 / OHMS]},
    ),
    _2600(
        "pulsed sweep of a list that was sent in pieces",
        "keithley2600_all:long_sweep",
        {"count": 60, "last": 0.59},
    ),
    _2600("transfer curve", "keithley2600_all:transfer", {"drain": [0.3 / OHMS] * 2}),
    _2600(
        "output curve",
        "keithley2600_all:output",
        {"drain": [0, 0.1 / OHMS, 0.2 / OHMS]},
    ),
)
