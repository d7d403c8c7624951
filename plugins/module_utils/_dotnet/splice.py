# SPDX-License-Identifier: GPL-3.0-or-later

"""Edits of a document as replaced byte ranges: whatever no edit names stays as it is."""

from __future__ import annotations

from dataclasses import dataclass

from .document import Document, Element
from .encoding import attribute_value
from .errors import DotnetError


@dataclass(frozen=True)
class Splice:
    """The bytes from ``start`` to ``end`` become ``new``."""

    start: int
    end: int
    new: bytes


def apply_splices(data: bytes, splices: list[Splice]) -> bytes:
    """Return the data with all splices done; overlapping ones are an error, those at one place keep their order."""
    parts = []
    position = 0
    for splice in sorted(splices, key=lambda one: one.start):
        if splice.start < position:
            raise DotnetError(f"two changes overlap at byte {splice.start}")
        parts += [data[position : splice.start], splice.new]
        position = splice.end
    return b"".join([*parts, data[position:]])


def lead(document: Document, element: Element) -> str:
    """Return the white space in front of an element: what a sibling after it starts with, and what goes with it."""
    before = document.data[max(0, element.start - 4096) : element.start].decode(document.codec, "ignore")
    return before[len(before.rstrip(" \t\r\n")) :]


def set_attribute(document: Document, element: Element, attribute: str, value: str) -> Splice:
    """Replace the value of an attribute that the element has."""
    start, end, quote = document.value_span(element, attribute)
    return Splice(start, end, attribute_value(value, quote, document.codec))


def remove(document: Document, element: Element) -> Splice:
    """Take an element out, together with the white space in front of it."""
    start = element.start - len(lead(document, element).encode(document.codec))
    return Splice(start, element.end, b"")


def copy_with(document: Document, model: Element, values: dict[str, str]) -> bytes:
    """Return an element written as its sibling ``model`` is (quotes, spaces, way of closing), with other values."""
    edits = [set_attribute(document, model, name, value) for name, value in values.items()]
    moved = [Splice(edit.start - model.start, edit.end - model.start, edit.new) for edit in edits]
    tag = apply_splices(document.data[model.start : model.inner], moved)
    return tag if model.empty_tag else tag + document.data[model.inner_end : model.end]


def new_tag(document: Document, name: str, values: dict[str, str]) -> bytes:
    """Return ``<name key="value" />`` in the file's codec."""
    pairs = b"".join(
        f' {key}="'.encode(document.codec) + attribute_value(value, '"', document.codec) + '"'.encode(document.codec)
        for key, value in values.items()
    )
    return f"<{name}".encode(document.codec) + pairs + " />".encode(document.codec)


def child_space(document: Document, parent: Element, around: Element | None = None) -> str:
    """Return the white space in front of a first child of ``parent``: that of its children, or one step deeper than it.

    The step is the one from ``around``, the element that holds ``parent``. A file without line breaks gets none.
    """
    if parent.children:
        return _line_of(lead(document, parent.children[0]))
    outer = _line_of(lead(document, parent))
    return deeper(outer, _line_of(lead(document, around)) if around else outer)


def deeper(space: str, outer: str) -> str:
    """Return ``space`` one step further in; the step is what it has more than ``outer``, or two spaces."""
    if not space:
        return ""
    indent, around = space.rpartition("\n")[2], outer.rpartition("\n")[2]
    step = indent.removeprefix(around) if indent.startswith(around) else ""
    return space + (step or "  ")


def first_children(document: Document, parent: Element, children: list[bytes], space: str) -> Splice:
    """Put children, each behind ``space``, in front of the parent's others; a parent written ``<name />`` is opened."""
    codec = document.codec
    inside = b"".join(space.encode(codec) + child for child in children)
    closing = _line_of(lead(document, parent)) if space else ""
    if not parent.empty_tag:
        has_content = parent.inner != parent.inner_end
        return Splice(parent.inner, parent.inner, inside + ("" if has_content else closing).encode(codec))
    tag = document.start_tag(parent)
    opened = tag.removesuffix("/>").rstrip() + ">"
    end = f"{closing}</{parent.name}>"
    return Splice(parent.start, parent.end, opened.encode(codec) + inside + end.encode(codec))


def _line_of(space: str) -> str:
    """Return white space from its last line break on: blank lines in front of an element are not repeated."""
    start = space.rfind("\n")
    if start < 0:
        return ""
    return space[start - space[:start].endswith("\r") :]
