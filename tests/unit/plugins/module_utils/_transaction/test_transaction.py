# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A transaction over several files: order, refusal, putting back, recovery after any interruption."""

from __future__ import annotations

import errno
import os
import stat
import textwrap
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host import files
from ansible_collections.constellation.edge.plugins.module_utils._host.errors import EdgeError
from ansible_collections.constellation.edge.plugins.module_utils._transaction import _candidate, transaction
from ansible_collections.constellation.edge.plugins.module_utils._transaction.changes import (
    Change,
    Link,
    Original,
    Remove,
    TransactionError,
    Write,
    diffs,
    pending,
)
from ansible_collections.constellation.edge.plugins.module_utils._transaction.recovery import Places, recover
from ansible_collections.constellation.edge.plugins.module_utils._transaction.staging import Verdict
from ansible_collections.constellation.edge.plugins.module_utils._transaction.transaction import apply, check
from struck import struck


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "etc"
    folder.mkdir()
    return folder


@pytest.fixture
def host(tmp_path: Path, root: Path) -> Places:
    """Give a host whose nginx refuses every file that holds the word `bad`."""
    nginx = tmp_path / "nginx"
    nginx.write_text(
        textwrap.dedent(f"""\
        #!/bin/sh
        found=$(grep -rn --exclude='.*' bad {root} | head -n 1)
        [ -z "$found" ] && exit 0
        place=$(echo "$found" | cut -d: -f1,2)
        echo "nginx: [emerg] unknown directive \\"bad\\" in $place" >&2
        exit 1
        """)
    )
    nginx.chmod(0o755)
    return Places(state=str(tmp_path / "state"), lock=str(tmp_path / "lock"), nginx=str(nginx))


def snapshot(folder: Path) -> dict[str, object]:
    """Return every name under the folder with what it is."""
    result: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        if path.is_symlink():
            what: object = os.readlink(path)
        else:
            what = None if path.is_dir() else (path.read_bytes(), status.st_mtime_ns, status.st_ino)
        result[str(path)] = (status.st_mode, status.st_uid, what)
    return result


def samples(root: Path) -> list[Change]:
    """Return one change of each kind, over files that `prepare` made."""
    return [
        Link(str(root / "enabled" / "new"), "../available/new"),
        Remove(str(root / "gone")),
        Remove(str(root / "gone-link")),
        Write(str(root / "available" / "new"), b"new\n"),
        Write(str(root / "old"), b"changed\n"),
        Link(str(root / "swapped"), "other"),
    ]


def prepare(root: Path) -> None:
    (root / "gone").write_text("gone\n")
    (root / "gone-link").symlink_to("gone")
    (root / "old").write_text("old\n")
    (root / "swapped").symlink_to("one")


def leftovers(tmp_path: Path) -> list[str]:
    return [str(path) for path in tmp_path.rglob(".*")] + [str(path) for path in tmp_path.rglob("journal*")]


def test_every_kind_of_change(root: Path, host: Places, tmp_path: Path) -> None:
    prepare(root)
    assert apply(samples(root), test=False, host=host) == []
    assert (root / "available" / "new").read_bytes() == b"new\n"
    assert stat.S_IMODE((root / "available" / "new").stat().st_mode) == 0o644
    assert stat.S_IMODE((root / "available").stat().st_mode) == 0o755
    assert (root / "enabled" / "new").read_bytes() == b"new\n"
    assert (root / "old").read_bytes() == b"changed\n"
    assert os.readlink(root / "swapped") == "other"
    assert not (root / "gone").exists()
    assert not (root / "gone-link").is_symlink()
    assert leftovers(tmp_path) == []


def test_second_time_nothing_is_pending(root: Path, host: Places) -> None:
    prepare(root)
    changes = samples(root)
    assert pending(changes) == changes
    apply(changes, test=False, host=host)
    before = snapshot(root)
    assert pending(changes) == []
    assert diffs(changes) == []
    apply(changes, test=False, host=host)
    assert snapshot(root) == before


