# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what an owner may write, declared as fields of frozen dataclasses.

A field made by `key` is the one place that says of a key what it may be, its default, its documentation, whether a
preset may set it and whether its value is secret. The reader (`schema`), `ansible-doc`, the JSON schema and the tables
of the documents take it from here; `make docs` writes those.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any, TypeVar

from .kinds import Kind, Listing, Mistake

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_Declared = TypeVar("_Declared", bound="DataclassInstance")
_KEY = "key"
_REQUIRED: Any = object()


class DeclarationError(ValueError):
    """A key that is declared as none can be. It ends the import, so that no run ends with it."""


@dataclasses.dataclass(frozen=True)
class Key:
    """One key: `doc` has sentences in Ansible's markup, the first of which says what it is.

    `otherwise` says the default in words where it is no value. `preset` is what a preset may say, None where it may
    say nothing; `is_preset_only` keys are for presets alone.
    """

    kind: Kind
    doc: tuple[str, ...]
    default: Any = None
    otherwise: str = ""
    example: Any = None
    preset: Kind | None = None
    is_preset_only: bool = False
    is_required: bool = False
    is_secret: bool = False

    def read(self, name: str, value: object) -> tuple[Any, list[Mistake]]:
        """Return the value as the plan takes it, or what is wrong with it; of a secret one, without a part of it."""
        read, mistakes = self.kind.read(name, value)
        hides = self.is_secret and not self.kind.tells_no_value
        return read, [self._without_value(name, each) for each in mistakes] if hides else mistakes

    def _without_value(self, name: str, mistake: Mistake) -> Mistake:
        return Mistake(mistake.part, f"{name} must be {self.kind.words} (its value is secret and not shown)")


def key(
    kind: Kind,
    *doc: str,
    default: Any = _REQUIRED,
    name: str = "",
    otherwise: str = "",
    example: Any = None,
    preset: Kind | bool = False,
    preset_only: bool = False,
    secret: bool = False,
) -> Any:
    """Declare a field as a key, of the field's name unless `name` is given.

    Without a `default` the key is required. `preset` is True where a preset may say what an owner may. A `secret` key
    is for no preset, and a value of it in the documents can only be a template; else DeclarationError is
    raised.
    """
    required = default is _REQUIRED
    allowed = kind if preset is True or preset_only else preset or None
    given = None if required else default
    if secret:
        _refuse_public(allowed, given, example)
    declared = Key(kind, doc, given, otherwise, example, allowed, preset_only, required, secret)
    begins: dict[str, Any] = {} if required else {"default": default}
    if isinstance(default, dict):
        begins = {"default_factory": default.copy}
    # The declared classes are dataclasses.
    return dataclasses.field(metadata={_KEY: declared, "name": name}, repr=not secret, **begins)  # pylint: disable=invalid-field-call


def keys_of(declared: type) -> dict[str, Key]:
    """Return the keys of a declaration by their names, without those that are for presets alone."""
    return {name: each for name, each in fields_of(declared).values() if not each.is_preset_only}


def preset_keys(declared: type) -> dict[str, Key]:
    """Return what a preset may say, by its names."""
    return {name: each for name, each in fields_of(declared).values() if each.preset}


def secret_names(declared: type) -> frozenset[str]:
    """Return the names of the secret keys of a declaration, and of those that its lists are declared by."""
    found: set[str] = set()
    for name, each in keys_of(declared).items():
        if each.is_secret:
            found.add(name)
        elif isinstance(each.kind, Listing):
            found |= secret_names(each.kind.of)
    return frozenset(found)


def without_secrets(declared: _Declared) -> _Declared:
    """Return the values of a declaration with the defaults of its secret keys in the place of their values."""
    secret = {field: each.default for field, (_name, each) in fields_of(type(declared)).items() if each.is_secret}
    return dataclasses.replace(declared, **secret)


@functools.cache
def fields_of(declared: type) -> dict[str, tuple[str, Key]]:
    """Return the name and the key of each field that is one."""
    return {
        field.name: (field.metadata["name"] or field.name, field.metadata[_KEY])
        for field in dataclasses.fields(declared)
        if _KEY in field.metadata
    }


def _refuse_public(preset: Kind | None, default: object, example: object) -> None:
    """Raise DeclarationError where a secret key is declared so that a file that all may read has a value of it."""
    if preset:
        raise DeclarationError("a preset cannot set a secret key: presets are files that everybody may read")
    if default not in (None, "", (), {}):
        raise DeclarationError("a secret key cannot have a value as its default: the documents show it")
    if example is not None and not str(example).startswith("{{"):
        raise DeclarationError(
            "the example of a secret key is a template, such as {{ vaulted_password }}, and no value"
        )
