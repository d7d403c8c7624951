# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Edits as replaced byte ranges."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.document import parse
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.errors import DotnetError
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.splice import (
    Splice,
    apply_splices,
    copy_with,
    deeper,
    lead,
    new_tag,
    remove,
    set_attribute,
)


def test_splices_are_done_in_the_order_of_their_places() -> None:
    splices = [Splice(4, 6, b"E"), Splice(0, 1, b""), Splice(2, 2, b"1"), Splice(2, 2, b"2")]
    assert apply_splices(b"abcdef", splices) == b"b12cdE"


def test_no_splice_is_no_change() -> None:
    assert apply_splices(b"abc", []) == b"abc"


def test_overlapping_splices_are_an_error() -> None:
    with pytest.raises(DotnetError, match="overlap at byte 1"):
        apply_splices(b"abc", [Splice(0, 2, b""), Splice(1, 3, b"")])


@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_copy_is_written_as_its_model(codec: str) -> None:
    text = "\ufeff<configuration>\n\t<runtime  b = 'x'\n a=\"1\" ></runtime >\n</configuration>"
    document = parse(text.encode(codec), set())
    model = document.root.children[0]
    made = copy_with(document, model, {"a": 'q"', "b": "it's"}).decode(codec)
    assert made == "<runtime  b = 'it&apos;s'\n a=\"q&quot;\" ></runtime >"
    assert lead(document, model) == "\n\t"
    assert new_tag(document, "x", {"k": "<"}).decode(codec) == '<x k="&lt;" />'
    removed = apply_splices(document.data, [remove(document, model)]).decode(codec)
    assert removed == "\ufeff<configuration>\n</configuration>"


def test_an_attribute_keeps_its_quotes() -> None:
    data = b"<configuration><runtime a='1' ba=\"2\"/></configuration>"
    document = parse(data, set())
    changed = apply_splices(data, [set_attribute(document, document.root.children[0], "a", "\"'&<>\t")])
    assert changed == b'<configuration><runtime a=\'"&apos;&amp;&lt;&gt;&#9;\' ba="2"/></configuration>'


@pytest.mark.parametrize(
    ("space", "outer", "expected"),
    [
        ("\n  ", "\n", "\n    "),
        ("\n    ", "\n  ", "\n      "),
        ("\r\n\t\t", "\r\n\t", "\r\n\t\t\t"),
        ("\n ", "\n\t", "\n   "),
        ("\n", "\n", "\n  "),
        ("", "\n", ""),
    ],
)
def test_one_step_further_in(space: str, outer: str, expected: str) -> None:
    assert deeper(space, outer) == expected
