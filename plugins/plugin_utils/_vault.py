# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: values that Ansible Vault locks, told at once, with the way to open them.

ansible-core decrypts a value when it is first used, which may be late in a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleError
from ansible.parsing.vault import EncryptedString

from ._origin import where

_LOCKED = "no vault secrets found"
_OTHER = "no vault secrets were found that could decrypt"


def locked(error: BaseException, name: str) -> str:
    """Return what to do about a value that could not be decrypted; "" where that is not the reason.

    Args:
        error: ansible-core's.
        name: what the value is called.

    """
    said = str(error)
    if _OTHER in said:
        why = "is locked by another vault password than the one that was given"
    elif _LOCKED in said:
        why = "is locked by Ansible Vault"
    else:
        return ""
    return f"{_place(error)}{name} {why}: add --ask-vault-pass to the command, or --vault-password-file FILE"


class Locked(str):
    """Stands for an argument of a task whose value is locked, until the task can say so; the text is what to do."""

    __slots__ = ()


def locked_variables(variables: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    """Return what to do about each variable of these names that holds a locked value, at whatever depth."""
    found = []
    for name in names:
        for value in _encrypted(variables.get(name)):
            try:
                str(value)
            except AnsibleError as error:
                found.append(locked(error, name))
                break
    return [each for each in found if each]


def _encrypted(value: object) -> Iterable[EncryptedString]:
    if isinstance(value, EncryptedString):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _encrypted(each)
    elif isinstance(value, list):
        for each in value:
            yield from _encrypted(each)


def _place(error: BaseException | None) -> str:
    """Return file and line of the value, from whichever error of the chain names it."""
    place = ""
    while error is not None:
        place = where(getattr(error, "obj", None)) or place
        error = error.__cause__
    return place
