# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what an owner may write, declared as fields of frozen dataclasses.

A field made by `key` is the one place that says of a key what it may be, its default, its documentation and whether a
preset may set it. The reader (`schema`), `ansible-doc`, the JSON schema and the tables of the documents take it from
here; `make docs` writes those.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

from .kinds import Kind, Mistake

_KEY = "key"
_REQUIRED: Any = object()


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

    def read(self, name: str, value: object) -> tuple[Any, list[Mistake]]:
        """Return the value as the plan takes it, or what is wrong with it."""
        return self.kind.read(name, value)


def key(
    kind: Kind,
    *doc: str,
    default: Any = _REQUIRED,
    name: str = "",
    otherwise: str = "",
    example: Any = None,
    preset: Kind | bool = False,
    preset_only: bool = False,
) -> Any:
    """Declare a field as a key, of the field's name unless `name` is given.

    Without a `default` the key is required. `preset` is True where a preset may say what an owner may.
    """
    required = default is _REQUIRED
    allowed = kind if preset is True or preset_only else preset or None
    declared = Key(kind, doc, None if required else default, otherwise, example, allowed, preset_only, required)
    begins: dict[str, Any] = {} if required else {"default": default}
    if isinstance(default, dict):
        begins = {"default_factory": default.copy}
    # The declared classes are dataclasses.
    return dataclasses.field(metadata={_KEY: declared, "name": name}, **begins)  # pylint: disable=invalid-field-call


def keys_of(declared: type) -> dict[str, Key]:
    """Return the keys of a declaration by their names, without those that are for presets alone."""
    return {name: each for name, each in fields_of(declared).values() if not each.is_preset_only}


def preset_keys(declared: type) -> dict[str, Key]:
    """Return what a preset may say, by its names."""
    return {name: each for name, each in fields_of(declared).values() if each.preset}


@functools.cache
def fields_of(declared: type) -> dict[str, tuple[str, Key]]:
    """Return the name and the key of each field that is one."""
    return {
        field.name: (field.metadata["name"] or field.name, field.metadata[_KEY])
        for field in dataclasses.fields(declared)
        if _KEY in field.metadata
    }
