"""What a crate says of people, institutions, instruments, samples and numbers.

Each function returns one entity, or a reference to one that it added. What nobody said
is left out; an identifier that holds only inside the crate begins with ``#``.
"""

import hashlib
import html
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from labctl.clock import iso
from labctl.data import Quality, Result
from labctl.identifiers import licence
from labctl.store.exporters.crates.parts import CrateRun
from labctl.store.exporters.delivery import word_of
from labctl.store.header import RunHeader

NO_LICENCE = (
    "No licence stated",
    "None was stated where this was measured: ask its authors before you use it.",
)
SEVERAL = ("Several licences", "The runs are under different terms: each says its own.")
Entity = dict[str, Any]


class Graph:
    """Entities, each once, by their identifier."""

    def __init__(self) -> None:
        self._known: dict[str, Entity] = {}

    @property
    def entities(self) -> list[Entity]:
        """All of them, in the order in which they were added."""
        return list(self._known.values())

    def add(self, entity: Entity) -> Entity:
        """Keep an entity without what is empty; return a reference to it."""
        full = {k: v for k, v in entity.items() if v not in (None, "", [], {})}
        self._known.setdefault(full["@id"], full)
        return {"@id": full["@id"]}


def author(graph: Graph, header: RunHeader) -> Entity | None:
    """Return the person who measured, else the institution; None: nobody said."""
    affiliation = institution(graph, header)
    if not header.operator:
        return affiliation
    return graph.add(
        {
            "@id": header.orcid or _local("person", header.operator),
            "@type": "Person",
            "name": header.operator,
            "affiliation": affiliation,
        }
    )


def institution(graph: Graph, header: RunHeader) -> Entity | None:
    """Return whose laboratory it was; None: nobody said."""
    about = header.lab.get("institution")
    if not about:
        return None
    return graph.add(_organisation(about["name"], about.get("ror", "")))


def _organisation(name: str, ror: str) -> Entity:
    own = ror or _local("organisation", name)
    return {"@id": own, "@type": "Organization", "name": name, "url": ror}


def funder(graph: Graph, about: Mapping[str, Any]) -> Entity:
    """Return who pays."""
    return graph.add(_organisation(about["funder"], about.get("ror", "")))


def grant(graph: Graph, about: Mapping[str, Any]) -> Entity | None:
    """Return out of which grant it is paid; None: without a number."""
    number, address = str(about.get("grant", "")), str(about.get("doi", ""))
    if not number and not address:
        return None
    return graph.add(
        {
            "@id": address or _local("grant", f"{about['funder']} {number}"),
            "@type": "Grant",
            "name": f"{about['funder']} {number or address}",
            "identifier": number or address,
            "funder": funder(graph, about),
        }
    )


def licence_of(graph: Graph, headers: Sequence[RunHeader]) -> Entity:
    """Return the licence that all runs share, or what says that they share none."""
    stated = {str(header.lab.get("licence", "")) for header in headers}
    if len(stated) > 1:
        return _no_terms(graph, *SEVERAL)
    terms = licence(stated.pop())
    if terms is None:
        return _no_terms(graph, *NO_LICENCE)
    return graph.add(
        {
            "@id": terms.url,
            "@type": "CreativeWork",
            "name": terms.name,
            "identifier": terms.spdx,
            "description": f"The data may be used under {terms.spdx or terms.url}.",
        }
    )


def _no_terms(graph: Graph, name: str, said: str) -> Entity:
    own = _local("terms", name)
    return graph.add(
        {"@id": own, "@type": "CreativeWork", "name": name, "description": said}
    )


def instruments(run: CrateRun) -> Iterator[Entity]:
    """Yield what it was measured with; one without a serial number is this run's."""
    header = run.header
    for name, about in header.instruments.items():
        said = " ".join(str(about[k]) for k in ("vendor", "model") if about.get(k))
        serial = str(about.get("serial", ""))
        own = f"{said} {serial}" if said and serial else f"{run.place} {name}"
        yield {
            "@id": _pid(header, about) or _local("instrument", own),
            "@type": "IndividualProduct",
            "name": (said or name) + (" (simulated)" if header.simulated else ""),
            "serialNumber": serial,
            "model": str(about.get("model", "")),
            "description": f"called {name} there",
        }


def program(header: RunHeader) -> Entity:
    """Return the labctl that recorded it."""
    version = header.program_version
    return {
        "@id": _local("program", f"labctl {version}"),
        "@type": "CreativeWork",  # a SoftwareApplication must have an address
        "additionalType": "http://schema.org/SoftwareApplication",
        "name": "labctl",
        "version": version,
    }


