# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole configurations round one file of the corpus, for nginx to judge."""

from __future__ import annotations

import functools
import subprocess
import tempfile
from pathlib import Path

# What nginx.conf says, so that nginx finds the file in its context; in `main` the file is nginx.conf itself.
NAME = "corpus.conf"
_HTTP = "events {}\nhttp { %s }\n"
_SERVER = _HTTP % "server { listen 8000; %s }"
_INCLUDE = f"include {NAME};"
LOAD_STREAM = "load_module modules/ngx_stream_module.so;\n"
LOAD_LUA = "load_module modules/ndk_http_module.so;\nload_module modules/ngx_http_lua_module.so;\n"
CONTEXTS = {
    "main": "",
    "http": _HTTP % _INCLUDE,
    "server": _SERVER % _INCLUDE,
    "location": _SERVER % f"location / {{ {_INCLUDE} }}",
    "upstream": _HTTP % f"upstream u {{ {_INCLUDE} }}",
    "map": _HTTP % f"map $uri $v {{ {_INCLUDE} }}",
    "types": _HTTP % f"types {{ {_INCLUDE} }}",
    "geo": _HTTP % f"geo $v {{ {_INCLUDE} }}",
    "stream": f"{LOAD_STREAM}events {{}}\nstream {{ {_INCLUDE} }}\n",
    "lua": LOAD_LUA + _SERVER % _INCLUDE,
    "lua-http": LOAD_LUA + _HTTP % _INCLUDE,
}
# What Certbot keeps outside nginx's folder lies inside it here.
_MOVED = (b"/etc/letsencrypt/", b"letsencrypt/")


def tree(context: str, content: bytes) -> dict[str, bytes]:
    """Return a whole configuration, path to content, in which one file stands in its context."""
    name = "nginx.conf" if context == "main" else NAME
    return {"nginx.conf": CONTEXTS[context].encode(), **surroundings(), name: content.replace(*_MOVED)}


def file_of(context: str) -> str:
    """Return the path of the judged file in its tree."""
    return "nginx.conf" if context == "main" else NAME


@functools.cache
def surroundings() -> dict[str, bytes]:
    """Return the files that the corpus includes or names, made anew for each run."""
    chain, key, parameters = _tls()
    live = "letsencrypt/live/camera.example.org"
    return {
        "empty.conf": b"",
        "mime.types": b"types { text/html html; }\n",
        "fastcgi_params": b"fastcgi_param QUERY_STRING $query_string;\n",
        "htpasswd": b"",
        "tls/chain.pem": chain,
        "tls/key.pem": key,
        f"{live}/fullchain.pem": chain,
        f"{live}/privkey.pem": key,
        "letsencrypt/options-ssl-nginx.conf": b"ssl_session_timeout 1440m;\n",
        "letsencrypt/ssl-dhparams.pem": parameters,
    }


def _tls() -> tuple[bytes, bytes, bytes]:
    """Return a certificate, its key and Diffie-Hellman parameters, of a name for tests."""
    with tempfile.TemporaryDirectory() as folder:
        chain, key, parameters = (Path(folder, name) for name in ("chain.pem", "key.pem", "parameters.pem"))
        request = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        request += ["-days", "2", "-subj", "/CN=corpus.test", "-keyout", str(key), "-out", str(chain)]
        group = ["openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "dh_param:ffdhe2048"]
        for command in (request, [*group, "-out", str(parameters)]):
            subprocess.run(command, check=True, capture_output=True)
        return chain.read_bytes(), key.read_bytes(), parameters.read_bytes()
