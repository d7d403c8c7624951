# SPDX-License-Identifier: GPL-3.0-or-later

"""fail2ban on this host: what it would read, what it says of values and jails, how it is tested and restarted."""

from __future__ import annotations

import contextlib
import glob
import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .._host import process as host_process
from .._host import records
from .._host.command import Run, find, run
from .._host.files import read_bytes, unlink_if_there
from .._host.names import JAIL_PATH, TEMPORARY
from .._transaction.recovery import HOST, Places
from .jail import (
    Fail2banError,
    Inherited,
    Jail,
    JailStatus,
    as_strict,
    normal_amount,
    own_values,
    parse_status,
    question,
    read_dump,
    render,
    seconds,
    unite,
)

ETC = "/etc/fail2ban"
RECORD = "fail2ban"
UNIT = "fail2ban.service"
_NGINX_LOGS = "/var/log/nginx"


@dataclass(frozen=True)
class WantedJails:
    """What is wanted. ``controller`` is the address of this run's SSH connection; ``timeout`` is in seconds."""

    jails: tuple[Jail, ...]
    ignored: tuple[str, ...] = ()
    ignore_controller: bool = True
    controller: str | None = None
    path: str = JAIL_PATH
    timeout: float = 30.0


def jail_status(name: str, call: Run = run) -> JailStatus | None:
    """Ask the running server about a jail; None where the server or the jail is missing."""
    status = call(["fail2ban-client", "status", name])
    if status.rc != 0:
        return None
    return parse_status(status.out, call(["fail2ban-client", "get", name, "actions"]).out)


