# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the pages of a site for what nginx itself answers, such as 502 for a service that is switched off.

What a service answers is the service's: `proxy_intercept_errors` stays off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ...module_utils._host.names import SITE_FILES
from .._keys.keys import key
from .._keys.kinds import Kind, Mistake, kind_of, listed
from ._files import file_of, read
from .feature import ERROR_PATH, Directives, Page, SiteFeature
from .place import Needs
from .retry_after import told

if TYPE_CHECKING:
    from .._inventory.site import Site

# The statuses that a person can make something of, as `_sites/answers.py` says of each what it means.
_STATUSES = tuple(map(str, (400, 401, 403, 404, 405, 408, 413, 414, 421, 429, 500, 502, 503, 504)))
# By which nginx says that a service is not there. Of a server that an owner made, the others stay his.
_ABSENT = ("502", "504")
# Bytes. Each run sends the whole page to the host.
_LARGEST = 256 * 1024
_SAYS, _HELP = "$constellation_edge_says", "$constellation_edge_help"
_AGAIN = "It may be switched off, asleep or still starting. Please try again in a minute."
# A 404 may be kept by a cache that nobody asked to (RFC 9110 section 15.1, 2022).
_NOT_KEPT = "Cache-Control no-store always"
_BELOW = f"{ERROR_PATH}/"
# With a limit for the body of the request, nginx would answer 413 in place of the error.
_INSIDE: Directives = {"internal": None, "client_max_body_size": "0"}
_HTML: Directives = {**_INSIDE, "default_type": "text/html"}
_file = partial(file_of, "error", "html")


class _Pages(Kind):
    """True or false, or files with pages by their status, whose texts are read at once."""

    def __init__(self) -> None:
        """Name it."""
        files = {"type": "string", "minLength": 1}
        pages = {"type": "object", "propertyNames": {"enum": [*_STATUSES]}, "additionalProperties": files}
        super().__init__(
            words="true, false or a mapping of statuses to files on the controller",
            option={"type": "raw"},
            json={"anyOf": [{"type": "boolean"}, pages]},
        )

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what is no such mapping, other statuses, and a file that is no page."""
        if isinstance(value, bool):
            return
        if not isinstance(value, dict) or not value:
            text = f"{name} must be true, false, or a mapping such as {{502: FILE}}, not {kind_of(value)}"
            yield Mistake(value, text)
            return
        for status, path in value.items():
            if str(status) not in _STATUSES:
                text = f"'{status}' is no status that nginx itself answers with: write one of {listed(_STATUSES)}"
                yield Mistake(status, text, name)
            elif fault := _fault(path):
                yield Mistake(path, f"{status}: {fault}", name)

    def convert(self, value: Any) -> bool | dict[str, str]:
        """Return the pages by their status, in the order of the statuses."""
        if isinstance(value, bool):
            return value
        return {str(status): read(str(path)) for status, path in sorted(value.items(), key=lambda each: str(each[0]))}


@dataclass(frozen=True, kw_only=True)
class ErrorPages(SiteFeature):
    """`error_pages` of a site."""

    error_pages: bool | Mapping[str, str] = key(
        _Pages(),
        "What browsers show where nginx itself answers, such as 502 for a service that is switched off.",
        "V(true) is a page that names the site and says what to do. Otherwise it says the status and what it means.",
        "A mapping has pages of your own, as files on the controller, such as C(502: off.html); other statuses have "
        "the page of V(true). The page of a service itself stays.",
        "In an adopted server this is for 502, 504 and the statuses that are named, unless it has an C(error_page).",
        default=False,
        example={502: "{{ inventory_dir }}/off.html"},
    )

    def pages(self, whole: Site) -> list[Page]:
        """Return the page of ours, and one for each file."""
        if self.error_pages is False:
            return []
        headers: Directives = {"add_header": [_NOT_KEPT, *told(whole)]}
        # A rewrite in a location leaves the conditions of the server alone, which know the first path.
        leads = Page(
            f"= {ERROR_PATH}",
            _INSIDE,
            ("default_type", "return"),
            {"rewrite": [f"^ {_BELOW}$status last"]},
        )
        ours = Page(f"^~ {_BELOW}", {**_HTML, "return": f"200 '{_page(whole.name)}'"}, (), headers)
        theirs = [
            Page(f"= {_BELOW}{status}", {**_HTML, "alias": f"{SITE_FILES}/{_file(text)}"}, (), headers)
            for status, text in self._own.items()
        ]
        return [leads, ours, *theirs]

    def adopted(self) -> Directives:
        """Have the server of an owner lead to these pages."""
        if self.error_pages is False:
            return {}
        return {"error_page": [f"{status} {ERROR_PATH}" for status in sorted({*_ABSENT, *self._own})]}

    def needs(self, whole: Site) -> Needs:
        """Have the pages beside the site."""
        return Needs(files={_file(text): text for text in self._own.values()})

    @classmethod
    def common(cls, sites: Sequence[Site]) -> str:
        """Return what a reader can do, by the status."""
        if all(site.error_pages is False for site in sites):
            return ""
        absent = " ".join(f'{status} "{_AGAIN}";' for status in (*_ABSENT, "503"))
        return f'map $status {_HELP} {{ default ""; {absent} }}'

    @property
    def _own(self) -> Mapping[str, str]:
        return {} if isinstance(self.error_pages, bool) else self.error_pages


def _page(name: str) -> str:
    """Return our page; a site's name has no sign that HTML or nginx would read otherwise."""
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=width=device-width>"
        f"<title>$status {name}</title><h1>{name}</h1><p>{_SAYS} {_HELP}</p><p>$status</p></html>"
    )


def _fault(path: object) -> str:
    """Return what is wrong with a file, "" where nothing is."""
    if not isinstance(path, str) or not path:
        return f"must be the path of a file with the page, not {kind_of(path)}"
    try:
        text = read(path)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        return f"'{path}' cannot be read on the controller ({reason}): name a file with the whole page in HTML"
    if not text.strip():
        return f"'{path}' is empty: name a file with the whole page in HTML"
    if "\0" in text:
        return f"'{path}' is no text: name a file with the whole page in HTML"
    if len(text.encode()) > _LARGEST:
        return f"'{path}' is larger than {_LARGEST // 1024} kB: make its pictures smaller"
    return ""
