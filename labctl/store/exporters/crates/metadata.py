"""The metadata of a research-object crate: JSON-LD that says who, what, with what.

RO-Crate 1.2, on which the ELN consortium's format 1.2+20260923 builds. Rules of that
one that are kept in every crate: ``identifier`` and ``keywords`` are single texts, a
run's Dataset holds files and no Dataset, sizes are texts in bytes, ``text`` is a body
and ``description`` a sentence. What nobody said is missing: an author without an ORCID
iD has a name only.
"""

from collections.abc import Sequence

from labctl.clock import iso
from labctl.store.exporters.crates import entities
from labctl.store.exporters.crates.entities import Entity, Graph
from labctl.store.exporters.crates.parts import CrateFile, CrateRun

METADATA = "ro-crate-metadata.json"
CONTEXT = "https://w3id.org/ro/crate/1.2/context"
PROFILE = "https://w3id.org/ro/crate/1.2"
ELN_PROFILE = "https://purl.archive.org/purl/elnconsortium/eln-spec/1.2+20260923"
PUBLISHER = "#labctl"
STATUS = {
    "completed": "http://schema.org/CompletedActionStatus",
    "failed": "http://schema.org/FailedActionStatus",
}
"""State of a run -> what schema.org calls it; it has no word for one that was stopped.
"""


def metadata(
    runs: Sequence[CrateRun], made_unix: float, *, eln: bool = False
) -> Entity:
    """Return the metadata of a crate of ``runs``, made at ``made_unix``.

    ``eln``: it says that it keeps the ELN consortium's rules, too.
    """
    graph = Graph()
    terms = {str(run.header.lab.get("licence", "")) for run in runs}
    parts = [_dataset(graph, run, made_unix, own=len(terms) > 1) for run in runs]
    root = _root(graph, runs, parts, made_unix)
    if eln:
        root["conformsTo"] = [_profile(graph, PROFILE), _profile(graph, ELN_PROFILE)]
    descriptor = {
        "@id": METADATA,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": {"@id": PROFILE},
        "dateCreated": iso(made_unix),
        "sdPublisher": graph.add(
            {"@id": PUBLISHER, "@type": "Organization", "name": "labctl"}
        ),
        "version": "1.0",
    }
    return {"@context": CONTEXT, "@graph": [descriptor, root, *graph.entities]}


def _profile(graph: Graph, address: str) -> Entity:
    kind = ["CreativeWork", "Profile"]
    name = "RO-Crate 1.2" if address == PROFILE else "ELN file format 1.2+20260923"
    return graph.add({"@id": address, "@type": kind, "name": name})


def _root(
    graph: Graph, runs: Sequence[CrateRun], parts: list[Entity], made_unix: float
) -> Entity:
    headers = [run.header for run in runs]
    titles = list(dict.fromkeys(header.title for header in headers))
    paid = [each for header in headers for each in header.lab.get("funding", ())]
    simulated = sum(header.simulated for header in headers)
    said = f"{len(runs)} runs" if len(runs) > 1 else "One run"
    about = f"{said} of labctl: {'; '.join(titles)}."
    if simulated:
        about += f" {simulated} of {len(runs)} SIMULATED: no instrument measured them."
    root: Entity = {
        "@id": "./",
        "@type": "Dataset",
        "name": titles[0] if len(titles) == 1 else f"{titles[0]} and others",
        "description": about,
        "datePublished": iso(made_unix),
        "license": entities.licence_of(graph, headers),
        "author": entities.one_or_more(
            entities.author(graph, header) for header in headers
        ),
        "publisher": entities.one_or_more(
            entities.institution(graph, header) for header in headers
        ),
        "funder": entities.one_or_more(entities.funder(graph, each) for each in paid),
        "funding": entities.one_or_more(entities.grant(graph, each) for each in paid),
        "keywords": entities.keywords(headers),
        "identifier": entities.urn(headers[0]) if len(headers) == 1 else "",
        "hasPart": parts,
        "mentions": [{"@id": each} for run in runs for each in _acts(run)],
    }
    return {k: v for k, v in root.items() if v not in (None, "", [])}


def _dataset(graph: Graph, run: CrateRun, made_unix: float, *, own: bool) -> Entity:
    """Add a run; ``own``: the licence is not that of the whole crate."""
    header = run.header
    measured = _measurement(graph, run, made_unix)
    values = [
        graph.add(each)
        for each in (
            *entities.results(run.place, run.results),
            *entities.parameters(run),
        )
    ]
    return graph.add(
        {
            "@id": f"./{run.place}/",
            "@type": "Dataset",
            "name": header.title or header.run_id,
            "description": f"Run {header.run_id}, protocol {header.protocol}"
            + (", SIMULATED" if header.simulated else ""),
            "identifier": entities.urn(header),
            "author": entities.author(graph, header),
            "dateCreated": entities.date(header.started_unix),
            "dateModified": entities.ended(run),
            "keywords": entities.keywords([header]),
            "license": entities.licence_of(graph, [header]) if own else "",
            "text": entities.body_text(run),
            "about": measured,
            "variableMeasured": entities.one_or_more(values),
            "hasPart": [_file(graph, each) for each in run.files],
        }
    )


def _measurement(graph: Graph, run: CrateRun, made_unix: float) -> Entity:
    """Add the acts that made the files; return the sample that was measured."""
    header, status = run.header, run.status
    program = graph.add(entities.program(header))
    agent = entities.author(graph, header)
    sample = graph.add(entities.sample(header, run.place))
    graph.add(
        {
            "@id": f"#{run.place}-measurement",
            "@type": "CreateAction",
            "name": header.title or header.run_id,
            "description": f"{status.state} {status.reason}".strip(),
            "actionStatus": STATUS.get(status.state, ""),
            "startTime": entities.date(header.started_unix),
            "endTime": entities.ended(run),
            "agent": agent,
            "instrument": entities.one_or_more(
                [*map(graph.add, entities.instruments(run)), program]
            ),
            "object": sample,
            "result": _id(run.sealed),
        }
    )
    if run.made_of_it:
        graph.add(
            {
                "@id": f"#{run.place}-export",
                "@type": "CreateAction",
                "name": "Written from the sealed file",
                "endTime": iso(made_unix),
                "instrument": program,
                "object": _id(run.sealed),
                "result": entities.one_or_more(_id(each) for each in run.made_of_it),
            }
        )
    return sample


def _acts(run: CrateRun) -> list[str]:
    acts = ("measurement", "export") if run.made_of_it else ("measurement",)
    return [f"#{run.place}-{act}" for act in acts]


def _file(graph: Graph, file: CrateFile) -> Entity:
    return graph.add(
        {
            **_id(file),
            "@type": "File",
            "name": file.place.name,
            "description": file.about,
            "encodingFormat": file.media_type,
            "contentSize": str(file.size),
            "sha256": file.sha256,
        }
    )


def _id(file: CrateFile) -> Entity:
    return {"@id": f"./{file.place}"}
