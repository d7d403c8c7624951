# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The image of the machine that judges from outside: Debian 13 with testssl and MDN's HTTP Observatory."""

from __future__ import annotations

import os
from pathlib import Path

from docker.models.containers import Container
from lab import recipes
from lab.containers import LABEL, File, commit, execute, install, put
from lab.images import Images
from lab.paths import locked

SYSTEM = "debian13"
# The last two are what testssl calls.
PACKAGES = ("curl", "nodejs", "npm", "openssl", "testssl.sh", "bind9-dnsutils", "bsdextrautils")
OBSERVATORY = "@mdn/mdn-http-observatory@1.4.8"
FOLDER = "/opt/observatory"
# Its installation would fetch these two lists; without HSTS preloading they say the same.
LISTS = {"hsts-preload.json": b"{}", "tld-list.json": b'["test"]'}
_CA = "/etc/bars-npm-ca.pem"
# Which authorities this machine trusts; the last is where Debian and Ubuntu have them.
_BUNDLES = (
    os.environ.get("NODE_EXTRA_CA_CERTS", ""),
    os.environ.get("SSL_CERT_FILE", ""),
    "/etc/ssl/certs/ca-certificates.crt",
)


def tag() -> str:
    """Return the name of the image."""
    return f"{recipes.REPOSITORY}/bars:{recipes.digest(recipes.base_tag(SYSTEM), PACKAGES, OBSERVATORY, 1)}"


def ensure(images: Images) -> str:
    """Have the image, building it when it is missing, and return its name."""
    images.ensure([SYSTEM], homes=False, services=False)
    with locked("images-bars"):
        if not images.has(tag()):
            base = images.client.images.get(recipes.base_tag(SYSTEM))
            # npm's registry is reached as from this machine, also when it is on it.
            container = images.client.containers.run(
                recipes.base_tag(SYSTEM),
                ["sleep", "infinity"],
                detach=True,
                network_mode="host",
                labels={LABEL: "build"},
            )
            try:
                install(container, PACKAGES, refresh=images.lists_are_old(base))
                _install_observatory(container)
                commit(container, tag())
            finally:
                container.remove(force=True, v=True)
    return tag()


def _install_observatory(container: Container) -> None:
    bundle = next((path for path in _BUNDLES if path and Path(path).is_file()), None)
    settings = {"npm_config_prefix": FOLDER}
    for name in ("npm_config_registry", "https_proxy", "HTTPS_PROXY"):
        if os.environ.get(name):
            settings[name] = os.environ[name]
    if bundle:
        put(container, {_CA: File(Path(bundle).read_bytes(), 0o600)})
        settings |= {"npm_config_cafile": _CA, "NODE_EXTRA_CA_CERTS": _CA}
    npm = ["npm", "install", "--global", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    execute(container, [*npm, OBSERVATORY], environment=settings)
    package = f"{FOLDER}/lib/node_modules/{OBSERVATORY.rpartition('@')[0]}"
    put(container, {f"{package}/conf/{name}": File(content) for name, content in LISTS.items()})
    execute(container, ["rm", "-f", _CA])
