"""Text with a unit in, SI floats out, and back again: the one way across the edge.

Files, command line and window all read numbers through :func:`parse`; inside labctl
every number is a plain float in the SI unit its field's type names. Nothing is
guessed: no unit, no number. Pydantic is only imported by whoever builds a model.
"""

from labctl.quantities.fields import (
    SI,
    Ampere,
    AmperePerKilogram,
    AmperePerSquareMetre,
    Celsius,
    Coulomb,
    CoulombPerKilogram,
    CoulombPerSquareMetre,
    Fraction,
    Hertz,
    Kelvin,
    Kilogram,
    KilogramPerSquareMetre,
    Metre,
    Ohm,
    Pascal,
    Quantity,
    Second,
    Siemens,
    SiemensPerMetre,
    SquareMetre,
    Tesla,
    TeslaPerSecond,
    Volt,
    VoltPerSecond,
    Watt,
)
from labctl.quantities.format import format_duration, format_si
from labctl.quantities.parse import parse
from labctl.quantities.rates import CRate, Magnitude, OneC, Rate

__all__ = [
    "SI",
    "Ampere",
    "AmperePerKilogram",
    "AmperePerSquareMetre",
    "CRate",
    "Celsius",
    "Coulomb",
    "CoulombPerKilogram",
    "CoulombPerSquareMetre",
    "Fraction",
    "Hertz",
    "Kelvin",
    "Kilogram",
    "KilogramPerSquareMetre",
    "Magnitude",
    "Metre",
    "Ohm",
    "OneC",
    "Pascal",
    "Quantity",
    "Rate",
    "Second",
    "Siemens",
    "SiemensPerMetre",
    "SquareMetre",
    "Tesla",
    "TeslaPerSecond",
    "Volt",
    "VoltPerSecond",
    "Watt",
    "format_duration",
    "format_si",
    "parse",
]
