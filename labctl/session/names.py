"""Run ids and file names that no sample name can lead astray."""

import math
import re
import secrets
from datetime import UTC, datetime

LONGEST = 40
UNDATED = "undated"
"""Stands for the date of a run whose file does not say when it began."""


def slug(name: str) -> str:
    """Return ``name`` in letters, digits, dot, dash; never empty, hidden or ``..``."""
    plain = re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip("-.")
    return re.sub(r"\.{2,}", ".", plain)[:LONGEST].strip("-.") or "sample"


def run_id(protocol: str, sample: str, unix: float) -> str:
    """Return ``20261123-054500-formation-cycling-si-3f9a``; unique in a folder.

    ``unix`` is UTC epoch seconds of the start; NaN, which nobody knows: ``undated``.
    """
    start = UNDATED
    if not math.isnan(unix):
        start = datetime.fromtimestamp(unix, UTC).strftime("%Y%m%d-%H%M%S")
    return f"{start}-{slug(protocol)}-{slug(sample)}-{secrets.token_hex(2)}"
