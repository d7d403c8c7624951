# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request with its answer, by both versions of HTTP."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.constellation.edge.plugins.module_utils._hostile.asking import by_http1, by_http2
from hostile_site import ECHO, site


def test_an_answer_by_http1_has_its_body_and_its_question(site_certificate: Path) -> None:
    with site(site_certificate, "tells") as subject:
        answer = by_http1(subject, ECHO, {"X-Said": "this"}, "somebody")
        assert (answer.status, answer.challenge, answer.is_spoken) == (200, "", True)
        assert b'"x-said: this"' in answer.body
        assert b'"user-agent: somebody"' in answer.body
        assert by_http1(subject, "/none", {}, "somebody").status == 404


def test_an_answer_by_http2_has_its_status(site_certificate: Path) -> None:
    with site(site_certificate, "lenient") as subject:
        answer = by_http2(subject, "/", {"X-Said": "this"}, "somebody")
        assert (answer.status, answer.challenge, answer.is_spoken) == (200, None, True)


def test_without_an_answer_it_tells_how_it_ended(site_certificate: Path) -> None:
    with site(site_certificate) as subject:
        assert by_http2(subject, "/", {}, "somebody").status == 0
    answer = by_http1(subject, "/", {}, "somebody")
    assert answer.status == 0
    assert answer.end.startswith("refused")
