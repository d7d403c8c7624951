# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide docs/guides/nginx_location.md, carried out in its order: what it shows is in the files, or is said."""

from __future__ import annotations

import json
import re
from difflib import unified_diff
from pathlib import Path

import plays
import pytest
import runs
import yaml
from conftest import ROOT

GUIDE = (ROOT / "docs/guides/nginx_location.md").read_text(encoding="utf-8")
MODULE = "constellation.edge.nginx_location"
HOME = f"{plays.SITES}/home"
SHARED = f"{plays.NGINX}/snippets/shared.conf"
PLACES = "location = /robots.txt { return 204; }\n"
# What `adopt` changes in the owner's file, which stays when our locations are gone.
ADOPTED = {
    "60s; # long enough\n": """\
10s; # long enough
    allow 127.0.0.1; # constellation.edge
    deny all; # constellation.edge
""",
    "{ return 403; }": "{ deny all; }",
}
STATUS = """\
  location ~ ^/status\\.php$ { # constellation.edge
    return 200 fine;
  }
"""
INNER = """
    location /jeedom/core/ { # constellation.edge
      return 404;
    }
"""
OTHER = """\
  location = /health { # constellation.edge
    return 204;
  }
"""
PLACE = """
location = /health { # constellation.edge
    return 204;
}
"""
# The end of the owner's file.
END = "}\n"
# What nginx is asked, by the task that adds it; the play's own is 0.
ASKED = {
    0: ":80/jeedom/page",
    2: ":80/status.php",
    3: ":81/health",
    4: ":80/health",
}


def blocks(language: str) -> list[str]:
    """Return the fenced blocks of the guide in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)


(BEFORE,) = blocks("nginx")
PREDICTED, CHANGED = blocks("diff")
(REFUSALS,) = blocks("text")
PLAY, *EXAMPLES = blocks("yaml")
FIRST = yaml.safe_load(PLAY)[0]
DEFAULTS = FIRST["module_defaults"][MODULE]
TASKS = [{**DEFAULTS, **task[MODULE]} for example in EXAMPLES for task in yaml.safe_load(example)]
REFUSED = len(yaml.safe_load(EXAMPLES[-1]))
NUMBERS = range(1, len(TASKS) + 1)
DONE, LAST = NUMBERS[:-REFUSED], NUMBERS[-REFUSED:]


def looks(name: str) -> plays.Step:
    """Have nginx judge what is on disk, and read both files."""
    program = "import json, sys; print(json.dumps([open(path).read() for path in sys.argv[1:]]))"
    return plays.shell(name, "nginx -q -t", f"python3 -c '{program}' {HOME} {SHARED}")


def example(number: int) -> list[plays.Step]:
    """Return the task of a number, which is run twice, and a look; one that is refused is not tried again."""
    if number in LAST:
        return [plays.Step(f"task_{number}", MODULE, TASKS[number - 1])]
    twice = plays.Step(f"task_{number}", MODULE, TASKS[number - 1], {"loop": ["first", "again"]})
    steps = [twice, looks(f"look_{number}")]
    return [*steps, plays.reload("reloaded"), *map(asked, (2, 3, 4))] if number == max(ASKED) else steps


def asked(number: int) -> plays.Step:
    """Ask nginx for what a task has added."""
    return plays.ask(f"asked_{number}", f"http://127.0.0.1{ASKED[number]}", "home.example.org")


@pytest.fixture(scope="session")
def owned(homes) -> None:
    """Leave the owner's files on every host, as the guide begins with them."""
    script = "\n".join(step.arguments["cmd"] for step in (plays.fresh(), plays.enable("enabled", "home")))
    for each in homes:
        each.host.check_output("sh -c %s", script)
        for path, text in ((HOME, BEFORE), (SHARED, PLACES)):
            each.host.check_output("printf %%s %s > %s", text, path)


