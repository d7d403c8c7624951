# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing the statements of a block in line with wanted ones, with the fewest edits."""

from __future__ import annotations

from collections import Counter, defaultdict
from difflib import SequenceMatcher

from .edit import comment_after, insert, is_marked, open_up, remove, set_args
from .errors import ConfigError
from .identity import LocationKey, location_form, location_key
from .parse import parse
from .repeatable import Key, condition, key
from .style import detect, indent_of
from .tokens import SPACE
from .tree import Block, Statement, line_of, meaning, says, walk
from .values import outer
from .wanted import WantedLocation


class Reconciler:
    """Edits one file's tree.

    With `adopt`, statements without our mark may be changed where the declaration names them; without it that is a
    ConfigError which names file and line.
    """

    def __init__(self, document: Block, path: str, adopt: bool) -> None:
        """Remember the text and its statements, so that messages can name lines of the file on disk."""
        self.document = document
        self.path = path
        self.adopt = adopt
        self.style = detect(document)
        self._text = document.dumps()
        self._order = [statement for statement, _depth in walk(document)]

    def place(self, statement: Statement) -> str:
        """`file:line` of a statement in the file as it was read."""
        at = next((at for at, each in enumerate(self._order) if each is statement), -1)
        if at < 0:
            return self.path
        original = parse(self._text)
        twin = next(each for number, (each, _depth) in enumerate(walk(original)) if number == at)
        return f"{self.path}:{line_of(original, twin)}"

    def foreign(self, statement: Statement, what: str) -> ConfigError:
        """Return the error for a statement that is not ours."""
        return ConfigError(
            f"{self.place(statement)}: {outer(what)} is there already and was not made by constellation.edge. "
            "Say 'adopt: true' to let it be changed, or take it out of the file or out of the declaration"
        )

    def ambiguous(self, what: str, found: list[Statement]) -> ConfigError:
        """Return the error for several candidates."""
        places = ", ".join(self.place(each) for each in found)
        return ConfigError(f"{outer(what)} stands {len(found)} times: {places}. Keep one of them, then run again")

    # ---- a body with the wanted statements in it -------------------------------------------------------------------

    def present(
        self,
        block: Block,
        wanted: list[Statement],
        owner: str,
        *,
        mark: bool = False,
        owns: frozenset[str] = frozenset(),
    ) -> None:
        """Set the wanted statements and leave the others.

        `mark` says that single statements here carry our mark. Of the directives that `owns` names none is left beside
        the wanted ones.
        """
        if owns:
            self._remove_owned(block, wanted, owns)
        by_key: defaultdict[Key, list[Statement]] = defaultdict(list)
        for statement in block.body:
            by_key[key(statement)].append(statement)
        counts = Counter(key(each) for each in wanted)
        used: Counter[Key] = Counter()
        anchor: Statement | None = None
        for each in wanted:
            identity = key(each)
            found = by_key[identity]
            number = used[identity]
            used[identity] += 1
            if len(found) > counts[identity]:
                equal = [have for have in found if says(have) == says(each)]
                if not equal:
                    raise self.ambiguous(each.name, found)
                anchor = equal[0]
            elif number < len(found):
                anchor = found[number]
                self._update(block, anchor, each, mark)
            else:
                open_up(block, owner, self.style)
                at = self._index_for(block, each, anchor)
                anchor = insert(block, at, each, self.style, owner=owner, mark=mark)

    @staticmethod
    def _remove_owned(block: Block, wanted: list[Statement], owns: frozenset[str]) -> None:
        """Remove the owned statements that are not wanted; of those of one key the ones that are right stay first."""
        right = {says(each) for each in wanted}
        room = Counter(key(each) for each in wanted)
        owned = [each for each in block.body if each.name in owns]
        for each in sorted(owned, key=lambda have: says(have) not in right):
            if room[key(each)] > 0:
                room[key(each)] -= 1
            else:
                remove(block, block.body.index(each))

    def _update(self, parent: Block, have: Statement, wanted: Statement, mark: bool) -> None:
        if says(have) == says(wanted):
            return
        if mark and not self.adopt and not is_marked(parent, parent.body.index(have)):
            raise self.foreign(have, have.name)
        self._set_head(have, wanted)
        if have.block is not None and wanted.block is not None:
            have.block.lua = wanted.block.lua
            self.exact(have.block, wanted.block.body, indent_of(have.words[0][0]) or "")

    @staticmethod
    def _set_head(have: Statement, wanted: Statement) -> None:
        if wanted.name == "if" and condition(have.args) == condition(wanted.args):
            return
        is_location = have.block is not None and wanted.name == "location"
        if is_location and location_form(have.args) == location_form(wanted.args):
            return
        set_args(have, wanted.words[1:])

    @staticmethod
    def _index_for(block: Block, wanted: Statement, anchor: Statement | None) -> int:
        """Behind the last of the same name, else behind the one wanted before it, else before the first block."""
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

    # ---- a body that is exactly this -------------------------------------------------------------------------------

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
            for tag, low, high, first, last in reversed(SequenceMatcher(None, have, want, False).get_opcodes()):
                if tag != "equal":
                    pending.extend(self._replace(block, low, high, wanted[first:last], owner))

    def _replace(
        self, block: Block, low: int, high: int, wanted: list[Statement], owner: str
    ) -> list[tuple[Block, list[Statement], str]]:
        """Turn the statements from `low` to `high` into the wanted ones; returns the nested blocks left to do."""
        nested: list[tuple[Block, list[Statement], str]] = []
        rest = list(wanted)
        at = high - 1
        while at >= low or rest:
            if at >= low and rest and key(block.body[at]) == key(rest[-1]):
                have, each = block.body[at], rest.pop()
                self._set_head(have, each)
                if have.block is not None and each.block is not None:
                    have.block.lua = each.block.lua
                    nested.append((have.block, each.block.body, indent_of(have.words[0][0]) or ""))
                at -= 1
            elif at >= low and (not rest or key(block.body[at]) not in [key(each) for each in rest]):
                remove(block, at)
                at -= 1
            else:
                insert(block, at + 1, rest.pop(), self.style, owner=owner)
        return nested

    # ---- locations -------------------------------------------------------------------------------------------------

    def locations(self, block: Block, wanted: list[WantedLocation], owner: str, *, purge: bool) -> None:
        """Bring the locations of one server (or of a fragment) in line; `purge` removes ours that are not wanted."""
        keys = {each.key for each in wanted if each.state != "absent"}
        if purge:
            for at in range(len(block.body) - 1, -1, -1):
                have = block.body[at]
                if (
                    have.name == "location"
                    and have.block
                    and is_marked(block, at)
                    and location_key(have.args) not in keys
                ):
                    remove(block, at)
        found: defaultdict[LocationKey, list[Statement]] = defaultdict(list)
        for statement in block.body:
            if statement.name == "location" and statement.block is not None:
                found[location_key(statement.args)].append(statement)
        order = [each.key for each in wanted]
        for number, each in enumerate(wanted):
            same = found[each.key]
            if len(same) > 1:
                raise self.ambiguous("location " + " ".join(each.head.args), same)
            if each.state == "absent":
                if same:
                    self._remove_location(block, same[0])
                    found[each.key] = []
            elif same:
                self._change_location(block, same[0], each)
            else:
                open_up(block, owner, self.style)
                at = self._location_index(block, each, number, order, found)
                whole = Statement(each.head.words, each.head.end, Block(each.body, ("", "}")))
                found[each.key] = [insert(block, at, whole, self.style, owner=owner, mark=True)]
            if each.state != "absent":
                self._keep_order(block, found, each, owner)

    def _remove_location(self, block: Block, have: Statement) -> None:
        at = block.body.index(have)
        if not self.adopt and not is_marked(block, at):
            raise self.foreign(have, "location " + " ".join(have.args))
        remove(block, at)

    def _change_location(self, parent: Block, have: Statement, wanted: WantedLocation) -> None:
        block = have.block
        if block is None:
            return
        before = None if self.adopt or is_marked(parent, parent.body.index(have)) else says(have)
        self._set_head(have, wanted.head)
        owner = indent_of(have.words[0][0]) or ""
        if wanted.state == "exact":
            self.exact(block, wanted.body, owner)
        else:
            self.present(block, wanted.body, owner, owns=wanted.owns)
        if before is not None and says(have) != before:
            raise self.foreign(have, "location " + " ".join(have.args))

    def _location_index(
        self,
        block: Block,
        wanted: WantedLocation,
        number: int,
        order: list[LocationKey],
        found: dict[LocationKey, list[Statement]],
    ) -> int:
        """Where a new location goes: its own wish, else the place that the declaration's order gives it."""
        if wanted.before or wanted.after:
            sibling = block.body.index(self._sibling(wanted, found))
            return sibling if wanted.before else sibling + 1
        for each in reversed(order[:number]):
            if found.get(each):
                return block.body.index(found[each][0]) + 1
        for each in order[number + 1 :]:
            if found.get(each):
                return block.body.index(found[each][0])
        for at in range(len(block.body) - 1, -1, -1):
            if block.body[at].name == "location":
                return at + 1
        return len(block.body)

    def _sibling(self, wanted: WantedLocation, found: dict[LocationKey, list[Statement]]) -> Statement:
        side = wanted.before or wanted.after or ("", "")
        there = found.get(side, [])
        if len(there) != 1:
            raise ConfigError(
                f"{self.path}: location {outer(' '.join(wanted.head.args))} is to stand beside location "
                f"{outer(''.join(side))}, which stands {len(there)} times there"
            )
        return there[0]

    def _keep_order(
        self, block: Block, found: dict[LocationKey, list[Statement]], wanted: WantedLocation, owner: str
    ) -> None:
        """Move a location that stands on the wrong side of the one it names."""
        if not (wanted.before or wanted.after):
            return
        have = found[wanted.key][0]
        sibling = self._sibling(wanted, found)
        at, beside = block.body.index(have), block.body.index(sibling)
        if (at < beside) is bool(wanted.before):
            return
        if not self.adopt and not is_marked(block, at):
            raise self.foreign(have, "location " + " ".join(have.args))
        comment = comment_after(block, at).strip(SPACE)
        remove(block, at)
        beside = block.body.index(sibling)
        target = beside if wanted.before else beside + 1
        insert(block, target, have, self.style, owner=owner, comment=comment, as_is=True)
