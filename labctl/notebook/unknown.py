"""A name that is not among those that are there."""

from collections.abc import Iterable

from labctl.errors import OperatorError


class UnknownNameError(OperatorError, KeyError):
    """A mapping has no such name; a `KeyError` that says which it has."""

    def __init__(self, what: str, name: object, known: Iterable[str]) -> None:
        there = ", ".join(known) or "none"
        super().__init__(f"there is no {what} {name!r}; there are: {there}")

    def __str__(self) -> str:
        """Say it as it is: a KeyError would put it in quotes."""
        return str(self.args[0])
