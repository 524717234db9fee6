"""What a platinum resistor has: ITS-90's industrial curve (DIN EN 60751), Ω and °C."""

ALPHA = 0.00385055
DELTA = 1.4998
BETA = {True: 0.10863, False: 0.0}
"""Callendar's form of the equation; β only below 0 °C."""


def ohms(nominal: float, celsius: float) -> float:
    """Return Ω at ``celsius`` of a resistor with ``nominal`` Ω at 0 °C."""
    t = celsius / 100.0
    bent = DELTA * (t - 1.0) * t + BETA[celsius < 0.0] * (t - 1.0) * t**3
    return nominal * (1.0 + ALPHA * (celsius - bent))
