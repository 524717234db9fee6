"""The three overload flags of TCurrentValues as a column has them."""

from drivers.biologic.eclib.abi import CurrentValues
from drivers.overload import CURRENT, SATURATED, VOLTAGE


def flags_of(values: CurrentValues) -> int:
    """Return the flags as `labctl.columns.OVERLOAD` has them."""
    return (
        VOLTAGE * bool(values.Eoverflow)
        | CURRENT * bool(values.Ioverflow)
        | SATURATED * bool(values.Saturation)
    )
