# SPDX-License-Identifier: GPL-3.0-or-later

"""Certbot lineages as wanted state: read what is, say why that is not enough, ask the CA only then."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TypedDict

from .._host import x509
from .._host.command import run as run_command
from .._host.errors import EdgeError
from .._host.files import make_folders
from ._links import broken_link, relinking
from ._links import shown as shown_links
from ._output import AGAIN, explain, hook_failed
from ._refused import refusal, remember
from ._remedy import leftovers, moved_aside, relinked, renewable, taken_over
from .covering import covering, covers, has_pair
from .lineage import CertbotSettings, Lineage, not_ours, read_lineage
from .moving import Check, carry_out, planned, shown
from .skipped import skipped
from .webroot import unserved

_LINEAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_HOST_NAME = re.compile(r"(?=.{4,253}\Z)(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)+(?!-)(?![0-9]+\Z)[a-z0-9-]{2,63}(?<!-)\Z")
_PAUSE = 2.0
_NONCE_ATTEMPTS = 4


class CertbotError(EdgeError):
    """The request is wrong, or a certificate that is required cannot be had; the message names it and the remedy."""


@dataclass(frozen=True)
class WantedCertificate:
    """One lineage: its name, the DNS names of the certificate (the first is its subject), ``ecdsa`` or ``rsa``."""

    name: str
    names: tuple[str, ...]
    key_type: str = "ecdsa"


class Report(TypedDict):
    """One certificate as the module returns it."""

    lineage: str
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
class CertificatesOutcome:
    """What a run did, or would do: reports by lineage name, warnings, and a description before and after."""

    changed: bool = False
    certificates: dict[str, Report] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    before: str = ""
    after: str = ""
    diff: list[dict[str, str]] = field(default_factory=list)


Run = Callable[[list[str], float], tuple[int, str]]


class _Done(NamedTuple):
    """What came of one request: its lines of the diff, and its report."""

    before: str
    after: str
    report: Report


def wanted(name: str, names: list[str], key_type: str) -> WantedCertificate:
    """Return a request with its names in the form in which certificates hold them; no names means the name itself.

    Raises CertbotError for a name that HTTP-01 cannot prove.
    """
    if not _LINEAGE.match(name):
        raise CertbotError(
            f"certificate {name!r}: the name may hold letters, digits, dots, hyphens and underscores only"
        )
    return WantedCertificate(name, tuple(dict.fromkeys(_host_name(name, each) for each in names or [name])), key_type)


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


def reason_to_issue(
    request: WantedCertificate, lineage: Lineage, settings: CertbotSettings, now: datetime | None = None
) -> str:
    """Return why the lineage does not do, or an empty string when it does.

    One of the owner's does when it is valid for all the names: its other names, its key and its CA are his choice.
    """
    certificate, renewal = lineage.certificate, lineage.renewal
    if certificate is None:
        return lineage.fault or "there is no certificate"
    if lineage.moved or not_ours(lineage, settings):
        missing = [name for name in request.names if not covers(certificate.names, name)]
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


def arguments(request: WantedCertificate, lineage: Lineage, settings: CertbotSettings) -> list[str]:
    """Return the certbot command that makes the lineage what is wanted, without a question to anybody."""
    command = ["certbot", "certonly", "--non-interactive", "--agree-tos", "--no-eff-email"]
    command += ["--email", settings.email] if settings.email else ["--register-unsafely-without-email"]
    # Of an owner's lineage, the CA and the hooks are his choice.
    kept = lineage.renewal if lineage.moved else None
    command += ["--server", kept.server if kept and kept.server else settings.server]
    command += ["--webroot", "--webroot-path", str(settings.webroot)]
    command += ["--cert-name", request.name, "--key-type", request.key_type]
    hooks = {"--deploy-hook": settings.renew_hook}
    if kept:
        hooks = {"--deploy-hook": kept.hook, "--pre-hook": kept.pre_hook, "--post-hook": kept.post_hook}
    command += [word for option, hook in hooks.items() if hook for word in (option, hook)]
    if lineage.renewal is None:
        command.append("--keep-until-expiring")
    else:
        # Other names are a question unless it is answered; another key type or CA is no reason to renew unless forced.
        command += ["--renew-with-new-domains", "--force-renewal"]
    return command + [word for name in request.names for word in ("--domain", name)]


def reconcile(
    requests: list[WantedCertificate],
    settings: CertbotSettings,
    check_mode: bool = False,
    required: bool = False,
    run: Run | None = None,
    check: Check = unserved,
) -> CertificatesOutcome:
    """Bring every lineage to what is wanted and return what came of it.

    In check mode nothing is asked of the CA and nothing is written: what is missing counts as issued. ``run`` and
    ``check`` stand for certbot and for the question to port 80. Raises CertbotError for two requests of one name, for a
    renewal file that cannot be changed, and, with ``required``, when a certificate could not be had.
    """
    _refuse_doubles(requests)
    if requests and not check_mode and not x509.AVAILABLE:
        raise CertbotError(x509.MISSING)
    outcome = CertificatesOutcome()
    reconciler = _Reconciler(requests, settings, check_mode, run or _run, check, outcome)
    live = str(settings.folder / "live")
    # What a lineage is valid for after this run is what counts for the names of others.
    ordered = sorted(requests, key=lambda request: not has_pair(live, request.name))
    done = {request.name: reconciler.bring_in_line(request) for request in ordered}
    outcome.certificates = {request.name: done[request.name].report for request in requests}
    outcome.before = "".join(done[request.name].before for request in requests)
    outcome.after = "".join(done[request.name].after for request in requests)
    problems = [
        f"Certificate {name}: {report['problem']}" for name, report in outcome.certificates.items() if report["problem"]
    ]
    if required and problems:
        raise CertbotError(" ".join(problems))
    return outcome


class _Reconciler:
    """One run over all requests."""

    def __init__(
        self,
        requests: list[WantedCertificate],
        settings: CertbotSettings,
        check_mode: bool,
        run: Run,
        check: Check,
        outcome: CertificatesOutcome,
    ) -> None:
        self.settings, self.check_mode, self.run, self.outcome = settings, check_mode, run, outcome
        self.check = predicted(requests, settings, check) if check_mode else check
        self.live_check = check
        self.going: set[str] = set()  # lineages whose names change, in check mode
        self.renewed: set[str] = set()
        self.relinked: set[str] = set()  # lineages whose links would be put back, in check mode

    def bring_in_line(self, request: WantedCertificate) -> _Done:
        """Have what was asked for, or say in the report why not."""
        live = str(self.settings.folder / "live")
        name = request.name
        if not has_pair(live, name):
            others = {key: value for key, value in x509.certificates_below(live).items() if key not in self.going}
            name = covering(request.names, others) or name
        lineage = self._relinked(read_lineage(name, self.settings))
        before = _describe(request, lineage)
        as_it_is = name != request.name or (name in self.relinked and lineage.certificate is None)
        reason = "" if as_it_is else reason_to_issue(request, lineage, self.settings)
        if not reason:
            self._renew(lineage)
            return _Done(before, before, _report(lineage, ""))
        problem = self._refusal(request, lineage, reason)
        after = before
        if lineage.moved and lineage.certificate:
            # His other names and his key stay.
            names = tuple(dict.fromkeys([*lineage.certificate.names, *request.names]))
            request = replace(request, names=names, key_type=lineage.certificate.key_type)
        if not problem and self.check_mode:
            self.outcome.changed = True
            self.going.add(name)
            after = _describe_wanted(request, self.settings)
        elif not problem:
            problem = _issue(request, lineage, self.settings, self.run, self.live_check, self.outcome)
            lineage = _after_issue(request, lineage, self.settings, self.outcome)
            after = _describe(request, lineage)
        return _Done(before, after, _report(lineage, problem))

    def _refusal(self, request: WantedCertificate, lineage: Lineage, reason: str) -> str:
        """Return why certbot is not asked, or an empty string."""
        if foreign := not_ours(lineage, self.settings):
            return (
                f"The certificate {request.name} does not do: {reason}. It is left as it is, because {foreign}. "
                f"{taken_over(request.names, lineage, self.settings, request.key_type)}. {AGAIN}"
            )
        known = lineage.renewal is not None and request.name not in self.relinked
        if known and (broken := broken_link(request.name, self.settings.folder)):
            return (
                f"The certificate {request.name} does not do: {reason}. It is left as it is, because {broken} is no "
                "link to one of certbot's files: every attempt would get another certificate, which nobody serves. "
                f"{relinked(request.name, self.settings.folder)}. {AGAIN}"
            )
        if lineage.renewal is None and (rest := leftovers(request.name, self.settings)):
            return (
                f"There is no certificate {request.name}, and the CA was not asked for one: certbot cannot store it "
                f"beside what is left of an earlier one ({', '.join(map(str, rest))}). Move that out of the way: "
                f"`{' && '.join(moved_aside(rest, self.settings))}`. {AGAIN}"
            )
        return refusal(request.name, request.names, self.settings.server)

    def _relinked(self, lineage: Lineage) -> Lineage:
        """Return a lineage of ours with its links put back, where its files are no links to certbot's."""
        if lineage.renewal is None or lineage.broken or not_ours(lineage, self.settings):
            return lineage
        try:
            changes = relinking(lineage.name, self.settings.folder)
            before = shown_links(changes)
            if not self.check_mode:
                carry_out(changes, self.settings)
        except (OSError, EdgeError) as error:
            self.outcome.warnings.append(f"Certificate {lineage.name}: its links cannot be put back: {error}.")
            return lineage
        self.outcome.diff += before
        self.outcome.changed |= bool(changes)
        if not changes or self.check_mode:
            self.relinked |= {lineage.name} if changes else set()
            return lineage
        return read_lineage(lineage.name, self.settings)

    def _renew(self, lineage: Lineage) -> None:
        """Have the renewal of a lineage work and be served."""
        if lineage.name in self.renewed:
            return
        self.renewed.add(lineage.name)
        if reason := self._skipped(lineage):
            self.outcome.warnings.append(f"Certificate {lineage.name}: certbot will not renew it, because {reason}.")
        if lineage.renewal is None or lineage.broken:
            return
        moving = planned(lineage, self.settings, self.check)
        if moving.problem:
            self.outcome.warnings.append(f"Certificate {lineage.name}: {moving.problem}.")
        if not moving.changes:
            return
        self.outcome.diff += shown(moving.changes)
        self.outcome.changed = True
        if not self.check_mode:
            try:
                carry_out(moving.changes, self.settings)
            except EdgeError as error:
                raise CertbotError(f"certificate {lineage.name}: {error}") from error

    def _skipped(self, lineage: Lineage) -> str:
        """Return why certbot does not take a lineage up for renewal, with the remedy, or an empty string."""
        if lineage.renewal is None:
            remedy = taken_over(lineage.names, lineage, self.settings)
            return f"it has no renewal file with anything in it. {remedy}"
        path, folder = self.settings.renewal_file(lineage.name), self.settings.folder
        reason = skipped(path)
        if not reason or lineage.name in self.relinked:
            return ""
        if lineage.broken:
            return f"{reason}. Correct the file, or: {taken_over(lineage.names, lineage, self.settings)}"
        if broken_link(lineage.name, folder):
            return f"{reason}. {relinked(lineage.name, folder)}"
        return f"{reason}. {renewable(lineage, self.settings)}"


