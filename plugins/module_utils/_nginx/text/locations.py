# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing the locations of one server, or of a fragment, in line with a declaration."""

from __future__ import annotations

from collections import defaultdict

from .declare import Parents, WantedLocation, shown
from .edit import insert, is_marked, open_up
from .identity import LocationKey, key, location_key
from .inclusion import Includes, nothing_included
from .marked import told_apart
from .reconcile import Reconciler
from .server import Selector, choose
from .style import indent_of
from .tokens import ConfigError
from .tree import Block, Statement, checked, first_token, read, said, says

Found = defaultdict[LocationKey, list[Statement]]


def reconcile_locations(
    editor: Reconciler, block: Block, wanted: list[WantedLocation], owner: str, *, purge: bool
) -> None:
    """Bring the locations below a block in line; `purge` removes ours that are not wanted.

    `owner` is the indentation of the block's own head. Raises ConfigError.
    """
    listed = {(*each.parents, each.key) for each in wanted if each.state != "absent"}
    inside = _in_bodies(wanted)
    for path in listed & inside:
        raise ConfigError(
            f"{editor.path}: location {shown(path[-1])} is listed and in its parent's directives; keep one"
        )
    if purge:
        _purge(editor, block, listed | inside)
    levels: dict[Parents, list[WantedLocation]] = {}
    for each in wanted:
        levels.setdefault(each.parents, []).append(each)
    # The outermost first: a parent may be one that this call makes.
    for parents in sorted(levels, key=len):
        level, indent = _descend(editor, block, parents, owner)
        _reconcile_level(editor, level, levels[parents], indent)


def _descend(editor: Reconciler, block: Block, parents: Parents, owner: str) -> tuple[Block, str]:
    """Return the block of the innermost of these locations and its indentation."""
    for parent in parents:
        same = _found(block)[parent]
        if len(same) > 1:
            raise editor.ambiguous(said(same[0]), same)
        if not same or same[0].block is None:
            raise ConfigError(f"{editor.path}: location {shown(parent)} is named as a parent, but it is not there")
        block, owner = same[0].block, indent_of(same[0].words[0][0]) or ""
    return block, owner


def _found(block: Block) -> Found:
    found: Found = defaultdict(list)
    for statement in block.body:
        if statement.block is not None and statement.name == "location":
            found[location_key(statement.args)].append(statement)
    return found


def _reconcile_level(editor: Reconciler, block: Block, wanted: list[WantedLocation], owner: str) -> None:
    found = _found(block)
    order = [each.key for each in wanted]
    for number, each in enumerate(wanted):
        same = found[each.key]
        if len(same) > 1:
            raise editor.ambiguous(said(same[0]), same)
        if each.state == "absent":
            if same:
                editor.take(block, same[0], said(same[0]))
                found[each.key] = []
            continue
        if same:
            _change(editor, block, same[0], each)
        else:
            open_up(block, owner, editor.style)
            at = _index(block, each, number, order, found)
            if not (each.before or each.after):
                at = _at_line(block, at, each.key)
            one_by_one = frozenset().union(*each.marks)
            rest = [one for one in each.body if one.name not in one_by_one and key(one) not in each.marked]
            whole = Statement(each.head.words, each.head.end, Block(rest, ("", "}")))
            made = insert(block, at, whole, editor.style, owner=owner, mark=True)
            if (len(rest) < len(each.body) or each.guards) and made.block is not None:
                # The marked ones have a mark each, and the guards their place.
                _present(editor, made.block, each._replace(owns=frozenset()), indent_of(made.words[0][0]) or "")
            found[each.key] = [made]
    wishes = [each for each in wanted if each.state != "absent" and (each.before or each.after)]
    # A wish can undo an earlier one; those that can all be met are met after as many rounds as there are of them.
    for _round in range(len(wishes) + 1):
        if not [each for each in wishes if _is_moved(editor, block, found, each, owner)]:
            return
    raise ConfigError(f"{editor.path}: {said(wishes[0].head)} and others are to stand beside one another in a circle")


def _purge(editor: Reconciler, block: Block, kept: set[Parents]) -> None:
    """Remove our locations, at whatever depth, that are not wanted."""
    levels: list[tuple[Parents, Block]] = [((), block)]
    while levels:
        parents, inside = levels.pop()
        for at in range(len(inside.body) - 1, -1, -1):
            have = inside.body[at]
            if have.block is None or have.name != "location":
                continue
            path = (*parents, location_key(have.args))
            unlisted = is_marked(inside, at) and path not in kept
            if not (unlisted and editor.discard(inside, at)):
                levels.append((path, have.block))


