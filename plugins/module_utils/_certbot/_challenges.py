# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an authenticator has one of the challenges that a renewal file allows; without one, certbot gives up."""

from __future__ import annotations

from .lineage import Renewal

# Those that prove a name over HTTP, and in no other way.
OVER_HTTP = ("webroot", "standalone", "nginx", "apache")


def over_dns(authenticator: str) -> bool:
    """Tell whether this is one of certbot's authenticators that prove a name by DNS alone."""
    return authenticator.rpartition(":")[2].startswith("dns-")


def other_challenges(renewal: Renewal) -> str:
    """Return what is wrong with ``pref_challs``, "" where the authenticator has a challenge that it allows."""
    kind = "http" if renewal.authenticator in OVER_HTTP else "dns" if over_dns(renewal.authenticator) else ""
    allowed = renewal.challenges
    if not kind or not allowed or any(each.startswith(kind) for each in allowed):
        return ""
    return (
        f"pref_challs allows {', '.join(allowed)} alone, and certbot's authenticator {renewal.authenticator} proves a "
        f"name by {kind}-01"
    )
