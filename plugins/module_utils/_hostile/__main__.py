# SPDX-License-Identifier: GPL-3.0-or-later

"""The probes as a program: ``python3 -m ...module_utils._hostile https://home.example.org/``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from .run import KINDS, exit_code, lines, run
from .subject import CLAIMS, Subject


def main(arguments: Sequence[str]) -> int:
    """Ask, print a line for each probe and the sum, and return 0 (all passed), 1 (some failed) or 2 (not proven)."""
    given = _parser().parse_args(arguments)
    claims = tuple(given.claims.split(",")) if given.claims else CLAIMS
    subject = Subject(
        url=given.url,
        address=given.address.strip("[]"),
        ca_file=given.ca_file,
        echo=given.echo,
        kept=given.kept,
        claims=claims,
        slow=given.slow,
        connections=given.connections,
    )
    try:
        results = run(subject, given.only)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write("\n".join([*lines(results), ""]))
    for remedy in dict.fromkeys(each["remedy"] for each in results if each["remedy"]):
        sys.stderr.write(f"what to do: {remedy}\n")
    return exit_code(results)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="_hostile",
        description="Ask a site what a client may not do: one line for each probe.",
        epilog="Exit code: 0 all passed, 1 some failed, 2 none failed but some were not proven.",
    )
    parser.add_argument("url", help="HTTPS URL of the site")
    parser.add_argument("--address", default="", help="connect there instead of where the name leads")
    parser.add_argument("--ca-file", default="", help="file with a further trust root")
    parser.add_argument("--echo", default="", metavar="PATH", help="path of a service that reports what it was sent")
    parser.add_argument("--kept", default="", metavar="PATH", help="path that has to answer 403 outside the LAN")
    parser.add_argument("--claims", default="", metavar="NAME,...", help="headers that no service may be told")
    parser.add_argument("--only", action="append", default=[], choices=list(KINDS), help="kind, several times for more")
    parser.add_argument("--slow", type=int, default=60, help="unfinished requests held open, 0 for none (default 60)")
    parser.add_argument("--connections", type=int, default=0, help="connections to try at once (default 0: none)")
    return parser


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
