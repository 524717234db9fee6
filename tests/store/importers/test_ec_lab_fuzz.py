"""Whatever the bytes: a file of EC-Lab is read, or refused with a reason."""

from collections.abc import Callable
from pathlib import Path

from ec_lab_files import LAYOUTS, STARTED, WORDS, Layout, data, log, mpr, mpt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labctl.errors import StoreError
from labctl.store.importers.ec_lab import binary, text
from labctl.store.importers.foreign import ForeignFile

TEXT = mpt(
    ("mode", "time/s", "Ewe/V", "<I>/mA", "freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm"),
    [("1", 1.0 * k, 3.0, -2.0, 10.0 * (k % 3), 1.0, 2.0) for k in range(6)],
    header=(STARTED, "Loop 1 from point number 3 to 5"),
).encode("latin-1")
DATED = mpt(
    ("time/s", "Ewe/V", "dq/mA.h"),
    [(f"01/15/2024 09:00:0{k}.5", 3.0, 1.0) for k in range(4)],
).encode("latin-1")
BINARY = mpr(
    data({4: [0.0, 1.0, 2.0], 6: [3.0] * 3, 7: [0.0, 1.0, -1.0]}, WORDS, (1, 2)),
    LOG=log(),
    loop=bytes(16),
)
QUICK = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
Edit = tuple[int, int, bytes]
EDITS = st.lists(
    st.tuples(st.integers(0, 4000), st.integers(0, 40), st.binary(max_size=12)),
    min_size=1,
    max_size=4,
)


def edited(content: bytes, edits: list[Edit]) -> bytes:
    """Cut pieces out, and put others in."""
    for at, length, new in edits:
        place = at % (len(content) + 1)
        content = content[:place] + new + content[place + length :]
    return content


def outcome(read: Callable[[Path], ForeignFile], path: Path) -> str:
    """Return why a file was refused, which names it; empty: it was read."""
    try:
        read(path)
    except StoreError as refusal:
        return str(refusal)
    return ""


NUMBERS = st.lists(
    st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=6
)


@QUICK
@given(numbers=NUMBERS, comma=st.booleans(), tab=st.sampled_from(["", "\t"]))
def test_every_number_of_a_text_file_is_read_to_the_last_bit(
    tmp_path: Path, numbers: list[float], tab: str, *, comma: bool
) -> None:
    rows = [(str(k), f"{x:.16E}") for k, x in enumerate(numbers)]
    content = mpt(("time/s", "Ewe/V"), rows, header=(), tab=tab)
    path = tmp_path / "exact.mpt"
    path.write_text(content.replace(".", ",") if comma else content, newline="")

    assert text.read_mpt(path).columns["Ewe/V"].tolist() == numbers


@QUICK
@given(numbers=NUMBERS, layout=st.sampled_from(LAYOUTS))
def test_every_number_of_a_binary_file_is_read_to_the_last_bit(
    tmp_path: Path, numbers: list[float], layout: Layout
) -> None:
    path = tmp_path / "exact.mpr"
    content = data(
        {4: range(len(numbers)), 7: numbers, 6: [3.0] * len(numbers)}, layout
    )
    path.write_bytes(mpr(content, layout))

    assert binary.read_mpr(path).columns["dq/mA.h"].tolist() == numbers


@QUICK
@given(edits=EDITS, whole=st.sampled_from([TEXT, DATED]))
def test_any_damage_to_a_text_file_is_read_or_refused(
    tmp_path: Path, edits: list[Edit], whole: bytes
) -> None:
    path = tmp_path / "fuzzed.mpt"
    path.write_bytes(edited(whole, edits))

    said = outcome(text.read, path)
    assert not said or path.name in said


@QUICK
@given(edits=EDITS)
def test_any_damage_to_a_binary_file_is_read_or_refused(
    tmp_path: Path, edits: list[Edit]
) -> None:
    path = tmp_path / "fuzzed.mpr"
    path.write_bytes(edited(BINARY, edits))

    said = outcome(binary.read, path)
    assert not said or path.name in said


@QUICK
@given(content=st.binary(max_size=300), begin=st.sampled_from([b"", TEXT[:20]]))
def test_any_bytes_are_read_or_refused(
    tmp_path: Path, content: bytes, begin: bytes
) -> None:
    path = tmp_path / "fuzzed.mpt"
    path.write_bytes(begin + content)

    said = outcome(text.read, path)
    assert not said or path.name in said
