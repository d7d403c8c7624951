# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The packages that a host is asked for are those that the roles install."""

from __future__ import annotations

from typing import Any

import yaml
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.packages import ROLE_UNITS, role_packages
from tools.checkout import ROOT


def read(path: str) -> Any:
    return yaml.safe_load((ROOT / "roles" / path).read_text(encoding="utf-8"))


def test_each_role_finds_its_packages_among_them() -> None:
    (install,) = [each for each in read("nginx_proxy/tasks/main.yml") if "block" in each]
    (certbot,) = [each for each in read("letsencrypt/tasks/main.yml") if "ansible.builtin.apt" in each]
    named = [*install["vars"]["nginx_proxy_packages"], certbot["ansible.builtin.apt"]["name"]]
    assert role_packages(None) == [*named, *read("hardening/defaults/main.yml")["hardening_packages"]]


def test_the_unit_is_the_one_that_the_role_starts() -> None:
    (timer,) = [each for each in read("letsencrypt/tasks/main.yml") if "ansible.builtin.systemd_service" in each]
    assert (timer["ansible.builtin.systemd_service"]["name"],) == ROLE_UNITS


def test_what_an_owner_adds_is_asked_for_and_what_is_no_list_is_not() -> None:
    assert role_packages(["ufw", "ufw", "iptables"])[3:] == ["ufw", "iptables"]
    assert role_packages("ufw,fail2ban") == role_packages(None)
