# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn what certbot prints when it fails into what the owner has to do."""

from __future__ import annotations

import re
from dataclasses import dataclass

AGAIN = "Run the playbook again afterwards: it finishes the certificate."

# Certbot 5 writes "Identifier:", since a certificate may be for an address too; older ones write "Domain:".
_FAILURE = re.compile(
    r"^[ \t]*(?:Domain|Identifier):[ \t]*(?P<domain>\S+)[ \t]*\n"
    r"[ \t]*Type:[ \t]*(?P<type>\S+)[ \t]*\n"
    r"[ \t]*Detail:[ \t]*(?P<detail>.*(?:\n(?![ \t]*(?:Domain:|Identifier:|Hint:|$)).+)*)",
    re.MULTILINE,
)
_REFUSAL = re.compile(r"^acme\.messages\.Error: (urn:ietf:params:acme:error:.+)$", re.MULTILINE)
_RETRY_AFTER = re.compile(r"retry after (?P<when>[0-9][0-9T: -]*[0-9](?:Z| UTC)?)", re.IGNORECASE)
_TIMEOUT = re.compile(r"timeout|timed out|likely firewall", re.IGNORECASE)
_NOISE = re.compile(
    r"^(Saving debug log to|Plugins selected|Requesting a certificate|Renewing an existing|Account registered|"
    r"Some challenges|"
    r"Ask for help|See the logfile|Hint:|Certbot failed to authenticate|- - -|An unexpected error occurred:?$|\s*$)"
)


@dataclass(frozen=True)
class Problem:
    """Why certbot did not issue: ``kind`` is one word, ``text`` says what is missing and how to finish."""

    kind: str
    text: str

    @property
    def transient(self) -> bool:
        """Tell whether asking again at once may help, at no cost in rate limits."""
        return self.kind in ("nonce", "busy")


@dataclass(frozen=True)
class _Failure:
    domain: str
    type: str
    detail: str


def explain(output: str, server: str, log: str = "") -> Problem:
    """Return the problem behind the output of a certbot run that failed.

    ``output`` is standard output and error together; ``server`` is the URL of the CA, for where the CA is the problem.
    ``log`` is what the run wrote into certbot's log. It is looked at where the output explains nothing: certbot 2.1 on
    Python 3.11 prints "AttributeError: can't set attribute" in the place of everything that the CA refuses.
    """
    problem = _explain(output, server)
    refusals = _REFUSAL.findall(log)
    return _explain(refusals[-1], server) if problem.kind == "other" and refusals else problem


def _explain(output: str, server: str) -> Problem:
    failures = [_failure(match) for match in _FAILURE.finditer(output)]
    if failures:
        kind, _advice = _classify(failures[0])
        return Problem(kind, " ".join(_sentence(failure) for failure in failures) + " " + AGAIN)
    for kind, pattern, text in _GENERAL:
        if match := re.search(pattern, output, re.IGNORECASE):
            return Problem(kind, text.format(server=server, line=_line(output, match), when=_when(output)))
    return Problem(
        "other", f"certbot failed: {_last_line(output)}. The whole story is in /var/log/letsencrypt/letsencrypt.log."
    )


def hook_failed(output: str) -> bool:
    """Tell whether a certbot run reports a failed deploy hook, which does not change its exit code."""
    return (
        re.search(r"hook.{0,200}(reported error code|ran with error output)", output, re.IGNORECASE | re.DOTALL)
        is not None
    )


