# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What SSH, sudo and a host without Python say, and the one sentence that is made of it."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._access import Login, explained, remedy

HOME = Login("keeper", "192.0.2.7")
SENT = 'Data could not be sent to remote host "192.0.2.7". Make sure this host can be reached over ssh: '
CHANGED = (
    "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\r\n  remove with:\r\n"
    '  ssh-keygen -f "/home/me/.ssh/known_hosts" -R "192.0.2.7"\r\nHost key verification failed.'
)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (SENT + "Host key verification failed.", "type `ssh keeper@192.0.2.7` once, compare the fingerprint"),
        (SENT + CHANGED, "type `ssh-keygen -f /home/me/.ssh/known_hosts -R 192.0.2.7`, then `ssh keeper@192.0.2.7`"),
        (SENT + "REMOTE HOST IDENTIFICATION HAS CHANGED", "type `ssh-keygen -R 192.0.2.7`"),
        (SENT + "keeper@192.0.2.7: Permission denied (publickey,password).", "`ssh-copy-id keeper@192.0.2.7`"),
        ("Invalid/incorrect password: Permission denied, please try again.", "-k asks for a password of SSH"),
        (SENT + "connect to host 192.0.2.7 port 22: Connection refused", "`sudo apt install openssh-server`"),
        (SENT + "connect to host 192.0.2.7 port 22: Connection timed out", "is it switched on"),
        (SENT + "connect to host 192.0.2.7 port 22: No route to host", "does not answer at port 22"),
        ("ssh: Could not resolve hostname home.lan: Name or service not known", "write the machine's address as"),
        ("to use the password mechanism sshpass, you must install the sshpass program", "`sudo apt install sshpass`"),
        ("Missing sudo password", "add -K to the command"),
        ("Incorrect sudo password", "Incorrect sudo password: with -K, type the password that keeper has"),
        ("sudo: 3 incorrect password attempts", "Incorrect sudo password"),
        ("Timeout (12s) waiting for privilege escalation prompt: ", "type `ssh keeper@192.0.2.7 -t sudo true`"),
    ],
)
def test_an_error_is_told_with_what_to_type(said, words):
    assert words in remedy(said, HOME)
    assert "\n" not in remedy(said, HOME)


def test_another_port_stands_in_the_commands():
    other = Login("keeper", "192.0.2.7", "2222")
    assert "`ssh -p 2222 keeper@192.0.2.7`" in remedy("Host key verification failed", other)
    assert "at port 2222" in remedy("Connection refused", other)


def test_the_controller_itself_is_not_asked_by_ssh():
    assert remedy("Connection refused", Login("me", "home", is_local=True)) == ""
    assert remedy("something else", HOME) == ""


def unparsed(stderr="", stdout="", msg="Module result deserialization failed: No start of json char found", **more):
    return {"failed": True, "module_stdout": stdout, "module_stderr": stderr, "msg": msg, **more}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (unparsed("keeper is not in the sudoers file.\n", rc=1), "then `usermod -aG sudo keeper`"),
        (unparsed("Sorry, user keeper is not allowed to execute '/bin/sh' as root on home.\n"), "may not use sudo"),
        (unparsed("sudo: I'm sorry keeper. I'm afraid I can't do that\n"), "then `usermod -aG sudo keeper`"),
        (unparsed("/bin/sh: 1: sudo: not found\n", rc=127), "there is no sudo on it"),
        (unparsed("/bin/sh: 1: /usr/bin/python3: not found\n", rc=127), "type `sudo apt install python3` there"),
        (
            unparsed("sh: line 1: /usr/bin/python3: No such file or directory\n", rc=127),
            "there is no /usr/bin/python3 on",
        ),
        (
            unparsed("", msg="The module interpreter '/opt/python9' was not found."),
            "there is no /opt/python9 on it: type `sudo apt install python3` there, and write "
            "`ansible_python_interpreter: /usr/bin/python3`",
        ),
        (unparsed("", "This account is currently not available.\n"), "answered 'This account is currently not "),
        (unparsed(), "answered nothing where Ansible's module had to: `ssh keeper@192.0.2.7 true` has to say nothing"),
    ],
)
def test_a_module_that_did_not_run_is_explained(answer, words):
    assert words in explained(answer, HOME)


def test_what_another_place_explains_is_left():
    assert explained({"failed": True, "msg": "port 443 is held by apache2: Connection refused"}, HOME) == ""
    assert explained(unparsed("sudo: interactive authentication is required\n"), HOME) == ""
    assert explained(unparsed(msg="Traceback"), HOME) == ""
