# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of the CIS NGINX Benchmark can be asked by a command, as data.

The numbers are those of version 2.1.0 (2024), whose titles are public; the words and the readings are ours. Left out is
what every host of ours passes by being one (packages, archives, modules), and what takes a person to judge.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """One test: its number, what it asks, the function of `bars.cis` that answers, and why we refuse it, if we do."""

    number: str
    title: str
    check: str
    refused: str = ""


ITEMS: tuple[Item, ...] = (
    Item("2.2.1", "workers run as an account without privileges", "unprivileged"),
    Item("2.2.2", "that account is locked", "locked"),
    Item("2.2.3", "that account has no shell to log in with", "no_shell"),
    Item("2.3.1", "what nginx reads belongs to root", "owned_by_root"),
    Item("2.3.2", "nobody but root can write what nginx reads", "written_by_root"),
    Item("2.4.1", "nginx listens on 80 and 443 alone", "ports"),
    Item("2.4.2", "names that are not ours are refused", "unknown_names"),
    Item(
        "2.4.3",
        "idle connections end after 10 seconds",
        "keepalive",
        "a browser that polls, or a phone on a slow line, would shake hands anew for each page; what idle connections "
        "cost is bounded by their number for each address",
    ),
    Item(
        "2.4.4",
        "a client that takes nothing is cut off after 10 seconds",
        "sending",
        "a phone that changes from Wi-Fi to mobile takes nothing for longer, and a download or camera would break off",
    ),
    Item("2.5.1", "answers do not tell nginx's version", "no_version"),
    Item("2.5.2", "error pages do not name nginx", "error_pages"),
    Item("2.5.4", "a service's headers do not tell what it runs on", "services_hidden"),
    Item("3.1", "log lines say who, when, what and with which outcome", "log_format"),
    Item("3.2", "every request is logged", "access_log"),
    Item(
        "3.3",
        "the error log is kept at the level `info`",
        "error_log",
        "each client that closes early is a line there: the warnings that matter drown, and a small disk fills",
    ),
    Item("3.4", "logs are rotated", "rotated"),
    Item("3.7", "a service is told the client's address, by the proxy alone", "client_address"),
    Item("4.1.1", "http leads to https", "to_https"),
    Item("4.1.2", "the certificate's chain is trusted", "trusted_chain"),
    Item("4.1.3", "private keys are readable by root alone", "keys"),
    Item("4.1.4", "TLS 1.2 and 1.3 are the only versions", "tls_versions"),
    Item("4.1.5", "weak ciphers are refused", "ciphers"),
    Item("4.1.8", "HSTS holds for half a year at least", "hsts"),
    Item("5.2.1", "a request's head must come within 10 seconds", "head_in_time"),
    Item(
        "5.2.1",
        "a request's body may not pause for more than 10 seconds",
        "body_in_time",
        "a phone's upload pauses for longer in a lift or a train; 30 seconds are the limit",
    ),
    Item(
        "5.2.2",
        "a request's body has a greatest size",
        "body_size",
        "videos and backups have no size that a proxy could know; each service has its own limit",
    ),
    Item(
        "5.2.3",
        "the buffers of a request's head are stated",
        "head_size",
        "nginx's default (four of 8 kB) is a limit; less breaks logins with long cookies and tokens, and to state the "
        "default changes nothing",
    ),
    Item("5.2.4", "connections from one address are limited, by nginx or by the packet filter", "connections"),
    Item(
        "5.2.5",
        "requests from one address are limited",
        "requests",
        "a page of Jeedom or of a wall of cameras asks for hundreds of files at once, and a home's devices share an "
        "address",
    ),
    Item("5.3.1", "`X-Frame-Options` is sent", "frame_options"),
    Item("5.3.2", "`X-Content-Type-Options: nosniff` is sent", "nosniff"),
    Item("5.3.3", "a `Content-Security-Policy` is sent", "policy"),
    Item("5.3.4", "a `Referrer-Policy` is sent", "referrer"),
)