_GENERAL: tuple[tuple[str, str, str], ...] = (
    (
        "nonce",
        r"anti-replay nonce|badNonce",
        "The CA refused the request as out of date (nonce), several times. Run the playbook again.",
    ),
    (
        "busy",
        r"Another instance of Certbot is already running",
        "Another certbot is running on the host. Run the playbook again when it is done.",
    ),
    (
        "rate-limit",
        r"rateLimited|too many (certificates|failed authorizations|new orders|registrations|currently)|rate limit",
        "The CA's rate limit is reached: {line}. Run the playbook again {when}; nothing else can be done meanwhile.",
    ),
    (
        "ca-trust",
        r"CERTIFICATE_VERIFY_FAILED|certificate verify failed",
        "The host does not trust the CA's own server {server}: {line}. Correct the clock of the host; for a CA of your "
        "own put its root below /usr/local/share/ca-certificates and run update-ca-certificates. " + AGAIN,
    ),
    (
        "ca-unreachable",
        r"Failed to establish a new connection|Max retries exceeded|NameResolutionError|Connection refused|"
        r"ConnectionError|Read timed out|Temporary failure in name",
        "The host cannot reach the CA {server}: {line}. Check its own network and DNS. " + AGAIN,
    ),
    (
        "email",
        r"invalidContact|invalid email|unable to (parse|validate) email|contact email .* (invalid|forbidden)|"
        r"email address .* not appear to be valid",
        "The CA refuses the e-mail address: {line}. Correct it, or leave it empty.",
    ),
    (
        "account",
        r"accountDoesNotExist|account .*(not found|deactivated)|unable to find existing account",
        "The CA {server} no longer knows the account of this host: {line}. "
        "Remove the account's folder below /etc/letsencrypt/accounts. " + AGAIN,
    ),
    (
        "refused-name",
        r"rejectedIdentifier|forbidden by policy|with a valid public suffix|not issue for|policy forbids issuing",
        "The CA does not issue for this name: {line}. Use a public domain name.",
    ),
    (
        "caa",
        r"CAA record",
        "A CAA record of the domain forbids this CA: {line}. Allow the CA in the CAA record. " + AGAIN,
    ),
    (
        "leftover",
        r"live directory exists|archive directory exists",
        "A folder of an earlier certificate is in the way: {line}. Move it out of /etc/letsencrypt. " + AGAIN,
    ),
    (
        "slow",
        r"no end within \d+ seconds",
        "certbot did not finish: {line}. Check that the host reaches the CA {server}. " + AGAIN,
    ),
    (
        "absent",
        r"certbot: not installed",
        "certbot is not installed. Install the package certbot. " + AGAIN,
    ),
    (
        "hook",
        r"Unable to find [a-z-]+ command",
        "The renew hook is not a program that can be found: {line}. Give a program, not a word of the shell.",
    ),
)


def _failure(match: re.Match[str]) -> _Failure:
    return _Failure(match["domain"], match["type"], " ".join(match["detail"].split()))


def _sentence(failure: _Failure) -> str:
    """Return what the CA met at one name, and what to do about it."""
    advice = _classify(failure)[1]
    return f"{failure.domain}: {advice} (the CA says: {failure.detail})."


def _classify(failure: _Failure) -> tuple[str, str]:
    """Return the kind of a failed validation and the advice for it."""
    kind = _kind(failure)
    return kind, _ADVICE.get(kind, "the CA could not validate it")


def _kind(failure: _Failure) -> str:
    if failure.type == "dns" or re.search(r"DNS problem|could not resolve", failure.detail, re.IGNORECASE):
        nowhere = re.search(r"NXDOMAIN|no valid A|could not resolve", failure.detail, re.IGNORECASE)
        return "dns" if nowhere else "dns-failure"
    if failure.type == "connection":
        return "timeout" if _TIMEOUT.search(failure.detail) else "connection"
    return {"unauthorized": "wrong-host", "rateLimited": "rate-limit"}.get(failure.type, failure.type)


_ADVICE = {
    "dns": "the name has no address in the public DNS; create an A (or AAAA) record with the public address",
    "dns-failure": "the public DNS does not answer for the name; check its name servers and DNSSEC",
    "timeout": "nothing answers on port 80 of its address; forward TCP port 80 of the router to this host, open it in "
    "the firewall, and check that the address is right",
    "connection": "port 80 of its address refuses connections; forward TCP port 80 of the router to this host, and "
    "check that the address is right",
    "caa": "a CAA record forbids this CA; allow it there",
    "wrong-host": "another machine or program answered for it on port 80; point its A and AAAA records, and port 80 "
    "of the router, to this host",
    "rate-limit": "the CA's rate limit is reached; wait",
}


def _when(output: str) -> str:
    match = _RETRY_AFTER.search(output)
    return f"after {match['when']}" if match else "later (the limits last from an hour to a week)"


def _line(output: str, match: re.Match[str]) -> str:
    """Return the line in which a match begins, without the final full stop."""
    start = output.rfind("\n", 0, match.start()) + 1
    return output[start:].split("\n", 1)[0].strip().rstrip(".")[:500]


def _last_line(output: str) -> str:
    """Return the last line that says something, without the final full stop."""
    lines = [line.strip() for line in output.splitlines() if not _NOISE.match(line.strip())]
    return lines[-1].rstrip(".")[:500] if lines else "it printed nothing"
