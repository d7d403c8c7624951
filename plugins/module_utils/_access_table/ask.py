# SPDX-License-Identifier: GPL-3.0-or-later

"""All questions at all places, each site by one after the other."""

from __future__ import annotations

import base64
import ipaddress
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from .._hostile.asking import Answer, by_http1, by_http2
from .._hostile.subject import Subject, token
from .._nginx.logins.rules import is_hash
from .bans import UNLIMITED
from .door import BARE, LOGIN, REST, SPELT, WRONG, Cell, Client, Door, Row
from .greet import AGENT

# By the name of each file, passwords or hashes by the names of its users.
Logins = Mapping[str, Mapping[str, str]]
Headers = Mapping[str, str]
_Send = Callable[[Subject, str, Headers, str], Answer]

# Few: a host may count the connections of one address.
_AT_ONCE = 4
_SECONDS = 5.0
# A page of nginx's own is short, and a stream of a service has no end.
_BODY = 1.0
# So many requests in a row without a connection, and the host is not asked any more.
_GONE_AFTER = 2
_TOO_MANY, _ASKS, _FORBIDS = 429, 401, 403
# A right login comes first, and a wrong name and a wrong password are two.
_WRONG_ONES = 2
#: by which a client says to be at another address
ADDRESSES = ("X-Forwarded-For", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP", "X-Client-IP")
#: by which a proxy in front of a service tells it who has logged in
IDENTITIES = (
    *("Remote-User", "X-Remote-User", "X-WebAuth-User", "X-Forwarded-User", "X-Forwarded-Email"),
    *("X-Auth-Request-User", "X-authentik-username", "Tailscale-User-Login", "X-SSL-Client-Verify"),
)
_ONLY_HASH = "edge_users has only a hash"
_MAY_BAN = "one more wrong password could ban who asks: write the address into edge_fail2ban_ignoreip"
_WENT_WRONG = "a right login was refused already, and one more could ban who asks"
_UNTRUSTED = "its certificate is not trusted, so no password is sent"
_NO_HTTP2 = "HTTP/2 is not spoken"


class _Tries:
    """How many logins may still fail from here, -1 for any number; `unseen` is why nobody knows who asks."""

    def __init__(self, left: int, unseen: str) -> None:
        self.left = left
        self.unseen = unseen
        self.wrong = 0
        self.refused = False
        self.lock = threading.Lock()

    @property
    def are_free(self) -> bool:
        """Whether nobody is banned for a wrong login."""
        return self.left == UNLIMITED

    def why_not(self) -> str:
        """Return why no more are tried."""
        return self.unseen or _MAY_BAN

    def spend(self) -> None:
        """Count one that failed."""
        self.left -= 0 if self.are_free else 1


class _Host:
    """Whether the host still answers through an address."""

    def __init__(self) -> None:
        self.silent = 0

    def told(self, answer: Answer) -> Answer:
        """Count an answer, or that no connection came about; one that TLS refuses is an answer."""
        lost = answer.is_spoken and answer.end.startswith("refused") and "TLS" not in answer.end
        self.silent = self.silent + 1 if lost else 0
        return answer

    @property
    def is_gone(self) -> bool:
        """Whether nothing more is asked there."""
        return self.silent >= _GONE_AFTER


@dataclass(frozen=True)
class Trust:
    """Whom a password may be sent to.

    ``ca_file`` adds a trust root. ``is_host`` is whether this is the proxy's own host, at whose loopback nobody else
    answers.
    """

    ca_file: str = ""
    is_host: bool = False

    def verifies(self, address: str) -> bool:
        """Whether only a trusted certificate tells who answers at an address."""
        return not (self.is_host and _is_loopback(address))


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:  # a name
        return False


def ask(
    doors: Sequence[Door], addresses: Sequence[str], logins: Logins, clients: Sequence[Client], trust: Trust
) -> list[Row]:
    """Return what came at each place through each address; `clients` tells whom nginx saw there."""
    seen = {(each["host"], each["address"]): each for each in clients}
    # A ban is one of an address that nginx sees, whichever site it asks.
    tries = {_who(each): _Tries(each["tries"], each["why"]) for each in clients}
    hosts = {each["address"]: _Host() for each in clients}
    asked = [
        _Question(door, address, logins, tries[_who(client)], hosts[address], trust, is_first=not number)
        for door in doors
        for number, address in enumerate(door.addresses or addresses)
        if (client := seen.get((door.host, address))) and not client["why"].startswith("no connection")
    ]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return [*pool.map(_Question.row, asked)]


def _who(client: Client) -> tuple[str, str]:
    """Return what tells clients apart for a ban: the address, or why it is not known."""
    return client["seen"], client["why"]


class _Question:
    """What is asked at one place through one address; only the first address is asked everything."""

    def __init__(
        self, door: Door, address: str, logins: Logins, tries: _Tries, host: _Host, trust: Trust, *, is_first: bool
    ) -> None:
        self.door, self.address, self.tries, self.host, self.is_first = door, address, tries, host, is_first
        self.users = logins.get(door.file, {}) if door.file else {}
        self.subject = Subject(door.url, address, timeout=_SECONDS, quiet=0.2, body=_BODY)
        self.proven = replace(self.subject, ca_file=trust.ca_file, verify=trust.verifies(address))

    def row(self) -> Row:
        """Ask, until the host limits or refuses who asks."""
        cells: list[Cell] = []
        for cell in self._cells():
            cells.append(cell)
            if why := self._over(cell):
                cells.append(_cell(REST, "all else", why))
                break
        return Row(url=self.door.url, address=self.address, cells=cells)

    def _over(self, cell: Cell) -> str:
        """Return why nothing more is asked after a cell, "" where more is."""
        if self.host.is_gone:
            return "the host does not answer any more"
        if cell["status"] == _TOO_MANY:
            return "it limits how often one may ask"
        return "it lets a client wait" if cell["why"].startswith("silence") else ""

    def _cells(self) -> Iterator[Cell]:
        first = self._ask(BARE, "no login", by_http1)
        yield first
        yield self._ask(BARE, "no login, HTTP/2", by_http2)
        for whose, address in (("a LAN", self.door.near), ("an outside", self.door.far)):
            if address:
                forged = {**dict.fromkeys(ADDRESSES, address), "Forwarded": f"for={_quoted(address)}"}
                yield self._ask(BARE, f"forged headers with {whose} address", by_http1, forged)
        # What lets somebody in without asking is between him and the service: it gets no names and passwords of ours.
        if first["status"] not in (_ASKS, _FORBIDS) or first["own"] is False:
            return
        yield self._ask(BARE, "forged headers with a user", by_http1, dict.fromkeys(IDENTITIES, "admin"))
        if self.door.file and (first["status"] == _ASKS or first["own"]):
            yield from self._logins(is_asked=first["status"] == _ASKS)
        if self.is_first:
            for path in self.door.spellings:
                yield self._ask(SPELT, f"spelt {path}", by_http1, path=path)

    def _logins(self, *, is_asked: bool) -> Iterator[Cell]:
        right = next(((name, secret) for name, secret in self.users.items() if not is_hash(secret)), None)
        for what, send in (("right login", by_http1), ("right login, HTTP/2", by_http2)):
            yield self._right(what, send, right, is_asked=is_asked) if right else _cell(LOGIN, what, _ONLY_HASH)
        if not self.is_first:
            return
        name = right[0] if right else next(iter(self.users), token())
        for what, user in (("wrong password", name), ("unknown user", token())):
            yield self._wrong(what, user, is_asked=is_asked)

    def _right(self, what: str, send: _Send, login: tuple[str, str], *, is_asked: bool) -> Cell:
        with self.tries.lock:
            if is_asked and not self.tries.are_free and (self.tries.refused or self.tries.left < 1):
                return _cell(LOGIN, what, _WENT_WRONG if self.tries.refused else self.tries.why_not())
            cell = self._ask(LOGIN, what, send, _basic(*login), subject=self.proven)
            if is_asked and cell["status"] == _ASKS:
                self.tries.refused = True
                self.tries.spend()
            return cell

    def _wrong(self, what: str, user: str, *, is_asked: bool) -> Cell:
        """Try a wrong login; nginx counts none where it asks for none."""
        with self.tries.lock:
            # One is left for a right login that is refused.
            if is_asked and not self.tries.are_free and (self.tries.left < 2 or self.tries.wrong >= _WRONG_ONES):
                return _cell(WRONG, what, self.tries.why_not())
            if is_asked:
                self.tries.wrong += 1
                self.tries.spend()
            return self._ask(WRONG, what, by_http1, _basic(user, token()))

    def _ask(
        self,
        kind: str,
        what: str,
        send: _Send,
        headers: Headers | None = None,
        *,
        path: str = "",
        subject: Subject | None = None,
    ) -> Cell:
        answer = self.host.told(send(subject or self.subject, path or self.door.path, headers or {}, AGENT))
        if not (answer.is_spoken and answer.is_trusted):
            return _cell(kind, what, _UNTRUSTED if answer.is_spoken else _NO_HTTP2)
        why = "" if answer.status else answer.end
        return Cell(kind=kind, what=what, status=answer.status, own=_is_own(self.door, answer), why=why)


def _cell(kind: str, what: str, why: str) -> Cell:
    return Cell(kind=kind, what=what, status=0, own=None, why=why)


def _is_own(door: Door, answer: Answer) -> bool | None:
    """Tell whether nginx itself answered, None where that is not known."""
    if answer.status == _ASKS and answer.challenge is not None:
        return bool(door.realm) and f'realm="{door.realm}"' in answer.challenge
    sentence = door.says.get(str(answer.status))
    return sentence.encode() in answer.body if sentence else None


def _basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def _quoted(address: str) -> str:
    """Return an address as RFC 7239 section 6 (2014) has it."""
    return f'"[{address}]"' if ":" in address else address


def problem(door: Door) -> str:
    """Return why a place cannot be asked, "" where it can."""
    parts = urlsplit(door.url)
    return "" if parts.scheme == "https" and parts.hostname else f"'{door.url}' is no HTTPS URL"
