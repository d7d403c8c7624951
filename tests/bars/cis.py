# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tests of `cis_list` on a host: its configuration, its files, and what it answers."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence

from bars.cis_list import ITEMS
from bars.directives import Directive, in_every_server, named, read
from bars.stage import ROOT_FILE, Host
from bars.verdict import Verdict

TITLE = "CIS NGINX Benchmark 2.1.0, what commands can ask"
PASSED = 25
BAR = f"{PASSED} of {len(ITEMS)}"
LONGEST = 10.0
HALF_A_YEAR = 15768000
CURL = f"curl --silent --max-time 20 --cacert {ROOT_FILE}"
# What a log line must say, each by one of these variables.
LOGGED = (
    {"$remote_addr"},
    {"$time_local", "$time_iso8601"},
    {"$request", "$request_method"},
    # The last one is a map of ours: the path as the client wrote it, without its query.
    {"$request", "$uri", "$request_uri", "$constellation_edge_path"},
    {"$status"},
    {"$http_user_agent"},
)
_CHECKS: dict[str, Callable[[Look], bool]] = {}


class Look:
    """What the tests look at, each thing once."""

    def __init__(self, host: Host) -> None:
        """Look at a host."""
        self.host = host

    @functools.cached_property
    def directives(self) -> list[Directive]:
        """Everything that nginx reads."""
        return read(self.host.configuration)

    @functools.cached_property
    def account(self) -> str:
        """Who the workers run as."""
        return self.host.sh("ps -o user= -C nginx | grep -v root | sort -u").out.strip()

    @functools.cached_property
    def headers(self) -> dict[str, str]:
        """The headers of a service's answer, by their names in small letters."""
        return headers(self.host.ask(f"{CURL} --dump-header - --output /dev/null https://{self.host.camera}/").out)

    def named(self, name: str) -> list[Directive]:
        """Return the directives of one name."""
        return named(self.directives, name)

    def times(self, name: str) -> bool:
        """Tell whether a directive holds in every server and is never longer than the limit, nor off."""
        found = in_every_server(self.directives, name)
        return bool(found) and all(0 < one.seconds <= LONGEST for one in found or [])

    def true(self, command: str) -> bool:
        """Tell whether a command on the host succeeds."""
        return self.host.sh(command, check=False).code == 0

    def empty(self, command: str) -> bool:
        """Tell whether a command on the host finds nothing."""
        return not self.host.sh(command).out.strip()

    def handshake(self, options: str) -> bool:
        """Tell whether a TLS client with these options is let in."""
        name = self.host.domain
        command = f"openssl s_client -brief {options} -connect {self.host.address}:443 -servername {name} </dev/null"
        return self.host.ask(command, check=False).code == 0


def judge(host: Host) -> Verdict:
    """Return how many tests a host passes, and which not, with the reason where we refuse one."""
    look = Look(host)
    results = [(item, bool(_CHECKS[item.check](look))) for item in ITEMS]
    passed = sum(good for _item, good in results)
    failed = [item for item, good in results if not good]
    counted = [f"{item.number} {item.title}" for item in failed if not item.refused]
    others = [f"refused: {item.number} {item.title} ({item.refused})" for item in failed if item.refused]
    return Verdict(f"{passed} of {len(ITEMS)}", passed >= PASSED, tuple(counted), tuple(others))


def headers(dump: str) -> dict[str, str]:
    """Return the headers of an answer by their names in small letters; those of the last one, after redirects."""
    last = re.split(r"\r?\n\r?\n", dump.strip())[-1]
    pairs = (line.partition(":") for line in last.splitlines()[1:])
    return {name.strip().lower(): value.strip() for name, _colon, value in pairs}


def _check(function: Callable[[Look], bool]) -> Callable[[Look], bool]:
    _CHECKS[function.__name__] = function
    return function


@_check
def unprivileged(look: Look) -> bool:
    """Not root, in no other group, and not in sudo's rules."""
    return bool(look.account) and look.host.sh(f"id --groups --name {look.account}").out.split() == [look.account]


@_check
def locked(look: Look) -> bool:
    """No password."""
    return look.host.sh(f"passwd --status {look.account}").out.split()[1] == "L"


