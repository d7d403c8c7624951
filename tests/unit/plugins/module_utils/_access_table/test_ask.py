# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which questions are asked, what is made of the answers, and that no password goes where it might ban or be read."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._access_table import ask as asking
from ansible_collections.constellation.edge.plugins.module_utils._access_table.ask import Trust, ask, problem
from ansible_collections.constellation.edge.plugins.module_utils._access_table.door import Cell, Client, Door
from ansible_collections.constellation.edge.plugins.module_utils._hostile.asking import Answer
from ansible_collections.constellation.edge.plugins.module_utils._hostile.subject import Subject

URL = "https://a.example.org/admin/?a=b"
HERE, THERE = "192.0.2.1", "2001:db8::1"
CLEAR, HASH = "correct horse", "$6$saltsalt$x"
REFUSED, PAGE = Answer(403, "", "", b"no entry"), b"the service"
ASKS = Answer(401, "", 'Basic realm="Login"')
Headers = Mapping[str, str]
TRUST = Trust()
DOOR = Door(URL, "users", "Login", {"403": "no entry"}, "10.0.0.9", "2001:db8::9", ("/ADMIN/",))


class Site:
    """Answers by a function of the login that was sent, and keeps what was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stand in for the network."""
        self.answers: Callable[[str], Answer] = lambda login: Answer(200, "", "", PAGE) if login else ASKS
        self.asked: list[tuple[str, str, str, Headers]] = []
        # Of each login: who logged in, the trust root, and whether the certificate was to be verified.
        self.verified: list[tuple[str, str, bool]] = []
        self.is_trusted = True
        for way in ("by_http1", "by_http2"):
            monkeypatch.setattr(asking, way, self._way(way))

    def _way(self, way: str) -> Callable[[Subject, str, Headers, str], Answer]:
        def send(subject: Subject, path: str, headers: Headers, agent: str) -> Answer:
            assert agent == "constellation.edge-access"
            self.asked.append((way, subject.address, path, headers))
            said = headers.get("Authorization", "").removeprefix("Basic ")
            login = base64.b64decode(said).decode()
            if login:
                self.verified.append((login, subject.ca_file, subject.verify))
            if subject.verify and not self.is_trusted:
                return Answer(0, "refused (TLS: untrusted)", is_trusted=False)
            return self.answers(login)

        return send

    @property
    def logins(self) -> list[str]:
        """The logins that were sent, each as the address and who."""
        sent = (
            (address, headers["Authorization"])
            for _way, address, _path, headers in self.asked
            if "Authorization" in headers
        )
        return [f"{address} {base64.b64decode(text[6:]).decode()}" for address, text in sent]


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(monkeypatch)


def client(address: str = HERE, tries: int = -1, **more: Any) -> Client:
    found: Any = {"host": "a.example.org", "address": address, "seen": address, "tries": tries, "why": "", **more}
    return found  # type: ignore[no-any-return]


def cells(
    door: Door = DOOR, *, secret: str = CLEAR, tries: int = -1, address: str = HERE, trust: Trust = TRUST
) -> dict[str, Cell]:
    """Return what came at a place, by what was asked."""
    (row,) = ask([door], [address], {"users": {"anna": secret}}, [client(address, tries)], trust)
    assert (row["url"], row["address"]) == (door.url, address)
    return {each["what"]: each for each in row["cells"]}


def right(login: str) -> Answer:
    return Answer(200, "", "", PAGE) if login == f"anna:{CLEAR}" else ASKS


