# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what a site of ours says in its answers: headers, pages for errors, and how they are compressed."""

from __future__ import annotations

from typing import Any

from .._features.feature import ERROR_PATH
from .._features.frame_ancestors import FRAMERS

# What a service says of itself: its own HSTS would count instead of the site's, as the first of two does (RFC 6797
# section 8.1, 2012), and by which program it was made is nobody's business.
HIDDEN = ("Strict-Transport-Security", "X-Powered-By")
_CSP = "$constellation_edge_csp"
_FRAME, _SNIFF, _REFERRER = "$constellation_edge_frame", "$constellation_edge_sniff", "$constellation_edge_referrer"
_SAYS = "$constellation_edge_says"
#: what is said of each status by which nginx itself answers (ngx_http_special_response.c of nginx 1.30); 444 and 499
#: are no answers
REASONS = {
    400: "The request cannot be understood.",
    401: "Please log in.",
    403: "You may not open this.",
    404: "No service has this address.",
    405: "This cannot be done here.",
    408: "The request took too long.",
    413: "The request is too large.",
    414: "The address is too long.",
    421: "This server has no such name.",
    429: "Too many requests.",
    500: "Something is wrong with this server.",
    502: "The service does not answer.",
    503: "The service is not available.",
    504: "The service took too long to answer.",
}
_STATUSES = (
    *(400, 401, 402, 403, 404, 405, 406, 408, 409, 410, 411, 412, 413, 414, 415, 416, 421, 429),
    *(494, 495, 496, 497, 500, 501, 502, 503, 504, 505, 507),
)


def maps() -> str:
    """Return what the headers and pages of all sites need at the http level.

    What a service says itself of frames, types and referrers is not said beside it.
    """
    reasons = " ".join(f'{status} "{text}";' for status, text in REASONS.items())
    said = "$upstream_http_content_security_policy$upstream_http_x_frame_options"
    return "\n".join(
        (
            _unsaid(said, _CSP, FRAMERS),
            f'map {_CSP} {_FRAME} {{ default SAMEORIGIN; "" ""; }}',
            _unsaid("$upstream_http_x_content_type_options", _SNIFF, "nosniff"),
            _unsaid("$upstream_http_referrer_policy", _REFERRER, "strict-origin-when-cross-origin"),
            f'map $status {_SAYS} {{ default "This cannot be answered."; {reasons} }}',
        )
    )


def _unsaid(said: str, name: str, value: str) -> str:
    """Return a map that gives a value where a service has not said one.

    An answer 304 has none of ours: a cache would put it in the place of what the service said with the page (RFC 9111
    section 4.3.4, 2022).
    """
    return f'map "{said}:$status" {name} {{ default ""; "~^:(?!304$)" {value}; }}'


def headers() -> list[str]:
    """Return the values of `add_header` of every site; nginx sends none that is empty."""
    return [
        f"X-Content-Type-Options {_SNIFF} always",
        f"Referrer-Policy {_REFERRER} always",
        f"Content-Security-Policy {_CSP} always",
        # For browsers that do not know the one above, which counts where both are (CSP level 2, section 7.7.1, 2016).
        f"X-Frame-Options {_FRAME} always",
    ]


def error_page() -> dict[str, str]:
    """Return the directive of a server by which its errors have a page that does not say what it is made by."""
    return {"error_page": f"{' '.join(map(str, _STATUSES))} {ERROR_PATH}"}


def error_location() -> tuple[str, dict[str, Any]]:
    """Return the location of that page, and its directives; the status stays that of the error."""
    page = (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=width=device-width>"
        f"<title>$status</title><h1>$status</h1><p>{_SAYS}</p></html>"
    )
    # nginx judges the body of the request once more here: with a limit, the answer would be 413 instead.
    usual = {"internal": None, "client_max_body_size": "0", "default_type": "text/html"}
    return f"= {ERROR_PATH}", {**usual, "return": f"200 '{page}'"}
