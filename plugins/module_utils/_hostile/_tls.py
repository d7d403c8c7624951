# SPDX-License-Identifier: GPL-3.0-or-later

"""Which TLS the host takes. Greetings are written here, since Python's own offers nothing that is weak."""

from __future__ import annotations

import os
import socket
import ssl
import struct

from .._host.command import find, run
from .._host.deadline import cut_after
from .._probe.connection import ProbeError, Target, connect, reason, tls_context
from .._probe.connection import opened as probe_opened
from ._answers import REMEDY as PAGES
from ._answers import page_betrays
from ._wire import Way, exchange, request
from .subject import Probe, Subject, Verdict

REMEDY = "the TLS directives of the site's server are not those of the collection: run playbooks/site.yml"

_UNTRUSTED = "the site has no certificate that is trusted for its name: run playbooks/site.yml, and read its summary"

TLS_1_0, TLS_1_1, TLS_1_2 = 0x0301, 0x0302, 0x0303
_VERSIONS = {TLS_1_0: "TLS 1.0", TLS_1_1: "TLS 1.1", TLS_1_2: "TLS 1.2", 0x0300: "SSL 3"}
# IANA's TLS cipher suites (2026-11). What every server of the time of TLS 1.0 takes:
_OLD = (0xC013, 0xC014, 0xC009, 0xC00A, 0x0039, 0x0033, 0x0035, 0x002F, 0x000A, 0x0005)
# What RFC 7465 (2015), RFC 9325 (2022) and its sources say not to use, by its kind.
_WEAK = {
    "rc4": ("RC4", (0x0004, 0x0005, 0xC007, 0xC011)),
    "3des": ("3DES", (0x000A, 0x0016, 0xC008, 0xC012)),
    "static-rsa": ("a key exchange by RSA", (0x002F, 0x0035, 0x003C, 0x003D, 0x009C, 0x009D)),
    "null-export": (
        "no encryption, or that for export",
        (0x0001, 0x0002, 0x003B, 0x0003, 0x0006, 0x0008, 0xC006, 0xC010),
    ),
    "anonymous": ("no certificate", (0x0018, 0x001B, 0x0034, 0x003A, 0x006C, 0x00A6, 0xC018, 0xC019)),
    "cbc": ("CBC with SHA-1", (0xC009, 0xC00A, 0xC013, 0xC014, 0x0033, 0x0039)),
}
# The letter R on a line of its own asks for another handshake (openssl-s_client(1), CONNECTED COMMANDS).
_ASK_AGAIN = '(sleep 1; echo R; sleep 2) | openssl s_client -tls1_2 -connect "$1" -servername "$2" 2>&1'
_ALERT, _HANDSHAKE, _SERVER_HELLO = 21, 22, 2


def probes(subject: Subject) -> list[Probe]:
    """Return the probes of this kind."""
    return [
        *(_old(subject, f"tls1.{minor}", version) for minor, version in enumerate((TLS_1_0, TLS_1_1))),
        Probe("tls1.2", "TLS 1.2", lambda: _taken(subject, ssl.TLSVersion.TLSv1_2)),
        Probe("tls1.3", "TLS 1.3", lambda: _taken(subject, ssl.TLSVersion.TLSv1_3)),
        *(_weak(subject, name, what, suites) for name, (what, suites) in _WEAK.items()),
        Probe("compression", "TLS 1.2 with compression", lambda: _compression(subject)),
        Probe(
            "trusted",
            "TLS by a client that looks at the certificate",
            lambda: _trusted(subject),
            remedy=_UNTRUSTED,
        ),
        Probe("renegotiation", "a second handshake within TLS 1.2", lambda: _renegotiation(subject)),
        Probe("plain-on-443", "HTTP without TLS on the port of HTTPS", lambda: _plain(subject), remedy=PAGES),
    ]


def hello(name: str, version: int, suites: tuple[int, ...], compression: bytes = b"\x00") -> bytes:
    """Return a client's greeting (RFC 5246 section 7.4.1.2, 2008) for these suites alone, of at most TLS 1.2."""
    host = name.encode("ascii", "replace")
    entry = struct.pack(">BH", 0, len(host)) + host
    extensions = b"".join(
        struct.pack(">HH", kind, len(data)) + data
        for kind, data in (
            (0, struct.pack(">H", len(entry)) + entry),
            (10, struct.pack(">H4H", 8, 29, 23, 24, 25)),  # groups: X25519 and NIST's
            (11, b"\x01\x00"),  # points in full
            (13, struct.pack(">H8H", 16, 0x0403, 0x0503, 0x0804, 0x0805, 0x0401, 0x0501, 0x0201, 0x0203)),
        )
    )
    body = struct.pack(">H", version) + os.urandom(32) + b"\x00"
    body += struct.pack(f">H{len(suites)}H", 2 * len(suites), *suites)
    body += bytes([len(compression)]) + compression + struct.pack(">H", len(extensions)) + extensions
    message = b"\x01" + struct.pack(">I", len(body))[1:] + body
    return struct.pack(">BHH", _HANDSHAKE, min(version, TLS_1_0), len(message)) + message


