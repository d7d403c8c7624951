# SPDX-License-Identifier: GPL-3.0-or-later

"""Certbot's nginx plugin beside us: it is kept out while we work, and what it left when it was cut off is resolved.

Before its plugin edits nginx's files, certbot copies all of them into a checkpoint, and copies them back afterwards.
One that was killed leaves its edits and the checkpoint behind, and the next certbot that uses the plugin, even `certbot
renew` with nothing to renew, writes every one of those copies over what stands there by then.

`certbot plugins --init` would do the same at once (1.21 to 4.0: no network, no lock on nginx's folder, each file cut to
nothing and written in place, newer content lost), so it is done here: file by file, as one transaction, with newer
content kept.
"""

from __future__ import annotations

import contextlib
import glob
import gzip
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from .._host.errors import EdgeError
from .._host.files import explain, fsync_folder, read_bytes, unlink_if_there
from .._transaction.changes import Change, Write
from .._transaction.recovery import HOST, Places
from .._transaction.transaction import apply
from ._lock import holder, kept_out

# What certbot calls its checkpoints, in the order in which it takes them back: of a challenge, of an installation.
# `_nginx/sites/run` names them again: it is sent for nginx_location, which is to stay small and does not get this file.
CHECKPOINTS = ("temp_checkpoint", "IN_PROGRESS")
_CHALLENGES = "le_http_01_cert_challenge.conf"
_OPTIONS = "options-ssl-nginx.conf"
# What a challenge adds, as certbot writes it: into a server, into a server, into nginx.conf.
_LINES = (
    re.compile(
        rb"[ \t]*location\s*=\s*/\.well-known/acme-challenge/[\w-]+\s*\{\s*default_type\s+text/plain;"
        rb"\s*return\s+200\s+[\w.-]+;\s*\}[ \t]*(?:# managed by Certbot[ \t]*)?\n?"
    ),
    re.compile(
        rb"[ \t]*rewrite\s+\^\(/\.well-known/acme-challenge/\.\*\)\s+\$1\s+break;"
        rb"[ \t]*(?:# managed by Certbot[ \t]*\n?)?"
    ),
    re.compile(rb"[ \t]*include\s+\S*/" + _CHALLENGES.encode().replace(b".", rb"\.") + rb";[ \t]*\n?"),
)
_BUCKET = re.compile(rb"^[ \t]*server_names_hash_bucket_size\s+128;[ \t]*\n?", re.MULTILINE)
_ANY_BUCKET = re.compile(rb"^[^#\n]*server_names_hash_bucket_size\s", re.MULTILINE)
_NEXT_RECORD = re.compile(rb"\n(?:\d{4}-\d\d-\d\d |\Z)")
# What a write that was cut off leaves is whole pages of the file.
_PAGE = 4096


class CheckpointError(EdgeError):
    """What certbot left cannot be resolved now; the message says what to do."""


@dataclass(frozen=True)
class Certbot:
    """Where certbot has its folders, and how long, in seconds, it is waited for."""

    work: str = "/var/lib/letsencrypt"
    config: str = "/etc/letsencrypt"
    logs: str = "/var/log/letsencrypt"
    timeout: float = 120.0


CERTBOT = Certbot()


@dataclass
class Leftover:
    """One checkpoint: what is to be written because of it, and of which files what is to be told."""

    folder: str
    changes: list[Change] = field(default_factory=list)
    back: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def pending(certbot: Certbot = CERTBOT) -> list[str]:
    """Return the folders of the checkpoints that a certbot has left, or is using."""
    return [path for name in CHECKPOINTS if os.path.isdir(path := os.path.join(certbot.work, name))]


@contextlib.contextmanager
def beside_certbot(
    root: str = "/etc/nginx", *, check_mode: bool = False, certbot: Certbot = CERTBOT, host: Places = HOST
) -> Iterator[list[str]]:
    """Resolve what certbot left, keep its nginx plugin out as long as this lasts, and yield what is to be told.

    For whoever reads nginx's files in order to write them. Nothing is done on a host without that plugin; what is told
    is also whether something changed. Check mode waits for nobody and only tells. Raises CheckpointError.
    """
    if check_mode:
        yield _predicted(root, certbot)
        return
    with contextlib.ExitStack() as stack:
        # Its plugin's first step is to put this file there: without it there is nobody to keep out.
        if pending(certbot) or os.path.exists(os.path.join(certbot.config, _OPTIONS)):
            _enter(stack, root, certbot, "nginx's files cannot be read and written; nothing was changed")
        notes: list[str] = []
        if pending(certbot):
            with contextlib.ExitStack() as inner:
                _enter(inner, certbot.work, certbot, "what an earlier one left is not resolved; nothing was changed")
                notes = [_settle(leftover, root, certbot, host) for leftover in _leftovers(certbot)]
        yield notes


def resolve(
    root: str = "/etc/nginx", *, check_mode: bool = False, certbot: Certbot = CERTBOT, host: Places = HOST
) -> list[str]:
    """Take back the edits of a certbot that was cut off, set its checkpoint aside, and return what is to be told.

    A file that somebody changed after certbot keeps that change; only a challenge's own lines leave it.
    """
    with beside_certbot(root, check_mode=check_mode, certbot=certbot, host=host) as notes:
        return notes