def test_pending_and_diffs_write_nothing(root: Path, host: Places) -> None:
    prepare(root)
    before = snapshot(root.parent)
    pending(samples(root))
    diffs(samples(root))
    check(samples(root), root=str(root), host=host)
    assert snapshot(root.parent) == before


def test_diffs_show_the_bytes_links_and_absence(root: Path) -> None:
    prepare(root)
    (root / "old").write_bytes(b"a\xff\r\n")
    shown = {Path(entry["after_header"]).name: (entry["before"], entry["after"]) for entry in diffs(samples(root))}
    assert shown["old"] == ("a\\xff\r\n", "changed\n")
    assert shown["swapped"] == ("link to one\n", "link to other\n")
    assert shown["gone"] == ("gone\n", "")


def test_a_private_file_is_not_shown(root: Path) -> None:
    secret = root / "privkey.pem"
    secret.write_bytes(b"SECRET-1")
    secret.chmod(0o600)
    entries = diffs([Write(str(secret), b"SECRET-22"), Write(str(root / "k"), b"SECRET", mode=0o600)])
    assert "SECRET" not in str(entries)
    assert entries[0]["before"] != entries[0]["after"]


def test_a_link_is_kept_and_its_target_is_edited(root: Path, host: Places) -> None:
    target = root / "target"
    target.write_text("one")
    target.chmod(0o640)
    (root / "link").symlink_to("target")
    apply([Write(str(root / "link"), b"two", mode=0o600)], test=False, host=host)
    assert os.readlink(root / "link") == "target"
    assert target.read_text() == "two"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_extended_attributes_are_kept(root: Path, host: Places) -> None:
    path = root / "file"
    path.write_text("one")
    try:
        os.setxattr(path, "user.note", b"kept")
    except OSError:
        pytest.skip("the file system has no extended attributes")
    apply([Write(str(path), b"two")], test=False, host=host)
    assert os.getxattr(path, "user.note") == b"kept"


def test_backup_is_a_copy_outside_the_folder(root: Path, host: Places) -> None:
    prepare(root)
    copies = apply(samples(root), test=False, backup=True, host=host)
    assert sorted(Path(copy).read_text() for copy in copies) == ["gone\n", "old\n"]
    assert all(copy.startswith(host.state) for copy in copies)


def test_refused_candidate_changes_nothing(root: Path, host: Places, tmp_path: Path) -> None:
    prepare(root)
    before = snapshot(root)
    changes = [*samples(root), Write(str(root / "site"), b"one;\nbad;\n")]
    with pytest.raises(TransactionError, match=r'site line 2: unknown directive "bad"\. .*part of the change'):
        apply(changes, root=str(root), host=host)
    assert snapshot(root) == before
    assert leftovers(tmp_path) == []


def test_refused_live_when_the_kernel_gives_no_namespace(
    root: Path, host: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_candidate, "test_staged", lambda *_: None)
    prepare(root)
    before = snapshot(root)
    with pytest.raises(TransactionError, match="site line 1"):
        apply([*samples(root), Write(str(root / "site"), b"bad;\n")], root=str(root), host=host)
    assert snapshot(root) == before
    assert leftovers(tmp_path) == []
    apply(samples(root), root=str(root), host=host)
    assert (root / "old").read_bytes() == b"changed\n"
    assert check(samples(root), root=str(root), host=host) is False


def test_a_foreign_broken_file_is_named_as_such(root: Path, host: Places) -> None:
    (root / "foreign").write_text("bad;\n")
    with pytest.raises(TransactionError, match=r"foreign line 1: .*not part of the change"):
        apply([Write(str(root / "site"), b"good;\n")], root=str(root), host=host)
    assert not (root / "site").exists()


