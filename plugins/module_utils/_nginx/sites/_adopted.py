# SPDX-License-Identifier: GPL-3.0-or-later

"""What of ours goes into a server that stands in its owner's file: what neither it nor its includes say."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from ..text.declare import Owns, WantedLocation
from ..text.edit import is_marked, remove
from ..text.identity import Key, LocationKey, key, location_key
from ..text.inclusion import Includes, spread
from ..text.reconcile import Reconciler
from ..text.server import servers_of
from ..text.tokens import outer
from ..text.tree import Block, Statement, places, walk
from ._answers import NAMES, Answers, in_owners_server

_HEADERS = ("proxy_set_header", "grpc_set_header")
_GRPC, _PASSES = "grpc_pass", ("proxy_pass", "grpc_pass")
# Variables that stand in the file of all sites (`plugin_utils/_sites/nginx_sites.py`); one of a location is its own.
_SHARED = re.compile(r"\$constellation_edge_(?!(?:upstream|rest)\b)")
# What the client wrote behind the path of its route (`plugin_utils/_features/_rest.py`).
_REST = "$constellation_edge_rest"


def set_unsaid(
    editor: Reconciler,
    block: Block,
    wanted: list[Statement],
    owner: str,
    includes: Includes,
    guards: Owns = frozenset(),
) -> dict[str, list[str]]:
    """Set those of the wanted directives that the server does not have from its owner; each carries our mark.

    What carries our mark and is wanted no more goes. Returns the names of the directives that were left out, by the
    file that says them, "" for the server's own.
    """
    ours = {id(each) for at, each in enumerate(block.body) if is_marked(block, at)}
    theirs = {key(each): path for each, path in reversed(list(spread(block, includes))) if id(each) not in ours}
    rest = [each for each in wanted if key(each) not in theirs]
    keys = {key(each) for each in rest}
    take_ours(editor, block, keys)
    editor.present(block, rest, owner, mark=True, guards=guards)
    left: defaultdict[str, list[str]] = defaultdict(list)
    for each in wanted:
        if key(each) in theirs:
            left[theirs[key(each)]].append(outer(each.name))
    return dict(left)


def http_headers(main: Block, includes: Includes) -> list[Statement]:
    """Return what the http level says that a location may lose; `main` is nginx's main file."""
    return [
        each
        for http in main.body
        if http.name == "http" and http.block is not None
        for each, _path in spread(http.block, includes)
        if each.name in (*_HEADERS, *NAMES)
    ]


def adapted(
    block: Block, wanted: list[WantedLocation], includes: Includes, headers: Sequence[Statement] = ()
) -> tuple[list[WantedLocation], dict[str, list[str]]]:
    """Return what is wanted of an owner's locations beside what their includes and the server around them say.

    What an include in a location says is left out: nginx refuses a directive twice, and sends a header twice. A
    location that had the `proxy_set_header` or `grpc_set_header` lines of the server, or else the http level's
    `headers`, and gets some of
    its own, would lose them: they come along. So do those of `add_header`, which carry our mark, and into a location
    that is made here, too: of headers, `adopted` counts in it. Returns the names of what was left out, too, by the
    file that says it.
    """
    there: dict[LocationKey, Block] = {}
    ours: dict[LocationKey, Block] = {}
    for at, have in enumerate(block.body):
        if have.block is not None and have.name == "location":
            (ours if is_marked(block, at) else there)[location_key(have.args)] = have.block
    said_here = [each for each, _path in spread(block, includes)]
    around = {
        name: [each for each in said_here if each.name == name] or [each for each in headers if each.name == name]
        for name in _HEADERS
    }
    answers = Answers(block, includes, headers)
    left: defaultdict[str, list[str]] = defaultdict(list)
    found: list[WantedLocation] = []
    for each in wanted:
        inside = there.get(each.key)
        if each.adopted is None or each.parents:
            found.append(each)
            continue
        if inside is None:
            found.append(answers.kept(ours.get(each.key), in_owners_server(each, each.adopted)))
            continue
        theirs = list(spread(inside, includes))
        # Of lines that are told apart one by one, both are refused instead.
        one_by_one = frozenset().union(*each.adopted.marks)
        said = {key(one): path for one, path in theirs if path and one.name not in one_by_one}
        body = [one for one in each.adopted.body if key(one) not in said]
        for one in each.adopted.body:
            if key(one) in said:
                left[said[key(one)]].append(outer(" ".join([one.name, *one.args[:1]])))
        names = {key(one) for one in body if _is_said(one, each.adopted)}
        for header in {one.name for one in body} & {*_HEADERS} - {one.name for one, _path in theirs}:
            theirs_too = [one for one in around[header] if key(one) not in names]
            body = [one for one in body if key(one) not in {key(other) for other in theirs_too}] + theirs_too
        found.append(each._replace(adopted=answers.kept(inside, each.adopted._replace(body=body))))
    return found, dict(left)


