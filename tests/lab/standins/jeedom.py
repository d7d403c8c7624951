# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jeedom: at the root only; its pages hold a long poll open and set a cookie that demands the path /."""

from __future__ import annotations

import json
import time

from .web import Handler

HOLD_SECONDS = 59.0

PAGE = """<!DOCTYPE html><html><head><title>Jeedom</title>
<link rel="stylesheet" href="3rdparty/bootstrap.css"></head>
<body><h1>Jeedom</h1><a href="/index.php?v=d&amp;p=display">Objects</a>
<script src="core/js/core.js"></script></body></html>
"""


class Jeedom(Handler):
    """As Apache serves it with the document root that the installer chooses."""

    app = "jeedom"

    def answer(self, path: str, query: dict[str, list[str]]) -> None:
        """Answer a request."""
        if path in ("/", "/index.php"):
            self.text(PAGE, headers={"Set-Cookie": self._cookie()})
        elif path == "/echo":
            self.echo()
        elif path == "/core/ajax/event.ajax.php" and query.get("action") == ["changes"]:
            self._changes(float(query.get("hold", [str(HOLD_SECONDS)])[0]))
        elif path in ("/3rdparty/bootstrap.css", "/core/js/core.js"):
            self.text("\n", kind="text/css" if path.endswith("css") else "text/javascript")
        else:
            self.missing()

    def _cookie(self) -> str:
        if self.headers.get("X-Forwarded-Proto") == "https":
            return "__Host-PHPSESSID=lab; path=/; secure; HttpOnly; SameSite=Strict"
        return "PHPSESSID=lab; path=/; HttpOnly; SameSite=Strict"

    def _changes(self, seconds: float) -> None:
        """Hold the request as long as nothing happens in the house."""
        self.body()
        time.sleep(min(seconds, HOLD_SECONDS))
        result = {"datetime": time.time(), "result": []}
        self.text(json.dumps({"state": "ok", "result": result}), kind="application/json")
