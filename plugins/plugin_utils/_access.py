# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: why a host cannot be asked, in one sentence that ends in what to type.

What is matched are the words of OpenSSH, of sudo and sudo-rs, of a shell, and of ansible-core about them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SSH_PORT = "22"
# ansible-core's words for an answer of a module that is none.
_NO_ANSWER = "deserialization failed"
_KEY_REMOVAL = re.compile(r"""ssh-keygen -f ["'](.*?)["'] -R ["'](.*?)["']""")
_NO_PYTHON = re.compile(
    r"(?:module interpreter '|\d+: |exec: )?(\S*python[\d.]*)"
    r"(?:' was not found|: (?:command )?not found|: No such file)"
)

_LOGIN = (
    (
        "Host key verification failed",
        "this machine has not met {address} before: type `{ssh}` once, compare the fingerprint and answer yes, then "
        "run again",
    ),
    (
        r"Permission denied \(|Invalid/incorrect (username/)?password|Authentication failed",
        "{address} does not let {user} in: `{copy}` gives it your key, -k asks for a password of SSH, and "
        "`ansible_user` says who logs in",
    ),
    (
        "Connection refused",
        "nothing answers at port {port} of {address}: type `sudo apt install openssh-server` there, or write its port "
        "of SSH as `ansible_port`",
    ),
    (
        "(?i)could not resolve hostname|name or service not known",
        "nobody knows the name {address}: write the machine's address as `ansible_host`",
    ),
    (
        "(?i)timed out|No route to host|Network is unreachable|Connection reset|Connection closed",
        "{address} does not answer at port {port}: is it switched on, and is its address right in `ansible_host`?",
    ),
    (
        "install the sshpass program|sshpass: not found",
        "a password for SSH needs sshpass here: type `sudo apt install sshpass`, or `{copy}`, which makes it needless",
    ),
)
_SUDO = (
    # The last one is sudo-rs's.
    (
        r"not in the sudoers file|is not allowed to (run|execute)|I'm afraid I can't do that",
        "{user} may not use sudo on it: log in there, type `su -`, then `usermod -aG sudo {user}`, and run again in a "
        "minute; or write another `ansible_user`",
    ),
    (
        "Incorrect sudo password|incorrect (password|authentication) attempt|Authentication failed, try again",
        "Incorrect sudo password: with -K, type the password that {user} has on {address}",
    ),
    (
        "Missing sudo password",
        "sudo asks for the password of {user}: add -K to the command, and ansible-playbook asks for it, too",
    ),
    (
        r"sudo: (command )?not found|sudo: No such file",
        "there is no sudo on it: log in there, type `su -` and then `apt install sudo` and `usermod -aG sudo {user}`",
    ),
    (
        "waiting for privilege escalation prompt",
        "sudo did not ask for the password in time: type `{ssh} -t sudo true` to see what it says instead",
    ),
)


@dataclass(frozen=True)
class Login:
    """How a host is reached; `is_local` where it is the controller itself."""

    user: str
    address: str
    port: str = SSH_PORT
    is_local: bool = False

    @property
    def words(self) -> dict[str, str]:
        """What the sentences name."""
        option = "" if self.port == SSH_PORT else f"-p {self.port} "
        target = f"{option}{self.user}@{self.address}"
        return {
            "user": self.user,
            "address": self.address,
            "port": self.port,
            "ssh": f"ssh {target}",
            "copy": f"ssh-copy-id {target}",
        }


def remedy(said: str, login: Login) -> str:
    """Return what is to be done about what SSH, sudo or ansible-core said; "" where that is not known.

    Args:
        said: the text of an error.
        login: who logs in where.

    """
    if "IDENTIFICATION HAS CHANGED" in said:
        return _changed_key(said, login)
    for pattern, sentence in (*_SUDO, *(() if login.is_local else _LOGIN)):
        if re.search(pattern, said):
            return str(sentence).format(**login.words)
    return ""


def explained(answer: Mapping[str, Any], login: Login) -> str:
    """Return what is to be done where a module did not run; "" where it did.

    Args:
        answer: the result of the module.
        login: as for `remedy`.

    """
    if "module_stdout" not in answer:
        return ""
    parts = [str(answer.get(key, "")) for key in ("msg", "module_stderr", "module_stdout")]
    if found := _NO_PYTHON.search("\n".join(parts)):
        return _no_python(found[1])
    if said := remedy("\n".join(parts), login):
        return said
    first = next((line.strip() for part in parts[1:] for line in part.splitlines() if line.strip()), "")
    if _NO_ANSWER not in parts[0] or first.startswith("sudo: "):
        return ""
    words = login.words | {"said": f"'{first}'" if first else "nothing"}
    return "answered {said} where Ansible's module had to: `{ssh} true` has to say nothing".format(**words)


def _no_python(program: str) -> str:
    usual = "/usr/bin/python3"
    name = "" if program == usual else f", and write `ansible_python_interpreter: {usual}`"
    return f"there is no {program} on it: type `sudo apt install python3` there{name}"


def _changed_key(said: str, login: Login) -> str:
    removal = _KEY_REMOVAL.search(said)
    forget = f"ssh-keygen -f {removal[1]} -R {removal[2]}" if removal else f"ssh-keygen -R {login.address}"
    return (
        f"{login.address} has another host key than before: where it was set up anew, type `{forget}`, then "
        f"`{login.words['ssh']}`, and compare the fingerprint; else somebody stands in between"
    )
