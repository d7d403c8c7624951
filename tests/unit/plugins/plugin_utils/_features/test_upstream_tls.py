# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose certificate a service must have: what is written for it, what is refused, and whose lines are whose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tokens import ConfigError
from ansible_collections.constellation.edge.plugins.plugin_utils._features._pins import pin_file
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host, Pinned
from ansible_collections.constellation.edge.plugins.plugin_utils._features.upstream_tls import UpstreamTls
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

NEW, OLD = (Platform(version, (3, 5), ipv6=True) for version in ((1, 28, 3), (1, 18, 0)))
NAMES = {"nas.lan": {"full_name": "nas.lan", "address": "", "in_dns": True, "fresh": False, "servers": ["10.0.0.1"]}}
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
NAMED = {"path": "/", "upstream": "https://nas.lan"}
AT_ADDRESS = {"path": "/", "upstream": "https://10.0.0.9:5001"}


def sites(*routes: dict[str, Any], **site: Any) -> list[Any]:
    given = [{"server_name": "a.example.org", "routes": [*routes], **site}]
    return read_sites(given, {"generic": {}, "constellation": {"port": 8088}})


def declared(route: dict[str, Any], platform: Platform = NEW, **site: Any) -> Any:
    return nginx_sites(sites(route, **site), Host(platform, NAMES))[1]


def directives(route: dict[str, Any], platform: Platform = NEW) -> dict[str, Any]:
    found: dict[str, Any] = declared(route, platform)["servers"][1]["locations"][0]["directives"]
    return {name: value for name, value in found.items() if name.startswith("proxy_ssl")}


def refused(*routes: dict[str, Any]) -> list[str]:
    with pytest.raises(SchemaError) as error:
        sites(*routes)
    return [f"{each.place}: {each.text}" for each in error.value.problems]


@pytest.mark.parametrize("platform", [NEW, OLD])
def test_without_the_key_no_certificate_is_checked_and_no_name_sent(platform: Platform) -> None:
    assert set(directives(NAMED, platform)) <= {"proxy_ssl_name"}
    assert directives(AT_ADDRESS, platform) == {}


@pytest.mark.parametrize("platform", [NEW, OLD])
def test_a_named_service_is_checked_by_its_name(platform: Platform) -> None:
    found = directives({**NAMED, "upstream_tls": {"verify": "system"}}, platform)
    assert (found["proxy_ssl_verify"], found["proxy_ssl_server_name"], found["proxy_ssl_name"]) == (
        "on",
        "on",
        "nas.lan",
    )
    assert found["proxy_ssl_trusted_certificate"] == "/etc/ssl/certs/ca-certificates.crt"


def test_another_name_alone_is_sent_and_nothing_is_checked() -> None:
    found = directives({**AT_ADDRESS, "upstream_tls": {"name": "NAS.example.org."}})
    assert found == {"proxy_ssl_server_name": "on", "proxy_ssl_name": "nas.example.org"}


def test_an_authority_of_the_owners_goes_along_with_the_site(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text(f"Bag attributes: 1\n{PEM}\nfriendly name\n{PEM}")
    given = {**AT_ADDRESS, "upstream_tls": {"verify": str(file), "name": "nas.example.org"}}
    ((name, text),) = declared(given)["files"].items()
    assert text == PEM * 2
    assert directives(given)["proxy_ssl_trusted_certificate"] == f"/etc/nginx/constellation-edge/{name}"
    both = sites(given, {**given, "path": "/x/"})
    assert len(nginx_sites(both, Host(NEW, NAMES))[1]["files"]) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read on the controller (No such file or directory): name the file with the certificate"),
        ("", "holds no certificate in PEM"),
        (f"{PEM}-----BEGIN EC PRIVATE KEY-----\n", "holds a private key: name a file with the certificate alone"),
        (b"\xff\xfe", "cannot be read on the controller (it is no text)"),
    ],
)
def test_a_file_that_is_no_authority_is_refused(tmp_path: Path, text: str | bytes | None, said: str) -> None:
    file = tmp_path / "ca.pem"
    if text is not None:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    (problem,) = refused({**NAMED, "upstream_tls": {"verify": str(file)}})
    assert problem.startswith(f"site a.example.org, route /, upstream_tls: verify: '{file}' ")
    assert said in problem


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"verify": True},
            "verify must be false, 'system', 'pin', or the path of a file with the authority's certificate",
        ),
        ({"verfy": "system"}, "unknown key 'verfy'; did you mean 'verify'?"),
        ({"name": "10.0.0.9"}, "name '10.0.0.9' is an address: nginx checks certificates for names alone"),
        ({"name": "a b"}, "name 'a b' is not a host name"),
        ("system", "upstream_tls must be a mapping with `verify`, `name`, not text"),
    ],
)
def test_what_is_no_such_mapping_is_refused(given: Any, said: str) -> None:
    (problem,) = refused({**NAMED, "upstream_tls": given})
    assert said in problem


