# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print every message with which a run of the playbooks can end, as ``file:line  text``.

They are read from the sources, without running them. What varies in a message is `…`. A text is followed from where a
run ends with it (`raise`, `fail_json`, a failed proof, a problem of the inventory) back to where it is written: through
variables, parameters, fields and what functions return, by their names alone. So a text is rather found twice than not
at all.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml

from .checkout import ROOT

HOLE = "…"
# A text with fewer words of its own says nothing by itself: it is part of another message, or no message. What is put
# into another message is looked for by itself from more words on.
_FEWEST_WORDS = 3
_FEWEST_OF_A_PART = 6
# Texts for programs: nginx, nft, systemd, shells; and patterns.
_FOR_PROGRAMS = (
    "_features/claims.py",
    "_sites/nginx_sites.py",
    "_sites/answers.py",
    "_nginx/service/unit.py",
    "_transaction/staging.py",
    "_nginx/text/foreign.py",
)
_NO_PROSE = re.compile(
    r"^\#|\\[swd]|\(\?|\w\|\w|=\$|\$1|SPDX"
    r"|^(?:import |sh -c |if \(|30\d |\(sleep|sudo --|add table|mkdir -p|Keep-Alive|\(no archive)"
)
# Calls that end a run, or a line of its report, by their name: which arguments hold the text.
_ENDS: dict[str, tuple[object, ...]] = {
    "fail_json": ("msg",),
    "warn": (0,),
    "AnsibleActionFail": (0,),
    "Problem": (1, "text"),
    "Refusal": (1, "text"),
    "Mistake": (1, "text"),
    "_say": (1, "text"),
    "Proof": (2, "detail"),
    "SseFacts": ("detail",),
    "WebSocketFacts": ("detail",),
    "StreamFacts": ("detail",),
    "PortFacts": ("detail",),
    "Answer": (2,),
    "RulesOutcome": ("notes",),
}
# What only a developer sees: it ends an import.
_FOR_DEVELOPERS = ("DeclarationError",)
# Names of what a run says at its end.
_LISTS = ("problems", "warnings", "notes", "lines", "REMEDY")
_ADDS = ("append", "extend")
# Calls whose value is made of their arguments' texts.
_SHAPERS = (
    "join",
    "strip",
    "lstrip",
    "rstrip",
    "removeprefix",
    "removesuffix",
    "list",
    "sorted",
    "tuple",
    "next",
    "get",
    "format",
    "refused",
    "mask",
)
# Fields of results that hold such a text.
_FIELDS = ("reason", "problem", "problems", "note", "why", "remedy", "said")
_T = TypeVar("_T", bound=ast.AST)
_GIVES = (ast.Return, ast.Yield, ast.YieldFrom)
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, order=True)
class Message:
    """A text with which a run can end, and where it is written."""

    path: str
    line: int
    text: str


def collect(root: Path = ROOT) -> list[Message]:
    """Return the messages of the plugins, the roles and the playbooks below a folder."""
    sources = {str(path.relative_to(root)): path for path in sorted(root.glob("plugins/**/*.py"))}
    found = of_python({name: path.read_text(encoding="utf-8") for name, path in sources.items()})
    for path in sorted([*root.glob("roles/*/tasks/*.yml"), *root.glob("playbooks/**/*.yml")]):
        found += of_tasks(str(path.relative_to(root)), path.read_text(encoding="utf-8"))
    return found


def of_python(sources: dict[str, str]) -> list[Message]:
    """Return the messages of Python sources, which are given by their names."""
    index = _Index()
    for name, text in sources.items():
        index.read(name, ast.parse(text))
    follower = _Follower(index)
    for node in index.nodes:
        for end in _ends(node):
            follower.follow(end)
    return sorted(follower.found)


def of_tasks(path: str, text: str) -> list[Message]:
    """Return what the tasks `ansible.builtin.fail` and `ansible.builtin.assert` of a file say."""
    found = []
    for task in _mappings(yaml.safe_load(text)):
        for action, key in (("fail", "msg"), ("assert", "fail_msg")):
            said = (task.get(f"ansible.builtin.{action}") or {}).get(key, "")
            message = normal(re.sub(r"{{.*?}}", HOLE, str(said), flags=re.DOTALL))
            if is_message(message):
                line = text[: text.index(f"ansible.builtin.{action}")].count("\n") + 1
                found.append(Message(path, line, message))
    return found


def normal(text: str) -> str:
    """Return a text on one line, with one `…` for each part that varies."""
    return re.sub(rf"{HOLE}(?:\s*{HOLE})+", HOLE, re.sub(r"{[a-z_]*}", HOLE, " ".join(text.split())))


def is_message(text: str, fewest: int = _FEWEST_WORDS) -> bool:
    """Tell whether a text is a sentence or a part of one that means something by itself."""
    words = re.findall(r"[A-Za-z]{2,}", normal(text))
    return len(words) >= fewest and " " in text.strip(f"{HOLE} ") and not _NO_PROSE.search(text)


def _mappings(data: Any) -> Iterator[dict[str, Any]]:
    if isinstance(data, dict):
        yield data
    for each in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from _mappings(each)


