# SPDX-License-Identifier: GPL-3.0-or-later

"""What nginx warns of in a configuration that it accepts: a server that it ignores is lost as if it were refused."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

# src/http/ngx_http.c of nginx 1.22.
_CONFLICT = re.compile(r'conflicting server name "(.*)" on (.*), ignored')
# nginx names a directive that it does not have; what it costs is a comparison or two (ngx_hash.c).
_WITHOUT_REMEDY = "could not build optimal grpc_headers_hash"
# No client asks for these.
_NOBODYS = ("", "_")


def conflicts(after: Sequence[str], before: Sequence[str]) -> str:
    """Return in our words which servers nginx would ignore because of a change; "" where it ignores none.

    `after` and `before` are nginx's warnings about the candidate and about what is on disk.
    """
    found = [_CONFLICT.match(each) for each in _brought(after, before)]
    pairs = [each.groups() for each in found if each and each.group(1) not in _NOBODYS]
    if not pairs:
        return ""
    told = ", ".join(f"{name} on {address}" for name, address in dict.fromkeys(pairs))
    return (
        "nginx would ignore a server of the new configuration, and nothing was changed. Two servers have the same name "
        f"and address, of which nginx takes the first that it reads: {told}. Remedy: find the other one with "
        f"`nginx -T | grep -e '# configuration file' -e {pairs[0][0]}`, and take the name out there, or give the site "
        "the name of that file and 'adopt: true'"
    )


def remarks(after: Sequence[str], before: Sequence[str]) -> list[str]:
    """Return what is to be told of a candidate that may go live: new warnings, and servers ignored before already."""
    brought = [each for each in _brought(after, before) if not (_CONFLICT.match(each) or _WITHOUT_REMEDY in each)]
    old = [each for each in after if each in before and _is_loss(each)]
    return [
        *(f"nginx accepts the new configuration with a warning: {each}" for each in dict.fromkeys(brought)),
        *(f"nginx ignores a server, as it did before this change: {each}" for each in dict.fromkeys(old)),
    ]


def _is_loss(warning: str) -> bool:
    found = _CONFLICT.match(warning)
    return found is not None and found.group(1) not in _NOBODYS


def _brought(after: Sequence[str], before: Sequence[str]) -> list[str]:
    return list((Counter(after) - Counter(before)).elements())
