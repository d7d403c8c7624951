# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a home consists of: its server, two more machines on its LAN, and the test certificate authority."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from docker.errors import NotFound
from docker.models.containers import Container

from lab import authority, recipes
from lab.authority import Pebble
from lab.constellation import program_files
from lab.containers import LABEL, File, folder_files, read
from lab.images import Images
from lab.machines import READY_TIMEOUT, Machines
from lab.paths import STANDINS, locked
from lab.progress import poll

USER = "owner"
# Three months, as Let's Encrypt's.
CERTIFICATE_SECONDS = 7776000
CONSTELLATION_PORT = 8088
SSH_PORT = 22
TRUSTED = "/usr/local/share/ca-certificates"
# Mono has a trust store of its own. Where its package keeps that in line with the system's, the first command does it
# all; Ubuntu 26.04 has no such package, and nothing but the folder that Mono reads, named by OpenSSL's hash.
TRUST_COMMANDS = """
update-ca-certificates
if command -v mono && ! command -v cert-sync; then
    mkdir -p /usr/share/.mono/new-certs/Trust
    for file in /usr/local/share/ca-certificates/*.crt; do
        cp "$file" "/usr/share/.mono/new-certs/Trust/$(openssl x509 -noout -hash -in "$file").0"
    done
fi
"""


