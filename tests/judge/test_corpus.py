# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nginx itself judges the corpus: what it takes, what its reader refuses and where, and what our edits write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tokens import ConfigError, SyntaxRefused
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tree import parse
from corpus.cases import Text, edits, texts
from corpus.contexts import file_of, tree
from corpus.everywhere import places, with_location
from corpus.rewrite import rewritten

from judge.nginx import Judge, Verdict

# A comment at the limit of nginx's buffer, which only the end of the file allows: nothing can be put behind it.
NOTHING_BEHIND = "L24-comment-of-4096-bytes-ends-the-file"
# Files of the corpus, the states of edited ones among them, that each judge sees at least.
AT_LEAST = 250


@pytest.fixture(scope="module")
def contexts(judge: Judge) -> frozenset[str]:
    """Return the contexts that this nginx knows: its system may be without the modules for Lua and stream."""
    optional = ("lua", "lua-http", "stream")
    verdicts = judge.verdicts([tree(context, b"") for context in optional])
    missing = {context for context, verdict in zip(optional, verdicts, strict=True) if "dlopen() " in verdict.message}
    return frozenset({each.context for each in _all_texts()} - missing)


def _all_texts() -> Iterator[Text]:
    for kind in ("accepted", "read", "refused"):
        yield from texts(kind)
    yield from _edited()


def _edited() -> Iterator[Text]:
    """Every state of an edited file; one that the edit is to refuse as broken is none."""
    for each in edits():
        if each.context != "refused":
            yield Text(each.context, f"{each.name} before", each.before)
            if each.after not in (None, each.before):
                yield Text(each.context, f"{each.name} after", each.after or b"")


def _judged(judge: Judge, cases: Sequence[Text]) -> list[tuple[Text, Verdict]]:
    return list(zip(cases, judge.verdicts([tree(each.context, each.content) for each in cases]), strict=True))


def _known(cases: Iterator[Text] | list[Text], contexts: frozenset[str]) -> list[Text]:
    return [each for each in cases if each.context in contexts]


def test_nginx_accepts_what_is_said_to_be_accepted(judge: Judge, contexts: frozenset[str]) -> None:
    refused = [
        (str(case), said) for case, said in _judged(judge, _known(texts("accepted"), contexts)) if not said.accepted
    ]
    assert refused == []


def test_nginx_accepts_the_edited_files_before_and_after(judge: Judge, contexts: frozenset[str]) -> None:
    refused = [(str(case), said) for case, said in _judged(judge, _known(_edited(), contexts)) if not said.accepted]
    assert refused == []


def test_nginxs_reader_takes_what_only_its_directives_refuse(judge: Judge, contexts: frozenset[str]) -> None:
    others = [
        (str(case), said)
        for case, said in _judged(judge, _known(texts("read"), contexts))
        if said.accepted or said.reader_error
    ]
    assert others == []


def test_nginxs_reader_refuses_with_our_reason_and_line(judge: Judge, contexts: frozenset[str]) -> None:
    differ = []
    for case, said in _judged(judge, _known(texts("refused"), contexts)):
        with pytest.raises(SyntaxRefused) as caught:
            parse(case.text)
        ours = (caught.value.reason, file_of(case.context), caught.value.line)
        if not said.reader_error or (said.message, said.file, said.line) != ours:
            differ.append((str(case), said, ours))
    assert differ == []


def test_nginx_accepts_the_same_words_in_another_spelling(judge: Judge, contexts: frozenset[str]) -> None:
    anew = []
    for case in _known(texts("accepted"), contexts):
        try:
            content = rewritten(parse(case.text)).encode("latin-1")
        except ConfigError:
            # Longer than we write; the unit tests say which.
            continue
        anew.append(replace(case, content=content))
    assert len(anew) > 150
    assert [(str(case), said) for case, said in _judged(judge, anew) if not said.accepted] == []


def test_nginx_accepts_a_location_put_in_everywhere(judge: Judge, contexts: frozenset[str]) -> None:
    cases = [each for each in _known(places(), contexts) if each.name != NOTHING_BEHIND]
    more = [replace(each, content=with_location(each.text).encode("latin-1")) for each in cases]
    assert len(more) > 100
    assert [(str(case), said) for case, said in _judged(judge, more) if not said.accepted] == []


def test_enough_is_judged(contexts: frozenset[str]) -> None:
    assert len(_known(_all_texts(), contexts)) >= AT_LEAST
