"""What other programs call a technique, and which measurement that is.

A name decides only where rows cannot tell: people call a titration "cycling".
"""

from collections.abc import Mapping

from labctl.analysis.cells.recognition import Measurement

_NAMES: Mapping[str, Measurement] = {
    # EC-Lab, in its files
    "Open Circuit Voltage": Measurement.REST,
    "Cyclic Voltammetry": Measurement.VOLTAMMETRY,
    "Cyclic Voltammetry Advanced": Measurement.VOLTAMMETRY,
    "Linear Sweep Voltammetry": Measurement.VOLTAMMETRY,
    "Galvanostatic Cycling with Potential Limitation": Measurement.CYCLING,
    "Battery Capacity Determination": Measurement.CYCLING,
    # Gamry, the tag of its files
    "CORPOT": Measurement.REST,
    "CV": Measurement.VOLTAMMETRY,
    # labctl's own protocols
    **{str(each): each for each in Measurement},
}
_KNOWN = {name.casefold(): measurement for name, measurement in _NAMES.items()}


def measurement_called(name: str) -> Measurement | None:
    """Return what a technique of this name measures; None: the name is not known."""
    return _KNOWN.get(name.strip().casefold())
