# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What lines in ufw's files let in, asked by packets from another network namespace, and what we say of them.

`inside_ufw_lines.py FOLDER` reads FOLDER/cases.json: the ports to ask, and cases {"before": text, "after": text,
"reject": whether that is the policy}; our code is beside it. It prints
[whether iptables-restore took it, open ports of TCP, of UDP, places that we tell of] for each.
`inside_ufw_lines.py ask` is the client's half, and `inside_ufw_lines.py own` prints the distribution's own two files.
"""

from __future__ import annotations

import importlib
import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

OWN = "/usr/share/ufw/iptables"
HOME, CLIENT = "198.18.0.1", "198.18.0.2"
KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}
NETWORK = f"""
ip link add judge0 type veth peer name judge1 && ip netns add client && ip link set judge1 netns client
ip address add {HOME}/24 dev judge0 && ip link set judge0 up
ip -n client address add {CLIENT}/24 dev judge1 && ip -n client link set judge1 up
"""
# What is refused is answered at once, and otherwise than a port on which nobody listens.
REFUSED = "-j REJECT --reject-with icmp-host-prohibited"
# What ufw makes before it loads its files, and after; its policy DROP is a last line here.
CHAINS = [f"ufw-{part}-input" for part in ("before", "after", "reject", "track")]
FIRST = "".join(f":{chain} - [0:0]\n" for chain in (*CHAINS, "ufw-logging-deny", "ufw-skip-to-policy-input"))
FIRST += f"-A ufw-skip-to-policy-input {REFUSED}\n" + "".join(f"-A INPUT -j {chain}\n" for chain in CHAINS)
LAST = f":ufw-user-input - [0:0]\n-A ufw-before-input -j ufw-user-input\n-A INPUT {REFUSED}\n"


def load(case: dict[str, Any]) -> bool:
    """Put a case into the kernel in ufw's own steps; say whether all was taken."""
    policy = f"-A ufw-reject-input {REFUSED}\n" if case["reject"] else ""
    own = [f"*filter\n{part}COMMIT\n" for part in (f":INPUT ACCEPT [0:0]\n-F INPUT\n{FIRST}{policy}", LAST)]
    text = own[0] + (case["before"] + case["after"]).replace("-j DROP", REFUSED) + own[1]
    done = subprocess.run(["iptables-restore", "-n"], input=text, text=True, capture_output=True, check=False)
    return done.returncode == 0


def is_open(proto: str, port: int) -> bool:
    """Whether a packet reaches the port, on which nobody listens."""
    with socket.socket(socket.AF_INET, KINDS[proto]) as asking:
        asking.settimeout(2)
        try:
            asking.connect((HOME, port))
            if proto == "udp":
                asking.send(b"?")
                asking.recv(1)
        except ConnectionRefusedError:
            return True
        except OSError:
            pass
    return False


def ask() -> None:
    """Answer each line of ports with those that are open."""
    for line in sys.stdin:
        print(json.dumps([[port for port in json.loads(line) if is_open(proto, port)] for proto in KINDS]), flush=True)


def ours(case: dict[str, Any]) -> list[str]:
    """Return the places of the lines that we tell of."""
    lines, opening = (importlib.import_module(f"module_utils.{name}") for name in ("_ufw._lines", "_ufw.wide_open"))
    there = lines.chains(4)
    for name in ("before", "after"):
        there = lines.load(there, case[name], name)
    found = opening.opening_everything({4: []}, {4: there}, "reject" if case["reject"] else "deny")
    return [f"{place.file}:{place.number}" for place in found]


def main() -> None:
    """Print the verdicts as JSON."""
    if sys.argv[1] == "ask":
        ask()
        return
    if sys.argv[1] == "own":
        print(json.dumps([Path(OWN, f"{name}.rules").read_text() for name in ("before", "after")]))
        return
    folder = Path(sys.argv[1])
    sys.path.insert(0, str(folder))
    given = json.loads((folder / "cases.json").read_text())
    if not Path("/run/netns/client").exists():
        subprocess.run(["sh", "-ec", NETWORK], check=True)
    command = ["ip", "netns", "exec", "client", sys.executable, __file__, "ask"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdin
        assert client.stdout
        verdicts = []
        for case in given["cases"]:
            taken = load(case)
            print(json.dumps(given["ports"]), file=client.stdin, flush=True)
            verdicts.append([taken, *json.loads(client.stdout.readline()), ours(case)])
        client.stdin.close()
    print(json.dumps(verdicts))


if __name__ == "__main__":
    main()
