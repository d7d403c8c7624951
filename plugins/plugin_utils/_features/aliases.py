# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: further names of a site, which lead to its first one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from .._keys.keys import key
from .._keys.kinds import Several
from .._keys.names import NAME_PATTERN, host_name
from .._nginx.literal import literal
from .feature import ERROR_PATH, Directives, SiteFeature

if TYPE_CHECKING:
    from .._inventory.site import Site

_ALIAS = "$constellation_edge_alias"


@dataclass(frozen=True, kw_only=True)
class Aliases(SiteFeature):
    """`aliases` of a site."""

    owns: ClassVar[tuple[str, ...]] = (f"if ({_ALIAS}) {{}}",)
    aliases: tuple[str, ...] = key(
        Several("a name, or a list of names", NAME_PATTERN, host_name),
        "Names that lead to the first name of the site, with path and query (308, RFC 9110).",
        "The certificate is for them, too. What is to serve the same pages by several names, without leading anywhere, "
        "stands in C(server_name).",
        default=(),
        example=["www.example.org"],
    )

    def guard(self, whole: Site) -> Directives:
        """Send who asks for an alias to the first name, before anything else is looked at."""
        # Any method: what is sent again goes to the same site.
        return {f"if ({_ALIAS})": {"return": f"308 https://{whole.name}$request_uri"}} if self.aliases else {}

    @classmethod
    def common(cls, sites: Sequence[Site]) -> str:
        """Return the map of all aliases."""
        # Regular expressions, since a long name does not fit into what nginx takes by itself for others.
        names = " ".join(f'"~^{literal(name)}:" 1;' for site in sites for name in site.aliases)
        # A server's conditions are asked again when an error gets its page.
        page = rf'"~^[^:]*:{literal(ERROR_PATH)}(?!\x0a)$" 0;'
        return f'map "$host:$uri" {_ALIAS} {{ volatile; default 0; {page} {names} }}' if names else ""

    def probes(self, whole: Site) -> list[dict[str, Any]]:
        """Ask for each alias."""
        return [{"url": f"https://{name}/", "status": [308]} for name in self.aliases]
