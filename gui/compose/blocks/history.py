"""Undo and redo: earlier and undone values, and which edits count as one."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")
LONGEST = 200


@dataclass(slots=True)
class History(Generic[T]):
    """A value with its past and, after an undo, its future."""

    now: T
    past: list[T] = field(default_factory=list)
    future: list[T] = field(default_factory=list)
    _same: object = None
    """What the last edit was about."""

    def edit(self, new: T, about: object = None) -> None:
        """Take a new value; edits about the same thing in a row are undone as one."""
        if new == self.now:
            return
        if about is None or about != self._same:
            self.past = [*self.past[-LONGEST + 1 :], self.now]
        self._same = about
        self.now, self.future = new, []

    def undo(self) -> bool:
        """Go back by one edit; False if there is none."""
        if not self.past:
            return False
        self.future.append(self.now)
        self.now, self._same = self.past.pop(), None
        return True

    def redo(self) -> bool:
        """Go forward again by one; False if nothing was undone."""
        if not self.future:
            return False
        self.past.append(self.now)
        self.now, self._same = self.future.pop(), None
        return True
