"""Identifiers that outlive a web page, read as typed: ORCID, ROR, DOI, handle, SPDX.

Each is checked as far as it can be without asking anybody, and kept as the address
that resolves it. The last character of an ORCID iD is ISO 7064 MOD 11-2 of the digits
before it; a ROR is seven characters of Crockford's base 32, a zero in front, and their
ISO 7064 MOD 97-10 in two digits. An empty text stays one: not known.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

ORCID, ROR = "https://orcid.org/", "https://ror.org/"
DOI, HANDLE = "https://doi.org/", "https://hdl.handle.net/"

_ORCID = re.compile(r"[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]")
_ROR = re.compile(r"0[0-9a-hj-km-np-tv-z]{6}[0-9]{2}")
_BASE_32 = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's: no i, l, o, u."""
_DOI = re.compile(r"10\.[0-9]{4,9}(\.[0-9]+)*/[^\s\"<>]+")
_HANDLE = re.compile(r"[0-9]+(\.[0-9A-Za-z]+)*/[^\s\"<>]+")
_ADDRESS = re.compile(r"https?://[^\s/\"<>]+\.[^\s\"<>]+")


@dataclass(frozen=True, slots=True)
class Licence:
    """On which terms data may be used."""

    url: str
    """Where the terms stand."""
    name: str
    """In words, or the address again."""
    spdx: str = ""
    """Its SPDX identifier; empty: it was given as an address."""


LICENCES: Mapping[str, str] = {
    "CC0-1.0": "Creative Commons Zero v1.0 Universal",
    "CC-BY-4.0": "Creative Commons Attribution 4.0 International",
    "CC-BY-SA-4.0": "Creative Commons Attribution Share Alike 4.0 International",
    "CC-BY-NC-4.0": "Creative Commons Attribution Non Commercial 4.0 International",
    "CC-BY-NC-SA-4.0": (
        "Creative Commons Attribution Non Commercial Share Alike 4.0 International"
    ),
    "CC-BY-ND-4.0": "Creative Commons Attribution No Derivatives 4.0 International",
    "CC-BY-NC-ND-4.0": (
        "Creative Commons Attribution Non Commercial No Derivatives 4.0 International"
    ),
    "CC-BY-3.0": "Creative Commons Attribution 3.0 Unported",
    "ODC-By-1.0": "Open Data Commons Attribution License v1.0",
    "ODbL-1.0": "Open Data Commons Open Database License v1.0",
    "PDDL-1.0": "Open Data Commons Public Domain Dedication & License 1.0",
    "CDLA-Permissive-2.0": "Community Data License Agreement Permissive 2.0",
    "etalab-2.0": "Etalab Open License 2.0",
    "DL-DE-BY-2.0": "Data licence Germany - attribution - version 2.0",
    "MIT": "MIT License",
    "BSD-3-Clause": 'BSD 3-Clause "New" or "Revised" License',
    "Apache-2.0": "Apache License 2.0",
}
"""SPDX identifiers that data are given out under -> name."""


def orcid(text: str) -> str:
    """Return a person's ORCID iD as its address. ValueError: it is none."""
    bare = _after(text, ORCID, "orcid.org/", "orcid:").upper()
    if not bare:
        return ""
    if not _ORCID.fullmatch(bare):
        raise ValueError(
            f"{text!r} is no ORCID iD: write its 16 characters as in "
            "0000-0002-1825-0097"
        )
    total = 0
    for digit in bare.replace("-", "")[:-1]:
        total = (total + int(digit)) * 2
    if "0123456789X"[(12 - total % 11) % 11] != bare[-1]:
        raise ValueError(
            f"{text!r} is no ORCID iD: its last character does not fit the others. "
            "Compare it with the person's page"
        )
    return f"{ORCID}{bare}"


def ror(text: str) -> str:
    """Return an organisation's ROR as its address. ValueError: it is none."""
    bare = _after(text, ROR, "ror.org/", "ror:").lower()
    if not bare:
        return ""
    if not _ROR.fullmatch(bare):
        raise ValueError(
            f"{text!r} is no ROR: write its address as in https://ror.org/04h9pn542"
        )
    number = 0
    for character in bare[:7]:
        number = number * 32 + _BASE_32.index(character)
    if 98 - number * 100 % 97 != int(bare[7:]):
        raise ValueError(
            f"{text!r} is no ROR: its last two digits do not fit the others. Compare "
            "it with the organisation's page"
        )
    return f"{ROR}{bare}"


def doi(text: str) -> str:
    """Return a DOI as its address. ValueError: it is none."""
    bare = _after(text, DOI, "http://doi.org/", "dx.doi.org/", "doi.org/", "doi:")
    if bare and not _DOI.fullmatch(bare):
        raise ValueError(f"{text!r} is no DOI: write it as in 10.1234/abc-5")
    return f"{DOI}{bare}" if bare else ""


def pid(text: str) -> str:
    """Return the DOI or handle of a thing as its address. ValueError: it is neither.

    Instruments have one by PIDINST, samples an IGSN: a DOI, or a handle if it is old.
    """
    try:
        return doi(text)
    except ValueError:
        bare = _after(text, HANDLE, "http://hdl.handle.net/", "hdl.handle.net/", "hdl:")
        if not _HANDLE.fullmatch(bare) or bare.startswith("10."):
            raise ValueError(
                f"{text!r} is neither a DOI nor a handle: write it as in 10.1234/abc-5 "
                "or https://hdl.handle.net/21.11157/abc-5"
            ) from None
        return f"{HANDLE}{bare}"


def pid_type(address: str) -> str:
    """Return what NeXus calls the kind of an identifier that was read here."""
    kinds = {ORCID: "ORCID", ROR: "ROR", DOI: "DOI", HANDLE: "Hdl"}
    return next((k for start, k in kinds.items() if address.startswith(start)), "URL")


def licence_text(text: str) -> str:
    """Return an SPDX identifier or an address as it was typed. ValueError: neither."""
    known = {each.lower(): each for each in LICENCES}
    if not text or _ADDRESS.fullmatch(text):
        return text
    if text.lower() not in known:
        raise ValueError(
            f"{text!r} is none of {', '.join(LICENCES)}. For another licence give the "
            "address where its terms stand"
        )
    return known[text.lower()]


def licence(text: str) -> Licence | None:
    """Return what `licence_text` let pass; None: none is stated."""
    if not text:
        return None
    if text in LICENCES:
        return Licence(f"https://spdx.org/licenses/{text}", LICENCES[text], text)
    return Licence(text, text)


def _after(text: str, *starts: str) -> str:
    plain = text.strip()
    for start in starts:
        for each in (start, f"https://{start}"):
            if plain.lower().startswith(each):
                return plain[len(each) :]
    return plain
