"""The servers of the Trust Verification Service's rows, and how they are asked."""
import contextlib
import hashlib
import json
import os
import sqlite3
import ssl
import subprocess

import rows
from servers import BUILD, LOAD_CORE, Ours, Server

FEW, MANY = 10, 100_000     # certificates in the store of either node


class OursTvs(Ours):
    """A whole node at its defaults, with so many trusted certificates."""
    http = True             # answers when it accepts
    first_port = 2445
    trusted = FEW

    def __init__(self, root, work):
        super().__init__(root, work)
        self.state = os.path.join(work, f"state-tvs-{self.trusted}")
        self.cert = os.path.join(work, f"tvs-{self.trusted}.der")

    def command(self):
        self.fill()
        return [os.path.join(BUILD, "tvsd", "tvsd"), "--state", self.state, "--foreground"]

    def fill(self):
        """The certificate that is asked for, among others that only take room."""
        pem = subprocess.run([os.path.join(BUILD, "ctltool", "ctltool"), "--state", self.state,
                              "show", "cert", "own", "CallManager", "--pem"],
                             stdout=subprocess.PIPE, check=True).stdout.decode()
        der = ssl.PEM_cert_to_DER_cert(pem[pem.index("-----BEGIN"):].strip())
        with open(self.cert, "wb") as f:
            f.write(der)
        others = [os.urandom(32) + der[32:] for _ in range(self.trusted)]
        with contextlib.closing(sqlite3.connect(os.path.join(self.state,
                                                             "phonetrust.db"))) as db, db:
            for i, other in enumerate(others):
                sha = hashlib.sha256(other).digest()
                db.execute("INSERT INTO certificate VALUES (?, ?, ?, 'CN=CA', ?, ?, x'', 0, ?)",
                           (sha, other, f"CN=server{i}", sha[:16], sha, 1 << 40))
                db.execute("INSERT INTO trust VALUES ('CallManager-trust', ?, ?, 'bench', '', 0, "
                           "1, 0)", (sha, f"server{i}"))


class OursMany(OursTvs):
    name = f"{MANY:,}"
    trusted = MANY


class LimitTls(Server):
    name = "limit"
    http = True

    def command(self):
        pem = os.path.join(self.work, "limit.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
                        "-subj", "/CN=limit", "-keyout", pem, "-out", pem + ".crt"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(pem, "ab") as f, open(pem + ".crt", "rb") as crt:
            f.write(crt.read())
        return [os.path.join(BUILD, "bench", "tlsbound"), self.port, pem]


def load(server, cert, args):
    before = server.cpu()
    argv = ["taskset", "-c", LOAD_CORE, os.path.join(BUILD, "bench", "tlsload"), "--host",
            server.host, "--port", server.port, "--cert", cert, "--max-seconds", 60] + args
    done = subprocess.run([str(a) for a in argv], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr.decode())
    return rows.figures(server, before, [json.loads(done.stdout)])


def row(name, servers):
    """Of servers: ours, the limit, ours with many certificates."""
    title, args, beside_limit = rows.TVS_ROWS[name]
    ours, limit, many = servers
    chosen = [ours, limit] if beside_limit else [ours, many]
    return rows.measure(name, title, {s.name: (lambda s=s: load(s, ours.cert if s is limit else
                                                                s.cert, args)) for s in chosen})
