# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether Mono will trust a server's certificate: asked with Mono's own store, and the newest TLS that Mono knows.

`obstacle` says what keeps a sentinel from calling an address: the way there first, then the certificate.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import ssl
import stat
from collections.abc import Iterable

from ..._host.deadline import cut_after
from ..._host.files import read_bytes
from ..._host.process import PROC
from ..uris.server_uri import ServerUri
from .reach import TIMEOUT, Trouble, UnreachableError, connected_to, reach, system_context

# Below the machine's folder and each user's: what Mono's TLS reads, and `cert-sync` fills.
_STORE = ".mono/new-certs/Trust"
_MACHINE = "/usr/share"
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
# Where the system's own certificates are, the owner's first: for a remedy that names the file.
_SYSTEM = ("/usr/local/share/ca-certificates", "/etc/ssl/certs")
_SYNC = "/usr/bin/cert-sync"
_LARGEST_FILE = 1 << 20
# The beginning of the object identifiers of ECDSA signatures (1.2.840.10045.4), as DER.
_ECDSA = bytes.fromhex("2a8648ce3d04")


def distrust(uri: ServerUri, pid: int, timeout: float = TIMEOUT) -> Trouble | None:
    """Return why Mono will not trust the server that answers under an address, None when it will.

    ``pid`` is the sentinel's process, whose user may have a store of its own; 0 for none.
    """
    if uri.scheme == "http":
        return None
    folders = stores(pid)
    roots = certificates(folders)
    if not roots:
        return Trouble(
            f"Mono trusts no certificate on this host, nor that of {uri.host}: {folders[0]} is empty",
            _remedy(_root(uri, timeout), folders[0]),
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    for root in roots:
        with contextlib.suppress(ValueError, ssl.SSLError):  # what is damaged, Mono cannot trust either
            context.load_verify_locations(cadata=root.decode("ascii"))
    try:
        with (
            connected_to(uri, timeout) as plain,
            cut_after(plain, timeout),
            context.wrap_socket(plain, server_hostname=uri.host),
        ):
            return None
    except UnreachableError as error:
        return error.trouble
    except ssl.SSLCertVerificationError:
        return _lacking(uri, folders, timeout)
    except OSError as error:
        why = getattr(error, "reason", None) or error.strerror or str(error)
        return Trouble(
            f"{uri.host} does not talk to Mono, which knows TLS 1.2 at most ({why})",
            "have the proxy offer TLS 1.2 with the ciphers of Mozilla's intermediate level",
        )


def stores(pid: int) -> list[str]:
    """Return the folders in which Mono looks for certificates that a process trusts."""
    found = [os.path.join(_MACHINE, _STORE)]
    home = _configuration(pid)
    return [*found, os.path.join(home, _STORE)] if home else found


def _configuration(pid: int) -> str:
    """Return the folder of a process's user for the settings of programs; "" when it cannot be seen."""
    with contextlib.suppress(OSError, KeyError):
        pairs = (pair.partition(b"=") for pair in read_bytes(str(PROC / str(pid) / "environ")).split(b"\0"))
        environment = {os.fsdecode(name): os.fsdecode(value) for name, _equals, value in pairs}
        if environment.get("XDG_CONFIG_HOME"):
            return environment["XDG_CONFIG_HOME"]
        user = os.stat(PROC / str(pid)).st_uid
        return os.path.join(environment.get("HOME") or pwd.getpwuid(user).pw_dir, ".config")
    return ""


def certificates(folders: Iterable[str]) -> list[bytes]:
    """Return the certificates in the folders, each as PEM."""
    found: dict[bytes, None] = {}
    for folder in folders:
        with contextlib.suppress(OSError):
            for name in sorted(os.listdir(folder)):
                with contextlib.suppress(OSError):
                    found.update(dict.fromkeys(_CERTIFICATE.findall(_read_file(os.path.join(folder, name)))))
    return list(found)


def _read_file(path: str) -> bytes:
    """Return the beginning of a file; nothing of what is none, such as a pipe, at which a reader would wait.

    A store may belong to somebody who is not to be trusted.
    """
    opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(opened, "rb") as stream:
        return stream.read(_LARGEST_FILE) if stat.S_ISREG(os.fstat(opened).st_mode) else b""


def _lacking(uri: ServerUri, folders: list[str], timeout: float) -> Trouble:
    """Return what to do about an authority that the system trusts and Mono does not."""
    root = _root(uri, timeout)
    why = "its store lacks the authority"
    if os.path.exists(_SYNC) and _ECDSA in root[-200:]:
        why += ", which cert-sync leaves out because its key is ECDSA and it was not among the first"
    return Trouble(
        f"this host trusts the certificate of {uri.host}, and Mono does not: {why}", _remedy(root, folders[0])
    )


def _remedy(root: bytes, folder: str) -> str:
    """Return what brings an authority into Mono's store.

    `cert-sync` tells certificates apart by a fingerprint that it cannot compute for an ECDSA signature: once it has one
    such authority, it takes every further one for it. By hand they are taken.
    """
    by_hand = _ECDSA in root[-200:] and os.path.exists(_SYNC)
    if not by_hand and os.path.exists(_SYNC):
        return "run update-ca-certificates, which brings Mono's store in line, and see that it names no error"
    file = _file_of(root) or "FILE (the authority's certificate)"
    copy = f'mkdir -p {folder} && cp {file} "{folder}/$(openssl x509 -noout -hash -in {file}).0"'
    if by_hand:
        return f"put it there by hand: {copy}"
    return f"apt-get install ca-certificates-mono, or, where the system has no such package: {copy}"


def _file_of(root: bytes) -> str:
    """Return the file in which the system has a certificate by itself, "" when there is none."""
    for folder in _SYSTEM:
        with contextlib.suppress(OSError):
            for name in sorted(os.listdir(folder)):
                path = os.path.join(folder, name)
                if name.endswith((".crt", ".pem")) and _ders(path) == [root]:
                    return path
    return ""


def _ders(path: str) -> list[bytes]:
    with contextlib.suppress(OSError, ValueError):
        return [ssl.PEM_cert_to_DER_cert(text.decode("ascii")) for text in _CERTIFICATE.findall(_read_file(path))]
    return []


def _root(uri: ServerUri, timeout: float) -> bytes:
    """Return the certificate in which the server's chain ends for the system, as DER; nothing when there is none."""
    context = system_context()
    with (
        contextlib.suppress(OSError, UnreachableError),
        connected_to(uri, timeout) as plain,
        cut_after(plain, timeout),
        context.wrap_socket(plain, server_hostname=uri.host) as used,
    ):
        return _verified_chain(used)[-1]
    return b""


def _verified_chain(used: ssl.SSLSocket) -> list[bytes]:
    """Return the chain that was verified, the root last, as DER; public from Python 3.13 on."""
    if hasattr(used, "get_verified_chain"):
        return [bytes(each) for each in used.get_verified_chain()]
    inner = getattr(used, "_sslobj")  # noqa: B009 - typeshed knows no other way either
    return [ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in inner.get_verified_chain()]


def obstacle(uri: ServerUri, pid: int) -> Trouble | None:
    """Return what is in the way of the sentinel with this process (0 for none), None when nothing is."""
    return reach(uri) or distrust(uri, pid)
