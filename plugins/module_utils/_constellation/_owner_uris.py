# SPDX-License-Identifier: GPL-3.0-or-later

"""The listenUris that somebody else has added to a server's file: told from ours by their port and by a record."""

from __future__ import annotations

from collections.abc import Iterable

from .._dotnet.errors import DotnetError
from .._host import records
from .._host.files import explain
from .uris.listen_uri import ListenUri, parse_listen_uri

# Maps the path of a server's file to the URIs that were set there last.
_RECORD = "listen-uris"


def others(there: Iterable[str], wanted: Iterable[str], ours: Iterable[str]) -> list[str]:
    """Return the URIs of a file that stay beside the ``wanted`` ones.

    On a port of a wanted URI the wanted ones alone are left, since a server that moves to another path leaves the old
    one. Elsewhere a URI goes when it is one of ``ours``, those that an earlier call set.
    """
    ports = {uri.port for uri in _understood(wanted).values()}
    known = set(_understood(ours).values())
    return [text for text, uri in _understood(there).items() if uri.port not in ports and uri not in known]


def read_ours(path: str, folder: str) -> list[str]:
    """Return what an earlier call set in this file."""
    uris = records.read(_RECORD, folder).get(path)
    return [str(uri) for uri in uris] if isinstance(uris, list) else []


def write_ours(path: str, uris: list[str], folder: str) -> None:
    """Note what was set in this file; what is noted already is not written again. Raises DotnetError."""
    record = records.read(_RECORD, folder)
    if record.get(path) == uris:
        return
    try:
        records.write(_RECORD, {**record, path: uris}, folder)
    except OSError as error:
        raise DotnetError(f"the listenUris of {path} cannot be noted: {explain(error, folder)}") from error


def _understood(uris: Iterable[str]) -> dict[str, ListenUri]:
    """Return the parts of the URIs that the listener answers by; the server would not be found by any other."""
    found = {}
    for text in uris:
        try:
            found[text] = parse_listen_uri(text)
        except DotnetError:
            continue
    return found