def test_failing_last_step_puts_everything_back(root: Path, host: Places, tmp_path: Path) -> None:
    prepare(root)
    before = snapshot(root)
    steps: list[str] = []

    def after() -> None:
        assert (root / "old").read_bytes() == b"changed\n"
        raise RuntimeError("the site answers 502")

    with pytest.raises(TransactionError, match="502; every file was put back"):
        apply(samples(root), test=False, after=after, undone=lambda: steps.append("undone"), host=host)
    assert snapshot(root) == before
    assert steps == ["undone"]
    assert leftovers(tmp_path) == []


def test_last_step_runs_although_nothing_is_pending(root: Path, host: Places) -> None:
    steps: list[str] = []
    apply([], test=False, after=lambda: steps.append("after"), host=host)
    assert steps == ["after"]


def test_last_step_that_fails_although_nothing_is_pending_is_told(root: Path, host: Places) -> None:
    def after() -> None:
        raise RuntimeError("the site answers 502")

    with pytest.raises(TransactionError, match=r"^the site answers 502; no file had been changed$"):
        apply([], test=False, after=after, host=host)


def test_somebody_elses_edit_during_the_last_step_is_kept(root: Path, host: Places) -> None:
    prepare(root)

    def after() -> None:
        (root / "old").write_text("edited by the owner")
        raise RuntimeError("no")

    with pytest.raises(TransactionError, match=r"except those that somebody else changed meanwhile: .*/old"):
        apply(samples(root), test=False, after=after, host=host)
    assert (root / "old").read_text() == "edited by the owner"
    assert (root / "gone").read_text() == "gone\n"


def test_edit_between_read_and_write_is_refused(root: Path, host: Places) -> None:
    path = root / "old"
    path.write_text("one")
    todo = pending([Write(str(path), b"ours")])
    path.write_text("theirs")
    with pytest.raises(TransactionError, match="changed since it was read"):
        apply(todo, test=False, host=host)
    assert path.read_text() == "theirs"
    with pytest.raises(TransactionError, match="changed since it was read"):
        apply([Write(str(path), b"ours", original=Original.ABSENT)], test=False, host=host)


