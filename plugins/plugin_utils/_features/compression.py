# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: by which formats nginx compresses the answers of a site.

Each of these modules leaves alone what has a `Content-Encoding` already, so that nothing is compressed twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._keys.keys import key
from .._keys.kinds import Kind, Mistake, kind_of, listed
from .._keys.nearest import nearest
from ._raw import file_of_key, include
from .feature import Directives, SiteFeature
from .place import Host

if TYPE_CHECKING:
    from .._inventory.site import Site

OFF = "off"
_FORMATS = ("gzip", "brotli", "zstd")
# What the packages of the tested systems have (apt, 2026-11-30): none has a module for zstd, and Ubuntu 22.04 none for
# brotli.
_PACKAGES = {
    "brotli": "for brotli, the package libnginx-mod-http-brotli-filter of Debian 12 and 13, Ubuntu 24.04 and 26.04",
    "zstd": "for zstd, none of the packages of Debian 12 and 13, Ubuntu 22.04, 24.04 and 26.04",
}
# What is compressed already grows, and events are to come at once. JSON, XML and plain texts are what clients edit:
# their ETag would become weak, and could not be sent back (RFC 9110 section 13.1.1, 2022). HTML is among them for every
# module, and cannot be taken out.
_TYPES = " ".join(
    (
        "text/css",
        "text/javascript",
        "application/javascript",
        "application/manifest+json",
        "image/svg+xml",
        "font/ttf",
    )
)
# Bytes below which an answer fits into one packet anyhow, and would not become faster.
_SHORTEST = "512"
# What the server of each site of ours says, with and without the key.
COMPRESSED = {"gzip_vary": "on", "gzip_types": _TYPES}


class _Formats(Kind):
    """`off`, a format, or a list of formats."""

    def __init__(self) -> None:
        """Name it."""
        one = {"enum": list(_FORMATS)}
        several = {"type": "array", "minItems": 1, "uniqueItems": True, "items": one}
        json = {"anyOf": [{"enum": [OFF, *_FORMATS]}, {"const": False}, several]}
        super().__init__(
            words=f"off, {', '.join(_FORMATS)}, or a list of these formats", option={"type": "raw"}, json=json
        )

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what is no format."""
        # Of YAML's words, `off` is false.
        if value is False or value == OFF:
            return
        several = value if isinstance(value, list) and value else [value]
        for each in several:
            if each not in _FORMATS:
                known = f"`{OFF}`, {listed(_FORMATS)}, or a list of these formats"
                given = f"'{each}'{nearest(each, _FORMATS)}" if isinstance(each, str) else kind_of(each)
                yield Mistake(each, f"{name} must be {known}, not {given}")
            elif several.count(each) > 1:
                yield Mistake(each, f"{name} names '{each}' twice: take one out")
                return

    def convert(self, value: Any) -> tuple[str, ...]:
        """Return the formats, V(off) for none."""
        if value is False or value == OFF:
            return (OFF,)
        return (value,) if isinstance(value, str) else tuple(value)


@dataclass(frozen=True, kw_only=True)
class Compression(SiteFeature):
    """`compression` of a site."""

    compression: tuple[str, ...] = key(
        _Formats(),
        "By which formats answers are compressed: V(off), V(gzip), V(brotli), V(zstd), or a list.",
        "HTML, style, scripts, fonts and SVG of 512 bytes and more are, never streams of events, nor what the service "
        "has compressed itself. A format for which the host's nginx has no module is left out, as the summary tells.",
        "Off is right for pages that show a secret beside what a client sent (BREACH).",
        default=(),
        otherwise="HTML, style, scripts, fonts and SVG by gzip, where `nginx.conf` says `gzip on`",
        example=["brotli", "gzip"],
    )

    def server(self, whole: Site, host: Host) -> Directives:
        """Include the file; in an owner's server are the lines that he does not say himself."""
        if not self.compression:
            return {}
        return _lines(_used(self.compression, host), host) if whole.adopt else {"include": [include(_file(whole))]}

    def files(self, whole: Site, host: Host) -> Mapping[str, str]:
        """Have the lines in a file, with which they go: by hand an owner may have others in the server."""
        if not self.compression or whole.adopt:
            return {}
        found = {
            name: value for name, value in _lines(_used(self.compression, host), host).items() if name not in COMPRESSED
        }
        return {_file(whole): "".join(f"{name} {value};\n" for name, value in found.items())}

    @classmethod
    def notes(cls, sites: Sequence[Site], host: Host) -> list[str]:
        """Tell which formats this host does not have."""
        return [_note(site, host) for site in sites if any(_lacks(name, host) for name in site.compression)]


def _used(formats: Sequence[str], host: Host) -> list[str]:
    return [each for each in formats if each != OFF and not _lacks(each, host)]


def _note(site: Site, host: Host) -> str:
    used = " and ".join(_used(site.compression, host))
    lacking = [each for each in site.compression if _lacks(each, host)]
    done = f"compressed by {used} alone" if used else "not compressed at all"
    return (
        f"{site.name} is {done}: this nginx has no module for "
        f"{' and '.join(lacking)} ({'; '.join(_PACKAGES[each] for each in lacking)}); with the module, run again"
    )


def _lines(used: Sequence[str], host: Host) -> dict[str, str]:
    """Return what switches each format on or off; the word of a module that is not there would stop nginx."""
    found: dict[str, str] = {}
    for name in _FORMATS:
        if name in used:
            more = {"gzip_proxied": "any"} if name == "gzip" else {}
            found |= {name: "on", f"{name}_min_length": _SHORTEST, f"{name}_types": _TYPES, **more}
        elif not _lacks(name, host):
            found[name] = OFF
    return {**found, **({"gzip_vary": "on"} if used else {})}


def _lacks(name: str, host: Host) -> bool:
    return name in _PACKAGES and name not in host.platform.compresses


def _file(site: Site) -> str:
    return file_of_key("compression", site.name)