def test_a_check_needs_tls_and_a_name() -> None:
    (problem,) = refused({**AT_ADDRESS, "upstream_tls": {"verify": "system"}})
    assert "the upstream is 10.0.0.9: write `name: NAME`" in problem
    assert "openssl s_client -connect 10.0.0.9:5001" in problem
    assert directives({"path": "/", "upstream": "https://localhost:5001", "upstream_tls": {"verify": "system"}}) == {
        **directives({**AT_ADDRESS, "upstream_tls": {"verify": "system", "name": "localhost"}})
    }
    (problem,) = refused({"path": "/", "upstream": "http://nas.lan", "upstream_tls": {"name": "nas.lan"}})
    assert "this one is http://nas.lan: take one of the two out" in problem
    (problem,) = refused({"path": "/", "app": "constellation", "upstream_tls": {"verify": "system"}})
    assert "write `upstream: https://ADDRESS:PORT`" in problem


def test_services_whose_certificate_is_not_checked_are_one_note() -> None:
    several = [
        *sites({**AT_ADDRESS, "path": "/n/"}, {"path": "/", "upstream": "http://10.0.0.2"}),
        *sites(NAMED, server_name="b.example.org"),
        *sites({**NAMED, "upstream_tls": {"verify": "system"}}, server_name="c.example.org"),
        *sites({**NAMED, "upstream_tls": {"verify": False}}, server_name="d.example.org"),
    ]
    (note,) = UpstreamTls.notes(several, Host(NEW, NAMES))
    listed = (
        "a.example.org/n/ (https://10.0.0.9:5001), b.example.org/ (https://nas.lan), d.example.org/ (https://nas.lan)"
    )
    assert note.startswith(f"the certificate of the service is not checked for {listed}: ")
    assert UpstreamTls.notes(sites({"path": "/", "upstream": "http://10.0.0.2"}), Host(NEW)) == []


def text_of(before: str | None, route: dict[str, Any]) -> str:
    (site,) = _declaration.sites([declared(route)])
    found = edit_site(before, site, "s", lambda name: (f"/{name}/c", f"/{name}/k"), lambda _path: True, purge=True)
    assert found is not None
    return found


@pytest.mark.parametrize("route", [NAMED, AT_ADDRESS])
def test_ours_go_with_the_key_and_an_owners_own_stay(route: dict[str, Any]) -> None:
    checked = {**route, "upstream_tls": {"verify": "system", "name": "nas.lan"}}
    plain = text_of(None, route)
    assert text_of(text_of(plain, checked), route) == plain
    own = plain.replace("        proxy_pass", "        proxy_ssl_verify on; # mine\n        proxy_pass")
    assert text_of(own, route) == own
    with pytest.raises(ConfigError, match="proxy_ssl_verify of yours stands where"):
        text_of(own, checked)


