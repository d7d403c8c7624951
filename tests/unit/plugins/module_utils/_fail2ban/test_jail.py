# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text of the jails, what is refused, and what fail2ban's answers mean."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._fail2ban.jail import (
    GENERAL,
    Fail2banError,
    Inherited,
    JailStatus,
    as_strict,
    known_controller,
    normal_ignored,
    own_values,
    parse_status,
    question,
    read_dump,
    render,
    seconds,
    unite,
    wanted_jails,
)
from places import TEXTS

FIXTURES = TEXTS / "hardening"
DEFAULTS = {"bantime": "1h", "maxretry": 5, "banaction": "nftables"}
ACTIONS = "The jail sshd has the following actions:\nnftables\n"


def test_renders_whole_jails():
    jails = wanted_jails(
        [
            {"name": "sshd", "backend": "systemd", "maxretry": 3},
            {"name": "web", "enabled": False, "filter": "nginx-http-auth", "logpath": ["/var/log/a", "/var/log/b"]},
        ],
        DEFAULTS,
        [22, 2222],
    )
    assert render(jails, {"sshd": ["127.0.0.1/8", "192.168.0.5"]}, "192.168.0.5") == (
        "# constellation.edge: this file is ours as a whole; the next run puts back what is changed here by hand.\n"
        "# Own jails belong in jail.local or in another file of this folder. What is never banned there is not banned"
        " here.\n"
        "# Of bantime, findtime and maxretry there, what is stricter than our default counts, unless the inventory says"
        " it.\n"
        "# controller: 192.168.0.5\n"
        "\n[sshd]\nenabled = true\nport = 22,2222\nbackend = systemd\nmaxretry = 3\nbantime = 1h\n"
        "banaction = nftables\nignoreip = 127.0.0.1/8 192.168.0.5\n"
        "\n[web]\nenabled = false\nfilter = nginx-http-auth\nbackend = auto\n"
        "logpath = /var/log/a\n          /var/log/b\nmaxretry = 5\nbantime = 1h\nbanaction = nftables\n"
    )


def test_the_controller_of_an_earlier_run_is_remembered():
    assert known_controller(render([], {}, "192.168.0.5")) == "192.168.0.5"
    assert known_controller(render([], {}, None)) is None


def test_nothing_of_ours_stands_in_the_section_that_governs_the_owners_jails():
    assert "[DEFAULT]" not in render(wanted_jails([{"name": "sshd"}], DEFAULTS, [22]), {}, None)


@pytest.mark.parametrize(
    ("jail", "words"),
    [
        ({"name": "DEFAULT"}, r"jails\[0\].name: 'DEFAULT' is not a jail name"),
        ({"name": "a" * 27}, "at most 26"),
        ({"name": "a]\n[b"}, "is not a jail name"),
        ({"name": "a", "port": "80\nenabled = true"}, r"jails\[0\].port: .* a control character or a line break"),
        ({"name": "a", "logpath": ["log"]}, "not an absolute path"),
        ({"name": "a", "logpath": ["/l"], "backend": "systemd"}, "a logpath is not read with backend systemd"),
        ({"name": "a", "bantime": "soon"}, r"jails\[0\].bantime: 'soon' is not a time"),
        ({"name": "a", "findtime": "10 foo"}, r"jails\[0\].findtime: '10 foo' is not a time"),
        ({"name": "a", "maxretry": 0}, "1 is the least"),
    ],
)
def test_a_mistake_names_the_jail_and_the_remedy(jail, words):
    with pytest.raises(Fail2banError, match=words):
        wanted_jails([jail], {}, [22])


def test_a_jail_twice_is_refused():
    with pytest.raises(Fail2banError, match=r"jails\[1\].name: 'a' is given twice"):
        wanted_jails([{"name": "a"}, {"name": "a"}], {}, [22])


def test_what_is_never_banned_is_checked():
    assert normal_ignored("defaults", ["10.0.0.0/8", "::1", "", "home.example.org"]) == [
        "10.0.0.0/8", "::1", "home.example.org",
    ]  # fmt: skip
    with pytest.raises(Fail2banError, match=r"defaults.ignoreip: '10.0.0.0/33'"):
        normal_ignored("defaults", ["10.0.0.0/33"])


DUMP = """\
['set', 'dbpurgeage', '1d']
['add', 'sshd', 'auto']
['set', 'sshd', 'maxretry', 3]
['set', 'sshd', 'maxmatches', None]
['set', 'sshd', 'bantime', '1w']
['set', 'sshd', 'addignoreip', '127.0.0.1/8', "o'office"]
['set', 'web', 'maxretry', None]
['set', 'web', 'addignoreip']
['multi-set', 'web', 'addfailregex', ['a', 'b']]
['start', 'sshd']
"""


def test_reads_what_jails_have_from_fail2bans_dump():
    assert read_dump(DUMP) == {
        "sshd": Inherited(("127.0.0.1/8", "o'office"), (("maxretry", "3"), ("bantime", "1w"))),
        "web": Inherited(),
    }


