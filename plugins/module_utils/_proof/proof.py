# SPDX-License-Identifier: GPL-3.0-or-later

"""One proven fact of a host, as `edge_host_probe` reports it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Proof:
    """One fact: what it is about, whether it is as it should be (None: not proven), and what was seen."""

    subject: str
    ok: bool | None
    detail: str
