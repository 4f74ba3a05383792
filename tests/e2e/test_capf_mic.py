#!/usr/bin/env python3
"""utils capf mic-allow: whose factory certificate may have expired."""
import contextlib
import os
import sqlite3
import subprocess

from node import Node, contains, equal, fails, main, ok

ONE, TWO = "SEP0011223344AA", "SEP0011223344BB"


def mic(n, word, *more):
    return n.ctl("utils", "capf", "mic-allow", word, *more)


def listed(n):
    return [p["phone"] for p in ok(mic(n, "list", "--json")).json["result"]["phones"]]


def audit(n):
    with contextlib.closing(sqlite3.connect(f"file:{n.state}/phonetrust.db?mode=ro",
                                            uri=True)) as db:
        return [row[0] for row in db.execute("SELECT command FROM audit ORDER BY at")
                if "mic-allow" in row[0]]


def test_add_list_remove():
    with Node() as n:
        for phone in (ONE, TWO):
            ok(n.ctl("phone", "add", phone))
        contains(ok(mic(n, "list")).out, "No phone is on the list")
        # All or none.
        fails(mic(n, "add", ONE, "SEP0011223344CC"), 1, "there is no phone SEP0011223344CC")
        equal(listed(n), [])
        fails(mic(n, "add", "a b"), 2, "a b")
        fails(mic(n, "add"), 2, "PHONE")
        ok(mic(n, "add", TWO, ONE.lower(), "--dry-run"))
        equal(listed(n), [])
        got = ok(mic(n, "add", TWO, ONE.lower()))
        contains(got.out, f"{ONE} may enrol by an expired certificate")
        equal(listed(n), [ONE, TWO])
        got = ok(mic(n, "add", ONE, "--json"))
        equal(got.json["result"], {"allowed": True, "changed": []})
        # Another word of the parameter makes the list one without effect.
        for word in ("never", "always"):
            ok(n.ctl("set", "param", "capf.expired_mic", word, "--yes"))
            contains(ok(mic(n, "list")).err, f"capf.expired_mic is {word}")
        ok(n.ctl("set", "param", "capf.expired_mic", "allow-list", "--yes"))
        equal(ok(mic(n, "list")).err, "")
        equal(ok(mic(n, "add", ONE, ONE.lower())).out, f"{ONE} may already\n")
        got = ok(mic(n, "remove", ONE, "SEP0011223344CC"))
        contains(got.out, f"{ONE} may no more")
        contains(got.out, "SEP0011223344CC is not on the list")
        equal(listed(n), [TWO])
        equal(len(audit(n)), 2)


def test_goes_with_its_phone():
    with Node() as n:
        ok(n.ctl("phone", "add", ONE))
        ok(mic(n, "add", ONE))
        ok(n.ctl("phone", "remove", ONE, "--yes"))
        equal(listed(n), [])


def test_authorities_that_have_ended():
    """Those of old phones: what expired MIC chain to."""
    with Node(args=("--test", "--dns-name", "cm1.orbit.example")) as n:
        ca = os.path.join(n.work, "ca.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-keyout", ca + ".key", "-out", ca,
                        "-subj", "/CN=CAP-RTP-002", "-days", "10"], check=True,
                       capture_output=True)
        got = ok(n.ctl("--time-offset", str(20 * 86400), "set", "cert", "default-ca-list",
                       "enable", "all", ca, "--yes"))
        contains(got.err, "utils capf mic-allow")
        states = {a["common_name"]: a["state"] for a in ok(n.ctl(
            "show", "cert", "default-ca-list", "--json")).json["result"]["authorities"]}
        equal(states["CAP-RTP-002"], "enabled")


if __name__ == "__main__":
    main([test_add_list_remove, test_goes_with_its_phone, test_authorities_that_have_ended])
