# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certbot's renewal files as certbot reads them, and edits of them that leave every other byte."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._certbot._interpolation import RenewalError
from ansible_collections.constellation.edge.plugins.module_utils._certbot._renewal import RenewalFile

TEXT = """# renew_before_expiry = 30 days
version = 4.0.0

# Options used in the renewal process
[renewalparams]
account = 235aca
authenticator = nginx # was webroot
installer = nginx
# the last one
"""


def params(text: str) -> dict[str, object]:
    return dict(RenewalFile(f"[renewalparams]\n{text}\n".encode()).params)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("webroot", "webroot"),
        ("webroot # was nginx", "webroot"),
        ("webroot#nginx", "webroot"),
        ("'web # root' # x", "web # root"),
        ('"a, b"', "a, b"),
        ("/srv/a,", ["/srv/a"]),
        ("/srv/a, '/srv/b c' # x", ["/srv/a", "/srv/b c"]),
        (",", []),
        ("", ""),
        ("  # nothing", ""),
        ("'''it's \"so\"''' # x", 'it\'s "so"'),
        ("a = b", "a = b"),
        ("sh -c 'x; y'", "sh -c 'x; y'"),
    ],
)
def test_values_are_read_as_certbot_reads_them(text: str, value: object) -> None:
    assert params(f"key = {text}") == {"key": value}


def test_value_over_several_lines() -> None:
    assert params("a = '''x\ny'''\nb = 1") == {"a": "x\ny", "b": "1"}


@pytest.mark.parametrize("text", ["nonsense", "a = 1\na = 2", "[[a]\n", "[[[a]]]", "a = '''x", "a = 'x", "a = x,,y"])
def test_what_certbot_refuses_is_refused(text: str) -> None:
    with pytest.raises(RenewalError):
        params(text)


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
@pytest.mark.parametrize("end", [True, False])
def test_an_edit_changes_what_it_names_and_nothing_else(bom: str, line_break: str, end: bool) -> None:
    text = bom + (TEXT if end else TEXT.rstrip("\n")).replace("\n", line_break)
    file = RenewalFile(text.encode())
    assert file.dump() == text.encode()
    file.set("authenticator", "webroot")
    file.remove("installer")
    file.set("webroot_path", ["/srv/acme"])
    file.set_map({"a.example.org": "/srv/acme"})
    expected = text.replace("nginx # was", "webroot # was").replace(f"installer = nginx{line_break}", "")
    added = ["webroot_path = /srv/acme,", "[[webroot_map]]", "a.example.org = /srv/acme", "# the last one"]
    assert file.dump() == expected.replace("# the last one", line_break.join(added)).encode()


def test_a_map_gets_these_folders_and_no_others() -> None:
    text = "[renewalparams]\na = 1\n[[webroot_map]] # mine\n  # first\n  x.org = /srv/x  # x\n  y.org = /srv/y\n"
    text += "[other]\nb = 2\n"
    file = RenewalFile(text.encode())
    assert file.webroot_map == {"x.org": "/srv/x", "y.org": "/srv/y"}
    file.set_map({"x.org": "/srv/z", "w.org": "/srv/z"})
    assert file.dump().decode() == text.replace("/srv/x ", "/srv/z ").replace("y.org = /srv/y", "w.org = /srv/z")
    file.set_map({})
    assert file.dump().decode() == "[renewalparams]\na = 1\n  # first\n[other]\nb = 2\n"


def test_a_new_entry_of_a_file_without_final_line_break() -> None:
    file = RenewalFile(b"[renewalparams]\r\na = 1")
    file.set("b", "2")
    assert file.dump() == b"[renewalparams]\r\na = 1\r\nb = 2"


def test_bytes_that_are_no_text_are_refused_with_their_line() -> None:
    with pytest.raises(RenewalError, match="line 3: it is not UTF-8"):
        RenewalFile(b"# x\n[renewalparams]\na = \xfe\n")


def test_a_folder_that_is_a_list_is_none() -> None:
    text = b"[renewalparams]\n[[webroot_map]]\na.org = /srv/acme,\nb.org = /srv/acme\n"
    assert RenewalFile(text).webroot_map == {"a.org": "", "b.org": "/srv/acme"}


def test_other_entries_are_filled_in() -> None:
    text = "top = t\n[DEFAULT]\nd = x%(top)s\n[renewalparams]\na = %(d)s, %(b)s\nb = 1\n"
    assert RenewalFile(text.encode()).params == {"a": ["xt", "1"], "b": "1"}


@pytest.mark.parametrize("text", ["a = %(b)s", "a = %(a)s", "a = 1,2\nb = %(a)s"])
def test_what_cannot_be_filled_in_is_refused(text: str) -> None:
    with pytest.raises(RenewalError, match=r"filled in|names no entry"):
        params(text)


@pytest.mark.parametrize(
    "value", ["a, b", "a # b", " a", "it's, so", 'say "x", y', "x'y\"z #", ["/srv/a b", "/c,d"], []]
)
def test_what_is_written_is_read_again(value: object) -> None:
    file = RenewalFile(b"[renewalparams]\na = 1 # x\n")
    file.set("a", value)  # type: ignore[arg-type]
    assert RenewalFile(file.dump()).params == {"a": value}
    assert file.dump().endswith(b" # x\n")


def test_a_file_without_the_section_is_refused() -> None:
    with pytest.raises(RenewalError, match="no section"):
        RenewalFile(b"version = 1\n").set("a", "1")
