# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the plan learns from the files of server and sentinel."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._constellation.console.file_server import (
    FileServer,
    read_file_servers,
)
from ansible_collections.constellation.edge.plugins.module_utils._constellation.facts import (
    sentinel_facts,
    server_facts,
)
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.errors import DotnetError

SERVER = """<configuration>
  <constellation>
    <listenUris><uri listenUri="http://+:8088/" /></listenUris>
    {file_servers}
    <sentinels><sentinel name="a"><fileServer enable="true" path="/no" /></sentinel></sentinels>
  </constellation>
</configuration>
"""
SENTINEL = """<configuration><appSettings>
  <add key="ConstellationServerURI" value="http://home:8088" />
  <add key="ConstellationAccessKey" value="SECRET-OF-FILE" />
</appSettings></configuration>
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (
            '<fileServer enable="true" path="/WebConsole" localhostOnly="true" physicalPath="..\\Console\\" />',
            [FileServer("/WebConsole", "..\\Console\\", True)],
        ),
        (
            '<fileServer path="WebConsole/" physicalPath="/srv" localhostOnly=" TRUE "></fileServer>',
            [FileServer("/WebConsole", "/srv", True)],
        ),
        ('<fileServer enable="False" path="/off" localhostOnly="true" />', []),
        ('<fileServer path="/open" />', [FileServer("/open", "", False)]),
        ('<fileServer localhostOnly="true" />', [FileServer("/", "", True)]),
        (
            '<fileServer path="/a" /><fileServer path="/b" localhostOnly="true" />',
            [FileServer("/a", "", False), FileServer("/b", "", True)],
        ),
    ],
)
def test_file_servers_of_the_section_alone(text: str, expected: list[FileServer]) -> None:
    assert read_file_servers(SERVER.format(file_servers=text).encode()) == expected


def test_facts_of_the_server(tmp_path: Path) -> None:
    path = tmp_path / "Constellation.Server.exe.config"
    path.write_text(SERVER.format(file_servers='<fileServer path="/c" localhostOnly="true" />'))
    facts = server_facts(str(path), "constellation-server")
    assert (facts.path, facts.listen_uris) == (str(path), ["http://+:8088/"])
    assert facts.file_servers == [FileServer("/c", "", True)]


def test_facts_of_the_sentinel_without_its_key(tmp_path: Path) -> None:
    path = tmp_path / "Constellation.Sentinel.exe.config"
    path.write_text(SENTINEL)
    facts = sentinel_facts(str(path), "constellation-sentinel")
    assert (facts.path, facts.uri) == (str(path), "http://home:8088")
    assert "SECRET" not in str(facts)
    path.write_text(SENTINEL.replace("ConstellationServerURI", "constellationServerUri"))
    assert sentinel_facts(str(path), "constellation-sentinel").uri == "http://home:8088"


@pytest.mark.parametrize(("uri", "source"), [("http://127.0.0.1:8088/", "127.0.0.1"), ("nonsense", ""), ("", "")])
def test_facts_tell_from_where_the_sentinel_calls(tmp_path: Path, uri: str, source: str) -> None:
    path = tmp_path / "Constellation.Sentinel.exe.config"
    path.write_text(SENTINEL.replace("http://home:8088", uri))
    assert sentinel_facts(str(path), "constellation-sentinel").source == source


@pytest.mark.parametrize("read", [server_facts, sentinel_facts])
def test_a_broken_file_is_named_with_line_and_column(tmp_path: Path, read) -> None:
    path = tmp_path / "broken.config"
    path.write_text("<configuration>\n<constellation>\n</configuration>")
    with pytest.raises(DotnetError, match=r"broken\.config.*line 3"):
        read(str(path), "any")


def test_a_host_without_either_has_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "ansible_collections.constellation.edge.plugins.module_utils._constellation.facts.find_config",
        lambda _path, _program, _kind: "",
    )
    assert server_facts(None, "constellation-server").path == ""
    assert sentinel_facts(None, "constellation-sentinel").path == ""
