# SPDX-License-Identifier: GPL-3.0-or-later

"""The Console's ``config.js``: an address of the server that stands there no longer works once the server has moved.

Empty, it means the address that the Console was loaded from, which is right for every Console that its server serves.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..._dotnet.encoding import marked_codec
from ..._dotnet.errors import DotnetError
from ..uris.listen_uri import DEFAULT_PORTS, parse_listen_uri
from ._script import Assignment, find_assignment
from .file_server import FileServer

FILE = "config.js"
VARIABLE = "constellationUri"
# Where every server listened before anybody changed it.
FIRST_PORT = 8088


@dataclass(frozen=True)
class Result:
    """The new bytes of the file, the one assignment before and after, and what a person should look at."""

    content: bytes
    before: str = ""
    after: str = ""
    note: str = ""


def console_files(folders: Iterable[str], file_servers: Iterable[FileServer]) -> list[str]:
    """Return the ``config.js`` of each folder that the server serves; those without one are left out.

    A relative folder counts from the server's own, of which ``folders`` may name several. Windows' notation is read,
    too: the server's documentation writes the path so.
    """
    found = []
    for each in file_servers:
        path = os.path.join(each.physical_path.replace("\\", "/"), FILE)
        places = (os.path.normpath(os.path.join(folder, path)) for folder in folders)
        found += [place for place in places if os.path.isfile(place)][:1]
    return list(dict.fromkeys(found))


def known_ports(uris: Iterable[str]) -> frozenset[int]:
    """Return the ports of these listenUris, and the one that a server listens on at first."""
    ports = {FIRST_PORT}
    for uri in uris:
        try:
            ports.add(parse_listen_uri(uri).port)
        except DotnetError:  # not ours to judge here
            continue
    return frozenset(ports)


def change_console(data: bytes, ports: frozenset[int], is_own: Callable[[str], bool]) -> Result:
    """Return the file with the variable emptied when it names the server itself, at one of its ports.

    Only such an address is old: behind the proxy clients call the public one, and the port is closed. Any other value
    stays. ``is_own`` tells whether a host's name or address is this machine's. What is no plain text is left alone.
    """
    try:
        if marked_codec(data).startswith("utf-16"):
            raise DotnetError("the file is UTF-16: save it as UTF-8")
        found = find_assignment(data.decode("latin-1"), VARIABLE)
    except DotnetError as error:
        return Result(data, note=f"{error}. If it names the server's old address, make it empty")
    if found is None or not found.value.strip():
        return Result(data)
    return _judge(data, found, ports, is_own)


def _judge(data: bytes, found: Assignment, ports: frozenset[int], is_own: Callable[[str], bool]) -> Result:
    try:
        url = urlsplit(found.value.strip())
        host, port = url.hostname or "", url.port or DEFAULT_PORTS.get(url.scheme, 0)
    except ValueError:
        host, port = "", 0
    if not host or not port:
        return Result(data, note=f"{VARIABLE} is '{found.value}', which is no address: make it empty")
    if not is_own(host):
        return Result(data)
    if port not in ports:
        if port in DEFAULT_PORTS.values():
            return Result(data)  # by way of the proxy
        note = f"{VARIABLE} names port {port} of this host, where the server does not listen: make it empty"
        return Result(data, note=note)
    return Result(
        data[: found.start] + data[found.stop :],
        _text(data[found.begin : found.end]),
        _text(data[found.begin : found.start] + data[found.stop : found.end]),
    )


def _text(assignment: bytes) -> str:
    # Nothing beside the assignment is shown: an access key may stand on the same line.
    return assignment.decode("utf-8", "replace") + "\n"
