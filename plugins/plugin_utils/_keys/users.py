# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the kinds of values that say who may log in. No text here contains a password, or what may be one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from ...module_utils._nginx.logins.rules import HASHING, LOCKING, is_hash, name_fault, secret_fault
from .._literal import readable
from .kinds import Kind, Mistake

_JSON_NAME = {"type": "string", "pattern": "^[^:#][^:]*$"}
_MAPPING: dict[str, Any] = {
    "type": "object",
    "propertyNames": _JSON_NAME,
    "additionalProperties": {"type": "string", "minLength": 1},
    "minProperties": 1,
}


class Logins(Kind):
    """A mapping of names to passwords or ready hashes."""

    tells_no_value: ClassVar[bool] = True

    def __init__(self) -> None:
        """Name it."""
        super().__init__("a mapping of names to passwords or hashes", option={"type": "dict"}, json=_MAPPING)

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what is no such mapping, and each name, password and hash that is not taken."""
        if not isinstance(value, dict) or not value:
            yield Mistake(value, f'must be {self.words}, such as `anna: "{{{{ vaulted_password }}}}"`', name)
            return
        for user, secret in value.items():
            yield from _login_faults(name, user, secret)

    def convert(self, value: Any) -> dict[str, str]:
        """Return it as plain texts."""
        return {str(user): str(secret) for user, secret in value.items()}


class Users(Kind):
    """A list of names that `edge_users` has, or a mapping of names to passwords or ready hashes."""

    tells_no_value: ClassVar[bool] = True

    def __init__(self) -> None:
        """Name it."""
        json = {"anyOf": [{"type": "array", "items": _JSON_NAME, "minItems": 1}, _MAPPING]}
        words = "a list of names out of `edge_users`, or a mapping of names to passwords or hashes"
        super().__init__(words, option={"type": "raw"}, json=json)
        self._logins = Logins()

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what is neither, and each part of it that is not taken; whom `edge_users` has is told elsewhere."""
        if isinstance(value, dict) and value:
            yield from self._logins.faults(name, value)
        elif not isinstance(value, list) or not value:
            yield Mistake(value, f"must be {self.words}, with at least one", name)
        elif not all(isinstance(each, str) for each in value):
            text = "has an entry that is no name: write a list of names, or `NAME: PASSWORD` without a hyphen before it"
            yield Mistake(value, text, name)
        else:
            for number, each in enumerate(value, 1):
                if fault := name_fault(each):
                    yield Mistake(each, f"the name at place {number} {fault}", name)

    def convert(self, value: Any) -> tuple[str, ...] | dict[str, str]:
        """Return a list as a tuple, with each name once."""
        return self._logins.convert(value) if isinstance(value, dict) else tuple(dict.fromkeys(map(str, value)))


def _login_faults(name: str, user: object, secret: object) -> Iterator[Mistake]:
    if fault := name_fault(user):
        # What stands before a colon may be a name and what stands behind it a password.
        yield Mistake(user, f"a user's name {fault}", name)
    elif fault := secret_fault(str(user), secret):
        yield Mistake(_placed(user, secret), f"the password of '{user}' {fault}", name)
    elif isinstance(secret, str) and not is_hash(secret) and (line := readable(secret)):
        yield Mistake(secret, f"the password of '{user}' {can_be_read('this file', line)}", name)


def can_be_read(file: str, line: int) -> str:
    """Return the rest of a sentence about a password that a file shows, with what to write there instead."""
    return f"can be read in {file}, line {line}: write its hash there, which {HASHING} makes, or lock it by {LOCKING}"


def _placed(user: object, secret: object) -> object:
    """Return what names file and line: the name, where the value is nothing, true or false, which bear no origin."""
    return user if secret is None or isinstance(secret, bool) else secret
