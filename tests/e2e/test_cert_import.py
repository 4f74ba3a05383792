#!/usr/bin/env python3
"""Requests and imports: an authority's answer in every container, keys from
elsewhere, refusals that leave nothing behind."""
import contextlib
import os
import pty
import re
import sqlite3
import subprocess
import time

from node import DEADLINE, Node, contains, environment, equal, fails, main, ok, program, run

PASSWORD = "sekret-4711"
EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


class Ca:
    """A root and an issuing authority below it, in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.serial = 100
        self("req", "-x509", *EC, "-keyout", self.p("root.key"), "-out", self.p("root.pem"),
             "-days", "3000", "-subj", "/O=Orbit/CN=Orbit Root")
        self("req", *EC, "-keyout", self.p("mid.key"), "-out", self.p("mid.csr"),
             "-subj", "/O=Orbit/CN=Orbit Issuing")
        self.sign("mid.csr", "mid.pem", by="root", days=2000,
                  ext="basicConstraints=critical,CA:TRUE,pathlen:0\n"
                      "keyUsage=critical,keyCertSign,cRLSign\n")

    def __call__(self, *words):
        return ok(run("openssl", *words))

    def p(self, name):
        return os.path.join(self.folder, name)

    def sign(self, csr, to, by="mid", days=400, ext=None):
        """ext None: what the request asks for."""
        self.serial += 1
        words = ["-copy_extensions", "copyall"]
        if ext is not None:
            with open(self.p("ext"), "w", encoding="ascii") as f:
                f.write(ext)
            words = ["-extfile", self.p("ext")]
        self("x509", "-req", "-in", self.p(csr), "-CA", self.p(by + ".pem"), "-CAkey",
             self.p(by + ".key"), "-set_serial", str(self.serial), "-days", str(days),
             "-out", self.p(to), *words)
        return self.p(to)

    def write(self, name, *parts):
        with open(self.p(name), "wb") as f:
            for part in parts:
                if isinstance(part, bytes):
                    f.write(part)
                else:
                    with open(self.p(part), "rb") as g:
                        f.write(g.read())
        return self.p(name)


@contextlib.contextmanager
def node(name="cm1"):
    with Node(name, args=("--dns-name", f"{name}.orbit.example")) as n:
        yield n, Ca(n.work)


def rows(n, sql):
    with contextlib.closing(sqlite3.connect(f"file:{n.state}/phonetrust.db?mode=ro",
                                            uri=True)) as db:
        return db.execute(sql).fetchall()


def everything(n):
    with contextlib.closing(sqlite3.connect(f"file:{n.state}/phonetrust.db?mode=ro",
                                            uri=True)) as db:
        return list(db.iterdump())


def announced(n, unit):
    return rows(n, f"SELECT hex(sha256) FROM own WHERE unit = '{unit}' AND stage = 0")


def request(n, ca, unit, *more):
    ok(n.ctl("set", "csr", "gen", unit, "--out", ca.p("own.csr"), "--yes", *more))
    ca("req", "-in", ca.p("own.csr"), "-verify", "-noout")


def test_every_container():
    with node() as (n, ca):
        request(n, ca, "CallManager", "--cn", "cm1.orbit.example")
        ca.sign("own.csr", "leaf.pem")
        for name in ("leaf", "mid", "root"):
            ca("x509", "-in", ca.p(name + ".pem"), "-outform", "DER", "-out", ca.p(name + ".cer"))
        all3 = [w for c in ("leaf", "root", "mid") for w in ("-certfile", ca.p(c + ".pem"))]
        ca("crl2pkcs7", "-nocrl", *all3, "-outform", "DER", "-out", ca.p("all.p7b"))
        ca("crl2pkcs7", "-nocrl", *all3, "-out", ca.p("all.txt"))
        ca("crl2pkcs7", "-nocrl", *all3[2:], "-outform", "DER", "-out", ca.p("cas.p7c"))
        ca("pkcs12", "-export", "-nokeys", "-in", ca.p("leaf.pem"), "-certfile",
           ca.write("cas.pem", "mid.pem", "root.pem"), "-passout", "pass:" + PASSWORD,
           "-out", ca.p("all.p12"))
        ca.write("secret", PASSWORD.encode() + b"\n")
        text = ca.write("text.pem", b"Dear customer,\n", "root.pem", b"\nyour order:\n",
                        "leaf.pem", "root.pem", "mid.pem", b"regards\n")
        with open(text, "rb") as f:
            ca.write("crlf.pem", f.read().replace(b"\n", b"\r\n"))
        forms = [["all.p7b"], ["all.txt"], ["cas.p7c", "leaf.cer"], ["leaf.pem", "cas.p7c"],
                 ["root.cer", "leaf.cer", "mid.cer"], ["text.pem"], ["crlf.pem"],
                 ["mid.pem", "root.pem", "leaf.pem", "leaf.cer", "all.p7b"],
                 ["all.p12", "--password-file", ca.p("secret")]]
        before = everything(n)
        plans = []
        for form in forms:
            words = [w if w.startswith("/") or w.startswith("--") else ca.p(w) for w in form]
            r = ok(n.ctl("--json", "set", "cert", "import", "own", "callmanager", *words,
                         "--dry-run")).json
            plans.append((r["result"]["certificate"], r["result"]["trust"],
                          r["result"]["key"], r["result"]["stage"]))
            equal(everything(n), before, str(form))
        for plan in plans:
            equal(plan, plans[0])
        equal([c["subject"] for c in plans[0][1]],
              ["CN=Orbit Issuing;O=Orbit", "CN=Orbit Root;O=Orbit"])
        was = ok(n.ctl("--json", "show", "itl")).json["result"]
        r = ok(n.ctl("set", "cert", "import", "own", "CallManager", ca.p("all.p7b"), "--yes"))
        contains(r.out, "Successfully imported certificate for CallManager.")
        contains(r.out, "set cert promote CallManager")
        assert announced(n, "CallManager"), r
        assert ok(n.ctl("--json", "show", "itl")).json["result"] != was
        equal(rows(n, "SELECT unit, count(*) FROM trust GROUP BY unit"),
              [("CallManager-trust", 2)])
        equal(rows(n, "SELECT count(*) FROM csr"), [(0,)])
        done = everything(n)
        for form in forms:
            words = [w if w.startswith("/") or w.startswith("--") else ca.p(w) for w in form]
            r = ok(n.ctl("set", "cert", "import", "own", "CallManager", *words))
            contains(r.out, "nothing changed")
        equal(everything(n), done)
        # What a gateway is given verifies.
        chain = ok(n.ctl("set", "cert", "chain-for", "CallManager", "--announced")).out
        equal(re.findall(r"^! (\d of \d: .*)$", chain, re.M),
              ["1 of 3: Orbit Root", "2 of 3: Orbit Issuing", "3 of 3: cm1.orbit.example"])
        pems = re.findall(r"-----BEGIN.*?-----END CERTIFICATE-----\n", chain, re.S)
        for name, pem in zip(("g.root", "g.mid", "g.leaf"), pems):
            ca.write(name, pem.encode())
        ca("verify", "-no_check_time", "-CAfile", ca.p("g.root"),
           "-untrusted", ca.p("g.mid"), ca.p("g.leaf"))


def refused(n, code, part, *words):
    before = everything(n)
    fails(n.ctl("set", "cert", "import", *words, "--yes"), code, part)
    equal(everything(n), before, str(words))


def test_refusals_leave_nothing():
    with node() as (n, ca):
        request(n, ca, "CallManager-ECDSA", "--key", "ec256", "--add-san", "10.1.1.1")
        unit = "CallManager-ECDSA"
        files = [ca.p("mid.pem"), ca.p("root.pem")]
        use = "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n"
        ca.sign("own.csr", "few.pem", ext=use + "subjectAltName=DNS:cm1.orbit.example\n")
        refused(n, 4, "CSR SAN and Certificate SAN does not match: the request has 10.1.1.1",
                "own", unit, ca.p("few.pem"), *files)
        ca.sign("own.csr", "use.pem", ext="keyUsage=keyAgreement\n"
                "subjectAltName=DNS:cm1.orbit.example,IP:10.1.1.1\n")
        refused(n, 4, "digitalSignature", "own", unit, ca.p("use.pem"), *files)
        leaf = ca.sign("own.csr", "leaf.pem")
        refused(n, 4, "whose issuer \"O=Orbit,CN=Orbit Root\" is neither in the files", "own",
                unit, leaf, ca.p("mid.pem"))
        refused(n, 4, "only certificates of authorities", "own", unit, *files)
        refused(n, 4, "no request of https is pending", "own", "https", leaf, *files)
        refused(n, 2, "set cert import trust", "own", "CallManager-trust", leaf)
        refused(n, 2, "needs FILE", "own", unit)
        refused(n, 1, "No such file", "own", unit, ca.p("nowhere.pem"))
        refused(n, 4, "cut.pem: block 1, CERTIFICATE at byte 0: not base64", "own", unit,
                ca.write("cut.pem", b"-----BEGIN CERTIFICATE-----\nMII!\n"
                         b"-----END CERTIFICATE-----\n"))
        refused(n, 4, "nothing that is known here", "own", unit, "/bin/sh")
        # Its clock is behind: a year before the certificate begins.
        before = everything(n)
        fails(n.ctl("set", "cert", "import", "own", unit, leaf, *files, "--yes"), 0)
        assert everything(n) != before


def crowd(n, first, last):
    """As if so many nodes more had a TVS of their own."""
    with contextlib.closing(sqlite3.connect(f"{n.state}/phonetrust.db")) as db:
        for i in range(first, last):
            db.execute("INSERT INTO own (unit, node, sha256, stage, generation, staged_at, "
                       "activated_at) SELECT unit, ?, sha256, stage, generation, staged_at, "
                       "activated_at FROM own WHERE unit = 'TVS' AND node = 'cm1'", (f"n{i}",))
        db.commit()


def test_list_that_comes_out():
    with node() as (n, ca):
        p12 = pair(ca, "old", key=("-newkey", "rsa:2048", "-nodes"))
        words = ("own", "CallManager", p12, "--password-file", ca.p("secret"))
        crowd(n, 0, 36)
        refused(n, 4, "65535", *words)
        with contextlib.closing(sqlite3.connect(f"{n.state}/phonetrust.db")) as db:
            db.execute("DELETE FROM own WHERE node > 'n30' AND node < 'n4'")
            db.commit()
        r = ok(n.ctl("set", "cert", "import", *words, "--yes"))
        contains(r.err, "phones have trouble from 60000 bytes")
        assert announced(n, "CallManager")


def test_clock_is_named():
    with Node(args=("--test", "--dns-name", "cm1.orbit.example")) as n:
        ca = Ca(n.work)
        request(n, ca, "CallManager-ECDSA", "--key", "ec256")
        leaf = ca.sign("own.csr", "leaf.pem")
        words = ("set", "cert", "import", "own", "CallManager-ECDSA", leaf, ca.p("mid.pem"),
                 ca.p("root.pem"), "--yes")
        fails(n.ctl("--time-offset", "-86400", *words), 4, "the clock of cm1 says")
        fails(n.ctl("--time-offset", str(500 * 86400), *words), 4, "ended at")
        ok(n.ctl(*words))


def pair(ca, name, *more, key=EC, days=400):
    """A self-signed certificate with its key, as another system exports it."""
    ca("req", "-x509", *key, "-keyout", ca.p("pair.key"), "-out", ca.p("pair.pem"), "-days",
       str(days), "-subj", "/O=Old/CN=" + name, "-addext", "basicConstraints=CA:FALSE",
       "-addext", "subjectAltName=DNS:cm1.orbit.example")
    ca("pkcs12", "-export", *more, "-inkey", ca.p("pair.key"), "-in", ca.p("pair.pem"),
       "-passout", "pass:" + PASSWORD, "-out", ca.p("pair.p12"))
    ca.write("secret", PASSWORD.encode() + b"\n")
    return ca.p("pair.p12")


def test_recovery_key_from_outside():
    with node() as (n, ca):
        p12 = pair(ca, "ITLRECOVERY_pub1", "-legacy", key=("-newkey", "rsa:2048", "-nodes"),
                   days=4000)
        refused(n, 1, "--password-file FILE", "own", "ITLRecovery", p12)
        ca.write("wrong", b"other\n")
        refused(n, 4, "does not open", "own", "ITLRecovery", p12, "--password-file", ca.p("wrong"))
        # One anchor at a time: TVS is what phones fall back on.
        ok(n.ctl("set", "cert", "regen", "TVS", "--yes"))
        refused(n, 4, "TVS has a new certificate announced", "own", "ITLRecovery", p12,
                "--password-file", ca.p("secret"))
        ok(n.ctl("set", "cert", "rollback", "TVS", "--yes"))
        was = ok(n.ctl("--json", "show", "itl")).json["result"]
        r = ok(n.ctl("set", "cert", "import", "own", "ITLRecovery", p12, "--password-file",
                     ca.p("secret"), "--yes"))
        # Announced, and in no list: the places for signers are two.
        assert announced(n, "ITLRecovery"), r
        equal(ok(n.ctl("--json", "show", "itl")).json["result"], was)
        ok(n.ctl("set", "cert", "promote", "ITLRecovery", "--sacrifice", "all", "--yes"))
        text = ok(n.ctl("show", "itl")).out
        contains(text, "verified successfully")
        contains(text, "ITLRECOVERY_pub1")
        # The password is nowhere: not in rows, not in files.
        for folder, _, files in os.walk(n.state):
            for name in files:
                path = os.path.join(folder, name)
                if os.path.isfile(path):
                    with open(path, "rb") as f:
                        assert PASSWORD.encode() not in f.read(), path


def test_keys_that_cannot_be():
    with node() as (n, ca):
        p12 = pair(ca, "ec")
        refused(n, 4, "no code for ec256", "own", "CallManager", p12, "--password-file",
                ca.p("secret"))
        r = ok(n.ctl("--json", "set", "cert", "import", "own", "tomcat", p12, "--password-file",
                     ca.p("secret"), "--yes")).json["result"]
        equal((r["unit"], r["stage"], r["key"], r["itl"]), ("https", "active", "file", None))
        fails(n.ctl("set", "csr", "gen", "CallManager", "--key", "rsa1024"), 2, "rsa2048")
        fails(n.ctl("set", "csr", "gen", "CallManager", "--hash", "sha1"), 2, "sha256")
        fails(n.ctl("set", "csr", "gen", "CallManager", "--key", "rsa3072"), 4, "no code")
        equal(rows(n, "SELECT count(*) FROM csr"), [(0,)])


def nothing_pending_when_full(n):
    """Without room for the file no request is made."""
    if os.geteuid() != 0:
        return
    folder = os.path.join(n.work, "full")
    os.mkdir(folder)
    ctl = f"{program('ctltool')} --state {n.state} set csr gen CAPF --yes --out {folder}/x.csr"
    r = run("unshare", "-m", "sh", "-c", f"mount -t tmpfs -o size=4k none {folder} && "
            f"head -c 4096 /dev/zero > {folder}/fill && {ctl}; code=$?; ls {folder}; exit $code")
    fails(r, 1, "No space left")
    equal(r.out.split()[-1], "fill")
    fails(n.ctl("show", "csr", "own", "CAPF"), 1, "set csr gen CAPF")


def test_second_request_asks():
    with node() as (n, ca):
        out = ca.p("a.csr")
        ok(n.ctl("set", "csr", "gen", "https", "--key", "ec256", "--out", out))
        fails(n.ctl("set", "csr", "gen", "https", "--key", "ec256"), 1, "--yes")
        fails(n.ctl("set", "csr", "gen", "https", "--key", "ec256", "--yes", "--out", out), 1,
              "--out")
        keys = rows(n, "SELECT count(*) FROM key")
        r = ok(n.ctl("--json", "set", "csr", "gen", "https", "--key", "ec256", "--yes")).json
        assert r["result"]["replaced"] is True
        equal(rows(n, "SELECT count(*) FROM key"), keys)
        equal(ok(n.ctl("show", "csr", "list", "own")).out, "https/https.csr  on cm1\n")
        shown = ok(n.ctl("show", "csr", "own", "https/https.csr", "--pem")).out
        equal(shown, r["result"]["pem"])
        contains(ok(n.ctl("show", "csr", "own", "tomcat")).out, "Key match yes")
        fails(n.ctl("show", "csr", "own", "CAPF"), 1, "set csr gen CAPF")
        nothing_pending_when_full(n)
        r = ok(n.ctl("--json", "set", "csr", "gen", "CAPF", "--add-san", "a_b.local")).json
        codes = [f["code"] for f in r["result"]["lint"]]
        for code in ("ca", "underscore", "reserved_domain"):
            assert code in codes, codes


def test_trust_by_pasting():
    with node() as (n, ca):
        with open(ca.p("root.pem"), "rb") as f, open(ca.p("mid.pem"), "rb") as g:
            both = f.read() + g.read()
        r = ok(n.ctl("set", "cert", "import", "trust", "CallManager", "-", "--yes", "--note",
                     "the authority of the gateways", data=both))
        contains(r.out, "Successfully imported certificate for CallManager-trust.")
        contains(ok(n.ctl("set", "cert", "import", "trust", "callmanager-trust", ca.p("root.pem"),
                          ca.p("mid.pem"))).out, "nothing changed")
        equal(rows(n, "SELECT DISTINCT note FROM trust"), [("the authority of the gateways",)])
        # A dry run in a transaction that may be run again reads the paste once.
        r = ok(n.ctl("set", "cert", "import", "trust", "tvs", "-", "--dry-run", data=both))
        contains(r.out, "TVS-trust           + \"Orbit Root\"")
        refused(n, 4, "format knows RSA", "trust", "Phone-SAST-trust", ca.p("root.pem"))
        refused(n, 2, "no trust store", "trust", "nothing-trust", ca.p("root.pem"))
        # Private keys beside certificates are no matter of trust.
        p12 = pair(ca, "gateway")
        ok(n.ctl("set", "cert", "import", "trust", "CallManager", ca.p("pair.key"),
                 ca.p("pair.pem"), "--yes"))
        ok(n.ctl("set", "cert", "import", "trust", "https", p12, "--password-file", ca.p("secret"),
                 "--yes"))
        equal(rows(n, "SELECT count(*) FROM trust"), [(4,)])
        text = ok(n.ctl("set", "cert", "chain-for", "Orbit Issuing")).out
        contains(text, "! 1 of 2: Orbit Root\n! root: authenticate")
        contains(text, "! 2 of 2: Orbit Issuing\n! the authority itself: authenticate")
        fails(n.ctl("set", "cert", "chain-for", "nobody"), 1, "no certificate")


def on_terminal(n, *words, answers):
    """What a terminal shows; answers: (what is asked, what is typed)."""
    master, slave = pty.openpty()
    with subprocess.Popen([program("ctltool"), "--state", n.state, *map(str, words)],
                          stdin=slave, stdout=slave, stderr=slave, env=environment(),
                          start_new_session=True) as p:
        os.close(slave)
        text, todo, end = b"", list(answers), time.monotonic() + DEADLINE
        while time.monotonic() < end:
            try:
                got = os.read(master, 4096)
            except OSError:
                break
            if not got:
                break
            text += got
            if todo and todo[0][0].encode() in text:
                os.write(master, todo.pop(0)[1].encode() + b"\n")
        p.wait(DEADLINE)
        os.close(master)
        return p.returncode, text.decode(errors="replace")


def test_password_at_a_terminal():
    with node() as (n, ca):
        p12 = pair(ca, "status")
        code, text = on_terminal(n, "set", "cert", "import", "own", "https", p12,
                                 answers=[("Password of", PASSWORD), ("(y/n):", "y")])
        equal(code, 0, text)
        contains(text, "Successfully imported certificate for https.")
        assert PASSWORD not in text and "again" not in text, text
        code, text = on_terminal(n, "set", "cert", "import", "trust", "https", p12,
                                 answers=[("Password of", "wrong")])
        equal(code, 4, text)


if __name__ == "__main__":
    main([t for name, t in list(globals().items()) if name.startswith("test_")])
