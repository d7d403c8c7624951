# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two runs at once on one host, for one file: both wait for their turn, both succeed, and nothing is lost."""

from __future__ import annotations

import plays
import pytest
from texts import HOME

PATH = f"{plays.SITES}/two"
LOCK = "/run/constellation-edge.lock"
HELD = "/run/nginx-text.held"
# Holds the lock until two other processes have its file open, which is when both runs are under way.
HOLD = f"""
import fcntl, glob, os, time
mine = open("{LOCK}", "w")
fcntl.flock(mine, fcntl.LOCK_EX)
open("{HELD}", "w").close()

def waiting():
    found = set()
    for name in glob.glob("/proc/[0-9]*/fd/*"):
        try:
            if os.readlink(name) == "{LOCK}":
                found.add(name.split("/")[2])
        except OSError:
            pass
    return found - {{str(os.getpid())}}

end = time.monotonic() + 60
while len(waiting()) < 2 and time.monotonic() < end:
    time.sleep(0.05)
print(len(waiting()))
"""
AT_ONCE = {"async": 120, "poll": 0}
NAMES = ("one", "two")


def ended(name: str) -> plays.Step:
    """Wait for the end of what was begun."""
    until = {"until": f"{name}_ended is finished", "retries": 120, "delay": 1}
    return plays.Step(
        f"{name}_ended", "ansible.builtin.async_status", {"jid": f"{{{{ {name}.ansible_job_id }}}}"}, until
    )


def begun(step: plays.Step) -> plays.Step:
    """Begin a step and go on."""
    return plays.Step(step.name, step.module, step.arguments, AT_ONCE)


@pytest.fixture(scope="session")
def told() -> plays.Told:
    """Hold the lock, begin two runs, let go when both wait."""
    server = {"listen": "443 ssl"}
    runs = [
        plays.locations(name, PATH, [{"location": f"/{name}/", "directives": f"return 200 {name};"}], server=server)
        for name in NAMES
    ]
    return plays.tell(
        plays.fresh(),
        plays.put("put", PATH, HOME.replace("home.example.org", "two.example.org").replace("live/two", "live/home")),
        plays.shell("not_held", f"rm -f {HELD}"),
        begun(plays.Step("holder", "ansible.builtin.command", {"argv": ["/usr/bin/python3", "-c", HOLD]})),
        plays.Step("held", "ansible.builtin.wait_for", {"path": HELD, "timeout": 60, "sleep": 1}),
        *(begun(each) for each in runs),
        ended("holder"),
        *(ended(name) for name in NAMES),
        plays.look("after"),
        *(plays.Step(f"{each.name}_again", each.module, each.arguments) for each in runs),
    )


@pytest.fixture
def steps(told, home):
    """Return what the steps returned on one host."""
    return told[home.name]


def test_both_were_under_way_at_the_same_time(steps):
    assert steps["holder_ended"]["stdout"] == "2"


@pytest.mark.parametrize("name", NAMES)
def test_each_succeeds_and_keeps_what_the_other_wrote(steps, name):
    plays.assert_done(steps[f"{name}_ended"], changed=True)
    text = plays.text(steps["after"], PATH)
    assert f"	location /{name}/ {{ # constellation.edge\n		return 200 {name};\n	}}\n" in text
    plays.assert_done(steps[f"{name}_again"], changed=False)
