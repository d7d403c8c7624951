# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what must be known of a host before anything on it is changed, and what rules it out."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass

from .._host.command import run
from .._host.errors import EdgeError
from .._host.sockets import Listener, listeners
from .nginx_modules import added_modules

WEB_PORTS = (80, 443)
# Programs that hold a host's port on behalf of a container: Docker with its userland proxy and without, Podman.
_PUBLISHERS = ("docker-proxy", "dockerd", "rootlessport", "rootlesskit", "conmon", "slirp4netns", "pasta", "pasta.avx2")
# The releases that this collection is tested on, by os-release's ID and VERSION_ID, with what they install where the
# host has no package lists yet. Versions as in the distributions' archives on 2026-11-23.
TESTED = {
    ("debian", "12"): {"nginx": "1.22.1", "openssl": "3.0"},
    ("debian", "13"): {"nginx": "1.26.3", "openssl": "3.5"},
    ("ubuntu", "22.04"): {"nginx": "1.18.0", "openssl": "3.0"},
    ("ubuntu", "24.04"): {"nginx": "1.24.0", "openssl": "3.0"},
    ("ubuntu", "26.04"): {"nginx": "1.28.3", "openssl": "3.5"},
}
# Modules that nginx has where its builder asks for them, as each of those distributions does.
_ASKED_FOR = ("http_realip_module", "http_auth_request_module")


class PreflightError(EdgeError):
    """The host cannot become an edge as it is; the text says why and names the ways out."""


@dataclass(frozen=True)
class HostFacts:
    """Versions are those installed, or else those that the distribution would install.

    `nginx_without` are the modules of which nginx says that it was built without them. `nginx_modules` are the others
    that it was built with, by the names of their sources, or loads, by those of their files.
    """

    distribution: str
    release: str
    tested: bool
    nginx_installed: bool
    nginx_version: str
    openssl_version: str
    ipv6: bool
    nginx_without: tuple[str, ...] = ()
    nginx_modules: tuple[str, ...] = ()


def host_facts(os_release: str = "/etc/os-release") -> HostFacts:
    """Read the host, without changing it; raise PreflightError where it is none of the supported kind."""
    release = _os_release(os_release)
    identity = (release.get("ID", "unknown"), release.get("VERSION_ID", ""))
    if "debian" not in (identity[0], *release.get("ID_LIKE", "").split()):
        raise PreflightError(
            f"{release.get('PRETTY_NAME', identity[0])} is not a Debian or Ubuntu system: "
            "the roles install nginx, certbot, ufw and fail2ban from those distributions' packages"
        )
    # Its version, its OpenSSL, and how it was built.
    nginx = _output(["nginx", "-V"])
    installed = _version(nginx, r"nginx/(\d+(?:\.\d+)+)")
    return HostFacts(
        distribution=identity[0],
        release=identity[1],
        tested=identity in TESTED,
        nginx_installed=bool(installed),
        nginx_version=installed or _candidate("nginx", identity),
        openssl_version=_openssl_version(nginx, identity),
        ipv6=_has_ipv6(),
        nginx_without=_without(nginx),
        nginx_modules=added_modules(nginx) if installed else (),
    )


def _without(nginx: str) -> tuple[str, ...]:
    """Return the modules of which `nginx -V` says that they are not there; nothing where nginx is not."""
    left_out = re.findall(r"--without-(\w+_module)\b", nginx)
    asked_for = [each for each in _ASKED_FOR if nginx and not re.search(rf"--with-{each}\b", nginx)]
    return (*left_out, *asked_for)


def refuse_taken_ports(ports: tuple[int, ...] = WEB_PORTS, found: list[Listener] | None = None) -> None:
    """Raise PreflightError when something other than this host's nginx holds one of the ports."""
    held = listeners() if found is None else found
    others = [item for item in held if item.port in ports and not (item.program == "nginx" and not item.container)]
    # A listener on loopback alone still takes the port from a server that wants every address.
    holders: dict[tuple[str, str], list[Listener]] = {}
    for item in others:
        holders.setdefault((item.program, item.container), []).append(item)
    if holders:
        raise PreflightError("; ".join(_refusal(items) for items in holders.values()))