@_check
def no_shell(look: Look) -> bool:
    """Ask for a login shell that refuses."""
    return look.host.sh(f"getent passwd {look.account}").out.strip().endswith(("/nologin", "/false"))


@_check
def owned_by_root(look: Look) -> bool:
    """Owner and group of each file and folder."""
    return look.empty(r"find /etc/nginx \( ! -user root -o ! -group root \) -print -quit")


@_check
def written_by_root(look: Look) -> bool:
    """Leave them readable: the benchmark would not, but the packages ship them so, and no secret is in them."""
    return look.empty("find /etc/nginx -not -type l -perm /022 -print -quit")


@_check
def ports(look: Look) -> bool:
    """By what the kernel says."""
    found = look.host.sh(r"ss -Hltnp | grep '\"nginx\"' | awk '{print $4}'").out.split()
    return {one.rpartition(":")[2] for one in found} == {"80", "443"}


@_check
def unknown_names(look: Look) -> bool:
    """By http and by https, with a name that nobody has."""
    address = look.host.address
    http = f"curl --silent --max-time 20 --header 'Host: nobody.example.org' http://{address}/"
    https = (
        f"curl --silent --insecure --max-time 20 --resolve nobody.example.org:443:{address} https://nobody.example.org/"
    )
    return all(look.host.ask(one, check=False).code for one in (http, https))


@_check
def keepalive(look: Look) -> bool:
    """Limit the time for which a connection may wait for its next request."""
    return look.times("keepalive_timeout")


@_check
def sending(look: Look) -> bool:
    """Limit the time between two pieces that a client takes."""
    return look.times("send_timeout")


@_check
def no_version(look: Look) -> bool:
    """Of an answer of nginx's own and of a service's."""
    own = headers(look.host.ask(f"{CURL} --head https://{look.host.domain}/").out)
    return not any(character.isdigit() for one in (own, look.headers) for character in one.get("server", ""))


@_check
def error_pages(look: Look) -> bool:
    """Ask for what is not there, another site, and the Console; a page stands for a service that is down."""
    domain = look.host.domain
    asked = ("/", "/ --header 'Host: nobody.example.org'", "/constellation/WebConsole/")
    # On Ubuntu 22.04 the connection is closed without an answer where another site is asked for.
    answers = [look.host.ask(f"{CURL} https://{domain}{one}", check=False).out for one in asked]
    proxies = {id(one.within("server")) for one in look.named("proxy_pass")}
    with_page = {id(one.within("server")) for one in look.named("error_page") if "502" in one.words}
    return proxies <= with_page and not any("nginx" in one.lower() for one in answers)


@_check
def services_hidden(look: Look) -> bool:
    """X-Powered-By is hidden wherever a service is asked; its Server header never goes on, by nginx's own default."""
    asked = [one.around for one in look.named("proxy_pass")]
    hidden = [one.around for one in look.named("proxy_hide_header") if one.value.lower() == "x-powered-by"]
    passed = [one for one in look.named("proxy_pass_header") if one.value.lower() in ("server", "x-powered-by")]
    return bool(asked) and not passed and all(any(_holds(one, place) for one in hidden) for place in asked)


def _holds(where: Sequence[Directive], place: Sequence[Directive]) -> bool:
    """Tell whether a directive that is said in a list of blocks was said in this very place."""
    return list(where) == list(place)


@_check
def log_format(look: Look) -> bool:
    """Read the ones that our servers name."""
    used = {one.words[2] for one in look.named("access_log") if len(one.words) > 2}
    formats = [one for one in look.named("log_format") if one.words[1] in used]
    said = [set(re.findall(r"\$\w+", one.value)) for one in formats]
    return bool(said) and all(wanted & one for one in said for wanted in LOGGED)


@_check
def access_log(look: Look) -> bool:
    """Everywhere, and nowhere off."""
    found = in_every_server(look.directives, "access_log")
    return bool(found) and all(one.words[1] != "off" for one in found or [])


@_check
def error_log(look: Look) -> bool:
    """With its level."""
    return any(one.words[2:] == ("info",) for one in look.named("error_log"))