def test_each_question_is_asked_where_a_login_is_asked_for(site: Site) -> None:
    site.answers = right
    found = cells()
    assert {what: each["status"] for what, each in found.items()} == {
        "no login": 401,
        "no login, HTTP/2": 401,
        "forged headers with a LAN address": 401,
        "forged headers with an outside address": 401,
        "forged headers with a user": 401,
        "right login": 200,
        "right login, HTTP/2": 200,
        "wrong password": 401,
        "unknown user": 401,
        "spelt /ADMIN/": 401,
    }
    assert all(each["own"] is (True if each["status"] == 401 else None) for each in found.values())
    paths = {path for _way, _address, path, _headers in site.asked}
    assert paths == {"/admin/?a=b", "/ADMIN/"}
    headers = [each for *_rest, each in site.asked]
    assert {"X-Forwarded-For": "10.0.0.9", "Forwarded": "for=10.0.0.9"}.items() <= headers[2].items()
    assert headers[3]["Forwarded"] == 'for="[2001:db8::9]"'
    assert headers[4]["Remote-User"] == "admin"
    assert {each.partition(":")[0] for each in site.logins[:3]} == {f"{HERE} anna"}


@pytest.mark.parametrize(
    "answer", [Answer(200, "", "", PAGE), Answer(401, "", 'Basic realm="theirs"'), Answer(403, "", "", PAGE)]
)
def test_what_lets_in_without_asking_is_sent_no_login(site: Site, answer: Answer) -> None:
    site.answers = lambda _login: answer
    assert [*cells()] == [
        *(
            "no login",
            "no login, HTTP/2",
            "forged headers with a LAN address",
            "forged headers with an outside address",
        ),
    ]
    assert site.logins == []


def test_a_place_whose_page_is_not_known_is_sent_no_login_where_the_service_may_refuse(site: Site) -> None:
    site.answers = lambda _login: REFUSED
    assert "right login" not in cells(Door(URL, "users", "Login"))
    assert "right login" in cells()


def test_of_a_hash_nobody_knows_the_password(site: Site) -> None:
    site.answers = lambda _login: ASKS
    found = cells(secret=HASH)
    assert found["right login"]["why"] == found["right login, HTTP/2"]["why"] == "edge_users has only a hash"
    assert found["wrong password"]["status"] == 401
    assert len(site.logins) == 2


@pytest.mark.parametrize(("tries", "failed"), [(0, 0), (1, 0), (2, 1), (3, 2), (4, 2)])
def test_no_more_wrong_logins_are_tried_than_are_safe(site: Site, tries: int, failed: int) -> None:
    """One is left for a right login that is refused."""
    site.answers = right
    doors = [DOOR, Door("https://a.example.org/b/", "users", "Login")]
    found = ask(doors, [HERE], {"users": {"anna": CLEAR}}, [client(tries=tries)], TRUST)
    wrong = [each for each in site.logins if each != f"{HERE} anna:{CLEAR}"]
    assert len(wrong) == failed
    told = [each["why"] for row in found for each in row["cells"] if each["kind"] == "wrong" and not each["status"]]
    assert len(told) == 4 - failed
    assert all("edge_fail2ban_ignoreip" in each for each in told)


def test_where_nobody_knows_whom_nginx_saw_that_is_why_no_login_is_tried(site: Site) -> None:
    site.answers = right
    unseen = client(tries=0, seen="", why="no log tells")
    (row,) = ask([DOOR], [HERE], {"users": {"anna": CLEAR}}, [unseen], TRUST)
    assert {each["why"] for each in row["cells"] if each["kind"] in ("login", "wrong")} == {"no log tells"}
    assert site.logins == []


def test_a_right_login_that_is_refused_is_not_tried_again(site: Site) -> None:
    site.answers = lambda _login: ASKS
    found = cells(tries=3)
    assert found["right login"]["status"] == 401
    assert found["right login, HTTP/2"]["why"] == "a right login was refused already, and one more could ban who asks"
    assert len(site.logins) == 2
    assert cells(tries=-1)["right login, HTTP/2"]["status"] == 401