def _is_said(one: Statement, wanted: WantedLocation) -> bool:
    """Whether a directive does not give way to what the server around its location says."""
    return one.name not in wanted.yields or one.args[-1:] != [""] or key(one) in wanted.marked


def take_ours(editor: Reconciler, block: Block, kept: set[Key]) -> None:
    """Remove from an owner's server the directives with our mark that are of none of these keys; locations stay."""
    for at in range(len(block.body) - 1, -1, -1):
        each = block.body[at]
        if each.name != "location" and key(each) not in kept and is_marked(block, at):
            _take(editor, block, at)


def leave_locations(editor: Reconciler, block: Block, wanted: list[WantedLocation]) -> None:
    """Remove what is ours from those locations of an owner's server that no route leads to any more.

    Those are our blocks, and the directives that use a variable of our shared file, which may go, too. What sets a
    variable of the location's own stays as long as it is used.
    """
    listed = {each.key for each in wanted if not each.parents}
    for each in block.body:
        if each.block is None or each.name != "location" or location_key(each.args) in listed:
            continue
        take_ours(editor, each.block, _needed(each.block))
        for at in range(len(each.block.body) - 1, -1, -1):
            if any(map(_SHARED.search, each.block.body[at].args)):
                remove(each.block, at)


def _needed(location: Block) -> set[Key]:
    """Return what sets the path that a service gets, where the location still passes it on."""
    passed = (argument for each in location.body if each.name == "proxy_pass" for argument in each.args)
    if not any(_REST in argument for argument in passed):
        return set()
    capture = f"(?<{_REST.lstrip('$')}>"
    return {key(each) for each in location.body if each.name == "if" and any(capture in word for word in each.args)}


def proxied(location: Block) -> str:
    """Return what a location's `proxy_pass` says, "" where it has none; our variable for a path is one.

    `grpc_pass` is one, too. Without a scheme it is that of `grpc://`.
    """
    found = next((each for each in location.body if each.name in _PASSES and each.args), None)
    target = outer(found.args[0]).replace(_REST, "/") if found else ""
    return f"grpc://{target}" if found and found.name == _GRPC and "://" not in target else target


def is_used(document: Block, upstream: Statement) -> bool:
    """Whether something in a file leads to an `upstream` block."""
    targets = (each.args[0] for each, _depth in walk(document) if each.name.endswith("_pass") and each.args)
    return any(
        re.search(rf"(?:\A|//){re.escape(name)}(?=[:/]|\Z)", target) for target in targets for name in upstream.args
    )


def is_taken(location: Block) -> bool:
    """Whether a route has taken an owner's location over: it names something that only we make."""
    return any("constellation_edge_" in argument for each in location.body for argument in each.args)


def is_adopted(document: Block) -> bool:
    """Whether an owner's server in a file holds something of ours."""
    return any(
        is_marked(parent, at)
        for server in servers_of(document)
        if server.block is not None and not is_marked(Block([server]), 0)
        for parent, at in places(server.block)
    )


def _take(editor: Reconciler, block: Block, at: int) -> None:
    if block.body[at].block is None:
        remove(block, at)
    else:
        editor.discard(block, at)
