# SPDX-License-Identifier: GPL-3.0-or-later

"""The headers of answers that a location has from the server around it, and would lose with its own first one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..text.declare import WantedLocation
from ..text.edit import is_marked
from ..text.identity import key
from ..text.inclusion import Includes, spread
from ..text.tree import Block, Statement

_ADD = "add_header"
# With "merge" nothing is lost (nginx 1.29.3, 2025).
_INHERIT = "add_header_inherit"
#: What of the http level counts here.
NAMES = (_ADD, _INHERIT)


class Answers:
    """What an owner's server, or else the http level, says of `add_header`."""

    def __init__(self, server: Block, includes: Includes, http: Sequence[Statement]) -> None:
        """Read the server, as it is after its own lines of ours are set, with what it includes."""
        own = [each for each, _path in spread(server, includes)]
        self._lines = [each for each in own if each.name == _ADD] or [each for each in http if each.name == _ADD]
        self._is_merged = _merges(own, _merges(http, False))
        self._includes = includes

    def kept(self, there: Block | None, wanted: WantedLocation) -> WantedLocation:
        """Return a location with these lines where it gets its first one; they carry our mark, and go with it.

        `there` is the location as it is, None where it is to be made.
        """
        said = {key(each) for each in wanted.body}
        if not any(each.name == _ADD and key(each) in wanted.marked for each in wanted.body):
            return wanted
        theirs = self._of_owner(there)
        if _merges(theirs, self._is_merged) or any(each.name == _ADD for each in theirs):
            return wanted
        more = [each for each in self._lines if key(each) not in said]
        return wanted._replace(body=more + wanted.body, marked=wanted.marked | {key(each) for each in more})

    def _of_owner(self, there: Block | None) -> list[Statement]:
        if there is None:
            return []
        ours = {id(each) for at, each in enumerate(there.body) if is_marked(there, at)}
        return [each for each, _path in spread(there, self._includes) if id(each) not in ours]


def in_owners_server(wanted: WantedLocation, adopted: WantedLocation) -> WantedLocation:
    """Return a location that is made in an owner's server: of single lines of ours, `adopted` counts there."""
    body = [each for each in wanted.body if key(each) not in wanted.marked]
    more = [each for each in adopted.body if key(each) in adopted.marked]
    return wanted._replace(body=body + more, marked=adopted.marked)


def _merges(lines: Iterable[Statement], otherwise: bool) -> bool:
    return next((each.args == ["merge"] for each in lines if each.name == _INHERIT), otherwise)
