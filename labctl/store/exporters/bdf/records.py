"""What a Battery Data Format table belongs to: BattINFO records in its sidecar.

``<stem>.metadata.json`` is a reserved name: its reader (batterydf 0.2) takes an object
of ``battinfo_…`` records, refuses every key that they do not declare, and keeps what
stands under ``extras`` as it is; there is all that only labctl says. Records carry no
BattINFO identifier: those are given out by its registry, not by us. Source: the models
of batterydf 0.2.0rc2, ``bdf/battinfo/generated``.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from labctl.clock import iso
from labctl.data import Column
from labctl.store.header import finite_facts
from labctl.store.run_file.reader import RunFile

ONTOLOGY = "https://w3id.org/battery-data-alliance/ontology/battery-data-format#"
STATUS = {"completed": "completed", "running": "running", "created": "planned"}
"""labctl's state -> BattINFO's test status; anything else was aborted."""
KINDS = (
    "capacity_check",
    "rate_capability",
    "quasi_ocv",
    "hppc",
    "ici",
    "gitt",
    "dcir",
    "formation",
    "cycling",
    "eis",
)
"""BattINFO's kinds of test that a protocol may be named after."""


def write_records(
    run: RunFile,
    columns: Sequence[Column],
    labels: Mapping[str, str],
    institution: str,
    path: Path,
) -> None:
    """Write the sidecar of a table with these columns. OSError."""
    known = records(run) | {"extras": {"labctl": _own(run, columns, labels)}}
    known["extras"]["labctl"]["institution"] = institution
    text = json.dumps(known, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", "utf-8")


def records(run: RunFile) -> dict[str, Any]:
    """Return the BattINFO records: test, cell, channel, equipment, protocol."""
    header, status = run.header, run.status
    channel = header.roles.get("cell") or next(iter(header.roles.values()), "")
    instrument = channel.partition("/")[0]
    about = header.instruments.get(channel) or header.instruments.get(instrument, {})
    device = " ".join(str(about[k]) for k in ("vendor", "model") if about.get(k))
    dated = _whole(header.started_unix) is not None
    kind = kind_of(header.protocol, spectra=bool(run.rows.get("eis")))
    origin = {
        "source_type": "simulation" if header.simulated else "measurement",
        "source_name": header.run_id,
        "workflow_version": f"labctl {header.program_version}".strip(),
        "retrieved_at": _whole(status.unix),
    }
    test = {
        "name": header.title or header.run_id,
        "identifier": header.run_id,
        "kind": kind,
        "status": STATUS.get(status.state, "aborted"),
        "protocol_name": header.protocol,
        "instrument_name": device,
        "started_at": _whole(header.started_unix),
        "ended_at": _whole(status.unix) if status.finished and dated else None,
    }
    found: dict[str, Any] = {
        "battinfo_test": {"test": test, "provenance": origin, **_terms(run)},
        "battinfo_cell": {
            "cell_instance": {"name": str(header.sample.get("name", ""))},
            "provenance": {"source_type": "lab", "source_name": header.run_id},
        },
        "battinfo_channel": {"channel": {"label": channel}},
        "battinfo_equipment": {
            "equipment": {
                "name": device,
                "serial_number": str(about.get("serial", "")),
            }
        },
        "battinfo_test_protocol": {
            "test_spec": {"name": header.protocol, "kind": kind}
        },
    }
    return {name: _said(record) for name, record in found.items()}


def _terms(run: RunFile) -> dict[str, Any]:
    """Return who measured, on whose money, and on which terms the data are given."""
    header = run.header
    lab = header.lab
    found: dict[str, Any] = {"license": lab.get("licence", "")}
    if header.operator:
        person: dict[str, Any] = {"type": "Person", "name": header.operator}
        person["same_as"] = header.orcid
        institution = lab.get("institution")
        if institution:
            person["affiliation"] = _organization(institution, "name")
        found["contributor"] = [_said(person)]
    granted = [each for each in lab.get("funding", ()) if each.get("grant")]
    if granted:  # the record takes one
        funding = {"type": "Grant", "identifier": granted[0]["grant"]}
        funding |= {"id": granted[0].get("doi", "")}
        found["funding"] = {**funding, "funder": _organization(granted[0], "funder")}
    return found


def _organization(about: Mapping[str, Any], name: str) -> dict[str, str]:
    return {
        "type": "Organization",
        "name": str(about.get(name, "")),
        "same_as": str(about.get("ror", "")),
    }


def kind_of(protocol: str, *, spectra: bool) -> str:
    """Return BattINFO's kind of a protocol that is named after one.

    ``formation-cycling`` is ``formation``, ``rate-capability`` is itself.
    """
    words = protocol.replace("-", "_")
    parts = words.split("_")
    for kind in KINDS:
        if words == kind or kind in parts:
            return kind
    return "eis" if spectra else "other"


def _said(record: Any) -> Any:
    """Return the record without what is not known: empty texts and None."""
    if isinstance(record, Mapping):
        found = {key: _said(value) for key, value in record.items()}
        return {k: value for k, value in found.items() if value not in (None, "", {})}
    return record


def _whole(unix: float) -> int | None:
    """Return whole seconds, as records count; None for a moment nobody knows."""
    return int(unix) if unix >= 0.0 else None


def _own(
    run: RunFile, columns: Sequence[Column], labels: Mapping[str, str]
) -> dict[str, Any]:
    header, status = run.header, run.status
    kept = {"timeseries", "eis"}
    facts = {
        "format": "Battery Data Format",
        "ontology": "1.3.0",
        "run": header.run_id,
        "title": header.title,
        "protocol": header.protocol,
        "parameters": dict(header.parameters),
        "sample": dict(header.sample),
        "roles": dict(header.roles),
        "instruments": {name: dict(each) for name, each in header.instruments.items()},
        "operator": header.operator,
        "orcid": header.orcid,
        "uuid": header.uuid,
        "lab": dict(header.lab),
        "imported": header.imported and header.imported.to_json(),
        "started_at": iso(header.started_unix),
        "ended_at": iso(status.unix) if status.finished else None,
        "state": status.state,
        "reason": status.reason,
        "simulated": header.simulated,
        "software": dict(header.versions),
        "sign": "positive current charges the test object",
        "columns": {
            labels[column.name]: {
                "iri": f"{ONTOLOGY}{column.name}",
                "unit": column.unit,
            }
            for column in columns
        },
        "streams_left_out": [
            name for name, rows in run.rows.items() if rows and name not in kept
        ],
        "results": {name: each.to_json() for name, each in run.results.items()},
    }
    return finite_facts(facts)
