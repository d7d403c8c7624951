# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Ansible sends to a host: `python -m bench.shipped FOLDER MODULE ...` builds it and prints the sizes as JSON.

The zip of each module is left in the folder; `import_seconds` imports a module from it as the host does.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

_IMPORT = """
import sys, time
sys.path.insert(0, sys.argv[1])
start = time.process_time()
__import__(sys.argv[2])
print(time.process_time() - start)
"""


def import_seconds(archive: Path) -> float:
    """Return the processor time of importing the module of a shipped zip, which holds no bytecode."""
    names = zipfile.ZipFile(archive).namelist()
    module = next(name for name in names if name.endswith(f"/modules/{archive.stem}.py"))
    argv = [sys.executable, "-I", "-B", "-c", _IMPORT, str(archive), module[: -len(".py")].replace("/", ".")]
    return float(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)


def _build(name: str, folder: Path) -> int:
    """Write the zip of a module and return the bytes that are sent."""
    from ansible.executor.module_common import modify_module
    from ansible.parsing.dataloader import DataLoader
    from ansible.plugins.loader import module_loader
    from ansible.template import Templar

    path = module_loader.find_plugin_with_context(name).plugin_resolved_path
    built = modify_module(
        module_name=name,
        module_path=path,
        module_args={"_ansible_remote_tmp": "/tmp"},
        templar=Templar(DataLoader()),
        task_vars={"ansible_python_interpreter": sys.executable},
        module_compression="ZIP_DEFLATED",
    )
    payload = max(re.findall(rb"[A-Za-z0-9+/=]{1000,}", built.b_module_data), key=len)
    (folder / f"{name.rpartition('.')[2]}.zip").write_bytes(base64.b64decode(payload))
    return len(built.b_module_data)


def main() -> None:
    """Build every module that is named."""
    from ansible.plugins.loader import init_plugin_loader

    init_plugin_loader()
    folder = Path(sys.argv[1])
    print(json.dumps({name: _build(name, folder) for name in sys.argv[2:]}))


if __name__ == "__main__":
    main()
