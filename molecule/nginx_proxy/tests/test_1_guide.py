# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of docs/guides/routes.md in front of a real service, each asked from another machine; in this order."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import runs
from conftest import Client, Home
from guide import BLOCKS
from lab import recipes
from lab.containers import File
from lab.progress import poll
from router import Router, held

NAS = Path(__file__).with_name("nas.py")
FOLDER = "/opt/nas"
NAME = "nas.home.test"
GIGABYTES = 2
# Where nginx keeps bodies, and how many bytes of them the small disk takes.
BODIES = "/var/lib/nginx/body"
ROOM = 32 << 20
CERTIFICATES = f"""
set -e
cd {FOLDER}
for ca in old new; do
  openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -days 30 -subj "/CN=$ca authority" \
    -keyout $ca-ca.key -out $ca-ca.pem
  openssl req -new -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -subj "/CN={NAME}" \
    -keyout $ca.key -out $ca.csr
  printf 'subjectAltName=DNS:{NAME}' > $ca.ext
  openssl x509 -req -days 30 -in $ca.csr -CA $ca-ca.pem -CAkey $ca-ca.key -CAcreateserial -extfile $ca.ext -out $ca.pem
done
cp old.pem nas.pem
cp old.key nas.key
"""


class Nas:
    """The machine with the service."""

    def __init__(self, lab: Any) -> None:
        """Start it, with a certificate of an authority of its own."""
        self._lab = lab
        files = {f"{FOLDER}/nas.py": File(NAS.read_bytes())}
        lab.machine("nas", recipes.services_tag(), command=["sleep", "infinity"], files=files)
        lab.exec("nas", ["sh", "-c", CERTIFICATES])
        lab.exec("nas", ["sh", "-c", f"python3 {FOLDER}/nas.py {FOLDER} >/dev/null 2>&1 &"])
        for port in (8080, 5001):
            lab.wait_port("nas", port)
        self.address = lab.address("nas")

    def read(self, name: str) -> bytes:
        """Return a file of the machine."""
        found: bytes = self._lab.read("nas", f"{FOLDER}/{name}")
        return found

    def connections(self, home: Home) -> int:
        """Return how many connections of a home server are open."""
        command = f"ss -Htn state established 'sport = :8080 and dst = {home.ipv4}' | wc -l"
        return int(self._lab.exec("nas", ["sh", "-c", command]).out)

    def present(self, which: str) -> None:
        """Have the service show the certificate of one of the authorities."""
        self._lab.exec("nas", ["sh", "-c", f"cd {FOLDER} && cp {which}.pem nas.pem && cp {which}.key nas.key"])


@pytest.fixture(scope="module")
def nas(lab: Any) -> Nas:
    """Return the service."""
    return Nas(lab)


