# SPDX-License-Identifier: GPL-3.0-or-later

"""Every name under which this collection leaves something on a host: paths, units, marks, tables.

`TRACES` is what `remove.yml` has to find gone. A test holds a converged host against these names.
"""

from __future__ import annotations

COLLECTION = "constellation.edge"

# Our own folders, and what lies in them.
STATE_FOLDER = "/var/lib/constellation-edge"
SETTINGS_FOLDER = "/etc/constellation-edge"
PROGRAM_FOLDER = "/usr/local/lib/constellation-edge"
WEBROOT = f"{STATE_FOLDER}/acme"
PLACEHOLDER_FOLDER = f"{SETTINGS_FOLDER}/placeholder"
ARCHIVE_PATH = f"{PROGRAM_FOLDER}/edge.pyz"
# Not /run/lock: every user may write there, and whoever creates the file first could hold it for ever.
LOCK_PATH = "/run/constellation-edge.lock"
# What the names of all our files and units hold, and how those begin that do not outlive the call that makes them.
FILE_WORD = "constellation-edge"
TEMPORARY = f"{FILE_WORD}-"

# nginx: the comment that marks what is ours, and how its variables, zones, log formats and upstreams begin.
NGINX_MARK = f"# {COLLECTION}"
NGINX_PREFIX = "constellation_edge"
# Under which of them stay what an owner's lines still need after leaving.
LEFT_PREFIX = "home_edge"
COMMON_SITE = "00-constellation-edge"
COMMON_SITE_PATH = f"/etc/nginx/sites-available/{COMMON_SITE}"
# Files that directives of the sites name; there is none where no route asks for one.
SITE_FILES = "/etc/nginx/constellation-edge"
# Those of users and the hashes of their passwords, which nginx's workers may read and nobody else.
PASSWORD_FILES = f"{SITE_FILES}/users"
# How the directories begin in which nginx keeps answers of services. nginx makes each, but not the one around it, so
# that they lie in one that every system has.
CACHES = f"/var/cache/{FILE_WORD}-"
MAIN_FILE = "99-constellation-edge.conf"
NGINX_DROP_IN_PATH = "/etc/systemd/system/nginx.service.d/constellation-edge.conf"
RECOVERY_UNIT = "constellation-edge-recover.service"
RECOVERY_PATH = f"/etc/systemd/system/{RECOVERY_UNIT}"

# Names in `allow` and `deny`: what is looked up for which file, and who does it again and again.
CLIENT_NAMES_PATH = f"{SETTINGS_FOLDER}/client-names.json"
CLIENT_NAMES_UNIT = "constellation-edge-names.service"
CLIENT_NAMES_UNIT_PATH = f"/etc/systemd/system/{CLIENT_NAMES_UNIT}"
CLIENT_NAMES_TIMER = "constellation-edge-names.timer"
CLIENT_NAMES_TIMER_PATH = f"/etc/systemd/system/{CLIENT_NAMES_TIMER}"
CLIENT_NAMES_TIMER_LINK = f"/etc/systemd/system/timers.target.wants/{CLIENT_NAMES_TIMER}"
# When systemd has started it last, which it remembers by itself.
CLIENT_NAMES_STAMP = f"/var/lib/systemd/timers/stamp-{CLIENT_NAMES_TIMER}"

# ufw: how the comment of a rule of ours begins.
UFW_MARK = COLLECTION
# fail2ban reads the last file in the alphabet last.
JAIL_PATH = "/etc/fail2ban/jail.d/zz-constellation-edge.local"

# The limit of open connections: a table of nft, who loads it, and who loads it again after nftables.
LIMIT_TABLE = "inet constellation_edge"
LIMIT_PATH = f"{SETTINGS_FOLDER}/connection-limit.nft"
LIMIT_UNIT = "constellation-edge-limit.service"
LIMIT_UNIT_PATH = f"/etc/systemd/system/{LIMIT_UNIT}"
LIMIT_DROP_IN_PATH = "/etc/systemd/system/nftables.service.d/constellation-edge.conf"

# What a run leaves, beside the common site, which stays where an owner has put something into it, and the folder of
# records. Leaving is whole when nothing of it is there.
TRACES = (
    SETTINGS_FOLDER,
    ARCHIVE_PATH,
    JAIL_PATH,
    RECOVERY_PATH,
    NGINX_DROP_IN_PATH,
    LIMIT_UNIT_PATH,
    LIMIT_DROP_IN_PATH,
    CLIENT_NAMES_UNIT_PATH,
    CLIENT_NAMES_TIMER_PATH,
    CLIENT_NAMES_TIMER_LINK,
    CLIENT_NAMES_STAMP,
)
