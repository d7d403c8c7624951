# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One transaction, call by call: what is durable before what, and what nginx never reads."""

from __future__ import annotations

import fnmatch
import os
import re
from dataclasses import dataclass
from typing import Any

import parts
import pytest

TRACE = "/opt/under-test/trace"
CALLS = "openat,write,fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,symlink,symlinkat,close"
NGINX, STATE = "/etc/nginx", "/var/lib/constellation-edge"
SITES = f"{NGINX}/sites-available"
ENABLED = f"{NGINX}/sites-enabled"
# What the distributions' nginx.conf includes.
INCLUDES = (f"{ENABLED}/*", f"{NGINX}/conf.d/*.conf", f"{NGINX}/modules-enabled/*.conf")

CLEAN = f"rm -rf {SITES}/t-* {ENABLED}/t-* {NGINX}/conf.d/t-* {NGINX}/second-name"
PREPARE = f"""
{CLEAN}
for name in changed behind gone kept same; do
    echo "server {{ listen 127.0.0.1:9900; server_name $name; }}" > {SITES}/t-$name
    touch -d '2020-01-02 03:04:05.678' {SITES}/t-$name
done
ln -s ../sites-available/t-behind {ENABLED}/t-behind
ln -s {SITES}/t-gone {ENABLED}/t-gone
chmod 640 {SITES}/t-changed
chown www-data:adm {SITES}/t-changed
setfattr -n user.note -v mine {SITES}/t-changed
setfattr -n user.note -v mine {SITES}/t-kept
"""

PROGRAM = f"""
import subprocess
from module_utils._transaction.transaction import Link, Remove, TransactionError, Write, apply

SITES, ENABLED = "{SITES}", "{ENABLED}"
NAMES = ["changed", "behind", "gone", "kept", "same"]

def look():
    found = {{}}
    for path in [SITES + "/t-" + name for name in NAMES] + [ENABLED + "/t-behind"]:
        if os.path.lexists(path):
            status = os.lstat(path)
            # Each name again: a link has no attributes of its own.
            note = [] if os.path.islink(path) else os.listxattr(path)
            found[path] = [status.st_mode, status.st_uid, status.st_gid, status.st_ino, status.st_mtime_ns, note]
    return found

def server(name):
    return b"server {{ listen 127.0.0.1:9900; server_name " + name + b"; }}\\n"

CHANGES = [
    Remove(SITES + "/t-gone"),
    Remove(ENABLED + "/t-gone"),
    Link(ENABLED + "/t-new", SITES + "/t-new"),
    Write(SITES + "/t-changed", server(b"changed.too")),
    Write(ENABLED + "/t-behind", server(b"behind.too")),
    Write("{NGINX}/conf.d/t-new.conf", server(b"new.conf")),
    Write(SITES + "/t-new", server(b"new")),
    Write(SITES + "/t-same", server(b"same")),
]
said = {{}}

def after():
    said["during"] = sorted(os.listdir(SITES) + os.listdir(ENABLED) + os.listdir("{NGINX}/conf.d"))
    said["read"] = subprocess.run(["nginx", "-T"], capture_output=True, text=True, check=True).stdout
    said["after"] = look()

def refuse():
    raise ValueError("no")

said["before"] = look()
try:
    apply(CHANGES, after=refuse)
except TransactionError as error:
    said["refused"] = str(error)
said["put_back"] = look()
os.link(SITES + "/t-changed", "/etc/nginx/second-name")
try:
    apply(CHANGES)
except TransactionError as error:
    said["hard_link"] = str(error)
os.unlink("/etc/nginx/second-name")
said["untouched"] = look()
os.write(1, b"")
apply(CHANGES, after=after)
os.write(1, b"")
said["left"] = [name for _, _, files in os.walk("/etc/nginx") for name in files if name.startswith(".t-")]
said["state"] = os.listdir("{STATE}")
print(json.dumps(said))
"""


@dataclass(frozen=True)
class Call:
    """A call to the system; `path` is what it changes, `other` what a rename or link comes from."""

    name: str
    path: str
    other: str = ""