@pytest.fixture(scope="module")
def router(lab: Any) -> Router:
    """Return a service with a self-signed certificate."""
    found = Router(lab, "router")
    found.start()
    return found


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of the owner's authority, which is the controller's."""
    return tmp_path_factory.mktemp("inventory") / "home-ca.pem"


def route_of(key: str) -> list[dict[str, Any]]:
    """Return the routes of the guide that have a key."""
    return [route for sites in BLOCKS for site in sites for route in site.get("routes", ()) if key in route]


def routes(nas: Nas, authority: Path, router: Router) -> list[dict[str, Any]]:
    """Return the guide's routes, each below a path of its own, in front of the lab's service; and those beside them."""
    (upload,) = route_of("request_buffering")
    (headers,) = route_of("headers")
    (told,) = route_of("prefix_header")
    (raw,) = route_of("raw")
    kept, unkept = route_of("keepalive")
    system, own, pinned = route_of("upstream_tls")
    assert pinned["upstream_tls"] == {"verify": "pin"}
    assert system["upstream_tls"] == {"verify": "system"}
    assert own["upstream_tls"] == {"verify": "{{ inventory_dir }}/home-ca.pem", "name": NAME}
    plain = {"path": "/plain/", "upstream": f"http://{nas.address}:8080"}
    checked = {"verify": str(authority), "name": NAME}
    said = {
        "/nas/": checked,
        "/other/": {**checked, "name": "other.home.test"},
        "/system/": {**system["upstream_tls"], "name": NAME},
        "/unchecked/": {},
        "/named/": {"name": "named.home.test"},
    }
    by_tls = {"upstream": f"https://{nas.address}:5001"}
    return [
        {"path": "/constellation/", "app": "constellation"},
        plain,
        *(
            {**each, "path": path, "upstream": plain["upstream"]}
            for path, each in (
                ("/upload/", upload),
                ("/app/", headers),
                (told["path"], told),
                ("/stripped/", {**told, "prefix": "strip"}),
                ("/raw/", raw),
                ("/kept/", kept),
                ("/unkept/", unkept),
            )
        ),
        {**pinned, "path": "/router/", "upstream": f"https://{router.address}:5001"},
        *({**by_tls, "path": path, "upstream_tls": tls} for path, tls in said.items()),
    ]


def run(*given: dict[str, Any]) -> runs.Run:
    """Run the playbook with these routes."""
    (alias,) = (site["aliases"] for sites in BLOCKS for site in sites if "aliases" in site)
    name = "{{ inventory_hostname }}.example.org"
    aliases = [each.replace("home.example.org", name) for each in alias]
    sites = [{"server_name": name, "aliases": aliases, "routes": [*given]}]
    return runs.site(runs.INVENTORY, "-e", json.dumps({"edge_sites": sites}))


@pytest.fixture(scope="module")
def first(nas: Nas, authority: Path, router: Router) -> runs.Run:
    """Return the first run."""
    authority.write_bytes(nas.read("old-ca.pem"))
    return run(*routes(nas, authority, router))


def status(client: Client, home: Home, path: str) -> str:
    """Return the status of a route."""
    return client.status(home, f"https://{home.domain}{path}")


def sent(client: Client, home: Home, path: str, size: int) -> str:
    """Upload zeros; return the status, and how many bytes came to the service."""
    pair = f"{home.domain}:443:{home.ipv4}"
    options = f"-sS -k --max-time 600 --resolve {pair} -w '%{{http_code}}' -T -"
    return str(client.host.run(f"head -c {size} /dev/zero | curl {options} https://{home.domain}{path}").stdout)


class TestTheFirstRun:
    """Every example of the guide is written, and does what it says."""

    def test_it_succeeds(self, first: runs.Run) -> None:
        assert first.rc == 0, first.tail

    @pytest.mark.parametrize("path", ["/plain/", "/nas/", "/router/", "/unchecked/", "/named/"])
    def test_routes_answer(self, first: runs.Run, homes: list[Home], client: Client, path: str) -> None:
        for home in homes:
            assert status(client, home, path) == "200", first.tail

    @pytest.mark.parametrize(("path", "stays"), [("/plain/", False), ("/unkept/", False), ("/kept/", True)])
    def test_a_connection_stays_open_for_as_long_as_the_route_says(
        self, first: runs.Run, nas: Nas, homes: list[Home], client: Client, path: str, stays: bool
    ) -> None:
        for home in homes:
            # The run has asked every route.
            poll("no connection", lambda home=home: nas.connections(home) == 0, 60)
            assert status(client, home, path) == "200"
            # Longer than without the key.
            time.sleep(2)
            assert (nas.connections(home) > 0) is stays

    @pytest.mark.parametrize("path", ["/other/", "/system/"])
    def test_another_service_than_the_one_that_is_meant_gets_nothing(
        self, first: runs.Run, homes: list[Home], client: Client, path: str
    ) -> None:
        for home in homes:
            assert status(client, home, path) == "502"
            assert "upstream SSL certificate" in home.host.check_output("tail -n 3 /var/log/nginx/error.log")

    def test_a_further_name_leads_to_the_first_one(self, first: runs.Run, homes: list[Home], client: Client) -> None:
        for home in homes:
            url = f"https://www.{home.domain}/plain/a%20b?c=d&e"
            answer = client.curl(home, url, "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}")
            assert answer.stdout == f"308 https://{home.domain}/plain/a%20b?c=d&e", answer.stderr
            # With its body, which comes whole to the first name.
            size = client.host.file("/etc/hostname").size
            assert client.curl(home, url, "--location-trusted", "-T", "/etc/hostname").stdout.split()[0] == str(size)

    def test_an_unchecked_route_to_the_same_service_cuts_off_no_checked_one(
        self, first: runs.Run, homes: list[Home], client: Client
    ) -> None:
        """By a TLS session that it has begun, each of nginx's processes for itself."""
        for home in homes:
            for _each in range(6):
                assert status(client, home, "/unchecked/") == "200"
                assert status(client, home, "/nas/") == "200"

    def test_the_service_is_asked_for_by_its_name(
        self, first: runs.Run, nas: Nas, homes: list[Home], client: Client
    ) -> None:
        for home in homes:
            for path, name in (("/named/", "named.home.test"), ("/nas/", NAME), ("/unchecked/", "")):
                # Until no connection is kept: one says the name when it begins.
                time.sleep(2)
                assert status(client, home, path) == "200"
                assert nas.read("asked").decode() == name

    def test_what_is_not_checked_is_told(self, first: runs.Run, homes: list[Home]) -> None:
        notes = re.findall(r"NOTE the certificate of the service is not checked for (.*?): the way", first.text)
        assert len(notes) == len(homes)
        for note in notes:
            assert [each.partition("/")[2].partition(" ")[0] for each in note.split(", ")] == ["unchecked/", "named/"]

    def test_a_self_signed_certificate_is_learned(self, first: runs.Run, router: Router, homes: list[Home]) -> None:
        said = f"upstream_tls: {{verify: pin sha256:{router.fingerprint}}}"
        for home in homes:
            assert re.search(f"NOTE {re.escape(home.domain)}/router/: .*{re.escape(said)}", first.text)
            assert held(home) == [router.fingerprint]

    def test_the_next_run_changes_nothing(
        self, first: runs.Run, nas: Nas, authority: Path, router: Router, homes: list[Home]
    ) -> None:
        second = run(*routes(nas, authority, router))
        assert second.rc == 0, second.tail
        for home in homes:
            assert second.count(home.name, "changed") == 0, second.tail


