# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The messages of a run are found in its sources, however they come to where the run ends."""

from __future__ import annotations

from textwrap import dedent

import pytest
from tools.messages import of_python, of_tasks


def found(text: str) -> list[str]:
    return [message.text for message in of_python({"plugins/x.py": dedent(text)})]


@pytest.mark.parametrize(
    "source",
    [
        "raise AError(f'{path}: the port {port} is taken')",
        "raise AError('{path}: the port {port} is taken'.format(path=p, port=q))",
        "raise AError('%s: the port %s is taken' % (p, q))",
        "raise AError(path + ': the port ' + port + ' is taken')",
        "module.fail_json(msg=f'{path}: the port {port} is taken', changed=False)",
        "raise AnsibleActionFail(f'{path}: the port {port} is taken')",
        "problems.append(Problem('edge_lan', f'{path}: the port {port} is taken', value))",
        "self._say(place, f'{path}: the port {port} is taken', value)",
        "proofs = [Proof('ufw', False, f'{path}: the port {port} is taken')]",
        "problems.append(f'{path}: the port {port} is taken')",
    ],
)
def test_a_text_at_the_end_of_a_run(source: str) -> None:
    assert found(source) == ["…: the port … is taken"]


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    text = 'the first of three'\n    raise AError(text)",
        "def f(x):\n    raise AError('the first of three' if x else '')",
        "def g():\n    return 'the first of three'\ndef f():\n    raise AError(g())",
        "def g():\n    return 1, 'the first of three'\ndef f():\n    n, text = g()\n    raise AError(text)",
        "def f(text):\n    raise AError(text)\ndef g():\n    f('the first of three')",
        "def refused(text):\n    return AError(text)\ndef g():\n    raise refused('the first of three')",
        "ADVICE = {'a': 'the first of three'}\ndef f(key):\n    raise AError(ADVICE.get(key, ''))",
        "ALL = (('a', 'b', 'the first of three'), ('c', 'd', ''))\n"
        "def f():\n    for a, b, text in ALL:\n        raise AError(text)",
        "class State:\n    reason: str\ndef f():\n    return State('the first of three')\n"
        "def g():\n    raise AError(f().reason)",
        "def f():\n    texts = []\n    texts.append('the first of three')\n    raise AError('; '.join(texts))",
    ],
)
def test_a_text_that_comes_from_elsewhere(source: str) -> None:
    assert found(source) == ["the first of three"]


def test_what_is_put_into_a_message_is_one_by_itself_when_it_is_long() -> None:
    source = """
        def g(x):
            return "short one here" if x else "but this is a sentence of its own"
        def f():
            raise AError(f"it cannot be done: {g(1)}")
    """
    assert found(source) == ["but this is a sentence of its own", "it cannot be done: …"]


def test_what_no_run_ends_with_is_no_message() -> None:
    source = """
        "A module about this and that."
        LINES = "the first of three"
        def f():
            "Return what was found there."
            print(LINES)
            if LINES:
                raise DeclarationError("what a developer alone sees")
            return Proof("ufw", True, "all is as it should be")
    """
    assert found(source) == []


def test_tasks_that_fail_and_claims_that_do_not_hold() -> None:
    text = """
    - name: One
      block:
        - name: Two
          ansible.builtin.fail:
            msg: >-
              the host {{ inventory_hostname }}
              cannot be it
    - name: Three
      ansible.builtin.assert:
        that: x
        fail_msg: "{{ lines }}"
    """
    (message,) = of_tasks("roles/x.yml", dedent(text))
    assert (message.line, message.text) == (5, "the host … cannot be it")


def test_a_warning_and_a_note_are_messages_too() -> None:
    assert found("module.warn(f'{path}: is left out here')") == ["…: is left out here"]
    assert found("facts['notes'].append('the first of three')") == ["the first of three"]
    assert found("problems += ['the first of three']") == ["the first of three"]


def test_a_method_is_not_taken_for_a_function_of_the_same_name() -> None:
    source = """
        class Prover:
            def prove(self):
                return "not the one that is meant"
        def f():
            return Proof("limit", *prove())
    """
    other = "def prove():\n    return False, 'the first of three'\n"
    sources = {"plugins/x.py": "from .y import prove\n" + dedent(source), "plugins/y.py": other}
    assert [message.text for message in of_python(sources)] == ["the first of three"]
