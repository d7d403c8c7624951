# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What other hands left in certbot's folder, on the converged hosts: one run tells or mends all of it.

Cases C10 to C12: leftovers of an earlier certificate, a backup that followed links, a name without a folder; then
challenges that the authenticator does not have, and a program that has port 80 of the host's IPv6 address.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import inventory
import pytest
import runs
from conftest import SCENARIO, Home, side_by_side
from test_0_public_dns import HEAD, name_server, serve

CERTBOT = "REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt certbot --non-interactive"
LETSENCRYPT = "/etc/letsencrypt"
WEBROOT = "/var/lib/constellation-edge/acme"
# What is left of an earlier certificate of a name.
LEFT = {"archived": "archive/NAME/cert1.pem", "listed": "live/NAME/README"}
# The lineages that are whole but for one thing, each with the names of its certificate.
WHOLE = {"plain": ("plain",), "half": ("half", "other")}
# A name whose AAAA record leads to another program of the host, as a published port of a container does.
TAKEN = "taken"
TAKE = """systemd-run --quiet --unit elsewhere python3 -m http.server 8089 --bind ::
nft -f - <<END
table ip6 elsewhere {{
  chain in {{ type nat hook prerouting priority -100; ip6 daddr {address} tcp dport 80 redirect to :8089; }}
  chain out {{ type nat hook output priority -100; ip6 daddr {address} tcp dport 80 redirect to :8089; }}
}}
END
"""
GIVE_BACK = "nft delete table ip6 elsewhere && systemctl stop elsewhere"
# Both are renewed through our webroot, and then damaged: files in the place of links, a map without a name.
DAMAGE = f"""set -e
sed -i -e 's/^authenticator = .*/authenticator = webroot/' {LETSENCRYPT}/renewal/plain.DOMAIN.conf \\
    {LETSENCRYPT}/renewal/half.DOMAIN.conf
printf '[[webroot_map]]\\n%s = %s\\n' plain.DOMAIN {WEBROOT} >> {LETSENCRYPT}/renewal/plain.DOMAIN.conf
printf '[[webroot_map]]\\n%s = %s\\n' half.DOMAIN {WEBROOT} >> {LETSENCRYPT}/renewal/half.DOMAIN.conf
cp -rL {LETSENCRYPT}/live/plain.DOMAIN /tmp/followed
rm -r {LETSENCRYPT}/live/plain.DOMAIN
mv /tmp/followed {LETSENCRYPT}/live/plain.DOMAIN
"""


@dataclass(frozen=True)
class Mended:
    """The runs, what was proven before them and by `verify.yml` after them, and the serial numbers from before."""

    serials: dict[str, dict[str, str]]
    before: dict[str, dict[str, str]]
    first: runs.Run
    again: runs.Run
    after: dict[str, dict[str, str]]


def below(home: Home, label: str) -> str:
    """Return a name of a host by its first label."""
    return f"{label}.{home.domain}"


def serial(home: Home, label: str) -> str:
    """Return the serial number of the certificate that certbot has for a name."""
    file = f"{LETSENCRYPT}/live/{below(home, label)}/cert.pem"
    return str(home.host.check_output("openssl x509 -noout -serial -in %s", file))


def orders(home: Home, name: str) -> int:
    """Return how often certbot was asked for a certificate of a name, by the arguments in its log."""
    pattern = f"Arguments: .*'--cert-name', '{name}'"
    return int(home.host.check_output("cat /var/log/letsencrypt/* | grep -c -e %s || true", pattern))


def written_inventory(homes: list[Home], path: Path) -> Path:
    """Write the scenario's inventory with a site more for each of these names."""
    groups: dict[str, Any] = inventory.inventory()
    upstream = f"http://{SCENARIO['services']['jeedom']}:8765"
    hosts = groups["_meta"]["hostvars"]
    for home in homes:
        for labels in (*((label,) for label in (*LEFT, TAKEN)), *WHOLE.values()):
            names = [below(home, label) for label in labels]
            routes = [{"path": "/", "app": "motioneye", "upstream": upstream}]
            hosts[home.name]["edge_sites"].append({"server_name": names, "routes": routes})
    edge = {"hosts": {home.name: hosts[home.name] for home in homes}, "vars": groups["edge"]["vars"]}
    path.write_text(json.dumps({"edge": edge}), encoding="utf-8")
    return path


