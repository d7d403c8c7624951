# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which sudo is called, when the host is asked for it, and what is left as the owner has it."""

from __future__ import annotations

import shlex
import subprocess
from types import SimpleNamespace

import pytest
from ansible.plugins.loader import become_loader
from ansible_collections.constellation.edge.plugins.plugin_utils import _become

RS = "sudo-rs 0.2.13-0ubuntu1.2\n"
CLASSIC = "Sudo version 1.9.16p2\n"
UBUNTU = f"{RS}/usr/bin/sudo.ws\n"
PASSWORD = {"become_pass": "secret"}


class Waiting:
    """A become plugin that waits for a line which begins with its question, as ansible-core's did before 2.22."""

    def __init__(self, name="sudo", origin="default", **options):
        """Have these options besides the plugin's defaults, with one origin for `become_exe`."""
        self.name, self.origin, self.prompt = name, origin, ""
        self.options = {"become_exe": name, "become_user": "root", "become_pass": None, **options}

    def get_option(self, option):
        return self.options[option]

    def get_option_and_origin(self, option):
        return self.options[option], self.origin

    def set_option(self, option, value):
        self.options[option] = value

    def check_password_prompt(self, output):
        return any(line.startswith(self.prompt.encode()) for line in output.splitlines())


class Understanding(Waiting):
    """A become plugin that finds its question in sudo-rs's, as ansible-core's does from 2.22 on."""

    def check_password_prompt(self, output):
        return f"[sudo: {self.prompt}] ".encode() in output


def chosen(become, said=UBUNTU, user="keeper", **shell):
    """Return the choice for a connection, and what its host was asked."""
    asked = []

    def run(command):
        asked.append(command)
        return said

    connection = SimpleNamespace(become=become, _shell=SimpleNamespace(**shell))
    return _become.become_exe(connection, user, run), asked


@pytest.mark.parametrize(
    ("said", "exe"),
    [
        (UBUNTU, "sudo.ws"),
        (RS, _become.RELAY),
        (CLASSIC, None),
        (f"{CLASSIC}/usr/bin/sudo.ws\n", None),
        ("", None),
        ("/usr/bin/sudo.ws\n", None),
    ],
)
def test_what_the_host_has_decides(said, exe):
    become = Waiting(**PASSWORD)
    assert chosen(become, said) == (exe, [_become.QUESTION])
    assert become.options["become_exe"] == (exe or "sudo")


@pytest.mark.parametrize(
    ("become", "options"),
    [
        (None, {}),
        (Waiting(), {}),
        (Waiting(**PASSWORD), {"user": "root"}),
        (Waiting(**PASSWORD), {"_IS_WINDOWS": True}),
        (Waiting(origin="var: ansible_become_exe", **PASSWORD), {}),
        (Waiting("doas", **PASSWORD), {}),
        (Waiting("su", **PASSWORD), {}),
        (Understanding(**PASSWORD), {}),
    ],
    ids=["no become", "no password", "root", "Windows", "the owner's sudo", "doas", "su", "core 2.22"],
)
def test_the_host_is_not_asked_without_need(become, options):
    assert chosen(become, **options) == (None, [])


@pytest.mark.parametrize("origin", ["var: ansible_become_exe", "keyword: become_exe"])
def test_what_was_chosen_before_is_returned_again(origin):
    assert chosen(Waiting(origin=origin, become_exe="/opt/sudo", **PASSWORD)) == ("/opt/sudo", [])


def test_ansible_cores_own_plugin_is_left_as_it_was():
    become = become_loader.get("sudo")
    before = become.prompt
    _become.understands_sudo_rs(become)
    assert become.prompt == before


def test_the_relay_puts_the_question_on_a_line_of_its_own_and_nothing_else(tmp_path):
    sudo = tmp_path / "sudo"
    sudo.write_text("#!/bin/sh\nprintf '<%s>' \"$@\"\n")
    sudo.chmod(0o755)
    become = become_loader.get("sudo")
    become.set_options(direct={"become_exe": _become.RELAY, **PASSWORD})
    command = become.build_become_command("echo 'a  b' \"$HOME\"", SimpleNamespace(ECHO="echo", COMMAND_SEP=";"))
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    success = f"echo {become.success} ; echo 'a  b' \"$HOME\""
    assert done.stdout == f"<-H><-S><-p><\n{become.prompt}><-u><root><{success}>"
    assert become.check_password_prompt(f"[sudo: \n{become.prompt}] Password: ".encode())
    assert shlex.split(_become.RELAY)[:2] == ["sh", "-c"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            {"module_stderr": "sudo: interactive authentication is required\n"},
            "'interactive authentication is required'",
        ),
        ({"module_stdout": "sudo: authentification requise\r\n", "module_stderr": ""}, "'authentification requise'"),
        ({"module_stderr": "sudo: unable to resolve host home\n/bin/sh: 1: python3: not found\n"}, ""),
        ({"msg": "port 80 is taken"}, ""),
    ],
)
def test_what_sudo_said_is_told(answer, words):
    said = _become.refusal(answer)
    assert words in said
    assert bool(said) == bool(words)