def test_reads_what_a_jail_watches():
    journal = parse_status((FIXTURES / "status_journal.txt").read_text(), ACTIONS)
    assert journal == JailStatus(("nftables",), 0, ("_SYSTEMD_UNIT=ssh.service + _COMM=sshd",))
    files = parse_status((FIXTURES / "status_file.txt").read_text(), ACTIONS)
    assert files == JailStatus(("nftables",), 1, ("/var/log/nginx/error.log",))
    assert files.alive


@pytest.mark.parametrize(
    ("status", "actions"),
    [
        ((FIXTURES / "status_file.txt").read_text(), "No actions for jail nginx-http-auth\n"),
        ("|  `- Journal matches:\t\n", ACTIONS),
        ("|  `- File list:\t\n", ACTIONS),
    ],
)
def test_a_jail_that_sees_or_does_nothing_is_dead(status, actions):
    assert not parse_status(status, actions).alive


def test_unites_in_order():
    assert unite(["b", "a"], ["a", "c"]) == ["b", "a", "c"]


OWNERS = {"bantime": "1w", "findtime": "10m", "maxretry": "2"}


def strict(theirs, stated=(), **values):
    defaults = {"bantime": "1h", "findtime": "10m", "maxretry": 5, **values}
    (jail,) = wanted_jails([{"name": "sshd"}], defaults, [22], stated)
    found, told, notes = as_strict(jail, theirs, seconds)
    settings = dict(found.settings)
    return (
        tuple(settings[key] for key in ("bantime", "findtime", "maxretry")),
        told,
        [note.split(",")[0] for note in notes],
    )


def test_a_default_of_ours_gives_way_to_what_is_stricter():
    assert strict(OWNERS) == (("1w", "10m", "2"), [], ["jail sshd keeps bantime 1w", "jail sshd keeps maxretry 2"])
    assert strict({"bantime": "10m", "findtime": "10m", "maxretry": "5"}) == (("1h", "10m", "5"), [], [])
    assert strict({"findtime": "-1"})[0][1] == "10m"


def test_what_the_inventory_says_stays_and_a_laxer_one_is_told():
    values, told, notes = strict(OWNERS, ("bantime",), bantime="2h")
    assert values == ("2h", "10m", "2")
    assert told == ["jail sshd: bantime 2h, as the inventory says, is laxer than 1w, which this host's own files say"]
    assert notes == ["jail sshd keeps maxretry 2"]
    assert strict(OWNERS, ("maxretry",), maxretry=1)[0][2] == "1"
    assert strict(OWNERS, ("maxretry",), maxretry=1)[1] == []


@pytest.mark.parametrize(
    ("theirs", "stricter"),
    [
        ("-1", True),
        ("3601", True),
        ("60m", False),
        ("61 minutes", True),
        ("1h 1s", True),
        ("1mo", True),
        ("1y", True),
        ("2 weeks", True),
        ("soon", False),
        ("", False),
    ],
)
def test_times_are_compared_as_fail2ban_reads_them(theirs, stricter):
    assert strict({"bantime": theirs})[0][0] == (theirs if stricter else "1h")


def sustained(general, theirs, stated=()):
    """Return the values, warnings and notes of a jail of 600 in 10 minutes."""
    item = {"name": "limits", "maxretry": 600, "findtime": "10m", "sustained": True}
    (jail,) = wanted_jails([item], {"bantime": "1h", "findtime": "10m", "maxretry": 5}, [22], stated)
    inherited = {GENERAL: Inherited((), tuple(general.items())), "limits": Inherited((), tuple(theirs.items()))}
    found, told, notes = as_strict(jail, own_values(jail, inherited), seconds)
    return tuple(dict(found.settings)[key] for key in ("bantime", "findtime", "maxretry")), told, notes


@pytest.mark.parametrize("stated", [(), ("maxretry", "findtime")])
def test_a_sustained_jail_keeps_its_numbers_beside_those_of_all_jails(stated):
    general = {"bantime": "1w", "findtime": "1d", "maxretry": "5"}
    values, told, notes = sustained(general, general, stated)
    assert (values, told) == (("1w", "10m", "600"), [])
    assert [note.split(",")[0] for note in notes] == ["jail limits keeps bantime 1w"]


def test_what_the_hosts_files_say_of_a_sustained_jail_itself_wins_where_it_is_stricter():
    values, told, notes = sustained({"maxretry": "5"}, {"maxretry": "50"})
    assert (values, told) == (("1h", "10m", "50"), [])
    assert [note.split(": ")[1] for note in notes] == ["to have another one, change it there"]
    assert sustained({"maxretry": "5"}, {"maxretry": "900"})[0][2] == "600"


def test_fail2ban_is_asked_what_it_gives_every_jail_where_one_is_sustained():
    plain, other = wanted_jails([{"name": "sshd"}, {"name": "limits", "filter": "f", "sustained": True}], {}, [22])
    assert GENERAL not in question([plain])
    assert f"[{GENERAL}]\nenabled = true\nbackend = auto\nlogpath = /dev/null\naction =\nfilter = f\n" in question(
        [plain, other]
    )
