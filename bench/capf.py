"""The rows of the Certificate Authority Proxy Function: phones that install
certificates, on both cores, as the load is the phones' work and small."""
import json
import os
import subprocess

import rows
from servers import BUILD, Ours
from tvs import LimitTls

FIRST = 0x10000000
VECTOR = os.path.join(os.environ.get("top_srcdir") or ".", "tests", "data", "vectors", "capf",
                      "install-rsa2048-password.txt")
KEY_RESPONSE, HEAD = "550400", 11       # message, and what is before its key
BOTH = "0,1"


class OursCapf(Ours):
    """A whole node at its defaults, whose phones are all asked to install."""
    http = True                 # answers when it accepts
    first_port = 3804
    cores = BOTH

    def __init__(self, root, work):
        super().__init__(root, work)
        self.state = os.path.join(work, "state-capf")
        self.spki = os.path.join(work, "capf-spki.der")
        self.next = FIRST

    def command(self):
        self.fill()
        return [os.path.join(BUILD, "capfd", "capfd"), "--state", self.state, "--foreground"]

    def fill(self):
        with open(VECTOR, encoding="ascii") as f:
            key = next(line.split()[1] for line in f if line.split()[1].startswith(KEY_RESPONSE))
        with open(self.spki, "wb") as f:
            f.write(bytes.fromhex(key)[HEAD:])
        path = os.path.join(self.work, "capf.csv")
        runs = sum(row[2] for row in rows.CAPF_ROWS.values()) * rows.REPEAT
        with open(path, "w", encoding="ascii") as f:
            f.write("name,model\n")
            for i in range(runs):
                f.write(f"SEP{FIRST + i:012X},8861\n")
        self.ctl("phone", "import", path)
        self.ctl("phone", "set", "--all", "--certificate-operation", "install-upgrade", "--yes")


class LimitBoth(LimitTls):
    cores = BOTH


def load(server, args):
    before = server.cpu()
    argv = [os.path.join(BUILD, "bench", "tlsload"), "--host", server.host, "--port",
            server.port, "--max-seconds", 60] + args
    done = subprocess.run([str(a) for a in argv], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr.decode())
    return rows.figures(server, before, [json.loads(done.stdout)])


def install(server, connections, total):
    first, server.next = server.next, server.next + total
    return load(server, ["--spki", server.spki, "--first", first, "--connections", connections,
                         "--total", total])


def row(name, servers):
    """Of servers: ours, and one that does no more than a handshake and an answer."""
    title, connections, total = rows.CAPF_ROWS[name]
    ours, limit = servers
    return rows.measure(name, title, {
        ours.name: lambda: install(ours, connections, total),
        limit.name: lambda: load(limit, ["--cert", ours.spki, "--connections", connections,
                                         "--total", total])})
