# SPDX-License-Identifier: GPL-3.0-or-later

"""The listenUris of the Constellation server: what is there, and the bytes that make it what is wanted."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..._dotnet.document import Document, Element, parse
from ..._dotnet.errors import DotnetError
from ..._dotnet.splice import (
    Splice,
    apply_splices,
    child_space,
    copy_with,
    deeper,
    first_children,
    lead,
    new_tag,
    remove,
    set_attribute,
)
from .listen_uri import ListenUri, check_together, parse_listen_uri, starts, warnings_for

SECTIONS = ("constellation", "constellationSection")
_ROOT = ("configuration",)
KEEP = {
    *((*_ROOT, name) for name in SECTIONS),
    *((*_ROOT, name, "listenUris") for name in SECTIONS),
    *((*_ROOT, name, "listenUris", "uri") for name in SECTIONS),
}


@dataclass(frozen=True)
class Result:
    """The new bytes of a file, and what to say about the change."""

    content: bytes
    uris: list[str]
    before: str
    after: str
    warnings: list[str] = field(default_factory=list)


def section_of(document: Document) -> Element:
    """Return the element of the server's section; none, two of them, or one that lives in another file is an error."""
    found = document.root.named(*SECTIONS)
    if not found:
        raise document.root.error("no <constellation> section: this is not the configuration of a Constellation server")
    if len(found) > 1:
        raise found[1].error(f"a second section <{found[1].name}>; the first is in line {found[0].line}: remove one")
    for attribute in ("configSource", "configProtectionProvider"):
        if attribute in found[0].attributes:
            raise found[0].error(f"the section is kept elsewhere or encrypted ({attribute}): it cannot be edited here")
    if "serverURI" in found[0].attributes:
        raise found[0].error("serverURI is of a server before 1.7, which knows no listenUris: update the server first")
    for name in document.attribute_names(found[0]):
        if ":" in name:
            raise found[0].error(f"{name} is refused by .NET: the section takes no attribute with a prefix")
    return found[0]


def list_of(section: Element) -> Element | None:
    """Return the ``listenUris`` element, None when there is none."""
    for child in section.children:
        if child.name.lower() == "listenuris" and (child.name != "listenUris" or child.prefix):
            raise child.error(f"{child.written} is refused by .NET: it must be <listenUris>, without a prefix")
        if child.name == "uri" and not child.prefix:
            raise child.error("<uri> is refused by .NET outside of <listenUris>: move it there")
    found = section.named("listenUris")
    if len(found) > 1:
        raise found[1].error(f"a second <listenUris>; the first is in line {found[0].line}: merge them")
    return found[0] if found else None


def entries_of(document: Document, holder: Element | None) -> list[Element]:
    """Return the ``uri`` elements; anything else between them, which .NET would refuse, is an error."""
    if holder is None:
        return []
    if holder.has_text:
        raise holder.error("text between the elements of <listenUris>: remove it")
    if [name for name in document.attribute_names(holder) if name != "xmlns"]:
        raise holder.error("<listenUris> takes no attributes")
    for child in holder.children:
        if child.name != "uri" or child.prefix:
            raise child.error(f"{child.written} is refused by .NET: <listenUris> takes <uri listenUri=...> only")
        names = [name for name in document.attribute_names(child) if name != "xmlns"]
        if names != ["listenUri"] or child.children or child.has_text:
            raise child.error("<uri> must have the attribute listenUri alone, and no content")
    return holder.children


def read_uris(data: bytes) -> list[str]:
    """Return the listenUris of a server's configuration, as written there."""
    document = parse(data, KEEP)
    return [entry.attributes["listenUri"] for entry in entries_of(document, list_of(section_of(document)))]


def change_uris(data: bytes, wanted: list[str], state: str) -> Result:
    """Return the file with ``wanted`` added (``present``), as the whole list (``exact``) or taken out (``absent``).

    URIs are the same when they differ only in the final slash or the written default port; one that is there already
    keeps its spelling and its place. ``absent`` refuses to leave none. One that would stay and with which the server
    does not start is an error.
    """
    wishes = _distinct(wanted)
    document = parse(data, KEEP)
    section = section_of(document)
    holder = list_of(section)
    entries = entries_of(document, holder)
    if state != "exact":
        _refuse_unheard([entry for entry in entries if state == "present" or _key(entry) not in wishes])
    splices = _splices(document, section, holder, entries, wishes, state)
    content = apply_splices(data, splices)
    new_document = parse(_until_list(document, section, holder, content), KEEP) if splices else document
    new_holder = list_of(section_of(new_document))
    uris = [entry.attributes["listenUri"] for entry in entries_of(new_document, new_holder)]
    final = _understood(uris)
    if state != "absent":
        check_together(final)
    warnings = warnings_for(final) + _oddities(uris)
    return Result(content, uris, _shown(document, holder), _shown(new_document, new_holder), warnings)