def _predicted(root: str, certbot: Certbot) -> list[str]:
    if holder(root) is not None:
        return [f"certbot is at work now: what is in {root} may be edits that it takes back when it ends"]
    return [_told(leftover, "would be") for leftover in _leftovers(certbot)]


def _enter(stack: contextlib.ExitStack, folder: str, certbot: Certbot, purpose: str) -> None:
    stack.enter_context(kept_out(folder, certbot.timeout, purpose))


def _settle(leftover: Leftover, root: str, certbot: Certbot, host: Places) -> str:
    try:
        copies = apply(leftover.changes, root=root, backup=True, host=host)
        unlink_if_there(os.path.join(certbot.config, _CHALLENGES))
        aside = f"{leftover.folder}.set-aside-{time.strftime('%Y%m%dT%H%M%S')}"
        os.rename(leftover.folder, aside)
        fsync_folder(certbot.work)
    except EdgeError as error:
        raise CheckpointError(_unresolved(leftover, str(error))) from error
    except OSError as error:
        raise CheckpointError(_unresolved(leftover, explain(error, leftover.folder))) from error
    note = f"{_told(leftover, 'were')}. What certbot had kept is in {aside}"
    return f"{note}; what stood in the files is in {', '.join(copies)}" if copies else note


def _unresolved(leftover: Leftover, reason: str) -> str:
    return (
        f"{leftover.folder}: what a certbot left that was cut off cannot be resolved: {reason}. Compare the copies in"
        " that folder with the files, correct those, then move the folder away; the next certbot would write the"
        " copies over the files"
    )


def _told(leftover: Leftover, were: str) -> str:
    note = f"a certbot that was cut off left {leftover.folder}, which the next one would write over nginx's files"
    if leftover.back:
        note += f"; its edits {were} taken back in {', '.join(leftover.back)}"
    if leftover.kept:
        note += f"; changed by somebody else since then, and kept: {', '.join(leftover.kept)}"
    return note


def _leftovers(certbot: Certbot) -> list[Leftover]:
    return [_leftover(folder, certbot) for folder in pending(certbot)]


def _leftover(folder: str, certbot: Certbot) -> Leftover:
    """Decide for each file that a checkpoint names what is to stand there."""
    result = Leftover(folder)
    try:
        for number, path in enumerate(_names(folder)):
            now = _bytes_at(path)
            copy = _bytes_at(os.path.join(folder, f"{os.path.basename(path)}_{number}"))
            if now is None:
                # Somebody took it away since then.
                result.kept.append(path)
                continue
            wanted = _wanted(path, now, copy, certbot)
            if wanted != now:
                result.changes.append(Write(path, wanted, original=now))
                result.back.append(path)
            if copy is not None and wanted != copy:
                result.kept.append(path)
    except OSError as error:
        raise CheckpointError(_unresolved(result, explain(error, folder))) from error
    if os.path.exists(os.path.join(folder, "COMMANDS")):
        raise CheckpointError(_unresolved(result, "it holds commands, which its nginx plugin never leaves"))
    return result


def _names(folder: str) -> list[str]:
    found = _bytes_at(os.path.join(folder, "FILEPATHS"))
    return [] if found is None else os.fsdecode(found).splitlines()


def _bytes_at(path: str) -> bytes | None:
    try:
        return read_bytes(path)
    except FileNotFoundError:
        return None


def _wanted(path: str, now: bytes, copy: bytes | None, certbot: Certbot) -> bytes:
    """Return the copy where nobody but certbot wrote since then, else what is there without a challenge's lines."""
    if copy is not None and (_is_part(now, copy) or _wrote(path, now, certbot)):
        return copy
    rest = now
    for each in _LINES:
        rest = each.sub(b"", rest)
    if rest != now and copy is not None and not _ANY_BUCKET.search(copy):
        rest = _BUCKET.sub(b"", rest)
    return copy if copy is not None and rest != now and rest.split() == copy.split() else rest


def _is_part(content: bytes, whole: bytes) -> bool:
    """Tell whether the content is the whole one, or what a write of it leaves that was cut off."""
    return content == whole or (len(content) % _PAGE == 0 and whole.startswith(content))


def _wrote(path: str, content: bytes, certbot: Certbot) -> bool:
    """Tell from certbot's log, which holds the text of each file it writes, whether it wrote this one last."""
    name = os.fsencode(path)
    writing = b":Writing nginx conf tree to " + name + b":\n"
    for log in sorted(glob.glob(os.path.join(certbot.logs, "letsencrypt.log*")), key=os.path.getmtime, reverse=True):
        _before, copying, after = _log(log).rpartition(b":Creating backup of " + name + b"\n")
        if copying:
            return any(_is_text(content, rest) for rest in after.split(writing)[1:])
    return False


def _is_text(content: bytes, rest: bytes) -> bool:
    """Tell whether what follows in the log is this text, or one that a write of it was cut off from."""
    if not rest.startswith(content):
        return False
    return len(content) % _PAGE == 0 or _NEXT_RECORD.match(rest, len(content)) is not None


def _log(path: str) -> bytes:
    try:
        if path.endswith(".gz"):
            with gzip.open(path) as stream:
                return stream.read()
        return read_bytes(path)
    except (OSError, EOFError):
        return b""
