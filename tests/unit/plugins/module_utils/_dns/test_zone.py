# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way from a top-level domain to the servers of a name's zone, and what is said where it is closed."""

from __future__ import annotations

from ansible_collections.constellation.edge.plugins.module_utils._dns._message import AAAA, A
from ansible_collections.constellation.edge.plugins.module_utils._dns._records import CNAME, NS, Message, Record
from ansible_collections.constellation.edge.plugins.module_utils._dns.zone import Found, found

NAME = "home.example.org"
HOUSE, TLD, ZONE, OTHER = "192.168.1.1", "192.0.2.1", "192.0.2.53", "192.0.2.54"
INSIDE, PUBLIC = Record(NAME, A, "192.168.1.9"), Record(NAME, A, "198.51.100.9")
SIX = Record(NAME, AAAA, "2001:db8::9")
TOP = Message(0, False, False, (Record("org", NS, "a.nic.org"),), (), (Record("a.nic.org", A, TLD),))
BELOW = Message(
    0, False, False, (), (Record("example.org", NS, "ns.example.org"),), (Record("ns.example.org", A, ZONE),)
)


def answer(*records, code=0, own=True):
    return Message(code, own, False, records)


class Net:
    """What each server says: a message, or None for silence; what is not listed is refused."""

    def __init__(self, **_nothing):
        """Begin with a house whose own DNS server answers otherwise than the zone's."""
        self.says = {
            (HOUSE, "org", NS): TOP,
            (HOUSE, NAME, A): answer(INSIDE, own=False),
            (HOUSE, NAME, AAAA): answer(own=False),
            (TLD, NAME, A): BELOW,
            (ZONE, NAME, A): answer(PUBLIC),
            (ZONE, NAME, AAAA): answer(),
        }
        self.asked = []

    def __call__(self, server, name, kind, recursive):
        assert recursive == (server == HOUSE)
        self.asked.append((server, name, kind))
        return self.says.get((server, name, kind), Message(5, False, False))

    def found(self, name=NAME, ipv6=False):
        return found(name, [HOUSE], self, ipv6=ipv6)


def test_the_zones_own_servers_are_believed_where_the_house_answers_otherwise():
    net = Net()
    assert net.found() == Found((PUBLIC.value,), (ZONE,), True)
    assert (HOUSE, NAME, A) not in net.asked


def test_addresses_of_both_families_are_found():
    net = Net()
    net.says[ZONE, NAME, AAAA] = answer(SIX)
    assert net.found().addresses == (PUBLIC.value, SIX.value)


def test_no_such_name_and_no_address_are_answers():
    net = Net()
    net.says |= {(ZONE, NAME, A): answer(code=3), (ZONE, NAME, AAAA): answer(code=3)}
    assert net.found() == Found((), (ZONE,), True)


def test_servers_without_an_address_beside_them_are_looked_up():
    net = Net()
    net.says[TLD, NAME, A] = Message(0, False, False, (), (Record("example.org", NS, "ns.example.net"),))
    net.says[HOUSE, "ns.example.net", A] = answer(Record("ns.example.net", A, ZONE), own=False)
    assert net.found() == Found((PUBLIC.value,), (ZONE,), True)


def test_a_server_that_refuses_or_is_silent_is_passed_over():
    names = (Record("example.org", NS, "ns.example.org"), Record("example.org", NS, "ns2.example.org"))
    glue = (Record("ns.example.org", A, OTHER), Record("ns2.example.org", A, ZONE))
    for said in (None, Message(2, False, False), answer(INSIDE, own=False)):
        net = Net()
        net.says |= {(TLD, NAME, A): Message(0, False, False, (), names, glue), (OTHER, NAME, A): said}
        assert net.found() == Found((PUBLIC.value,), (ZONE,), True)


