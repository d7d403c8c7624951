# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The figures as tables, each beside what it is compared with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tools.made_by import row

from .stage import DIRECT


def markdown(figures: dict[str, Any], versions: str, rounds: int, seconds: int) -> str:
    """Return the report.

    Args:
        figures: what was measured, by kind.
        versions: of what was compared.
        rounds: how many there were.
        seconds: how long each measurement took.

    """
    parts = [
        f"Measured with {versions}. {rounds} rounds in turns of {seconds} s each; a figure is their median.",
        *_requests(figures["requests"]),
    ]
    if "tls" in figures:
        parts += _rest(figures)
    return "\n".join(parts) + "\n"


def _requests(found: dict[str, dict[int, dict[str, float]]]) -> Iterable[str]:
    counts = sorted({count for of in found.values() for count in of})
    heads = [f"{count} connection{'s' if count > 1 else ''}" for count in counts]
    yield "\nRequests a second, kept client connections, TLS 1.3, answers of 2.7 KB; p99 in milliseconds,"
    yield "and microseconds of processor time that the proxy takes for a request:\n"
    yield row("", *(f"{head}: requests/s, p99, µs" for head in heads))
    yield row("---", *("---:" for _head in heads))
    for name, of in found.items():
        yield row(
            name, *(f"{of[count]['rate']:,.0f}, {of[count]['p99']:.2f}, {of[count]['taken']:.1f}" for count in counts)
        )
    mine = [name for name in found if name.startswith("ours")]
    others = [name for name in found if name not in (*mine, DIRECT)]
    if not others or not mine:
        return
    yield "\nThe same as ratios, ours to the others: requests (more is better), p99 (less is better):\n"
    yield row("", *heads)
    yield row("---", *("---:" for _head in heads))
    for own in mine:
        for other in others:
            cells = [
                f"{found[own][count]['rate'] / found[other][count]['rate']:.2f}, "
                f"{found[own][count]['p99'] / found[other][count]['p99']:.2f}"
                for count in counts
            ]
            yield row(f"{own} / {other}", *cells)


def _rest(figures: dict[str, Any]) -> Iterable[str]:
    yield "\nFurther figures:\n"
    yield row(
        "",
        "new TLS connections/s",
        "HTTP/2 requests/s, 16 connections of 10 streams",
        "first event later than direct, ms",
        "memory with 500 routes, MiB",
    )
    yield row("---", "---:", "---:", "---:", "---:")
    for name, rate in figures["tls"].items():
        http2, protocol = figures["http2"][name]
        yield row(
            name,
            f"{rate:,.0f}",
            f"{http2:,.0f}" + ("" if protocol == "h2" else f" ({protocol})"),
            f"{figures['events'][name]:.2f}",
            f"{figures['memory'][name]:.0f}",
        )