def predicted(requests: list[WantedCertificate], settings: CertbotSettings, check: Check) -> Check:
    """Return what port 80 will say once the sites of a run are there: our webroot is served for their names.

    For a name for which it is not served yet, the host's other folders will not be served any more.
    """
    ours = {name for request in requests for name in request.names}

    def answer(names: tuple[str, ...], folder: Path) -> dict[str, str]:
        if folder == settings.webroot:
            return {name: "no site of edge_sites has it" for name in names if name not in ours}
        moving = check(tuple(name for name in names if name in ours), settings.webroot)
        known = dict.fromkeys(moving, "a site of edge_sites has it then")
        asked = tuple(name for name in names if name not in known)
        return known | (check(asked, folder) if folder.is_dir() else dict.fromkeys(asked, "there is no such folder"))

    return answer


def _refuse_doubles(requests: list[WantedCertificate]) -> None:
    seen: set[str] = set()
    for request in requests:
        if request.name in seen:
            raise CertbotError(f"certificate {request.name} is asked for twice: merge the two lists of names")
        seen.add(request.name)


def _issue(
    request: WantedCertificate,
    lineage: Lineage,
    settings: CertbotSettings,
    run: Run,
    check: Check,
    outcome: CertificatesOutcome,
) -> str:
    """Ask the CA for one certificate; return the problem, or an empty string."""
    try:
        missing = check(request.names, settings.webroot)
        # Certbot refuses a folder that is not there.
        make_folders(str(settings.webroot))
    except OSError as error:
        folder = os.path.dirname(os.fsdecode(error.filename)) if error.filename else settings.webroot
        return f"The folder {folder} cannot be written: {error.strerror}."
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


def _still_wrong(request: WantedCertificate, settings: CertbotSettings) -> str:
    reason = reason_to_issue(request, read_lineage(request.name, settings), settings)
    return f"certbot reported success, but the certificate does not do: {reason}." if reason else ""


def _after_issue(
    request: WantedCertificate, before: Lineage, settings: CertbotSettings, outcome: CertificatesOutcome
) -> Lineage:
    after = read_lineage(request.name, settings)
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
        lineage=lineage.name if certificate else "",
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


def _describe(request: WantedCertificate, lineage: Lineage) -> str:
    """Return the lines of a diff for a lineage: what is decided here, not what the CA decides (serial, dates)."""
    if lineage.certificate is None:
        return f"{request.name}: none\n"
    server = lineage.renewal.server if lineage.renewal else ""
    return _lines(request.name, lineage.certificate.names, lineage.certificate.key_type, server)


def _describe_wanted(request: WantedCertificate, settings: CertbotSettings) -> str:
    return _lines(request.name, tuple(sorted(request.names)), request.key_type, settings.server)


def _lines(name: str, names: tuple[str, ...], key_type: str, server: str) -> str:
    return f"{name}:\n  names: {' '.join(names)}\n  key_type: {key_type}\n  server: {server}\n"