class TestHeaders:
    """What clients get, and what the service does."""

    def answered(self, client: Client, home: Home, path: str) -> dict[str, list[str]]:
        """Return the headers of an answer."""
        lines = client.curl(home, f"https://{home.domain}{path}", "-D", "-", "-o", "/dev/null").stdout.splitlines()
        found: dict[str, list[str]] = {}
        for name, _colon, value in (line.partition(": ") for line in lines if ": " in line):
            found.setdefault(name.lower(), []).append(value)
        return found

    def test_clients_get_the_routes_own_beside_those_of_the_site(
        self, first: runs.Run, homes: list[Home], client: Client
    ) -> None:
        for home in homes:
            plain, route = self.answered(client, home, "/plain/"), self.answered(client, home, "/app/")
            assert "x-robots-tag" not in plain
            assert plain["x-generator"] == ["nas 1.0"]
            assert route["x-robots-tag"] == ["noindex"]
            assert "x-generator" not in route
            assert "no-referrer" in route["referrer-policy"]
            for name in ("strict-transport-security", "x-content-type-options", "content-security-policy"):
                assert route[name] == plain[name]

    def test_the_service_gets_what_the_route_says(self, first: runs.Run, homes: list[Home], client: Client) -> None:
        said = ("-u", "owner:secret", "-H", "X-Script-Name: /evil")
        for home in homes:
            # By HTTP/2 names come in small letters.
            plain = client.curl(home, f"https://{home.domain}/plain/", *said).stdout.lower()
            route = client.curl(home, f"https://{home.domain}/app/", *said).stdout.lower()
            assert "authorization: basic" in plain
            assert "x-script-name" not in plain
            assert "authorization" not in route
            assert re.findall(r"^x-script-name: (.*?)\r?$", route, re.MULTILINE) == ["/app"]


