# SPDX-License-Identifier: GPL-3.0-or-later

"""The owner's own check of a candidate, by a command, before the file is replaced."""

from __future__ import annotations

import os
import shlex
import tempfile

from .._dotnet.errors import DotnetError
from .._host.command import run
from .._host.files import explain
from .._host.names import TEMPORARY

PLACEHOLDER = "%s"


def check_candidate(path: str, content: bytes, command: str) -> None:
    """Run a command on a private copy of the candidate, ``%s`` in it being the copy's path; no shell is involved.

    The copy has the name of the file itself, in a folder of its own that is removed afterwards. A command that ends
    with anything but 0 is an error with what it said.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise DotnetError(f"the command of validate cannot be read ({error}): {command}") from None
    if not any(PLACEHOLDER in word for word in words):
        raise DotnetError(f"the command of validate must name the file to check as {PLACEHOLDER}: {command}")
    try:
        with tempfile.TemporaryDirectory(prefix=TEMPORARY) as folder:
            candidate = os.path.join(folder, os.path.basename(path))
            with open(candidate, "wb") as stream:
                stream.write(content)
            answer = run([word.replace(PLACEHOLDER, candidate) for word in words])
    except OSError as error:
        raise DotnetError(explain(error, path)) from error
    if answer.rc:
        # The copy's folder is gone when this is read.
        said = answer.text.replace(candidate, path)
        raise DotnetError(f"validate refuses the new content (exit code {answer.rc}), nothing was changed: {said}")
