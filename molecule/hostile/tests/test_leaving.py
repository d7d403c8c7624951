# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The step of the README by which an owner leaves nginx; comes last."""

from __future__ import annotations

import json
import re

from conftest import ROOT
from test_connection_limit import module

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_nginx_is_as_its_package_left_it(home):
    (arguments,) = re.findall(r"constellation\.edge\.nginx_site\s+-a '(.*?)'", README)
    assert home.host.run("grep -r constellation /etc/nginx").rc == 0
    assert module(home, "nginx_site", **json.loads(arguments))["changed"]
    assert not module(home, "nginx_site", **json.loads(arguments))["changed"]
    assert home.host.run("grep -r constellation /etc/nginx").stdout == ""
    changed = home.host.run("dpkg --verify nginx nginx-common").stdout.splitlines()
    assert [line for line in changed if "/etc/" in line] == []
    assert home.host.run("nginx -t").rc == 0
