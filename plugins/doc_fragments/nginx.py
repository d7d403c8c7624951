# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of modules that edit nginx's files: a host is not sent what only a reader needs."""

from __future__ import annotations


class ModuleDocFragment:
    """How a change is carried out, and what a location is."""

    DOCUMENTATION = r"""
options:
  root:
    description: The folder of nginx's configuration, for the test.
    type: path
    default: /etc/nginx
  validate:
    description: Lets C(nginx -t) judge a staged copy before anything is written, when nginx is installed.
    type: bool
    default: true
  backup:
    description:
      - Keeps a copy of each file that is changed below C(/var/lib/constellation-edge/backup), where no C(include)
        reads it.
    type: bool
    default: false
"""

    LOCATIONS = r"""
notes:
  - The guide C(docs/guides/nginx_location.md) shows files before and after.
options:
  path:
    description: The file. A symbolic link stays, and the file that it leads to is edited.
    type: path
    required: true
  server:
    description: Which server of the file is meant; not needed when it has only one, or none.
    type: dict
    suboptions:
      server_name:
        description: One of its names, or a host name that one of its wildcards or regular expressions takes.
        type: str
      listen:
        description:
          - One of its addresses or ports, with C(ssl) behind it where only such a server is meant.
          - With C(default_server) behind it, the server that answers there for unknown names.
        type: str
  locations:
    description: The locations, in the order in which new ones are to stand.
    type: list
    elements: dict
    required: true
    suboptions:
      location:
        description: The path, or modifier and path, as nginx takes it.
        type: str
        required: true
      directives:
        description:
          - The body, as a text or as a mapping of names to arguments in nginx's own notation (a list gives several
            statements, a mapping a block).
        type: raw
      state:
        description:
          - V(present) sets the named directives and leaves others, V(exact) makes the body exactly this, V(absent)
            removes
            the location.
        type: str
        choices: [present, exact, absent]
        default: present
      owns:
        description:
          - The names of directives on which the declaration decides alone. With V(present), those of them that are not
            declared are removed, and of repeatable ones, such as C(proxy_set_header), exactly the declared ones are
            left. Every other directive stays.
          - A name with the argument that tells one of several apart, such as C(add_header X-Frame-Options), means that
            one alone. A block is named with its braces, as in C(if ($slow) {}).
        type: list
        elements: str
        default: []
      yields:
        description:
          - The names of directives that give way where they are declared with an empty value, such as
            C(proxy_set_header). Where the location has a value for the same header, that stays and the empty one is not
            written beside it.
        type: list
        elements: str
        default: []
      marks:
        description:
          - Groups of directives, such as C([allow, deny]), that stand beside an owner's own. Each of ours carries our
            mark, and goes when it is not declared any more. One without the mark is its owner's and stays.
          - One of each in the same location is an error, because nginx takes some of them once, and of others the order
            decides.
        type: list
        elements: list
        default: []
      marked:
        description:
          - Further single directives of the body, such as C(add_header), as a mapping. Each carries our mark, and one
            that carries it goes when it is not declared any more. An owner's own of the same names stay beside them.
          - One of the owner's that says the same is left alone. One that says another value of the same, such as for
            the same header, is an error.
        type: dict
      guards:
        description:
          - The conditions, in the form of O(locations[].owns), that decide on a request before anything else does. Each
            is kept in front of what would keep nginx from it (C(break)), in the order of the directives.
          - One that itself only breaks is kept in front of whatever answers, too.
        type: list
        elements: str
        default: []
      adopted:
        description: What to do instead in a location that is there and does not carry our mark; its head stays.
        type: dict
        suboptions:
          directives:
            description: Directives that are set in it, as a text or as a mapping.
            type: raw
          owns:
            description: As O(locations[].owns), for such a location.
            type: list
            elements: str
            default: []
          yields:
            description: As O(locations[].yields), for such a location.
            type: list
            elements: str
            default: []
          marks:
            description: As O(locations[].marks), for such a location.
            type: list
            elements: list
            default: []
          marked:
            description: As O(locations[].marked), for such a location.
            type: dict
          guards:
            description: As O(locations[].guards), for such a location.
            type: list
            elements: str
            default: []
      parents:
        description: The locations around this one, the outermost first; none for a location of the server itself.
        type: list
        elements: str
        default: []
      before:
        description: The location in front of which this one stands; it matters among regular expressions.
        type: str
      after:
        description: The location behind which this one stands.
        type: str
  adopt:
    description:
      - Whether locations that are not ours may be changed or removed when they are listed. Otherwise that is an error.
    type: bool
    default: false
  purge:
    description: Removes locations with our mark that are not listed.
    type: bool
    default: false
"""
