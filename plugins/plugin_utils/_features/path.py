# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: by which path a route is found, and that each route is found by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .._constellation.local_server import CONSTELLATION
from .._keys.keys import key
from .._keys.kinds import Parsed
from .._keys.path_forms import EXACT, FIRST, FORMS_PATTERN, REGEX, REGEX_ANY_CASE, Path, any_path
from .._nginx.reach import Hidden, Rule, hidden
from .feature import Feature
from .place import Refusal, Written


@dataclass(frozen=True, kw_only=True)
class RoutePath(Feature):
    """`path` of a route."""

    path: str = key(
        Parsed("a path", FORMS_PATTERN, any_path),
        "Where clients find the service: V(/), a prefix such as V(/zm/), or one of the other forms of nginx's "
        "C(location).",
        "V(= /status) is this one path. V(~ REGEX) is each path that the regular expression matches, and V(~* REGEX) "
        "is the same without regard to case. Of the expressions of a site the first that matches counts.",
        "Expressions come before prefixes. A prefix such as V(^~ /zm/) comes before the expressions.",
        example="/zm/",
    )
    #: The path of the route that this is a location of, "" for a route itself.
    within: str = ""

    @property
    def mount(self) -> str:
        """What of the public path is not the service's own: that of the route, also for a location below it."""
        return Path.of(self.within).text or self.base

    @property
    def base(self) -> str:
        """What all paths of the route begin with; the path itself, where it is one alone."""
        found = Path.of(self.path)
        return "/" if found.is_expression else found.text

    @property
    def identity(self) -> str:
        """By what nginx tells the location from another one: `^~` makes no other one."""
        return Path.of(self.path).identity

    @property
    def is_prefix(self) -> bool:
        """Whether the route has everything below its path."""
        return Path.of(self.path).form in ("", FIRST)

    def found_at(self, name: str) -> str:
        """Return for a message where the route of a site is found."""
        return f"{name}{' ' if Path.of(self.path).is_expression else ''}{self.identity.removeprefix('= ')}"

    @classmethod
    def problems(cls, route: Written) -> Iterator[Refusal]:
        """Refuse what is said of everything below a path where the path is no prefix."""
        found = Path.of(str(route.values.get("path", "/")))
        if found.form in ("", FIRST):
            return
        what = "one path alone" if found.form == EXACT else "a regular expression"
        several = _of_answers(route, found) if route.within else _of_prefixes(route, found)
        for said, text in several:
            yield Refusal(
                route.place,
                f"{said} is for a prefix, and path '{found.form} {found.text}' is {what}: {text}",
                route.entry,
            )

    @classmethod
    def among(cls, routes: Sequence[Written], paths: Mapping[str, int]) -> Iterator[Refusal]:
        """Refuse a route that nginx takes for no path, because others are taken before it."""
        known = [route for route in routes if "path" in route.values]
        found_by = [Path.of(route.values["path"]) for route in known]
        if len({path.identity for path in found_by}) < len(found_by):
            return  # two of the same path are refused for that
        beside = [*_beside(known, {path.identity for path in found_by})]
        rules = [*(Rule(*path) for path in found_by), *(rule for rule, _owner in beside)]
        owners = [*known, *(owner for _rule, owner in beside)]
        for number, found in hidden(rules).items():
            # A path without its last slash, or an old one, may be another route's by now.
            if number < len(known):
                yield Refusal(known[number].place, _hidden(rules, number, found, owners), known[number].entry)


def _of_prefixes(route: Written, path: Path) -> Iterator[tuple[str, str]]:
    """Yield each key that needs a prefix, with its remedy."""
    if (prefix := route.values.get("prefix")) in ("strip", "header"):
        yield f"prefix: {prefix}", "write `prefix: keep`, or a prefix such as '/zm/'"
    if any(each.path for each in route.values.get("targets", ())):
        yield "a path in upstream", "write the address alone, or a prefix such as '/zm/'"
    if route.entry.get("moved_from"):
        yield "moved_from", "take one of the two out"
    if "locations" in route.entry:
        yield "locations", "write each as a route of its own"
    if route.app == CONSTELLATION:
        yield f"app: {CONSTELLATION}", "the server listens on a prefix, such as '/constellation/'"
    yield from _of_answers(route, path)


def _of_answers(route: Written, path: Path) -> Iterator[tuple[str, str]]:
    """Yield each of these keys that a location of a route can have as well."""
    if "static" in route.entry:
        yield "static", "write a prefix such as '/files/'"
    below = [each for each in route.values.get("probe", {}) if each != "status"]
    if below and path.form == EXACT:
        yield f"probe: {below[0]}", "take it out"


def _beside(routes: Sequence[Written], taken: set[str]) -> Iterator[tuple[Rule, Written]]:
    """Yield what nginx has beside the routes: old paths, and prefixes without their last slash, which lead on."""
    for route in routes:
        path, old = Path.of(route.values["path"]), route.values.get("moved_from") or ""
        for prefix in (path.text if path.form in ("", FIRST) else "", old):
            bare = Path(EXACT, prefix.rstrip("/"))
            if bare.text and bare.identity not in taken:
                taken.add(bare.identity)
                yield Rule(*bare), route
        if old and old not in taken:
            taken.add(old)
            yield Rule("", old), route


def _hidden(rules: Sequence[Rule], number: int, found: Hidden, routes: Sequence[Written]) -> str:
    """Return in words why a route is never taken, with a URL and what to write instead."""
    rule = rules[number]
    if not found.path:
        return f"path '{rule.form} {rule.text}' matches no path, since each begins with a slash: begin it with '^/'"
    other = rules[found.by]
    shown = " ".join(filter(None, other))
    name = routes[number].site.removeprefix("site ")
    if rule.form not in (REGEX, REGEX_ANY_CASE):
        remedy = f"write `path: ^~ {rule.text}`, which nginx takes before any regular expression, or narrow that one"
    elif other.form in (REGEX, REGEX_ANY_CASE):
        remedy = "of regular expressions nginx takes the first that matches: list this one before that one"
    else:
        remedy = f"nginx takes '{shown}' before any regular expression: take one of the two out"
    return (
        f"no request ever gets here, since nginx takes other routes first: https://{name}{found.path} goes to route "
        f"{routes[found.by].number} ('{shown}'); {remedy}"
    )
