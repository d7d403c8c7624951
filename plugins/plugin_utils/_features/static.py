# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: a route that answers with the files of a directory on the proxy's host.

Nothing outside of it is read: `alias` and the location both end in a slash, and no link below it is followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from .._keys.keys import key
from .._keys.kinds import Group, Kind, Mistake, kind_of, listed
from .._nginx.literal import literal
from ._quoted import quoted
from .feature import Directives, Feature
from .place import Host, Place

if TYPE_CHECKING:
    from .._inventory.site import Site

_DIRECTORY, _INDEX, _TRY = "directory", "index", "try"
_USUAL_INDEX = ("index.html",)
_WRITES = "$constellation_edge_writes"
_MAP = f"map $request_method {_WRITES} {{ default 1; GET 0; HEAD 0; }}"
# Of a directory with one of these, or of what is below it, the files are the system's, and keys among them.
_OF_THE_SYSTEM = ("/boot", "/dev", "/etc", "/proc", "/root", "/run", "/sys", "/var/lib/private")
_FILE = re.compile(r"[A-Za-z0-9_~@+,=-][A-Za-z0-9._~@+,=-]*\Z")
_SUFFIX = re.compile(r"\.[A-Za-z0-9._-]*[A-Za-z0-9]\Z")
# nginx reads no argument that is longer than 4 kB, and each sign may need an escape.
_LONGEST = 1000


class _Directory(Kind):
    def __init__(self) -> None:
        super().__init__(
            words="a directory of the host",
            option={"type": "str"},
            json={"type": "string", "pattern": "^/[^$]+$"},
        )

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what is no directory to show, or that nginx would read as something else."""
        if not isinstance(value, str) or not value.startswith("/"):
            text = "must be the whole path of a directory on the host, such as /srv/www"
            yield Mistake(value, f"{name} {text}, not {value!r}")
            return
        parts = value.rstrip("/").split("/")[1:]
        plain = "/".join(["", *filter(None, parts)])
        if "$" in value or not value.isprintable() or len(value.encode()) > _LONGEST:
            yield Mistake(value, f"{name}: {value!r} has a sign that nginx cannot read in a path, or is too long")
        elif {".", ".."} & set(parts):
            yield Mistake(value, f"{name}: '{value}' has a '.' or '..' in it: write the path without them")
        elif not plain or is_of_the_system(plain):
            text = f"{name}: '{value}' holds files of the system, which nobody is to read: put what clients may have"
            yield Mistake(value, f"{text} into a folder of its own, such as /srv/www")

    def convert(self, value: Any) -> str:
        """Return it without the slash at its end."""
        return "/".join(["", *filter(None, str(value).split("/"))])


class _Names(Kind):
    """A name or a list of them, each of which matches one of some forms."""

    def __init__(self, *, is_tried: bool) -> None:
        item = {"type": "string", "minLength": 1}
        json = {"anyOf": [item, {"type": "array", "items": item}]}
        super().__init__(words="a name, or a list", option={"type": "list", "elements": "str"}, json=json)
        self._is_tried = is_tried

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what nginx would not look for below the directory."""
        if not isinstance(value, (str, list)) or not value:
            yield Mistake(value, f"{name} must be a name, or a list of names, not {kind_of(value)}")
            return
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, str) and self._fits(each):
                continue
            if self._is_tried:
                text = f"{name}: {each!r} is neither a file below the directory, such as /index.html, nor what is put "
                yield Mistake(each, f"{text}behind the path, such as .html")
            else:
                yield Mistake(each, f"{name}: {each!r} is not the name of a file, such as index.html")

    def convert(self, value: Any) -> tuple[str, ...]:
        """Return them, each once."""
        return tuple(dict.fromkeys(map(str, value if isinstance(value, list) else [value])))

    def _fits(self, each: str) -> bool:
        if not self._is_tried:
            return _FILE.match(each) is not None
        return _SUFFIX.match(each) is not None or (each[:1] == "/" and all(map(_FILE.match, each[1:].split("/"))))


