# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the packages and units that the roles see to, and for which the first look asks.

A role asks apt for nothing where the host has all of its packages, and leaves a unit alone that runs for good.
"""

from __future__ import annotations

# Those that two roles name in their tasks, and the default of the third one's variable.
_NAMED = ("nginx", "ca-certificates", "certbot")
_HARDENING = ("ufw", "fail2ban", "nftables", "python3-systemd")

#: what the role letsencrypt starts and enables
ROLE_UNITS = ("certbot.timer",)


def role_packages(hardening: object) -> list[str]:
    """Return which ones a host is asked for; `hardening` is what the owner says in `hardening_packages`, or None.

    What is not asked for counts as not installed, and apt sees to it.
    """
    theirs = hardening if isinstance(hardening, list) else _HARDENING
    return list(dict.fromkeys([*_NAMED, *map(str, theirs)]))