def test_edit_at_the_last_moment_is_kept(root: Path, host: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(root)
    real = transaction.keep_name

    def keep_and_edit(path: str, kept: str) -> None:
        real(path, kept)
        if path.endswith("/old"):
            Path(path).write_text("theirs")

    monkeypatch.setattr(transaction, "keep_name", keep_and_edit)
    with pytest.raises(TransactionError, match="somebody else changed it"):
        apply(samples(root), test=False, host=host)
    assert (root / "old").read_text() == "theirs"
    assert not (root / "available").exists()


@pytest.mark.parametrize("change", [Write, Remove])
def test_hard_linked_file_is_refused(root: Path, host: Places, change: type) -> None:
    (root / "file").write_text("x")
    os.link(root / "file", root / "twin")
    wanted = Write(str(root / "file"), b"y") if change is Write else Remove(str(root / "file"))
    with pytest.raises(TransactionError, match="2 names"):
        apply([wanted], test=False, host=host)
    assert (root / "twin").read_text() == "x"


@pytest.mark.parametrize("kind", ["write", "link", "remove"])
def test_folder_in_the_place_is_refused(root: Path, host: Places, kind: str) -> None:
    path = str(root / "folder")
    os.mkdir(path)
    change = {"write": Write(path, b""), "link": Link(path, "x"), "remove": Remove(path)}[kind]
    with pytest.raises(TransactionError, match="a folder stands"):
        apply([change], test=False, host=host)


def test_contradictory_relative_and_circular_paths_are_refused(root: Path) -> None:
    path = str(root / "a")
    with pytest.raises(TransactionError, match="two different changes"):
        pending([Write(path, b"1"), Write(path, b"2")])
    with pytest.raises(TransactionError, match="two different changes"):
        pending([Write(path, b"1"), Remove(path)])
    assert pending([Write(path, b"1"), Write(path, b"1")]) == [Write(path, b"1")]
    with pytest.raises(TransactionError, match="absolute"):
        pending([Remove("a")])
    (root / "loop").symlink_to("loop")
    with pytest.raises(TransactionError, match="circle"):
        pending([Write(str(root / "loop"), b"")])


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "is full|no inode"),
        (errno.EROFS, "read-only"),
        (errno.EDQUOT, "quota"),
        (errno.EIO, "I/O error|Input"),
    ],
)
def test_refusal_of_the_disk_changes_nothing(
    root: Path, host: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    prepare(root)
    before = snapshot(root)
    real = transaction.write_new

    def refuse(path: str, *arguments: object) -> None:
        if ".new." in path:
            raise OSError(number, os.strerror(number))
        real(path, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(transaction, "write_new", refuse)
    with pytest.raises(EdgeError, match=rf"available/new: .*({words}).*Nothing was changed"):
        apply(samples(root), test=False, host=host)
    assert snapshot(root) == before
    assert leftovers(tmp_path) == []


def test_a_dry_run_without_room_for_its_copy_is_explained(
    root: Path, host: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/tmp/copy")

    monkeypatch.setattr(transaction, "find", lambda _name: "/usr/sbin/nginx")
    monkeypatch.setattr(transaction.tempfile, "mkdtemp", refuse)
    with pytest.raises(EdgeError, match=r"^/tmp/copy: the file system at .* is full: .*\. Nothing was changed"):
        check(samples(root), root=str(root), host=host)


def test_a_state_folder_that_is_full_while_the_candidate_is_staged_is_named(
    root: Path, host: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(root)
    before = snapshot(root)
    seen: list[bool] = []

    def refuse(_root: str, copy: str) -> None:
        # What a write says: the error names no file, so that the folder in use has to be known.
        os.mkdir(copy)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def look(error: OSError, path: str, **_: bool) -> str:
        seen.append(os.path.isdir(path))
        return f"{path}: {error.strerror}"

    monkeypatch.setattr(transaction, "find", lambda _name: "/usr/sbin/nginx")
    monkeypatch.setattr(_candidate, "copy_tree", refuse)
    monkeypatch.setattr(files, "explain", look)
    with pytest.raises(EdgeError, match=rf"^{host.state}/.stage: No space left on device. Nothing was changed"):
        apply(samples(root), root=str(root), host=host)
    assert seen == [True]
    assert snapshot(root) == before
    assert leftovers(tmp_path) == []


def test_file_system_without_hard_links(root: Path, host: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "no hard links here")

    monkeypatch.setattr(files.os, "link", refuse)
    prepare(root)
    before = snapshot(root)

    def after() -> None:
        raise RuntimeError("no")

    with pytest.raises(TransactionError, match="put back"):
        apply(samples(root), test=False, after=after, host=host)

    def without_inode(seen: dict[str, object]) -> object:
        return {name: what if not isinstance(what[2], tuple) else what[2][:2] for name, what in seen.items()}  # type: ignore[index]

    assert without_inode(snapshot(root)) == without_inode(before)


@pytest.mark.parametrize("die_again", [0, 5])
def test_end_at_any_call_is_undone_or_finished(tmp_path: Path, die_again: int) -> None:
    outcomes = set()
    for die_at in range(1, 500):
        base = tmp_path / str(die_at)
        root = base / "etc"
        root.mkdir(parents=True)
        prepare(root)
        old = snapshot(root)
        host = Places(state=str(base / "state"), lock=str(base / "lock"))
        finished = not struck(lambda root=root, host=host: apply(samples(root), test=False, host=host), die_at)
        if die_again:
            struck(lambda host=host: recover(host=host), die_again)
        recover(host=host)
        is_old = snapshot(root) == old
        is_new = pending(samples(root)) == []
        assert is_old != is_new, die_at
        assert leftovers(base) == [], die_at
        outcomes.add(is_new)
        apply(samples(root), test=False, host=host)
        assert pending(samples(root)) == []
        if finished:
            break
    assert finished
    assert outcomes == {False, True}


@pytest.mark.parametrize("umask", [0o027, 0o077])
def test_umask_of_the_session_does_not_hide_the_state_folder_from_nginx(root: Path, host: Places, umask: int) -> None:
    before = os.umask(umask)
    try:
        apply([Write(str(root / "a"), b"1")], root=str(root), host=host)
    finally:
        os.umask(before)
    assert Path(host.state).stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("content", [b"", b"\x00\xff", b"[]", b'{"folders": []}', b'{"folders": [], "entries": [1]}'])
def test_unreadable_journal_does_not_stop_the_next_run(root: Path, host: Places, content: bytes) -> None:
    os.mkdir(host.state)
    Path(host.state, "journal.json").write_bytes(content)
    apply([Write(str(root / "a"), b"1")], test=False, host=host)
    assert (root / "a").read_bytes() == b"1"
    assert Path(host.state, "journal.unreadable").read_bytes() == content


def test_no_transaction_inside_another(root: Path, host: Places) -> None:
    def after() -> None:
        assert recover(host=host) == []
        apply([Write(str(root / "b"), b"1")], test=False, host=host)

    with pytest.raises(TransactionError, match="inside the last step"):
        apply([Write(str(root / "a"), b"1")], test=False, after=after, host=host)
    assert list(root.iterdir()) == []


def test_order_of_the_calls(root: Path, host: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every content is durable before it gets its name, every name before the next one changes."""
    prepare(root)
    trace: list[tuple[str, str]] = []

    def traced(name: str) -> None:
        real = getattr(os, name)

        def call(first: int | str, *rest: object, **options: object) -> object:
            path = os.readlink(f"/proc/self/fd/{first}") if isinstance(first, int) else str(first)
            trace.append((name, path))
            return real(first, *rest, **options)

        monkeypatch.setattr(os, name, call)

    for name in ("fsync", "rename", "unlink"):
        traced(name)
    exchange = transaction.exchange

    def exchanged(one: str, other: str) -> bool:
        trace.append(("rename", one))
        return exchange(one, other)

    monkeypatch.setattr(transaction, "exchange", exchanged)
    apply(samples(root), test=False, host=host)

    journal = next(i for i, (name, path) in enumerate(trace) if name == "rename" and path.startswith(host.state))
    changes = [
        i
        for i, (name, path) in enumerate(trace)
        if path.startswith(str(root))
        and (name == "rename" or (name == "unlink" and not Path(path).name.startswith(".")))
    ]
    names = [Path(trace[i][1]).name.lstrip(".").split(".")[0] for i in changes]
    assert names == ["new", "old", "new", "swapped", "gone-link", "gone"]
    assert journal < changes[0]
    for i in changes:
        name, path = trace[i]
        if name == "rename" and os.path.basename(os.path.dirname(path)) == "available":
            assert ("fsync", path) in trace[:i]
        assert trace[i + 1] == ("fsync", os.path.dirname(path))
    assert ("fsync", str(root)) in trace[journal : changes[0]]


def in_place(path: str) -> None:
    with open(path, "r+b") as stream:
        stream.truncate()
        stream.write(b"editor\n")


def by_rename(path: str) -> None:
    Path(path + "~").write_bytes(b"editor\n")
    os.rename(path + "~", path)


@pytest.mark.parametrize("save", [in_place, by_rename])
@pytest.mark.parametrize("moment", ["before the swap", "behind the swap", "in the last step"])
@pytest.mark.parametrize("with_exchange", [True, False])
def test_what_an_editor_saves_meanwhile_is_never_lost(
    root: Path, host: Places, monkeypatch: pytest.MonkeyPatch, save: Any, moment: str, with_exchange: bool
) -> None:
    """Either the call fails by name and everything else is as before, or the editor had our text before it."""
    path, other = root / "site", root / "other"
    for each in (path, other):
        each.write_bytes(b"old\n")
    exchange, rename, saved = transaction.exchange, os.rename, []

    def fire(wanted: str) -> None:
        if wanted == moment and not saved:
            saved.append(True)
            save(str(path))

    def exchanged(one: str, two: str) -> bool:
        if not with_exchange:
            return False
        if two == str(path):
            fire("before the swap")
        done = exchange(one, two)
        if two == str(path):
            fire("behind the swap")
        return done

    def renamed(one: str, two: str) -> None:
        rename(one, two)
        if two == str(path) and one.endswith(".new"):
            fire("behind the swap")

    def refused(entry: Any, place: str) -> None:
        if place == str(path):
            fire("before the swap")
        refuse(entry, place)

    refuse = transaction._refuse_foreign
    monkeypatch.setattr(transaction, "exchange", exchanged)
    if not with_exchange:
        monkeypatch.setattr(os, "rename", renamed)
        monkeypatch.setattr(transaction, "_refuse_foreign", refused)
    changes = [Write(str(each), b"new\n", original=b"old\n") for each in (path, other)]
    failed = False
    try:
        apply(changes, test=False, after=lambda: fire("in the last step"), host=host)
    except TransactionError as error:
        failed = f"{path}: somebody else changed it" in str(error)
    assert saved
    assert path.read_bytes() == b"editor\n"
    assert failed is (moment == "before the swap")
    assert other.read_bytes() == (b"old\n" if failed else b"new\n")
    assert sorted(os.listdir(root)) == ["other", "site"]


def test_an_editor_that_had_the_original_open_keeps_its_text(root: Path, host: Places) -> None:
    path = root / "site"
    path.write_bytes(b"old\n")
    with open(path, "r+b") as stream:

        def late() -> None:
            stream.truncate()
            stream.write(b"editor\n")
            stream.flush()

        with pytest.raises(TransactionError, match=f"^{path}: somebody else changed it"):
            apply([Write(str(path), b"new\n")], test=False, after=late, host=host)
    assert path.read_bytes() == b"editor\n"


def test_concurrent_writers_leave_one_whole_result(root: Path, host: Places, tmp_path: Path) -> None:
    paths = [str(root / name) for name in "abc"]
    children = []
    for writer in range(4):
        pid = os.fork()
        if pid == 0:
            try:
                for turn in range(5):
                    content = f"{writer}.{turn}".encode()
                    apply([Write(path, content) for path in paths], test=False, host=host)
            except BaseException:
                os._exit(1)
            os._exit(0)
        children.append(pid)
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children] == [0] * 4
    contents = {Path(path).read_bytes() for path in paths}
    assert len(contents) == 1
    assert contents.pop().endswith(b".4")
    assert leftovers(tmp_path) == []


def test_contended_lock_is_an_error_of_the_transaction(
    root: Path, host: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(**_: object) -> None:
        raise files.LockError("held by process 7")

    monkeypatch.setattr(transaction, "host_lock", taken)
    with pytest.raises(files.LockError, match="process 7"):
        apply([Write(str(root / "a"), b"")], test=False, host=host)


def test_settling_that_fails_puts_everything_back(
    root: Path, host: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(root)
    before = snapshot(root)
    real = os.rename

    def rename(source: str, target: str) -> None:
        if target.endswith("journal.done.json"):
            raise OSError(errno.EIO, "Input/output error", source)
        real(source, target)

    monkeypatch.setattr(os, "rename", rename)
    with pytest.raises(TransactionError, match="every file was put back"):
        apply(samples(root), test=False, host=host)
    assert snapshot(root) == before
    assert leftovers(tmp_path) == []


def test_original_that_cannot_be_dropped_is_left_to_the_next_run(
    root: Path, host: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(root)
    real = os.unlink

    def unlink(path: str) -> None:
        if path.endswith(".old"):
            raise OSError(errno.EIO, "Input/output error", path)
        real(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", unlink)
        apply(samples(root), test=False, host=host)
    assert pending(samples(root)) == []
    assert leftovers(tmp_path) != []
    recover(host=host)
    assert pending(samples(root)) == []
    assert leftovers(tmp_path) == []


def test_file_where_a_folder_is_needed(root: Path, host: Places) -> None:
    (root / "file").write_text("x")
    with pytest.raises(TransactionError, match="is not a folder"):
        apply([Write(str(root / "file" / "sub"), b"1")], test=False, host=host)
    assert (root / "file").read_text() == "x"


def test_a_root_that_is_no_folder_is_refused(root: Path, host: Places) -> None:
    with pytest.raises(TransactionError, match=r"missing: is not a folder, so nothing was tested or changed"):
        apply([Write(str(root / "site"), b"good;\n")], root=str(root / "missing"), host=host)
    assert not (root / "site").exists()


def test_a_file_outside_of_the_root_is_tested_in_its_place_where_it_is_there(
    root: Path, host: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted: list[list[str]] = []

    def accept(_nginx: str, mounts: list[tuple[str, str]], _memory: str) -> Verdict:
        mounted.append([place for _copy, place in mounts])
        assert all(os.path.exists(copy) for copy, _place in mounts)
        return Verdict(True, "")

    monkeypatch.setattr(_candidate, "test_staged", accept)
    outside = tmp_path / "outside.conf"
    outside.write_text("old\n")
    apply([Write(str(outside), b"new\n")], root=str(root), host=host)
    assert mounted == [[str(root), str(outside)]]
    assert outside.read_text() == "new\n"
    # A new one has no place to be mounted on: nginx tests it live.
    apply([Write(str(tmp_path / "another.conf"), b"new\n")], root=str(root), host=host)
    assert len(mounted) == 1
    assert (tmp_path / "another.conf").read_text() == "new\n"


def test_what_nginx_refuses_without_a_place_is_told_with_its_words() -> None:
    verdict = Verdict(False, "nginx: [emerg] no events section\n")
    said = _candidate.refusal(verdict, [])
    assert "no events section. Remedy: correct what was asked for, or the file that nginx names" in said


def test_a_file_with_a_group_gets_group_and_mode_although_its_bytes_are_right(root: Path, host: Places) -> None:
    path = root / "users"
    path.write_bytes(b"anna:hash")
    path.chmod(0o644)
    wanted = Write(str(path), b"anna:hash", 0o640, group=1)
    assert pending([Write(str(path), b"anna:hash", 0o640)]) == []
    assert pending([wanted]) == [wanted]
    apply([wanted], test=False, host=host)
    status = path.stat()
    assert (stat.S_IMODE(status.st_mode), status.st_gid, path.read_bytes()) == (0o640, 1, b"anna:hash")
    assert pending([wanted]) == []


def test_what_is_shown_stands_for_contents_and_nothing_is_kept_where_others_may_read_it(
    root: Path, host: Places
) -> None:
    path = root / "users"
    path.write_bytes(b"anna:old")
    path.chmod(0o640)
    changes = [Write(str(path), b"anna:new", 0o640, group=0, shown=("anna\n", "anna: password changed\n"))]
    assert [(each["before"], each["after"]) for each in diffs(changes)] == [("anna\n", "anna: password changed\n")]
    assert [each["before"] for each in diffs([Remove(str(path), shown=("anna\n", ""))])] == ["anna\n"]
    seen: dict[str, int] = {}

    def look() -> None:
        for folder in (root, Path(host.state)):
            seen.update({str(each): each.stat().st_mode & 0o777 for each in folder.rglob("*") if each.is_file()})
        assert not any(b"anna:" in each.read_bytes() for each in Path(host.state).glob("*") if each.is_file())

    (copy,) = apply(changes, root=str(root), after=look, backup=True, host=host)
    assert len(seen) >= 4
    assert {mode & 0o007 for mode in seen.values()} == {0}
    assert Path(copy).parent.stat().st_mode & 0o077 == 0