def _refusal(items: list[Listener]) -> str:
    """Return who holds the ports, all of one program, and the ways out."""
    first, ports = items[0], sorted({item.port for item in items})
    numbers = " and ".join(str(port) for port in ports)
    taken = f"port {numbers} is held" if len(ports) == 1 else f"ports {numbers} are held"
    taken += f" by {first.program or 'a program that cannot be seen'}{_identity(first)}: "
    if first.program in _PUBLISHERS or first.container:
        return (
            f"{taken}publish that container on another port (for example `-p 127.0.0.1:8080:80`) and give it a route "
            "with `upstream: http://127.0.0.1:8080`; a proxy in a container (Nginx Proxy Manager, SWAG, Traefik, "
            "Caddy) is stopped once its sites are in edge_sites; `docker ps` (or `podman ps`) names it"
        )
    if first.program == "systemd":
        return (
            f"{taken}systemd holds it for a service that starts on demand; `systemctl list-sockets` names it, "
            "`systemctl disable --now NAME.socket` frees the port"
        )
    stop = f"systemctl disable --now {first.unit}" if first.unit else "and keep it from starting again"
    return (
        f"{taken}move it to another port{_how_to_move(first.program, ports)} and give it a route with "
        f"`upstream: http://127.0.0.1:8080`, stop it ({stop}), or choose another host as the edge"
    )


def _identity(item: Listener) -> str:
    if item.container:
        return f" (in the container {item.container[:12]})"
    if item.program in _PUBLISHERS:
        return " (for a container)"
    return f" (process {item.pid})" if item.pid else ""


def _how_to_move(program: str, ports: list[int]) -> str:
    if program == "apache2":
        tls = ", no `Listen 443`" if 443 in ports else ""
        return (
            f" (in /etc/apache2/ports.conf `Listen 127.0.0.1:8080`{tls}, in its sites `<VirtualHost *:8080>`, "
            "then `systemctl restart apache2`)"
        )
    if program == "lighttpd":
        return ' (in /etc/lighttpd/lighttpd.conf `server.port = 8080` and `server.bind = "127.0.0.1"`, then restart it)'
    return ", for example 127.0.0.1:8080,"


def _os_release(path: str) -> dict[str, str]:
    try:
        with open(path, encoding="utf-8") as lines:
            pairs = [line.strip().partition("=") for line in lines]
    except OSError as error:
        raise PreflightError(f"{path} cannot be read ({error.strerror}): which system is this?") from None
    return {key: value.strip("\"'") for key, _sign, value in pairs if key}


def _openssl_version(nginx: str, identity: tuple[str, str]) -> str:
    pattern = r"(?:OpenSSL|built with OpenSSL) (\d+(?:\.\d+)+)"
    return (
        _version(nginx, pattern)
        or _version(_output(["openssl", "version"]), pattern)
        or _candidate("openssl", identity)
    )


def _candidate(package: str, identity: tuple[str, str]) -> str:
    policy = _output(["apt-cache", "policy", package])
    version = _version(policy, r"Candidate: (?:\d+:)?(\d+(?:\.\d+)+)") or TESTED.get(identity, {}).get(package, "")
    if not version:
        raise PreflightError(
            f"apt knows no package '{package}': run `apt-get update` on the host and look at its sources"
        )
    return version


def _version(text: str, pattern: str) -> str:
    match = re.search(pattern, text)
    return match.group(1) if match else ""


def _output(command: list[str]) -> str:
    answer = run(command)
    return "" if answer.unanswered else answer.out + answer.err


def _has_ipv6() -> bool:
    # A socket that can be bound is what nginx needs; an address need not be there yet.
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::", 0))
    except OSError:
        return False
    return True
