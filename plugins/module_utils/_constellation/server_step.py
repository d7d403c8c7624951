# SPDX-License-Identifier: GPL-3.0-or-later

"""The server's file and its restart as a step of a run, before or without the one of nginx's sites."""

from __future__ import annotations

import os
from contextlib import ExitStack

from .._dotnet.errors import DotnetError
from .._transaction.changes import Write
from .._transaction.steps import Pausing, Planned, Step
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
from .restart import RestartError, remedy, restarted, restarted_on_previous
from .uris.listen_uris import Result, change_uris, read_uris


class ServerStep(Step):
    """One change of the listenUris.

    The step pauses as soon as the server answers at its new address: what clients miss is the restart, not the time
    that the server has to stay up for.
    """

    _config: Config

    def __init__(self, wanted: WantedProgram, uris: list[str], state: str, *, keep_others: bool = False) -> None:
        """Name the server, and the URIs as `change_uris` takes them; `others` says which may stay beside them."""
        self.reason = ""
        self.pid = 0
        self.result = Result(b"", [], "", "")
        self._wanted = wanted
        self._uris = uris
        self._state = state
        self._keep_others = keep_others
        self._original = b""
        self._begun = False
        self._restored = False
        self._failure: RestartError | None = None

    def plan(self, held: ExitStack) -> Planned:
        """Read the file and the running process, and plan. Raises DotnetError and SupervisorError."""
        wanted, path = self._wanted, self._wanted.config
        data = self._original = read_config(path)
        try:
            self.result = change_uris(data, self._uris + self._others(data), self._state)
        except DotnetError as error:
            raise at(path, error) from error
        config = self._config = config_of(wanted, self.result.content)
        status = started_status(wanted.process)
        refuse_foreign(wanted, config, status.pid)
        modified = os.stat(path).st_mtime
        self.pid = status.pid
        self.reason = reason_to_restart(wanted, config, status, modified, changes=self._changes)
        return Planned(
            changes=[Write(os.path.abspath(path), self.result.content, original=data)] if self._changes else [],
            diff=self._diff(),
            warnings=self.result.warnings,
            due=bool(self.reason),
        )

    def follow(self) -> Pausing:
        """Restart the server when it has to be, and prove that it runs by its file."""
        if self.reason:
            if self._changes:
                doubt(self._wanted)
            self._begun = True
            try:
                self.pid = yield from restarted(self._wanted, self._config, self.pid, can_go_back=self._changes)
            except RestartError as error:
                self._failure = error
                raise
        remember(self._wanted, self._config, self.pid)
        if self._state == "exact":
            write_ours(self._wanted.config, self._uris, self._wanted.state_folder)

    def undo(self) -> Pausing:
        """Restart the server on its previous file, when it was restarted on the new one."""
        if self._begun and self._changes:
            yield from restarted_on_previous(self._wanted, self._put_back())
            self._restored = True

    def afterword(self) -> str:
        """Return what became of the server, and the end of its log."""
        lines = []
        if self._restored:
            lines.append(f"{self._wanted.program} was restarted on its previous listenUris and answers")
        if self._failure is not None:
            lines.append(remedy(self._failure))
        return ". ".join(lines)

    @property
    def _changes(self) -> bool:
        return self.result.content != self._original

    def _diff(self) -> list[dict[str, str]]:
        path, program = self._wanted.config, self._wanted.program
        parts = []
        if self._changes:
            parts.append((f"{path} (listenUris)", self.result.before, self.result.after))
        if self.reason:
            parts.append((program, f"{program}: {self.reason}\n", f"{program}: runs as {path} says\n"))
        return [
            {"before_header": header, "after_header": header, "before": before, "after": after}
            for header, before, after in parts
        ]

    def _others(self, data: bytes) -> list[str]:
        if not self._keep_others:
            return []
        wanted = self._wanted
        return others(read_uris(data), self._uris, read_ours(wanted.config, wanted.state_folder))

    def _put_back(self) -> bytes:
        """Return what is in the file now.

        Somebody who saved it meanwhile has kept it from being put back as a whole: then the listenUris alone are, in
        the text that is there.
        """
        path = self._wanted.config
        data = read_config(path)
        previous = read_uris(self._original)
        # Whoever changed the URIs themselves meanwhile has decided on them.
        if data == self._original or not previous or read_uris(data) != self.result.uris:
            return data
        try:
            content = change_uris(data, previous, "exact").content
        except DotnetError:
            return data  # the server could not have listened on them
        write_in_place(path, content)
        return content
