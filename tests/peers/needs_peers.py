"""The mark of tests that other people's programs are needed for."""

import fetch_peers
import pytest

needs_peers = pytest.mark.skipif(
    not fetch_peers.are_here(),
    reason="the peers are not here: python tests/peers/fetch_peers.py",
)
