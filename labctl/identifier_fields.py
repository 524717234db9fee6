"""Identifiers as the fields of models that take text from outside."""

from typing import Annotated

from pydantic import AfterValidator

from labctl import identifiers

Orcid = Annotated[str, AfterValidator(identifiers.orcid)]
"""A person."""
Ror = Annotated[str, AfterValidator(identifiers.ror)]
"""An organisation."""
Doi = Annotated[str, AfterValidator(identifiers.doi)]
Pid = Annotated[str, AfterValidator(identifiers.pid)]
"""A thing: DOI or handle."""
LicenceText = Annotated[str, AfterValidator(identifiers.licence_text)]
"""An SPDX identifier, or an address."""
