# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what is wrong with the files of an inventory as files, before anything in them is believed.

Ansible only warns of a file that is not there, is no YAML, or has a key twice, and goes on with what is left.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .._keys.nearest import CLOSE
from .yaml_numbers import number_faults
from .yaml_text import ENCRYPTED, Fault, faults
from .yaml_tree import inventory_faults

# Where Ansible looks when no inventory is named.
DEFAULT_SOURCE = "/etc/ansible/hosts"
# What Ansible's own plugin for YAML takes; JSON is YAML.
_ENDINGS = (".yml", ".yaml", ".json")
_VARIABLES = ("group_vars", "host_vars")


@dataclass(frozen=True)
class FileProblem:
    """A mistake with its file; `line` is 0 where it is about the whole."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        """Return `file:line: text`."""
        place = f"{os.path.relpath(self.file)}{f':{self.line}' if self.line else ''}: " if self.file else ""
        return place + self.text


def file_problems(sources: Iterable[str]) -> list[FileProblem]:
    """Return the mistakes of each source that is a file, and of the files with variables beside it."""
    problems: list[FileProblem] = []
    folders: dict[str, None] = {}
    for source in sources:
        if "," in source:
            continue  # a list of hosts
        if not os.path.exists(source):
            problems.append(_missing(source))
            continue
        is_folder = os.path.isdir(source)
        folders[source if is_folder else os.path.dirname(source)] = None
        for file in _files(source, deep=False) if is_folder else [source]:
            if file.endswith(_ENDINGS) and not os.access(file, os.X_OK):
                problems += _read(file, is_inventory=True)
    for folder in folders:
        for name in _VARIABLES:
            for file in _files(os.path.join(folder, name), deep=True):
                if file.endswith(_ENDINGS) or "." not in os.path.basename(file):
                    problems += _read(file, is_inventory=False)
    return problems


def extra_problems(extra: Iterable[str]) -> list[FileProblem]:
    """Return the mistakes of what the command gives with `-e`: a file behind `@`, YAML, or `name=text` pairs.

    The pairs are text to Ansible, in which no number is taken for another one.
    """
    problems: list[FileProblem] = []
    for each in map(str.__str__, extra):  # PyYAML's C reader takes no text that Ansible has tagged
        if each.startswith("@"):
            path = os.path.expanduser(each[1:])
            problems += _read(path, is_inventory=False) if path.endswith(_ENDINGS) else []
        elif each.startswith(("{", "[")):
            problems += [FileProblem("", 0, f"-e: {fault.text}") for fault in number_faults(each)]
    return problems


def files_of(sources: Iterable[str], extra: Iterable[str]) -> list[str]:
    """Return the files whose text Ansible takes values from: those of the inventory, and those behind `-e @`."""
    found: dict[str, None] = {}
    for source in filter(os.path.exists, sources):
        folder = source if os.path.isdir(source) else os.path.dirname(source)
        found |= dict.fromkeys(_files(source, deep=False) if os.path.isdir(source) else [source])
        for name in _VARIABLES:
            found |= dict.fromkeys(_files(os.path.join(folder, name), deep=True))
    found |= {os.path.expanduser(each[1:]): None for each in map(str, extra) if each.startswith("@")}
    # What a program writes out does not stand in it.
    return [each for each in found if os.path.isfile(each) and not os.access(each, os.X_OK)]


def _missing(source: str) -> FileProblem:
    if source == DEFAULT_SOURCE:
        return FileProblem("", 0, "no inventory is named: add `-i inventory.yml` to the command")
    folder, name = os.path.split(source)
    try:
        names = sorted(each for each in os.listdir(folder) if os.path.isfile(os.path.join(folder, each)))
    except OSError:
        return FileProblem(source, 0, f"there is no folder {folder}, from which -i takes the inventory")
    close = difflib.get_close_matches(name, names, n=1, cutoff=CLOSE)
    others = [each for each in names if each.endswith(_ENDINGS)]
    hint = f"; did you mean '{close[0]}'?" if close else f"; beside it: {', '.join(others)}" if others else ""
    return FileProblem(source, 0, f"there is no such file, from which -i takes the inventory{hint}")


def _files(folder: str, *, deep: bool) -> Iterator[str]:
    """Return the files that Ansible reads in a folder."""
    for path, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if deep and not name.startswith("."))
        yield from (os.path.join(path, name) for name in sorted(names) if not name.startswith(".") and name[-1] != "~")


def text_of(file: str) -> tuple[str, list[FileProblem]]:
    """Return the text of a file, and why it cannot be read."""
    try:
        with open(file, encoding="utf-8") as stream:
            return stream.read(), []
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        return "", [FileProblem(file, 0, f"cannot be read: {reason}")]


def _read(file: str, *, is_inventory: bool) -> list[FileProblem]:
    text, unread = text_of(file)
    if unread or text.startswith(ENCRYPTED):
        return unread
    found: Sequence[Fault] = faults(text)
    if is_inventory and not found:
        found = inventory_faults(text)
    if not found:
        found = number_faults(text)
    return [FileProblem(file, fault.line, fault.text) for fault in found]
