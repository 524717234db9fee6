import enum
import os
import time
from pathlib import Path
from typing import Annotated, Literal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from labctl.documents.complaints import validate
from labctl.documents.document import Document
from labctl.documents.hardened_yaml import load, load_file
from labctl.errors import RefusedError
from labctl.quantities import Ampere, CRate, Fraction, OneC, Rate, Second, Volt

READ: list[tuple[str, object]] = [
    # scientific notation is a number, with or without a mark
    ("1e-3", 0.001),
    ("1.5E+2", 150.0),
    (".5", 0.5),
    ("5.", 5.0),
    ("-5", -5),
    ("+5", 5),
    # Norway and the switch positions stay text
    ("no", "no"),
    ("on", "on"),
    ("yes", "yes"),
    ("off", "off"),
    # 4:20 is not 260, a date is not a moment, hexadecimal is not counted
    ("4:20", "4:20"),
    ("2026-11-23", "2026-11-23"),
    ("0x1F", "0x1F"),
    # decimal commas stay text, for the quantity to judge
    ("4,2", "4,2"),
    ("1.000,5", "1.000,5"),
    # the three words
    ("true", True),
    ("False", False),
    ("~", None),
    ("", None),
    # quotes make text of anything
    ("'010'", "010"),
    ('"true"', "true"),
    # text with units, and the old type sign
    ("1.5 mA", "1.5 mA"),
    ("=", "="),
]

REFUSED = [
    # octal to some
    (
        "a: 010",
        (
            "p.yaml:1 a: 010 is a number to some and a text to others. "
            "Write 10, or quote it if it is a text."
        ),
    ),
    (
        "a: 1_000",
        (
            "p.yaml:1 a: 1_000 is a number to some and a text to others. "
            "Write 1000, or quote it if it is a text."
        ),
    ),
    # no numbers at all
    (
        "a: .nan",
        "p.yaml:1 a: .nan is not a number one can set. Quote it if it is a text.",
    ),
    (
        "a: -.inf",
        "p.yaml:1 a: -.inf is not a number one can set. Quote it if it is a text.",
    ),
    (
        "a: 1e999",
        (
            "p.yaml:1 a: 1e999 is beyond what a number can hold. "
            "Write it shorter, or quote it if it is a text."
        ),
    ),
    (
        "a: 1e-999",
        (
            "p.yaml:1 a: 1e-999 is beyond what a number can hold. "
            "Write it shorter, or quote it if it is a text."
        ),
    ),
    (
        "a: " + "9" * 5000,
        (
            "p.yaml:1 a: 9999999999999999999999999999999999999… is beyond what a "
            "number can hold. Write it shorter, or quote it if it is a text."
        ),
    ),
    ("a: -0.0", "p.yaml:1 a: -0.0: zero has no sign. Write 0."),
    # the second of two limits would win without a word
    (
        "v_max: 4.2\nv_max: 42",
        "p.yaml:2: `v_max` already stands in line 1. Remove one of the two.",
    ),
    (
        "a: {b: 1, 'b': 2}",
        "p.yaml:1: `b` already stands in line 1. Remove one of the two.",
    ),
    # machinery that hides values or code
    (
        "a: &x 1\nb: *x",
        (
            "p.yaml:1: uses the anchor or alias `x`. "
            "Write the value out; quote a text that starts with `&` or `*`."
        ),
    ),
    (
        "a: !!python/object/apply:os.system [x]",
        (
            "p.yaml:1: uses the tag `tag:yaml.org,2002:python/object/apply…`. "
            "Remove it; quote a text that starts with `!`."
        ),
    ),
    ("<<: {a: 1}", "p.yaml:1: merges with `<<`. Write the keys out."),
    ("? [a]\n: 1", "p.yaml:1: has a key that is no text. Name the key."),
    (
        "a: 1\n---\nb: 1",
        "p.yaml:2: starts a second document. Remove the `---` line.",
    ),
    ("%YAML 1.1\n---\na: 1", "p.yaml:1: has a % directive. Remove it."),
    # nothing there
    ("", "p.yaml:1: is empty. Write `key: value` lines."),
    ("# only a comment\n", "p.yaml:1: is empty. Write `key: value` lines."),
    # tabs
    (
        "a:\n\tb: 1",
        "p.yaml:2: column 1: a tab where YAML wants spaces. Indent with spaces.",
    ),
    # broken
    (
        "a: b: c",
        (
            "p.yaml:1: column 5: a second `: ` in one line, or a key in the wrong "
            "column. Quote a text that contains `: `, and check the indentation."
        ),
    ),
    (
        "a: [1,",
        "p.yaml:1: column 7: the file ends inside a bracket. Close the bracket.",
    ),
    (
        "a: [1 2\nb: 3",
        (
            "p.yaml:2: column 2: a bracket is not closed, or two items have no comma "
            "between them. Close the bracket, or put the comma."
        ),
    ),
    ("a: 'x", "p.yaml:1: column 6: a quote is never closed. Close it."),
    (
        "a:\n  b: 1\n c: 2",
        (
            "p.yaml:3: column 2: this does not line up with the lines above. "
            "Start all keys of one block in one column."
        ),
    ),
    (
        "a: 1\nb\nc: 2",
        (
            "p.yaml:3: column 1: this key has no value. "
            "Write `key: value`, with a space after the colon."
        ),
    ),
    (
        "a: @x",
        "p.yaml:1: column 4: a text cannot start with this character. Quote the text.",
    ),
    # characters that are not text
    ("a: 1\nb: \x07", "p.yaml:2: holds the character U+0007. Remove it."),
    ('a: "\\ud800"', "p.yaml:1: holds half a character. Remove the escape."),
]

