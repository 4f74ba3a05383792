"""Phones' requests for CAs elsewhere, for tests: put as CAPF leaves them
(tests/make_capf_csr), asked about by the process that asks, by itself
(tests/run_enrol).
"""
import contextlib
import os
import subprocess

from est_server import openssl
from node import BUILD, ok, run, wait_for

RSA, EC = "SEP0011223344AA", "SEP0011223344BB"


def tool(name):
    return os.path.join(BUILD, "tests", name)


class Keys:
    """Phones' keys: made once."""
    made = {}

    @classmethod
    def get(cls, name, kind):
        if (name, kind) not in cls.made:
            args = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"] \
                if kind == "rsa" else ["-algorithm", "EC", "-pkeyopt",
                                       "ec_paramgen_curve:P-384"]
            cls.made[name, kind] = openssl("genpkey", *args).stdout
        return cls.made[name, kind]


def pub(key, form="PEM"):
    return openssl("pkey", "-pubout", "-outform", form, data=key).stdout


def request(n, **phones):
    """Phones made keys: {"SEP...": "rsa"}."""
    words = []
    for name, kind in phones.items():
        path = os.path.join(n.work, name + ".spki")
        with open(path, "wb") as f:
            f.write(pub(Keys.get(name, kind), "DER"))
        words += [name, path]
    ok(run(tool("make_capf_csr"), n.state, *words))


def rows(n, state=None):
    words = ["--with-state", state] if state else []
    r = ok(n.ctl("--json", "utils", "capf", "csr", "list", *words))
    return {x["name"]: x for x in r.json["result"]["requests"]}


def trust(n, ca, *stores):
    for store in stores or ("CAPF", "CallManager"):
        ok(n.ctl("--yes", "set", "cert", "import", "trust", store, ca.pem))


def param(n, **values):
    for name, value in values.items():
        ok(n.ctl("--yes", "set", "param", "capf." + name, str(value)))


def write(n, name, data, mode=0o644):
    path = os.path.join(n.work, name)
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, mode)
    return path


@contextlib.contextmanager
def asking(n):
    """The process that asks CAs."""
    log = open(os.path.join(n.work, "enrol.log"), "ab")
    p = subprocess.Popen([tool("run_enrol"), n.state], stdin=subprocess.PIPE,
                         stdout=log, stderr=log)
    try:
        yield p
    finally:
        p.stdin.close()
        assert p.wait(300) == 0
        log.close()


def settled(n, *names, states=("issued", "refused")):
    def look():
        r = rows(n)
        return r if all(r[x]["state"] in states for x in names) else None
    return wait_for(f"{names} to be {states}", look)


def tried(n, name, tries=1):
    return wait_for(f"{name} to be tried",
                    lambda: rows(n)[name] if rows(n)[name]["tries"] >= tries else None)
