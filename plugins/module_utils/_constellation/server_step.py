# SPDX-License-Identifier: GPL-3.0-or-later

"""The server's file and its restart as one step, which a transaction carries out together with the files of nginx."""

from __future__ import annotations

import os
from collections.abc import Callable

from .._dotnet.errors import DotnetError
from .._nginx.sites.step import Companion
from .._transaction.changes import Write
from . import supervisor
from ._owner_uris import others, read_ours, write_ours
from .files import at, read_config, write_in_place
from .program import (
    Config,
    WantedProgram,
    config_of,
    doubt,
    reason_to_restart,
    refuse_foreign,
    remember,
    started_status,
)
from .restart import Restart, RestartError, remedy
from .uris.listen_uris import Result, change_uris, read_uris


class ServerStep:
    """One change of the listenUris.

    ``reload`` lets nginx serve what is on disk and tells whether it had to. It is called as soon as the server answers
    at its new address: what clients miss is the restart, not the time that the server has to stay up for.
    """

    def __init__(
        self,
        wanted: WantedProgram,
        uris: list[str],
        state: str,
        reload: Callable[[], bool],
        *,
        keep_others: bool = False,
    ) -> None:
        """Name the server, and the URIs as `change_uris` takes them; `others` says which may stay beside them."""
        self.reloaded = False
        self.reason = ""
        self.pid = 0
        self.plan = Result(b"", [], "", "")
        self._wanted = wanted
        self._uris = uris
        self._state = state
        self._reload = reload
        self._keep_others = keep_others
        self._original = b""
        self._begun = False
        self._restored = False
        self._failure: RestartError | None = None

    def companion(self) -> Companion:
        """Read the file and the running process, and plan. Raises DotnetError and SupervisorError."""
        wanted, path = self._wanted, self._wanted.config
        data = self._original = read_config(path)
        try:
            self.plan = change_uris(data, self._uris + self._others(data), self._state)
        except DotnetError as error:
            raise at(path, error) from error
        config = config_of(wanted, self.plan.content)
        status = started_status(wanted.process)
        refuse_foreign(wanted, config, status.pid)
        modified = os.stat(path).st_mtime
        self.pid = status.pid
        self.reason = reason_to_restart(wanted, config, status, modified, changes=self._changes)
        return Companion(
            changes=[Write(os.path.abspath(path), self.plan.content, original=data)] if self._changes else [],
            diff=self._diff(),
            follow=lambda: self._follow(config),
            undone=self._undone,
            due=bool(self.reason),
        )

    def explain(self, error: Exception) -> str:
        """Return the whole message of a failure: what became of the server, and the end of its log."""
        parts = [str(error).rstrip(".")]
        if self._restored:
            parts.append(f"{self._wanted.program} was restarted on its previous listenUris and answers")
        if self._failure is not None:
            parts.append(remedy(self._failure))
        return ". ".join(parts)

    @property
    def _changes(self) -> bool:
        return self.plan.content != self._original

    def _diff(self) -> list[dict[str, str]]:
        path, program = self._wanted.config, self._wanted.program
        parts = []
        if self._changes:
            parts.append((f"{path} (listenUris)", self.plan.before, self.plan.after))
        if self.reason:
            parts.append((program, f"{program}: {self.reason}\n", f"{program}: runs as {path} says\n"))
        return [
            {"before_header": header, "after_header": header, "before": before, "after": after}
            for header, before, after in parts
        ]

    def _follow(self, config: Config) -> None:
        """Restart the server when it has to be, and have nginx serve the new address in the same moment."""
        if self.reason:
            if self._changes:
                doubt(self._wanted)
            self._begun = True
            try:
                with Restart(self._wanted, config, self.pid, can_go_back=self._changes) as restart:
                    restart.until_it_answers()
                    self.reloaded = self._reload()
                    self.pid = restart.until_it_stays()
            except RestartError as error:
                self._failure = error
                raise
        remember(self._wanted, config, self.pid)
        if self._state == "exact":
            write_ours(self._wanted.config, self._uris, self._wanted.state_folder)

    def _others(self, data: bytes) -> list[str]:
        if not self._keep_others:
            return []
        wanted = self._wanted
        return others(read_uris(data), self._uris, read_ours(wanted.config, wanted.state_folder))

    def _undone(self) -> None:
        """Restart the server on its previous file, when it was restarted on the new one."""
        if not (self._begun and self._changes):
            return
        wanted = self._wanted
        data = self._put_back()
        config = config_of(wanted, data)
        try:
            with Restart(wanted, config, supervisor.status(wanted.process).pid) as restart:
                restart.until_it_answers()
                pid = restart.until_it_stays()
        except RestartError as error:
            raise DotnetError(f"with its previous file {error}") from error
        remember(wanted, config, pid)
        self._restored = True

    def _put_back(self) -> bytes:
        """Return what is in the file now.

        Somebody who saved it meanwhile has kept it from being put back as a whole: then the listenUris alone are, in
        the text that is there.
        """
        path = self._wanted.config
        data = read_config(path)
        previous = read_uris(self._original)
        # Whoever changed the URIs themselves meanwhile has decided on them.
        if data == self._original or not previous or read_uris(data) != self.plan.uris:
            return data
        try:
            content = change_uris(data, previous, "exact").content
        except DotnetError:
            return data  # the server could not have listened on them
        write_in_place(path, content)
        return content
