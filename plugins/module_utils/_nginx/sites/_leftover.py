# SPDX-License-Identifier: GPL-3.0-or-later

"""What an owner's lines still need of the definitions that all sites share: found, renamed, written into his file.

A log format, a map or an upstream of ours goes with our files. A line of the owner's that names one would keep nginx
from starting. He gets the definition under a name that is his: the old one comes back with us.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from ..._host.names import LEFT_PREFIX, NGINX_PREFIX
from ..text.edit import is_marked, restyle
from ..text.style import Style
from ..text.tokens import BOM
from ..text.tree import Block, Statement, walk

# What a name of ours begins with, and what stands there after leaving.
_NAME = re.compile(rf"{NGINX_PREFIX}\w*")
_CAPTURE = re.compile(r"\(\?P?<(\w+)>")
_VARIABLE = re.compile(r"\$\{?(\w+)")
_PASSED = re.compile(r"(?:\A|//)([\w.-]+)")
_COMMENT = "# Needed by lines of yours in this file; the collection that made them shared definitions is gone."


@dataclass(frozen=True)
class Definition:
    """One statement at the top of a file of ours, with what it defines: `$name`, `log name` or `upstream name`."""

    statement: Statement
    names: frozenset[str]


def definitions(documents: Iterable[Block]) -> list[Definition]:
    """Return the definitions that carry our mark, in the order of the files."""
    found = []
    for document in documents:
        for at, each in enumerate(document.body):
            names = frozenset(_defined(each))
            if names and is_marked(document, at):
                found.append(Definition(each, names))
    return found


def needed(users: Iterable[Block], known: Collection[Definition]) -> list[Definition]:
    """Return the definitions that these documents use and do not hold themselves, with those that they use in turn."""
    users = list(users)
    held = {name for document in users for each in document.body for name in _defined(each)}
    # Of an earlier leaving.
    known = [each for each in known if not held.intersection(map(theirs, each.names))]
    open_names = {name for document in users for name in used(document)} - held
    wanted: list[Definition] = []
    while True:
        more = [each for each in known if each not in wanted and each.names & open_names]
        if not more:
            return [each for each in known if each in wanted]
        wanted += more
        open_names |= {name for each in more for name in used(Block([each.statement]))} - held


def used(document: Block) -> Iterator[str]:
    """Yield the names that a document uses: variables, log formats, and what a `..._pass` leads to."""
    for each, _depth in walk(document):
        for argument in each.args:
            yield from (f"${name}" for name in _VARIABLE.findall(argument))
        if each.name == "access_log" and len(each.args) > 1:
            yield f"log {each.args[1]}"
        if each.name.endswith("_pass") and each.args:
            yield from (f"upstream {name}" for name in _PASSED.findall(each.args[0]))


def rename(document: Block, names: Iterable[str]) -> None:
    """Give these names of ours, wherever a document has them, those that stay the owner's."""
    bare = {name.rpartition(" ")[2].lstrip("$") for name in names}
    for each, _depth in walk(document):
        # Names are letters, digits and underscores, so that no word has to be quoted otherwise.
        each.words[:] = [(lead, _renamed(text, bare)) for lead, text in each.words]


def theirs(name: str) -> str:
    """Return what one of our names is called after leaving."""
    return name.replace(NGINX_PREFIX, LEFT_PREFIX, 1)


def written(text: str, wanted: Iterable[Definition]) -> str:
    """Return a file's text with definitions in front of everything else, under the owner's names."""
    wanted = list(wanted)
    style = Style(eol="\r\n" if "\r\n" in text else "\n")
    block = Block([restyle(each.statement, "", style) for each in wanted])
    rename(block, {name for each in wanted for name in each.names})
    lines = [_COMMENT, *(each.dumps().strip() for each in block.body)]
    mark = BOM if text.startswith(BOM) else ""
    return mark + style.eol.join([*lines, "", ""]) + text.removeprefix(mark)


def _defined(statement: Statement) -> Iterator[str]:
    arguments = statement.args
    if statement.name == "log_format" and arguments:
        yield f"log {arguments[0]}"
    elif statement.name == "upstream" and arguments:
        yield f"upstream {arguments[0]}"
    elif statement.name in ("map", "geo") and arguments and statement.block is not None:
        yield f"${arguments[-1].lstrip('$')}"
        for each in statement.block.body:
            for word in (each.name, *each.args):
                yield from (f"${name}" for name in _CAPTURE.findall(word))


def _renamed(word: str, names: set[str]) -> str:
    return _NAME.sub(lambda found: theirs(found[0]) if found[0] in names else found[0], word)
