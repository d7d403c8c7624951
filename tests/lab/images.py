# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds the lab's images, each only when its recipe has changed."""

from __future__ import annotations

import contextlib
import datetime
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
from docker.errors import DockerException, ImageNotFound
from docker.models.containers import Container
from docker.models.images import Image

from lab import controller, recipes
from lab.constellation import ASSEMBLIES, SOURCES, program_files
from lab.containers import CONFINEMENT, IMAGE_SETTINGS, LABEL, File, commit, execute, install, put, read
from lab.engine import apt_install
from lab.paths import CACHE, locked
from lab.progress import LabError, say
from lab.recipes import SYSTEMS

BUILD_FOLDER = CACHE / "build"
PROGRAM_FOLDER = CACHE / "constellation"
NO_REGISTRY = CACHE / "no-registry"
REGISTRY_TIMEOUT = 20
# Seconds for which a registry that did not answer is not asked again.
REGISTRY_MEMORY = 86400
# Older lists name packages that the archive no longer has.
LISTS_LIFETIME = datetime.timedelta(hours=6)
PARALLEL = 2


@dataclass(frozen=True)
class Built:
    """An image that is there now: how long that took, and whether it had to be made (``cold``)."""

    tag: str
    seconds: float
    cold: bool


class Images:
    """The images of the lab on one Engine."""

    def __init__(self, client: docker.DockerClient) -> None:
        """Work on the Engine of this client."""
        self.client = client
        self.report: list[Built] = []

    def ensure(
        self,
        systems: Sequence[str],
        *,
        homes: bool = True,
        services: bool = True,
        judges: bool = False,
        controllers: bool = False,
    ) -> list[Built]:
        """Have the images of these systems, building what is missing.

        Args:
            systems: names of ``recipes.SYSTEMS``.
            homes: the home servers' images too.
            services: the image of the test CA and the LAN's stand-ins too.
            judges: the images with nginx, which judge configurations, too.
            controllers: the images with ansible-core, of the systems of ``recipes.CONTROLLERS`` alone, too.

        Returns:
            one entry for each image that was asked for or had to be made on the way.

        """
        wanted = [recipes.base_tag(name) for name in systems]
        wanted += [recipes.home_tag(name) for name in systems if homes]
        wanted += [recipes.services_tag()] if services else []
        wanted += [recipes.judge_tag(name) for name in systems if judges]
        chosen = [name for name in systems if controllers and name in recipes.CONTROLLERS]
        wanted += [recipes.controller_tag(name) for name in chosen]
        if all(self.has(tag) for tag in wanted):
            # No wait for another process that builds other images.
            for tag in wanted:
                self._name(tag)
            self.report = [Built(tag, 0.0, cold=False) for tag in wanted]
            return self.report
        with locked("images"):
            self.report = []
            self._base("debian13")
            self._each(self._base, [name for name in systems if name != "debian13"])
            if homes:
                programs = self._programs() if any(not self.has(recipes.home_tag(name)) for name in systems) else {}
                self._each(lambda name: self._home(name, programs), systems)
            if services:
                self._services()
            if judges:
                self._each(self._judge, systems)
            for name in chosen:
                # In this thread, which a signal interrupts: nothing is left of the container.
                self._controller(name)
        return self.report

    def has(self, tag: str) -> bool:
        """Tell whether an image is there."""
        try:
            self.client.images.get(tag)
        except ImageNotFound:
            return False
        return True

    @staticmethod
    def lists_are_old(image: Image) -> bool:
        """Tell whether the package lists in an image may name packages that the archive no longer has."""
        made = datetime.datetime.fromisoformat(image.attrs["Created"][:19] + "+00:00")
        return datetime.datetime.now(datetime.timezone.utc) - made > LISTS_LIFETIME

    def program(self, name: str) -> bytes:
        """Return a compiled stand-in, compiling it when its sources have changed.

        Args:
            name: a key of ``constellation.ASSEMBLIES``.

        """
        return self._programs()[name]

    def prune(self, *, everything: bool = False) -> list[str]:
        """Remove the images that no recipe leads to any more, or all of the lab's.

        Returns:
            the names of the removed images.

        """
        keep = set() if everything else recipes.current_tags()
        keep |= {recipes.latest(tag) for tag in keep}
        with locked("images"):
            tags = [tag for image in self.client.images.list() for tag in image.tags]
            removed = []
            for tag in tags:
                if tag.startswith(f"{recipes.REPOSITORY}/") and tag not in keep:
                    # An image that a machine still runs on stays.
                    with contextlib.suppress(DockerException):
                        self.client.images.remove(tag, force=everything)
                        removed.append(tag)
            for folder in (BUILD_FOLDER, PROGRAM_FOLDER):
                shutil.rmtree(folder, ignore_errors=True)
            NO_REGISTRY.unlink(missing_ok=True)
        return removed

    def _each(self, build: Callable[[str], None], systems: Sequence[str]) -> None:
        with ThreadPoolExecutor(PARALLEL) as pool:
            list(pool.map(build, systems))

    def _once(self, tag: str, build: Callable[[], None]) -> None:
        """Build an image unless it is there, and note what that took."""
        start = time.monotonic()
        cold = not self.has(tag)
        if cold:
            say(f"building {tag}")
            build()
        self._name(tag)
        built = Built(tag, time.monotonic() - start, cold)
        say(f"{tag}: {built.seconds:.1f} s, {'cold' if cold else 'warm'}")
        if tag not in {one.tag for one in self.report}:
            self.report.append(built)

    def _name(self, tag: str) -> None:
        """Make an image the one that is found without its digest."""
        repository, _colon, version = recipes.latest(tag).partition(":")
        self.client.images.get(tag).tag(repository, version)

    def _base(self, name: str) -> None:
        self._once(recipes.base_tag(name), lambda: self._make_base(name))

    def _make_base(self, name: str) -> None:
        if self._pull(name):
            self._from_registry(name)
        elif name == "debian13":
            self._bootstrap_on_host(name)
        else:
            self._builder()
            self._bootstrap_in_builder(name)

    def _builder(self) -> None:
        with locked("builder"):
            if not self.has(recipes.builder_tag()):
                self._once(
                    recipes.builder_tag(),
                    lambda: self._derive(recipes.base_tag("debian13"), recipes.builder_tag(), recipes.BUILDER_PACKAGES),
                )

    def _pull(self, name: str) -> bool:
        """Tell whether a registry gave the image; one that does not answer is not asked again."""
        with locked("registry"):
            if NO_REGISTRY.exists() and time.time() - NO_REGISTRY.stat().st_mtime < REGISTRY_MEMORY:
                return False
            try:
                quick = docker.from_env(timeout=REGISTRY_TIMEOUT)
                quick.images.pull(SYSTEMS[name].registry)
            except (DockerException, OSError):
                say("no image registry answers: bootstrapping from the distributions' package archives")
                NO_REGISTRY.touch()
                return False
            return True

    def _from_registry(self, name: str) -> None:
        with self._container(SYSTEMS[name].registry) as container:
            install(container, recipes.base_packages(name), refresh=True)
            # Images for single programs forbid services to start; a server does not.
            execute(container, ["sh", "-c", "rm -f /usr/sbin/policy-rc.d /etc/apt/apt.conf.d/docker-*"])
            for unit in recipes.MASKED_UNITS:
                execute(container, ["ln", "-sf", "/dev/null", f"/etc/systemd/system/{unit}"])
            commit(container, recipes.base_tag(name))

    def _bootstrap_on_host(self, name: str) -> None:
        if not shutil.which("mmdebstrap"):
            if os.geteuid() != 0 or not shutil.which("apt-get"):
                raise LabError(
                    "no image registry answers, and the first image cannot be made here: install mmdebstrap, or run "
                    "this once as root on Debian or Ubuntu, or let Docker pull debian:13."
                )
            say("installing mmdebstrap from this system's packages")
            apt_install(["mmdebstrap", "debian-archive-keyring"])
        BUILD_FOLDER.mkdir(parents=True, exist_ok=True)
        archive = BUILD_FOLDER / f"{name}.tar"
        done = subprocess.run(
            recipes.bootstrap_command(SYSTEMS[name], str(archive)), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise LabError(f"mmdebstrap for {name} failed: {done.stderr.strip()[-800:]}")
        self._import(name)

    def _bootstrap_in_builder(self, name: str) -> None:
        BUILD_FOLDER.mkdir(parents=True, exist_ok=True)
        mount = {str(BUILD_FOLDER): {"bind": "/build", "mode": "rw"}}
        with self._container(recipes.builder_tag(), volumes=mount, **CONFINEMENT) as container:
            execute(container, recipes.bootstrap_command(SYSTEMS[name], f"/build/{name}.tar"))
        self._import(name)

    def _import(self, name: str) -> None:
        archive = BUILD_FOLDER / f"{name}.tar"
        repository, _colon, version = recipes.base_tag(name).partition(":")
        said = self.client.api.import_image_from_file(
            str(archive), repository=repository, tag=version, changes=list(IMAGE_SETTINGS)
        )
        if '"error"' in said:
            raise LabError(f"the Docker Engine refused the image of {name}: {said.strip()[-400:]}")
        archive.unlink()

    def _programs(self) -> dict[str, bytes]:
        """Return the compiled stand-ins; the same files run on every system."""
        sources = sorted(SOURCES.glob("*.cs"))
        folder = PROGRAM_FOLDER / recipes.files_digest(sources)
        with locked("constellation"):
            if not all((folder / name).exists() for name in ASSEMBLIES):
                self._base("debian13")
                self._builder()
                self._compile(folder)
        return {name: (folder / name).read_bytes() for name in ASSEMBLIES}

    def _compile(self, folder: Path) -> None:
        say("compiling the stand-in for Constellation")
        folder.mkdir(parents=True, exist_ok=True)
        with self._container(recipes.builder_tag()) as container:
            put(container, {f"/tmp/{path.name}": File(path.read_bytes()) for path in SOURCES.glob("*.cs")})
            for name, parts in ASSEMBLIES.items():
                sources = [f"/tmp/{part}" for part in parts]
                execute(container, ["mcs", f"-out:/tmp/{name}", "-r:System.Configuration.dll", *sources])
                (folder / name).write_bytes(read(container, f"/tmp/{name}"))

    def _home(self, name: str, programs: dict[str, bytes]) -> None:
        tag = recipes.home_tag(name)
        if not self.has(tag):
            runtime = recipes.runtime_tag(name)
            self._once(runtime, lambda: self._derive(recipes.base_tag(name), runtime, recipes.home_packages(name)))
        self._once(tag, lambda: self._make_home(name, programs["Constellation.Server.exe"]))

    def _make_home(self, name: str, server: bytes) -> None:
        with self._container(recipes.runtime_tag(name)) as container:
            user = ["useradd", "--create-home", "--shell", "/bin/bash"]
            execute(container, [*user, "owner"])
            # As the first user of a fresh Ubuntu: sudo asks whoever is in this group for a password.
            execute(container, [*user, "--groups", "sudo", "--password", recipes.KEEPER_HASH, recipes.KEEPER])
            put(
                container,
                {
                    **program_files("server", server),
                    "/etc/sudoers.d/owner": File(b"owner ALL=(ALL) NOPASSWD: ALL\n", 0o440),
                },
            )
            commit(container, recipes.home_tag(name))

    def ensure_ready(self, systems: Sequence[str]) -> None:
        """Have the home servers' images of these systems on which everything is installed."""
        self.ensure(systems, services=False)
        if not all(self.has(recipes.ready_tag(name)) for name in systems):
            with locked("images"):
                self._each(self._ready, systems)

    def _ready(self, name: str) -> None:
        self._once(recipes.ready_tag(name), lambda: self._make_ready(name))

    def _make_ready(self, name: str) -> None:
        home = recipes.home_tag(name)
        with self._container(home) as container:
            install(container, recipes.READY_PACKAGES, refresh=self.lists_are_old(self.client.images.get(home)))
            execute(container, ["systemctl", "disable", *recipes.READY_STOPPED])
            commit(container, recipes.ready_tag(name))

    def _services(self) -> None:
        tag = recipes.services_tag()
        self._once(tag, lambda: self._derive(recipes.base_tag("debian13"), tag, recipes.SERVICES_PACKAGES))

    def _judge(self, name: str) -> None:
        tag, packages = recipes.judge_tag(name), recipes.judge_packages(name)
        self._once(tag, lambda: self._derive(recipes.base_tag(name), tag, packages))

    def _controller(self, name: str) -> None:
        self._once(recipes.controller_tag(name), lambda: self._make_controller(name))

    def _make_controller(self, name: str) -> None:
        # The index of Python's packages is reached as from this machine, also when it is on it.
        parent = recipes.base_tag(name)
        with self._container(parent, network_mode="host") as container:
            fresh = self.lists_are_old(self.client.images.get(parent))
            install(container, recipes.CONTROLLER_PACKAGES, refresh=fresh)
            controller.make(container, name)
            commit(container, recipes.controller_tag(name))

    def _derive(self, parent: str, tag: str, packages: Sequence[str]) -> None:
        """Make an image out of another one by installing packages."""
        with self._container(parent) as container:
            install(container, packages, refresh=self.lists_are_old(self.client.images.get(parent)))
            commit(container, tag)

    @contextlib.contextmanager
    def _container(self, image: str, **options: Any) -> Iterator[Container]:
        """Give a container that waits, and remove it at the end."""
        container = self.client.containers.run(
            image, ["sleep", "infinity"], detach=True, labels={LABEL: "build"}, **options
        )
        try:
            yield container
        finally:
            container.remove(force=True, v=True)