def _ends(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the expressions of a node with which a run can end."""
    if isinstance(node, ast.Raise) and node.exc is not None and not _is_for_developers(node.exc):
        yield node.exc
    if isinstance(node, ast.Assign) and any(_name(target) in _LISTS for target in node.targets):
        yield node.value
    if isinstance(node, ast.AugAssign) and _name(node.target) in _LISTS:
        yield node.value
    if isinstance(node, _Function) and node.name.lstrip("_") == "notes":
        yield from (each.value for each in ast.walk(node) if isinstance(each, _GIVES) and each.value is not None)
    if not isinstance(node, ast.Call):
        return
    name = _called(node)
    if any(_adds_to(node, each) for each in _LISTS):
        yield from node.args
    if any(
        _is_true(each) for each in [*node.args[1:2], *(given.value for given in node.keywords if given.arg == "ok")]
    ):
        return  # a proof that something is as it should be
    if name in _ENDS:
        yield from (each.value for each in node.args if isinstance(each, ast.Starred))
    for wanted in _ENDS.get(name, ()):
        if isinstance(wanted, int) and wanted < len(node.args):
            yield node.args[wanted]
        yield from (each.value for each in node.keywords if each.arg == wanted)


def _is_for_developers(error: ast.expr) -> bool:
    return isinstance(error, ast.Call) and _called(error) in _FOR_DEVELOPERS


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _called(call: ast.Call) -> str:
    return _name(call.func)


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    return node.id if isinstance(node, ast.Name) else ""


@dataclass
class _Index:
    """What the sources hold, by name."""

    nodes: list[ast.AST] = field(default_factory=list)
    path_of: dict[ast.AST, str] = field(default_factory=dict)
    function_of: dict[ast.AST, _Function | None] = field(default_factory=dict)
    functions: dict[str, list[_Function]] = field(default_factory=lambda: defaultdict(list))
    classes: dict[str, list[ast.ClassDef]] = field(default_factory=lambda: defaultdict(list))
    calls: dict[str, list[ast.Call]] = field(default_factory=lambda: defaultdict(list))
    constants: dict[str, list[ast.expr]] = field(default_factory=lambda: defaultdict(list))
    methods: set[ast.AST] = field(default_factory=set)
    imported: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def read(self, path: str, tree: ast.Module) -> None:
        """Take in one source."""
        for statement in tree.body:
            if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
                targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                for target in targets:
                    self.constants[_name(target)].append(statement.value)
        self._walk(path, tree, None)

    def _walk(self, path: str, node: ast.AST, function: _Function | None) -> None:
        self.nodes.append(node)
        self.path_of[node], self.function_of[node] = path, function
        if isinstance(node, _Function):
            self.functions[node.name].append(node)
            function = node
        elif isinstance(node, ast.ClassDef):
            self.classes[node.name].append(node)
            self.methods.update(each for each in node.body if isinstance(each, _Function))
        elif isinstance(node, ast.Call):
            self.calls[_called(node)].append(node)
        elif isinstance(node, ast.ImportFrom):
            self.imported[path].update(each.name for each in node.names)
        for child in ast.iter_child_nodes(node):
            self._walk(path, child, function)

    def field_values(self, name: str) -> Iterator[ast.expr]:
        """Yield what the fields of a name are given, in calls of the dataclasses that have one."""
        for classes in self.classes.values():
            for each in classes:
                fields = [_name(part.target) for part in each.body if isinstance(part, ast.AnnAssign)]
                if name in fields:
                    for call in self.calls[each.name]:
                        yield from _arguments(call, name, fields.index(name))


def _arguments(call: ast.Call, name: str, position: int) -> Iterator[ast.expr]:
    if 0 <= position < len(call.args):
        yield call.args[position]
    yield from (each.value for each in call.keywords if each.arg == name)


class _Follower:
    """Follows expressions back to the texts that they are made of."""

    def __init__(self, index: _Index) -> None:
        self.found: set[Message] = set()
        self._index = index
        self._seen: set[tuple[ast.AST, int, int]] = set()

    def follow(self, end: ast.expr) -> None:
        """Keep the texts of an expression."""
        left = [(end, -1, _FEWEST_WORDS)]
        while left:
            node, item, fewest = left.pop()
            if (node, item, fewest) not in self._seen:
                self._seen.add((node, item, fewest))
                text = template(node)
                self._keep(node, text, fewest)
                within = fewest if text is None else _FEWEST_OF_A_PART
                left += ((source, part, within) for source, part in self._sources(node, item))

    def _keep(self, node: ast.expr, text: str | None, fewest: int) -> None:
        path = self._index.path_of[node]
        if text is not None and is_message(text, fewest) and not path.endswith(_FOR_PROGRAMS):
            self.found.add(Message(path, node.lineno, normal(text)))

    def _sources(self, node: ast.expr, item: int) -> Iterator[tuple[ast.expr, int]]:
        """Yield what an expression is made of, each with the item of a tuple that is meant, or -1."""
        if template(node) is not None:
            yield from ((each, -1) for each in _holes(node))
        elif isinstance(node, ast.Name):
            yield from self._of_name(node, item)
        elif isinstance(node, ast.Attribute) and node.attr in _FIELDS:
            yield from ((value, -1) for value in self._index.field_values(node.attr))
        elif isinstance(node, ast.Call):
            yield from self._of_call(node, item)
        elif isinstance(node, ast.Tuple) and node.elts and _is_true(node.elts[0]):
            return
        elif isinstance(node, ast.Tuple) and 0 <= item < len(node.elts) and not isinstance(node.elts[0], ast.Tuple):
            yield node.elts[item], -1
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            yield node.value, node.slice.value if isinstance(node.slice.value, int) else -1
        elif isinstance(node, ast.IfExp):
            yield from ((node.body, item), (node.orelse, item))
        elif isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
            yield node.elt, item
        elif isinstance(
            node, (ast.BoolOp, ast.BinOp, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.Subscript, ast.Starred)
        ):
            yield from ((child, item) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))

    def _of_call(self, node: ast.Call, item: int) -> Iterator[tuple[ast.expr, int]]:
        name = _called(node)
        is_method = isinstance(node.func, ast.Attribute)
        every = self._index.functions.get(name, [])
        found = [each for each in every if (each in self._index.methods) is is_method]
        for function in self._meant(found, name, node):
            yield from ((each.value, item) for each in self._own(function, _GIVES) if each.value is not None)
        if name in _SHAPERS or name.endswith("Error") or name in self._index.classes.keys() - _ENDS:
            yield from ((each, -1) for each in node.args)
            yield from ((each.value, -1) for each in node.keywords)
        if name in _SHAPERS and isinstance(node.func, ast.Attribute):
            yield node.func.value, item

    def _meant(self, found: list[_T], name: str, node: ast.AST) -> list[_T]:
        """Return those of the same file; where there are none, those it imports, or the one method of that name."""
        path = self._index.path_of[node]
        here = [each for each in found if self._index.path_of[each] == path]
        known = name in self._index.imported[path] or (isinstance(node, ast.Call) and len(found) == 1)
        return here or (found if known else [])

    def _own(self, function: _Function, kind: tuple[type[Any], ...]) -> Iterator[Any]:
        for node in ast.walk(function):
            if isinstance(node, kind) and self._index.function_of[node] is function:
                yield node

    def _of_name(self, node: ast.Name, item: int) -> Iterator[tuple[ast.expr, int]]:
        function = self._index.function_of[node]
        bound = list(_bound(function, node.id)) if function else []
        if bound:
            yield from ((value, item if at < 0 else at) for value, at in bound)
        elif function and node.id in (names := [each.arg for each in [*function.args.args, *function.args.kwonlyargs]]):
            position = names.index(node.id) - (names[0] in ("self", "cls"))
            for call in self._index.calls[function.name]:
                yield from ((value, item) for value in _arguments(call, node.id, position))
        else:
            found = self._meant(self._index.constants.get(node.id, []), node.id, node)
            yield from ((value, item) for value in found)


def _adds_to(call: ast.Call, name: str) -> bool:
    return _called(call) in _ADDS and isinstance(call.func, ast.Attribute) and _name(call.func.value) == name


def _bound(function: _Function, name: str) -> Iterator[tuple[ast.expr, int]]:
    """Yield what a name of a function is bound to, and which item of it, or -1 for all of it."""
    for node in ast.walk(function):
        pairs: Iterable[tuple[ast.expr, ast.expr | None]] = ()
        if isinstance(node, ast.Assign):
            pairs = ((target, node.value) for target in node.targets)
        elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr)):
            pairs = ((node.target, node.value),)
        elif isinstance(node, (ast.For, ast.comprehension)):
            pairs = ((node.target, node.iter),)
        elif isinstance(node, ast.Call) and _adds_to(node, name):
            yield from ((each, -1) for each in node.args)
        for target, value in pairs:
            if value is not None and _name(target) == name:
                yield value, -1
            elif value is not None and isinstance(target, ast.Tuple):
                yield from ((value, place) for place, each in enumerate(target.elts) if _name(each) == name)


def _holes(node: ast.expr) -> Iterator[ast.expr]:
    """Yield what is put into a written text."""
    for each in ast.walk(node):
        if isinstance(each, ast.FormattedValue):
            yield each.value
        elif isinstance(each, ast.BinOp):
            yield from (side for side in (each.left, each.right) if template(side) is None)
        elif isinstance(each, ast.Call) and _called(each) == "format":
            yield from (part.value for part in each.keywords)


def template(node: ast.expr) -> str | None:
    """Return a written text with `…` for what varies; None for any other expression."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(template(part) or HOLE for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [template(node.left), template(node.right)]
        return None if parts == [None, None] else "".join(HOLE if part is None else part for part in parts)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        text = template(node.left)
        return None if text is None else re.sub(r"%[sdr]", HOLE, text)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        text = template(node.func.value)
        return None if text is None else re.sub(r"{\w*}", HOLE, text)
    return None


def main() -> None:
    """Print the messages."""
    for message in collect():
        print(f"{message.path}:{message.line}  {message.text}")


if __name__ == "__main__":
    main()
