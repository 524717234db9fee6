"""What ``config.yaml`` may say of people, institution, licence and money.

It makes runs findable and citable. Nothing of it is needed, and nothing is made up
where it is missing.
"""

import unicodedata
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from labctl.config.section import Section
from labctl.identifier_fields import Doi, LicenceText, Orcid, Ror

Named = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class InstitutionConfig(Section):
    """Whose laboratory it is."""

    name: Named
    """As it stands under papers."""
    ror: Ror = ""
    """Its identifier in the Research Organization Registry: ror.org/04h9pn542."""


class OperatorConfig(Section):
    """One person who works here."""

    orcid: Orcid = ""
    """Their ORCID iD: 0000-0002-1825-0097."""


class FundingConfig(Section):
    """Who pays for the measurements."""

    funder: Named
    """In words."""
    ror: Ror = ""
    """The funder's identifier in the Research Organization Registry."""
    grant: str = ""
    """Number of the grant."""
    doi: Doi = ""
    """Of the grant, where it has one."""


class LabConfig(Section):
    """What a run must say to be found and cited."""

    institution: InstitutionConfig | None = None
    """Whose laboratory it is."""
    operators: dict[Named, OperatorConfig] = Field(default_factory=dict)
    """Name, as ``operator`` and ``--operator`` have it -> who that is."""
    licence: LicenceText = ""
    """On which terms the data may be used: an SPDX identifier (``CC-BY-4.0``), or the
    address where the terms stand."""
    funding: tuple[FundingConfig, ...] = ()
    """Who pays."""

    @model_validator(mode="after")
    def _people_differ(self) -> "LabConfig":
        seen: dict[str, str] = {}
        for name in self.operators:
            other = seen.setdefault(_plain(name), name)
            if other != name:
                raise ValueError(
                    f"operators: {other!r} and {name!r} cannot be told apart; leave "
                    "one out"
                )
        return self

    def person(self, name: str) -> tuple[str, str]:
        """Return the name of an operator as written here, and their ORCID iD.

        Case and spacing do not matter. Whoever is not written here stays a plain name.
        """
        wanted = _plain(name)
        for known, who in self.operators.items():
            if _plain(known) == wanted:
                return known, who.orcid
        return name, ""

    def only(self, name: str) -> "LabConfig":
        """Return this without the people whose run it is not."""
        theirs = {k: v for k, v in self.operators.items() if _plain(k) == _plain(name)}
        return self.model_copy(update={"operators": theirs})


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
