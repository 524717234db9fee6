"""Titles that EC-Lab is known to write, and those of them that it works out itself.

Seen in files that EC-Lab 10.40 to 11.61 exported. Versions 11.6x name columns that
they work out, and then have no cells for the last of them.
"""

from labctl.store.importers.ec_lab.column_ids import COLUMNS, FLAGS
from labctl.store.importers.ec_lab.titles import read_title

_COMPLEX = (
    *("Z", "Zce", "Zwe-ce", "Y", "C", "M"),
    *("Permittivity", "Resistivity", "Conductivity"),
)
WORKED_OUT = frozenset(
    {
        *(f"{part}({of})" for part in ("Re", "Im", "-Im", "Phase") for of in _COMPLEX),
        *(f"|{of}|" for of in _COMPLEX),
        *("Tan(Delta)", "Loss Angle(Delta)", "Conductivity", '"Ri"'),
        *("Ewe-Ece", "<Ewe-Ece>", "x", "Capacity", "Efficiency"),
        *(f"{of}{at}" for of in "PR" for at in ("", "we", "ce", "we-ce")),
        *("Energy", "Energy we-ce", "Energy we-ce charge", "Energy we-ce discharge"),
        *("Q charge", "Q discharge", "charge time", "discharge time", "cycle time"),
        *("dI/dt", "d(Q-Qo)/dE"),
    }
)
"""Quantities that follow from measured ones."""
_STORED = frozenset(title for title, _ in (*COLUMNS.values(), *FLAGS.values()))


def is_worked_out(title: str) -> bool:
    """Tell whether EC-Lab works a column out when it exports; one has no title."""
    return not title or any(quantity in WORKED_OUT for quantity in _quantities(title))


def is_known(title: str) -> bool:
    """Tell whether a title is one of EC-Lab's, taken by labctl or not."""
    return is_worked_out(title) or title in _STORED or read_title(title) is not None


def _quantities(title: str) -> list[str]:
    """Return what may stand before the unit: a quantity may hold a slash itself."""
    return [title, *(title[:k] for k, letter in enumerate(title) if letter == "/")]
