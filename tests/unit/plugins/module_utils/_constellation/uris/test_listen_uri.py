# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a listenUri may be."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._constellation.uris.listen_uri import (
    ListenUri,
    check_together,
    parse_listen_uri,
    starts,
    warnings_for,
)
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.errors import DotnetError
from examples import examples
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("http://+:8088", "http://+:8088/"),
        ("http://+:8088/", "http://+:8088/"),
        ("http://+:8088/constellation", "http://+:8088/constellation/"),
        ("http://*:8080/a/b/", "http://*:8080/a/b/"),
        ("http://+/", "http://+:80/"),
        ("https://+", "https://+:443/"),
        ("http://constellation.mydomain.net:8888/", "http://constellation.mydomain.net:8888/"),
        ("http://127.0.0.1:8088/", "http://127.0.0.1:8088/"),
        ("http://foo_bar:1/", "http://foo_bar:1/"),
        ("http://+:08088/", "http://+:8088/"),
        ("http://+:00000008088/", "http://+:8088/"),
        ("http://+:65535/A", "http://+:65535/A/"),
        ("http://+:1/~x!$&()*,;=:@", "http://+:1/~x!$&()*,;=:@/"),
    ],
)
def test_accepted(text: str, whole: str) -> None:
    assert str(parse_listen_uri(text)) == whole


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "://"),
        ("+:8088", "://"),
        ("http:/+:8088/", "://"),
        ("ftp://+:8088/", "scheme"),
        ("HTTP://+:8088/", "small letters"),
        ("net.tcp://+:8088/", "scheme"),
        ("http://:8088/", "host"),
        ("http:///a", "host"),
        ("http://+:0/", "port"),
        ("http://+:65536/", "port"),
        ("http://+:99999999999/", "port"),
        ("http://+:/", "port"),
        ("http://+:http/", "port"),
        ("http://+:+80/", "port"),
        ("http://+: 80/", "port"),
        ("http://+:\u0661/", "port"),
        ("http://+:1:2/", "port"),
        ("http://[::1]:8088/", "IPv6"),
        ("http://user@+:8088/", "host"),
        ("http://+x:8088/", "host"),
        ("http://Constellation.mydomain.net:8888/", "host must be in small letters"),
        ("http://a..b:8088/", "host"),
        ("http://-a:8088/", "host"),
        ("http://*.example.org:8088/", "host"),
        ("http://+:8088//", "//"),
        ("http://+:8088/a//b", "//"),
        ("http://+:8088/%41", "%"),
        ("http://+:8088/a?b", "[?]"),
        ("http://+:8088/a#b", "#"),
        ("http://+:8088/a b", "white space"),
        ("http://+:8088/a\n", "white space"),
        ("http://+:8088/\u00e9", "ASCII"),
        (" http://+:8088/", "scheme"),
    ],
)
def test_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(DotnetError, match=why):
        parse_listen_uri(text)


@examples(300)
@given(st.text(max_size=30) | st.from_regex(r"https?://[+*a-z.]{1,9}(:[0-9]{1,6})?(/[a-z/]{0,9})?", fullmatch=True))
def test_never_a_traceback_and_stable(text: str) -> None:
    try:
        uri = parse_listen_uri(text)
    except DotnetError:
        return
    assert parse_listen_uri(str(uri)) == uri


@examples(300)
@given(st.text(max_size=30) | st.from_regex(r"https?://[+*a-z.]{1,9}(:[0-9]{1,6})?(/[a-z/%]{0,9})?", fullmatch=True))
def test_the_server_starts_with_whatever_we_would_write(text: str) -> None:
    try:
        parse_listen_uri(text)
    except DotnetError:
        return
    assert starts(text)


def uris(*texts: str) -> list[ListenUri]:
    return [parse_listen_uri(text) for text in texts]


@pytest.mark.parametrize(
    "texts",
    [
        ("http://+:1/", "http://+:1/a", "http://*:1/", "http://name:1/"),
        ("http://127.0.0.1:1/", "http://198.51.100.7:1/", "http://name:1/"),
        ("http://+:1/", "http://127.0.0.1:2/", "https://+:3/"),
    ],
)
def test_these_go_together(texts: tuple[str, ...]) -> None:
    check_together(uris(*texts))


@pytest.mark.parametrize(
    "texts",
    [
        ("http://+:8088/", "https://+:8088/a"),
        ("http://127.0.0.1:8088/", "http://+:8088/a"),
        ("http://*:8088/", "http://198.51.100.7:8088/"),
    ],
)
def test_these_do_not_go_together(texts: tuple[str, ...]) -> None:
    with pytest.raises(DotnetError, match="cannot share port 8088"):
        check_together(uris(*texts))


def test_a_name_is_told_what_it_means() -> None:
    assert warnings_for(uris("http://+:1/", "http://*:2/")) == []
    assert "Host header is name" in warnings_for(uris("http://name:1/"))[0]
    assert "write 127.0.0.1" in warnings_for(uris("http://localhost:1/"))[0]
