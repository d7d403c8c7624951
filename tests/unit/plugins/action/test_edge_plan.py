# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first task of a run, with a host that answers as it is told: what is asked of it, refused, and returned."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.constellation.edge.plugins.action import edge_plan
from ansible_collections.constellation.edge.plugins.action.edge_plan import ARGUMENTS, HEADING, ActionModule
from ansible_collections.constellation.edge.plugins.modules import edge_plan as documentation
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.packages import role_packages

ROUTE = {"path": "/x/", "upstream": "http://127.0.0.1:1", "prefix": "strip"}
SITES = [{"server_name": "a.example.org", "routes": [ROUTE]}]
SERVER = {"path": "", "listen_uris": [], "file_servers": []}
SENTINEL = {"path": "", "uri": "", "source": ""}
INFO = {"server": SERVER, "sentinel": SENTINEL, "own_hosts": [], "answers": {}, "record_due": True}
HOST = {
    "distribution": "debian",
    "release": "13",
    "tested": True,
    "nginx_installed": False,
    "nginx_version": "1.26.3",
    "openssl_version": "3.5.1",
    "ipv6": True,
    "upstreams": {},
    "servers": [],
    "reach": {"names": {}, "own": []},
    "record_due": True,
}
RECORD = {"found": {"made": 1}, "installed": ["nginx"], "undecided": "", "notes": ["the sentinel calls b"]}


