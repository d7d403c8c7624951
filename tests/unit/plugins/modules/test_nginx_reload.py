# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When nginx is reloaded, started and enabled, and that check mode does none of it."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.process import Loaded, NginxError
from module_runs import done, module, refused

CURRENT = Loaded(True, True, "the running nginx serves what is on disk")
STALE = Loaded(False, True, "the configuration changed since the last reload")
STOPPED = Loaded(False, False, "nginx is not running")
REFUSED = Loaded(False, True, 'unknown directive "x" in /etc/nginx/a:1', refused=True)


class Nginx:
    """An nginx in this state, and what is done to it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stand in for nginx and systemd."""
        self.state, self.enabled, self.problem = CURRENT, True, ""
        self.done: list[str] = []
        ours = module("nginx_reload")
        monkeypatch.setattr(ours, "recover", lambda: self.done.append("recover"))
        monkeypatch.setattr(ours, "loaded", lambda: self.state)
        monkeypatch.setattr(ours, "start", lambda timeout: self.done.append(f"start, {timeout:g} s"))
        monkeypatch.setattr(ours, "bring_up_to_date", self.reload)
        monkeypatch.setattr(ours, "starts_with_host", lambda: self.enabled)
        monkeypatch.setattr(ours, "enable", lambda: self.done.append("enable"))

    def reload(self, timeout: float, *, force: bool) -> bool:
        if self.problem:
            raise NginxError(self.problem)
        self.done.append(f"reload, {timeout:g} s" + (", force" if force else ""))
        return True


@pytest.fixture
def nginx(monkeypatch: pytest.MonkeyPatch) -> Nginx:
    return Nginx(monkeypatch)


def test_one_that_serves_what_is_on_disk_is_left_alone(nginx: Nginx) -> None:
    answer = done("nginx_reload", start=True, enabled=True)
    assert (answer["changed"], answer["running"], answer["diff"]) == (False, True, [])
    assert nginx.done == ["recover"]


def test_one_that_does_not_is_reloaded(nginx: Nginx) -> None:
    nginx.state = STALE
    answer = done("nginx_reload", timeout=7)
    assert (answer["changed"], answer["reloaded"], answer["started"]) == (True, True, False)
    assert nginx.done == ["recover", "reload, 7 s"]
    assert answer["diff"][0]["before"] == f"{STALE.reason}\n"
    assert answer["diff"][0]["after"] == "the running nginx serves what is on disk (reload)\n"


def test_a_reload_can_be_forced(nginx: Nginx) -> None:
    assert done("nginx_reload", force=True)["reloaded"] is True
    assert nginx.done == ["recover", "reload, 30 s, force"]


@pytest.mark.parametrize("wished", [False, True])
def test_one_that_is_stopped_is_started_where_that_is_wished(nginx: Nginx, wished: bool) -> None:
    nginx.state = STOPPED
    answer = done("nginx_reload", start=wished)
    assert (answer["changed"], answer["started"], answer["running"]) == (wished, wished, wished)
    assert nginx.done == ["recover", *(["start, 30 s"] if wished else [])]


def test_it_is_made_to_start_with_the_host(nginx: Nginx) -> None:
    nginx.enabled = False
    answer = done("nginx_reload", enabled=True)
    assert (answer["changed"], answer["enabled"], answer["reloaded"]) == (True, True, False)
    assert nginx.done == ["recover", "enable"]
    assert answer["diff"][0]["after"] == "starts with the host\n"


@pytest.mark.parametrize("state", [STALE, STOPPED])
def test_check_mode_tells_the_same_and_does_nothing(nginx: Nginx, state: Loaded) -> None:
    nginx.state, nginx.enabled = state, False
    answer = done("nginx_reload", check=True, start=True, enabled=True)
    assert (answer["changed"], answer["enabled"]) == (True, True)
    assert (answer["reloaded"], answer["started"]) == (state is STALE, state is STOPPED)
    assert nginx.done == []


@pytest.mark.parametrize("check", [False, True])
def test_a_configuration_that_nginx_refuses_is_the_message(nginx: Nginx, check: bool) -> None:
    nginx.state = REFUSED
    assert refused("nginx_reload", check=check)["msg"] == REFUSED.reason


def test_one_that_is_stopped_and_not_to_be_started_may_be_refused(nginx: Nginx) -> None:
    nginx.state = Loaded(False, False, "refused", refused=True)
    assert done("nginx_reload")["changed"] is False


def test_a_reload_that_fails_is_the_message(nginx: Nginx) -> None:
    nginx.state, nginx.problem = STALE, "nginx was not reloaded"
    assert refused("nginx_reload")["msg"] == "nginx was not reloaded"
