# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether `certbot renew` takes a lineage up at all: what it asks of renewal file, plugin and the lineage's files.

A lineage that it skips for damage is served until its certificate ends. Read off certbot 1.21 to 4.0: `RenewableCert`
and `reconstitute`, in `certbot/_internal/storage.py` and `renewal.py`; `choose_configurator_plugins` in
`plugins/selection.py`. An installer that is missing is no hindrance: certbot goes on without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .._host.files import read_bytes
from ._challenges import other_challenges, over_dns
from ._interpolation import RenewalError, Value
from ._links import KINDS
from ._plugin import is_missing
from ._renewal import PARAMS, RenewalFile
from .lineage import Renewal, parse_renewal

_TRUTHS = ("must_staple", "allow_subset_of_names", "reuse_key", "autorenew")
_NUMBERS = ("rsa_key_size", "http01_port")
_CHALLENGES = ("http", "http-01", "dns", "dns-01", "tls-alpn-01")


def skipped(path: Path) -> str:
    """Return why certbot does not renew the lineage of a renewal file, "" where it tries to."""
    try:
        content = read_bytes(str(path))
        if not content.strip():
            return f"its renewal file {path} is empty"
        file, renewal = RenewalFile(content), parse_renewal(content)
    except OSError as error:
        return f"its renewal file {path} cannot be read: {error.strerror}"
    except RenewalError as error:
        return f"certbot cannot read its renewal file {path}: {error}"
    reason = _of_file(file) or _of_params(file.params)
    if not reason and (broken := _of_links(file)):
        return broken
    reason = reason or _of_plugin(renewal)
    return f"{reason} (in {path})" if reason else ""


def _of_file(file: RenewalFile) -> str:
    top = file.entries()
    for kind in KINDS:
        if not isinstance(top.get(kind), str):
            return f"its renewal file has no entry {kind}, which is the path of a file"
    if "authenticator" not in file.params:
        return f"its renewal file has no authenticator in a section [{PARAMS}]"
    return ""


def _of_params(params: Mapping[str, Value]) -> str:
    for key in _TRUTHS:
        if key in params and str(params[key]).lower() not in ("true", "false"):
            return f"{key} is {params[key]!r}, neither True nor False"
    for key in _NUMBERS:
        if key in params and params[key] != "None" and not str(params[key]).strip().isdecimal():
            return f"{key} is {params[key]!r}, which is no number"
    challenges = params.get("pref_challs", "")
    for each in [challenges] if isinstance(challenges, str) else challenges:
        if "pref_challs" in params and each.strip() not in _CHALLENGES:
            return f"pref_challs names {each!r}, which is no challenge"
    if str(params.get("autorenew", "True")).lower() == "false":
        return "autorenew = False, so that it is left out until that is removed"
    return ""


def _of_plugin(renewal: Renewal) -> str:
    authenticator = renewal.authenticator
    if authenticator == "manual" and not renewal.auth_hook:
        return "certbot's authenticator manual asks a person, since there is no manual_auth_hook"
    if is_missing(authenticator):
        return f"certbot's authenticator {authenticator} is not installed"
    # What certbot's own authenticators over HTTP have instead is mended.
    return other_challenges(renewal) if over_dns(authenticator) else ""


def _of_links(file: RenewalFile) -> str:
    top = file.entries()
    for kind in KINDS:
        path = Path(str(top[kind]))
        if not path.is_symlink():
            return f"{path} is no link, as certbot wants it to be"
        if not path.exists():
            return f"{path} is a link to a file that is not there"
    return ""
