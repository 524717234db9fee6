"""The ELN consortium's checks of an ``.eln`` archive, version 1.2+20260923.

Written anew from what its specification and its own checks ask for (archive structure,
conventions of the metadata, shape of its fields): what is returned is what they would
complain about. Beyond them: sizes and checksums are those of the bytes.
"""

import hashlib
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

METADATA = "ro-crate-metadata.json"
RO_CRATE = "https://w3id.org/ro/crate/1.2"
MOST_MEMBERS = 10_000
TEXTS = ("name", "identifier", "keywords", "encodingFormat", "text", "description")
LISTS = ("hasPart", "comment")
NO_TEXT = {"Person", "Organization", "PropertyValue"}

Node = dict[str, Any]


def complaints(path: Path) -> list[str]:
    """Return everything that is wrong with an archive."""
    with zipfile.ZipFile(path) as archive:
        found = list(_structure(archive))
        if found:
            return found
        root = PurePosixPath(archive.namelist()[0]).parts[0]
        crate = json.loads(archive.read(f"{root}/{METADATA}"))
        graph: list[Node] = crate["@graph"]
        return [
            *_nodes(graph),
            *_descriptor(graph),
            *_parts(graph),
            *_files(archive, root, graph),
        ]


def _structure(archive: zipfile.ZipFile) -> Iterator[str]:
    entries = archive.infolist()
    roots = set()
    if len(entries) > MOST_MEMBERS:
        yield "more members than an importer takes"
    for entry in entries:
        path = PurePosixPath(entry.filename)
        alone = len(path.parts) == 1 and not entry.is_dir()
        if not path.parts or path.is_absolute() or ".." in path.parts or alone:
            yield f"{entry.filename} is outside the root folder"
        else:
            roots.add(path.parts[0])
    if len(roots) != 1:
        yield f"one root folder is wanted, there are {sorted(roots)}"
    elif f"{next(iter(roots))}/{METADATA}" not in archive.namelist():
        yield "the root folder has no metadata"
    if len({name.lower() for name in archive.namelist()}) != len(entries):
        yield "two members have one name"


def _nodes(graph: list[Node]) -> Iterator[str]:
    for name, count in Counter(node["@id"] for node in graph).items():
        if count > 1:
            yield f"{name} is there {count} times"
    known = {node["@id"] for node in graph}
    for node in graph:
        own, kinds = node["@id"], _kinds(node)
        if not kinds:
            yield f"{own} has no type"
        for field in TEXTS:
            if not isinstance(node.get(field, ""), str):
                yield f"{own}: {field} is no text"
        for field in LISTS:
            if not isinstance(node.get(field, []), list):
                yield f"{own}: {field} is no list"
        if "text" in node and NO_TEXT & kinds:
            yield f"{own}: text on a {kinds}"
        yield from _fields(node, known)
        for each in _list(node.get("author", [])):
            if not isinstance(each, dict):
                yield f"{own}: author is no reference"


def _fields(node: Node, known: set[str]) -> Iterator[str]:
    own = node["@id"]
    for field, value in node.items():
        if value in ("", [], {}) or (isinstance(value, str) and not value.strip()):
            yield f"{own}: {field} is empty"
        for each in filter(lambda one: isinstance(one, dict), _list(value)):
            if set(each) != {"@id"}:
                yield f"{own}: {field} holds an entity instead of a reference"
            elif each["@id"] not in known | {RO_CRATE}:
                yield f"{own}: {field} is of {each['@id']}, which is nowhere"


def _descriptor(graph: list[Node]) -> Iterator[str]:
    named = {node["@id"]: node for node in graph}
    descriptor, root = named.get(METADATA), named.get("./")
    if descriptor is None or root is None:
        yield "descriptor or root is missing"
        return
    for field in ("version", "sdPublisher", "about", "conformsTo"):
        if field not in descriptor:
            yield f"the descriptor has no {field}"
    publisher = named[descriptor["sdPublisher"]["@id"]]
    if _kinds(publisher) != {"Organization"} or "name" not in publisher:
        yield "sdPublisher is no organisation with a name"
    declared = {each["@id"] for each in _list(root.get("conformsTo", []))}
    if not any(each.endswith("eln-spec/1.2+20260923") for each in declared):
        yield "the root does not say that it keeps the consortium's rules"
    if "hasPart" not in root:
        yield "the root has no parts"


def _parts(graph: list[Node]) -> Iterator[str]:
    named = {node["@id"]: node for node in graph}
    listed = {each["@id"] for each in named["./"].get("hasPart", [])}
    for node in graph:
        own, kinds = node["@id"], _kinds(node)
        if "Dataset" in kinds and own != "./":
            if own not in listed:
                yield f"{own} is not in the root's parts"
            if not own.endswith("/"):
                yield f"{own} is a folder and does not end with /"
            for each in node.get("hasPart", []):
                if "Dataset" in _kinds(named[each["@id"]]):
                    yield f"{own} holds another Dataset"
        if kinds & {"Dataset", "File"} and "name" not in node:
            yield f"{own} has no name"


def _files(archive: zipfile.ZipFile, root: str, graph: list[Node]) -> Iterator[str]:
    files = {node["@id"]: node for node in graph if "File" in _kinds(node)}
    parts = {part["@id"] for node in graph for part in node.get("hasPart", [])}
    for member in archive.infolist():
        own = f"./{PurePosixPath(member.filename).relative_to(root)}"
        if member.is_dir() or own == f"./{METADATA}":
            continue
        node = files.pop(own, None)
        if node is None or own not in parts:
            yield f"{own} is in the archive and not in the metadata"
            continue
        data = archive.read(member)
        if node.get("contentSize") != str(len(data)):
            yield f"{own}: contentSize is {node.get('contentSize')!r}"
        if node.get("sha256") != hashlib.sha256(data).hexdigest():
            yield f"{own}: sha256 is that of something else"
        if not node.get("encodingFormat"):
            yield f"{own} has no encodingFormat"
    yield from (f"{own} is in the metadata and not in the archive" for own in files)


def _kinds(node: Node) -> set[str]:
    return set(_list(node.get("@type", [])))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
