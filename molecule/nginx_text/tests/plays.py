# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Steps that are played on every host at once and then looked at: one run of ansible-playbook proves many things."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import runs

# Of each host, by the name of the step, what it returned.
Told = dict[str, dict[str, dict[str, Any]]]
LOOK = (Path(__file__).parent / "look.py").read_text(encoding="utf-8")
NGINX = "/etc/nginx"
SITES = f"{NGINX}/sites-available"


@dataclass(frozen=True)
class Step:
    """One task. Its result is kept under its name, which is also that of a variable for later steps."""

    name: str
    module: str
    arguments: dict[str, Any]
    keywords: dict[str, Any] = field(default_factory=dict)

    @property
    def task(self) -> dict[str, Any]:
        """The task as a playbook has it; what it says is looked at by the tests, so it ends nothing."""
        always = {"name": self.name, "register": self.name, "ignore_errors": True}
        return {**always, self.module: self.arguments, **self.keywords}


def locations(name: str, path: str, given: list[dict[str, Any]], **options: Any) -> Step:
    """Bring locations of a file in line."""
    return Step(name, "constellation.edge.nginx_location", {"path": path, "locations": given, **options})


def sites(name: str, given: Any, **options: Any) -> Step:
    """Bring site files in line."""
    return Step(name, "constellation.edge.nginx_site", {"sites": given, **options})


def reload(name: str) -> Step:
    """Let the running nginx serve what is on disk."""
    return Step(name, "constellation.edge.nginx_reload", {})


def ask(name: str, url: str, host: str) -> Step:
    """Ask the running nginx for a page of one of its hosts."""
    arguments = {"url": url, "headers": {"Host": host}, "return_content": True, "validate_certs": False}
    return Step(name, "ansible.builtin.uri", {**arguments, "follow_redirects": "none", "status_code": list(range(600))})


def shell(name: str, *lines: str) -> Step:
    """Prepare something by commands; one that fails ends the play."""
    script = "\n".join(("set -eu", *lines))
    return Step(name, "ansible.builtin.shell", {"cmd": script}, {"ignore_errors": False})


def put(name: str, path: str, text: str) -> Step:
    """Write a file as its owner would, a character for a byte."""
    program = "import sys; open(sys.argv[1], 'wb').write(bytes.fromhex(sys.argv[2]))"
    argv = ["/usr/bin/python3", "-c", program, path, text.encode("latin-1").hex()]
    return Step(name, "ansible.builtin.command", {"argv": argv}, {"ignore_errors": False})


def enable(name: str, *files: str) -> Step:
    """Link site files where nginx reads them."""
    return shell(name, *(f"ln -sf {SITES}/{file} {NGINX}/sites-enabled/{file}" for file in files))


def fresh() -> Step:
    """Leave no site file but the distribution's own, whatever was played before."""
    return shell("fresh", f"find {SITES} {NGINX}/sites-enabled -mindepth 1 ! -name default -delete")


def look(name: str, *folders: str) -> Step:
    """See everything below the folders (nginx's, when none is named), in check mode too."""
    argv = ["/usr/bin/python3", "-c", LOOK, *(folders or (NGINX,))]
    return Step(name, "ansible.builtin.command", {"argv": argv}, {"ignore_errors": False, "check_mode": False})


def tell(*steps: Step, options: tuple[str, ...] = ()) -> Told:
    """Play the steps in their order on every host and return what each returned there."""
    names = [step.name for step in steps]
    assert len(set(names)) == len(names), names
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        keep = {
            "name": "Keep what was returned",
            "ansible.builtin.copy": {
                "content": f"{{{{ dict({names} | zip(query('ansible.builtin.vars', *{names}))) | to_json }}}}",
                "dest": f"{folder}/{{{{ inventory_hostname }}}}.json",
            },
            "delegate_to": "localhost",
            "check_mode": False,
            "diff": False,
        }
        play = {"name": "Tell", "hosts": "edge", "gather_facts": False, "tasks": [*(step.task for step in steps), keep]}
        playbook = folder / "play.yml"
        playbook.write_text(json.dumps([play]), encoding="utf-8")
        run = runs.playbook(playbook, runs.INVENTORY, *options)
        assert run.rc == 0, run.tail
        return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in folder.glob("*.json")}


def seen(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what a look saw: of each name below the folders its properties."""
    found: dict[str, dict[str, Any]] = json.loads(result["stdout"])
    return found


def text(result: dict[str, Any], path: str) -> str:
    """Return the text of a file in a look."""
    return str(seen(result)[path]["text"])


def assert_refused(result: dict[str, Any], *said: str) -> None:
    """Assert that a step failed with a message for people."""
    assert result.get("failed") is True, result
    for each in said:
        assert each in result["msg"], result["msg"]
    whole = json.dumps(result)
    assert "Traceback" not in whole, whole
    assert "module_stderr" not in result
    assert "MODULE FAILURE" not in whole


def assert_done(result: dict[str, Any], *, changed: bool) -> None:
    """Assert that a step succeeded, and whether it changed something."""
    assert not result.get("failed"), result.get("msg", result)
    assert result["changed"] is changed, result.get("diff", result)
