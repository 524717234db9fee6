"""Tops are found as scipy finds them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import signal

from labctl.analysis.local_tops import find_tops

# few levels: many flat tops and equal heights
LEVELS = st.integers(-3, 3).map(float)


@given(arrays(float, st.integers(0, 30), elements=LEVELS), st.integers(0, 4))
def test_tops_are_those_of_scipy(values: np.ndarray, prominence: int) -> None:
    expected, _ = signal.find_peaks(values, prominence=float(prominence))

    assert find_tops(values, float(prominence)) == expected.tolist()
