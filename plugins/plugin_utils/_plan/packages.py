# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the packages that the roles install. A role asks apt for nothing where the host has all of its own."""

from __future__ import annotations

# Those that two roles name in their tasks, and the default of the third one's variable.
_NAMED = ("nginx", "ca-certificates", "certbot")
_HARDENING = ("ufw", "fail2ban", "nftables", "python3-systemd")


def role_packages(hardening: object) -> list[str]:
    """Return which ones a host is asked for; `hardening` is what the owner says in `hardening_packages`, or None.

    What is not asked for counts as not installed, and apt sees to it.
    """
    theirs = hardening if isinstance(hardening, list) else _HARDENING
    return list(dict.fromkeys([*_NAMED, *map(str, theirs)]))