BYTES = [
    (b"\xff\xfea\x00:\x00", "p.yaml: is in UTF-16 or UTF-32. Save it as UTF-8."),
    ("a: 1".encode("utf-16-le"), "p.yaml: is in UTF-16 or UTF-32. Save it as UTF-8."),
    (b"a: 1\nb: \xe9", "p.yaml:2: is not UTF-8. Save it as UTF-8."),
    (b"a" * 300_000, "p.yaml: is larger than 256 kB. Is it the right file?"),
]

ATTACKS = {
    "brackets": "[" * 200_000,
    "braces": "{a: " * 50_000,
    "dashes": "- " * 100_000,
    "laughs": "a: &a [x]\n" + "".join(f"b{i}: &b{i} [*a,*a]\n" for i in range(9)),
    "keys": "? " * 100_000,
    "digits": "a: " + "9" * 200_000,
    "anchors": "&" * 200_000,
}


@pytest.mark.parametrize(("text", "value"), READ)
def test_a_value_is_read_as_a_person_means_it(text: str, value: object) -> None:
    data = load(f"a: {text}", "p.yaml").data

    assert isinstance(data, dict)
    assert data["a"] == value
    assert type(data["a"]) is type(value)


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_could_be_misread_is_refused_with_its_line(
    text: str, message: str
) -> None:
    with pytest.raises(RefusedError) as caught:
        load(text, "p.yaml")

    assert str(caught.value) == message


@pytest.mark.parametrize(("content", "message"), BYTES)
def test_a_file_that_is_not_utf8_text_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(RefusedError) as caught:
        load(content, "p.yaml")

    assert str(caught.value) == message


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_a_hostile_file_is_refused_before_it_costs_anything(name: str) -> None:
    start = time.process_time()

    with pytest.raises(RefusedError):
        load(ATTACKS[name], "p.yaml")

    assert time.process_time() - start < 2.0  # measured: at most 0.25 s


def test_a_byte_order_mark_from_notepad_is_ignored() -> None:
    assert load(b"\xef\xbb\xbfa: 1", "p.yaml").data == {"a": 1}


def test_an_absent_file_is_refused_by_its_path(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="No such file"):
        load_file(tmp_path / "absent.yaml")


def test_every_key_and_item_knows_its_line() -> None:
    document = load("a: 1\nb:\n  - x\n  - c: 2\n    d: 3\n", "p.yaml")

    assert document.line_of(("b", 1, "d")) == 5
    assert document.line_of(("b", 0)) == 3
    assert document.line_of(("b", 1, "absent")) == 4
    assert document.line_of(()) == 1


_plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(min_value=1e-9, max_value=1e9)
    | st.text("abcäµ :#'\"-{}[]%@1.,", max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abcxyz", min_size=1, max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(_plain)
def test_plain_data_written_by_pyyaml_come_back(data: object) -> None:
    text = yaml.safe_dump({"top": data}, allow_unicode=True)
    if "&id" not in text:
        assert load(text, "p.yaml").data == {"top": data}


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    try:
        load(text, "p.yaml")
    except RefusedError as error:
        (complaint,) = error.complaints
        assert complaint.where.startswith("p.yaml")


class _Mode(enum.Enum):
    CHARGE = "charge"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Current(_Strict):
    kind: Literal["cc"] = "cc"
    current: Annotated[Ampere, Field(gt=0)]
    until: Second | None = None


class _Hold(_Strict):
    kind: Literal["cv"]
    voltage: Volt


class _Plan(_Strict):
    upper_voltage: Volt = 1.5
    lower_voltage: Volt
    rate: CRate
    one_c: OneC
    cycles: int = Field(ge=1)
    live: bool = True
    mode: _Mode = _Mode.CHARGE
    folder: Path | None = None
    cut_offs: tuple[Volt, ...] = ()
    share: Fraction = 0.8
    name: str = ""
    steps: list[Annotated[_Current | _Hold, Field(discriminator="kind")]] = []


GOOD = """\
lower_voltage: 5 mV
rate: C/20
one_c: 3350 mAh/g
cycles: 3
mode: charge
folder: runs/a
cut_offs: [1 V, 2 V]
share: 80 %
steps:
  - {kind: cc, current: 1 mA, until: 1 h 30 min}
  - kind: cv
    voltage: 1 V
"""

BAD = """\
uper_voltage: 1.5 V
rate: 1.5 mA
one_c: 5
cycles: true
live: no
mode: up
cut_offs: [1, 2 A]
share: 80
name: 3
steps:
  - kind: cc
    current: -1 mA
    until: 00:30:00
  - kind: cv
    voltag: 1 V
  - kind: cd
"""

COMPLAINTS = """\
f.yaml:1 lower_voltage: got nothing, expected a voltage such as `5 mV` or `1.2 V`. \
Add `lower_voltage: …`.
f.yaml:1 uper_voltage: got an unknown key, expected one of cut_offs, cycles, folder, \
live, lower_voltage, mode, name, one_c, rate, share, steps, upper_voltage. \
Did you mean `upper_voltage`?
f.yaml:2 rate: 0.0015 A is a current; expected a C-rate such as `C/20`.
f.yaml:3 one_c: 5 has no unit; expected the current of 1C such as `3350 mAh/g` or \
`1.9 mA/cm²` or `1.34 mA`.
f.yaml:4 cycles: got true, expected a whole number.
f.yaml:5 live: got the text `no`, expected true or false.
f.yaml:6 mode: got the text `up`, expected 'charge'.
f.yaml:7 cut_offs[0]: 1 has no unit; expected a voltage such as `5 mV` or `1.2 V`.
f.yaml:7 cut_offs[1]: 2 A is a current; expected a voltage such as `5 mV` or `1.2 V`.
f.yaml:8 share: 80 has no unit and is beyond 1. Write `80 %`, or a fraction such as \
`0.8`.
f.yaml:9 name: got 3, expected a text. Quote it.
f.yaml:12 steps[0].current: got -1 mA, expected more than 0 A.
f.yaml:13 steps[0].until: 00:30:00 has no unit; expected a time. Write `30 min`.
f.yaml:14 steps[1].voltage: got nothing, expected a voltage such as `5 mV` or `1.2 V`. \
Add `voltage: …`.
f.yaml:15 steps[1].voltag: got an unknown key, expected one of kind, voltage. \
Did you mean `voltage`?
f.yaml:16 steps[2]: got kind `cd`, expected `cc`, `cv`."""


def test_a_good_file_becomes_si_values() -> None:
    plan = validate(load(GOOD, "f.yaml"), _Plan)

    assert plan.lower_voltage == 0.005
    assert plan.rate == Rate(0.05, "C")
    assert plan.one_c == OneC(3350.0, "A/kg")
    assert plan.cut_offs == (1.0, 2.0)
    assert plan.steps[0] == _Current(current="1 mA", until="1 h 30 min")  # type: ignore[arg-type]


def test_all_complaints_come_at_once_with_line_key_and_cure() -> None:
    with pytest.raises(RefusedError) as caught:
        validate(load(BAD, "f.yaml"), _Plan)

    assert str(caught.value).splitlines() == COMPLAINTS.splitlines()


@pytest.mark.parametrize("text", ["[1]", "5", "text"])
def test_a_file_that_is_no_block_of_keys_is_refused(text: str) -> None:
    with pytest.raises(RefusedError, match="expected a block of keys"):
        validate(load(text, "f.yaml"), _Plan)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "cell.yaml"
    os.mkfifo(pipe)

    with pytest.raises(RefusedError, match=r"cell\.yaml: is a pipe, no file\."):
        load_file(pipe)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there are no devices")
def test_a_device_is_refused() -> None:
    with pytest.raises(RefusedError, match="/dev/zero: is a device, no file"):
        load_file(Path("/dev/zero"))


def test_a_folder_and_a_huge_file_are_refused(tmp_path: Path) -> None:
    huge = tmp_path / "huge.yaml"
    with huge.open("wb") as file:
        file.truncate(1 << 40)

    with pytest.raises(RefusedError, match="cannot be read: Is a directory"):
        load_file(tmp_path)
    with pytest.raises(RefusedError, match="larger than 256 kB"):
        load_file(huge)


class _Short(BaseModel):
    steps: Annotated[tuple[int, ...], Field(min_length=1, max_length=3)] = (1,)
    name: Annotated[str, Field(min_length=1, max_length=4)] = "a"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("steps: []", "f steps: got an empty list, expected at least 1."),
        ("steps: [1, 2, 3, 4]", "f steps: got a list of 4, expected at most 3."),
        ('name: ""', "f name: got an empty text, expected characters, at least 1."),
    ],
)
def test_a_length_is_told_without_the_validators_words(text: str, said: str) -> None:
    data = load(text, "f").data
    with pytest.raises(RefusedError) as refused:
        validate(Document.without_lines("f", data), _Short)

    assert str(refused.value) == said


def test_a_block_that_does_not_say_what_it_is_is_told_which_word_lacks() -> None:
    text = GOOD.replace("kind: cc, ", "")

    with pytest.raises(RefusedError) as refused:
        validate(load(text, "f.yaml"), _Plan)

    (complaint,) = refused.value.complaints
    assert complaint.path == ("steps", 0)
    assert complaint.what == "got no `kind`, which says what this is."
