"""What a person may ask of a run that goes on, judged before it waits for its turn."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from labctl.documents.complaints import validate
from labctl.documents.document import Document
from labctl.errors import Complaint, RefusedError
from labctl.person import Judge
from labctl.protocol import Bench, Protocol

PARAMETERS = "parameters"


def judge_of(protocol: Protocol, bench: Callable[[], Bench]) -> Judge:
    """Return who judges the requests to a run of ``protocol``.

    ``bench`` returns what its steps touch now: limits may be amended.

    It looks at models, bounds and limits alone, so that it may be asked in any thread.
    """

    def judge(kind: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
        model = protocol.requests.get(kind)
        if model is None:
            known = ", ".join(protocol.requests)
            near = difflib.get_close_matches(kind, protocol.requests, 1)
            cure = f"Did you mean {near[0]}?" if near else f"There are: {known}."
            what = f"{kind!r} is no request to {protocol.name}."
            raise RefusedError([Complaint(("request",), what, cure)])
        asked = validate(Document.without_lines(kind, dict(values)), model)
        complaints = protocol.refuse(asked, bench())
        if complaints:
            raise RefusedError(map(_of_a_request, complaints))
        understood: dict[str, Any] = asked.model_dump(mode="json")
        return understood

    return judge


def _of_a_request(complaint: Complaint) -> Complaint:
    """Return a complaint whose path begins at the request's own values."""
    path = complaint.path
    return replace(complaint, path=path[path[:1] == (PARAMETERS,) :])