class Fail2ban:
    """fail2ban on this host."""

    def __init__(self, request: WantedJails, check: bool, call: Run = run, place: Places = HOST) -> None:
        self.request = request
        self.check = check
        self.call = call
        self.place = place
        self.installed = find("fail2ban-client") is not None
        self.first = not os.path.exists(request.path)
        self.predicted = False
        self.warnings: list[str] = []
        self.notes: list[str] = []
        #: what the running server said of the jails when it was asked whether it is stale
        self.seen: dict[str, JailStatus] = {}
        #: what times and numbers were found to be
        self.amounts: dict[str, float | None] = {}

    def old_text(self) -> str | None:
        """Return our file as it is, None where there is none."""
        try:
            return read_bytes(self.request.path).decode("utf-8", "surrogateescape")
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise Fail2banError(f"{self.request.path}: {exc.strerror}: run as root (become: true)") from exc

    def usable(self) -> list[Jail]:
        """Return the jails that can run here: one missing log file would stop the whole server, sshd's jail too."""
        kept = []
        for jail in self.request.jails:
            missing = [path for path in jail.logs if path.startswith("/") and not glob.glob(path)]
            if jail.enabled and missing:
                if self._comes_with_nginx(missing):
                    self.predicted = True
                else:
                    self.warnings.append(
                        f"jail {jail.name} is left out, because {', '.join(missing)} does not exist: install what"
                        " writes it, or correct the path, and run again"
                    )
                    continue
            kept.append(jail)
        return kept

    def _comes_with_nginx(self, missing: Sequence[str]) -> bool:
        """Whether a dry run before the first run can expect these logs: nginx is to be installed on the way."""
        in_folder = all(path.startswith(_NGINX_LOGS + "/") for path in missing)
        return self.check and self.first and in_folder and not os.path.isdir(_NGINX_LOGS)

    def text(self, jails: Sequence[Jail], controller: str | None) -> str:
        """Return the file for these jails."""
        own = [controller] if controller else []
        inherited = self.inherited([jail for jail in jails if jail.enabled])
        kept, ignored = [], {}
        for jail in jails:
            theirs = inherited.get(jail.name, Inherited())
            strict, warnings, notes = as_strict(jail, own_values(jail, inherited), self.amount)
            self.warnings += warnings
            self.notes += notes
            kept.append(strict)
            ignored[jail.name] = unite(self.request.ignored, theirs.ignored, own)
        return render(kept, ignored, controller)

    def inherited(self, jails: Sequence[Jail]) -> dict[str, Inherited]:
        """Ask fail2ban what the host's own files give the jails, ours left out."""
        if not self.installed or not jails:
            return {}
        with self.staged(question(jails)) as folder:
            answer = self.call(["fail2ban-client", "-c", folder, "-d"])
        if answer.rc != 0 and self.predicted:
            return {}  # a jail of the owner's may wait for the logs of nginx, too
        if answer.rc != 0:
            raise Fail2banError(
                f"fail2ban cannot read this host's own files below {ETC}, nothing was changed: correct what it names,"
                f" and run again. It says: {answer.text.replace(folder, ETC)}"
            )
        return read_dump(answer.out)

    def amount(self, text: str) -> float | None:
        """Return a number or the seconds of a time, as fail2ban evaluates it; None where it cannot."""
        if text not in self.amounts:
            amount = seconds(text)
            self.amounts[text] = self._evaluated(text) if amount is None and text and self.installed else amount
        return self.amounts[text]

    def _evaluated(self, text: str) -> float | None:
        answer = self.call(["fail2ban-client", "--str2sec", text])
        try:
            return normal_amount(float(answer.out)) if answer.rc == 0 else None
        except ValueError:
            return None

    @contextlib.contextmanager
    def staged(self, text: str) -> Iterator[str]:
        """Hold fail2ban's whole configuration as links in a folder of its own, with `text` as our file."""
        folder = tempfile.mkdtemp(prefix=TEMPORARY)
        try:
            staged = os.path.join(folder, "fail2ban")
            shutil.copytree(ETC, staged, copy_function=os.symlink)
            name = os.path.join(staged, os.path.relpath(self.request.path, ETC))
            os.makedirs(os.path.dirname(name), exist_ok=True)
            unlink_if_there(name)
            Path(name).write_bytes(text.encode("utf-8", "surrogateescape"))
            yield staged
        except OSError as exc:
            raise Fail2banError(f"{exc.filename}: {exc.strerror}: run as root (become: true)") from exc
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def refuse(self, jails: Sequence[Jail]) -> None:
        """Refuse what fail2ban would only complain about in its log, or would die of."""
        for jail in jails:
            files = [f"{ETC}/filter.d/{jail.filter}{suffix}" for suffix in (".conf", ".local")]
            if jail.enabled and "%" not in jail.filter and not any(os.path.exists(name) for name in files):
                raise Fail2banError(
                    f"jail {jail.name}: this fail2ban has no filter {jail.filter!r} ({files[0]} does not exist):"
                    " take the jail out of the list, or name another filter"
                )
            if jail.enabled and jail.banaction.startswith("nftables") and find("nft") is None and not self.check:
                raise Fail2banError(
                    f"jail {jail.name}: banaction {jail.banaction} needs the program nft, or bans would be counted and"
                    " block nobody: install the package nftables (the role hardening does)"
                )

    def test(self, text: str) -> None:
        """Test the candidate within fail2ban's whole configuration."""
        with self.staged(text) as folder:
            answer = self.call(["fail2ban-client", "-c", folder, "-t"])
        if answer.rc != 0:
            raise Fail2banError(
                "fail2ban refuses the jails, nothing was changed: correct what it names, a value of the jail or a file"
                f" of yours below {ETC}, and run again. It says: {answer.text.replace(folder, ETC)}"
            )

    def process(self) -> tuple[int, int]:
        """Return the running server's process id and its start in clock ticks after boot; zeros where none runs."""
        answer = self.call(["systemctl", "show", "--property=MainPID", "--value", UNIT])
        pid = int(answer.out.strip()) if answer.out.strip().isdigit() else 0
        found = host_process.stat(pid)
        return (pid, found.started) if found else (0, 0)

    def loaded(self, text: str) -> bool:
        """Whether the running server has read this file: by our record of the last start, or because it began later."""
        pid, started = self.process()
        if not pid:
            return False
        if records.read(RECORD, self.place.state) == {"file": _digest(text), "pid": pid, "started": started}:
            return True
        begun = host_process.since_epoch(started)
        try:
            return begun is not None and os.stat(self.request.path).st_ctime <= begun
        except OSError:
            return False

    def record(self, text: str) -> None:
        """Remember which file the running server has read."""
        pid, started = self.process()
        records.write(RECORD, {"file": _digest(text), "pid": pid, "started": started}, self.place.state)

    def forget(self) -> None:
        """Remember that the server may have read any file of ours: one who is killed here leaves it running with it."""
        records.write(RECORD, {}, self.place.state)

    def statuses(self, jails: Sequence[Jail]) -> dict[str, JailStatus]:
        """Return what the running server says about each enabled jail."""
        return {jail.name: jail_status(jail.name, self.call) or JailStatus() for jail in jails if jail.enabled}

    def stale(self, old: str | None, text: str, jails: Sequence[Jail]) -> str:
        """Say why the server must be restarted; empty where it runs exactly what is wanted."""
        if old != text:
            return "the jails change"
        if self.call(["systemctl", "is-active", UNIT]).out.strip() != "active":
            return "fail2ban is not running"
        if not self.loaded(text):
            return "fail2ban has not read the jails that are on disk"
        self.seen = self.statuses(jails)
        dead = [name for name, status in self.seen.items() if not status.alive]
        return f"dead jails: {', '.join(dead)}" if dead else ""

    def boots(self) -> bool:
        """Whether the service starts with the host."""
        return self.call(["systemctl", "is-enabled", UNIT]).out.strip() == "enabled"

    def enable(self) -> None:
        """Have the service start with the host."""
        answer = self.call(["systemctl", "enable", UNIT])
        if answer.rc != 0:
            raise Fail2banError(
                f"`systemctl enable fail2ban` fails: {answer.text}. Correct what it names (where the unit is"
                " masked: `systemctl unmask fail2ban`) and run again"
            )

    def restart(self) -> None:
        """Restart the server. A reload loses the actions of a jail whose banaction changed (fail2ban 1.1.0)."""
        self.call(["systemctl", "reset-failed", UNIT])
        answer = self.call(["systemctl", "restart", UNIT])
        if answer.rc != 0:
            raise Fail2banError(
                f"`systemctl restart fail2ban` fails: {answer.text}. Correct what it names and run again"
                f"\n{self.complaints()}"
            )

    def wait(self, jails: Sequence[Jail], clock: Callable[[], float] = time.monotonic) -> dict[str, JailStatus]:
        """Return the status of every jail once all are alive, or raise with fail2ban's own words."""
        deadline = clock() + self.request.timeout
        while True:
            statuses = self.statuses(jails)
            dead = [name for name, status in statuses.items() if not status.alive]
            if not dead and self.process()[0]:
                return statuses
            if clock() >= deadline or self.call(["systemctl", "is-failed", UNIT]).out.strip() == "failed":
                names = ", ".join(dead) or "all"
                raise Fail2banError(
                    f"fail2ban does not bring these jails to life in {self.request.timeout:g} s: {names}."
                    f" Correct what it names and run again. It says:\n{self.complaints()}"
                )
            time.sleep(0.2)

    def complaints(self) -> str:
        """Return the last errors of fail2ban, from its log and from the journal."""
        texts = [self.call(["journalctl", "--no-pager", "--output=cat", "--lines=30", f"--unit={UNIT}"]).out]
        with contextlib.suppress(OSError):
            texts.insert(0, "\n".join(Path("/var/log/fail2ban.log").read_text("utf-8", "replace").splitlines()[-60:]))
        # fail2ban repeats its whole configuration in one line of thousands of characters
        lines = [line.strip()[:300] for text in texts for line in text.splitlines()]
        serious = [line for line in lines if re.search(r"ERROR|CRITICAL|Failed|No module|not found", line)]
        return "\n".join(unite(serious)[-8:]) or "nothing: see `journalctl -u fail2ban`"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
