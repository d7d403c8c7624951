# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renewals by certbot alone, and whether what it got is served."""

from __future__ import annotations

import time

from conftest import Client, Home
from moving import CERTBOT

PATIENCE = 10.0
RENEW = f"{CERTBOT} renew --force-renewal --no-random-sleep-on-renew"
_SERVED = "echo | openssl s_client -connect %s -servername %s 2>/dev/null | openssl x509 -noout -serial"


def served(client: Client, home: Home, name: str) -> str:
    """Return the serial number of the certificate that another machine gets."""
    return str(client.host.run(_SERVED, f"{home.ipv4}:443", name).stdout.strip())


def on_disk(home: Home, lineage: str) -> str:
    """Return the serial number of a lineage's certificate."""
    return str(
        home.host.check_output("openssl x509 -noout -serial -in %s", f"/etc/letsencrypt/live/{lineage}/cert.pem")
    )


def renewal(home: Home, lineage: str) -> str:
    """Return what certbot remembers of a lineage."""
    return str(home.host.file(f"/etc/letsencrypt/renewal/{lineage}.conf").content_string)


def assert_renewed_and_served(client: Client, home: Home, names: dict[str, str]) -> None:
    """Renew all lineages of a host; for each of these names, the new certificate of its lineage is served."""
    before = {name: on_disk(home, lineage) for name, lineage in names.items()}
    done = home.host.run(RENEW)
    assert done.rc == 0, done.stdout + done.stderr
    until = time.monotonic() + PATIENCE
    for name, lineage in names.items():
        wanted = on_disk(home, lineage)
        assert wanted != before[name]
        while served(client, home, name) != wanted:
            assert time.monotonic() < until, f"{name}: {served(client, home, name)} is served, {wanted} is on disk"
            time.sleep(0.2)
