#!/usr/bin/env python3
"""Revocation lists: import, refusals, replacement, removal, as commands."""
import os

from node import Node, contains, equal, fails, main, ok, run

CNF = """[ca]
default_ca = d
[d]
database = {0}/index
crlnumber = {0}/number
certificate = {0}/ca.pem
private_key = {0}/ca.key
default_md = sha256
crl_extensions = x
[x]
authorityKeyIdentifier = keyid:always
"""


class Ca:
    """A CA of openssl in a folder, with an index of what it revoked."""

    def __init__(self, folder):
        self.folder = folder
        ok(run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
               "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.p("ca.key"), "-out",
               self.p("ca.pem"), "-days", "900", "-subj", "/O=Orbit/CN=Orbit Root"))
        self.write("ca.cnf", CNF.format(folder))
        self.write("index", "")
        self.write("number", "01\n")

    def p(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.p(name), "w", encoding="ascii") as f:
            f.write(text)

    def revoke(self, serial):
        with open(self.p("index"), "a", encoding="ascii") as f:
            f.write(f"R\t491231000000Z\t260101000000Z\t{serial}\tunknown\t/CN=x\n")

    def crl(self, name, *words):
        ok(run("openssl", "ca", "-config", self.p("ca.cnf"), "-gencrl", "-out", self.p(name),
               *words))
        return self.p(name)


def test_life_of_a_list():
    with Node("cm1") as n:
        ca = Ca(n.work)
        ca.revoke("07")
        old = ca.crl("old.pem", "-crl_lastupdate", "20260101000000Z", "-crl_nextupdate",
                     "20260201000000Z")
        new = ca.crl("new.pem", "-crldays", "30")
        contains(ok(n.ctl("show", "crl")).out, "No revocation list is here.")
        fails(n.ctl("set", "crl", "import", new), 4, "no trust store has this CA")
        fails(n.ctl("set", "crl", "import", ca.p("ca.pem")), 4, "no revocation list in the files")
        ok(n.ctl("set", "cert", "import", "trust", "https", ca.p("ca.pem"), "--yes"))

        r = ok(n.ctl("--json", "set", "crl", "import", old)).json
        contains(str(r["warnings"]), "was to be replaced by 2026-02-01T00:00:00Z")
        equal(ok(n.ctl("--json", "show", "crl")).json["result"]["lists"][0]["old"], True)

        r = ok(n.ctl("--dry-run", "set", "crl", "import", new))
        equal(ok(n.ctl("--json", "show", "crl")).json["result"]["lists"][0]["old"], True)
        contains(ok(n.ctl("set", "crl", "import", new)).out, "in place of an older one")
        r = ok(n.ctl("--json", "set", "crl", "import", new)).json["result"]
        equal((r["changed"], r["lists"][0]["change"]), (False, "same"))
        fails(n.ctl("set", "crl", "import", old), 4, "the one that is here of")

        # In DER, and among other things: the same list.
        der = ca.p("new.crl")
        ok(run("openssl", "crl", "-in", new, "-outform", "DER", "-out", der))
        contains(ok(n.ctl("set", "crl", "import", der, ca.p("ca.pem"))).out, "is here already")
        text = ok(n.ctl("show", "crl")).out
        contains(text, "CN=Orbit Root;O=Orbit")
        contains(text, "1 revoked")

        fails(n.ctl("set", "crl", "delete", "CN=Nobody", "--yes"), 1, "show crl names them")
        contains(ok(n.ctl("set", "crl", "delete", "o=orbit, cn=orbit root", "--yes")).out,
                 "is removed")
        equal(ok(n.ctl("--json", "show", "crl")).json["result"]["lists"], [])


if __name__ == "__main__":
    main([test_life_of_a_list])
