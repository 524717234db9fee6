"""What meters say about their own errors, as numbers that travel with an outcome.

A maker's limits become standard uncertainties here (rectangular, GUM 4.3.7), under
the names that `labctl.analysis.uncertainty.Accuracy` has.
"""

import math

from labctl.roles.accuracy import Accuracy


def stated(quantity: str, accuracy: Accuracy) -> dict[str, float]:
    """Return ``{"voltage_gain": …, "voltage_zero": …}``: relative, and in its unit."""
    root = math.sqrt(3.0)
    return {
        f"{quantity}_gain": accuracy.gain / root,
        f"{quantity}_zero": accuracy.offset / root,
    }
