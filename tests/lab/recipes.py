# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the images are made of, and the names that follow from it: pure data, no Engine needed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lab.paths import PACKAGE, STANDINS

REPOSITORY = "constellation-edge-lab"

# To be raised when the steps of a build change without any list below changing.
BASE_VERSION = 1
HOME_VERSION = 2
SERVICES_VERSION = 1
CONTROLLER_VERSION = 1


@dataclass(frozen=True)
class System:
    """A distribution release that the collection supports."""

    name: str
    family: str
    suite: str
    registry: str


SYSTEMS: dict[str, System] = {
    one.name: one
    for one in (
        System("debian12", "debian", "bookworm", "debian:12"),
        System("debian13", "debian", "trixie", "debian:13"),
        System("ubuntu2204", "ubuntu", "jammy", "ubuntu:22.04"),
        System("ubuntu2404", "ubuntu", "noble", "ubuntu:24.04"),
        System("ubuntu2604", "ubuntu", "resolute", "ubuntu:26.04"),
    )
}

# What a plain server of that system has, and no more: a tool that the product needs must be installed by the product.
BASE_PACKAGES: tuple[str, ...] = (
    "ca-certificates",
    "dbus",
    "iproute2",
    "netbase",
    "openssh-server",
    "procps",
    "python3",
    "python3-apt",
    "sudo",
    "systemd",
    "systemd-sysv",
)

# What only some systems have.
BASE_EXTRA: dict[str, tuple[str, ...]] = {
    "ubuntu2604": ("sudo-rs",),
}

# Logs in with the owner's key, and sudo asks for the password in that file. The hash is the same as /etc/shadow has it:
# crypt's SHA-512, with a salt that stays.
KEEPER, KEEPER_PASSWORD_FILE = "keeper", PACKAGE / "keeper-password"
KEEPER_HASH = "$6$constellation$wjrvTc2TUZETK/2yqHq6MfY1lb/JpKwfxw9vOjWvfjyDwqwRJSPe3r.u1oFH72vQiizZFK9OxAOyCfIFL1cd0/"

# Waits for hardware or a console that a container does not have.
MASKED_UNITS: tuple[str, ...] = (
    "console-getty.service",
    "getty.target",
    "systemd-networkd-wait-online.service",
    "systemd-udevd.service",
)

BUILDER_PACKAGES: tuple[str, ...] = (
    "debian-archive-keyring",
    "distro-info",
    "distro-info-data",
    "libdistro-info-perl",
    "libmono-system-configuration4.0-cil",
    "mmdebstrap",
    "mono-mcs",
    "ubuntu-keyring",
)

# With Mono's TLS and its trust store, which follows the system's: a sentinel talks https.
MONO_TLS_PACKAGES: tuple[str, ...] = ("ca-certificates-mono", "libmono-btls-interface4.0-cil")
# These have Mono in one piece.
WITHOUT_MONO_TLS_PACKAGES = ("ubuntu2604",)

# What site.yml installs, for scenarios whose subject is not the first run. None starts with the host, so that
# the first start is the run's, as it is after an installation.
READY_PACKAGES: tuple[str, ...] = ("certbot", "fail2ban", "nginx", "ufw")
READY_STOPPED: tuple[str, ...] = ("fail2ban", "nginx")

HOME_PACKAGES: tuple[str, ...] = (
    "libmono-system-configuration4.0-cil",
    "mono-runtime",
    "supervisor",
)

SERVICES_PACKAGES: tuple[str, ...] = ("bind9", "curl", "openssl", "pebble", "python3-grpcio")

# What says whether a configuration is right: nginx itself, with Lua blocks where the archive has that module, fail2ban
# and ufw. With faketime an hour passes in seconds.
JUDGE_PACKAGES: tuple[str, ...] = ("nginx", "libnginx-mod-stream", "faketime", "fail2ban", "ufw")
JUDGE_LUA_PACKAGES: tuple[str, ...] = ("libnginx-mod-http-lua",)
WITHOUT_LUA = ("ubuntu2204",)

# What `make setup` has on the controller's machine.
CONTROLLER_PACKAGES: tuple[str, ...] = ("git", "openssh-client", "openssl", "python3-venv")
# The requirements for each system's Python: 3.11 of Debian 12 brings the oldest ansible-core that is supported.
CONTROLLERS: dict[str, str] = {"debian12": "requirements.txt", "debian13": "requirements-newest.txt"}
# What prepares the places of ansible-test, in the image as in a checkout.
CONTROLLER_TOOLS: tuple[str, ...] = ("config.yml", "tools/__init__.py", "tools/checkout.py", "tools/sanity.py")


