# SPDX-License-Identifier: GPL-3.0-or-later

"""Which units of systemd run and start with the host."""

from __future__ import annotations

from collections.abc import Iterable

from .command import Run, run

_WANTED = {"ActiveState": "active", "UnitFileState": "enabled"}


def at_work(names: Iterable[str], call: Run = run) -> list[str]:
    """Return those units of a list that are active and enabled; a unit that is masked or missing is not."""
    return [name for name in names if _shown(name, call) == _WANTED]


def _shown(name: str, call: Run) -> dict[str, str]:
    lines = call(["systemctl", "show", "--property", ",".join(_WANTED), "--", name]).out.splitlines()
    return {key: value for key, _sign, value in (line.partition("=") for line in lines)}
