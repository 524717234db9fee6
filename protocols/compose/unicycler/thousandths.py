"""Amperes and volts in the thousandths that unicycler writes."""


def milli(value: float) -> float:
    """Return 1000 × ``value``, as a person writes it: -0.21175, no 0.21175000000000002.

    15 digits: what a decimal number keeps on its way through a double.
    """
    return float(f"{1000.0 * value:.15g}")
