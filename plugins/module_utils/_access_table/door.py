# SPDX-License-Identifier: GPL-3.0-or-later

"""A place at which somebody asks to come in, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypedDict
from urllib.parse import urlsplit

#: The kinds of cells. What has to come depends on the kind alone, and on the address that nginx saw.
BARE, LOGIN, WRONG, SPELT, REST = "bare", "login", "wrong", "spelt", "rest"


@dataclass(frozen=True)
class Door:
    """A place: a route, a location of one, or a page of a site's own.

    ``file`` names the users who may log in there, "" where nobody is asked. ``realm`` is what nginx says with that
    question. ``says`` has, by the status, what stands in a page of nginx's own, as far as it is known. ``near`` is an
    address that is let in, ``far`` one that is not, each "" where there is none: both are lies about the client.
    ``spellings`` are other spellings of the path that have to be refused whoever is refused at the path itself.
    ``addresses`` are connected to instead of those of all places, where there are any. On the host itself ``listens``
    are.
    """

    url: str
    file: str = ""
    realm: str = ""
    says: Mapping[str, str] = field(default_factory=dict)
    near: str = ""
    far: str = ""
    spellings: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    listens: tuple[str, ...] = ()

    @property
    def host(self) -> str:
        """The name of the site."""
        return urlsplit(self.url).hostname or ""

    @property
    def path(self) -> str:
        """What stands in the request."""
        parts = urlsplit(self.url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


class Cell(TypedDict):
    """One question and what came.

    ``what`` tells what was sent. ``status`` is 0 without an answer. ``own`` tells whether nginx itself answered, None
    where that is not known. ``why`` tells why nothing was asked, or how the connection ended without an answer.
    """

    kind: str
    what: str
    status: int
    own: bool | None
    why: str


class Row(TypedDict):
    """What came at a place through one address."""

    url: str
    address: str
    cells: list[Cell]


class Greeting(TypedDict):
    """Requests to a site that can be found again in nginx's log by their ``marker``.

    ``here`` is the own end of a connection, ``there`` that of the host; both are "" where nothing was answered, for
    which ``why`` is the reason.
    """

    host: str
    address: str
    marker: str
    here: str
    there: str
    why: str


class Client(TypedDict):
    """Whom nginx saw: ``seen`` is "" where its log does not tell, and ``why`` tells why.

    ``tries`` is how many wrong passwords are safe from a ban, -1 where any number is.
    """

    host: str
    address: str
    seen: str
    tries: int
    why: str
