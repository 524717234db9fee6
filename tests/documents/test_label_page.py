"""The labels that the documentation shows are labels, and say how sure they are."""

import re
from pathlib import Path

import pytest

from labctl.documents.plan import read_label, sample_of

PAGE = Path(__file__).parents[2] / "docs/how-to/write-a-label.md"
LABELS = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("text", LABELS)
def test_every_label_of_the_page_can_be_read_and_states_its_uncertainties(
    text: str, tmp_path: Path
) -> None:
    file = tmp_path / "label.yaml"
    file.write_text(text, "utf-8")

    label = sample_of(read_label(file)).model_dump()

    stated = [name for name in label if label.get(f"{name}_uncertainty")]
    assert len(stated) >= 2
    assert all(label[name] for name in stated)


def test_the_page_shows_labels() -> None:
    assert LABELS
