"""Lake Shore's own package on the 643, the 336, and the 475 as a 425."""

from functools import partial

from peer_case import Case

_643 = partial(Case, "Lake Shore Model643", "lakeshore", "hall")
_425 = partial(Case, "Lake Shore Model425 (on the 475)", "lakeshore", "hall")
_336 = partial(Case, "Lake Shore Model336", "lakeshore", "stage")

CASES = (
    _643("limits", "lakeshore_all:limits", {"limits": [20.0, 2.0]}),
    _643(
        "ramp to a current",
        "lakeshore_all:current",
        {"set": 1e-3, "rate": 50, "near": True},
    ),
    _643("ramp segments", "lakeshore_all:segments", {"segment": [10, 0.5], "on": True}),
    _643(
        "errors as exceptions",
        "lakeshore_all:errors",
        {"refused": ["Execution Error", "Command Error"]},
    ),
    _643(
        "water, display, lock, programming, interface",
        "lakeshore_all:front",
        {
            "water": [1, 3],
            "display": 2,
            "lock": [1, 123],
            "program": 0,
            "ieee": [0, 0, 12],
            "mode": 1,
        },
    ),
    _643(
        "status and error registers",
        "lakeshore_all:registers",
        {
            "status": "EMPowerSupplyStatusByteRegister",
            "operation": "EMPowerSupplyOperationEventRegister",
            "hardware": 0,
            "operational": 0,
        },
    ),
    _643(
        "factory defaults",
        "lakeshore_all:defaults",
        {"limits": [70.1, 50], "set": 0},
    ),
    _425("field and unit", "lakeshore_all:field_425", {"small": True, "unit": "1"}),
    _336(
        "readings and their status",
        "lakeshore_all:readings_336",
        {"near": True, "apart": 273.15, "flags": False},
    ),
    _336(
        "set point and ramp",
        "lakeshore_all:set_point_336",
        {"set": 320.0, "ramp": [True, 5.0], "ramping": True},
    ),
    _336(
        "heater on and off",
        "lakeshore_all:heater_336",
        {"ranges": [3, 0], "error": 0, "heats": True},
    ),
    _336(
        "output mode and sensor",
        "lakeshore_all:loop_336",
        {"mode": 1, "channel": 1, "units": 1},
    ),
)
