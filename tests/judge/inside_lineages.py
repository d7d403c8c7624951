# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs inside certbot's container: `certbot renew --dry-run` over a folder of lineages; no authority answers.

`inside_lineages.py FOLDER` unpacks FOLDER/lineages.tar into FOLDER/le and prints, as JSON, the names of the lineages
that certbot does not even try to renew, those that it tries, those of them for which it has no plugin that works, and
those that `certbot certificates` calls invalid; and the plugins that it has.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path


def certbot(folder: Path, *words: str) -> str:
    """Return all that a certbot run prints."""
    places = [
        f"--{kind}-dir={folder / place}" for kind, place in (("config", "le"), ("work", "work"), ("logs", "logs"))
    ]
    command = ["certbot", *words, *places, "--non-interactive"]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False).stdout


def named(pattern: str, text: str) -> list[str]:
    """Return the names of the lineages in what a pattern finds, each once."""
    return sorted({Path(path).name.removesuffix(".conf") for path in re.findall(pattern, text)})


def plugins() -> list[str]:
    """Return the names of certbot's plugins, the hidden ones too."""
    program = "from certbot._internal.plugins.disco import PluginsRegistry as R; print(*R.find_all())"
    said = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True).stdout
    return sorted(said.split())


def main() -> None:
    """Do what the command line says."""
    folder = Path(sys.argv[1])
    shutil.rmtree(folder / "le", ignore_errors=True)
    with tarfile.open(folder / "lineages.tar") as archive:
        archive.extractall(folder / "le")  # noqa: S202 - the test's own
    said = certbot(folder, "renew", "--dry-run", "--no-random-sleep-on-renew", "--server", "http://127.0.0.1:9/dir")
    tried = [path.split("/")[-2] for path in re.findall(r"(\S+/fullchain\.pem) \(failure\)", said)]
    listed = certbot(folder, "certificates")
    invalid = listed.partition("configurations were invalid")[2]
    skipped = named(r"(\S+\.conf) \(parsefail\)", said)
    errors = re.findall(r"Failed to renew certificate (\S+) with error: (.*)", said)
    lame = sorted({name for name, error in errors if re.search("plugin|requested installer", error)})
    found = {"skipped": skipped, "tried": sorted(set(tried)), "lame": lame, "plugins": plugins()}
    print(json.dumps({**found, "invalid": named(r"(\S+\.conf)", invalid)}))


if __name__ == "__main__":
    main()
