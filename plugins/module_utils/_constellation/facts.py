# SPDX-License-Identifier: GPL-3.0-or-later

"""What the files of a host's Constellation server and sentinel say, for the plan that is made before any change."""

from __future__ import annotations

from dataclasses import dataclass, field

from .._dotnet.errors import DotnetError
from .._dotnet.settings import read_setting
from .console.file_server import FileServer, read_file_servers
from .files import at, read_config
from .locate import find_config
from .mono.connected import outgoing_address
from .uris.listen_uris import read_uris
from .uris.server_uri import parse_server_uri

SERVER_URI = "ConstellationServerURI"


@dataclass(frozen=True)
class ServerFacts:
    """The server's file; ``path`` is "" when there is no server on the host."""

    path: str = ""
    listen_uris: list[str] = field(default_factory=list)
    file_servers: list[FileServer] = field(default_factory=list)


@dataclass(frozen=True)
class SentinelFacts:
    """The sentinel's file and the server that it names; ``path`` is "" when there is no sentinel on the host.

    ``source`` is the address from which this host calls that server, "" when it cannot be told.
    """

    path: str = ""
    uri: str = ""
    source: str = ""


def server_facts(path: str | None, program: str) -> ServerFacts:
    """Read the server's file, found as the modules find it. Raises DotnetError with file, line and column."""
    found = find_config(path, program, "server")
    if not found:
        return ServerFacts()
    data = read_config(found)
    try:
        return ServerFacts(found, read_uris(data), read_file_servers(data))
    except DotnetError as error:
        raise at(found, error) from error


def sentinel_facts(path: str | None, program: str) -> SentinelFacts:
    """Read the sentinel's file, found as the modules find it. Raises DotnetError with file, line and column."""
    found = find_config(path, program, "sentinel")
    if not found:
        return SentinelFacts()
    data = read_config(found)
    try:
        uri = read_setting(data, SERVER_URI)
    except DotnetError as error:
        raise at(found, error) from error
    return SentinelFacts(found, uri, _source(uri))


def _source(uri: str) -> str:
    try:
        return outgoing_address(parse_server_uri(uri))
    except DotnetError:  # it names nothing that could be called
        return ""
