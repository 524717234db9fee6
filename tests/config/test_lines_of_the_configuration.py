"""What does not fit together in ``config.yaml`` is told at its own line."""

from pathlib import Path

import pytest

from labctl.config.reading import read_config
from labctl.errors import RefusedError

GOOD = """\
instruments:
  vsp300: {driver: biologic, address: 10.0.0.5}
"""


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ("channels:\n  cell: [vsp999/1]\n", "config.yaml:4 channels.cell"),
        (
            "channels: {}\ntemperature:\n  vsp300/1:\n    ambient: ovne\n",
            "config.yaml:6 temperature.vsp300/1.ambient",
        ),
        (
            "channels: {}\ntemperature:\n  vsp999/1: {ambient: vsp300}\n",
            "config.yaml:5 temperature.vsp999/1",
        ),
    ],
)
def test_a_channel_on_no_instrument_is_told_at_its_line(
    more: str, where: str, tmp_path: Path
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(GOOD + more, "utf-8")

    with pytest.raises(RefusedError) as refused:
        read_config(file)

    (complaint,) = refused.value.complaints
    assert complaint.where.endswith(where)
    assert "is on no instrument of this station (vsp300)" in complaint.what