def digest(*parts: object) -> str:
    """Return twelve hexadecimal digits that change whenever a part does."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def files_digest(files: Iterable[Path]) -> str:
    """Return a digest over the names and contents of files, in whatever order they are given."""
    return digest(*((path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in sorted(files)))


def constellation_sources() -> list[Path]:
    """Return the files that the stand-in for Constellation is made of."""
    return sorted((STANDINS / "constellation").iterdir())


def base_packages(system: str) -> tuple[str, ...]:
    """Return what a system's base image holds."""
    return (*BASE_PACKAGES, *BASE_EXTRA.get(system, ()))


def home_packages(system: str) -> tuple[str, ...]:
    """Return what Constellation needs on a system."""
    return (*(MONO_TLS_PACKAGES if system not in WITHOUT_MONO_TLS_PACKAGES else ()), *HOME_PACKAGES)


def judge_packages(system: str) -> tuple[str, ...]:
    """Return what judges configurations on a system."""
    return (*JUDGE_PACKAGES, *(JUDGE_LUA_PACKAGES if system not in WITHOUT_LUA else ()))


def base_tag(system: str) -> str:
    """Return the name of a system's base image."""
    of = SYSTEMS[system]
    return f"{REPOSITORY}/{system}:{digest(BASE_VERSION, of.suite, base_packages(system), MASKED_UNITS)}"


def builder_tag() -> str:
    """Return the name of the image that bootstraps the other systems and compiles the stand-in."""
    return f"{REPOSITORY}/builder:{digest(base_tag('debian13'), BUILDER_PACKAGES)}"


def runtime_tag(system: str) -> str:
    """Return the name of a system's image with supervisor and Mono, but without Constellation."""
    return f"{REPOSITORY}/runtime-{system}:{digest(base_tag(system), home_packages(system))}"


def home_tag(system: str) -> str:
    """Return the name of a home server's image: Constellation runs on 8088 under supervisor, nothing else."""
    parts = digest(runtime_tag(system), HOME_VERSION, files_digest(constellation_sources()))
    return f"{REPOSITORY}/home-{system}:{parts}"


def ready_tag(system: str) -> str:
    """Return the name of a home server's image on which everything is installed and nothing is set up."""
    return f"{REPOSITORY}/ready-{system}:{digest(home_tag(system), READY_PACKAGES, READY_STOPPED)}"


def services_tag() -> str:
    """Return the name of the image that runs the test CA and the stand-ins of the LAN."""
    return f"{REPOSITORY}/services:{digest(base_tag('debian13'), SERVICES_PACKAGES, SERVICES_VERSION)}"


def judge_tag(system: str) -> str:
    """Return the name of a system's image with nginx, fail2ban and ufw as its distribution installs them."""
    return f"{REPOSITORY}/judge-{system}:{digest(base_tag(system), judge_packages(system))}"


def controller_files(system: str) -> dict[str, Path]:
    """Return what a controller's image is made from, by its path below tests/."""
    names = ("requirements.txt", CONTROLLERS[system], *CONTROLLER_TOOLS)
    return {name: PACKAGE.parent / name for name in names}


def controller_tag(system: str) -> str:
    """Return the name of the image in which a system's Python has ansible-core and the tools of the checks."""
    files = files_digest(controller_files(system).values())
    return (
        f"{REPOSITORY}/controller-{system}:{digest(base_tag(system), CONTROLLER_VERSION, CONTROLLER_PACKAGES, files)}"
    )


def current_tags() -> set[str]:
    """Return every image name that the present recipes lead to."""
    tags = {builder_tag(), services_tag()}
    for system in SYSTEMS:
        tags |= {base_tag(system), runtime_tag(system), home_tag(system), ready_tag(system), judge_tag(system)}
    return tags | {controller_tag(system) for system in CONTROLLERS}


def latest(tag: str) -> str:
    """Return the name under which the newest build of an image is found without its digest."""
    return tag.partition(":")[0] + ":latest"


def bootstrap_command(system: System, output: str) -> list[str]:
    """Return the mmdebstrap command that makes a system's root file system.

    The tool knows the archives and their update and security suites. Signatures are checked, by the keys that are
    named: by itself it finds Debian's on Debian alone. The package lists stay in the image: a server has them.
    """
    hook = "; ".join(f'ln -sf /dev/null "$1/etc/systemd/system/{unit}"' for unit in MASKED_UNITS)
    command = [
        "mmdebstrap",
        "--quiet",
        "--variant=minbase",
        f"--include={','.join(base_packages(system.name))}",
        '--aptopt=Acquire::Languages "none"',
        "--dpkgopt=force-unsafe-io",
        "--skip=cleanup/apt/lists",
        f"--customize-hook={hook}",
        f"--keyring=/usr/share/keyrings/{system.family}-archive-keyring.gpg",
    ]
    if system.family == "ubuntu":
        command += ["--components=main,universe"]
    return [*command, system.suite, output]
