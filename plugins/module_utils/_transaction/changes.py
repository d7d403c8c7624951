# SPDX-License-Identifier: GPL-3.0-or-later

"""What a transaction changes: whole files, links and removals, and what of it is not there yet."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Union

from .._host.errors import EdgeError
from .._host.files import explained, read_bytes
from .journal import ABSENT, content_fingerprint, fingerprint


class TransactionError(EdgeError):
    """The change was refused or put back; the message names the place and the remedy."""


class Original(Enum):
    """What a candidate was made from, when it was not the bytes of a file."""

    UNKNOWN = "unknown"
    ABSENT = "absent"


@dataclass(frozen=True)
class Write:
    """A file's whole new content. A symbolic link at `path` stays: its target is edited.

    `mode` counts for a new file; an existing one keeps owner, mode and extended attributes. `original` is what the
    candidate was made from: when something else stands there by then, nothing is written. With a `group`, by its
    number, a file that is there gets that group and the mode, too. `shown` is what a diff has in the place of contents
    that nobody may see, before and after.
    """

    path: str
    content: bytes
    mode: int = 0o644
    original: bytes | Original = field(default=Original.UNKNOWN, compare=False, repr=False)
    group: int | None = None
    shown: tuple[str, str] | None = None


@dataclass(frozen=True)
class Link:
    """A symbolic link at `path` that holds `target`, made or swapped in one step."""

    path: str
    target: str


@dataclass(frozen=True)
class Remove:
    """No file and no link at `path`; a link's target stays. `shown` is as in `Write`."""

    path: str
    shown: tuple[str, str] | None = None


Change = Union[Write, Link, Remove]  # noqa: UP007 - pylint knows no other way


def pending(changes: Iterable[Change]) -> list[Change]:
    """Return the changes that differ from what is on disk, each Write with the bytes that it would replace."""
    result: list[Change] = []
    for change in _checked(changes):
        path = place_of(change)
        with explained(path, exact=True):
            now = fingerprint(path)
        if now == wanted_print(change) and _has_attributes(change, path):
            continue
        if isinstance(change, Write) and change.original is Original.UNKNOWN:
            result.append(replace(change, original=bytes_at(path)))
        else:
            result.append(change)
    return result


def after_no_change(after: Callable[[], None]) -> None:
    """Call the last step of a transaction that had nothing to change; a TransactionError tells of its failure."""
    try:
        after()
    except Exception as error:
        raise TransactionError(f"{error}; no file had been changed") from error


def diffs(changes: Iterable[Change]) -> list[dict[str, str]]:
    """Return Ansible's `diff` entries of what differs; a file that only its owner may read is not shown."""
    return [
        {"before_header": change.path, "after_header": change.path, **_shown_change(change, place_of(change))}
        for change in pending(changes)
    ]


def _checked(changes: Iterable[Change]) -> list[Change]:
    """Return the changes with exact repetitions dropped; refuse a relative path and two changes of one name."""
    seen: dict[str, Change] = {}
    for change in changes:
        if not os.path.isabs(change.path):
            raise TransactionError(f"{change.path}: give an absolute path")
        place = place_of(change)
        if seen.setdefault(place, change) != change and not _is_same(seen[place], change):
            raise TransactionError(f"{change.path}: named by two different changes of one transaction ({place})")
    return list(seen.values())


def _is_same(one: Change, other: Change) -> bool:
    return type(one) is type(other) and wanted_print(one) == wanted_print(other)


def place_of(change: Change) -> str:
    """Return the name that changes: for a Write the file behind every link, otherwise the name itself."""
    if isinstance(change, Write):
        place = os.path.realpath(change.path)
        if os.path.islink(place):
            raise TransactionError(f"{change.path}: its symbolic links lead in a circle; remove the link")
        return place
    folder, name = os.path.split(change.path.rstrip("/"))
    return os.path.join(os.path.realpath(folder), name)


def wanted_print(change: Change) -> str:
    """Return the fingerprint of what is to be at the name."""
    if isinstance(change, Write):
        return content_fingerprint(change.content)
    return "link:" + change.target if isinstance(change, Link) else ABSENT


def _has_attributes(change: Change, path: str) -> bool:
    """Whether a file has the mode and the group that a change says, where it says a group."""
    if not isinstance(change, Write) or change.group is None:
        return True
    status = os.stat(path)
    return (stat.S_IMODE(status.st_mode), status.st_gid) == (change.mode, change.group)


def bytes_at(path: str) -> bytes | Original:
    """Return what a file holds, or why that is not known."""
    try:
        return read_bytes(path)
    except FileNotFoundError:
        return Original.ABSENT
    except OSError:
        return Original.UNKNOWN


def _shown_change(change: Change, path: str) -> dict[str, str]:
    if not isinstance(change, Link) and change.shown:
        return dict(zip(("before", "after"), change.shown, strict=True))
    before: bytes | Original = b""
    after, mode = b"", getattr(change, "mode", 0o644)
    if os.path.islink(path):
        before = f"link to {os.readlink(path)}\n".encode()
    elif os.path.exists(path):
        before, mode = bytes_at(path), os.stat(path).st_mode
    if isinstance(change, Link):
        after = f"link to {change.target}\n".encode()
    elif isinstance(change, Write):
        after = change.content
    return {"before": _shown(before, mode), "after": _shown(after, mode)}


def _shown(content: bytes | Original, mode: int) -> str:
    if isinstance(content, Original) or not content:
        return ""
    return f"(private, {len(content)} bytes)\n" if mode & 0o077 == 0 else content.decode("utf-8", "backslashreplace")
