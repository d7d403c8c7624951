# SPDX-License-Identifier: GPL-3.0-or-later

"""All probes of a site, several at a time, and their results in the order of the questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TypedDict

from . import _answers, _headers, _limits, _names, _paths, _slow, _smuggling, _tls, _traversal, _upgrade
from ._wire import exchange, request
from .subject import Probe, Result, Subject, Verdict

# Few: a host may count the connections of one address, and most of them are held by the slow probes.
_AT_ONCE = 6
_LEAST_AT_ONCE = 2
_GONE = "the host does not answer any more, so that being turned away proves nothing"


@dataclass(frozen=True)
class Kind:
    """A kind of probes; ``needs`` is the attribute of the subject without which it cannot be asked, "" for none."""

    probes: Callable[[Subject], list[Probe]]
    remedy: str
    needs: str = ""

    def fits(self, subject: Subject) -> bool:
        """Whether the subject has what this kind needs."""
        return not self.needs or bool(getattr(subject, self.needs))


KINDS = {
    "names": Kind(_names.probes, _names.REMEDY),
    "tls": Kind(_tls.probes, _tls.REMEDY),
    "answers": Kind(_answers.probes, _answers.REMEDY),
    "upgrade": Kind(_upgrade.probes, _upgrade.REMEDY),
    "smuggling": Kind(_smuggling.probes, _smuggling.REMEDY),
    "headers": Kind(_headers.probes, _headers.REMEDY, "echo"),
    "paths": Kind(_paths.probes, _paths.REMEDY, "kept"),
    "traversal": Kind(_traversal.probes, _traversal.REMEDY),
    "slow": Kind(_slow.probes, _slow.REMEDY, "slow"),
    "limits": Kind(_limits.probes, _limits.REMEDY, "connections"),
}


def run(subject: Subject, kinds: Sequence[str] = (), at_once: int = _AT_ONCE) -> list[Result]:
    """Ask all probes of these kinds, by default of each for which the subject has what it needs; so many at once.

    Raises ValueError when a kind is none, or needs what the subject does not have, or the subject cannot be asked.
    """
    if problem := subject.problem():
        raise ValueError(problem)
    asked = [
        (name, KINDS[name], probe)
        for name in _chosen(subject, kinds)
        for probe in KINDS[name].probes(subject)
        if not {name, f"{name}.{probe.name}"} & set(subject.without)
    ]
    if told := _silent(subject):
        verdicts = [Verdict(None, told) for _each in asked]
    else:
        verdicts = _verdicts([probe for _name, _kind, probe in asked], at_once)
        if _silent(subject):
            verdicts = [Verdict(None, f"{each.detail}; {_GONE}") if each.ok else each for each in verdicts]
    return [
        Result(
            url=subject.url,
            id=f"{name}.{probe.name}",
            what=probe.what,
            ok=verdict.ok,
            detail=verdict.detail,
            remedy=(probe.remedy or kind.remedy) if verdict.ok is False else "",
        )
        for (name, kind, probe), verdict in zip(asked, verdicts, strict=True)
    ]


def _chosen(subject: Subject, kinds: Sequence[str]) -> list[str]:
    for name in kinds:
        if name not in KINDS:
            raise ValueError(f"'{name}' is no kind of probes; there are {', '.join(KINDS)}")
        if not KINDS[name].fits(subject):
            raise ValueError(f"the probes of kind '{name}' need '{KINDS[name].needs}'")
    return list(kinds) or [name for name, kind in KINDS.items() if kind.fits(subject)]


def _silent(subject: Subject) -> str:
    """Return why an ordinary request is not answered, "" where it is."""
    for _attempt in range(3):
        seen = exchange(subject, request(subject))
        if seen.status:
            return ""
    return f"an ordinary request for {subject.url} is not answered: {seen}"


def _verdicts(probes: Sequence[Probe], at_once: int) -> list[Verdict]:
    waiting = [probe for probe in probes if probe.waits]
    with ThreadPoolExecutor(len(waiting) or 1) as beside, ThreadPoolExecutor(at_once) as pool:
        asked: list[Future[Verdict]] = [(beside if probe.waits else pool).submit(_verdict, probe) for probe in probes]
        return [each.result() for each in asked]


def _verdict(probe: Probe) -> Verdict:
    try:
        return probe.ask()
    except Exception as error:  # one probe that goes wrong must not take the others with it
        return Verdict(None, f"the probe itself failed: {type(error).__name__}: {error}")


class Proof(TypedDict):
    """Results in the form of `edge_host_probe`; ``detail`` has the remedy, too."""

    subject: str
    ok: bool | None
    detail: str


class Report(TypedDict):
    """The results of several sites; ``ok`` tells that none of them failed."""

    results: list[Result]
    proofs: list[Proof]
    lines: list[str]
    ok: bool


def report(subjects: Sequence[Subject], kinds: Sequence[str] = ()) -> Report:
    """Ask several sites side by side: most of the time is spent waiting. Raises ValueError as ``run`` does.

    A kind for which a site has nothing to ask is left out for it.
    """
    for subject in subjects:
        if problem := subject.problem():
            raise ValueError(problem)
    places = Counter(subject.place for subject in subjects)

    def asked(subject: Subject) -> list[Result]:
        # What is held open at one host is shared by its sites.
        sites = places[subject.place]
        subject = replace(subject, slow=subject.slow and max(subject.slow // sites, 1))
        return run(subject, _possible(subject, kinds), max(_AT_ONCE // sites, _LEAST_AT_ONCE))

    with ThreadPoolExecutor(len(subjects) or 1) as pool:
        found = list(pool.map(asked, subjects))
    results = [each for one in found for each in one]
    return Report(
        results=results,
        proofs=list(_proofs(results)),
        lines=[line for one in found for line in lines(one)],
        ok=not any(each["ok"] is False for each in results),
    )


def _possible(subject: Subject, kinds: Sequence[str]) -> list[str]:
    return [name for name in kinds if name not in KINDS or KINDS[name].fits(subject)]


def _proofs(results: Sequence[Result]) -> Iterator[Proof]:
    """Yield one for what passed of a kind at a site, one for what was not proven, and one for each failed probe."""
    for (url, kind), group in groupby(results, lambda each: (each["url"], each["id"].partition(".")[0])):
        asked = list(group)
        passed = sum(each["ok"] is True for each in asked)
        unproven = [each for each in asked if each["ok"] is None]
        if passed:
            yield Proof(subject=f"{url} {kind}", ok=True, detail=f"{passed} of {len(asked)} probes passed")
        if unproven:
            first = unproven[0]
            count = f"{len(unproven)} of {len(asked)} probes, {first['id']} first"
            yield Proof(subject=f"{url} {kind}", ok=None, detail=f"{count}: {first['what']}: {first['detail']}")
        for each in asked:
            if each["ok"] is False:
                detail = f"{each['what']}: {each['detail']}; {each['remedy']}"
                yield Proof(subject=f"{url} {each['id']}", ok=False, detail=detail)


def lines(results: Sequence[Result]) -> list[str]:
    """Return a line for each probe, and the sum of all as the last one."""
    words = {True: "ok        ", False: "FAILED    ", None: "not proven"}
    found = [f"{words[each['ok']]} {each['id']}: {each['what']}: {each['detail']}" for each in results]
    counts = [sum(each["ok"] is ok for each in results) for ok in (True, False, None)]
    return [*found, "{} passed, {} failed, {} not proven".format(*counts)]


def exit_code(results: Sequence[Result]) -> int:
    """Return 0 where all passed, 1 where one failed, 2 where none did but one was not proven."""
    verdicts = {each["ok"] for each in results}
    return 1 if False in verdicts else 2 if None in verdicts or not verdicts else 0
