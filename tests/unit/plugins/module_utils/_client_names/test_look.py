# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What counts of a name, whatever DNS says."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._client_names import look
from ansible_collections.constellation.edge.plugins.module_utils._client_names.look import look_up, settled
from ansible_collections.constellation.edge.plugins.module_utils._client_names.text import Wanted
from ansible_collections.constellation.edge.plugins.module_utils._dns.addresses import Told

NAME = "anna.dyndns.example.org"
LAST = ("203.0.113.7", "2001:db8::7")


@pytest.mark.parametrize(
    ("told", "addresses", "words"),
    [
        (Told(("203.0.113.8",), ("2001:db8::8",)), ("203.0.113.8", "2001:db8::8"), ""),
        (Told(("203.0.113.8",), ()), ("203.0.113.8",), ""),
        (Told((), ("2001:db8::8",)), ("2001:db8::8",), ""),
        (Told((), ()), LAST, "DNS knows no address of it"),
        (Told(), LAST, "no DNS server answers for it"),
        (Told((), None), LAST, "no DNS server answers for it"),
        (Told(("203.0.113.8",), None), ("203.0.113.8", "2001:db8::7"), "answers for its IPv6 addresses"),
        (Told(None, ("2001:db8::8",)), ("203.0.113.7", "2001:db8::8"), "answers for its IPv4 addresses"),
        (Told(("127.0.0.1",), ()), LAST, "no client of the Internet has its address 127.0.0.1"),
        (Told(("10.0.0.1", "203.0.113.8"), ()), ("203.0.113.8",), "10.0.0.1, which does not count"),
        (Told(tuple(f"203.0.113.{n}" for n in range(20)), ()), None, "more than 16 addresses"),
    ],
)
def test_what_counts(told: Told, addresses: tuple[str, ...] | None, words: str) -> None:
    found = settled(told, LAST)
    assert addresses is None or found.addresses == addresses
    assert words in found.problem
    assert bool(found.problem) == bool(words)


def test_without_last_addresses_there_are_none() -> None:
    assert settled(Told(), ()).addresses == ()
    assert settled(Told((), ()), ()).addresses == ()


def test_the_last_ones_are_read_from_the_files_of_all_meanings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for value, address in (("near", "203.0.113.7"), ("2", "203.0.113.8")):
        wanted = Wanted(((NAME, value),))
        (tmp_path / wanted.file).write_text(wanted.text({NAME: (address,)}))
    (tmp_path / "clients-0123456789abcdef.conf").mkdir()
    (tmp_path / "proxies.conf").write_bytes((tmp_path / wanted.file).read_bytes().replace(b"203", b"202"))
    monkeypatch.setattr(look, "addresses", lambda names: dict.fromkeys(names, Told()))
    assert look_up([NAME], str(tmp_path))[NAME].addresses == ("203.0.113.7", "203.0.113.8")
    assert look_up([NAME], str(tmp_path / "nowhere"))[NAME].addresses == ()
