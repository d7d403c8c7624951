#!/usr/bin/python
# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take everything of constellation.edge out of nginx's files."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_removal
short_description: Take everything of constellation.edge out of nginx's files
version_added: 0.1.0
description:
  - Used by C(remove.yml). All files change together or not at all, after C(nginx -t) has accepted a staged copy, and
    the running nginx is reloaded.
  - A site file of ours goes, with its link. From an owner's file goes what carries our mark.
  - A site file of ours into whose server somebody has put a block or a comment of his own stays whole, without our
    marks. It is his from then on, and RV(notes) says so.
  - What lines of the owner's need of our log format, maps and upstreams is written to the top of his file, under names
    that begin with C(home_edge) instead of C(constellation_edge).
  - Our lines for nginx's main context go, and C(worker_connections) is again what it was.
  - By the record of the first run (M(constellation.edge.edge_record)), the distribution's own site is linked again
    where it was, files of C(sites-available) that had no link have none again, and a server that was there before
    stays even when its owner has put our mark behind it.
author:
  - constellation.edge contributors (@myconstellation)
extends_documentation_fragment:
  - constellation.edge.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  root:
    description: The folder of nginx's configuration.
    type: path
    default: /etc/nginx
  validate:
    description: Whether C(nginx -t) tests a staged copy first. Where nginx is not installed, there is nothing to test.
    type: bool
    default: true
  backup:
    description: Whether a copy of each file that changes or goes is kept beside it.
    type: bool
    default: false
  probe:
    description: Whether the sites that stay are asked before and after; when one is lost, everything is put back.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Leave nginx to its owner
  constellation.edge.nginx_removal:
"""

RETURN = r"""
sites:
  description: The files that change or go.
  returned: success
  type: list
  elements: dict
  sample: [{name: a.example.org, path: /etc/nginx/sites-available/a.example.org, changed: true, problem: null}]
notes:
  description: What stays and why, and what was written into files of the owner's.
  returned: success
  type: list
  elements: str
serves:
  description: Whether nginx has a server afterwards that is not the distribution's own.
  returned: success
  type: bool
reloaded:
  description: Whether the running nginx was reloaded; in check mode, whether it would be.
  returned: success
  type: bool
out:
  description: Who lost a login in an earlier run that was cut off, and what became of the streams that were open then.
  returned: success
  type: list
  elements: str
ended:
  description: How many workers of nginx's former configurations were ended for that.
  returned: success
  type: int
backup_files:
  description: The copies that O(backup) made.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._host.errors import EdgeError
from ..module_utils._host.found import read, traces
from ..module_utils._nginx.sites.leaving import found_in, leaving_plan, serves_more
from ..module_utils._nginx.sites.run import RUN, run_options
from ..module_utils._nginx.sites.step import SitesStep
from ..module_utils._transaction.steps import carry_out


def main() -> None:
    """Plan from what is on the host and carry it out."""
    module = AnsibleModule(argument_spec={"probe": {"type": "bool", "default": True}, **RUN}, supports_check_mode=True)
    given = module.params
    options = run_options(given, check_mode=module.check_mode)
    try:
        step = SitesStep(
            options,
            lambda: leaving_plan(given["root"], found_in(read())),
            reload=bool(traces()),
            probe=given["probe"],
        )
        done = carry_out([step], options)
    except EdgeError as error:
        module.fail_json(msg=str(error), **error.details)
    for warning in done.warnings:
        module.warn(warning)
    report = step.report()
    del report["placeholders"]
    module.exit_json(
        serves=serves_more(given["root"]),
        **done.answer(),
        **report,
    )


if __name__ == "__main__":
    main()
