# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line of the lab."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from typing import Any

from docker.errors import DockerException

from lab.engine import ensure_engine
from lab.images import Images
from lab.lab import USER, Lab
from lab.progress import LabError, say
from lab.recipes import CONTROLLERS, SYSTEMS


def main(arguments: Sequence[str]) -> int:
    """Run one command of the lab and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        options.run_command(options)
    except (LabError, DockerException) as error:
        say(f"error: {error}")
        return 1
    return 0


def system_name(text: str) -> str:
    """Return the name of a system that the lab knows.

    Raises:
        argparse.ArgumentTypeError: there is none of that name.

    """
    if text not in SYSTEMS:
        raise argparse.ArgumentTypeError(f"no system {text!r}: choose from {', '.join(SYSTEMS)}")
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lab", description="Containers for tests and the demonstration.")
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("engine", help="make sure that a Docker Engine answers")
    command.set_defaults(run_command=_engine)
    command = commands.add_parser("images", help="build the images that are missing")
    command.add_argument("systems", nargs="*", type=system_name, metavar="SYSTEM", help=", ".join(SYSTEMS))
    command.add_argument("--base-only", action="store_true", help="no home servers, no services, no judges")
    command.add_argument("--controllers", action="store_true", help="those with ansible-core, and nothing but these")
    command.set_defaults(run_command=_images)
    command = commands.add_parser("up", help="start a run: test CA, two LAN machines, home servers; prints JSON")
    command.add_argument("--run", required=True, metavar="ID", help="lower-case letters, digits and hyphens")
    command.add_argument("--system", nargs="*", default=[], type=system_name, metavar="SYSTEM")
    command.add_argument("--sentinel", action="store_true", help="a sentinel runs on each home server too")
    command.add_argument("--no-services", action="store_true", help="no LAN machines")
    command.add_argument("--ready", action="store_true", help="home servers with nginx, certbot, ufw, fail2ban on them")
    command.set_defaults(run_command=_up)
    command = commands.add_parser("dns", help="make a name resolve for the test CA (to nothing without an address)")
    command.add_argument("--run", required=True, metavar="ID")
    command.add_argument("host")
    command.add_argument("addresses", nargs="*")
    command.set_defaults(run_command=lambda options: Lab(options.run).dns(options.host, *options.addresses))
    command = commands.add_parser("down", help="remove everything of a run")
    command.add_argument("--run", required=True, metavar="ID")
    command.set_defaults(run_command=lambda options: Lab(options.run).down())
    command = commands.add_parser("prune", help="remove the images that no recipe leads to any more")
    command.add_argument("--all", action="store_true", help="remove every image of the lab")
    command.set_defaults(run_command=_prune)
    return parser


def _engine(_options: argparse.Namespace) -> None:
    version = ensure_engine().version()["Version"]
    print(f"Docker Engine {version} answers")


def _images(options: argparse.Namespace) -> None:
    full = not options.base_only and not options.controllers
    start = time.monotonic()
    systems = options.systems or list(CONTROLLERS if options.controllers else SYSTEMS)
    report = Images(ensure_engine()).ensure(
        systems, homes=full, services=full, judges=full, controllers=options.controllers
    )
    for built in report:
        print(f"{built.tag:55} {built.seconds:6.1f} s  {'cold' if built.cold else 'warm'}")
    state = "cold" if any(built.cold for built in report) else "warm"
    print(f"{'together, side by side':55} {time.monotonic() - start:6.1f} s  {state}")


def _up(options: argparse.Namespace) -> None:
    print(json.dumps(scenario(options), indent=2))


def scenario(options: argparse.Namespace) -> dict[str, Any]:
    """Start a run and return what a caller needs to know of it."""
    lab = Lab(options.run)
    pebble = lab.pebble()
    services = {} if options.no_services else lab.services()
    lab.homes(options.system, sentinel=options.sentinel, trust=pebble, ready=options.ready)
    four, six = lab.subnets()
    return {
        "run": lab.run_id,
        "network": {"name": lab.network.name, "ipv4": str(four), "ipv6": str(six)},
        "machines": {
            name: {
                "container": lab.container_name(name),
                "ipv4": lab.address(name),
                "ipv6": lab.address(name, 6),
            }
            for name in lab.names()
        },
        "services": services,
        "ssh": {"user": USER, "key": str(lab.key), "known_hosts": str(lab.known_hosts)},
        "pebble": {
            "directory": pebble.directory,
            "management": pebble.management,
            "transport_ca": str(pebble.transport_ca),
            "root": str(pebble.root),
        },
    }


def _prune(options: argparse.Namespace) -> None:
    for tag in Images(ensure_engine()).prune(everything=options.all):
        print(f"removed {tag}")
