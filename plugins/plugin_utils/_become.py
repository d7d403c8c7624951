# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: which `sudo` a host's tasks are to call where ansible-core cannot answer the one that is there.

With a password, the become plugin waits for a line that begins with the question it gave to sudo. sudo-rs, which is
`sudo` on Ubuntu from 25.10 on, puts that question into one of its own, and ansible-core before 2.22 waits in vain.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

SUDO = "sudo"
# The first line tells who sudo is, the second where the classic one is, if it is there.
QUESTION = "sudo --version 2>/dev/null | head -n 1; command -v sudo.ws"
CLASSIC = "sudo.ws"
# Calls sudo-rs with ansible-core's question on a line of its own, which is where each ansible-core looks for it.
RELAY = """sh -c 'for word; do shift; case $word in "[sudo via ansible"*) word="
$word";; esac; set -- "$@" "$word"; done; exec sudo "$@"' sudo"""


def become_exe(connection: Any, remote_user: str | None, run: Callable[[str], str]) -> str | None:
    """Have a connection call a `sudo` that answers, and return what its host's other tasks have to call.

    The host is asked only where a password is given and nobody has said which program is called.

    Args:
        connection: an action's connection.
        remote_user: who logs in.
        run: runs a shell command on the host without becoming anybody, and returns what it wrote to standard output.

    Returns:
        a value for `become_exe`; None where ansible-core's own does.

    """
    become = connection.become
    if become is None or become.name != SUDO or getattr(connection._shell, "_IS_WINDOWS", False):
        return None
    exe, origin = become.get_option_and_origin("become_exe")
    if exe != SUDO:
        # The owner's choice, which wins again, or this function's own in an earlier play of the same run.
        return str(exe)
    is_asked = become.get_option("become_pass") and remote_user != become.get_option("become_user")
    if origin != "default" or not is_asked or understands_sudo_rs(become):
        return None
    choice = answering(run(QUESTION))
    if choice:
        become.set_option("become_exe", choice)
    return choice


def understands_sudo_rs(become: Any) -> bool:
    """Tell whether a become plugin of `sudo` takes sudo-rs's question for the one that it waits for."""
    trial = copy.copy(become)
    trial.prompt = "[sudo via ansible, key=x] password:"
    return bool(trial.check_password_prompt(f"[sudo: {trial.prompt}] Password: ".encode()))


def answering(said: str) -> str | None:
    """Return which program asks so that every ansible-core understands it; None for the host's `sudo` itself.

    Args:
        said: what the host answered to `QUESTION`.

    """
    version, _newline, classic = said.strip().partition("\n")
    if not version.startswith("sudo-rs"):
        return None
    return CLASSIC if classic else RELAY


def refusal(answer: Mapping[str, Any]) -> str:
    """Return what sudo-rs said instead of running a module; "" where it is not the reason.

    Where no password is given, ansible-core knows the words of the classic sudo alone, and reports what is no JSON.

    Args:
        answer: the result of the module.

    """
    # The last line of either: a warning of sudo's, such as that of a host without a name, stands before others.
    ends = [str(answer.get(key, "")).strip().rpartition("\n")[2] for key in ("module_stderr", "module_stdout")]
    words = next((end.removeprefix("sudo: ") for end in ends if end.startswith("sudo: ")), "")
    return f"sudo says '{words}'; with -K, ansible-playbook asks for its password" if words else ""