class _Static(Kind):
    def __init__(self) -> None:
        self._directory = _Directory()
        keys = {
            _DIRECTORY: self._directory,
            _INDEX: _Names(is_tried=False),
            _TRY: _Names(is_tried=True),
        }
        docs = {
            _DIRECTORY: "The absolute path of the directory on the proxy's host.",
            _INDEX: "The file that is the page of a directory, V(index.html) by default.",
            _TRY: "What is looked for where there is no file of the path: a file below the directory, such as "
            "V(/index.html) of an application of one page, or what is put behind the path, such as V(.html).",
        }
        self._group = Group(keys, docs)
        super().__init__(
            words=f"a directory, or a mapping with {listed(keys)}",
            option={"type": "raw"},
            json={"anyOf": [self._directory.json, {**self._group.json, "required": [_DIRECTORY]}]},
        )

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what nginx cannot show, or is not to."""
        if not isinstance(value, dict):
            yield from self._directory.faults(name, value)
            return
        yield from self._group.faults(name, value)
        if _DIRECTORY not in value:
            yield Mistake(value, f"{name} needs `{_DIRECTORY}: /srv/www`, a directory on the host")

    def convert(self, value: Any) -> Mapping[str, Any]:
        """Return it with the usual page."""
        given = value if isinstance(value, dict) else {_DIRECTORY: value}
        return {_INDEX: _USUAL_INDEX, _TRY: (), **self._group.convert(given)}


@dataclass(frozen=True, kw_only=True)
class Static(Feature):
    """`static` of a route."""

    owns: ClassVar[tuple[str, ...]] = (f"if ({_WRITES}) {{}}",)
    static: Mapping[str, Any] = key(
        _Static(),
        "A directory on the proxy's host whose files are the answers, for GET and HEAD.",
        "Nothing is listed, symbolic links below it are not followed, and what begins with a dot is not there, but for "
        "C(.well-known). nginx's user must be able to read it, which the run asks before it changes anything.",
        default={},
        otherwise="a service answers",
        example={_DIRECTORY: "/srv/www", _TRY: "/index.html"},
    )

    def guard(self, at: Place) -> Directives:
        """Take nothing but questions, and keep what is hidden."""
        if not self.static:
            return {}
        return {f"if ({_WRITES})": {"return": "405"}, _hidden(at.route.base): {"return": "404"}}

    def location(self, at: Place) -> Directives:
        """Answer with the file of the path."""
        if not self.static:
            return {}
        directory = self.static[_DIRECTORY]
        found = {
            # Both this and the location end in a slash: without it a path could climb out.
            "alias": _argument(f"{directory}/"),
            "index": " ".join(self.static[_INDEX]),
            # An owner may have lists of directories everywhere; an nginx that makes none does not know the word.
            **({} if "http_autoindex_module" in at.host.platform.without else {"autoindex": "off"}),
            "disable_symlinks": f"on {_argument(f'from={directory}')}",
        }
        if self.static[_TRY]:
            found["try_files"] = " ".join(_tried(self.static[_TRY]))
        return found

    def owns_here(self, at: Place) -> tuple[str, ...]:
        """Own the condition that another run has left."""
        return Static.left(at.route.base)

    @classmethod
    def left(cls, path: str) -> tuple[str, ...]:
        """Name the condition."""
        return (f"{_hidden(path)} {{}}",)

    def marks(self, at: Place) -> list[list[str]]:
        """Name what is ours by our mark: owners say the same beside a service."""
        return [["alias", "index", "autoindex", "disable_symlinks", "try_files"]]

    @classmethod
    def guards(cls, sites: Sequence[Site], host: Host) -> str:
        """Return which methods are no question, "" where nobody asks."""
        return _MAP if any(route.static for site in sites for route in site.places) else ""


def is_of_the_system(path: str) -> bool:
    """Whether a directory, without links in its path, holds files that nobody is to read."""
    return any(f"{path}/".startswith(f"{each}/") for each in _OF_THE_SYSTEM)


def directory_of(static: Mapping[str, Any]) -> str:
    """Return the directory of a route's files, "" where it has none."""
    return str(static.get(_DIRECTORY, ""))


def pages_of(static: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of a directory's page."""
    found: tuple[str, ...] = static.get(_INDEX, ())
    return found


def _tried(given: tuple[str, ...]) -> Iterator[str]:
    """Yield what is looked for: the file, with suffixes, the directory, files; nginx leaves `alias` to the last."""
    yield "$uri"
    yield from (f"$uri{each}" for each in given if each.startswith("."))
    yield "$uri/"
    yield from (each.lstrip("/") for each in given if each.startswith("/"))
    yield "=404"


def _hidden(path: str) -> str:
    """Return the condition for a part that begins with a dot, behind the path; a line end is a sign like others."""
    return rf"if ($uri ~ (?s)^{literal(path)}(?<constellation_edge_hidden>\.(?!well-known/)|.*/\.))"


def _argument(path: str) -> str:
    return path if re.fullmatch(r"[A-Za-z0-9._~@+,=/-]+", path) else quoted(path)