def sample(header: RunHeader, place: str) -> Entity:
    """Return what was measured."""
    about = header.sample
    name = str(about.get("name", ""))
    said = (about.get("kind"), about.get("title"), about.get("notes"))
    return {
        "@id": _pid(header, about) or f"#{place}-sample",
        "@type": "Thing",
        "name": name or "a sample without a name",
        "description": ", ".join(str(each) for each in said if each),
        "identifier": _pid(header, about),
    }


def _pid(header: RunHeader, about: Mapping[str, Any]) -> str:
    """Return the identifier of a thing; a simulated one is not the thing."""
    return "" if header.simulated else str(about.get("pid", ""))


def results(place: str, results: Mapping[str, Result]) -> Iterator[Entity]:
    """Yield the numbers that are there; a doubtful one says so."""
    for at, (name, result) in enumerate(results.items(), 1):
        value = result.value
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            continue
        said = [] if result.quality is Quality.GOOD else [str(result.quality)]
        if result.uncertainty is not None:
            said.append(f"± {2 * result.uncertainty:.3g} {result.unit} (95 %)".strip())
        if result.reason:
            said.append(result.reason)
        yield {
            "@id": f"#{place}-result-{at}-{word_of(name)}",
            "@type": "PropertyValue",
            "propertyID": name,
            "name": name.replace("_", " "),
            "value": value,
            "unitText": result.unit,
            "description": "; ".join(said),
        }


def parameters(run: CrateRun) -> Iterator[Entity]:
    """Yield what was asked for, as the person wrote it."""
    said = {k: v for k, v in run.header.parameters_given.items() if v not in (None, "")}
    for at, (name, value) in enumerate(said.items(), 1):
        yield {
            "@id": f"#{run.place}-parameter-{at}-{word_of(str(name))}",
            "@type": "PropertyValue",
            "propertyID": f"parameters.{name}",
            "name": str(name).replace("_", " "),
            "value": value if isinstance(value, str | int) else str(value),
        }


def body_text(run: CrateRun) -> str:
    """Return what a notebook shows of a run, as HTML; nothing in it is executed."""
    header = run.header
    facts = [
        ("Run", header.run_id),
        ("Protocol", header.protocol),
        ("Sample", str(header.sample.get("name", ""))),
        ("Ended", f"{run.status.state} {run.status.reason}".strip()),
    ]
    if header.simulated:
        facts.insert(0, ("SIMULATED", "no instrument measured this"))
    for name, result in run.results.items():
        if result.quality is not Quality.ABSENT and result.value is not None:
            doubt = "" if result.quality is Quality.GOOD else f" ({result.quality})"
            number = result.value
            shown = number if isinstance(number, str) else f"{number:.6g}"
            facts.append((name.replace("_", " "), f"{shown} {result.unit}{doubt}"))
    rows = "".join(
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(said)}</td></tr>"
        for name, said in facts
    )
    return f"<table>{rows}</table>"


def keywords(headers: Sequence[RunHeader]) -> str:
    """Return the words by which it is found, in one text."""
    words = [
        word.replace(",", " ")
        for header in headers
        for word in (
            header.protocol,
            str(header.sample.get("kind", "")),
            "simulated" if header.simulated else "",
        )
    ]
    return ", ".join(filter(None, dict.fromkeys(words)))


def urn(header: RunHeader) -> str:
    """Return the run's identifier; empty: it has none."""
    return f"urn:uuid:{header.uuid}" if header.uuid else ""


def ended(run: CrateRun) -> str:
    """Return when a run ended; empty: nobody knows."""
    known = math.isfinite(run.header.started_unix)
    return date(run.status.unix) if known else ""


def date(unix: float) -> str:
    """Return a time as ISO 8601; empty: nobody knows it."""
    return iso(unix) if math.isfinite(unix) else ""


def _local(kind: str, name: str) -> str:
    """Return an identifier that holds inside this crate only."""
    plain = word_of(name)
    if plain == name and name.isascii():
        return f"#{kind}-{plain}"
    told_apart = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]
    return f"#{kind}-{plain}-{told_apart}"


def one_or_more(found: Iterable[Entity | None]) -> Any:
    """Return references without doubles: one alone is no list."""
    unique = list({each["@id"]: each for each in found if each}.values())
    return unique[0] if len(unique) == 1 else unique
