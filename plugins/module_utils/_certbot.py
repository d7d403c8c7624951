# SPDX-License-Identifier: GPL-3.0-or-later

"""Certbot lineages as wanted state: read what is, say why that is not enough, ask the CA only then."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypedDict

from . import _certificate
from ._certbot_output import AGAIN, explain, hook_failed
from ._certbot_refused import refusal, remember
from ._certbot_webroot import unserved
from ._certificate import Certificate, CertificateError
from ._command import run as run_command

LETSENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"
_LINEAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_HOST_NAME = re.compile(r"(?=.{4,253}\Z)(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)+(?!-)(?![0-9]+\Z)[a-z0-9-]{2,63}(?<!-)\Z")
_INTRUSIVE = {
    "apache": "rewrites the web server's files while it runs",
    "nginx": "rewrites the web server's files while it runs",
    "standalone": "needs port 80 for itself, and fails while a web server has it",
}
_PAUSE = 2.0
_NONCE_ATTEMPTS = 4


class CertbotError(Exception):
    """The request is wrong, or a certificate that is required cannot be had; the message names it and the remedy."""


@dataclass(frozen=True)
class Wanted:
    """One lineage: its name, the DNS names of the certificate (the first is its subject), ``ecdsa`` or ``rsa``."""

    name: str
    names: tuple[str, ...]
    key_type: str = "ecdsa"


@dataclass(frozen=True)
class Settings:
    """What all lineages share. ``timeout`` is in seconds for each certificate; folder and log are certbot's own."""

    email: str = ""
    server: str = LETSENCRYPT
    webroot: Path = Path("/var/lib/constellation-edge/acme")
    renew_hook: str = "systemctl reload nginx"
    timeout: int = 300
    folder: Path = Path("/etc/letsencrypt")
    log: Path = Path("/var/log/letsencrypt/letsencrypt.log")


@dataclass(frozen=True)
class Renewal:
    """What certbot remembers about a lineage for its renewal; an empty string stands for an entry that is not there."""

    server: str = ""
    authenticator: str = ""
    hook: str = ""
    webroots: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lineage:
    """A lineage on disk. ``certificate`` is None when there is none that can be used, ``fault`` then says why."""

    fullchain: Path
    privkey: Path
    certificate: Certificate | None = None
    renewal: Renewal | None = None
    fault: str = ""

    @property
    def absent(self) -> bool:
        """Tell whether nothing is there at all."""
        return self.certificate is None and self.renewal is None and not self.fault


class Report(TypedDict):
    """One certificate as the module returns it."""

    fullchain: str
    privkey: str
    source: str
    names: list[str]
    issuer: str
    not_after: str
    days_left: int | None
    key_type: str
    serial: str
    problem: str


@dataclass
class Outcome:
    """What a run did, or would do: reports by lineage name, warnings, and a description before and after."""

    changed: bool = False
    certificates: dict[str, Report] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    before: str = ""
    after: str = ""


Run = Callable[[list[str], float], tuple[int, str]]
Check = Callable[[tuple[str, ...], Path], dict[str, str]]


def wanted(name: str, names: list[str], key_type: str) -> Wanted:
    """Return a request with its names in the form in which certificates hold them; no names means the name itself.

    Raises CertbotError for a name that HTTP-01 cannot prove.
    """
    if not _LINEAGE.match(name):
        raise CertbotError(
            f"certificate {name!r}: the name may hold letters, digits, dots, hyphens and underscores only"
        )
    return Wanted(name, tuple(dict.fromkeys(_host_name(name, each) for each in names or [name])), key_type)


def _host_name(certificate: str, name: str) -> str:
    place = f"certificate {certificate}, name {name!r}"
    if name.startswith("*."):
        raise CertbotError(
            f"{place}: a wildcard needs a DNS challenge, which HTTP-01 cannot replace; list the names one by one"
        )
    try:
        ascii_name = name.strip().rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise CertbotError(f"{place}: not a host name") from error
    if not _HOST_NAME.match(ascii_name):
        raise CertbotError(f"{place}: not a public host name (for example home.example.org)")
    return ascii_name


