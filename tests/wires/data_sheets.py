"""Ranges and one-year limits of error, transcribed a third time, range by range.

From the makers' published specifications as this file's writer knows them; whoever has
the data sheet at hand corrects it here first, and sees what follows. One line a range:
its name, the limit in parts of the reading, the limit in V or A at zero.
"""

from drivers.keithley import (
    keithley_2000,
    keithley_2182a,
    keithley_2400,
    keithley_2450,
    keithley_2460,
    keithley_2636b,
    keithley_6221,
    keithley_6430,
    keithley_6487,
    keithley_6517b,
)
from drivers.keysight import keysight_b2901a
from drivers.specification import Specification
from drivers.twins.keithley import keithley_2000_functions
from drivers.twins.keithley import keithley_2182a as twin_2182a
from drivers.twins.keithley import keithley_2400 as twin_2400
from drivers.twins.keithley import keithley_2450 as twin_2450
from drivers.twins.keithley import keithley_2460 as twin_2460
from drivers.twins.keithley import keithley_6221 as twin_6221
from drivers.twins.keithley import keithley_6430 as twin_6430
from drivers.twins.keithley import keithley_6487 as twin_6487
from drivers.twins.keithley import keithley_6517b as twin_6517b
from drivers.twins.keithley.tsp import keithley_2636b_tables
from drivers.twins.keysight import keysight_b2901a as twin_b2901a

Sheet = tuple[tuple[float, float, float], ...]

