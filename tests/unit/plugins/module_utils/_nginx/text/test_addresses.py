# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses and names as nginx compares them; thousands of each are judged in `tests/judge/test_same_server.py`."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text import addresses
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.addresses import listen_keys, name_keys
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("args", "keys"),
    [
        ("80-82", {"*:80", "*:81", "*:82"}),
        ("[0::0]:0443 ssl", {"[::]:443"}),
        ("127.0.0.01", {"127.0.0.1:80"}),
        ("192.168.0.2:443 quic", {"192.168.0.2:443/udp"}),
        ("UNIX:/run/X", {"unix:/run/X"}),
        ("65534-65535", {"*:65534", "*:65535"}),
    ],
)
def test_addresses_of_a_listen(args: str, keys: set[str]) -> None:
    assert listen_keys(args.split()) == keys


MANY = "9" * 5000
REFUSED = ["1-99999999999", f"[::]:1-{MANY}", f"{MANY}.0.0.1:80", "82-80", "0", "1-65536", "a\0b:80", ":0-:"]


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_what_nginx_refuses_is_one_text(text: str) -> None:
    assert len(listen_keys([text])) == 1


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("A.example.org", {"a.example.org"}),
        (".a.example.org", {"a.example.org", "*.a.example.org"}),
        ("*.a.example.org", {"*.a.example.org"}),
        ("www.example.*", {"www.example.*"}),
        ("~^(www\\.)?a$", {"~^(www\\.)?a$"}),
        ("", {""}),
        (".", {"."}),
    ],
)
def test_keys_of_a_name(name: str, keys: set[str]) -> None:
    assert name_keys(name) == keys


@given(st.text(alphabet="0123456789.:-[]*abUNIX/%\0é", min_size=1, max_size=24))
@settings(max_examples=2000, derandomize=True, deadline=None)
def test_no_text_is_too_strange(text: str) -> None:
    known = addresses._resolved
    addresses._resolved = lambda name: (name,)  # type: ignore[assignment]
    try:
        assert isinstance(listen_keys([text]), frozenset)
    finally:
        addresses._resolved = known
