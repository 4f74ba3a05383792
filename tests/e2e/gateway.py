"""A gateway that shows its certificate: openssl s_server on a free port.

    with Gateway(folder, "-tls1", "-cipher", "AES128-SHA:@SECLEVEL=0") as g:
        g.port, g.sha256
"""
import hashlib
import os
import re
import ssl
import subprocess
import tempfile

from node import ok, run, wait_for


def make_certificate(folder, name="gateway", days=30):
    """PEM files of a new self-signed certificate, as gateways make them."""
    key, cert = os.path.join(folder, f"{name}.key"), os.path.join(folder, f"{name}.pem")
    ok(run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha1", "-keyout", key,
           "-out", cert, "-days", days, "-subj", f"/CN={name}"))
    return cert, key


def sha256_of(cert):
    with open(cert, encoding="ascii") as f:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(f.read())).hexdigest()


class Gateway:
    def __init__(self, cert, key, *args, port=0):
        self.sha256 = sha256_of(cert)
        self.port = port
        self.argv = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", cert,
                     "-key", key, *(args or ("-cipher", "ALL:@SECLEVEL=0"))]

    def __enter__(self):
        # Into a file: it talks at length of each connection, and a pipe that
        # nobody empties would stop it after some dozens.
        self.output = tempfile.TemporaryFile()
        self.process = subprocess.Popen(self.argv, stdin=subprocess.PIPE, stdout=self.output,
                                        stderr=subprocess.STDOUT)
        # It names a port that it has chosen itself, and none that it was given.
        accept = rb"ACCEPT\s" if self.port else rb"ACCEPT \S*:(\d+)\s"
        wait_for("openssl s_server", lambda: self.process.poll() is not None or
                 re.search(accept, self.said()))
        found = re.search(accept, self.said())
        if not found:
            raise AssertionError(f"openssl s_server: {self.said()!r}")
        if not self.port:
            self.port = int(found.group(1))
        return self

    def said(self):
        return os.pread(self.output.fileno(), 1 << 16, 0)

    def __exit__(self, *exc):
        self.process.kill()
        self.process.communicate()
        self.output.close()