class Lab(Machines):
    """One run of the lab. As a context manager it removes everything at the end."""

    def __init__(self, run_id: str) -> None:
        """Name the run, as for ``Machines``."""
        super().__init__(run_id)
        self.images = Images(self.client)

    @property
    def key(self) -> Path:
        """The private SSH key that the home servers' users log in with."""
        return self.folder / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        """The SSH host keys of the home servers."""
        return self.folder / "known_hosts"

    def trust(self, name: str, certificate: bytes, label: str) -> None:
        """Add a CA certificate (PEM) to what a machine trusts, for every program on it."""
        self.put(name, {f"{TRUSTED}/constellation-edge-lab-{label}.crt": File(certificate)})
        self.exec(name, ["/bin/sh", "-ec", TRUST_COMMANDS])

    def pebble(self, name: str = "pebble", validity: int = CERTIFICATE_SECONDS, **variables: str) -> Pebble:
        """Start the test certificate authority, with real validation.

        Args:
            name: its machine.
            validity: seconds that a certificate lives.
            variables: Pebble's own switches, such as ``PEBBLE_WFE_NONCEREJECT="15"``.

        """
        self.images.ensure([], homes=False)
        environment = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PEBBLE_AUTHZREUSE": "0", **variables}
        self.machine(
            name,
            recipes.services_tag(),
            command=authority.COMMAND,
            files=authority.files(validity),
            environment=environment,
        )
        pebble = Pebble(self.address(name), self.folder / f"{name}-transport-ca.pem", self.folder / f"{name}-root.pem")

        def answers() -> bool:
            with contextlib.suppress(NotFound):
                pebble.transport_ca.write_bytes(self.read(name, f"{authority.FOLDER}/ca.pem"))
                return pebble.answers()
            return False

        poll(f"{self.run_id}: {name}", answers, READY_TIMEOUT)
        return pebble

    def dns(self, host: str, *addresses: str, pebble: str = "pebble") -> None:
        """Make a name resolve for the test CA to these addresses alone; to nothing without one."""
        self.pebble(pebble).set_name(host, list(addresses))

    def standins(self, name: str, **ports: int) -> str:
        """Start one machine of the LAN that runs one or several stand-ins.

        Args:
            name: the machine.
            ports: stand-in (``zoneminder``, ``jeedom``, ``camera``, ``echo``) to TCP port.

        Returns:
            its address.

        """
        self.images.ensure([], homes=False)
        self.machine(
            name,
            recipes.services_tag(),
            command=["/usr/bin/python3", "-m", "standins", *(f"{app}:{port}" for app, port in ports.items())],
            files=folder_files(STANDINS, "/opt/lab/standins"),
            environment={"PYTHONPATH": "/opt/lab", "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        )
        for port in ports.values():
            self.wait_port(name, port)
        return self.address(name)

    def services(self) -> dict[str, str]:
        """Start the two further machines: ZoneMinder on 80; Jeedom on 80, with a camera on 8765 and an echo on 8777.

        Returns:
            name of the machine to its address.

        """
        return {
            "zoneminder": self.standins("zoneminder", zoneminder=80),
            "jeedom": self.standins("jeedom", jeedom=80, camera=8765, echo=8777),
        }

    def home(
        self,
        name: str,
        system: str,
        *,
        sentinel: bool = False,
        trust: Pebble | None = None,
        aliases: Sequence[str] = (),
        ready: bool = False,
    ) -> str:
        """Start a home server in the state of the article's reader: Constellation on 8088 under supervisor.

        Args:
            name: the machine.
            system: a name of ``recipes.SYSTEMS``.
            sentinel: a sentinel runs on it too.
            trust: the test CA whose ACME server it trusts.
            aliases: further names that the other machines find it by.
            ready: nginx, certbot, ufw and fail2ban are installed, and not set up.

        Returns:
            its address.

        """
        if ready:
            self.images.ensure_ready([system])
        else:
            self.images.ensure([system], services=False)
        image = (recipes.ready_tag if ready else recipes.home_tag)(system)
        new = self._find(name) is None
        files = self._owner_files(image)
        if sentinel:
            files.update(program_files("sentinel", self.images.program("Constellation.Sentinel.exe")))
        if trust:
            files[f"{TRUSTED}/constellation-edge-lab-acme.crt"] = File(trust.transport_ca.read_bytes())
        self.machine(name, image, files=files, aliases=aliases)
        if new:
            self._finish_home(name, trust=bool(trust))
        self.wait_port(name, CONSTELLATION_PORT)
        self.wait_port(name, SSH_PORT)
        self._write_known_hosts()
        return self.address(name)

    def homes(
        self, systems: Sequence[str], *, sentinel: bool = False, trust: Pebble | None = None, ready: bool = False
    ) -> dict[str, str]:
        """Start a home server of each system, named ``home-<system>``, side by side.

        Returns:
            name of the machine to its address.

        """
        if ready:
            self.images.ensure_ready(systems)
        else:
            self.images.ensure(systems, services=False)
        names = [f"home-{system}" for system in systems]
        with ThreadPoolExecutor(len(names) or 1) as pool:
            started = pool.map(
                lambda pair: self.home(pair[0], pair[1], sentinel=sentinel, trust=trust, ready=ready),
                zip(names, systems, strict=True),
            )
            return dict(zip(names, started, strict=True))

    def _owner_files(self, image: str) -> dict[str, File]:
        with locked(f"run-{self.run_id}"):
            if not self.key.exists():
                self._make_key(image)
        public = self.key.with_suffix(".pub").read_bytes()
        return {f"/home/{user}/.ssh/authorized_keys": File(public) for user in (USER, recipes.KEEPER)}

    def _make_key(self, image: str) -> None:
        container = self.client.containers.create(
            image,
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"lab {self.run_id}", "-f", "/root/key"],
            labels={LABEL: "build"},
        )
        try:
            container.start()
            container.wait()
            self.key.touch(0o600)
            self.key.write_bytes(read(container, "/root/key"))
            self.key.with_suffix(".pub").write_bytes(read(container, "/root/key.pub"))
        finally:
            container.remove(force=True, v=True)

    def _finish_home(self, name: str, *, trust: bool) -> None:
        """Do what needs the machine's own programs: the users' folders, the trust store, fresh package lists."""
        for user in (USER, recipes.KEEPER):
            home = f"/home/{user}"
            self.exec(name, ["chown", "-R", f"{user}:{user}", home])
            self.exec(name, ["chmod", "700", f"{home}/.ssh"])
        if trust:
            self.exec(name, ["/bin/sh", "-ec", TRUST_COMMANDS])
        if self.images.lists_are_old(self._get(name).image):
            self.exec(name, ["apt-get", "update", "-qq"])

    def _write_known_hosts(self) -> None:
        with locked(f"run-{self.run_id}"):
            lines = []
            for container in self._containers():
                name = container.labels[f"{LABEL}.name"]
                if container.status == "running" and self._is_home(container):
                    key = " ".join(self.read(name, "/etc/ssh/ssh_host_ed25519_key.pub").decode().split()[:2])
                    lines += [f"{self.address(name, version)} {key}\n" for version in (4, 6)]
            self.known_hosts.write_text("".join(lines), encoding="ascii")

    @staticmethod
    def _is_home(container: Container) -> bool:
        kinds = tuple(f"{recipes.REPOSITORY}/{kind}-" for kind in ("home", "ready"))
        return str(container.attrs["Config"]["Image"]).startswith(kinds)
