"""Whether an abscissa counts, as cycles and pulses do: it has no halves."""

import numpy as np

from labctl.figures.figure import Figure


def counts(figure: Figure) -> bool:
    """Return whether every number of a linear abscissa is whole."""
    if figure.x_log or not any(len(series.x) for series in figure.series):
        return False
    every = np.concatenate([np.asarray(s.x, float) for s in figure.series])
    known = every[np.isfinite(every)]
    return bool((known == np.round(known)).all())