@dataclass(frozen=True)
class Traced:
    """What the program said, and its calls during the transaction."""

    said: dict[str, Any]
    calls: list[Call]

    def first(self, call: Call, start: int = 0) -> int:
        """Return where a call is, looked for from a place on."""
        assert call in self.calls[start:], f"no {call} after {start}: {self.calls}"
        return self.calls.index(call, start)

    def swaps(self) -> list[tuple[int, Call]]:
        """Return the calls that change what nginx reads, with their places."""
        changing = ("rename", "unlink")
        return [
            (place, call)
            for place, call in enumerate(self.calls)
            if call.name in changing and call.path.startswith(NGINX) and not os.path.basename(call.path).startswith(".")
        ]


def understood(line: str) -> Call | None:
    """Return the call that a line of strace tells of, when it succeeded."""
    found = re.fullmatch(r"(\w+)\((.*)\) += 0|(openat|write)\((.*)\) += \d.*", line)
    if found is None:
        return None
    name, text = (found[1], found[2]) if found[1] else (found[3], found[4])
    names = re.findall(r'"([^"]*)"', text)
    opened = re.match(r"\d+<([^>]*)>", text)
    if name in ("fsync", "fdatasync", "write"):
        return Call(name, opened[1]) if opened else None
    if name == "openat":
        return Call("create", names[0]) if "O_CREAT" in text else None
    if name.startswith(("rename", "link", "symlink")):
        return Call(re.match("rename|link|symlink", name)[0], names[1], names[0])
    return Call("unlink", names[0]) if name.startswith("unlink") else None


@pytest.fixture(scope="session")
def traced(lab, homes) -> dict[str, Traced]:
    """Trace one transaction on every host: what its own process does, between the two empty writes."""
    result = {}
    for home in homes:
        parts.bring(lab, home)
        home.host.check_output(PREPARE)
        command = parts.program(lab, home, "transaction", PROGRAM)
        said = parts.json.loads(home.host.check_output(f"strace -f -y -s 400 -o {TRACE} -e trace={CALLS} {command}"))
        home.host.check_output(CLEAN)
        lines = home.host.check_output(f"cat {TRACE}").splitlines()
        mine = lines[0].split()[0]
        texts = [text.strip() for process, text in (line.split(maxsplit=1) for line in lines) if process == mine]
        marks = [place for place, text in enumerate(texts) if re.match(r'write\(1<[^>]*>, "", 0\)', text)]
        assert len(marks) == 2
        calls = [call for text in texts[marks[0] : marks[1]] if (call := understood(text)) is not None]
        result[home.name] = Traced(said, calls)
    return result


@pytest.fixture
def run(traced, home) -> Traced:
    """Return what was seen on one host."""
    return traced[home.name]


def test_the_journal_is_durable_before_anything_of_nginx_changes(run):
    written = f"{STATE}/.journal.json.tmp"
    synced = run.first(Call("fsync", written), run.first(Call("write", written)))
    named = run.first(Call("rename", f"{STATE}/journal.json", written), synced)
    durable = run.first(Call("fsync", STATE), named)
    touched = [
        place for place, call in enumerate(run.calls) if call.path.startswith(NGINX + "/") and call.name != "fsync"
    ]
    assert durable < min(touched)


def test_every_content_is_durable_before_its_rename(run):
    renames = [(place, call) for place, call in run.swaps() if call.name == "rename"]
    assert {call.path for _place, call in renames} == {
        f"{NGINX}/conf.d/t-new.conf",
        f"{SITES}/t-new",
        f"{SITES}/t-changed",
        f"{SITES}/t-behind",
        f"{ENABLED}/t-new",
    }
    for place, call in renames:
        if call.path == f"{ENABLED}/t-new":
            assert run.first(Call("symlink", call.other, f"{SITES}/t-new")) < place
            continue
        written = run.first(Call("write", call.other), run.first(Call("create", call.other)))
        synced = run.first(Call("fsync", call.other), written)
        assert Call("write", call.other) not in run.calls[synced:]
        assert synced < place


