# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ZoneMinder: everything below /zm/, nothing elsewhere; cameras as endless MJPEG."""

from __future__ import annotations

import json

from .web import Handler

PAGE = """<!DOCTYPE html><html><head><title>ZoneMinder - Console</title>
<link rel="stylesheet" href="/zm/skins/classic/css/base.css"></head>
<body><h1>ZoneMinder</h1><img src="/zm/cgi-bin/nph-zms?mode=jpeg&amp;monitor=1"></body></html>
"""


class ZoneMinder(Handler):
    """As Apache serves it from the distribution's package."""

    app = "zoneminder"

    def answer(self, path: str, query: dict[str, list[str]]) -> None:
        """Answer a request."""
        if path == "/zm":
            self.redirect("/zm/")
        elif path in ("/zm/", "/zm/index.php"):
            self.text(PAGE)
        elif path == "/zm/echo":
            self.echo()
        elif path == "/zm/cgi-bin/nph-zms":
            self.pictures()
        elif path == "/zm/api/host/getVersion.json":
            self.text(json.dumps({"version": "1.36.35", "apiversion": "2.0"}), kind="application/json")
        elif path == "/zm/skins/classic/css/base.css":
            self.text("body { margin: 0 }\n", kind="text/css")
        else:
            self.missing()
