# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each kind of probe passes on a site that behaves, and fails on one that does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._hostile import _paths
from ansible_collections.constellation.edge.plugins.module_utils._hostile.run import KINDS, run
from hostile_site import ECHO, KEPT, MOST, site

# What each kind needs to be asked at all.
NEEDED = {
    "headers": {"echo": ECHO},
    "smuggling": {"echo": ECHO},
    "paths": {"kept": KEPT},
    "slow": {"slow": 3},
    "limits": {"connections": 3 * MOST},
}
# A kind, what the site does wrong, and probes that have to see it.
FAULTS = [
    ("names", "lenient", {"unknown-sni", "no-sni", "wrong-host", "wrong-host-h2", "unknown-host-80", "two-hosts"}),
    ("names", "lenient", {"empty-host", "no-host", "host-port-80", "http09", "absolute-form", "bare-address-80"}),
    ("tls", "old", {"tls1.0", "tls1.1", "cbc"}),
    ("answers", "talks", {"hsts", "x-frame-options", "content-security-policy", "program", "page-400", "page-404"}),
    ("answers", "lenient", {"redirect"}),
    ("upgrade", "upgrade", {"h2c", "foo", "tls", "websocket-h2c", "no-key"}),
    ("upgrade", "lenient", {"h2-connect", "h2-extended-connect"}),
    ("smuggling", "smuggled lenient", {"cl-te", "cl-twice", "get-body", "te-x"}),
    ("smuggling", "lenient", {"h2-value-crlf", "h2-path-crlf", "h2-two-paths", "h2-cl-short"}),
    ("headers", "tells", {"as-is", "lower", "upper", "repeated", "underscore", "connection", "empty-first", "address"}),
    ("paths", "console", {"plain"}),
    ("traversal", "files", {"001"}),
    ("slow", "slow", {"heads", "silent-heads", "silent-bodies", "handshakes", "heads-80"}),
    ("limits", "unlimited slow", {"connections"}),
]


def asked(certificate: Path, kind: str, *faults: str) -> dict[str, tuple[bool | None, str]]:
    """Return what the probes of a kind say, by their names without the kind."""
    words = " ".join(faults).split()
    # What is not seen in this time counts as not there: it is waited for where a fault has to be seen.
    waits = {"quiet": 0.3, "patience": 3.0} if words else {}
    with site(certificate, *words, **NEEDED.get(kind, {}), **waits) as subject:
        results = run(subject, [kind])
    return {each["id"].partition(".")[2]: (each["ok"], each["detail"]) for each in results}


@pytest.mark.parametrize("kind", KINDS)
def test_what_behaves_passes(site_certificate: Path, kind: str) -> None:
    said = asked(site_certificate, kind)
    assert said
    assert {name: each for name, each in said.items() if each[0] is not True} == {}


@pytest.mark.parametrize(("kind", "fault", "names"), FAULTS)
def test_what_misbehaves_fails(
    site_certificate: Path, kind: str, fault: str, names: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_paths, "in_lan", lambda _subject: False)
    said = asked(site_certificate, kind, fault)
    assert {name: said[name] for name in names if said[name][0] is not False} == {}


def test_from_within_the_lan_what_is_kept_for_it_is_not_proven(site_certificate: Path) -> None:
    said = asked(site_certificate, "paths", "console")
    assert said["plain"] == (None, "200, closed; asked from within the LAN, to which it is open")


def test_every_kind_can_fail() -> None:
    assert {kind for kind, _fault, _names in FAULTS} == set(KINDS)
