# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The machines of one run: a network of its own, containers on it, and the end of all of it."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import shutil
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from docker.errors import APIError, NotFound
from docker.models.containers import Container
from docker.models.networks import Network
from docker.types import IPAMConfig, IPAMPool

from lab import network
from lab.containers import LABEL, SYSTEMD, Done, File, execute, put, read, systemd_options
from lab.engine import ensure_engine
from lab.paths import CACHE, locked, run_folder
from lab.progress import LabError, poll, say

RUN_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
READY_TIMEOUT = 90.0
Run = TypeVar("Run", bound="Machines")


class Machines:
    """The machines of one run; every method may be called again, from another process too.

    As a context manager it removes everything at the end.
    """

    def __init__(self, run_id: str) -> None:
        """Name the run.

        Args:
            run_id: lower-case letters, digits and hyphens; part of the names of everything that is made.

        Raises:
            LabError: the name is not of that form, or no Docker Engine answers.

        """
        if not RUN_ID.fullmatch(run_id):
            raise LabError(f"run id {run_id!r}: use lower-case letters, digits and hyphens, at most 31")
        self.run_id = run_id
        self.client = ensure_engine()

    def __enter__(self: Run) -> Run:
        """Return the run."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove everything."""
        self.down()

    @property
    def folder(self) -> Path:
        """Where the keys and certificates of the run are."""
        return run_folder(self.run_id)

    def machine(
        self,
        name: str,
        image: str,
        *,
        command: Sequence[str] | None = None,
        files: dict[str, File] | None = None,
        environment: dict[str, str] | None = None,
        aliases: Sequence[str] = (),
        wait: bool = True,
    ) -> Container:
        """Start a machine on the run's network, unless it is there.

        Args:
            name: its host name, unique in the run.
            image: name of its image, which is there.
            command: its first process; systemd by default.
            files: put into it before it starts.
            environment: variables of its first process.
            aliases: further names that the other machines find it by.
            wait: return only once it is up.

        """
        container = self._find(name)
        if container is None:
            say(f"{self.run_id}: starting {name}")
            options: dict[str, Any] = {} if command else systemd_options()
            options["environment"] = {**options.get("environment", {}), **(environment or {})}
            with locked(f"run-{self.run_id}"):
                container = self._create(name, image, list(command or []), options, [name, *aliases])
            put(container, files or {})
            container.start()
        elif container.status != "running":
            container.start()
        if wait and not command:
            self.wait_ready(name)
        return container

    def wait_ready(self, name: str, timeout: float = READY_TIMEOUT) -> str:
        """Wait until systemd has finished to start a machine.

        Returns:
            ``running``, or ``degraded`` when a unit failed.

        """

        def state() -> str | None:
            answer = self.exec(name, ["systemctl", "is-system-running"], check=False).out.strip()
            return answer if answer in ("running", "degraded") else None

        return poll(f"{self.run_id}: {name}: systemd", state, timeout)

    def wait_port(self, name: str, port: int, timeout: float = READY_TIMEOUT) -> None:
        """Wait until a machine accepts connections on a TCP port."""
        address = self.address(name)

        def answers() -> bool:
            with contextlib.suppress(OSError), socket.create_connection((address, port), timeout=1):
                return True
            return False

        poll(f"{self.run_id}: {name}: port {port}", answers, timeout)

    def exec(self, name: str, argv: Sequence[str], **options: Any) -> Done:
        """Run a command on a machine; options as for ``lab.containers.execute``."""
        return execute(self._get(name), argv, **options)

    def put(self, name: str, files: dict[str, File]) -> None:
        """Put files on a machine."""
        put(self._get(name), files)

    def read(self, name: str, path: str) -> bytes:
        """Return the content of a file on a machine."""
        return read(self._get(name), path)

    def restart(self, name: str) -> None:
        """Restart a machine, as after a power cut, and wait until it is up; its addresses stay."""
        container = self._get(name)
        container.restart(timeout=10)
        if SYSTEMD in container.attrs["Config"]["Cmd"]:
            self.wait_ready(name)

    def address(self, name: str, version: int = 4) -> str:
        """Return the address of a machine.

        Args:
            name: the machine.
            version: 4 or 6.

        """
        wanted = self._endpoint(self._get(name))
        return str(wanted["IPv4Address" if version == 4 else "IPv6Address"])

    def names(self) -> list[str]:
        """Return the names of the run's machines."""
        return sorted(one.labels[f"{LABEL}.name"] for one in self._containers())

    def down(self) -> None:
        """Remove the machines, the network and the files of the run."""
        for container in self._containers():
            say(f"{self.run_id}: removing {container.labels[f'{LABEL}.name']}")
            with contextlib.suppress(NotFound):
                container.remove(force=True, v=True)
        for one in self.client.networks.list(filters={"label": f"{LABEL}={self.run_id}"}):
            one.remove()
        shutil.rmtree(CACHE / self.run_id, ignore_errors=True)
        (CACHE / f"run-{self.run_id}.lock").unlink(missing_ok=True)

    def _containers(self) -> list[Container]:
        found: list[Container] = self.client.containers.list(all=True, filters={"label": f"{LABEL}={self.run_id}"})
        return found

    def _find(self, name: str) -> Container | None:
        try:
            return self.client.containers.get(self.container_name(name))
        except NotFound:
            return None

    def _get(self, name: str) -> Container:
        container = self._find(name)
        if container is None:
            raise LabError(f"run {self.run_id} has no machine {name!r}; it has: {', '.join(self.names()) or 'none'}")
        return container

    def container_name(self, name: str) -> str:
        """Return the name that Docker knows a machine by."""
        return f"edge-lab-{self.run_id}-{name}"

    @property
    def network(self) -> Network:
        """The run's network, made when it is not there."""
        for one in self.client.networks.list(filters={"label": f"{LABEL}={self.run_id}"}):
            return one
        with locked("networks"):
            return self._make_network()

    def _make_network(self) -> Network:
        used = network.taken()
        for four, six in network.free_pairs(used):
            # Another program may take the subnet between the look and the leap.
            with contextlib.suppress(APIError):
                return self._create_network([four, six])
        chosen = self.client.networks.create(f"edge-lab-{self.run_id}-probe")
        chosen.reload()
        subnet = ipaddress.IPv4Network(chosen.attrs["IPAM"]["Config"][0]["Subnet"])
        chosen.remove()
        return self._create_network([subnet, next(network.free_v6(used))])

    def _create_network(self, subnets: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> Network:
        pools = [IPAMPool(subnet=str(one), gateway=str(one[1])) for one in subnets]
        created = self.client.networks.create(
            f"edge-lab-{self.run_id}",
            driver="bridge",
            enable_ipv6=True,
            ipam=IPAMConfig(pool_configs=pools),
            labels={LABEL: self.run_id},
        )
        say(f"{self.run_id}: network {' and '.join(str(one) for one in subnets)}")
        return created

    def subnets(self) -> tuple[ipaddress.IPv4Network, ipaddress.IPv6Network]:
        """Return the subnets of the run's network."""
        current = self.network
        current.reload()
        parsed = [ipaddress.ip_network(one["Subnet"]) for one in current.attrs["IPAM"]["Config"]]
        four = next(one for one in parsed if isinstance(one, ipaddress.IPv4Network))
        six = next(one for one in parsed if isinstance(one, ipaddress.IPv6Network))
        return four, six

    def _free_addresses(self) -> tuple[str, str]:
        four, six = self.subnets()
        used = {self._endpoint(one).get("IPv4Address") for one in self._containers()}
        for number in range(2, four.num_addresses - 1):
            pair = network.address_pair(four, six, number)
            if pair[0] not in used:
                return pair
        raise LabError(f"run {self.run_id}: no address left in {four}")

    def _endpoint(self, container: Container) -> dict[str, str]:
        """Return the addresses that a machine was given; they stay its own while it is stopped."""
        settings = container.attrs["NetworkSettings"]["Networks"].get(f"edge-lab-{self.run_id}", {})
        return dict(settings.get("IPAMConfig") or {})

    def _create(
        self, name: str, image: str, command: list[str], options: dict[str, Any], aliases: Sequence[str]
    ) -> Container:
        current = self.network
        four, six = self._free_addresses()
        options["environment"] = {**options["environment"], "LAB_IPV4": four, "LAB_IPV6": six}
        endpoint = self.client.api.create_endpoint_config(
            ipv4_address=four, ipv6_address=six, aliases=list(dict.fromkeys(aliases))
        )
        return self.client.containers.create(
            image,
            command or [SYSTEMD],
            name=self.container_name(name),
            hostname=name,
            labels={LABEL: self.run_id, f"{LABEL}.name": name},
            network=current.name,
            networking_config={current.name: endpoint},
            **options,
        )
