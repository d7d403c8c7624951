# SPDX-License-Identifier: GPL-3.0-or-later

"""Which names a directive of nginx's http level defines for all servers."""

from __future__ import annotations

import re

from .tokens import outer
from .tree import Statement

#: What every name of ours there begins with.
PREFIX = "constellation_edge"
# A variable by its place among the arguments.
_VARIABLE_AT = {"map": 1, "geo": -1, "split_clients": 1, "js_set": 0, "perl_set": 0}
# Variables by the names in the block.
_VARIABLES_IN = ("geoip2",)
_ZONE = re.compile(r"(?:zone|keys_zone)=([^:]+)")
_ZONED = ("limit_req_zone", "limit_conn_zone")
_CACHES = ("proxy_cache_path", "fastcgi_cache_path", "scgi_cache_path", "uwsgi_cache_path")
# What is known by its first argument.
_FIRST = ("upstream", "log_format", "lua_shared_dict")
# What defines by a file.
_FILES = ("geoip_country", "geoip_city", "geoip_org", "js_import", "js_path", "charset_map")
#: The directives that define something, and change nothing by themselves.
DEFINING = frozenset((*_VARIABLE_AT, *_VARIABLES_IN, *_ZONED, *_CACHES, *_FIRST, *_FILES))


def defined(statement: Statement) -> list[tuple[str, str]]:
    """Return what a directive defines: each a kind and a name, in nginx's notation without `$`."""
    name, args = statement.name, [outer(each) for each in statement.args]
    if name in _VARIABLE_AT and args:
        place = _VARIABLE_AT[name]
        return [("variable", _bare(args[place]))] if place < len(args) else []
    if name in _VARIABLES_IN and statement.block is not None:
        return [("variable", _bare(outer(each.name))) for each in statement.block.body if each.name.startswith("$")]
    if name in (*_ZONED, *_CACHES):
        # Zones of all modules are in one list.
        return [("zone", found[1]) for each in args if (found := _ZONE.match(each))]
    if name == "upstream" and statement.block is not None:
        zones = [each.args[0] for each in statement.block.body if each.name == "zone" and each.args]
        return [("upstream", " ".join(args).lower()), *(("zone", outer(each)) for each in zones)]
    return [(name, args[0])] if name in _FIRST and args else []


def _bare(variable: str) -> str:
    # nginx knows variables in small letters.
    return variable.removeprefix("$").removeprefix("{").removesuffix("}").lower()
