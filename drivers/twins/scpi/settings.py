"""An instrument's settings by name: a view of the attributes that hold them.

They are attributes because a message reads and writes them at every point; who keeps
or puts back an instrument's state wants them alone.
"""

from collections.abc import Iterator, MutableMapping
from typing import Any


class Settings(MutableMapping[str, Any]):
    """The settings called ``names`` among ``attributes``; KeyError for any other."""

    def __init__(self, attributes: dict[str, Any], names: frozenset[str]) -> None:
        self._attributes, self._names = attributes, names

    def __getitem__(self, name: str) -> Any:
        return self._attributes[self._known(name)]

    def __setitem__(self, name: str, value: Any) -> None:
        self._attributes[self._known(name)] = value

    def __delitem__(self, name: str) -> None:
        raise TypeError(f"{name}: an instrument does not lose a setting")

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._names))

    def __len__(self) -> int:
        return len(self._names)

    def _known(self, name: str) -> str:
        if name not in self._names:
            raise KeyError(name)
        return name
