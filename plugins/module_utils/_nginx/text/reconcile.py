# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing the statements of a block in line with wanted ones, with the fewest edits."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from difflib import SequenceMatcher

from ..._host.names import NGINX_MARK, SITE_FILES
from .declare import Marks, Owns
from .edit import comment_after, insert, is_marked, open_up, remove, set_args
from .identity import ORDERED, WITH_OFF, Key, condition, key, location_form
from .inclusion import Includes, nothing_included, spread
from .style import detect, indent_of
from .tokens import BOM, SPACE, ConfigError, listed, outer, value
from .tree import Block, Statement, comments, lines, meaning, parse, places, said, says, walk

Said = tuple[tuple[str, ...], ...]
# What may keep nginx from a condition behind it, and what else may where that one only lets a request through.
_ENDS = frozenset(["break"])
_ANSWERS = frozenset(["break", "if", "return", "rewrite"])


class Reconciler:
    """Edits one file's tree.

    With `adopt`, what lacks our mark may be changed where the declaration names it; else that is a ConfigError with
    file and line. `warnings` tells what stays although it is no longer wanted.
    """

    def __init__(self, document: Block, path: str, adopt: bool, includes: Includes = nothing_included) -> None:
        """Remember the text and its statements, so that messages can name lines of the file on disk.

        `includes` reads the files that a server in it includes.
        """
        self.document = document
        self.path = path
        self.adopt = adopt
        self.includes = includes
        self.warnings: list[str] = []
        if document.body and document.body[0].words[0][1].startswith(BOM):
            self.warnings.append(
                f"{path}: begins with a byte order mark, which nginx takes for a part of the first word"
            )
        self._text = document.dumps()
        self.style = detect(document, self._text)
        self._order = [statement for statement, _depth in walk(document)]
        self._lines: dict[int, int] = {}

    def place(self, statement: Statement) -> str:
        """`file:line` of a statement in the file as it was read."""
        if not self._lines:
            # The tree may be edited by now: the lines are those of the file on disk.
            twins = lines(parse(self._text))
            self._lines = {id(each): line for each, (_twin, line) in zip(self._order, twins, strict=True)}
        line = self._lines.get(id(statement))
        return self.path if line is None else f"{self.path}:{line}"

    def foreign(self, statement: Statement, what: str) -> ConfigError:
        """Return the error for a statement that is not ours; `what` says it in a message's words."""
        return ConfigError(
            f"{self.place(statement)}: {what} is there already and was not made by constellation.edge. "
            "Say 'adopt: true' to let it be changed, or take it out of the file or out of the declaration"
        )

    def ambiguous(self, what: str, found: list[Statement]) -> ConfigError:
        """Return the error for several candidates."""
        places = listed([self.place(each) for each in found], ", ")
        return ConfigError(f"{what} stands {len(found)} times: {places}. Keep one of them, then run again")

    def move(self, block: Block, have: Statement, beside: Statement, owner: str, *, before: bool) -> None:
        """Put a statement in front of another one of its block, or behind it, with the comment on its line."""
        comment = comment_after(block, block.body.index(have)).strip(SPACE)
        remove(block, block.body.index(have))
        at = block.body.index(beside) + (not before)
        insert(block, at, have, self.style, owner=owner, comment=comment, as_is=True)

    def take(self, parent: Block, have: Statement, what: str) -> None:
        """Remove a block that is to be absent. Raises ConfigError when it, or something in it, is not ours."""
        at = parent.body.index(have)
        if not self.adopt:
            if not is_marked(parent, at):
                raise self.foreign(have, what)
            inside = None if have.block is None else _foreign_inside(have.block)
            if inside is not None:
                raise self.foreign(have, f"{inside} in {what}")
        remove(parent, at)

    def discard(self, parent: Block, at: int) -> bool:
        """Remove a statement of ours that is no longer wanted, and return whether it went.

        A block that holds a block or a comment of its owner stays, with a warning.
        """
        have = parent.body[at]
        inside = _foreign_inside(have.block) if have.block is not None else None
        if inside is None:
            remove(parent, at)
            return True
        self.warnings.append(
            f"{self.place(have)}: this {outer(have.name)} is not listed any more but stays, because {inside} in it was "
            "not made by constellation.edge. Take that out, or remove the whole block by hand"
        )
        return False

    def present(
        self,
        block: Block,
        wanted: list[Statement],
        owner: str,
        *,
        mark: bool = False,
        owns: Owns = frozenset(),
        marks: Marks = (),
        marked: Collection[Key] = (),
        guards: Owns = frozenset(),
    ) -> None:
        """Set the wanted statements and leave the others.

        Blocks that are made carry our mark; with `mark` single statements do, too, and those of a key in `marked`. Of
        the directives that `owns` names none is left beside the wanted ones. Of those that a group of `marks` names,
        ours are the ones with our mark: none of them is left beside the wanted ones, and the others are their owner's.
        Both in one block are refused, since nginx takes some of them once, and of others the order decides. The
        conditions that `guards` names stand in the order in which they are wanted, in front of what else may keep nginx
        from them.
        """
        one_by_one = frozenset().union(*marks)
        theirs = self._of_their_owner(block, wanted, marks)
        self._remove_owned(block, wanted, owns | one_by_one, mark, theirs)
        by_key: defaultdict[Key, list[Statement]] = defaultdict(list)
        for statement in block.body:
            if id(statement) not in theirs:
                by_key[key(statement)].append(statement)
        keys = [key(each) for each in wanted]
        counts = Counter(keys)
        used: Counter[Key] = Counter()
        anchor: Statement | None = None
        ordered: Statement | None = None
        for at, (identity, each) in enumerate(zip(keys, wanted, strict=True)):
            found = by_key[identity]
            number = used[identity]
            used[identity] += 1
            if len(found) > counts[identity]:
                equal = [have for have in found if says(have) == says(each)]
                if not equal:
                    raise self.ambiguous(outer(each.name), found)
                here = equal[0]
            elif number < len(found):
                here = found[number]
                self._update(block, here, each, mark)
            else:
                open_up(block, owner, self.style)
                later = (by_key[other][0] for other in keys[at + 1 :] if by_key[other])
                index = self._index_for(block, each, anchor, ordered, later)
                here = insert(
                    block,
                    index,
                    each,
                    self.style,
                    owner=owner,
                    mark=mark or each.block is not None or each.name in one_by_one or identity in marked,
                )
            if each.name in ORDERED:
                if ordered is not None and block.body.index(here) < block.body.index(ordered):
                    self._permit(block, here, mark)
                    self.move(block, here, ordered, owner, before=False)
                ordered = here
                ends = _ends_before(block, here, guards) if identity in guards else None
                if ends is not None:
                    self._permit(block, here, mark)
                    self.move(block, here, ends, owner, before=True)
            anchor = here

    def _of_their_owner(self, block: Block, wanted: list[Statement], marks: Marks) -> set[int]:
        """Return, by identity, the statements of `marks` without our mark. Raises ConfigError for one beside ours."""
        found: set[int] = set()
        for group in marks:
            ours = next((each for each in wanted if each.name in group), None)
            marked = {id(each) for at, each in enumerate(block.body) if is_marked(block, at)}
            # What an include in it says is said there, too.
            for each, included in spread(block, self.includes) if group else ():
                if each.name in group and id(each) not in marked:
                    found.add(id(each))
                    if ours is not None:
                        raise ConfigError(
                            f"{included or self.place(each)}: {outer(each.name)} of yours stands where"
                            f" constellation.edge is to write {outer(ours.name)}. Take it out of the file, or take ours"
                            " out of the declaration"
                        )
        return found

    def _remove_owned(
        self, block: Block, wanted: list[Statement], owns: Owns, mark: bool, theirs: Collection[int] = ()
    ) -> None:
        """Remove the owned statements that are not wanted; of those of one key the ones that are right stay first.

        One that says "off" is no neighbour of others of its name.
        """
        off = {(each.name, each.args[:1] != ["off"]) for each in wanted if each.name in WITH_OFF}
        right = {says(each) for each in wanted}
        room = Counter(key(each) for each in wanted)
        owned = [
            each
            for each in block.body
            if id(each) not in theirs
            and (each.name in owns or key(each) in owns or (each.name, each.args[:1] == ["off"]) in off)
        ]
        for each in sorted(owned, key=lambda have: says(have) not in right):
            if room[key(each)] > 0:
                room[key(each)] -= 1
            else:
                self._permit(block, each, mark)
                remove(block, block.body.index(each))

    def _permit(self, block: Block, have: Statement, mark: bool) -> None:
        if mark and not self.adopt and not is_marked(block, block.body.index(have)):
            raise self.foreign(have, outer(have.name))

    def _update(self, parent: Block, have: Statement, wanted: Statement, mark: bool) -> None:
        if says(have) == says(wanted):
            return
        self._permit(parent, have, mark)
        self.set_head(have, wanted)
        if have.block is not None and wanted.block is not None:
            have.block.lua = wanted.block.lua
            self.exact(have.block, wanted.block.body, indent_of(have.words[0][0]) or "")

    @staticmethod
    def set_head(have: Statement, wanted: Statement) -> None:
        """Give a statement the wanted arguments, unless it says the same in another way."""
        if wanted.name == "if" and condition(have.args) == condition(wanted.args):
            return
        is_location = have.block is not None and wanted.name == "location"
        if is_location and location_form(have.args) == location_form(wanted.args):
            return
        words = wanted.words[1:]
        if wanted.name == "error_page":
            # The codes are what identifies it, in whatever order.
            codes = [word for word in have.words[1:-1] if value(word[1]).isdigit()]
            words = codes + words[len(codes) :]
        set_args(have, words)

    @staticmethod
    def _index_for(
        block: Block,
        wanted: Statement,
        anchor: Statement | None,
        ordered: Statement | None,
        later: Iterator[Statement],
    ) -> int:
        """Behind the last of the same name, else behind the one wanted before it, else before the first block.

        Where the order decides: behind the one wanted before it, else before the first of those wanted after it.
        """
        if wanted.name in ORDERED:
            if ordered is not None:
                return block.body.index(ordered) + 1
            behind = next((each for each in later if each.name in ORDERED), None)
            if behind is not None:
                return block.body.index(behind)
        is_block = wanted.block is not None
        for at in range(len(block.body) - 1, -1, -1):
            have = block.body[at]
            if have.name == wanted.name and (have.block is not None) is is_block:
                return at + 1
        if anchor is not None:
            return block.body.index(anchor) + 1
        stop = ("server",) if block.is_file else None
        for at, have in enumerate(block.body):
            if have.block is not None and (stop is None or have.name in stop):
                return at
        return len(block.body)

    def exact(self, block: Block, wanted: list[Statement], owner: str) -> None:
        """Make a block hold exactly the wanted statements in their order; what is right already stays as written."""
        pending = [(block, wanted, owner)]
        while pending:
            block, wanted, owner = pending.pop()
            if meaning(block) == meaning(Block(wanted, ("", "}"))):
                continue
            if wanted:
                open_up(block, owner, self.style)
            have = [says(each) for each in block.body]
            want = [says(each) for each in wanted]
            changes = [each for each in SequenceMatcher(None, have, want, False).get_opcodes() if each[0] != "equal"]
            moved = self._moved(block, have, [at for change in changes for at in range(change[1], change[2])])
            for _tag, low, high, first, last in reversed(changes):
                pending.extend(self._replace(block, low, high, wanted[first:last], owner, moved))

    @staticmethod
    def _moved(block: Block, said: list[Said], places: list[int]) -> dict[Said, tuple[Statement, str]]:
        """Return twins of the statements at these places, with their comments, for where they may be wanted."""
        return {
            said[at]: (Statement(list(each.words), each.end, each.block), comment_after(block, at))
            for at, each in ((at, block.body[at]) for at in places)
        }

    def _replace(
        self,
        block: Block,
        low: int,
        high: int,
        wanted: list[Statement],
        owner: str,
        moved: dict[Said, tuple[Statement, str]],
    ) -> list[tuple[Block, list[Statement], str]]:
        """Turn the statements from `low` to `high` into the wanted ones; returns the nested blocks left to do."""
        nested: list[tuple[Block, list[Statement], str]] = []
        rest = [(key(each), each) for each in wanted]
        room = Counter(identity for identity, _each in rest)
        at = high - 1
        while at >= low or rest:
            have = block.body[at] if at >= low else None
            identity = () if have is None else key(have)
            if have is not None and rest and identity == rest[-1][0]:
                each = rest.pop()[1]
                room[identity] -= 1
                self.set_head(have, each)
                if have.block is not None and each.block is not None:
                    have.block.lua = each.block.lua
                    nested.append((have.block, each.block.body, indent_of(have.words[0][0]) or ""))
                at -= 1
            elif have is not None and not room[identity]:
                remove(block, at)
                at -= 1
            else:
                identity, each = rest.pop()
                room[identity] -= 1
                twin, comment = moved.pop(says(each), (each, ""))
                as_is, mark = twin is not each, each.block is not None
                insert(block, at + 1, twin, self.style, owner=owner, mark=mark, comment=comment, as_is=as_is)
        return nested