@_check
def rotated(look: Look) -> bool:
    """By logrotate's own reading of its rules."""
    return look.true("grep --quiet '^ *rotate\\|^\trotate' /etc/logrotate.d/nginx")


@_check
def client_address(look: Look) -> bool:
    """In each place that asks a service; X-Forwarded-For begins with nothing that the client said."""
    said = {(one.around, *one.words[1:]) for one in look.named("proxy_set_header")}
    names = ("X-Real-IP", "X-Forwarded-For")
    asked = look.named("proxy_pass")
    return bool(asked) and all((one.around, name, "$remote_addr") in said for one in asked for name in names)


@_check
def to_https(look: Look) -> bool:
    """Ask for a redirect that browsers keep, with the path in it."""
    said = look.host.ask(f"{CURL} --head http://{look.host.domain}/x").out
    return " 301 " in said.splitlines()[0] and headers(said)["location"] == f"https://{look.host.domain}/x"


@_check
def trusted_chain(look: Look) -> bool:
    """By the authority that issued it."""
    return look.host.ask(f"{CURL} --output /dev/null https://{look.host.domain}/", check=False).code == 0


@_check
def keys(look: Look) -> bool:
    """Each key that nginx reads, behind its links."""
    paths = {one.value for one in look.named("ssl_certificate_key")}
    modes = look.host.sh(f"stat --dereference --format '%a %U' {' '.join(sorted(paths))}").out.split("\n")
    return bool(paths) and all(one in ("400 root", "600 root", "") for one in modes)


@_check
def tls_versions(look: Look) -> bool:
    """By handshakes; what an old one needs is allowed to the client first."""
    old = "-cipher DEFAULT:@SECLEVEL=0"
    refused = not any(look.handshake(f"{version} {old}") for version in ("-tls1", "-tls1_1"))
    return refused and look.handshake("-tls1_2") and look.handshake("-tls1_3")


@_check
def ciphers(look: Look) -> bool:
    """None without forward secrecy, none that authenticates separately, none that is broken."""
    weak = "AES128-SHA:AES256-SHA:AES128-GCM-SHA256:AES256-GCM-SHA384:ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA"
    other = ":ECDHE-ECDSA-AES128-SHA256:NULL:eNULL:aNULL:@SECLEVEL=0"
    return not look.handshake(f"-tls1_2 -cipher {weak}{other}") and look.handshake("-tls1_2")


@_check
def hsts(look: Look) -> bool:
    """Read what a browser is told."""
    found = re.search(r"max-age=(\d+)", look.headers.get("strict-transport-security", ""))
    return bool(found) and int(found[1] if found else 0) >= HALF_A_YEAR


@_check
def head_in_time(look: Look) -> bool:
    """Limit the time for the head as a whole."""
    return look.times("client_header_timeout")


@_check
def body_in_time(look: Look) -> bool:
    """Limit the time between two pieces of the body."""
    return look.times("client_body_timeout")


@_check
def body_size(look: Look) -> bool:
    """Never without a limit."""
    return all(one.words[1] != "0" for one in look.named("client_max_body_size"))


@_check
def head_size(look: Look) -> bool:
    """In every server."""
    return bool(in_every_server(look.directives, "large_client_header_buffers"))


@_check
def connections(look: Look) -> bool:
    """By `limit_conn`, or by a rule that counts the connections of a source."""
    if in_every_server(look.directives, "limit_conn"):
        return True
    return look.true("nft list ruleset 2>/dev/null | grep --quiet -E 'ct count over|connlimit'")


@_check
def requests(look: Look) -> bool:
    """By nginx."""
    return bool(in_every_server(look.directives, "limit_req"))


@_check
def frame_options(look: Look) -> bool:
    """For a service that says nothing of it."""
    return look.headers.get("x-frame-options", "").upper() in ("SAMEORIGIN", "DENY")


@_check
def nosniff(look: Look) -> bool:
    """For a service that says nothing of it."""
    return look.headers.get("x-content-type-options") == "nosniff"


@_check
def policy(look: Look) -> bool:
    """For a service that says nothing of it."""
    return bool(look.headers.get("content-security-policy"))


@_check
def referrer(look: Look) -> bool:
    """For a service that says nothing of it."""
    return bool(look.headers.get("referrer-policy"))