def parse_renewal(text: str) -> Renewal:
    """Return what the text of a ``renewal/NAME.conf`` says; entries that are not known here are passed over."""
    entries: dict[str, str] = {}
    webroots: list[str] = []
    section = ""
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("["):
            section = stripped.strip("[] \t")
        elif "=" in stripped and not stripped.startswith("#"):
            key, _equals, value = (part.strip() for part in stripped.partition("="))
            if section == "renewalparams":
                entries[key] = _unquote(value)
            elif section == "webroot_map":
                webroots.append(_unquote(value))
    if not webroots:
        webroots = [_unquote(part.strip()) for part in entries.get("webroot_path", "").split(",") if part.strip()]
    return Renewal(
        server=entries.get("server", ""),
        authenticator=entries.get("authenticator", ""),
        hook=entries.get("renew_hook", ""),
        webroots=tuple(dict.fromkeys(webroots)),
    )


def _unquote(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


def read_lineage(name: str, folder: Path) -> Lineage:
    """Return what is on disk of a lineage. Nothing of it is an error: what cannot be used is its ``fault``."""
    live = folder / "live" / name
    fullchain, privkey = live / "fullchain.pem", live / "privkey.pem"
    try:
        renewal: Renewal | None = parse_renewal(
            (folder / "renewal" / f"{name}.conf").read_text(encoding="utf-8", errors="replace")
        )
    except OSError:
        renewal = None
    if not os.path.lexists(fullchain):
        return Lineage(fullchain, privkey, renewal=renewal)
    try:
        certificate, fits = _certificate.read_pair(fullchain, privkey)
    except CertificateError as error:
        return Lineage(fullchain, privkey, renewal=renewal, fault=str(error))
    if not fits:
        return Lineage(
            fullchain, privkey, renewal=renewal, fault=f"{privkey}: the key does not belong to the certificate"
        )
    return Lineage(fullchain, privkey, certificate, renewal)


def reason_to_issue(request: Wanted, lineage: Lineage, settings: Settings, now: datetime | None = None) -> str:
    """Return why the lineage does not do, or an empty string when it does.

    One of the owner's does when it is valid for all the names: its other names, its key and its CA are his choice.
    """
    certificate, renewal = lineage.certificate, lineage.renewal
    if certificate is None:
        return lineage.fault or "there is no certificate"
    if not_ours(lineage, settings):
        missing = [name for name in request.names if not _covers(certificate.names, name)]
        if missing:
            return f"it is not valid for {', '.join(missing)}"
        return f"it ended {certificate.not_after_text}" if certificate.expired(now) else ""
    if set(certificate.names) != set(request.names):
        return f"it is valid for {', '.join(certificate.names)} instead of {', '.join(sorted(request.names))}"
    if certificate.key_type != request.key_type:
        return f"its key is {certificate.key_type} instead of {request.key_type}"
    if certificate.expired(now):
        return f"it ended {certificate.not_after_text}"
    if renewal is not None and renewal.server and renewal.server != settings.server:
        return f"it is from {renewal.server} instead of {settings.server}"
    return ""


def _covers(names: tuple[str, ...], name: str) -> bool:
    return name in names or f"*.{name.partition('.')[2]}" in names


def not_ours(lineage: Lineage, settings: Settings) -> str:
    """Return why a lineage is the owner's own, which certbot must not be asked to replace, or an empty string.

    Ours are those that are renewed through our webroot alone: another one belongs to a setup that is not known here,
    and a new certificate would take its names, its folder and its hook away.
    """
    if lineage.absent:
        return ""
    if lineage.renewal is None:
        return "certbot has no renewal file for it"
    if lineage.renewal.authenticator != "webroot":
        return f"it was made with certbot's authenticator {lineage.renewal.authenticator or '(none)'}"
    if {os.path.abspath(folder) for folder in lineage.renewal.webroots} != {os.path.abspath(settings.webroot)}:
        return f"certbot renews it through {', '.join(lineage.renewal.webroots) or 'no folder'}, not {settings.webroot}"
    return ""


def remarks(name: str, lineage: Lineage, settings: Settings) -> list[str]:
    """Return what the owner should know about a lineage that does."""
    renewal = lineage.renewal
    if renewal is None:
        return [f"Certificate {name}: certbot has no renewal file for it, so that it is not renewed."]
    if renewal.authenticator in _INTRUSIVE:
        effect = _INTRUSIVE[renewal.authenticator]
        return [
            f"Certificate {name} is renewed by certbot's authenticator {renewal.authenticator}, which {effect}. "
            f"{_take_over(name, lineage, settings)}"
        ]
    if renewal.authenticator != "webroot":
        return []
    found = []
    if renewal.webroots != (str(settings.webroot),):
        folders = ", ".join(renewal.webroots) or "no folder"
        found.append(
            f"Certificate {name} is renewed through {folders}, not {settings.webroot}: where the web server answers "
            f"the CA from the latter, as in site.yml, that fails. {_take_over(name, lineage, settings)}"
        )
    if settings.renew_hook and renewal.hook != settings.renew_hook:
        found.append(
            f"Certificate {name} is renewed with the hook {renewal.hook or '(none)'!r}, not {settings.renew_hook!r}."
        )
    return found


def _take_over(name: str, lineage: Lineage, settings: Settings) -> str:
    names = lineage.certificate.names if lineage.certificate else (name,)
    options = f"--webroot --webroot-path {settings.webroot} {' '.join(f'--domain {each}' for each in names)}"
    return f"`certbot certonly --force-renewal --cert-name {name} {options}` has it renewed as ours are."


def arguments(request: Wanted, lineage: Lineage, settings: Settings) -> list[str]:
    """Return the certbot command that makes the lineage what is wanted, without a question to anybody."""
    command = ["certbot", "certonly", "--non-interactive", "--agree-tos", "--no-eff-email"]
    command += ["--email", settings.email] if settings.email else ["--register-unsafely-without-email"]
    command += ["--server", settings.server, "--webroot", "--webroot-path", str(settings.webroot)]
    command += ["--cert-name", request.name, "--key-type", request.key_type]
    if settings.renew_hook:
        command += ["--deploy-hook", settings.renew_hook]
    if lineage.renewal is None:
        command.append("--keep-until-expiring")
    else:
        # Other names are a question unless it is answered; another key type or CA is no reason to renew unless forced.
        command += ["--renew-with-new-domains", "--force-renewal"]
    return command + [word for name in request.names for word in ("--domain", name)]


def reconcile(
    requests: list[Wanted],
    settings: Settings,
    check_mode: bool = False,
    required: bool = False,
    run: Run | None = None,
    check: Check = unserved,
) -> Outcome:
    """Bring every lineage to what is wanted and return what came of it.

    In check mode nothing is asked of the CA and nothing is written: what is missing counts as issued. ``run`` and
    ``check`` stand for certbot and for the question to port 80. Raises CertbotError for two requests of one name, and,
    with ``required``, when a certificate could not be had.
    """
    _refuse_doubles(requests)
    if requests and not check_mode and not _certificate.AVAILABLE:
        raise CertbotError(_certificate.MISSING)
    outcome = Outcome()
    before, after = [], []
    for request in requests:
        lineage = read_lineage(request.name, settings.folder)
        before.append(_describe(request, lineage))
        reason = reason_to_issue(request, lineage, settings)
        problem = ""
        if not reason:
            outcome.warnings += remarks(request.name, lineage, settings)
        elif foreign := not_ours(lineage, settings):
            problem = (
                f"The certificate {request.name} does not do: {reason}. It is left as it is, because {foreign}. "
                "Bring it in line in the way it was made, or, when nothing else needs it, remove it with "
                f"`certbot delete --cert-name {request.name}`. {AGAIN}"
            )
        elif lineage.renewal is not None and (broken := _no_link(request.name, settings.folder)):
            problem = (
                f"The certificate {request.name} does not do: {reason}. It is left as it is, because {broken} is no "
                "link to one of certbot's files: every attempt would get another certificate, which nobody serves. "
                f"Put the link back, or remove the rest with `certbot delete --cert-name {request.name}`. {AGAIN}"
            )
        elif told := refusal(request.name, request.names, settings.server):
            problem = told
        elif check_mode:
            outcome.changed = True
        else:
            problem = _issue(request, lineage, settings, run or _run, check, outcome)
            lineage = _after_issue(request, lineage, settings, outcome)
        predicted = check_mode and bool(reason) and not problem
        after.append(_describe_wanted(request, settings) if predicted else _describe(request, lineage))
        outcome.certificates[request.name] = _report(lineage, problem)
    outcome.before, outcome.after = "".join(before), "".join(after)
    problems = [
        f"Certificate {name}: {report['problem']}" for name, report in outcome.certificates.items() if report["problem"]
    ]
    if required and problems:
        raise CertbotError(" ".join(problems))
    return outcome


def _no_link(name: str, folder: Path) -> str:
    """Return the first of a lineage's files that certbot would take for damage, "" when there is none."""
    links = (folder / "live" / name / f"{kind}.pem" for kind in ("cert", "privkey", "chain", "fullchain"))
    return next((str(link) for link in links if not link.is_symlink() or not link.exists()), "")


def _refuse_doubles(requests: list[Wanted]) -> None:
    seen: set[str] = set()
    for request in requests:
        if request.name in seen:
            raise CertbotError(f"certificate {request.name} is asked for twice: merge the two lists of names")
        seen.add(request.name)


def _issue(request: Wanted, lineage: Lineage, settings: Settings, run: Run, check: Check, outcome: Outcome) -> str:
    """Ask the CA for one certificate; return the problem, or an empty string."""
    try:
        missing = check(request.names, settings.webroot)
    except OSError as error:
        return f"The folder {settings.webroot} cannot be written: {error.strerror}."
    if missing:
        told = ", ".join(f"{name} ({answer})" for name, answer in missing.items())
        return (
            f"Port 80 of this host does not serve {settings.webroot} for {told}, so the CA was not asked. "
            f"Let nginx serve /.well-known/acme-challenge/ from there. {AGAIN}"
        )
    command, deadline, nonces = arguments(request, lineage, settings), time.monotonic() + settings.timeout, 0
    while True:
        logged = _size(settings.log)
        code, output = run(command, max(1.0, deadline - time.monotonic()))
        if code == 0:
            remember(request.name, request.names, settings.server, "")
            if hook_failed(output):
                outcome.warnings.append(
                    f"Certificate {request.name} is there, but its hook {settings.renew_hook!r} failed."
                )
            return _still_wrong(request, settings)
        problem = explain(output, settings.server, _written(settings.log, logged))
        nonces += problem.kind == "nonce"
        # Not into the last seconds: certbot would be cut off, and that would hide what it waits for.
        if not problem.transient or nonces >= _NONCE_ATTEMPTS or time.monotonic() + 5 * _PAUSE >= deadline:
            if problem.kind == "refused-name":
                remember(request.name, request.names, settings.server, problem.text)
            return problem.text
        time.sleep(_PAUSE)


def _size(log: Path) -> int:
    try:
        return log.stat().st_size
    except OSError:
        return 0


def _written(log: Path, before: int) -> str:
    """Return what was written since the log had that many bytes; all of it when it is a new one."""
    try:
        with log.open("rb") as file:
            file.seek(before if file.seek(0, os.SEEK_END) >= before else 0)
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _still_wrong(request: Wanted, settings: Settings) -> str:
    reason = reason_to_issue(request, read_lineage(request.name, settings.folder), settings)
    return f"certbot reported success, but the certificate does not do: {reason}." if reason else ""


def _after_issue(request: Wanted, before: Lineage, settings: Settings, outcome: Outcome) -> Lineage:
    after = read_lineage(request.name, settings.folder)
    if after.certificate != before.certificate:
        outcome.changed = True
    return after


def _run(command: list[str], timeout: float) -> tuple[int, str]:
    """Run certbot; return its exit code and all it printed. One that does not end in time is stopped, with children."""
    answer = run_command(command, timeout, locale="C.UTF-8", merge=True)
    return answer.rc, answer.text


def _report(lineage: Lineage, problem: str) -> Report:
    certificate = lineage.certificate
    return Report(
        fullchain=str(lineage.fullchain) if certificate else "",
        privkey=str(lineage.privkey) if certificate else "",
        source="certbot" if certificate else "none",
        names=list(certificate.names) if certificate else [],
        issuer=certificate.issuer if certificate else "",
        not_after=certificate.not_after_text if certificate else "",
        days_left=certificate.days_left() if certificate else None,
        key_type=certificate.key_type if certificate else "",
        serial=certificate.serial if certificate else "",
        problem=problem,
    )


def _describe(request: Wanted, lineage: Lineage) -> str:
    """Return the lines of a diff for a lineage: what is decided here, not what the CA decides (serial, dates)."""
    if lineage.certificate is None:
        return f"{request.name}: none\n"
    server = lineage.renewal.server if lineage.renewal else ""
    return _lines(request.name, lineage.certificate.names, lineage.certificate.key_type, server)


def _describe_wanted(request: Wanted, settings: Settings) -> str:
    return _lines(request.name, tuple(sorted(request.names)), request.key_type, settings.server)


def _lines(name: str, names: tuple[str, ...], key_type: str, server: str) -> str:
    return f"{name}:\n  names: {' '.join(names)}\n  key_type: {key_type}\n  server: {server}\n"