def test_nothing_of_a_checked_route_stays_in_the_page_that_takes_its_place() -> None:
    checked = {**AT_ADDRESS, "upstream_tls": {"verify": "system", "name": "nas.lan"}, "headers": {"X-A": "b"}}
    other = {"path": "/x/", "upstream": "http://10.0.0.1", "request_buffering": True}
    assert text_of(text_of(None, {**checked, "request_buffering": False}), other) == text_of(None, other)


class TestPin:
    """One certificate alone, which the host holds."""

    @staticmethod
    def written(pinned: Pinned | None, **tls: str) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the directives and the files of a route."""
        found = sites({**AT_ADDRESS, "upstream_tls": {"verify": "pin", **tls}})
        file = pin_file(found[0].routes[0])
        site = nginx_sites(found, Host(NEW, NAMES, pins={file: pinned} if pinned else {}))[1]
        told = site["servers"][1]["locations"][0]["directives"]
        assert told["proxy_ssl_trusted_certificate"] == f"/etc/nginx/constellation-edge/{file}"
        return {name: value for name, value in told.items() if name.startswith("proxy_ssl")}, site.get("files", {})

    def test_it_is_a_file_of_the_site_and_the_only_one_that_nginx_takes(self) -> None:
        told, files = self.written(Pinned(PEM, "My NAS"))
        assert [*files.values()] == [PEM]
        assert told["proxy_ssl_verify"] == "on"
        assert told["proxy_ssl_name"] == '"My NAS"'

    def test_the_service_is_asked_by_the_name_that_the_owner_says_alone(self) -> None:
        assert self.written(Pinned(PEM, "nas.lan"))[0]["proxy_ssl_server_name"] == "off"
        told, _files = self.written(Pinned(PEM, "nas.lan"), name="nas.lan")
        assert (told["proxy_ssl_server_name"], told["proxy_ssl_name"]) == ("on", "nas.lan")

    def test_without_a_certificate_nginx_is_not_told_to_take_any(self) -> None:
        told, files = self.written(None)
        assert told["proxy_ssl_verify"] == "on"
        assert files == {}

    def test_neither_address_nor_certificate_is_asked_for_beside_it(self) -> None:
        assert UpstreamTls.notes(sites({**AT_ADDRESS, "upstream_tls": {"verify": "pin"}}), Host(NEW, NAMES)) == []

    @pytest.mark.parametrize("verify", ["pin sha256:ab", "pin md5:00", "pin nas.pem", f"pin sha256:{'g' * 64}"])
    def test_what_is_no_fingerprint_is_refused(self, verify: str) -> None:
        (problem,) = refused({**AT_ADDRESS, "upstream_tls": {"verify": verify}})
        assert "must be `pin`, or `pin sha256:` and the 64 digits of a certificate's fingerprint" in problem

    @pytest.mark.parametrize("name", [{}, {"name": "nas.lan"}])
    def test_a_list_has_no_one_certificate(self, name: dict[str, str]) -> None:
        several = {"path": "/", "upstream": ["https://10.0.0.9", "https://10.0.0.8"]}
        (problem,) = refused({**several, "upstream_tls": {"verify": "pin", **name}})
        assert "a pin is the certificate of one service, and `upstream` is a list" in problem

    @pytest.mark.parametrize("upstream", ["http://10.0.0.9", "unix:/run/app.sock"])
    def test_without_tls_there_is_nothing_to_pin(self, upstream: str) -> None:
        (problem,) = refused({"path": "/", "upstream": upstream, "upstream_tls": {"verify": "pin"}})
        assert "upstream_tls is for an upstream of https://" in problem

    def test_two_fingerprints_for_one_service_are_refused(self) -> None:
        one, two = ({**AT_ADDRESS, "upstream_tls": {"verify": f"pin sha256:{each * 64}"}} for each in "ab")
        (problem,) = refused(one, {**two, "path": "/x/"})
        assert problem.startswith("site a.example.org, route /x/: ")
        assert "another route has another fingerprint for https://10.0.0.9:5001: write the same one" in problem
        assert sites(one, {**one, "path": "/x/"}, {**AT_ADDRESS, "path": "/y/"})
