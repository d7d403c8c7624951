# SPDX-License-Identifier: GPL-3.0-or-later

"""What `nginx_site` does: the files of sites, placeholder certificates before them, the reload behind them."""

from __future__ import annotations

from typing import Any

from .._nginx_process import bring_up_to_date, loaded
from .._staging import find_nginx
from .._transaction import Change
from .errors import ConfigError
from .placeholder import Certificates, create, discard
from .run import Plan


class SitesRefused(ConfigError):  # noqa: N818 - it says what happened, as SyntaxRefused does
    """Sites that cannot be carried out; `details` are values for the module's answer."""

    def __init__(self, message: str, details: dict[str, Any]) -> None:
        """Keep what the caller returns beside the message."""
        super().__init__(message)
        self.details = details


class SitePlan(Plan):
    """The plan of some sites.

    `missing` are placeholder certificates to make, with their names; `sites` is the report, one entry per site; `kept`
    has the same entries for files that are no longer listed but hold something of their owner: they stay, and keep
    nothing else from being carried out.
    """

    def __init__(self, certificates: Certificates | None = None, *, reload: bool = False) -> None:
        """Begin with nothing to do; `reload` lets the running nginx serve what is on disk."""
        super().__init__()
        self.certificates = certificates or Certificates()
        self.sites: list[dict[str, Any]] = []
        self.kept: list[dict[str, Any]] = []
        self.missing: dict[str, list[str]] = {}
        self._reload = reload
        self._reloaded = False
        self._made: list[str] = []

    @property
    def problems(self) -> list[str]:
        """What keeps sites from being carried out."""
        return [each["problem"] for each in self.sites if each["problem"]]

    def refuse(self) -> None:
        """Raise SitesRefused when one site cannot be carried out: then none is."""
        if self.problems:
            message = "; ".join(self.problems) + ". Nothing was changed"
            raise SitesRefused(message, {"sites": self.sites + self.kept})

    def predict(self, todo: list[Change]) -> bool:
        """Return whether a placeholder would be made or nginx reloaded."""
        if self._reloads():
            state = loaded()
            self._reloaded = state.running and (bool(todo) or not state.current)
        return bool(self.missing) or self._reloaded

    def prepare(self) -> None:
        """Make the placeholder certificates."""
        for name, names in self.missing.items():
            create(self.certificates, name, names)
            self._made.append(name)

    def follow(self) -> None:
        """Reload nginx when it serves something else than what is on disk."""
        if self._reloads():
            self._reloaded = bring_up_to_date() or self._reloaded

    def undo(self) -> None:
        """Take the placeholders away again."""
        for name in self._made:
            discard(self.certificates, name)

    def finish(self) -> bool:
        """Return whether a placeholder was made or nginx reloaded."""
        if self._reloads() and not self._reloaded and not loaded().running:
            self.warnings.append("nginx is not running, so nothing serves these sites yet; start it")
        return bool(self.missing) or self._reloaded

    def report(self) -> dict[str, Any]:
        """Return what happened to each site, whether nginx was reloaded, and the placeholders."""
        return {
            "sites": self.sites + self.kept,
            "reloaded": self._reloaded,
            "placeholders": sorted(self.missing),
        }

    def more_diff(self) -> list[dict[str, str]]:
        """Return an entry for each placeholder that is missing."""
        return [
            {
                "before_header": f"placeholder certificate {name}",
                "after_header": f"placeholder certificate {name}",
                "before": "",
                "after": f"self-signed, for {', '.join(names) or name}\n",
            }
            for name, names in self.missing.items()
        ]

    def _reloads(self) -> bool:
        return self._reload and find_nginx() is not None
