# SPDX-License-Identifier: GPL-3.0-or-later

"""Self-signed certificates that let nginx start before there is a real one."""

from __future__ import annotations

import glob
import os
import re
import shutil
import tempfile
from dataclasses import dataclass

from ..._certbot.covering import has_pair
from ..._host.command import MISSING, run
from ..._host.files import explain, fsync
from ..._host.names import PLACEHOLDER_FOLDER
from ..text.tokens import ConfigError

DAYS = 3650
_WORK = ".new-"
_HOST_NAME = re.compile(
    r"(?=.{1,253}\Z)(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z"
)


@dataclass(frozen=True)
class Certificates:
    """Where a host keeps certificates."""

    live: str = "/etc/letsencrypt/live"
    placeholder: str = PLACEHOLDER_FOLDER

    def pair(self, name: str) -> tuple[str, str]:
        """Return the paths of chain and key for a name: the lineage's when both are there, else the placeholder's."""
        for folder in (self.live, self.placeholder):
            pair = (f"{folder}/{name}/fullchain.pem", f"{folder}/{name}/privkey.pem")
            if all(os.path.exists(path) for path in pair):
                return pair
        return (f"{self.placeholder}/{name}/fullchain.pem", f"{self.placeholder}/{name}/privkey.pem")

    def has_lineage(self, name: str) -> bool:
        """Whether there is a lineage of this name."""
        return has_pair(self.live, name)

    def is_missing(self, name: str) -> bool:
        """Whether there is neither a lineage nor a placeholder for a name."""
        return not all(os.path.exists(path) for path in self.pair(name))


def host_names(names: list[str]) -> list[str]:
    """Those of nginx's server names that can stand in a certificate, without repetitions."""
    return list(dict.fromkeys(name.lower() for name in names if _HOST_NAME.match(name.lower())))


def tidy(certificates: Certificates) -> None:
    """Take away what a run that died while it made a placeholder has left."""
    for work in glob.glob(os.path.join(glob.escape(certificates.placeholder), f"{_WORK}*")):
        shutil.rmtree(work, ignore_errors=True)


def create(certificates: Certificates, name: str, names: list[str]) -> None:
    """Make the placeholder for a name (EC P-256, ten years), whole at every moment. Raises ConfigError."""
    hosts = host_names(names) or host_names([name]) or ["placeholder.invalid"]
    common = next((host for host in hosts if len(host) <= 64), "placeholder.invalid")
    folder = os.path.join(certificates.placeholder, name)
    try:
        os.makedirs(certificates.placeholder, mode=0o755, exist_ok=True)
        work = tempfile.mkdtemp(prefix=_WORK, dir=certificates.placeholder)
    except OSError as error:
        raise ConfigError(f"the placeholder certificate cannot be made: {explain(error, folder)}") from None
    try:
        _run_openssl(work, common, hosts)
        os.chmod(os.path.join(work, "privkey.pem"), 0o600)
        os.chmod(os.path.join(work, "fullchain.pem"), 0o644)
        _sync(work)
        if os.path.lexists(folder):
            # Half a pair is of no use to nginx; each file is swapped whole.
            for file in ("privkey.pem", "fullchain.pem"):
                os.replace(os.path.join(work, file), os.path.join(folder, file))
        else:
            os.rename(work, folder)
        _sync(certificates.placeholder)
    except OSError as error:
        raise ConfigError(f"the placeholder certificate cannot be written: {explain(error, folder)}") from None
    finally:
        shutil.rmtree(work, ignore_errors=True)


def discard(certificates: Certificates, name: str) -> None:
    """Take a placeholder away again, after the run that made it for its configuration has failed."""
    shutil.rmtree(os.path.join(certificates.placeholder, name), ignore_errors=True)


def _run_openssl(work: str, common: str, hosts: list[str]) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-days", str(DAYS), "-subj", f"/CN={common}"]
    command += ["-addext", "subjectAltName=" + ",".join(f"DNS:{host}" for host in hosts)]
    command += ["-keyout", os.path.join(work, "privkey.pem"), "-out", os.path.join(work, "fullchain.pem")]
    answer = run(command)
    if answer.rc == MISSING:
        raise ConfigError("openssl is not installed; it makes the placeholder certificates: install it")
    if answer.rc != 0:
        raise ConfigError(
            f"openssl made no placeholder certificate for {', '.join(hosts)}: repair what it names, mostly its "
            f"configuration /etc/ssl/openssl.cnf, and run again. It says: {answer.err.strip()[-400:]}"
        )


def _sync(folder: str) -> None:
    for name in [*os.listdir(folder), "."]:
        path = os.path.join(folder, name)
        if name == "." or os.path.isfile(path):
            fsync(path)
