"""QCoDeS' drivers of Keithley's instruments; the 2636B is in `tsp_cases`."""

from functools import partial

from peer_case import Case, Culprit, Fault

OHMS = 1e4
"""Of the probe bench's pellet."""

_2400 = partial(Case, "QCoDeS Keithley2400", "qcodes", "probe")
_2450 = partial(Case, "QCoDeS Keithley2450", "qcodes", "probe")
_2000 = partial(Case, "QCoDeS Keithley2000", "qcodes", "hall")

CASES = (
    _2400(
        "voltage source, V, I and R",
        "qcodes_2400:measure",
        {"volt": 0.3, "curr": 0.3 / OHMS, "ohms": OHMS, "mode": "VOLT", "on": False},
    ),
    _2400(
        "current source",
        "qcodes_2400:source_current",
        {"volt": 0.1, "compliance": 2.0},
    ),
    _2400(
        "ranges read back with their 5 % over-range",
        "qcodes_2400:ranges",
        {"volts": 2.1, "amperes": 1.05e-3},
        rel=1e-6,
    ),
    _2400(
        "integration, compliance, sense function",
        "qcodes_2400:integration",
        {"nplc": 0.1, "limit": 1e-4, "sense": '"CURR:DC"'},
    ),
    _2400("snapshot of all parameters", "qcodes_2400:snapshot", {"unread": []}),
    _2400("behind `@labsim` instead of TCP", "qcodes_2400:labsim", {"curr": 3e-5}),
    _2450(
        "voltage source, one reading",
        "qcodes_2450:measure",
        {"current": 0.5 / OHMS, "limit": 1e-3},
    ),
    _2450(
        "sweep into the buffer",
        "qcodes_2450:sweep",
        {"currents": [k * 0.05 / OHMS for k in range(5)]},
    ),
    _2450(
        "ranges, integration, count, four wires",
        "qcodes_2450:settings",
        {
            "source": 2.0,
            "sense": 1e-3,
            "nplc": 0.1,
            "count": "3",
            "four": True,
            "back": True,
        },
    ),
    _2450(
        "buffers of their own, with their elements",
        "qcodes_2450:buffer",
        {"rows": 4, "there": 4, "other": 0, "unit": "Amp DC"},
    ),
    _2450(
        "current source, voltage sweep",
        "qcodes_2450:source_current",
        {"voltage": 2e-5 * OHMS, "voltages": [0, 2e-5 * OHMS, 4e-5 * OHMS]},
        zero=1e-5,
    ),
    _2450(
        "resistance, two and four wires",
        "qcodes_2450:resistance",
        {"two": OHMS, "four": OHMS},
    ),
    _2450(
        "snapshot of all parameters", "qcodes_2450:snapshot", {"function": "voltage"}
    ),
    _2450(
        "user delay read back",
        "qcodes_2450:user_delay",
        {"delay": 0.1},
        fault=Fault(Culprit.CLIENT, "it sends the placeholder `<n>` as it stands"),
    ),
    _2000("volts by trigger", "qcodes_2000:volts", {"small": True, "count": 1}),
    _2000(
        "integration, range, digits, averaging",
        "qcodes_2000:settings",
        {
            "nplc": 0.1,
            "range": 1.0,
            "auto": False,
            "digits": 5,
            "on": True,
            "count": 7,
            "kind": "repeat",
        },
    ),
    _2000(
        "settings of each function are its own",
        "qcodes_2000:resistance",
        {"ohms": 10.0, "volts": 1.0},
    ),
)