def _until_list(document: Document, section: Element, holder: Element | None, content: bytes) -> bytes:
    """Return the new content until the end of its ``listenUris``, as a whole document: what follows is as it was."""
    kept = len(document.data) - (holder or section).end
    ends = ([f"</{section.name}>"] if holder else []) + [f"</{document.root.name}>"]
    return content[: len(content) - kept] + "".join(ends).encode(document.codec)


def _distinct(wanted: list[str]) -> dict[ListenUri, str]:
    """Return the wanted URIs by their parts, the first spelling of each."""
    wishes: dict[ListenUri, str] = {}
    for text in wanted:
        wishes.setdefault(parse_listen_uri(text), text)
    if not wishes:
        raise DotnetError("the list uris is empty, and the server would not listen: name at least one")
    return wishes


def _refuse_unheard(entries: list[Element]) -> None:
    """Refuse to leave an entry with which the server does not start; one that is merely odd stays."""
    for entry in entries:
        text = entry.attributes["listenUri"]
        if not starts(text):
            raise entry.error(f"the server does not start with the listenUri {text!r}: state exact replaces it")


def _oddities(uris: list[str]) -> list[str]:
    """Return what is wrong with the URIs that are there and that we would not write."""
    notes = []
    for text in uris:
        try:
            parse_listen_uri(text)
        except DotnetError as error:
            notes.append(str(error))
    return notes


def _understood(uris: list[str]) -> list[ListenUri]:
    """Return the parts of those URIs that the listener understands; the others are not ours to judge."""
    known = []
    for text in uris:
        try:
            known.append(parse_listen_uri(text))
        except DotnetError:
            continue
    return known


def _key(entry: Element) -> ListenUri | None:
    """Return the parts of an entry's URI, None when the listener would refuse it."""
    return next(iter(_understood([entry.attributes["listenUri"]])), None)


def _splices(
    document: Document,
    section: Element,
    holder: Element | None,
    entries: list[Element],
    wishes: dict[ListenUri, str],
    state: str,
) -> list[Splice]:
    """Return the edits that lead from the entries to the wishes."""
    if state == "absent":
        left = [entry for entry in entries if _key(entry) not in wishes]
        if entries and not left:
            raise DotnetError("no listenUri would be left, and the server would not listen: add another one first")
        return [remove(document, entry) for entry in entries if entry not in left]
    kept: dict[ListenUri | None, Element] = {}
    for entry in entries:
        if _key(entry) in wishes:
            kept.setdefault(_key(entry), entry)
    missing = [text for uri, text in wishes.items() if uri not in kept]
    spare = [entry for entry in entries if entry not in kept.values()] if state == "exact" else []
    # A wish takes the place of an entry that has to go, so that a comment beside it keeps its sense.
    splices = [set_attribute(document, entry, "listenUri", text) for entry, text in zip(spare, missing, strict=False)]
    splices += [remove(document, entry) for entry in spare[len(missing) :]]
    rest = missing[len(spare) :]
    return splices + (_additions(document, section, holder, entries, rest) if rest else [])


def _additions(
    document: Document, section: Element, holder: Element | None, entries: list[Element], texts: list[str]
) -> list[Splice]:
    """Return the edit that adds entries behind the last one, or in an empty or missing ``listenUris``."""
    codec = document.codec
    if entries:
        model = entries[-1]
        space = lead(document, model).encode(codec)
        copies = b"".join(space + copy_with(document, model, {"listenUri": text}) for text in texts)
        return [Splice(model.end, model.end, copies)]
    tags = [new_tag(document, "uri", {"listenUri": text}) for text in texts]
    if holder is not None:
        return [first_children(document, holder, tags, child_space(document, holder, section))]
    outer = child_space(document, section, document.root)
    inner = deeper(outer, lead(document, section))
    lines = b"".join(inner.encode(codec) + tag for tag in tags)
    whole = "<listenUris>".encode(codec) + lines + f"{outer}</listenUris>".encode(codec)
    return [first_children(document, section, [whole], outer)]


def _shown(document: Document, holder: Element | None) -> str:
    """Return the ``listenUris`` element alone, with its indentation: the rest of the file is full of access keys."""
    if holder is None:
        return ""
    indent = lead(document, holder).rpartition("\n")[2]
    return indent + document.text(holder) + "\n"
