# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of users and hashes that `auth_basic_user_file` names, in a folder of ours: changed with the sites."""

from __future__ import annotations

import grp
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ..._host.names import PASSWORD_FILES, SITE_FILES
from ..._transaction.changes import Change, Original, Remove, Write, bytes_at, pending
from ..logins import openssl
from ..logins.rules import is_hash, name_fault, secret_fault
from ..text.tokens import ConfigError, outer
from ..text.tree import Block
from ._reading import names_in

_BELOW = os.path.relpath(PASSWORD_FILES, os.path.dirname(SITE_FILES))
# Nothing outside of the folder, and no hidden file.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
# Root writes, nginx's workers read.
_MODE = 0o640
# Whom the packages of Debian and Ubuntu have in their main file; base-passwd brings the group.
_USUAL_GROUP = "www-data"
# What stands for a hash that is not made, since nothing is to be written.
_NOT_MADE = "?"

Wanted = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Logins:
    """The users of one file by what happens to them: names alone.

    Who was in a file that goes is `removed` where no wanted file takes the same password from him.
    """

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Planned:
    """What is to be done, and what happens to which users, by the names of their files."""

    changes: list[Change]
    logins: dict[str, Logins]


def path_of(root: str, name: str) -> str:
    """Return the path of a file of users."""
    return os.path.join(root, _BELOW, name)


def checked(given: Mapping[str, object] | None) -> Wanted:
    """Return the files that a call gives, or raise ConfigError; no message has a password."""
    found: dict[str, dict[str, str]] = {}
    for file, users in (given or {}).items():
        where = f"password_files, {file!r}"
        if not _NAME.match(str(file)):
            raise ConfigError(f"{where}: is no name of a file: letters, digits, . _ and -")
        if not isinstance(users, Mapping) or not users:
            raise ConfigError(f"{where}: must be a mapping of users to passwords or hashes, with at least one")
        for name, secret in users.items():
            if fault := name_fault(name):
                # What stands behind a colon may be a password.
                raise ConfigError(f"{where}: a user's name {fault}")
            if fault := secret_fault(name, secret):
                raise ConfigError(f"{where}: the password of {name!r} {fault}")
        found[str(file)] = dict(users)
    return found


def planned(
    wanted: Wanted,
    root: str,
    main: Iterable[Block],
    read_after: Callable[[], Iterable[str]],
    *,
    purge: bool,
    hashes: bool = True,
) -> Planned:
    """Return what brings the folder in line with what is wanted.

    `main` are the files of nginx's main context, which say as whom the workers run. With `purge`, files go that are not
    wanted and that none of the texts of `read_after` names, which nginx will read. Without `hashes` a new password gets
    none: then nothing may be written. A hash that is there and fits its password stays. Raises ConfigError.
    """
    folder = os.path.join(root, _BELOW)
    before = {name: _before(path_of(root, name)) for name in wanted}
    lines = _lines(wanted, {name: _users(content) for name, content in before.items()}, hashes=hashes)
    found = Planned([], {})
    group = _group(main) if wanted else 0
    for name, users in lines.items():
        content = "".join(f"{user}:{secret}\n" for user, secret in users.items()).encode()
        _add(found, path_of(root, name), before[name], content, group)
    for name in _unwanted(folder, wanted, read_after) if purge else ():
        path = path_of(root, name)
        gone = _users(_before(path))
        found.changes.append(Remove(path, shown=(_text(gone), "")))
        if removed := [user for user, secret in gone.items() if not _counts_on(user, secret, wanted)]:
            found.logins[name] = Logins(removed=removed)
    return found


def _counts_on(user: str, known: str, wanted: Wanted) -> bool:
    """Whether a wanted file has the user with the password of a known hash: another file alone is no lost login."""
    secrets = {users[user] for users in wanted.values() if user in users}
    return known in secrets or any(openssl.fits(each, known) for each in secrets if not is_hash(each))


def _add(found: Planned, path: str, before: bytes | Original, content: bytes, group: int) -> None:
    was, now = _users(before), _users(content)
    said = Logins(
        added=[user for user in now if user not in was],
        changed=[user for user in now if user in was and was[user] != now[user]],
        removed=[user for user in was if user not in now],
    )
    shown = _text(was), "".join(f"{user}{': password changed' if user in said.changed else ''}\n" for user in now)
    if shown[0] == shown[1]:
        shown = shown[0], f"{shown[1]}(the file alone: order, owner, group or mode)\n"
    change = Write(path, content, _MODE, original=before, group=group, shown=shown)
    if pending([change]):
        found.changes.append(change)
        if said != Logins():
            found.logins[os.path.basename(path)] = said


def _text(users: Iterable[str]) -> str:
    return "".join(f"{user}\n" for user in users)


def _before(path: str) -> bytes | Original:
    if os.path.lexists(path) and not os.path.isfile(path):
        raise ConfigError(f"{path}: stands where a file of users belongs; move it away")
    return bytes_at(path)


def _users(content: bytes | Original) -> dict[str, str]:
    """Return the hash of each user; of two lines for one, nginx takes the first. A third part is a comment to it."""
    found: dict[str, str] = {}
    for line in content.decode("utf-8", "backslashreplace").split("\n") if isinstance(content, bytes) else ():
        name, colon, secret = line.rstrip("\r").partition(":")
        if colon and not name.startswith("#"):
            found.setdefault(name, secret.partition(":")[0])
    return found


def _lines(wanted: Wanted, known: Mapping[str, Mapping[str, str]], *, hashes: bool) -> dict[str, dict[str, str]]:
    """Return the hash of each wanted user: a ready one, the one that is there, or else a new one."""
    found: dict[str, dict[str, str]] = {}
    new: list[tuple[str, str]] = []
    for file, users in wanted.items():
        found[file] = {}
        for user, secret in users.items():
            there = known[file].get(user, "")
            if is_hash(secret):
                found[file][user] = secret
            elif there and openssl.fits(secret, there):
                found[file][user] = there
            else:
                found[file][user] = _NOT_MADE
                new.append((file, user))
    made = openssl.hashed([wanted[file][user] for file, user in new]) if hashes else []
    for (file, user), secret in zip(new, made, strict=hashes):
        found[file][user] = secret
    return found


def _unwanted(folder: str, wanted: Wanted, read_after: Callable[[], Iterable[str]]) -> list[str]:
    others = [each for each in names_in(folder) if each not in wanted and os.path.isfile(os.path.join(folder, each))]
    texts = [*read_after()] if others else []
    return [each for each in others if not any(_names(text, each) for text in texts)]


def _names(text: str, name: str) -> bool:
    """Whether a text names a file of the folder; nginx takes a path from its own folder on, too."""
    return bool(re.search(rf"(?<![\w.-]){re.escape(f'{_BELOW}/{name}')}(?![\w.-])", text))


def _group(main: Iterable[Block]) -> int:
    """Return the group of nginx's workers: the second argument of `user`, by default named as the user is."""
    said = (each for document in main for each in document.body if each.name == "user" and each.args)
    name = next((outer(each.args[-1]) for each in said), _USUAL_GROUP)
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise ConfigError(
            f"nginx's workers run as the group {name!r}, which this host does not have: correct `user` in nginx.conf"
        ) from None
