# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the addresses of each server on a host.

For a connection to an address that some `listen` names, nginx looks at the servers of that address alone
(https://nginx.org/en/docs/http/request_processing.html, 2024). What one site names, all those that are answered
everywhere name, too. nginx opens only the socket for every address then, so that it starts without the others.
"""

from __future__ import annotations

from collections.abc import Sequence

from .._features.default_site import default_of
from .._features.listen import in_url
from .._inventory.site import Site
from .._nginx.platform import Platform


class Listening:
    """Where the servers of some sites listen, and which site is the `default`."""

    def __init__(self, sites: Sequence[Site], platform: Platform) -> None:
        """Gather what the sites say."""
        self.default = default_of(sites)
        self._platform = platform
        self._named = tuple(dict.fromkeys(each for site in sites for each in site.listen))

    @property
    def rejects(self) -> bool:
        """Whether TLS for a name that nobody has ends in its handshake."""
        return self._platform.can_reject_handshake and self.default is None

    def plain(self, site: Site | None = None) -> list[str]:
        """Return the `listen` values on port 80: those of a site, or of the servers for all other names."""
        return self._platform.listen(80, at=self._addresses(site), everywhere=not (site and site.listen))

    def https(self, site: Site | None = None) -> list[str]:
        """Return the same for HTTPS."""
        return self._platform.listen_https(at=self._addresses(site), everywhere=not (site and site.listen))

    def _addresses(self, site: Site | None) -> list[str]:
        return [in_url(each) for each in (site.listen if site and site.listen else self._named)]
