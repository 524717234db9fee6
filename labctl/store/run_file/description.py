"""What the run file says before its first row: who, what, where, with what, how.

What nobody said is missing; ``header_json`` has all of it once more, as one text.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from labctl.clock import iso
from labctl.identifiers import licence, pid_type
from labctl.store.header import RunHeader
from labctl.store.run_file.fields import (
    free_name,
    write_group,
    write_mapping,
    write_text,
    write_time,
    write_value,
)

DEFINITION = "NXlabctl_run"
"""The application definition that the file meets: docs/reference/NXlabctl_run.nxdl.xml.
"""
SAMPLE_UNITS = {
    "active_mass": "kg",
    "active_mass_uncertainty": "kg",
    "area": "m^2",
    "area_uncertainty": "m^2",
    "thickness": "m",
    "thickness_uncertainty": "m",
    "particle_radius": "m",
    "particle_radius_uncertainty": "m",
    "length": "m",
    "length_uncertainty": "m",
    "contact_radius": "m",
    "contact_radius_uncertainty": "m",
    "pressure": "Pa",
    "temperature": "K",
    "lower_voltage": "V",
    "upper_voltage": "V",
}

FABRICATION = {"vendor": "vendor", "model": "model", "serial": "serial_number"}
"""What labctl calls it -> what NeXus calls it."""


def describe(entry: Any, header: RunHeader, schema: int, *, live: bool) -> None:
    """Write everything that was known before the first row."""
    write_text(entry, "title", header.title)
    write_text(entry, "experiment_identifier", header.run_id)
    start = iso(header.started_unix) if np.isfinite(header.started_unix) else ""
    if live:
        write_text(entry, "start_time", start, 32)
        write_text(entry, "end_time", "", 32)
    elif start:  # else nobody knows, and none is written
        # `pynx validate` takes no time in text of a fixed length; no row follows.
        write_time(entry, "start_time", start)
    program = write_text(entry, "program_name", "labctl")
    program.attrs["version"] = header.program_version
    definition = write_text(entry, "definition", DEFINITION)
    definition.attrs["version"] = str(schema)
    write_value(entry, "simulated", bool(header.simulated))
    write_text(entry, "header_json", header.to_json())
    plain = json.loads(header.to_json())
    _describe_people(entry, header, plain["lab"])
    sample = write_group(entry, "sample", "NXsample")
    write_mapping(sample, plain["sample"], SAMPLE_UNITS)
    _identify(sample, plain["sample"].get("pid"))
    instrument = write_group(entry, "instrument", "NXinstrument")
    for name, facts in plain["instruments"].items():
        own = free_name(instrument, name)
        group = write_group(instrument, own, "NXcomponent", id=name)
        write_text(group, "name", name)
        write_mapping(group, facts)
        _identify(group, facts.get("pid"))
        made = write_group(group, "fabrication", "NXfabrication")
        for word, theirs in FABRICATION.items():
            if facts.get(word):
                write_text(made, theirs, str(facts[word]))
    write_mapping(write_group(entry, "roles", "NXcollection"), plain["roles"])
    protocol = write_group(entry, "protocol", "NXcollection")
    write_text(protocol, "name", header.protocol)
    units = plain["extra"].get("parameter_units") or {}
    for name in ("parameters_given", "parameters"):
        write_text(protocol, f"{name}_json", json.dumps(plain[name]))
        group = write_group(protocol, name, "NXcollection")
        write_mapping(group, plain[name], units if name == "parameters" else None)
    write_mapping(write_group(entry, "versions", "NXcollection"), plain["versions"])
    write_mapping(write_group(entry, "extra", "NXcollection"), plain["extra"])
    if plain["imported"]:
        apart = {"columns", "likeness"}  # the columns themselves say it; no user's
        facts = {k: v for k, v in plain["imported"].items() if k not in apart}
        write_mapping(write_group(entry, "imported", "NXcollection"), facts)


def _describe_people(entry: Any, header: RunHeader, lab: Mapping[str, Any]) -> None:
    """Write who measured, where and on which terms; what is not known is missing."""
    if header.uuid:
        identifier = write_text(entry, "entry_identifier_uuid", header.uuid)
        identifier.attrs["type"] = "UUID"
    if station := header.extra.get("station"):
        write_text(entry, "experiment_laboratory", str(station))
    institution = lab.get("institution") or {}
    user = write_group(entry, "user", "NXuser")
    write_text(user, "name", header.operator)
    if header.orcid:
        write_text(user, "ORCID", header.orcid)
    if institution:
        write_text(user, "affiliation", institution["name"])
        write_text(entry, "experiment_institution", institution["name"])
    if not lab:
        return
    group = write_group(entry, "lab", "NXcollection", title="Institution and terms")
    if institution:
        write_mapping(write_group(group, "institution", "NXcollection"), institution)
    if terms := licence(lab.get("licence", "")):
        facts = {"name": terms.name, "url": terms.url, "spdx": terms.spdx}
        write_mapping(write_group(group, "licence", "NXcollection"), facts)
    for number, each in enumerate(lab.get("funding", ()), 1):
        write_mapping(write_group(group, f"funding_{number}", "NXcollection"), each)


def _identify(group: Any, pid: Any) -> None:
    """Write a thing's persistent identifier under the name that NeXus has for it."""
    if pid:
        write_text(group, "identifier_pid", str(pid)).attrs["type"] = pid_type(str(pid))
