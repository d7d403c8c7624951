# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python -m fuzz MINUTES`: every target, for that long together, on two cores; 1 when an input has a fault."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from tools.checkout import CACHE, ROOT, tool_environment

from . import blind, inputs
from .targets import TARGETS

GUIDED_PYTHON = CACHE / "fuzz-venv" / "bin" / "python"
CORPUS = blind.KEPT / "corpus"
PARALLEL = 2


def is_guided() -> bool:
    """Tell whether atheris is there for this Python."""
    argv = [str(GUIDED_PYTHON), "-c", "import atheris"]
    return GUIDED_PYTHON.exists() and subprocess.run(argv, capture_output=True, check=False).returncode == 0


def guided(target: str, seconds: int) -> bool:
    """Fuzz one target with libFuzzer; whether no input has a fault. What it finds worth keeping is its next start."""
    corpus = CORPUS / target
    corpus.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(inputs.seeds(target)):
        (corpus / f"seed-{number}").write_bytes(data)
    words = CORPUS / f"{target}.words"
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in inputs.words(target)), encoding="ascii")
    argv = [str(GUIDED_PYTHON), "-m", "fuzz.guided", target, f"-max_total_time={seconds}", f"-timeout={blind.HANGS}"]
    argv += [f"-max_len={inputs.LONGEST}", f"-dict={words}", f"-artifact_prefix={blind.KEPT}/{target}-libfuzzer-"]
    argv += ["-seed=3", "-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=0", str(corpus)]
    path = f"{ROOT / 'tests'}:{ROOT / '.ansible' / 'collections'}"
    done = subprocess.run(argv, env=tool_environment(PYTHONPATH=path), cwd=ROOT, check=False)
    return done.returncode == 0


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


def unguided(target: str, seconds: int) -> bool:
    """Fuzz one target with blind changes; whether no input has a fault."""
    tried, faults = blind.until(target, time.monotonic() + seconds, seed=time.time_ns())
    print(f"fuzz: {target}: {tried} inputs, {faults} with a fault", flush=True)
    return not faults


def main() -> int:
    """Share the time among the targets."""
    seconds = int(float(sys.argv[1]) * 60)
    blind.KEPT.mkdir(parents=True, exist_ok=True)
    if is_guided():
        share = max(1, seconds * PARALLEL // len(TARGETS))
        print(f"fuzz: guided by atheris, {share} s for each of {', '.join(TARGETS)}", flush=True)
        with ThreadPoolExecutor(PARALLEL) as pool:
            fine = list(pool.map(lambda target: guided(target, share), TARGETS))
    else:
        share = max(1, seconds // len(TARGETS))
        print(f"fuzz: atheris is not there for this Python: blind changes, {share} s for each target", flush=True)
        fine = [unguided(target, share) for target in TARGETS]
    for target, ok in zip(TARGETS, fine, strict=True):
        print(f"fuzz: {target} {'ok' if ok else f'FAILED, see above; inputs kept in {blind.KEPT}'}", flush=True)
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
