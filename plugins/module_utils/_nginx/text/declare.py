# SPDX-License-Identifier: GPL-3.0-or-later

"""From a declaration (Ansible's values) to statements; nothing in it can write outside its own directive."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from .identity import Key, LocationKey, key, location_key
from .tokens import LONGEST, ConfigError, SyntaxRefused, inner, outer
from .tree import Block, Statement, parse, said, walk

_NAME = re.compile(r"[A-Za-z0-9_]+\Z")


def directives(wanted: object, where: str) -> list[Statement]:
    """Return the statements of a mapping (name to arguments in nginx's own notation) or of a text.

    In a mapping a list gives several statements, a mapping a block, nothing a directive without arguments. `where` is
    for messages. Raises ConfigError.
    """
    if wanted is None or wanted == "":
        return []
    if isinstance(wanted, str):
        if "\0" in wanted:
            raise ConfigError(f"{where}: the text holds a zero byte")
        return _checked(_parsed(inner(wanted), where), where)
    if not isinstance(wanted, Mapping):
        raise ConfigError(f"{where}: directives are a mapping or a text, not {type(wanted).__name__}")
    return _checked(_from_mapping(wanted, where), where)


def _from_mapping(wanted: Mapping[object, object], where: str) -> list[Statement]:
    found: list[Statement] = []
    # A work list instead of recursion: (target, mapping).
    pending: list[tuple[list[Statement], Mapping[object, object]]] = [(found, wanted)]
    while pending:
        target, mapping = pending.pop()
        for name, given in mapping.items():
            head = _text(name, f"{where}: a directive's name")
            if isinstance(given, Mapping):
                block = _one(f"{head} {{}}", f"{where}: {head!r}", block=True)
                target.append(block)
                if block.block is not None:
                    pending.append((block.block.body, given))
                continue
            for each in given if isinstance(given, Sequence) and not isinstance(given, str) else [given]:
                target.append(_simple(head, each, where))
    return found


def _simple(name: str, given: object, where: str) -> Statement:
    place = f"{where}: {outer(name)}"
    arguments = "" if given is None else _text(given, place)
    statement = _one(f"{name} {arguments};", place, block=False)
    if statement.words[0][1] != name:
        raise ConfigError(f"{place}: is not the name of one directive; arguments belong into its value")
    return statement


def _text(given: object, place: str) -> str:
    """One value on one line, as this package holds text."""
    if isinstance(given, bool):
        return "on" if given else "off"
    if not isinstance(given, (str, int, float)):
        raise ConfigError(f"{place}: {type(given).__name__} is not a value of a directive; write a string")
    text = inner(str(given))
    if "\n" in text or "\r" in text or "\0" in text:
        raise ConfigError(f"{place}: a value stands on one line; it holds a line end: {str(given)!r}")
    return text


def _one(text: str, place: str, *, block: bool) -> Statement:
    """Exactly one statement of the given kind, without a comment; else a ConfigError."""
    try:
        document = parse(text)
    except SyntaxRefused as error:
        raise ConfigError(
            f"{place}: {outer(text)!r} is not one complete directive: {error.reason}. "
            "Quote what holds ';', '{', '}' or '#'"
        ) from None
    body = document.body
    if len(body) != 1 or (body[0].block is not None) is not block or document.close[0]:
        raise ConfigError(f"{place}: {outer(text)!r} is more than one directive. Quote what holds ';' or '{{'")
    if body[0].block is not None and body[0].block.lua is not None:
        raise ConfigError(f"{place}: {outer(text)!r} takes Lua, which a mapping cannot say; write a text")
    if body[0].block is not None and (body[0].block.body or body[0].block.close[0]):
        raise ConfigError(f"{place}: {outer(text)!r} is more than the head of one block")
    if any("#" in lead for lead, _text in body[0].words):
        raise ConfigError(f"{place}: {outer(text)!r} holds a comment; quote the argument that begins with '#'")
    return body[0]


def _parsed(text: str, where: str) -> list[Statement]:
    try:
        return parse(text).body
    except SyntaxRefused as error:
        raise ConfigError(
            f"{where}: line {error.line}, column {error.column} of the text: {error.reason}. "
            "The text must be complete directives with balanced braces and quotes"
        ) from None


def _checked(statements: list[Statement], where: str) -> list[Statement]:
    longest = max((len(text) for each, _depth in walk(Block(statements)) for _lead, text in each.words), default=0)
    if longest > LONGEST:
        raise ConfigError(f"{where}: an argument of {longest} bytes is longer than nginx reads ({LONGEST} bytes)")
    return statements


def location_head(text: str, where: str) -> Statement:
    r"""Return an empty `location` block from its arguments in nginx's notation, such as `= /x` or `~ \.php$`."""
    place = f"{where}: location {text!r}"
    statement = _one(f"location {_text(text, place)} {{}}", place, block=True)
    if not 2 <= len(statement.words) <= 3 or statement.words[0][1] != "location":
        raise ConfigError(f"{place}: takes a path, or a modifier and a path; quote a path with a space")
    if len(statement.words) == 3 and statement.args[0] not in ("=", "^~", "~", "~*"):
        raise ConfigError(f"{place}: {statement.args[0]!r} is not a modifier; nginx has =, ^~, ~ and ~*")
    return statement


def owned_directive(given: object, where: str) -> Statement:
    """Return a directive that `owns` names, or a block with its braces. Raises ConfigError."""
    try:
        text = _text(given, where)
        is_block = text.rstrip().endswith("}")
        statement = _one(text if is_block else f"{text};", where, block=is_block)
    except ConfigError:
        statement = None
    if statement is None or not _NAME.match(statement.words[0][1]):
        raise ConfigError(f"{where}: {str(given)!r} is not the name of a directive")
    return statement


def shown(key: LocationKey) -> str:
    """Return the identity of a location in nginx's notation, for messages."""
    modifier, name = key
    return outer(f"{modifier}{name}" if modifier in ("", "@") else f"{modifier} {name}")


def key_of(text: str, where: str) -> LocationKey:
    """Return the identity of a location given in nginx's notation."""
    return location_key(location_head(text, where).args)


def listen(text: str, where: str) -> Statement:
    """Return a `listen` directive from its arguments in nginx's notation."""
    statement = _simple("listen", text, where)
    if len(statement.words) < 2:
        raise ConfigError(f"{where}: listen needs an address or a port")
    return statement


# Names of directives, and keys of single ones among those of a name.
Owns = frozenset[str | Key]
# Groups of directives that are told apart by our mark, one by one; see `WantedLocation`.
Marks = tuple[frozenset[str], ...]
Parents = tuple[LocationKey, ...]

# The arguments of a location in a module's declaration.
STATE: dict[str, Any] = {"type": "str", "choices": ["present", "exact", "absent"], "default": "present"}
GUARDS: dict[str, Any] = {"type": "list", "elements": "str", "default": []}
LOCATION: dict[str, Any] = {
    "location": {"type": "str", "required": True},
    "directives": {"type": "raw"},
    "state": STATE,
    "owns": {"type": "list", "elements": "str", "default": []},
    "yields": {"type": "list", "elements": "str", "default": []},
    "marks": {"type": "list", "elements": "list", "default": []},
    "marked": {"type": "dict"},
    "guards": GUARDS,
    "adopted": {
        "type": "dict",
        "options": {
            "directives": {"type": "raw"},
            "owns": {"type": "list", "elements": "str", "default": []},
            "yields": {"type": "list", "elements": "str", "default": []},
            "marks": {"type": "list", "elements": "list", "default": []},
            "marked": {"type": "dict"},
            "guards": GUARDS,
        },
    },
    "parents": {"type": "list", "elements": "str", "default": []},
    "before": {"type": "str"},
    "after": {"type": "str"},
}


class WantedLocation(NamedTuple):
    """One location: its head, its body and where it stands, `parents` being the locations around it.

    `yields` names the directives that, declared with an empty value, are not wanted where the location has a value for
    them. `marks` are groups of names of directives that are ours one by one, by our mark behind each. `marked` has the
    keys of those statements of the body that are ours by the mark alone: others of their names may stand beside them.
    `guards` are the conditions that nothing may keep nginx from. `adopted` is what is wanted instead of body and of
    these where the location is there already without our mark.
    """

    head: Statement
    body: list[Statement]
    state: str = "present"
    before: LocationKey | None = None
    after: LocationKey | None = None
    owns: Owns = frozenset()
    parents: Parents = ()
    adopted: WantedLocation | None = None
    yields: frozenset[str] = frozenset()
    marks: Marks = ()
    marked: frozenset[Key] = frozenset()
    guards: Owns = frozenset()

    @property
    def key(self) -> LocationKey:
        """What identifies it for nginx among its siblings."""
        return location_key(self.head.args)


def locations(given: Sequence[Mapping[str, Any]] | None, where: str) -> list[WantedLocation]:
    """Return the locations of a server; two of one identity are an error."""
    found: list[WantedLocation] = []
    states: dict[Parents, str] = {}
    for each in given or []:
        one = _location(each, where)
        path = (*one.parents, one.key)
        if path in states:
            raise ConfigError(
                f"{where}, location {each['location']!r}: is listed twice; for nginx it is the same location"
            )
        states[path] = one.state
        found.append(one)
    for one in found:
        place = f"{where}, location {shown(one.key)}"
        beside = one.before or one.after
        if beside == one.key:
            raise ConfigError(f"{place}: cannot stand beside itself; name another")
        if beside and states.get((*one.parents, beside)) == "absent":
            raise ConfigError(f"{place}: is to stand beside location {shown(beside)}, which is listed as absent")
        for depth in range(1, len(one.parents) + 1):
            state = states.get(one.parents[:depth], "present")
            if state != "present":
                parent = shown(one.parents[depth - 1])
                raise ConfigError(
                    f"{place}: its parent {parent} is listed as {state}, which decides on what is in it; write this "
                    "one into its directives, or say present there"
                )
    return found


def _location(given: Mapping[str, Any], where: str) -> WantedLocation:
    place = f"{where}, location {given['location']!r}"
    before, after, adopted = given.get("before"), given.get("after"), given.get("adopted")
    if before and after:
        raise ConfigError(f"{place}: takes 'before' or 'after', not both")
    if given.get("marks") and given.get("state") == "exact":
        raise ConfigError(f"{place}: with 'exact' every line is ours; leave 'marks' out, or say 'present'")
    if given.get("marked") and given.get("state") == "exact":
        raise ConfigError(f"{place}: with 'exact' every line is ours; leave 'marked' out, or say 'present'")
    body = directives(given.get("directives"), place)
    marked = _marked(given.get("marked"), body, place)
    return WantedLocation(
        location_head(given["location"], where),
        body + marked,
        given.get("state") or "present",
        key_of(before, f"{place}, before") if before else None,
        key_of(after, f"{place}, after") if after else None,
        owned(given.get("owns"), place),
        tuple(key_of(str(parent), f"{place}, parents") for parent in given.get("parents") or []),
        None if adopted is None else _location({**adopted, "location": given["location"]}, f"{where}, adopted"),
        frozenset(given.get("yields") or []),
        _marks(given.get("marks"), place),
        frozenset(map(key, marked)),
        conditions(given.get("guards"), place),
    )


def _marked(given: object, body: Iterable[Statement], place: str) -> list[Statement]:
    """Return the single directives of `marked`, none of which the body has, too."""
    found = directives(given, f"{place}, marked")
    others = set(map(key, body))
    for each in found:
        if each.block is not None:
            raise ConfigError(f"{place}, marked: {outer(each.name)} is a block, and takes single directives alone")
        if key(each) in others:
            raise ConfigError(f"{place}, marked: {said(each)!r} stands in 'directives', too; keep it in one")
    return found


def _marks(given: Iterable[Iterable[object]] | None, place: str) -> Marks:
    """Return the groups of names; a name that stands in two of them is an error."""
    found = tuple(frozenset(map(str, group)) for group in given or [])
    twice = sorted(name for name, count in Counter(name for group in found for name in group).items() if count > 1)
    if twice:
        raise ConfigError(f"{place}, marks: {', '.join(twice)} stands in two groups; keep it in one")
    return found


def conditions(given: Iterable[object] | None, place: str) -> Owns:
    """Return the identities of the conditions that `guards` names. Raises ConfigError for what is none."""
    found: set[str | Key] = set()
    for each in given or []:
        statement = None
        with contextlib.suppress(ConfigError):
            statement = owned_directive(each, place)
        if statement is None or statement.block is None or statement.name != "if":
            raise ConfigError(f"{place}, guards: {str(each)!r} is no condition; write one as in 'if ($kept) {{}}'")
        found.add(key(statement))
    return frozenset(found)


def owned(given: Iterable[object] | None, place: str) -> Owns:
    """Return what `owns` names: a directive's name, or a name with the argument that tells one of several apart."""
    found: set[str | Key] = set()
    for each in given or []:
        statement = owned_directive(each, f"{place}, owns")
        if statement.name in ("listen", "location", "server_name"):
            raise ConfigError(f"{place}, owns: {statement.name!r} has a place of its own in the declaration")
        single = key(statement)
        if statement.block is None and len(single) == 1 < len(statement.words):
            raise ConfigError(f"{place}, owns: {each!r} is not the name of a directive: leave out its value")
        found.add(single if statement.block or len(statement.words) > 1 else statement.name)
    return frozenset(found)
