# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what differs between the nginx and OpenSSL of the supported systems, as data and as choices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# Mozilla Server Side TLS, guideline version 6.0 of 2026-04-06, level "intermediate".
PROTOCOLS = "TLSv1.2 TLSv1.3"
CIPHERS = ":".join(
    (
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        "ECDHE-RSA-CHACHA20-POLY1305",
    )
)
GROUPS = "X25519:prime256v1:secp384r1"
POST_QUANTUM_GROUP = "X25519MLKEM768"
# A connection that was used within this time survives a reload: the old worker answers once more and says that it
# closes. Longer than the pauses of a page that loads or polls; far below nginx's 75 s, after which idle connections
# end anyway, since a full worker cannot take back one that is protected (nginx's manual, ngx_http_core_module).
KEEPALIVE_MIN_TIMEOUT = "10s"
# Requests of a client's connection before nginx ends it; nginx itself takes 1,000. Each new handshake keeps the other
# clients of its worker waiting: docs/performance.md has the figures. Streams of HTTP/2 that are reset at once are
# requests, too (CVE-2023-44487): from 1.25.3 on nginx limits them by itself, and an older one needs its 1,000.
KEEPALIVE_REQUESTS = "10000"
# An older nginx refuses what `Platform.keepalive` says for a newer one: it goes when nginx goes back.
KEEPALIVE_DIRECTIVES = ("keepalive_min_timeout",)


@dataclass(frozen=True)
class Platform:
    """The nginx that a host has, or would get from its distribution: versions as number tuples.

    `without` are the standard modules that it was built without, such as `http_geo_module`. `compresses` are the
    formats beside gzip for which it has a module.
    """

    nginx: tuple[int, ...]
    openssl: tuple[int, ...]
    ipv6: bool
    without: frozenset[str] = frozenset()
    compresses: frozenset[str] = frozenset()

    @classmethod
    def of(cls, host: Mapping[str, Any]) -> Platform:
        """Read the `edge_preflight` facts of a host."""
        without = frozenset(host.get("nginx_without", ()))
        versions = _numbers(host["nginx_version"]), _numbers(host["openssl_version"])
        return cls(*versions, bool(host["ipv6"]), without, _compressing(host.get("nginx_modules", ())))

    @property
    def has_http2_directive(self) -> bool:
        """`http2 on;` came with nginx 1.25.1; before it, `http2` is a parameter of `listen`."""
        return self.nginx >= (1, 25, 1)

    @property
    def can_reject_handshake(self) -> bool:
        """`ssl_reject_handshake` came with nginx 1.19.4."""
        return self.nginx >= (1, 19, 4)

    @property
    def refuses_two_lengths(self) -> bool:
        """From 1.21.1 on nginx answers 400 to a request with a Content-Length and chunks (RFC 9112 section 6.1)."""
        return self.nginx >= (1, 21, 1)

    @property
    def can_resolve_upstreams(self) -> bool:
        """`resolve` of a server in `upstream`, and `resolver` there, came to the open nginx with 1.27.3."""
        return self.nginx >= (1, 27, 3)

    @property
    def keeps_upstreams(self) -> bool:
        """From 1.29.7 on nginx keeps connections to services by itself (nginx.org/en/CHANGES, 2026)."""
        return self.nginx >= (1, 29, 7)

    @property
    def groups(self) -> str:
        """Key exchange groups; OpenSSL before 3.5 does not know ML-KEM, and nginx then does not start."""
        # A question mark lets OpenSSL pass over a group that it was built without (SSL_CTX_set1_groups_list, 3.3).
        return f"?{POST_QUANTUM_GROUP}:{GROUPS}" if self.openssl >= (3, 5) else GROUPS

    def listen(self, port: int, *parameters: str, at: Iterable[str] = (), everywhere: bool = True) -> list[str]:
        """Return `listen` values: those of both families, the second one where the kernel has IPv6, and of addresses.

        `at` are addresses as in a URL, `everywhere` tells whether every address is meant, too.
        """
        families = [str(port), f"[::]:{port}"] if self.ipv6 else [str(port)]
        found = [*(families if everywhere else ()), *(f"{address}:{port}" for address in at)]
        return [" ".join((address, *parameters)) for address in found]

    def listen_https(self, at: Iterable[str] = (), everywhere: bool = True) -> list[str]:
        """Return the `listen` values of a TLS server, as `listen` does."""
        parameters = ("ssl",) if self.has_http2_directive else ("ssl", "http2")
        return self.listen(443, *parameters, at=at, everywhere=everywhere)

    def keepalive(self) -> dict[str, str]:
        """Directives for a server block: when a client's connection ends, and from 1.27.4 on not by a reload."""
        longer = {"keepalive_requests": KEEPALIVE_REQUESTS} if self.nginx >= (1, 25, 3) else {}
        return {**longer, "keepalive_min_timeout": KEEPALIVE_MIN_TIMEOUT} if self.nginx >= (1, 27, 4) else longer

    def tls(self) -> dict[str, str]:
        """TLS directives for a server block: at http level some systems refuse them as duplicates."""
        directives = {"http2": "on"} if self.has_http2_directive else {}
        return {
            **directives,
            "server_tokens": "off",
            "ssl_protocols": PROTOCOLS,
            "ssl_ciphers": CIPHERS,
            "ssl_prefer_server_ciphers": "off",
            "ssl_ecdh_curve": self.groups,
            "ssl_session_timeout": "1d",
            "ssl_session_cache": "shared:constellation_edge:10m",
            "ssl_session_tickets": "off",
        }


def _compressing(modules: Iterable[str]) -> frozenset[str]:
    """Return the formats of the modules that compress answers; others of the same format send compressed files."""
    filters = [name for name in modules if "static" not in name]
    return frozenset(each for each in ("brotli", "zstd") if any(each in name for name in filters))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
