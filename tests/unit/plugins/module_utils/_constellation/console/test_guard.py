# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which address in a Console's `config.js` is the server's old one, and that no other byte changes with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._constellation.console import _script
from ansible_collections.constellation.edge.plugins.module_utils._constellation.console.file_server import FileServer
from ansible_collections.constellation.edge.plugins.module_utils._constellation.console.guard import (
    change_console,
    console_files,
    known_ports,
)
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.errors import DotnetError

# As the Console is shipped.
SHIPPED = (
    "// Constellation Server URI\n"
    'var constellationUri = "{}";\n'
    "// Constellation AccessKey (w/ enableControlHub)\n"
    'var constellationAccessKey = "SECRET"; // leave empty to enable the login page\n'
)
OWN = ("localhost", "127.0.0.1", "192.168.0.2", "home.lan", "::1")
PORTS = frozenset({8088, 9000})


def changed(text, encoding="utf-8"):
    return change_console(text.encode(encoding), PORTS, lambda host: host in OWN)


@pytest.mark.parametrize(
    "value",
    [
        "http://localhost:8088",
        "http://localhost:8088/",
        "http://127.0.0.1:9000/old/path",
        "HTTP://HOME.lan:8088",
        "https://192.168.0.2:8088/constellation/",
        "http://[::1]:8088",
        " http://localhost:8088 ",
        r"http:\/\/localhost:8088",
        r"\x68ttp://localhost:\u0038088",
    ],
)
def test_an_address_of_the_server_itself_is_emptied(value):
    found = changed(SHIPPED.format(value))
    assert found.content.decode() == SHIPPED.format("")
    assert found.before == f'constellationUri = "{value}"\n'
    assert found.after == 'constellationUri = ""\n'
    assert not found.note


@pytest.mark.parametrize(
    "value",
    [
        "",
        "  ",
        "https://demo.example.org/constellation/",
        "http://other.lan:8088",
        "https://home.lan/constellation",
        "http://192.168.0.2/",
    ],
)
def test_any_other_address_stays(value):
    text = SHIPPED.format(value)
    found = changed(text)
    assert (found.content.decode(), found.before, found.after, found.note) == (text, "", "", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SHIPPED.format("http://localhost:1234"), "port 1234"),
        (SHIPPED.format("/constellation"), "which is no address"),
        (SHIPPED.format("localhost:8088"), "which is no address"),
        (SHIPPED.format("http://localhost:99999"), "which is no address"),
        (
            'var constellationUri = "http://localhost" + ":8088";',
            "line 1, column 5: constellationUri is set to something",
        ),
        ('var constellationUri = base\n  || "http://localhost:8088";', "something else"),
        ('var constellationUri =\n"http://localhost:8088"\n.trim();', "something else"),
        ("var constellationUri = `http://localhost:${port}`;", "something else"),
        ("var constellationUri =", "something else"),
        (
            'constellationUri = "http://localhost:8088";\nconstellationUri = "";',
            "line 2, column 1: constellationUri is set a",
        ),
        ('var constellationUri = "http://localhost:8088;\n', "a text has no end"),
    ],
)
def test_what_is_in_doubt_is_left_alone_and_named(text, said):
    found = changed(text)
    assert found.content == text.encode()
    assert said in found.note
    assert "SECRET" not in found.note


def test_utf_16_is_left_alone_and_named():
    data = b"\xff\xfe" + SHIPPED.format("http://localhost:8088").encode("utf-16-le")
    found = change_console(data, PORTS, lambda _host: True)
    assert found.content == data
    assert "UTF-16" in found.note


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("var constellationUri = '{}'", "var constellationUri = ''"),
        ("var constellationUri=`{}`\nvar x", "var constellationUri=``\nvar x"),
        ('window.constellationUri = /* why */ "{}"\r\n;', 'window.constellationUri = /* why */ ""\r\n;'),
        ("let a = '\\'', constellationUri = '{}', b", "let a = '\\'', constellationUri = '', b"),
        ('\ufeffvar constellationUri = "{}"; // été', '\ufeffvar constellationUri = ""; // été'),
        ("// constellationUri = 'x';\nconstellationUri = '{}';", "// constellationUri = 'x';\nconstellationUri = '';"),
        (
            "/* constellationUri = 'x'; */constellationUri = '{}';",
            "/* constellationUri = 'x'; */constellationUri = '';",
        ),
        (
            "a = \"constellationUri = 'x'\"; constellationUri = '{}'",
            "a = \"constellationUri = 'x'\"; constellationUri = ''",
        ),
        (
            "if (constellationUri == 1) {{}} constellationUri = '{}'",
            "if (constellationUri == 1) {} constellationUri = ''",
        ),
    ],
)
def test_nothing_but_the_text_changes(before, after):
    assert changed(before.format("http://localhost:8088")).content.decode() == after


@pytest.mark.parametrize(
    "text",
    [
        '// var constellationUri = "http://localhost:8088";\n',
        '/* var constellationUri = "http://localhost:8088"; */',
        'var myconstellationUri = "http://localhost:8088";',
        'var x = "constellationUri = \\"http://localhost:8088\\"";',
        'if (constellationUri === "http://localhost:8088") {}',
        "",
    ],
)
def test_what_is_no_assignment_is_no_matter(text):
    assert changed(text) == change_console(text.encode(), frozenset(), lambda _host: False)
    assert changed(text).content == text.encode()
    assert not changed(text).note


def test_latin_1_passes():
    text = SHIPPED.format("http://localhost:8088") + "// déjà"
    assert changed(text, "latin-1").content == (SHIPPED.format("") + "// déjà").encode("latin-1")


def test_a_key_on_the_same_line_is_not_shown():
    found = changed('var constellationUri="http://localhost:8088",constellationAccessKey="SECRET";')
    assert found.before == 'constellationUri="http://localhost:8088"\n'


def test_what_was_emptied_stays():
    once = changed(SHIPPED.format("http://localhost:8088")).content
    assert change_console(once, PORTS, lambda _host: True).content == once


def test_a_script_that_never_ends_is_no_traceback():
    for text in ("'", '"\\', "`${", "/*", "constellationUri", "constellationUri=", "\x00\xff=", "constellationUri='\\"):
        try:
            _script.find_assignment(text, "constellationUri")
        except DotnetError:
            continue


def test_the_ports_are_those_of_the_file_and_the_first():
    assert known_ports(["http://+:9000/x", "http://+/y", "nonsense"]) == {8088, 9000, 80}


def served(*paths):
    return [FileServer("/x", path, True) for path in paths]


def test_the_console_is_found_by_its_folder(tmp_path: Path):
    server, console, other = tmp_path / "server", tmp_path / "Console", tmp_path / "other"
    for folder in (server, console, other):
        folder.mkdir()
    for folder in (console, other):
        (folder / "config.js").write_text("x")
    found = console_files(
        [str(server)], served("..\\Console\\", "../Console", str(other), "D:\\App\\Console", "", "no")
    )
    assert found == [str(console / "config.js"), str(other / "config.js")]
