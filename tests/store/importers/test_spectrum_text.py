"""Spectra in a table of text: what the titles say, in the unit that they say."""

from pathlib import Path

import numpy as np
import pytest

from labctl.errors import StoreError
from labctl.store.importers.readers import read
from labctl.store.importers.spectrum_text import meaning_of

OHM = "real_impedance_ohm"
MINUS = "imaginary_impedance_ohm"
TITLES = [
    ("Freq (Hz)", ("frequency_hertz", 1.0)),
    ("freq/Hz", ("frequency_hertz", 1.0)),
    ("Frequency [kHz]", ("frequency_hertz", 1e3)),
    ("Z' (Ohm)", (OHM, 1.0)),
    ("Re(Z)/Ohm", (OHM, 1.0)),
    ("Z_real (mΩ)", (OHM, 1e-3)),
    ("Z'' (Ohm)", (MINUS, 1.0)),
    ("-Z'' (Ω)", (MINUS, -1.0)),
    ("−Z″ / Ω", (MINUS, -1.0)),
    ("-Im(Z)/Ohm", (MINUS, -1.0)),
    ("Zimag [ohm]", (MINUS, 1.0)),
    ("|Z|/Ohm", ("absolute_impedance_ohm", 1.0)),
    ("Phase(Z)/deg", ("phase_degree", 1.0)),
    # No unit, or one of an area: not supposed to be ohms.
    ("Z'", None),
    ("Z' (Ohm cm2)", None),
    ("Freq", None),
    ("column 3 (Ohm)", None),
]


@pytest.mark.parametrize(("title", "meaning"), TITLES)
def test_a_title_means_what_it_says(
    title: str, meaning: tuple[str, float] | None
) -> None:
    assert meaning_of(title) == meaning


def test_a_z_that_looks_like_its_opposite_is_remarked(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("Freq (Hz),Z' (Ohm),Z'' (Ohm)\n1e5,10,2\n1e4,12.5,5\n")

    file = read(path)

    assert file.eis["imaginary_impedance_ohm"].values.tolist() == [2, 5]
    assert any("Z'' (Ohm) is positive" in each for each in file.remarks)


RIGHT = ([1e5, 1e4], [10.0, 12.5], [-2.0, -5.0])
FILES = [
    ("comma.csv", "Freq (Hz),Z' (Ohm),Z'' (Ohm)\n1e5,10,-2\n1e4,12.5,-5\n", "utf-8"),
    ("minus.csv", "freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm\n1e5,10,2\n1e4,12.5,5\n", "utf-8"),
    (
        "decimal.csv",
        "Freq (Hz);Z' (Ω);-Z'' (Ω)\n100000,0;10,00;2,0\n10000,0;12,50;5,0\n",
        "utf-8-sig",
    ),
    (
        "tabs.txt",
        "measured by hand\n\nfreq/Hz\tRe(Z)/Ohm\tIm(Z)/Ohm\n1e5\t10\t-2\n1e4\t12.5\t-5",
        "utf-8",
    ),
]


@pytest.mark.parametrize(("name", "text", "code"), FILES, ids=[x[0] for x in FILES])
def test_every_shape_gives_the_same_spectrum(
    tmp_path: Path, name: str, text: str, code: str
) -> None:
    path = tmp_path / name
    path.write_bytes(text.encode(code))

    eis = read(path).eis

    names = ("frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm")
    for column, right in zip(names, RIGHT, strict=True):
        assert eis[column].values.tolist() == right
    assert eis["spectrum_id"].values.tolist() == [0, 0]


def test_size_and_phase_become_an_impedance_by_a_rule(tmp_path: Path) -> None:
    path = tmp_path / "polar.csv"
    path.write_text("Freq (Hz),|Z| (Ohm),Phase (deg)\n1e5,10,-60\n1e4,12,-30\n")

    eis = read(path).eis

    np.testing.assert_allclose(eis["real_impedance_ohm"].values[0], 5.0)
    np.testing.assert_allclose(eis["imaginary_impedance_ohm"].values[1], -6.0)
    assert eis["real_impedance_ohm"].rule == "impedance-from-polar"


REFUSED = [
    ("freq,Z',Z''\n1,2,3\n", "no line of titles says"),
    ("freq (Hz),Z' (Ohm)\n1,2\n", "no line of titles says"),
    ("freq (Hz),Z' (Ohm),Z'' (Ohm),-Z'' (Ohm)\n1,2,-3,3\n", "two titles say one"),
    ("freq (Hz),Z' (Ohm),Z'' (Ohm)\n0,2,-3\n", "no frequency above 0"),
    ("freq (Hz),Z' (Ohm),Z'' (Ohm)\n1,x,-3\n", "which is no number"),
    ("freq (Hz),Z' (Ohm),Z'' (Ohm)\n", "no row below the titles"),
]


@pytest.mark.parametrize(("text", "says"), REFUSED, ids=[each[1] for each in REFUSED])
def test_what_cannot_be_read_surely_is_refused(
    tmp_path: Path, text: str, says: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text)

    with pytest.raises(StoreError) as raised:
        read(path)

    assert says in str(raised.value)


def test_three_columns_without_titles_are_no_format(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("1e5,10,-2\n1e4,12,-5\n")

    with pytest.raises(StoreError, match="not a file that can be imported"):
        read(path)