class World:
    """A controller with one host: the variables of the host, and what modules find on it."""

    def __init__(self, folder: Path) -> None:
        """Be a proxy that is reached by SSH."""
        self.folder = folder
        self.variables: dict[str, Any] = {
            "inventory_hostname": "home",
            "group_names": ["edge"],
            "groups": {"all": ["home"], "edge": ["home"]},
            "edge_sites": SITES,
        }
        self.answers: dict[str, dict[str, Any]] = copy.deepcopy(
            {
                "edge_preflight": {"host": HOST},
                "constellation_info": INFO,
                "edge_record": RECORD,
                "nginx_site": {"changed": True},
            }
        )
        self.failure: AnsibleError | None = None
        self.check = False
        self.asked: dict[str, dict[str, Any]] = {}
        self.in_check_mode: list[bool] = []
        self.connection = SimpleNamespace(
            transport="ssh", become=None, _shell=SimpleNamespace(tmpdir=str(folder), _IS_WINDOWS=False)
        )

    def run(self, **given: Any) -> dict[str, Any]:
        """Run the task, as playbooks/tasks/plan.yml does."""
        hostvars = dict.fromkeys(self.variables["groups"]["all"], self.variables)
        task = SimpleNamespace(
            args={"sites": self.variables["edge_sites"], **given}, check_mode=self.check, async_val=0, _uuid="task"
        )
        variables = {**self.variables, "hostvars": hostvars}
        action = ActionModule(
            task, self.connection, SimpleNamespace(remote_user="anna"), DataLoader(), Templar(DataLoader(), variables)
        )
        action._execute_module = self.execute(task)  # type: ignore[method-assign]
        action._get_remote_user = lambda: "anna"  # type: ignore[method-assign]
        return action.run(None, variables)

    def execute(self, task: Any) -> Any:
        def module(module_name: str, module_args: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
            if self.failure:
                raise self.failure  # pylint: disable=raising-bad-type
            name = module_name.removeprefix("constellation.edge.")
            self.asked[name] = module_args
            self.in_check_mode.append(task.check_mode)
            return copy.deepcopy(self.answers[name])

        return module

    def refuses(self, **given: Any) -> str:
        """Run the task, which has to refuse; return what it says."""
        with pytest.raises(AnsibleActionFail) as caught:
            self.run(**given)
        return str(caught.value)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(edge_plan.constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    return World(tmp_path)


def test_the_options_are_documented_as_they_are_read() -> None:
    documented = yaml.safe_load(documentation.DOCUMENTATION)["options"]
    parts = ("type", "elements", "default")
    said = {name: {part: each[part] for part in parts if part in each} for name, each in documented.items()}
    # The sites' documentation is a fragment; what is no list is told by their reader. ansible-core takes `no_log` in no
    # documentation.
    read = {name: {part: each[part] for part in parts if part in each} for name, each in ARGUMENTS.items()}
    assert {name: each for name, each in read.items() if name != "sites"} == said


def test_a_proxy_gets_the_variables_of_every_role(world: World) -> None:
    plan = world.run()
    assert (plan["is_edge"], plan["changed"], plan["warnings"]) == (True, False, [])
    assert plan["host"] == HOST
    assert [probe["url"] for probe in plan["probes"]] == ["https://a.example.org/x/"]
    assert "a.example.org" in [site["name"] for site in plan["nginx_sites"]]
    assert [certificate["names"] for certificate in plan["certificates"]] == [["a.example.org"]]
    assert plan["ignoreip"] == ["127.0.0.1/8", "::1"]
    assert "become_exe" not in plan


def test_one_look_is_enough_where_nothing_of_constellation_is_meant(world: World) -> None:
    world.run()
    certificates = [{"name": "a.example.org", "names": ["a.example.org"]}]
    assert world.asked == {
        "edge_preflight": {
            "server_names": ["a.example.org"],
            "names": [],
            "hosts": [],
            "sockets": [],
            "certificates": certificates,
            "packages": role_packages(None),
            "units": ["certbot.timer"],
        }
    }


def test_proxies_in_front_are_never_banned(world: World) -> None:
    (site,) = world.variables["edge_sites"]
    world.variables["edge_sites"] = [{**site, "trusted_proxies": ["198.51.100.7", "cloudflare"]}]
    plan = world.run(ignoreip=["192.0.2.0/24"])
    assert plan["proxies"][0] == "198.51.100.7/32"
    assert "2400:cb00::/32" in plan["proxies"]
    assert plan["ignoreip"] == ["127.0.0.1/8", "::1", "192.0.2.0/24", *plan["proxies"]]


def test_users_are_in_the_plan_and_their_passwords_in_nothing_that_is_said_or_asked(world: World) -> None:
    (site,) = world.variables["edge_sites"]
    routes = [{**ROUTE, "users": {"bert": "hunter2"}}, {**ROUTE, "path": "/y/"}]
    world.variables["edge_sites"] = [{**site, "access": "login", "users": ["anna"], "routes": routes}]
    plan = world.run(users={"anna": "hunter2"})
    assert [*plan["password_files"].values()] == [
        {"users": ["bert"], "at": [0, "routes", 0]},
        {"users": ["anna"], "at": []},
    ]
    assert "hunter2" not in json.dumps([plan, world.asked])
    said = world.refuses(users={"bert": "hunter2"})
    assert "host home, site a.example.org, users: 'anna' is not in `edge_users`; known: bert" in said
    assert "must be a mapping of names" in (said := world.refuses(users=["anna:hunter2"]))
    assert "hunter2" not in said
    assert "hunter2" not in "".join(path.read_text("utf-8") for path in world.folder.iterdir())


def test_a_password_that_the_inventory_shows_is_refused(world: World, tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.yml"
    inventory.write_text("edge: {hosts: {home: }, vars: {some: hunter2}}\n", encoding="utf-8")
    world.variables["ansible_inventory_sources"] = [str(inventory)]
    said = world.refuses(users={"anna": "hunter2"})
    assert "edge_users: the password of 'anna' can be read in" in said
    assert "inventory.yml, line 1: write its hash there, which `openssl passwd -6` makes" in said


def test_what_the_owner_adds_is_added(world: World) -> None:
    plan = world.run(
        ignoreip=["192.0.2.0/24"], lan=["10.0.0.0/8"], firewall_rules=[{"port": "8443"}], acme_server="https://ca/"
    )
    assert plan["ignoreip"] == ["127.0.0.1/8", "::1", "192.0.2.0/24"]
    assert (plan["lan"], plan["acme_server"]) == (["10.0.0.0/8"], "https://ca/")
    assert {rule["port"] for rule in plan["firewall_rules"]} == {"80", "443", "8443"}


def test_probes_come_from_outside_unless_the_host_is_this_one(world: World) -> None:
    world.variables["ansible_host"] = "192.0.2.1"
    plan = world.run()
    assert (plan["outside"], plan["address"]) == (True, "192.0.2.1")
    world.connection.transport = "local"
    plan = world.run()
    assert (plan["outside"], plan["address"]) == (False, "127.0.0.1")


@pytest.mark.parametrize(
    ("record", "check", "due", "changed"),
    [
        (True, False, True, True),
        (True, True, True, False),
        (True, False, False, False),
        (False, False, True, False),
    ],
)
def test_the_record_is_due_once_and_never_in_check_mode(
    world: World, record: bool, check: bool, due: bool, changed: bool
) -> None:
    world.check = check
    world.answers["edge_preflight"]["host"]["record_due"] = due
    assert world.run(record=record)["changed"] is changed


def test_every_mistake_is_told_at_once_with_its_place(world: World) -> None:
    world.variables["edge_sites"] = [{"server_name": "a.example.org", "routes": [{**ROUTE, "pfad": "/"}]}]
    world.variables["edge_emial"] = "a@example.org"
    heading, *lines = world.refuses(connection_limit=5).splitlines()
    assert heading == HEADING
    assert all(line.startswith("host home, ") for line in lines)
    assert any("unknown variable 'edge_emial'; did you mean 'edge_email'?" in line for line in lines)
    assert any("site a.example.org, route /x/: unknown key 'pfad'" in line for line in lines)
    assert any("5 is not between 32 and 65535" in line for line in lines)
    assert world.asked == {}


def test_a_port_that_is_taken_is_told_with_the_host(world: World) -> None:
    world.answers["edge_preflight"] = {"failed": True, "msg": "port 443 is taken by caddy"}
    answer = world.run()
    assert (answer["failed"], answer["msg"]) == (True, "host home: port 443 is taken by caddy")


def test_a_module_that_says_nothing_is_named(world: World) -> None:
    world.answers["edge_preflight"] = {"failed": True}
    assert world.run()["msg"] == "host home: edge_preflight failed"


def test_sudo_that_wants_a_password_is_told_with_what_to_type(world: World) -> None:
    world.answers["edge_preflight"] = {
        "failed": True,
        "msg": "MODULE FAILURE",
        "module_stderr": "sudo: a password is required\n",
        "module_stdout": "",
    }
    said = world.refuses()
    assert said.startswith("host home: ")
    assert "-K" in said


def test_a_host_that_does_not_let_us_in_is_told_with_what_to_type(world: World) -> None:
    world.failure = AnsibleConnectionFailure("anna@home: Permission denied (publickey,password).")
    said = world.refuses()
    assert said.startswith("host home: home does not let anna in: ")
    assert "ssh-copy-id" in said


def test_what_nobody_knows_a_remedy_for_is_passed_on(world: World) -> None:
    world.failure = AnsibleError("something else")
    with pytest.raises(AnsibleError, match="something else") as caught:
        world.run()
    assert not isinstance(caught.value, AnsibleActionFail)


class TestLosses:
    """What would lose its protection is refused by `nginx_site`, which is asked in check mode alone."""

    @pytest.fixture(autouse=True)
    def _with_nginx(self, world: World) -> None:
        world.answers["edge_preflight"]["host"]["nginx_installed"] = True

    def test_it_is_asked_before_anything_is_touched(self, world: World) -> None:
        plan = world.run()
        assert world.asked["nginx_site"] == {"sites": plan["nginx_sites"]}
        assert world.in_check_mode == [False, True]

    def test_its_refusal_ends_the_run(self, world: World) -> None:
        world.answers["nginx_site"] = {"failed": True, "msg": "site 'a': auth_basic would be lost"}
        assert world.refuses() == "host home: site 'a': auth_basic would be lost"

    def test_it_is_not_asked_where_all_routes_are_served(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(edge_plan, "are_served", lambda _sites, _servers: True)
        world.run()
        assert "nginx_site" not in world.asked


def test_a_server_that_keeps_other_things_there_is_a_problem_of_the_inventory(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = edge_plan.Problem("site a", "this is served from elsewhere", SITES)
    monkeypatch.setattr(edge_plan, "standing_problems", lambda *_arguments: [problem])
    assert world.refuses() == f"{HEADING}\nhost home, site a: this is served from elsewhere"


@pytest.mark.parametrize("check", [False, True])
def test_a_name_that_nobody_reaches_is_a_warning_and_a_note_where_no_authority_is_asked(
    world: World, monkeypatch: pytest.MonkeyPatch, check: bool
) -> None:
    monkeypatch.setattr(edge_plan.public, "warnings", lambda _reach: ["a.example.org has no address"])
    world.check = check
    world.answers["edge_preflight"]["warnings"] = ["an odd release"]
    plan = world.run()
    assert plan["warnings"] == ["an odd release", "a.example.org has no address"]
    assert ("a.example.org has no address" in plan["notes"]) is check


def test_another_sudo_is_handed_on_to_every_task(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def become_exe(_connection: object, user: str, run: Any) -> str:
        asked.extend([user, run("sudo --version")])
        return "sudo.ws"

    def execute(_self: object, command: str, sudoable: bool) -> dict[str, str]:
        return {"stdout": f"{command}, sudoable {sudoable}"}

    monkeypatch.setattr(edge_plan, "become_exe", become_exe)
    monkeypatch.setattr(ActionModule, "_low_level_execute_command", execute)
    assert world.run()["become_exe"] == "sudo.ws"
    assert asked == ["anna", "sudo --version, sudoable False"]


class TestConstellation:
    """A host with a Constellation server, or one that a proxy sends its clients to."""

    @pytest.fixture(autouse=True)
    def _with_server(self, world: World) -> None:
        route = {"path": "/constellation/", "app": "constellation"}
        world.variables["edge_sites"] = [{"server_name": "a.example.org", "routes": [route]}]
        world.answers["constellation_info"]["server"] = {**SERVER, "path": "/s", "listen_uris": ["http://+:8088/"]}

    def test_the_host_is_asked_where_its_files_are(self, world: World) -> None:
        world.variables["constellation_config_server_path"] = "/opt/{{ where }}/Server.exe.config"
        world.variables["where"] = "server"
        plan = world.run()
        assert "server_program" not in world.asked["constellation_info"]
        assert plan["constellation"]["listen_uris"] == ["http://+:8088/constellation/"]
        assert plan["constellation"]["found"]["server"]["path"] == "/s"
        assert (plan["constellation"]["unserved"], plan["constellation"]["related"]) == ([], [])

    def test_a_file_that_nobody_can_read_ends_the_run(self, world: World) -> None:
        world.answers["constellation_info"] = {"failed": True, "msg": "/s: broken"}
        answer = world.run()
        assert (answer["failed"], answer["msg"]) == (True, "host home: /s: broken")
        assert "edge_preflight" not in world.asked

    def test_a_windows_host_is_told_what_to_do_by_hand(self, world: World) -> None:
        world.variables |= {
            "inventory_hostname": "pc",
            "group_names": ["constellation_sentinels"],
            "groups": {"all": ["home", "pc"], "edge": ["home"], "constellation_sentinels": ["pc"]},
        }
        world.connection._shell._IS_WINDOWS = True
        plan = world.run()
        assert world.asked == {}
        assert plan["is_edge"] is False
        assert plan["constellation"]["by_hand"]["sentinel_uri"] == "https://a.example.org/constellation/"
        assert plan["constellation"]["sentinel_uri"] == ""

    def test_a_sentinel_elsewhere_needs_no_look_at_nginx(self, world: World) -> None:
        world.variables |= {
            "inventory_hostname": "nas",
            "group_names": ["constellation_sentinels"],
            "groups": {"all": ["home", "nas"], "edge": ["home"], "constellation_sentinels": ["nas"]},
        }
        plan = world.run(record=True)
        assert (plan["is_edge"], plan["changed"]) == (False, True)
        assert list(world.asked) == ["constellation_info"]
        assert plan["constellation"]["sentinel_uri"] == "https://a.example.org/constellation/"

    def test_a_sentinel_that_its_server_s_site_would_keep_out_is_refused(self, world: World) -> None:
        """By the address from which its host was seen to call, which no inventory says."""
        world.variables |= {
            "inventory_hostname": "nas",
            "group_names": ["constellation_sentinels"],
            "groups": {"all": ["home", "nas"], "edge": ["home"], "constellation_sentinels": ["nas"]},
        }
        world.answers["constellation_info"]["sentinel"] |= {"source": "203.0.113.7"}
        world.variables["edge_sites"][0]["routes"][0]["access"] = ["lan", "login"]
        text = "access would keep the sentinel on nas (203.0.113.7) out"
        assert f"host nas, site a.example.org, route /constellation/: {text}" in world.refuses()
        world.variables["edge_lan"] = "192.0.2.1,203.0.113.0/24"
        assert world.run()["is_edge"] is False
        world.variables["edge_lan"] = {"no": "list"}
        assert "nas" not in str(world.run().get("msg", ""))


class TestLeaving:
    """What `remove.yml` needs to know."""

    def test_the_record_and_what_is_left_to_say(self, world: World) -> None:
        world.variables["constellation_config_program"] = "server"
        plan = world.run(leaving=True)
        assert world.asked == {"edge_record": {"state": "read", "server_program": "server"}}
        assert (plan["found"], plan["installed"], plan["restore"]) == ({"made": 1}, ["nginx"], False)
        assert (plan["notes"], plan["become_exe"], plan["changed"]) == (["the sentinel calls b"], None, False)

    def test_nothing_is_left_to_say_where_all_is_put_back(self, world: World) -> None:
        plan = world.run(leaving=True, restore_constellation=True)
        assert (plan["restore"], plan["notes"]) == (True, [])

    @pytest.mark.parametrize("restore", [None, False, True])
    def test_what_only_the_owner_can_decide_is_asked(self, world: World, restore: bool | None) -> None:
        world.answers["edge_record"]["undecided"] = "say which"
        given = {} if restore is None else {"restore_constellation": restore}
        if restore is None:
            assert world.refuses(leaving=True) == "host home: say which"
        else:
            assert world.run(leaving=True, **given)["restore"] is restore

    def test_a_host_that_cannot_be_read_ends_the_run(self, world: World) -> None:
        world.answers["edge_record"] = {"failed": True, "msg": "a newer version"}
        assert world.refuses(leaving=True) == "host home: a newer version"

    def test_a_windows_host_has_nothing_of_ours(self, world: World) -> None:
        world.connection._shell._IS_WINDOWS = True
        plan = world.run(leaving=True)
        assert (plan["found"], plan["installed"], plan["notes"], world.asked) == ({}, [], [], {})

    def test_a_variable_that_is_none_is_refused(self, world: World) -> None:
        world.variables["edge_restore"] = True
        assert "edge_restore" in world.refuses(leaving=True)
        assert world.asked == {}


def test_files_that_ansible_skipped_are_told_before_all_else(world: World, tmp_path: Path) -> None:
    source = tmp_path / "inventory.yml"
    source.write_text("all: {hosts: {home: {a: 1, a: 2}}}\n")
    world.variables["ansible_inventory_sources"] = [str(source)]
    world.variables["edge_emial"] = "a"
    said = world.refuses()
    assert said.startswith(f"{HEADING}\n")
    assert "inventory.yml:1: the key 'a' stands in line 1 already" in said
    assert "edge_emial" not in said


def locked_value(*_arguments: object) -> str:
    raise AnsibleError("Attempting to decrypt but no vault secrets found.")


def test_a_locked_argument_is_kept_until_the_task_can_say_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_plan.ActionBase, "finalize_task_arg", locked_value)
    kept = ActionModule.finalize_task_arg("email", "x", None, None)
    said = "the value of 'email' is locked by Ansible Vault"
    assert kept.startswith(said)
    assert world.refuses(email=kept).startswith(f"{HEADING}\n{said}: add --ask-vault-pass")


def test_an_argument_that_fails_for_another_reason_fails_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def undefined(*_arguments: object) -> str:
        raise AnsibleError("'here' is undefined")

    monkeypatch.setattr(edge_plan.ActionBase, "finalize_task_arg", undefined)
    with pytest.raises(AnsibleError, match="undefined"):
        ActionModule.finalize_task_arg("email", "x", None, None)
