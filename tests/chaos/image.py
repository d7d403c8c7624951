# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The image of the machines that trials run on: a plain server with nginx, and with what trials need."""

from __future__ import annotations

from collections.abc import Sequence

from lab import recipes
from lab.containers import LABEL, commit, install
from lab.images import Images
from lab.paths import locked

# rsync, strace and wrk are the trials' own; the rest is what site.yml installs.
PACKAGES = (
    "certbot",
    "fail2ban",
    "nftables",
    "nginx",
    "openssl",
    "python3-cryptography",
    "python3-systemd",
    "rsync",
    "strace",
    "ufw",
    "wrk",
)


def tag(system: str, packages: Sequence[str]) -> str:
    """Return the name of the image of a system with these packages."""
    return f"{recipes.REPOSITORY}/chaos-{system}:{recipes.digest(recipes.base_tag(system), packages)}"


def ensure(images: Images, system: str, more: Sequence[str] = ()) -> str:
    """Have the image of a system with `more` packages, building it when it is missing, and return its name."""
    packages = (*PACKAGES, *more)
    name = tag(system, packages)
    images.ensure([system], homes=False, services=False)
    with locked("images-chaos"):
        if not images.has(name):
            base = images.client.images.get(recipes.base_tag(system))
            container = images.client.containers.run(
                recipes.base_tag(system), ["sleep", "infinity"], detach=True, labels={LABEL: "build"}
            )
            try:
                install(container, packages, refresh=images.lists_are_old(base))
                commit(container, name)
            finally:
                container.remove(force=True, v=True)
    return name