class TestPrefix:
    """A service that learns its path from a header."""

    @pytest.mark.parametrize("path", ["/calibre/", "/stripped/"])
    def test_it_is_told_by_nobody_else(self, first: runs.Run, homes: list[Home], client: Client, path: str) -> None:
        for home in homes:
            url = f"https://{home.domain}{path}"
            answer = client.curl(home, url, "-H", "X-Script-Name: /evil", "-H", "X-Forwarded-Prefix: /evil").stdout
            assert re.findall(r"^x-script-name: (.*?)\r?$", answer, re.M | re.I) == [path.rstrip("/")]
            assert "evil" not in answer


class TestRaw:
    """Directives of the owner's own."""

    def test_they_count_in_their_route_alone(self, first: runs.Run, homes: list[Home], client: Client) -> None:
        for home in homes:
            for path, refused in (("/raw/", "403"), ("/plain/", "200")):
                assert status(client, home, path) == "200"
                assert sent(client, home, path, 10).endswith(refused)


class TestUploads:
    """On a proxy with little room for what nginx takes whole."""

    @pytest.fixture(scope="class", autouse=True)
    def little_room(self, first: runs.Run, homes: list[Home]) -> Iterator[None]:
        """Give nginx's folder for bodies a disk of its own, a small one."""
        for home in homes:
            home.host.check_output(f"mount -t tmpfs -o size={ROOM} room {BODIES} && chown www-data {BODIES}")
            home.host.check_output("systemctl restart nginx")
        yield
        for home in homes:
            home.host.check_output(f"systemctl stop nginx && umount {BODIES} && systemctl start nginx")

    def test_an_upload_that_is_taken_whole_needs_the_room(self, homes: list[Home], client: Client) -> None:
        for home in homes:
            assert sent(client, home, "/plain/x", ROOM // 2).startswith(f"{ROOM // 2}\n")
            assert sent(client, home, "/plain/x", 2 * ROOM).endswith("500")

    def test_gigabytes_go_through_without_it(self, homes: list[Home], client: Client) -> None:
        for home in homes:
            answer = sent(client, home, "/upload/x", GIGABYTES << 30)
            assert answer.startswith(f"{GIGABYTES << 30}\n")
            assert answer.endswith("200")


class TestTheAuthorityChanges:
    """Its file is a part of the site: it comes, changes and goes with it."""

    def test_a_certificate_of_another_authority_is_refused(
        self, first: runs.Run, nas: Nas, homes: list[Home], client: Client
    ) -> None:
        nas.present("new")
        for home in homes:
            assert status(client, home, "/nas/") == "502"

    def test_nor_does_another_one_in_the_place_of_the_pinned_one(
        self, first: runs.Run, router: Router, homes: list[Home], client: Client
    ) -> None:
        router.change()
        for home in homes:
            assert status(client, home, "/router/") == "502"
            assert "upstream SSL certificate verify error" in home.host.check_output(
                "tail -n 3 /var/log/nginx/error.log"
            )

    def test_the_file_is_changed_and_the_next_run_serves_it(
        self, first: runs.Run, nas: Nas, authority: Path, router: Router, homes: list[Home], client: Client
    ) -> None:
        authority.write_bytes(nas.read("new-ca.pem"))
        done = run(*routes(nas, authority, router))
        assert done.rc == 0, done.tail
        shown = f"shown was sha256:{router.fingerprint}. The held one stays."
        for home in homes:
            assert status(client, home, "/nas/") == "200"
            assert re.search(f"NOTE {re.escape(home.domain)}/router/: .*{re.escape(shown)}", done.text)
            assert router.fingerprint not in held(home)
            assert status(client, home, "/router/") == "502"
            names = home.host.file("/etc/nginx/constellation-edge").listdir()
            (only,) = (name for name in names if name.startswith("authority-"))
            there = home.host.file(f"/etc/nginx/constellation-edge/{only}").content_string
            assert there.strip() == nas.read("new-ca.pem").decode().strip()

    @pytest.mark.long
    def test_leaving_takes_the_folder_away(self, first: runs.Run, homes: list[Home]) -> None:
        assert all(home.host.file("/etc/nginx/constellation-edge").listdir() for home in homes)
        left = runs.playbook(runs.REMOVE, runs.INVENTORY, "-e", json.dumps({"edge_restore_constellation": True}))
        assert left.rc == 0, left.tail
        for home in homes:
            assert not home.host.file("/etc/nginx/constellation-edge").exists
