# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists of services: nginx takes every form without a warning, and starts where nobody knows a name."""

from __future__ import annotations

from typing import Any

import pytest

from judge.inside_upstreams import BACK_END, HOST, SOCKET
from judge.nginx import Judge
from judge.test_upstreams import NAME, asked, configuration, forms

# Nobody listens on the second port.
ONE, SILENT = f"http://{HOST}:{BACK_END}", f"http://{HOST}:{BACK_END + 1}"
LISTS: list[dict[str, Any]] = [
    {"upstream": [SILENT, ONE]},
    {"upstream": [SILENT, {"url": ONE, "weight": 2}], "sticky": "address"},
    {"upstream": [SILENT, {"url": f"unix:{SOCKET}", "backup": True}]},
    {"upstream": [SILENT, f"http://{NAME}:{BACK_END}"]},
    {"upstream": [f"{SILENT}/own/", f"{ONE}/own/"]},
    {"upstream": [SILENT, ONE], "prefix": "strip"},
]


def form_of(judge: Judge) -> str:
    """Return the form with the text for the nginx of a system."""
    return "resolve" if "resolve" in forms(judge) else "variable"


def routes() -> list[dict[str, Any]]:
    return [{"path": f"/{number}/", **each} for number, each in enumerate(LISTS)]


@pytest.mark.parametrize("adopt", [False, True])
def test_nginx_takes_them_without_a_warning(judge: Judge, adopt: bool) -> None:
    ((code, said),) = judge.said([{"nginx.conf": configuration(form_of(judge), routes(), adopt=adopt)}])
    assert code == 0, said
    assert "[warn]" not in said


def test_a_service_that_is_silent_is_passed_over(judge: Judge) -> None:
    targets = [(f"/{number}/a%2Fb?c", f"/{number}/a%2Fb?c") for number in range(4)]
    targets += [("/4/a%2Fb?c", "/own/a%2Fb?c"), ("/5/a%2Fb?c", "/a%2Fb?c")]
    found = asked(judge, form_of(judge), [(target, None) for target, _right in targets], routes())
    for (target, right), each in zip(targets, found, strict=True):
        assert (each["got"] or "").split("\r\n")[0] == f"GET {right} HTTP/1.1", (target, each)
        assert "Host: public.example.org" in (each["got"] or "")
