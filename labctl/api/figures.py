"""What a station draws: figures as they are made, and the plots of a run's columns."""

from labctl.api.models import Answer
from labctl.figures.figure import Figure, Plot, Series

__all__ = ["Figure", "Plot", "RunFigures", "Series"]


class RunFigures(Answer):
    """What a protocol draws of a run as far as it has come."""

    figures: list[Figure]
    rows: int
    """Rows of all streams that it was worked out from."""
    why: str = ""
    """Why there are no figures, in words; empty if there are, or just none yet."""
    seconds: float = 0.0
    """How long it took; ask again after a multiple of it."""
