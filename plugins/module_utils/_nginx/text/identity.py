# SPDX-License-Identifier: GPL-3.0-or-later

"""What identifies a directive or a block among its siblings (docs/nginx.md); what no table names stands once."""

from __future__ import annotations

import re

from .addresses import listen_key
from .tree import Statement

Key = tuple[object, ...]
LocationKey = tuple[str, str]

_CUT = ("=", "^~", "~*", "~")
# Identified by the first argument, without regard to case where it is the name of a header.
FIRST_HEADER = frozenset(["add_header", "add_trailer", "auth_http_header", "more_set_headers"])
FIRST_HEADER_SUFFIXES = ("_set_header", "_hide_header", "_pass_header")
FIRST = frozenset(
    [
        "access_log",
        "ancient_browser_value",
        "auth_request_set",
        "env",
        "error_log",
        "include",
        "js_import",
        "js_set",
        "js_var",
        "limit_conn",
        "load_module",
        "log_format",
        "perl_modules",
        "perl_require",
        "perl_set",
        "proxy_cookie_domain",
        "proxy_cookie_flags",
        "proxy_cookie_path",
        "proxy_redirect",
        "rewrite",
        "server",
        "set",
        "set_real_ip_from",
        "ssl_conf_command",
        "sub_filter",
        "thread_pool",
    ]
)
FIRST_SUFFIXES = ("_param", "_cache_path", "_ssl_conf_command", "_string_param")
# Every spelling is its own: identified by all arguments.
WHOLE = frozenset(
    [
        "allow",
        "ancient_browser",
        "break",
        "debug_connection",
        "deny",
        "early_hints",
        "gzip_disable",
        "mirror",
        "modern_browser",
        "modern_browser_value",
        "ssl_ech_file",
        "ssl_session_ticket_key",
        "xslt_stylesheet",
    ]
)
WHOLE_SUFFIXES = ("_cache_bypass", "_no_cache")
# Of these the first that fits counts, or they run in the order of the file.
ORDERED = frozenset(
    (
        "access_log",
        "allow",
        "break",
        "deny",
        "if",
        "log_format",
        "proxy_redirect",
        "return",
        "rewrite",
        "set",
        "sub_filter",
    )
)
# "off" stands for all of them.
WITH_OFF = frozenset(
    ("access_log", "mirror", "proxy_cookie_domain", "proxy_cookie_flags", "proxy_cookie_path", "proxy_redirect")
)
_ZONE = re.compile(r"zone=([^:]*)")


def key(statement: Statement) -> Key:
    """Return what identifies a directive or block among its siblings."""
    name, args = statement.name, statement.args
    if statement.block is not None:
        return ("{", *_block_key(name, args))
    first = args[0] if args else ""
    if name in FIRST_HEADER or name.endswith(FIRST_HEADER_SUFFIXES):
        return (name, first.lower())
    if name == "listen":
        return (name, listen_key(args) if args else "")
    if name in FIRST or name.endswith(FIRST_SUFFIXES):
        return (name, first)
    if name == "error_page" or name.endswith("_cache_valid"):
        return (name, frozenset(arg for arg in args[:-1] if arg.isdigit()))
    if name in WHOLE or name.endswith(WHOLE_SUFFIXES):
        return (name, *args)
    if name in ("limit_req", "limit_req_zone", "limit_conn_zone"):
        zones = [found.group(1) for found in map(_ZONE.match, args) if found]
        return (name, *zones[:1])
    return (name,)


def _block_key(name: str, args: list[str]) -> Key:
    if name == "location":
        return (name, *location_key(args))
    if name == "if":
        return (name, *condition(args))
    if name == "upstream":
        return (name, *(arg.lower() for arg in args))
    if name in ("map", "split_clients"):
        return (name, *args[1:])
    if name == "geo":
        return (name, *args[-1:])
    if name in ("limit_except", "types"):
        return (name,)
    return (name, *args)


def condition(args: list[str]) -> tuple[str, ...]:
    """Return the arguments of `if` without the parentheses, which may be glued to them or stand alone."""
    parts = list(args)
    if parts:
        parts[0] = parts[0].removeprefix("(")
        parts[-1] = parts[-1].removesuffix(")")
    return tuple(part for part in parts if part)


def location_form(args: list[str]) -> LocationKey:
    """Return modifier and name of a location from its arguments' values; `@` counts as the modifier of a named one."""
    if len(args) == 2:
        return (args[0], args[1])
    if len(args) != 1:
        return ("?", " ".join(args))
    name = args[0]
    for modifier in _CUT:
        if name.startswith(modifier):
            return (modifier, name[len(modifier) :])
    return ("@", name[1:]) if name.startswith("@") else ("", name)


def location_key(args: list[str]) -> LocationKey:
    """Return the identity of a location from its arguments' values: (class, name).

    The class is `=`, `~`, `~*`, `@` or "" for a prefix; `^~` makes no other location, an unknown modifier a class of
    its own.
    """
    modifier, name = location_form(args)
    return ("" if modifier == "^~" else modifier, name)
