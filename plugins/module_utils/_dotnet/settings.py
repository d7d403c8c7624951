# SPDX-License-Identifier: GPL-3.0-or-later

"""The ``appSettings`` of a .NET program: keys and values by name, all other bytes left alone."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .document import Document, Element, parse
from .errors import DotnetError
from .splice import (
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

KEEP = {("configuration", "appSettings"), ("configuration", "appSettings", "add")}
# What .NET takes in ``appSettings``: the elements, and their attributes.
_ATTRIBUTES: dict[str, set[str]] = {"add": {"key", "value"}, "remove": {"key"}, "clear": set()}
_SECRET = re.compile("key\\Z|password|passwd|pwd|passphrase|secret|token|credential|connectionstring", re.IGNORECASE)
# In a value, such as a connection string.
_SECRET_VALUE = re.compile(r"(password|pwd|secret|token|key)\s*=", re.IGNORECASE)


@dataclass(frozen=True)
class Setting:
    """One wish: the key has this value, or (``value`` None) is not there."""

    key: str
    value: str | None


@dataclass(frozen=True)
class SettingsResult:
    """The new bytes of a file, and the named settings before and after as shown to people (secrets hidden)."""

    content: bytes
    before: str
    after: str


def read_settings(data: bytes) -> dict[str, str]:
    """Return all keys and values as .NET reads them: the last of a key given twice, without what is taken away."""
    holder = _holder(parse(data, KEEP))
    found: dict[str, str] = {}
    for child in holder.children if holder else []:
        key = child.attributes.get("key", "")
        if child.name == "add":
            found[key] = child.attributes.get("value", "")
        else:
            gone = [name for name in found if child.name == "clear" or name.lower() == key.lower()]
            for name in gone:
                del found[name]
    return found


def read_setting(data: bytes, key: str) -> str:
    """Return the value of a key, whatever its case is in the file, "" when it is not there."""
    return {name.lower(): value for name, value in read_settings(data).items()}.get(key.lower(), "")


def change_settings(data: bytes, wishes: list[Setting]) -> SettingsResult:
    """Return the file with every wish fulfilled. Keys compare without regard to case, as .NET compares them."""
    keys = [wish.key.lower() for wish in wishes]
    if "" in keys:
        raise DotnetError("a setting must have a key")
    doubles = sorted({wish.key for wish in wishes if keys.count(wish.key.lower()) > 1})
    if doubles:
        raise DotnetError(f"the setting {doubles[0]} is asked for twice: name each key once")
    document = parse(data, KEEP)
    holder = _holder(document)
    there = _named(holder, set(keys))
    splices: list[Splice] = []
    missing: list[Setting] = []
    for wish in wishes:
        element = there.get(wish.key.lower())
        if element is not None:
            splices += _change(document, element, wish)
        elif wish.value is not None:
            missing.append(wish)
    splices += _additions(document, holder, missing)
    content = apply_splices(data, splices)
    return SettingsResult(content, *_shown(data, content, wishes))


def _holder(document: Document) -> Element | None:
    """Return the ``appSettings`` element, None when there is none."""
    found = document.root.named("appSettings")
    for attribute in ("configSource", "file", "configProtectionProvider"):
        if found and attribute in found[0].attributes:
            raise found[0].error(f"the settings are kept elsewhere or encrypted ({attribute}): edit them there")
    if found:
        _refuse_strange(document, found[0])
    return found[0] if found else None


def _refuse_strange(document: Document, holder: Element) -> None:
    """Refuse what .NET refuses in ``appSettings``: other elements and attributes, and prefixes."""
    for child in (holder, *holder.children):
        if child.prefix:
            raise child.error(f"{child.written} has a prefix, which .NET refuses: write <{child.name}>")
        if child is not holder and child.name not in _ATTRIBUTES:
            raise child.error(f"{child.written} is refused by .NET: <appSettings> takes <add key=... value=...>")
        taken = _ATTRIBUTES.get(child.name, set())
        for name in document.attribute_names(child):
            if name not in taken and name != "xmlns" and not name.startswith("lock"):
                raise child.error(f"{child.written} with the attribute {name} is refused by .NET: remove it")
        if child is not holder and child.children:
            raise child.error(f"{child.written} with an element in it is refused by .NET: remove that")


def _named(holder: Element | None, keys: set[str]) -> dict[str, Element]:
    """Return the ``add`` elements of these keys; whatever makes it unclear which one counts is an error."""
    there: dict[str, Element] = {}
    for child in holder.children if holder else []:
        key = child.attributes.get("key", "").lower()
        if child.name == "clear" and there:
            raise child.error("<clear> takes away settings that stand before it: remove it, or move it to the front")
        if key not in keys:
            continue
        if key in there:
            why = "a second time" if child.name == "add" else f"in <{child.name}>"
            raise child.error(f"the key {child.attributes['key']} {why}; it is in line {there[key].line}: keep one")
        if child.name == "add":
            there[key] = child
    return there


def _change(document: Document, element: Element, wish: Setting) -> list[Splice]:
    """Return the edit of one setting that is there; none when it is as wished."""
    if wish.value is None:
        return [remove(document, element)]
    if "value" not in element.attributes:
        tag = new_tag(document, "add", {"key": element.attributes["key"], "value": wish.value})
        return [Splice(element.start, element.end, tag)]
    if element.attributes["value"] == wish.value:
        return []
    return [set_attribute(document, element, "value", wish.value)]


def _additions(document: Document, holder: Element | None, missing: list[Setting]) -> list[Splice]:
    """Return the edit that adds settings behind the last one, creating ``appSettings`` behind ``configSections``."""
    if not missing:
        return []
    codec = document.codec
    pairs = [{"key": wish.key, "value": wish.value or ""} for wish in missing]
    if holder and holder.children:
        # Behind whatever takes settings away.
        last = holder.children[-1]
        model = (holder.named("add") or [last])[-1]
        plain = set(model.attributes) == {"key", "value"}
        tags = [copy_with(document, model, pair) if plain else new_tag(document, "add", pair) for pair in pairs]
        space = lead(document, model).encode(codec)
        return [Splice(last.end, last.end, b"".join(space + tag for tag in tags))]
    tags = [new_tag(document, "add", pair) for pair in pairs]
    if holder:
        return [first_children(document, holder, tags, child_space(document, holder, document.root))]
    outer = child_space(document, document.root)
    inner = deeper(outer, lead(document, document.root))
    lines = b"".join(inner.encode(codec) + tag for tag in tags)
    whole = "<appSettings>".encode(codec) + lines + f"{outer}</appSettings>".encode(codec)
    first = document.root.named("configSections")
    if first:
        return [Splice(first[0].end, first[0].end, outer.encode(codec) + whole)]
    return [first_children(document, document.root, [whole], outer)]


def _shown(before: bytes, after: bytes, wishes: list[Setting]) -> tuple[str, str]:
    """Return the named settings, one a line, before and after; of what looks like a secret only that it changes."""
    old, new = ({key.lower(): text for key, text in read_settings(data).items()} for data in (before, after))
    lines: tuple[list[str], list[str]] = ([], [])
    for wish in wishes:
        key = wish.key.lower()
        changes = old.get(key) != new.get(key)
        for side, values, hidden in ((0, old, "(hidden)"), (1, new, "(hidden, new)" if changes else "(hidden)")):
            if key in values:
                shown = hidden if _SECRET.search(key) or _SECRET_VALUE.search(values[key]) else values[key]
                lines[side].append(f'<add key="{wish.key}" value="{shown}" />\n')
    return "".join(lines[0]), "".join(lines[1])