def leave(home: Home) -> None:
    """Do to a host what the cases say."""
    for label, file in LEFT.items():
        left = f"{LETSENCRYPT}/{file.replace('NAME', below(home, label))}"
        home.host.check_output("mkdir -p $(dirname %s) && echo left > %s", left, left)
    make = ""
    for lineage, labels in WHOLE.items():
        names = " ".join(f"-d {below(home, label)}" for label in labels)
        # As ours have it: by itself, certbot 1.21 makes keys of another type, for which a new certificate is right.
        make += f"{CERTBOT} certonly --standalone --key-type ecdsa --cert-name {below(home, lineage)} {names} "
        make += f"--server {SCENARIO['pebble']['directory']}\n"
    script = f"set -e\nsystemctl stop nginx\ntrap 'systemctl start nginx' EXIT\n{make}{DAMAGE}"
    home.host.check_output("bash -c %s", script.replace("DOMAIN", home.domain))
    home.host.check_output("bash -c %s", TAKE.format(address=home.ipv6))


def renewed(home: Home, name: str) -> Any:
    """Have certbot renew a lineage; return what it says."""
    return home.host.run(f"{CERTBOT} renew --force-renewal --no-random-sleep-on-renew --cert-name {name} 2>&1")


def remedy(home: Home, run: runs.Run, label: str) -> str:
    """Return the command that a run says has to be typed for a name."""
    name = re.escape(below(home, label))
    said = re.search(rf"MISSING certificate of {name}: .* the CA was not asked .*?: `(mv .*?)`\.", run.text)
    assert said, run.tail
    return said[1]


def proven(home: Home, path: Path) -> dict[str, str]:
    """Return by subject what the proof says of each renewal of a host, and nothing else, the verdict first."""
    others = dict.fromkeys(("firewall", "connection_limit", "nginx"), False)
    proofs = runs.module(path, home.name, "edge_host_probe", jails=[], fail=False, **others)["proofs"]
    return {each["subject"]: f"{'ok' if each['ok'] else 'failed'}: {each['detail']}" for each in proofs}


def verified(path: Path) -> dict[str, dict[str, str]]:
    """Return by host and subject what `verify.yml` says, the verdict first."""
    report = path.with_suffix(".json")
    run = runs.playbook(runs.VERIFY, path, "-e", f"edge_report_file={report}")
    assert run.rc == 0, run.tail
    hosts = json.loads(report.read_text(encoding="utf-8"))["hosts"]
    return {
        host: {check["subject"]: f"{check['result']}: {check['detail']}" for check in each["checks"]}
        for host, each in hosts.items()
    }


@contextlib.contextmanager
def known_to_dns(lab: Any, homes: list[Home]) -> Iterator[None]:
    """Have the hosts' DNS server know both addresses of the name; what else is asked goes where it went."""
    address = name_server(lab, "dns-taken")
    both = "{name} A {home.ipv4}\n{name} AAAA {home.ipv6}\n"
    zones = {home.domain: f"{HEAD}@ NS ns\nns A {address}\n{both.format(name=TAKEN, home=home)}" for home in homes}
    serve(lab, "dns-taken", zones, recursion="yes; forwarders { 127.0.0.11; }; forward only")
    before = {home.name: home.host.file("/etc/resolv.conf").content_string for home in homes}
    for home in homes:
        home.host.check_output("printf %s > /etc/resolv.conf", f"nameserver {address}\n")
    yield
    for home in homes:
        home.host.check_output("printf %s > /etc/resolv.conf", before[home.name])