def _ends_before(block: Block, guard: Statement, guards: Owns) -> Statement | None:
    """Return the first statement beside the guards that may keep nginx from a condition behind it.

    Of one that lets a request through to its location, by `break` alone, that is whatever answers or sends it away.
    """
    body = guard.block.body if guard.block is not None else []
    ends = _ANSWERS if {each.name for each in body} == _ENDS else _ENDS
    before = (each for each in block.body[: block.body.index(guard)] if key(each) not in guards)
    return next((each for each in before if _is_end(each, ends)), None)


def _is_end(statement: Statement, ends: frozenset[str]) -> bool:
    if statement.name in ends or (statement.name == "rewrite" and "break" in statement.args[2:]):
        return True
    # An owner's lines of the inventory may answer.
    if statement.name == "include" and any(each.startswith(f"{SITE_FILES}/") for each in statement.args):
        return True
    return (
        statement.name == "if"
        and statement.block is not None
        and any(_is_end(each, ends) for each in statement.block.body)
    )


def _foreign_inside(block: Block) -> str | None:
    """Return in words the first block or comment in a block of ours that is its owner's; None without one."""
    inside = Block(block.body, block.close)
    for parent, at in places(inside):
        if parent.body[at].block is not None and not is_marked(parent, at):
            return said(parent.body[at])
    return next((repr(outer(text)) for _line, text in comments(inside) if text.rstrip() != NGINX_MARK), None)