def greeted(subject: Subject, greeting: bytes) -> tuple[str, bytes]:
    """Return what the host says to a greeting: `taken` with its own greeting, `refused`, or `silent`."""
    try:
        with connect(subject.place, subject.port, subject.timeout) as used, cut_after(used, subject.timeout) as over:
            used.settimeout(subject.timeout)
            used.sendall(greeting)
            head = _exactly(used, 5)
            data = _exactly(used, int.from_bytes(head[3:5], "big")) if head else b""
            if over.is_set():
                return "silent", b""
    except TimeoutError:
        return "silent", b""
    except (OSError, ProbeError) as error:
        return "refused", reason(error).encode()
    if not head:
        return "refused", b"closed"
    if head[0] == _HANDSHAKE and data[:1] == bytes([_SERVER_HELLO]):
        return "taken", data
    return "refused", b"alert %d" % data[1] if head[0] == _ALERT and len(data) > 1 else b"no TLS"


def _exactly(used: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        block = used.recv(size - len(data))
        if not block:
            return b""
        data += block
    return data


def _chosen(answer: bytes) -> tuple[int, int, int]:
    """Return version, suite and compression of a host's greeting, each 0 where it is cut short."""
    if len(answer) < 39:
        return 0, 0, 0
    place = 39 + answer[38]
    tail = answer[place : place + 3]
    suite, compression = struct.unpack(">HB", tail) if len(tail) == 3 else (0, 0)
    return int.from_bytes(answer[4:6], "big"), suite, compression


def _not_taken(subject: Subject, greeting: bytes) -> Verdict:
    outcome, answer = greeted(subject, greeting)
    if outcome == "taken":
        version, suite, _compression = _chosen(answer)
        return Verdict(False, f"taken: {_VERSIONS.get(version, hex(version))}, suite 0x{suite:04X}")
    return Verdict(outcome == "refused", f"{outcome} ({answer.decode('ascii', 'replace')})" if answer else outcome)


def _old(subject: Subject, name: str, version: int) -> Probe:
    greeting = hello(subject.host, version, _OLD)
    return Probe(name, f"{_VERSIONS[version]}, with what its servers take", lambda: _not_taken(subject, greeting))


def _weak(subject: Subject, name: str, what: str, suites: tuple[int, ...]) -> Probe:
    greeting = hello(subject.host, TLS_1_2, suites)
    return Probe(name, f"TLS 1.2 with suites of {what} alone", lambda: _not_taken(subject, greeting))


def _compression(subject: Subject) -> Verdict:
    suites = (0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA8, 0xCCA9)
    outcome, answer = greeted(subject, hello(subject.host, TLS_1_2, suites, b"\x01\x00"))
    if outcome != "taken":
        return Verdict(outcome == "refused", outcome)
    compression = _chosen(answer)[2]
    return Verdict(not compression, "compressed" if compression else "not compressed")


def _taken(subject: Subject, version: ssl.TLSVersion) -> Verdict:
    context = tls_context(verify=False)
    try:
        context.minimum_version = context.maximum_version = version
        with (
            connect(subject.place, subject.port, subject.timeout) as plain,
            cut_after(plain, subject.timeout),
            context.wrap_socket(plain, server_hostname=subject.host) as used,
        ):
            return Verdict(True, f"{used.version()}, {(used.cipher() or ('?',))[0]}")
    except (OSError, ProbeError, ValueError) as error:
        return Verdict(False, reason(error))


def _trusted(subject: Subject) -> Verdict:
    url = f"https://{subject.host}:{subject.port}/"
    target = Target(url, subject.address, subject.ca_file, timeout=subject.timeout)
    try:
        with probe_opened(target):
            return Verdict(True, "trusted")
    except (ProbeError, ssl.SSLCertVerificationError) as error:
        return Verdict(False, getattr(error, "verify_message", "") or str(error))


def _renegotiation(subject: Subject) -> Verdict:
    """Ask by openssl, where it is: Python's own TLS has no word for it."""
    place = f"[{subject.place}]" if ":" in subject.place else subject.place
    said = run(["sh", "-c", _ASK_AGAIN, "sh", f"{place}:{subject.port}", subject.host], timeout=4 * subject.timeout)
    _before, begun, after = said.text.partition("RENEGOTIATING")
    if not begun:
        return Verdict(None, "openssl did not get that far" if find("openssl") else "openssl is not installed here")
    # Its client tells of the certificate in each handshake.
    again = "depth=" in after
    return Verdict(not again, "done again" if again else "refused")


def _plain(subject: Subject) -> Verdict:
    seen = exchange(Subject(**{**vars(subject), "http_port": subject.port}), request(subject), Way(plain=True))
    if told := page_betrays(seen.only()):
        return Verdict(False, f"{seen}, {told}")
    return Verdict(seen.status == 400 or not seen.data, str(seen))