SHEETS: dict[str, Sheet] = {
    "2400 V": (
        (0.2, 1.2e-4, 3e-4),
        (2.0, 1.2e-4, 3e-4),
        (20.0, 1.5e-4, 1.5e-3),
        (200.0, 1.5e-4, 1e-2),
    ),
    "2400 A": (
        (1e-6, 2.9e-4, 3e-10),
        (1e-5, 2.7e-4, 7e-10),
        (1e-4, 2.5e-4, 6e-9),
        (1e-3, 2.7e-4, 6e-8),
        (1e-2, 3.5e-4, 6e-7),
        (0.1, 5.5e-4, 6e-6),
        (1.0, 2.2e-3, 5.7e-4),
    ),
    "2450 V": (
        (0.02, 1e-3, 2e-4),
        (0.2, 1.2e-4, 2e-4),
        (2.0, 1.2e-4, 3e-4),
        (20.0, 1.5e-4, 1e-3),
        (200.0, 1.5e-4, 1e-2),
    ),
    "2450 A": (
        (1e-8, 1e-3, 1e-10),
        (1e-7, 6e-4, 1.5e-10),
        (1e-6, 2.5e-4, 4e-10),
        (1e-5, 2.5e-4, 1.5e-9),
        (1e-4, 2e-4, 1.5e-8),
        (1e-3, 2e-4, 1.5e-7),
        (1e-2, 2e-4, 1.5e-6),
        (0.1, 2.5e-4, 1.5e-5),
        (1.0, 6.7e-4, 9e-4),
    ),
    "2460 V": (
        (0.2, 1.5e-4, 2e-4),
        (2.0, 1.2e-4, 3e-4),
        (7.0, 1.5e-4, 1e-3),
        (10.0, 1.5e-4, 1e-3),
        (20.0, 1.5e-4, 1e-3),
        (100.0, 1.5e-4, 1e-2),
    ),
    "2460 A": (
        (1e-6, 2.5e-4, 7e-10),
        (1e-5, 2.5e-4, 1.5e-9),
        (1e-4, 2e-4, 1.5e-8),
        (1e-3, 2e-4, 1.5e-7),
        (1e-2, 2e-4, 1.5e-6),
        (0.1, 2.5e-4, 1.5e-5),
        (1.0, 5e-4, 5e-4),
        (4.0, 1e-3, 2.5e-3),
        (5.0, 1e-3, 2.5e-3),
        (7.0, 1.5e-3, 5e-3),
    ),
    "2636B V": (
        (0.2, 1.5e-4, 2.25e-4),
        (2.0, 2e-4, 3.5e-4),
        (20.0, 1.5e-4, 5e-3),
        (200.0, 1.5e-4, 5e-2),
    ),
    "2636B A": (
        (1e-10, 1.5e-3, 1.2e-13),
        (1e-9, 1.5e-3, 2.4e-13),
        (1e-8, 1.5e-3, 3e-12),
        (1e-7, 6e-4, 4e-11),
        (1e-6, 2.5e-4, 4e-10),
        (1e-5, 2.5e-4, 1.5e-9),
        (1e-4, 2e-4, 2.5e-8),
        (1e-3, 2e-4, 2e-7),
        (1e-2, 2e-4, 2.5e-6),
        (0.1, 2e-4, 2e-5),
        (1.0, 3e-4, 1.5e-3),
        (1.5, 5e-4, 3.5e-3),
    ),
    "6430 V": (
        (0.2, 1.2e-4, 3.5e-4),
        (2.0, 1.2e-4, 3.5e-4),
        (20.0, 1.5e-4, 1.5e-3),
        (200.0, 1.5e-4, 1e-2),
    ),
    "6430 A": (
        (1e-12, 1e-2, 7e-15),
        (1e-11, 5e-3, 7e-15),
        (1e-10, 1.5e-3, 3e-14),
        (1e-9, 5e-4, 2e-13),
        (1e-8, 5e-4, 2e-12),
        (1e-7, 5e-4, 2e-11),
        (1e-6, 5e-4, 3e-10),
        (1e-5, 5e-4, 2e-9),
        (1e-4, 5e-4, 2e-8),
        (1e-3, 5e-4, 2e-7),
        (1e-2, 5e-4, 2e-6),
        (0.1, 1e-3, 3e-5),
    ),
    "B2901A V": (
        (0.2, 1.5e-4, 2.25e-4),
        (2.0, 2e-4, 3.5e-4),
        (20.0, 1.5e-4, 5e-3),
        (200.0, 1.5e-4, 5e-2),
    ),
    "B2901A A": (
        (1e-7, 6e-4, 1e-10),
        (1e-6, 2.5e-4, 5e-10),
        (1e-5, 2.5e-4, 1.5e-9),
        (1e-4, 2e-4, 2.5e-8),
        (1e-3, 2e-4, 2e-7),
        (1e-2, 2e-4, 2.5e-6),
        (0.1, 2e-4, 2e-5),
        (1.0, 3e-4, 1.5e-3),
        (1.5, 5e-4, 3.5e-3),
    ),
    "2000 V": (
        (0.1, 5e-5, 3.5e-6),
        (1.0, 3e-5, 7e-6),
        (10.0, 3e-5, 5e-5),
        (100.0, 4.5e-5, 6e-4),
        (1000.0, 4.5e-5, 6e-3),
    ),
    "2182A V": (
        (0.01, 5e-5, 4e-8),
        (0.1, 3e-5, 4e-7),
        (1.0, 2.5e-5, 2e-6),
        (10.0, 2.5e-5, 2e-5),
        (100.0, 3.5e-5, 4e-4),
    ),
    "6221 A": (
        (2e-9, 4e-3, 2e-12),
        (2e-8, 3e-3, 1e-11),
        (2e-7, 3e-3, 1e-10),
        (2e-6, 1e-3, 1e-9),
        (2e-5, 5e-4, 1e-8),
        (2e-4, 5e-4, 1e-7),
        (2e-3, 5e-4, 1e-6),
        (2e-2, 5e-4, 1e-5),
        (0.1, 1e-3, 5e-5),
    ),
    "6487 A": (
        (2e-9, 3e-3, 4e-13),
        (2e-8, 2e-3, 1e-12),
        (2e-7, 1.5e-3, 1e-11),
        (2e-6, 1.5e-3, 1e-10),
        (2e-5, 1e-3, 1e-9),
        (2e-4, 1e-3, 1e-8),
        (2e-3, 1e-3, 1e-7),
        (2e-2, 1e-3, 1e-6),
    ),
    "6517B A": (
        (2e-11, 1e-2, 3e-15),
        (2e-10, 1e-2, 5e-15),
        (2e-9, 2e-3, 3e-13),
        (2e-8, 2e-3, 5e-13),
        (2e-7, 2e-3, 5e-12),
        (2e-6, 1e-3, 1e-10),
        (2e-5, 1e-3, 5e-10),
        (2e-4, 1e-3, 5e-9),
        (2e-3, 1e-3, 1e-7),
        (2e-2, 1e-3, 5e-7),
    ),
}
CHANNEL_SHEETS: dict[str, Sheet] = {
    "VMP3 A": (
        (1e-5, 1e-3, 2e-9),
        (1e-4, 1e-3, 2e-8),
        (1e-3, 1e-3, 2e-7),
        (1e-2, 1e-3, 2e-6),
        (0.1, 1e-3, 2e-5),
        (1.0, 1e-3, 2e-4),
    ),
    "VMP3 V": ((2.5, 1e-3, 5e-4), (5.0, 1e-3, 1e-3), (10.0, 1e-3, 2e-3)),
    "VSP-300 A": (
        (1e-8, 1e-3, 3e-11),
        (1e-7, 1e-3, 5e-11),
        (1e-6, 1e-3, 3e-10),
        (1e-5, 1e-3, 3e-9),
        (1e-4, 1e-3, 3e-8),
        (1e-3, 1e-3, 3e-7),
        (1e-2, 1e-3, 3e-6),
        (0.1, 1e-3, 3e-5),
        (1.0, 1e-3, 3e-4),
    ),
    "VSP-300 V": ((2.5, 5e-4, 5e-4), (5.0, 5e-4, 1e-3), (10.0, 5e-4, 2e-3)),
}
"""Of potentiostats, whose channels state them range by range."""
DRIVERS: dict[str, Specification] = {
    "2400 V": keithley_2400.VOLTAGE,
    "2400 A": keithley_2400.CURRENT,
    "2450 V": keithley_2450.VOLTAGE,
    "2450 A": keithley_2450.CURRENT,
    "2460 V": keithley_2460.VOLTAGE,
    "2460 A": keithley_2460.CURRENT,
    "2636B V": keithley_2636b.VOLTAGE,
    "2636B A": keithley_2636b.CURRENT,
    "6430 V": keithley_6430.VOLTAGE,
    "6430 A": keithley_6430.CURRENT,
    "B2901A V": keysight_b2901a.VOLTAGE,
    "B2901A A": keysight_b2901a.CURRENT,
    "2000 V": keithley_2000.VOLTAGE,
    "2182A V": keithley_2182a.VOLTAGE,
    "6221 A": keithley_6221.CURRENT,
    "6487 A": keithley_6487.CURRENT,
    "6517B A": keithley_6517b.CURRENT,
}
TWINS: dict[str, Specification] = {
    "2400 V": twin_2400.VOLTAGE,
    "2400 A": twin_2400.CURRENT,
    "2450 V": twin_2450.VOLTAGE,
    "2450 A": twin_2450.CURRENT,
    "2460 V": twin_2460.VOLTAGE,
    "2460 A": twin_2460.CURRENT,
    "2636B V": keithley_2636b_tables.VOLTAGE,
    "2636B A": keithley_2636b_tables.CURRENT,
    "6430 V": twin_6430.VOLTAGE,
    "6430 A": twin_6430.CURRENT,
    "B2901A V": twin_b2901a.VOLTAGE,
    "B2901A A": twin_b2901a.CURRENT,
    "2000 V": keithley_2000_functions.VOLTAGE,
    "2182A V": twin_2182a.VOLTAGE,
    "6221 A": twin_6221.CURRENT,
    "6487 A": twin_6487.CURRENT,
    "6517B A": twin_6517b.CURRENT,
}
