# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is measured: inputs from a fixed seed, so that two runs measure the same bytes."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

SEED = 2026
# Site files of every kind that nginx accepts, one subject each.
CORPUS = Path(__file__).resolve().parents[1] / "fixtures" / "nginx" / "accepted" / "http"

_HAND_MADE = (
    # Certbot's habits: its marks, a second server that redirects.
    """server {
    server_name {name};
    root /var/www/{name};
    index index.html index.php; # first one wins

    # everything that is not a file
    location / {
        try_files $uri $uri/ /index.php?$query_string;
    }

{locations}
    listen [::]:443 ssl; # managed by Certbot
    listen 443 ssl; # managed by Certbot
    ssl_certificate /etc/letsencrypt/live/{name}/fullchain.pem; # managed by Certbot
    ssl_certificate_key /etc/letsencrypt/live/{name}/privkey.pem; # managed by Certbot
}
server {
    if ($host = {name}) {
        return 301 https://$host$request_uri;
    } # managed by Certbot

    listen 80;
    server_name {name};
    return 404; # managed by Certbot
}
""",
    # Braces on lines of their own, a regular expression, quotes of both kinds.
    """upstream backend_{port}
{
    server 127.0.0.1:{port} max_fails=3 fail_timeout=10s;
    keepalive 16;
}

server
{
    listen 80;
    server_name {name} www.{name};
    add_header X-Frame-Options "SAMEORIGIN" always;
    access_log /var/log/nginx/{name}.log combined;

    location ~* \\.(?:css|js|jpe?g|png|svg|woff2?)$
    {
        expires 30d;
        add_header Cache-Control 'public, immutable';
    }
{locations}}
""",
)
_LOCATION = """    location {path} {
        proxy_pass http://192.168.0.{last}:{port};
        proxy_http_version 1.1;
        proxy_set_header Host $host;
        proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header Connection "";
        proxy_read_timeout {timeout}s;
    }
"""
_PACKAGE = """      <package name="Package{number}" enable="true" credential="Standard">
        <settings>
          <setting key="Host" value="192.168.0.{last}" />
          <setting key="Interval" value="{timeout}" />
{more}        </settings>
      </package>
"""


def edge_sites(routes: int) -> list[dict[str, Any]]:
    """Return an `edge_sites` with this many routes, twenty on each site."""
    sites = []
    for first in range(0, routes, 20):
        numbers = range(first, min(first + 20, routes))
        found = [
            {"path": f"/app{number}/", "upstream": f"http://192.168.0.{number % 250 + 1}:8080"} for number in numbers
        ]
        sites.append({"server_name": f"site{first // 20}.example.org", "routes": found})
    return sites


def location_texts(count: int) -> list[tuple[str, str]]:
    """Return this many locations: path and text."""
    chance = random.Random(SEED)  # noqa: S311 - the same bytes in every run
    found = []
    for number in range(count):
        path = f"/service-{number}/"
        values = {"path": path, "last": chance.randint(2, 250), "port": chance.choice((80, 8080, 8443))}
        found.append((path, _fill(_LOCATION, timeout=chance.choice((60, 300, 3600)), **values)))
    return found


def one_server(count: int) -> str:
    """Return a file with one server and this many locations; 36,300 make 10 MB."""
    texts = "\n".join(text for _path, text in location_texts(count))
    return f"server {{\n    listen 80;\n    server_name example.org;\n\n{texts}}}\n"


def small_server(count: int) -> str:
    """Return the same with locations of about 220 bytes, as in the file of 1.1 MB with 5,000 of them."""
    lines = ["server {", "    listen 80;", "    server_name example.org;"]
    for number in range(count):
        lines += [
            "",
            f"    location /service-{number}/ {{",
            f"        proxy_pass http://192.168.{number // 250 % 250}.{number % 250 + 1}:8080;",
            "        proxy_http_version 1.1;",
            "        proxy_set_header Host $host;",
            f"        proxy_set_header X-Service 'service {number}'; # kept",
            "    }",
        ]
    return "\n".join([*lines, "}", ""])


def hand_made_sites(count: int) -> list[str]:
    """Return site files as people and Certbot write them: spaces or tabs, LF or CRLF."""
    chance = random.Random(SEED)  # noqa: S311 - the same bytes in every run
    found = []
    for number in range(count):
        locations = "".join(text for _path, text in location_texts(chance.randint(1, 8)))
        port = chance.randint(3000, 9000)
        text = _fill(chance.choice(_HAND_MADE), name=f"host{number}.example.org", port=port, locations=locations)
        if chance.random() < 0.2:
            text = text.replace("    ", "\t")
        found.append(text.replace("\n", "\r\n") if chance.random() < 0.1 else text)
    return found


def unclosed_quote(size: int) -> str:
    """Return a text that nginx refuses: a quote that never closes, before this many bytes."""
    return 'server_name "' + "a;\n" * (size // 3)


def server_config(packages: int, size: int) -> str:
    """Return a Constellation server's configuration of about this many bytes."""
    head = (
        '<?xml version="1.0" encoding="utf-8"?>\n<configuration>\n  <configSections>\n'
        '    <section name="constellation" type="Constellation.Server.Configuration, Constellation.Server" />\n'
        '  </configSections>\n  <constellation>\n    <listenUris>\n      <uri listenUri="http://+:8088/" />\n'
        '    </listenUris>\n    <sentinels>\n      <sentinel name="HOME">\n'
    )
    each = max(0, size // packages - len(_PACKAGE) - 10)
    lines = [f'          <setting key="Extra{number}" value="{"x" * 60}" />\n' for number in range(each // 96)]
    body = "".join(
        _fill(_PACKAGE, number=number, last=number % 250, timeout=30, more="".join(lines)) for number in range(packages)
    )
    return f"{head}{body}      </sentinel>\n    </sentinels>\n  </constellation>\n</configuration>\n"


def write(folder: Path, routes: list[str]) -> None:
    """Write every input into a folder; `routes` are the texts that our own declaration gives."""
    (folder / "sites-all").mkdir()
    for number, text in enumerate([*routes, *hand_made_sites(80)]):
        (folder / "sites-all" / f"site{number}").write_bytes(text.encode("latin-1"))
    for path in CORPUS.iterdir():
        shutil.copy(path, folder / "sites-all")
    (folder / "locations-5000").write_text(small_server(5000))
    (folder / "locations-500").write_text(one_server(500))
    for size, count in (("10kB", 36), ("100kB", 363), ("1MB", 3630), ("10MB", 36300)):
        (folder / f"size-{size}").write_text(one_server(count))
    (folder / "unclosed").write_text(unclosed_quote(1_000_000))
    (folder / "server.config").write_text(server_config(2000, 5_000_000))


def _fill(template: str, **values: object) -> str:
    for name, value in values.items():
        template = template.replace("{" + name + "}", str(value))
    return template