@pytest.fixture(scope="session")
def played(owned, tmp_path_factory: pytest.TempPathFactory) -> dict[str, runs.Run]:
    """Carry out the guide's play as it stands there: predicted, then done."""
    file: Path = tmp_path_factory.mktemp("guide") / "home.yml"
    file.write_text(PLAY, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANSIBLE_DIFF_CONTEXT", "1")
        predicted = runs.playbook(file, runs.INVENTORY, "--check", "--diff")
    return {"predicted": predicted, "done": runs.playbook(file)}


@pytest.fixture(scope="session")
def told(played) -> plays.Told:
    """Carry out the tasks behind the play, with its own once more in front of them."""
    assert played["done"].rc == 0, played["done"].tail
    again = plays.Step("again", MODULE, {**DEFAULTS, **FIRST["tasks"][0][MODULE]})
    steps = [step for number in NUMBERS for step in example(number)]
    return plays.tell(asked(0), looks("look_0"), again, *steps, looks("refused"))


@pytest.fixture
def steps(told, home):
    """Return what the steps returned on one host."""
    return told[home.name]


@pytest.fixture
def texts(steps) -> list[list[str]]:
    """Return both files after the play, by 0, and after each task that is not refused, by its number."""
    return [json.loads(steps[f"look_{number}"]["stdout"]) for number in (0, *DONE)]


def shown(before: str, after: str) -> str:
    """Return a difference as Ansible prints it, with a line around each change."""
    lines = unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), n=1)
    return "".join(list(lines)[2:])


def test_the_play_is_predicted_and_done(played, home):
    assert PREDICTED in played["predicted"].text, played["predicted"].tail
    assert played["done"].count(home.name, "changed") == 2, played["done"].tail  # the handler is the second


def test_what_was_predicted_is_in_the_file(texts):
    assert PREDICTED.endswith(f"\n{shown(BEFORE, texts[0][0])}")
    assert texts[0][1] == PLACES


def test_the_change_is_what_the_guide_shows(texts):
    assert shown(texts[0][0], texts[1][0]) == CHANGED
    assert texts[1][1] == PLACES


def test_a_second_run_of_the_play_changes_nothing(steps):
    plays.assert_done(steps["again"], changed=False)


@pytest.mark.parametrize("number", DONE)
def test_a_task_changes_the_file_and_nothing_the_second_time(steps, number):
    first, again = steps[f"task_{number}"]["results"]
    plays.assert_done(first, changed=True)
    plays.assert_done(again, changed=False)


def test_order_and_nesting(texts):
    text = texts[2][0]
    assert f"{STATUS}  location ~ \\.php$ {{" in text
    assert f"Host $http_host;\n{INNER}  }}\n" in text
    assert text.replace(STATUS, "").replace(INNER, "") == texts[1][0]


def test_another_server_and_none(texts):
    text = f"{texts[2][0].removesuffix(END)}{OTHER}{END}"
    assert texts[3] == [text, PLACES]
    assert texts[4] == [text, PLACES + PLACE]


def test_what_was_added_is_gone_to_the_byte(texts):
    left = BEFORE
    for theirs, changed in ADOPTED.items():
        left = left.replace(theirs, changed)
    assert texts[-1] == [f"{left.removesuffix(END)}{OTHER}{END}", PLACES + PLACE]


def test_nginx_answers_as_the_guide_has_it(steps):
    assert steps["asked_0"]["content"] == "home.example.org /jeedom/page jeedom"
    assert steps["asked_2"]["content"] == "fine"
    assert [steps[f"asked_{number}"]["status"] for number in (3, 4)] == [204, 204]


def test_refusals_read_as_in_the_guide_and_change_nothing(steps, texts):
    for number in LAST:
        plays.assert_refused(steps[f"task_{number}"])
    assert [steps[f"task_{number}"]["msg"] for number in LAST] == REFUSALS.splitlines()
    assert json.loads(steps["refused"]["stdout"]) == texts[-1]