def test_every_original_has_a_durable_second_name_before_the_first_rename(run):
    first = run.swaps()[0][0]
    for path in (f"{SITES}/t-changed", f"{SITES}/t-behind", f"{SITES}/t-gone", f"{ENABLED}/t-gone"):
        links = [place for place, call in enumerate(run.calls) if call.name == "link" and call.other == path]
        assert len(links) == 1
        assert run.first(Call("fsync", os.path.dirname(path)), links[0]) < first


def test_files_come_before_links_and_links_go_before_files(run):
    assert [(call.name, call.path) for _place, call in run.swaps()] == [
        ("rename", f"{NGINX}/conf.d/t-new.conf"),
        ("rename", f"{SITES}/t-new"),
        ("rename", f"{SITES}/t-changed"),
        ("rename", f"{SITES}/t-behind"),
        ("rename", f"{ENABLED}/t-new"),
        ("unlink", f"{ENABLED}/t-gone"),
        ("unlink", f"{SITES}/t-gone"),
    ]


def test_every_folder_is_durable_after_its_change_and_before_the_next_and_the_end(run):
    settled = run.first(Call("rename", f"{STATE}/journal.done.json", f"{STATE}/journal.json"))
    places = [place for place, _call in run.swaps()] + [settled]
    for (place, call), following in zip(run.swaps(), places[1:], strict=True):
        assert place < run.first(Call("fsync", os.path.dirname(call.path)), place) < following


def test_the_originals_go_only_after_the_journal_was_settled_durably(run):
    settled = run.first(Call("rename", f"{STATE}/journal.done.json", f"{STATE}/journal.json"))
    durable = run.first(Call("fsync", STATE), settled)
    dropped = [place for place, call in enumerate(run.calls) if call.name == "unlink" and call.path.endswith(".old")]
    assert len(dropped) == 4
    assert durable < min(dropped)
    gone = run.first(Call("unlink", f"{STATE}/journal.done.json"))
    for folder in (SITES, ENABLED):
        assert max(dropped) < gone
        assert any(run.calls[place] == Call("fsync", folder) for place in range(min(dropped), gone))
    assert run.first(Call("fsync", STATE), gone)


def test_no_name_but_the_wanted_ones_is_ever_read_by_nginx(run):
    wanted = {call.path for _place, call in run.swaps()}
    made = {call.path for call in run.calls if call.name in ("create", "rename", "link", "symlink")} - wanted
    made = {path for path in made if path.startswith(NGINX + "/")}
    assert len(made) == 4 + 4 + 1
    for path in made:
        # As glob(3): no pattern takes a leading dot.
        assert os.path.basename(path).startswith("."), path
        assert not any(
            fnmatch.fnmatchcase(path, each) and not os.path.basename(path).startswith(".") for each in INCLUDES
        )
    assert any(name.startswith(".t-changed.") and name.endswith(".old") for name in run.said["during"])
    read = re.findall(r"^# configuration file (.*):$", run.said["read"], re.MULTILINE)
    assert f"{ENABLED}/t-new" in read
    assert f"{NGINX}/conf.d/t-new.conf" in read
    assert [name for name in read if os.path.basename(name).startswith(".")] == []


def test_nothing_is_left_behind(run):
    assert run.said["left"] == []
    journals = ("journal.json", "journal.done.json")
    assert [name for name in run.said["state"] if name in journals or name.startswith(".")] == []


def test_what_does_not_change_is_not_touched(run):
    before, after = run.said["before"], run.said["after"]
    for path in (f"{SITES}/t-kept", f"{SITES}/t-same", f"{ENABLED}/t-behind"):
        assert after[path] == before[path]


def test_a_changed_file_keeps_owner_mode_and_attributes(run):
    before, after = (run.said[name][f"{SITES}/t-changed"] for name in ("before", "after"))
    assert after[:3] == before[:3]
    assert after[5] == before[5] == ["user.note"]
    assert after[3:5] != before[3:5]


def test_what_is_put_back_is_the_same_file_with_its_times(run):
    assert "every file was put back as it was" in run.said["refused"]
    assert run.said["put_back"] == run.said["before"]


def test_a_file_with_two_names_is_refused_by_name(run):
    assert run.said["hard_link"].startswith(f"{SITES}/t-changed: the file has 2 names (hard links)")
    assert run.said["untouched"] == run.said["before"]
