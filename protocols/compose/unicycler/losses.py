"""What one of two formats cannot say: refused by name, unless a person lets it go."""

from collections.abc import Collection
from dataclasses import dataclass, field

from labctl.errors import Complaint, Place, RefusedError


@dataclass(slots=True)
class Losses:
    """What would be lost, gathered to be told at once."""

    without: Collection[str] = ()
    """Names of what may be lost."""
    file: str = ""
    complaints: list[Complaint] = field(default_factory=list)
    let_go: dict[str, None] = field(default_factory=dict)
    """Names of what was lost, with leave."""

    def lose(self, name: str, path: Place, what: str) -> None:
        """Note that something cannot be said; ``name`` is what `--without` takes."""
        if name in self.without:
            self.let_go[name] = None
            return
        cure = f"Take it out, or go on without it: --without {name}."
        self.complaints.append(Complaint(path, what, cure, file=self.file))

    def refuse(self, path: Place, what: str, cure: str = "") -> None:
        """Note what is wrong and cannot be let go."""
        self.complaints.append(Complaint(path, what, cure, file=self.file))

    def settle(self) -> None:
        """Raise RefusedError with everything that was noted, or nothing."""
        unknown = set(self.without) - set(self.let_go)
        if not self.complaints and unknown:
            name = min(unknown)
            self.refuse((), f"--without {name}: nothing of that name is lost here.")
        if self.complaints:
            raise RefusedError(dict.fromkeys(self.complaints))
