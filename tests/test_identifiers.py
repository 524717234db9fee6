"""Identifiers that people type are checked, and kept as the address that resolves."""

from collections.abc import Callable

import pytest

from labctl import identifiers
from labctl.identifiers import doi, licence, licence_text, orcid, pid, pid_type, ror

Read = Callable[[str], str]


@pytest.mark.parametrize(
    ("read", "typed", "kept"),
    [
        # the examples of ORCID's own documentation, one of them ending with X
        (orcid, "0000-0002-1825-0097", "https://orcid.org/0000-0002-1825-0097"),
        (orcid, "https://orcid.org/0000-0001-5109-3700", None),
        (
            orcid,
            " orcid.org/0000-0002-1694-233x",
            "https://orcid.org/0000-0002-1694-233X",
        ),
        # three universities in Seoul, Cambridge (Massachusetts) and Stanford
        (ror, "04h9pn542", "https://ror.org/04h9pn542"),
        (ror, "https://ror.org/042nb2s44", None),
        (ror, "ror.org/00F54P054", "https://ror.org/00f54p054"),
        (doi, "doi:10.5281/zenodo.1234567", "https://doi.org/10.5281/zenodo.1234567"),
        (pid, "https://dx.doi.org/10.1234/a-b", "https://doi.org/10.1234/a-b"),
        (pid, "hdl:21.11157/vsp300", "https://hdl.handle.net/21.11157/vsp300"),
        # an IGSN of before 2021 is a handle
        (pid, "10273/AU1101", "https://hdl.handle.net/10273/AU1101"),
        (licence_text, "cc-by-4.0", "CC-BY-4.0"),
        (licence_text, "https://data.example.org/terms", None),
        # not known stays not known
        *((read, "", "") for read in (orcid, ror, doi, pid, licence_text)),
    ],
)
def test_what_is_right_is_kept_as_its_address(
    read: Read, typed: str, kept: str | None
) -> None:
    once = read(typed)

    assert once == (typed if kept is None else kept)
    assert read(once) == once  # a run file is read back


@pytest.mark.parametrize(
    ("read", "typed", "said"),
    [
        (orcid, "0000-0002-1825-0098", "last character does not fit"),
        (orcid, "0000-0002-1852-0097", "last character does not fit"),
        (orcid, "000-0002-1825-0097", "write its 16 characters"),
        (orcid, "\u0660" * 4 + "-0002-1825-0097", "write its 16 characters"),
        (orcid, "https://evil.example/0000-0002-1825-0097", "16 characters"),
        (ror, "04h9pn524", "last two digits do not fit"),
        (ror, "04l9pn542", "write its address"),
        (doi, "10.1/x", "is no DOI"),
        (doi, "10.1234/a b", "is no DOI"),
        (pid, "serial 12", "neither a DOI nor a handle"),
        (pid, "10.12/x", "neither a DOI nor a handle"),
        (licence_text, "CC-BY", "is none of CC0-1.0, CC-BY-4.0"),
        (licence_text, "javascript:alert(1)", "give the address"),
    ],
)
def test_a_slip_is_refused_and_the_cure_said(read: Read, typed: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(typed)


def test_one_wrong_digit_is_always_found() -> None:
    right = "0000-0002-1825-0097"
    wrong = [
        f"{right[:at]}{other}{right[at + 1 :]}"
        for at, digit in enumerate(right)
        for other in "0123456789"
        if digit not in {"-", other}
    ]

    for each in wrong:
        with pytest.raises(ValueError, match="does not fit"):
            orcid(each)


def test_a_licence_is_named_only_where_its_name_is_known() -> None:
    known, other = licence("CC0-1.0"), licence("https://data.example.org/terms")

    assert licence("") is None
    assert known is not None
    assert known.name.startswith("Creative Commons Zero")
    assert other == identifiers.Licence(
        "https://data.example.org/terms", "https://data.example.org/terms"
    )


def test_the_kind_of_an_identifier_is_what_nexus_calls_it() -> None:
    kinds = [pid_type(read(t)) for read, t in ((pid, "10.1234/a"), (pid, "2.3/b"))]

    assert kinds == ["DOI", "Hdl"]