def _in_bodies(wanted: list[WantedLocation]) -> set[Parents]:
    """Return where the locations stand that the bodies of wanted ones hold."""
    paths: set[Parents] = set()
    left = [((*each.parents, each.key), each.body) for each in wanted if each.state != "absent"]
    while left:
        path, body = left.pop()
        for each in body:
            if each.block is not None and each.name == "location":
                left.append(((*path, location_key(each.args)), each.block.body))
                paths.add(left[-1][0])
    return paths


def _change(editor: Reconciler, parent: Block, have: Statement, wanted: WantedLocation) -> None:
    block = have.block
    if block is None:
        return
    ours = is_marked(parent, parent.body.index(have))
    before = None if editor.adopt or ours else says(have)
    if wanted.adopted is not None and not ours:
        wanted = wanted.adopted
    else:
        editor.set_head(have, wanted.head)
    owner = indent_of(have.words[0][0]) or ""
    if wanted.state == "exact":
        editor.exact(block, _giving_way(block, wanted).body, owner)
    else:
        _present(editor, block, _giving_way(block, told_apart(editor, block, wanted)), owner)
    if before is not None and says(have) != before:
        raise editor.foreign(have, said(have))


def _present(editor: Reconciler, block: Block, wanted: WantedLocation, owner: str) -> None:
    editor.present(
        block,
        wanted.body,
        owner,
        owns=wanted.owns,
        marks=wanted.marks,
        marked=wanted.marked,
        guards=wanted.guards,
    )


def _giving_way(block: Block, wanted: WantedLocation) -> WantedLocation:
    """Return what is wanted without the empty values that give way to what the block says."""
    there = {key(each) for each in block.body if each.name in wanted.yields and each.args[-1:] != [""]}
    theirs = ({key(each) for each in wanted.body if each.args[-1:] == [""]} & there) - wanted.marked
    body = [each for each in wanted.body if key(each) not in theirs]
    return wanted._replace(body=body, owns=wanted.owns - theirs)


def _index(block: Block, wanted: WantedLocation, number: int, order: list[LocationKey], found: Found) -> int:
    """Where a new location goes: its own wish, else the place that the declaration's order gives it."""
    side = wanted.before or wanted.after
    if side and len(found[side]) == 1:
        return block.body.index(found[side][0]) + (not wanted.before)
    for each in reversed(order[:number]):
        if found[each]:
            return block.body.index(found[each][0]) + 1
    for each in order[number + 1 :]:
        if found[each]:
            return block.body.index(found[each][0])
    for at in range(len(block.body) - 1, -1, -1):
        if block.body[at].name == "location":
            return at + 1
    return len(block.body)


def _at_line(block: Block, at: int, key: LocationKey) -> int:
    """Return the next place that begins a line, for one in the middle of a line; the same one where there is none.

    The order of prefixes means nothing to nginx. That of regular expressions does: they stay where they are to go.
    """
    if key[0] in ("~", "~*"):
        return at
    for line in range(at, len(block.body)):
        if line == 0 or "\n" in first_token(block, line)[0]:
            return line
    last = indent_of(first_token(block, len(block.body) - 1)[0]) if block.body else None
    return len(block.body) if last is not None or "\n" in block.close[0] else at


def _sibling(editor: Reconciler, wanted: WantedLocation, found: Found) -> Statement:
    side = wanted.before or wanted.after or ("", "")
    there = found[side]
    if len(there) != 1:
        raise ConfigError(
            f"{editor.path}: {said(wanted.head)} is to stand beside location {shown(side)}, which stands "
            f"{len(there)} times there"
        )
    return there[0]


def _is_moved(editor: Reconciler, block: Block, found: Found, wanted: WantedLocation, owner: str) -> bool:
    """Move a location that stands on the wrong side of the one it names; return whether it was moved."""
    have = found[wanted.key][0]
    sibling = _sibling(editor, wanted, found)
    at, beside = block.body.index(have), block.body.index(sibling)
    if (at < beside) is bool(wanted.before):
        return False
    if not editor.adopt and not is_marked(block, at):
        raise editor.foreign(have, said(have))
    editor.move(block, have, sibling, owner, before=bool(wanted.before))
    return True


def edit_locations(
    text: str,
    path: str,
    selector: Selector,
    wanted: list[WantedLocation],
    *,
    adopt: bool,
    purge: bool,
    warnings: list[str] | None = None,
    includes: Includes = nothing_included,
) -> str:
    """Return the text of a file with its locations brought in line; `warnings` takes what is to be told.

    Raises ConfigError.
    """
    document = read(text, path)
    editor = Reconciler(document, path, adopt, includes)
    block, server = choose(editor, selector)
    owner = "" if server is None else indent_of(server.words[0][0]) or ""
    reconcile_locations(editor, block, wanted, owner, purge=purge)
    if warnings is not None:
        warnings += editor.warnings
    return checked(document, path)
