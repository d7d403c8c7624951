# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real certbot in a container of its own, which reaches no authority: says what it makes of files and lineages."""

from __future__ import annotations

from lab import recipes
from lab.images import Images

from judge.nginx import Judge


class CertbotJudge(Judge):
    """One container with the certbot of one system; a context manager that removes it at the end."""

    kind = "certbot"

    def image(self, images: Images) -> str:
        """Have the image of a server on which everything is installed, and return its name."""
        images.ensure_ready([self.system])
        return recipes.ready_tag(self.system)
