"""Ask rocrate-validator and the package rocrate about crates; one JSON line each.

The validator fetches the JSON-LD context that a crate names. Nothing is fetched here:
it is served the one that the package rocrate brings, which holds every term of 1.2.
"""

import json
import sys
from importlib import resources
from pathlib import Path
from typing import Any

from rocrate.rocrate import ROCrate
from rocrate_validator import models, services
from rocrate_validator.utils.http import HttpRequester

CONTEXT = resources.files("rocrate").joinpath("data/ro-crate.jsonld").read_text("utf-8")
PROFILE = "ro-crate-1.2"


class Answer:
    """What a server would say that has the context."""

    status_code, ok, text, content = 200, True, CONTEXT, CONTEXT.encode()
    headers = {"Content-Type": "application/ld+json"}  # noqa: RUF012

    def json(self) -> Any:
        return json.loads(CONTEXT)

    def raise_for_status(self) -> None:
        return


def answer(_requester: HttpRequester, address: str, *_: Any, **__: Any) -> Answer:
    if not address.startswith("https://w3id.org/ro/crate/"):
        raise RuntimeError(f"nothing is fetched here: {address}")
    return Answer()


HttpRequester.get = answer
for path in map(Path, sys.argv[1:]):
    result = services.validate(
        services.ValidationSettings(
            rocrate_uri=path,
            profile_identifier=PROFILE,
            requirement_severity=models.Severity.REQUIRED,
            offline=True,
        )
    )
    issues = [f"{one.check.identifier}: {one.message}" for one in result.get_issues()]
    read = len(list(ROCrate(path).get_entities()))
    said = {"crate": path.name, "issues": issues, "entities": read}
    sys.stdout.write(json.dumps(said) + "\n")
