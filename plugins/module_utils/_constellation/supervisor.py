# SPDX-License-Identifier: GPL-3.0-or-later

"""What supervisor knows about a program: its configuration, read as files, and its state, by ``supervisorctl``."""

from __future__ import annotations

import configparser
import glob
import os
import re
import shlex
import socket
from dataclasses import dataclass, field

from .._host.command import MISSING, Answer, run
from .._host.errors import EdgeError

MAIN_FILES = ("/etc/supervisor/supervisord.conf", "/etc/supervisord.conf")
_CONTROL_SECONDS = 120


class SupervisorError(EdgeError):
    """Supervisor's configuration cannot be read, or ``supervisorctl`` did not do what it was asked."""


@dataclass(frozen=True)
class Program:
    """A ``[program:NAME]`` section; ``process`` is the name for ``supervisorctl`` (``group:name`` in a group)."""

    name: str
    process: str
    command: str = ""
    directory: str = ""
    stdout_logfile: str = ""
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Status:
    """The state that supervisor reports (RUNNING, FATAL, ...) and the process id, 0 when there is none."""

    state: str
    pid: int
    text: str


def find_program(name: str, main_files: tuple[str, ...] = MAIN_FILES) -> Program | None:
    """Return the section of a program from supervisor's main file and all that it includes; None when there is none."""
    for path in main_files:
        if os.path.isfile(path):
            return _program(_read(path), name)
    return None


def config_path(program: Program, default_name: str) -> str:
    """Return the path of the ``.exe.config`` beside the program's ``.exe``; "" when neither it nor a folder is named.

    The ``.exe`` comes from the command, made absolute by the directory; a command without one (a shell script) leaves
    the directory, with ``default_name`` in it.
    """
    try:
        words = shlex.split(program.command)
    except ValueError:
        words = program.command.split()
    for word in words:
        if word.lower().endswith(".exe"):
            path = os.path.join(program.directory, word)
            return path + ".config" if os.path.isabs(path) else ""
    return os.path.join(program.directory, default_name) if os.path.isabs(program.directory) else ""


def status(process: str) -> Status:
    """Ask supervisor for a process's state. One that supervisor does not know is an error, as is a dead supervisor."""
    text = _control("status", process).out.strip()
    words = text.split()
    if len(words) < 2 or words[0] != process or words[1] == "ERROR":
        raise SupervisorError(
            f"supervisor does not report on {process}: {text or 'no answer'}; "
            "is supervisord running (systemctl status supervisor), and was supervisorctl update run?"
        )
    found = re.search(r"\bpid (\d+)", text)
    return Status(words[1], int(found.group(1)) if found else 0, text)


def restart(process: str) -> str:
    """Restart a process and return what supervisorctl said; whether it stays up is for `status` to tell."""
    done = _control("restart", process)
    return (done.out + done.err).strip()


def log_tail(process: str, size: int = 4000) -> str:
    """Return the last ``size`` bytes of the process's output and errors as far as supervisor has them; "" when not."""
    parts = [_control("tail", f"-{size}", process, channel).out for channel in ("stdout", "stderr")]
    return "\n".join(part.strip() for part in parts if part.strip() and "ERROR (" not in part[:200])


def _control(*arguments: str) -> Answer:
    """Run supervisorctl with an argument list."""
    answer = run(["supervisorctl", *arguments], _CONTROL_SECONDS)
    if answer.rc == MISSING:
        raise SupervisorError("supervisorctl is not installed: install the package supervisor")
    if answer.unanswered:
        raise SupervisorError(f"supervisorctl {' '.join(arguments)} gave no answer: {answer.err.strip()}")
    return answer


def _read(path: str) -> configparser.RawConfigParser:
    """Read supervisor's main file and the files that its ``[include]`` names, later ones winning as in supervisor."""
    parser = configparser.RawConfigParser(strict=False, inline_comment_prefixes=(";", "#"), default_section="\0")
    _load(parser, path)
    folder = os.path.dirname(os.path.abspath(path))
    patterns = parser.get("include", "files", fallback="")
    for pattern in _expand(patterns, {"here": folder}).split():
        for included in sorted(glob.glob(os.path.join(folder, pattern))):
            _load(parser, included)
    return parser


def _load(parser: configparser.RawConfigParser, path: str) -> None:
    """Add one file to what is read, with ``%(here)s`` as its own folder."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as stream:
            text = stream.read().replace("%(here)s", os.path.dirname(os.path.abspath(path)))
        parser.read_string(text, path)
    except OSError as error:
        raise SupervisorError(f"{path}: {error.strerror or error}") from error
    except configparser.Error as error:
        raise SupervisorError(f"supervisor's configuration cannot be read: {error}") from error


def _program(parser: configparser.RawConfigParser, name: str) -> Program | None:
    """Return the program's section as data."""
    section = f"program:{name}"
    if not parser.has_section(section):
        return None
    names = {"program_name": name, "host_node_name": socket.gethostname(), "process_num": "0", "group_name": name}

    def value(option: str) -> str:
        return _expand(parser.get(section, option, fallback="") or "", names).strip()

    return Program(
        name=name,
        process=_process(parser, name),
        command=value("command"),
        directory=value("directory"),
        stdout_logfile=value("stdout_logfile"),
        environment=_pairs(value("environment")),
    )


def _process(parser: configparser.RawConfigParser, name: str) -> str:
    """Return the name that supervisorctl knows: a member of a ``[group:x]`` is ``x:name``."""
    for section in parser.sections():
        if section.startswith("group:"):
            members = parser.get(section, "programs", fallback="").split(",")
            if name in [member.strip() for member in members]:
                return f"{section.partition(':')[2].strip()}:{name}"
    return name


def _expand(text: str, names: dict[str, str]) -> str:
    """Replace ``%(name)s`` by what is known, ``%(ENV_X)s`` by this process's environment; leave the rest as it is."""

    def known(found: re.Match[str]) -> str:
        name = found.group(1)
        if name.startswith("ENV_"):
            return os.environ.get(name.removeprefix("ENV_"), found.group())
        return names.get(name, found.group())

    return re.sub(r"%\(([A-Za-z_0-9]+)\)s", known, text).replace("%%", "%")


def _pairs(text: str) -> dict[str, str]:
    """Return ``A="x",B=y`` as a mapping; what is not of that form is left out."""
    found = re.findall(r"""([A-Za-z_][A-Za-z0-9_]*)\s*=\s*("[^"]*"|'[^']*'|[^,\s]*)""", text)
    return {key: value.strip("\"'") for key, value in found}