def test_an_alias_is_asked_for_in_its_own_zone():
    net = Net()
    target = "my.dyn.example.net"
    net.says |= {
        (ZONE, NAME, A): answer(Record(NAME, CNAME, target)),
        (HOUSE, "net", NS): Message(0, False, False, (Record("net", NS, "x"),), (), (Record("x", A, OTHER),)),
        (OTHER, target, A): answer(Record(target, A, "198.51.100.7")),
        (OTHER, target, AAAA): answer(),
    }
    assert net.found() == Found(("198.51.100.7",), (OTHER,), True, target)


def test_an_alias_inside_the_zone_comes_with_its_address():
    net = Net()
    target = "host.example.org"
    net.says |= {
        (ZONE, NAME, A): answer(Record(NAME, CNAME, target), Record(target, A, "198.51.100.7")),
        (ZONE, target, AAAA): answer(Record(target, AAAA, SIX.value)),
    }
    assert net.found() == Found(("198.51.100.7", SIX.value), (ZONE,), True, target)


def test_an_alias_of_itself_ends():
    net = Net()
    net.says[ZONE, NAME, A] = answer(Record(NAME, CNAME, "b.example.org"))
    net.says[TLD, "b.example.org", A] = BELOW
    net.says[ZONE, "b.example.org", A] = answer(Record("b.example.org", CNAME, NAME))
    assert net.found() == Found((INSIDE.value,), (HOUSE,))


def test_a_house_that_lets_no_dns_out_is_believed_after_two_servers_were_silent():
    net = Net()
    glue = tuple(Record(f"{letter}.nic.org", A, f"192.0.2.{at}") for at, letter in enumerate("abcdef", 10))
    net.says[HOUSE, "org", NS] = Message(
        0, False, False, tuple(Record("org", NS, each.name) for each in glue), (), glue
    )
    net.says |= {(each.value, NAME, A): None for each in glue}
    assert net.found() == Found((INSIDE.value,), (HOUSE,))
    assert len([each for each in net.asked if each[0] != HOUSE]) == 2


def test_a_dns_server_that_knows_no_servers_is_believed():
    net = Net()
    net.says[HOUSE, "org", NS] = Message(4, False, False)
    assert net.found() == Found((INSIDE.value,), (HOUSE,))


def test_the_root_is_begun_with_where_the_top_level_domain_is_not_told():
    net = Net()
    root = Message(0, False, False, (Record(".", NS, "a.root"),), (), (Record("a.root", A, OTHER),))
    net.says |= {(HOUSE, "org", NS): Message(2, False, False), (HOUSE, ".", NS): root}
    net.says[OTHER, NAME, A] = Message(0, False, False, (), TOP.answers, TOP.additional)
    assert net.found() == Found((PUBLIC.value,), (ZONE,), True)


def test_nobody_answers():
    assert found(NAME, [HOUSE], lambda *_asked: None, ipv6=True) == Found()


def test_a_server_over_ipv6_is_asked_where_the_host_has_it():
    net = Net()
    net.says[TLD, NAME, A] = Message(0, False, False, (), BELOW.authority, (Record("ns.example.org", AAAA, "::53"),))
    net.says |= {("::53", NAME, A): answer(PUBLIC), ("::53", NAME, AAAA): answer()}
    assert net.found(ipv6=True).servers == ("::53",)
    assert net.found(ipv6=False).servers == (HOUSE,)


def test_servers_that_send_round_in_circles_end():
    net = Net()
    net.says[ZONE, NAME, A] = BELOW
    assert net.found() == Found((INSIDE.value,), (HOUSE,))


def test_a_top_level_domain_that_does_not_exist_is_told_by_a_server_that_knows_another_one():
    net = Net()
    name = "home.planlan"
    net.says |= {(HOUSE, each, kind): answer(code=3, own=False) for each in (name, "planlan") for kind in (A, AAAA, NS)}
    assert net.found(name) == Found((), (HOUSE,))
    net.says[HOUSE, "com", NS] = answer(Record("com", NS, "a.com"), own=False)
    assert net.found(name) == Found((), (HOUSE,), nowhere=True)
    net.says[HOUSE, name, A] = answer(Record(name, A, "192.168.0.9"), own=False)
    assert net.found(name) == Found(("192.168.0.9",), (HOUSE,))