@pytest.fixture(scope="module")
def mended(lab, homes, tmp_path_factory) -> Mended:
    """Damage what is there, run, type what the run says, and run again."""
    for home in homes:
        for label in (*LEFT, TAKEN, "plain", "half", "other"):
            lab.dns(below(home, label), home.ipv4, home.ipv6)
    side_by_side(homes, leave)
    serials = {home.name: {label: serial(home, label) for label in WHOLE} for home in homes}
    path = written_inventory(homes, tmp_path_factory.mktemp("inventory") / "hosts.yml")
    before = {home.name: proven(home, path) for home in homes}
    with known_to_dns(lab, homes):
        first = runs.site(path)
    for home in homes:
        for label in LEFT:
            assert orders(home, below(home, label)) == 0
            home.host.check_output(remedy(home, first, label))
        assert orders(home, below(home, TAKEN)) == 0
        home.host.check_output(GIVE_BACK)
    again = runs.site(path)
    return Mended(serials, before, first, again, verified(path))


def test_c10_what_is_left_of_an_earlier_certificate_is_told_and_the_remedy_works_when_it_is_typed(mended, homes):
    assert mended.first.rc == mended.again.rc == 0, mended.first.tail + mended.again.tail
    for home in homes:
        for label in LEFT:
            name = below(home, label)
            assert f"MISSING certificate of {name}" not in mended.again.text
            assert orders(home, name) == 1
            assert serial(home, label)
            assert mended.after[home.name][f"renewal of {name}"].startswith("ok")


def test_a_program_at_the_ipv6_address_is_told_before_the_authority_is_asked(mended, homes):
    for home in homes:
        name = below(home, TAKEN)
        said = re.search(rf"MISSING certificate of {re.escape(name)}: .*", mended.first.text)
        assert said, mended.first.tail
        assert f"from [{home.ipv6}], its AAAA record" in said[0]
        assert f"MISSING certificate of {name}" not in mended.again.text
        assert orders(home, name) == 1


def test_c11_links_are_put_back_so_that_certbot_renews_the_lineage(mended, homes):
    for home in homes:
        subject = f"renewal of {below(home, 'plain')}"
        assert "is no link" in mended.before[home.name][subject]
        assert mended.before[home.name][subject].startswith("failed")
        assert_mended(mended, home, "plain")


def test_c12_a_name_without_a_folder_gets_one_so_that_both_names_are_renewed(mended, homes):
    for home in homes:
        said = mended.before[home.name][f"renewal of {below(home, 'half')}"]
        assert said.startswith("failed")
        assert below(home, "other") in said
        assert_mended(mended, home, "half")


def assert_mended(mended: Mended, home: Home, label: str) -> None:
    """Hold that no certificate was made for it, and that certbot renews it by itself, for all its names."""
    name, was = below(home, label), mended.serials[home.name][label]
    assert mended.after[home.name][f"renewal of {name}"].startswith("ok")
    assert orders(home, name) == 1  # the one of its owner
    assert serial(home, label) == was
    done = renewed(home, name)
    assert done.rc == 0, done.stdout
    assert serial(home, label) != was
    names = home.host.check_output(
        "openssl x509 -noout -ext subjectAltName -in %s", f"{LETSENCRYPT}/live/{name}/cert.pem"
    )
    assert all(f"DNS:{below(home, each)}" in names for each in WHOLE[label])


def test_a_second_run_had_nothing_but_the_certificates_to_add(mended, homes):
    for home in homes:
        assert mended.again.count(home.name, "changed") == 2, mended.again.changed(home.name)  # issued, and served


def test_challenges_that_webroot_does_not_have_are_taken_out_so_that_certbot_renews_the_lineage(mended, homes):
    """Behind the ones above, of which it takes a lineage."""
    for home in homes:
        name = below(home, "plain")
        file = f"{LETSENCRYPT}/renewal/{name}.conf"
        home.host.check_output("sed -i '/^.renewalparams/a pref_challs = dns-01,' %s", file)
        assert "None of the preferred challenges are supported" in renewed(home, name).stdout
        wanted, server = [{"name": name}], SCENARIO["pebble"]["directory"]
        answer = runs.module(runs.INVENTORY, home.name, "certbot_certificate", certificates=wanted, server=server)
        assert (answer["changed"], answer["certificates"][name]["problem"]) == (True, ""), answer
        assert renewed(home, name).rc == 0
