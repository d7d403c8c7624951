# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What changes on a host behind the back of the inventory, one kind at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

JAILS = "/etc/fail2ban/jail.d/zz-constellation-edge.local"
COMMON = "/etc/nginx/sites-available/00-constellation-edge"
MAIN_FILE = "/etc/nginx/modules-enabled/99-constellation-edge.conf"
SETTINGS = "/etc/constellation-edge"
UNITS = "/etc/systemd/system"
ARCHIVE = "/usr/local/lib/constellation-edge/edge.pyz"
LETSENCRYPT = "/etc/letsencrypt/"


@dataclass(frozen=True)
class Drift:
    """A kind: what it is called, and the shell command that makes it, in which `{site}` is the name of a site.

    What begins with one of `renewed` is made anew, and is another one afterwards. `told` is what the run says where it
    changes nothing.
    """

    name: str
    command: str
    renewed: tuple[str, ...] = ()
    told: str = ""


def every() -> list[Drift]:
    """Return all kinds."""
    return [*_files(), *_nginx(), *_certificates(), *_firewall(), *_bans(), *_limit(), *_packages()]


def groups() -> list[list[Drift]]:
    """Return groups of kinds that do not touch one another."""
    by_name = {each.name: each for each in every()}
    return [[by_name[name] for name in names] for names in _SHORT]


# One of each part: a file, a link, a unit that is stopped, a timer, a rule, a jail, a table, and a renewal.
_SHORT = (
    ("site: edited", "certbot.timer: stopped", "ufw: a rule is deleted", "fail2ban: stopped"),
    ("site: its link is removed", "limit: the table is deleted", "jails: edited", "renewal: its hook is removed"),
)


def _files() -> Iterator[Drift]:
    """Yield what may happen to each file that is written for nginx, systemd, fail2ban and nft."""
    site = "/etc/nginx/sites-available/{site}"
    for name, path, edit in (
        ("site", site, "sed -i 's/proxy_read_timeout [^;]*/proxy_read_timeout 1s/; s/http2 on/http2 off/'"),
        ("common site", COMMON, "sed -i 's/server_tokens off/server_tokens on/'"),
        ("main file", MAIN_FILE, "sed -i 's/8192/1024/'"),
        ("jails", JAILS, "sed -i 's/maxretry = .*/maxretry = 99/'"),
        ("drop-in of nginx", f"{UNITS}/nginx.service.d/constellation-edge.conf", "sed -i '/NoNewPrivileges/d'"),
        ("recovery unit", f"{UNITS}/constellation-edge-recover.service", "sed -i 's/recover/nothing/'"),
        ("limit", f"{SETTINGS}/connection-limit.nft", "sed -i 's/256/9999/'"),
        ("limit's unit", f"{UNITS}/constellation-edge-limit.service", "sed -i '/^After/d'"),
        ("drop-in of nftables", f"{UNITS}/nftables.service.d/constellation-edge.conf", "sed -i '$d'"),
        ("program", ARCHIVE, "printf x >>"),
    ):
        # A file that is there and empty gets what is wanted of it, but not the words at the head of a new one.
        headless = (path.partition("{")[0],) if path.startswith("/etc/nginx/") else ()
        yield Drift(f"{name}: edited", f"{edit} {path}")
        yield Drift(f"{name}: emptied", f": > {path}", headless)
        yield Drift(f"{name}: removed", f"rm {path}")
    yield Drift("site: its link is removed", "rm /etc/nginx/sites-enabled/{site}")
    yield Drift("common site: its link is removed", "rm /etc/nginx/sites-enabled/00-constellation-edge")
    yield Drift("default site: enabled", "ln -s ../sites-available/default /etc/nginx/sites-enabled/default")
    yield Drift(
        "nginx.conf: fewer connections",
        "sed -i 's/worker_connections [0-9]*/worker_connections 64/' /etc/nginx/nginx.conf",
    )


def _nginx() -> Iterator[Drift]:
    """Yield what may happen to the service, and to what it has loaded."""
    yield Drift("nginx: stopped", "systemctl stop nginx")
    yield Drift("nginx: disabled", "systemctl disable --quiet nginx")
    yield Drift(
        "nginx: other content is loaded",
        "cp -a /etc/nginx/sites-available/{site} /root/kept"
        " && sed -i 's/http2 on/http2 off/' /etc/nginx/sites-available/{site} && systemctl reload nginx"
        " && mv /root/kept /etc/nginx/sites-available/{site}",
    )
    yield Drift("nginx: reloaded by hand", "systemctl reload nginx")
    yield Drift("nginx: killed", "pkill -9 -o nginx; sleep 2")


def _certificates() -> Iterator[Drift]:
    """Yield what may happen to certificates and their renewal."""
    renewal, live = "/etc/letsencrypt/renewal/{site}.conf", "/etc/letsencrypt/live/{site}"
    yield Drift("certbot.timer: stopped", "systemctl stop certbot.timer")
    yield Drift("certbot.timer: disabled", "systemctl disable --quiet --now certbot.timer")
    # It comes back, in another line.
    yield Drift("renewal: its hook is removed", f"sed -i '/^renew_hook/d' {renewal}", (LETSENCRYPT,))
    yield Drift("renewal: another webroot", f"sed -i 's#/var/lib/constellation-edge/acme#/var/www/html#' {renewal}")
    yield Drift("renewal: removed", f"rm {renewal}", (LETSENCRYPT,), told="because it has no renewal file")
    yield Drift("certificate: removed", f"rm {live}/fullchain.pem", (LETSENCRYPT,))
    yield Drift(
        "certificate: its lineage is removed",
        f"rm -r {live} /etc/letsencrypt/archive/{{site}} {renewal}",
        (LETSENCRYPT,),
    )


def _firewall() -> Iterator[Drift]:
    """Yield what may happen to the firewall."""
    # It comes back behind the others.
    again = ("/etc/ufw/user", "`ufw ")
    yield Drift("ufw: a rule is deleted", "ufw delete allow proto tcp from any to any port 443", again)
    yield Drift("ufw: another default", "ufw default allow incoming")
    yield Drift("ufw: disabled", "ufw disable")
    yield Drift("ufw: not started with the host", "systemctl disable --quiet ufw")


def _bans() -> Iterator[Drift]:
    """Yield what may happen to fail2ban."""
    yield Drift("fail2ban: stopped", "systemctl stop fail2ban")
    yield Drift("fail2ban: disabled", "systemctl disable --quiet fail2ban")
    yield Drift("fail2ban: a jail is stopped", "fail2ban-client stop sshd")
    yield Drift("fail2ban: a jail without its action", "fail2ban-client set sshd delaction nftables")


def _limit() -> Iterator[Drift]:
    """Yield what may happen to the limit of connections."""
    yield Drift("limit: the table is deleted", "nft delete table inet constellation_edge")
    yield Drift("limit: the table is flushed", "nft flush table inet constellation_edge")
    yield Drift("limit: its unit is stopped", "systemctl stop constellation-edge-limit.service")
    yield Drift("limit: its unit is disabled", "systemctl disable --quiet constellation-edge-limit.service")


def _packages() -> Iterator[Drift]:
    """Yield the removal of packages whose files stay, as `dpkg --remove` leaves them."""
    for package in ("certbot", "ufw", "fail2ban", "python3-systemd"):
        yield Drift(
            f"package {package}: removed", f"DEBIAN_FRONTEND=noninteractive dpkg --remove --force-depends {package}"
        )