def test_a_right_password_is_sent_to_a_trusted_certificate_alone(site: Site) -> None:
    site.answers = right
    login = f"anna:{CLEAR}"
    cells(trust=Trust("/etc/root.pem"))
    sent = [each for each in site.verified if each[0] == login]
    assert sent == [(login, "/etc/root.pem", True)] * 2
    site.is_trusted = False
    found = cells(tries=3)
    for what in ("right login", "right login, HTTP/2"):
        assert (found[what]["status"], found[what]["why"]) == (
            0,
            "its certificate is not trusted, so no password is sent",
        )
    # It says nothing of the host, which is asked all else.
    assert (found["unknown user"]["status"], found["spelt /ADMIN/"]["status"]) == (401, 401)


@pytest.mark.parametrize(
    ("address", "is_host", "verifies"),
    [
        *(("127.0.0.1", True, False), ("127.9.9.9", True, False), ("::1", True, False)),
        # A tunnel may end at the controller's loopback, and a name or another address may be somebody else's.
        *(("127.0.0.1", False, True), (HERE, True, True), ("localhost", True, True), ("a.example.org", False, True)),
    ],
)
def test_the_loopback_of_the_proxys_own_host_needs_no_certificate(
    site: Site, address: str, is_host: bool, verifies: bool
) -> None:
    site.answers = right
    cells(address=address, trust=Trust(is_host=is_host))
    assert {verified for login, _ca_file, verified in site.verified if login == f"anna:{CLEAR}"} == {verifies}


def test_where_nginx_asks_nobody_for_a_login_any_number_is_safe(site: Site) -> None:
    site.answers = lambda _login: REFUSED
    assert cells(tries=0)["wrong password"]["status"] == 403
    assert len(site.logins) == 4


def test_a_second_address_is_asked_less(site: Site) -> None:
    site.answers = right
    _first, second = ask([DOOR], [HERE, THERE], {"users": {"anna": CLEAR}}, [client(), client(THERE)], TRUST)
    assert [each["what"] for each in second["cells"]][-1] == "right login, HTTP/2"
    assert second["address"] == THERE


def test_a_site_at_addresses_of_its_own_is_asked_there(site: Site) -> None:
    (row,) = ask([Door(URL, addresses=(THERE,))], [HERE], {}, [client(THERE)], TRUST)
    assert row["address"] == THERE


def test_what_cannot_be_connected_to_is_not_asked(site: Site) -> None:
    assert ask([DOOR], [HERE], {}, [client(seen="", why="no connection: refused")], TRUST) == []
    assert site.asked == []


def test_a_host_that_is_silent_is_left_alone(site: Site) -> None:
    site.answers = lambda _login: Answer(0, "refused (no answer)")
    assert [(each["what"], each["why"]) for each in cells().values()] == [
        ("no login", "refused (no answer)"),
        ("no login, HTTP/2", "refused (no answer)"),
        ("all else", "the host does not answer any more"),
    ]


def test_a_place_that_lets_a_client_wait_is_asked_once(site: Site) -> None:
    """And others are asked after it, as are those whose name TLS refuses."""
    site.answers = lambda _login: Answer(0, "silence")
    assert [(each["what"], each["why"]) for each in cells().values()] == [
        ("no login", "silence"),
        ("all else", "it lets a client wait"),
    ]
    site.answers = lambda _login: Answer(0, "refused (TLS: TLSV1_UNRECOGNIZED_NAME)")
    assert len(cells()) == 4


def test_a_limit_ends_the_questions_at_a_place(site: Site) -> None:
    site.answers = lambda _login: Answer(429, "")
    assert [*cells()] == ["no login", "all else"]


def test_without_http2_nothing_is_asked_by_it(site: Site) -> None:
    site.answers = lambda _login: Answer(0, "refused", is_spoken=False)
    assert cells()["no login, HTTP/2"]["why"] == "HTTP/2 is not spoken"


def test_only_https_urls_are_asked() -> None:
    assert problem(DOOR) == ""
    assert problem(Door("http://a.example.org/")) == "'http://a.example.org/' is no HTTPS URL"
