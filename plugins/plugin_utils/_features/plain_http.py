# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what the names of a site answer without TLS, on port 80, beside challenges for their certificate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._constellation.local_server import CONSTELLATION
from .._keys.keys import key
from .._keys.kinds import Kind, Mistake, WordOrOff
from .feature import CHALLENGE_PATH, SiteFeature
from .place import Host, Refusal

if TYPE_CHECKING:
    from .._inventory.site import Route, Site

REDIRECT, SERVE, OFF = "redirect", "serve", "off"
# By which browsers go elsewhere for a page (RFC 9110 section 15.4, 2022). With 307 and 308 they send a form again.
_CODES = (301, 302, 307, 308)
# Which `edge_probe` and `edge_hostile_probe` take for a redirect that stays.
_FOR_GOOD = (301, 308)
_LEADS = (
    *("answers.redirect", "answers.redirect-head"),
    *("names.host-dot-80", "names.host-port-80", "names.host-uppercase-80"),
)


class _Code(Kind):
    """The status of a redirect."""

    def __init__(self) -> None:
        """Name them."""
        words = ", ".join(f"`{code}`" for code in _CODES)
        super().__init__(words=words, option={"type": "int", "choices": [*_CODES]}, json={"enum": [*_CODES]})

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse other statuses."""
        if str(value) in map(str, _CODES) and isinstance(value, str):
            yield Mistake(value, f"{name} {value!r} is a text: write {value} without quotes")
        elif isinstance(value, bool) or value not in _CODES:
            yield Mistake(value, f"{name} {value!r} is no redirect to HTTPS: write one of {self.words}")

    def convert(self, value: Any) -> int:
        """Return a plain number."""
        return int(value)


@dataclass(frozen=True, kw_only=True)
class PlainHttp(SiteFeature):
    """`http` and `http_code` of a site."""

    http: str = key(
        WordOrOff(REDIRECT, SERVE, OFF),
        "What the names of the site answer on port 80, without TLS.",
        "V(redirect) leads to HTTPS. V(serve) answers as HTTPS does, for devices without TLS; C(hsts) is then off. "
        "V(off) closes the connection, as for a name that nobody has.",
        "Challenges for the certificate are answered in each case.",
        default=REDIRECT,
        example=OFF,
    )
    http_code: int = key(
        _Code(),
        "The status by which C(http=redirect) leads to HTTPS. With 307 and 308 a client sends a form again.",
        default=301,
        example=308,
    )

    @classmethod
    def problems(cls, whole: Site, place: str, entry: Mapping[str, Any]) -> Iterator[Refusal]:
        """Refuse what would do nothing, and what would be read on its way."""
        if whole.adopt and {"http", "http_code"} & entry.keys():
            named = "http" if "http" in entry else "http_code"
            text = (
                f"{named}: a site that adopts keeps what its owner's server answers on port 80: take `{named}` out, "
                "and write it there"
            )
            yield Refusal(place, text, entry)
            return
        if "http_code" in entry and whole.http != REDIRECT:
            yield Refusal(place, f"http_code: with `http: {whole.http}` nothing leads to HTTPS: take it out", entry)
        if whole.http != SERVE:
            return
        if entry.get("hsts"):
            text = (
                "hsts: browsers would never ask by HTTP again, and `http: serve` has it answered: take one of them out"
            )
            yield Refusal(place, text, entry)
        for each in whole.places:
            if each.identity == CHALLENGE_PATH:
                text = (
                    f"http: challenges for the certificate are answered at {each.path} on port 80: take that path out, "
                    "or `http: serve`"
                )
                yield Refusal(place, text, entry)
        for route in whole.routes:
            if route.app == CONSTELLATION:
                yield Refusal(place, in_clear(route), entry)

    def traits(self) -> Mapping[str, Any]:
        """Tell `edge_probe` where nothing leads to HTTPS for good."""
        return {} if self._is_usual else {"redirect": False}

    def probes(self, whole: Site) -> list[dict[str, Any]]:
        """Ask for what is unusual."""
        asked = {"url": f"http://{whole.name}/"}
        if self.http == OFF:
            return [{**asked, "closes": True}]
        if self.http == REDIRECT and not self._is_usual:
            return [{**asked, "status": [self.http_code], "location": f"https://{whole.name}/"}]
        return []

    def unproven(self) -> tuple[str, ...]:
        """Name what is not so where nothing leads to HTTPS for good."""
        if self.http == SERVE:
            return (*_LEADS, "upgrade.websocket-80")
        return () if self._is_usual else _LEADS

    @classmethod
    def notes(cls, sites: Sequence[Site], host: Host) -> list[str]:
        """Tell what is sent in clear text."""
        return [
            f"{site.name} is served without TLS, too (`http: serve`): who is on the way can read and change what a "
            "client sends and gets by http://, logins included"
            for site in sites
            if site.http == SERVE
        ]

    @property
    def _is_usual(self) -> bool:
        return self.http == REDIRECT and self.http_code in _FOR_GOOD


def in_clear(route: Route) -> str:
    """Return what is said of a route to a Constellation server that port 80 would serve."""
    return (
        f"http: route {route.path} leads to a Constellation server, whose access keys travel in addresses: "
        "in clear text everybody on the way reads them. Take `http` out, or give it a site of its own"
    )
