# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: crawlers that collect for AI, and vulnerability scanners, are refused by the name that they send.

They get 403 and not a closed connection (444): clients and CDNs take that for a fault of the network and ask again, it
would end all other requests of an HTTP/2 connection, and no jail could tell it in the log.

robots.txt is answered to them all the same: a crawler that gets 403 there may take everything for allowed (RFC 9309
section 2.3.1.3, 2022). It is one text for all, so that a cache in between, such as a CDN's, tells nobody else to leave.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from .._keys.keys import key
from .._keys.kinds import WordOrOff
from .._keys.path_forms import Path
from .._nginx.literal import literal
from .._nginx.reach import Rule, misses, taken
from ._agents import CRAWLERS, SCANNERS, TOKENS, Agents
from .feature import CHALLENGE_PATH, ERROR_PATH, Directives, Page, SiteFeature

if TYPE_CHECKING:
    from .._inventory.site import Site

OFF, REFUSE = "off", "refuse"
ROBOTS = "/robots.txt"
_PAGE = "/.constellation-edge/robots"
_NAMED, _ANSWER = "$constellation_edge_crawler", "$constellation_edge_crawler_gets"
_TEXT = "$constellation_edge_robots"
_LEAVE, _READ = "refusal", "robots"
_TO_REFUSE, _TO_READ = (f"if ({_ANSWER} = {each})" for each in (_LEAVE, _READ))
# A name stands alone: `CUBOT` is a phone. Further back than so many letters none is looked for, since who sends
# kilobytes there would have nginx compare each word of it.
_DEEPEST = 512
# As who the proof asks: the log tells that it was us.
_EXAMPLE = "GPTBot"


@dataclass(frozen=True, kw_only=True)
class Crawlers(SiteFeature):
    """`crawlers` of a site."""

    owns: ClassVar[tuple[str, ...]] = (f"{_TO_READ} {{}}", f"{_TO_REFUSE} {{}}")
    is_on_plain: ClassVar[bool] = True
    crawlers: str = key(
        WordOrOff(OFF, REFUSE),
        "V(refuse) answers 403 to crawlers that collect for AI, and to vulnerability scanners, by the name that they "
        "send.",
        "C(/robots.txt) tells those crawlers to leave. Where no route answers there, everybody gets that text, so that "
        "Google and Apple learn that they may not train with what their search engines read.",
        "Search engines, previews of links and feed readers are not refused. Who sends another name is not either.",
        default=OFF,
        example=REFUSE,
    )

    def guard(self, whole: Site) -> Directives:
        """Refuse them, but for what tells them to leave."""
        if not whole.refuses_crawlers:
            return {}
        return {_TO_READ: {"rewrite": f"^ {_PAGE} last"}, _TO_REFUSE: {"return": "403"}}

    def pages(self, whole: Site) -> list[Page]:
        """Return the text, and its usual path where nothing else answers there."""
        if not whole.refuses_crawlers:
            return []
        # By `return`, since no login and no list of addresses is asked before it: it says nothing of the site.
        text = {"internal": None, "default_type": "text/plain", "return": f"200 {_TEXT}"}
        own = [] if whole.adopt or _is_answered(whole) else [Page(f"= {ROBOTS}", {"rewrite": f"^ {_PAGE} last"})]
        return [*own, Page(f"= {_PAGE}", text)]

    @classmethod
    def common(cls, sites: Sequence[Site]) -> str:
        """Return what tells who is refused, and what he gets, for the http level."""
        names = [name for site in sites if site.refuses_crawlers for name in site.server_names]
        if not names:
            return ""
        # An owner's server may have further names. Certificates are renewed, and a server's conditions are asked again
        # when an error gets its page.
        ours = rf"^1 (?:{'|'.join(map(literal, names))}) "
        past = rf"(?!{literal(CHALLENGE_PATH)}|{literal(ERROR_PATH)}(?!\x0a)$)"
        answers = rf'"~{ours}{literal(ROBOTS)}(?!\x0a)$" {_READ}; "~{ours}{past}" {_LEAVE};'
        return "\n".join(
            (
                f"map $http_user_agent {_NAMED} {{ default 0; {_entry(CRAWLERS)} {_entry(SCANNERS)} }}",
                f"map $host {_TEXT} {{ default '{_robots()}'; }}",
                f'map "{_NAMED} $host $uri" {_ANSWER} {{ volatile; default ""; {answers} }}',
            )
        )

    def probes(self, whole: Site) -> list[dict[str, Any]]:
        """Ask as one of them, for a page and for what tells it to leave."""
        if not whole.refuses_crawlers:
            return []
        asked = {"url": f"https://{whole.name}/", "agent": _EXAMPLE, "redirect": False}
        told = {"url": f"https://{whole.name}{ROBOTS}", "holds": f"User-agent: {_EXAMPLE}"}
        return [{**asked, "status": [403]}, {**asked, **told, "status": [200]}]

    @property
    def refuses_crawlers(self) -> bool:
        """Whether crawlers are refused."""
        return self.crawlers == REFUSE


def _entry(agents: Agents) -> str:
    """Return an entry of a map of user agents."""
    return rf'"~*^.{{0,{_DEEPEST}}}?(?<![\w-])(?:{"|".join(agents.names)})(?![\w-])" 1;'


def _robots() -> str:
    """Return the text of robots.txt, in nginx's notation; nobody else is told anything (RFC 9309 section 2.2.1)."""
    lines = [f"User-agent: {name}" for name in (*CRAWLERS.names, *TOKENS.names)]
    return r"\n".join([*lines, "Disallow: /", ""])


def _is_answered(site: Site) -> bool:
    """Whether a route answers at the path of robots.txt, or may do so: not every expression can be judged."""
    forms = [Path.of(route.path) for route in site.places]
    old = [Rule("", route.moved_from) for route in site.routes if route.moved_from]
    plain = [*old, *(Rule(*each) for each in forms if not each.is_expression)]
    matches = any(not misses(Rule(*each), ROBOTS) for each in forms if each.is_expression)
    return matches or taken(plain, ROBOTS) is not None
