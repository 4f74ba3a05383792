#!/usr/bin/env python3
"""What a phone's certificate is good for once it was revoked, superseded or
deleted, or when nobody ever said that it was stored: for nothing, whatever is
asked of the phone afterwards."""
import os
import shutil

from node import contains, equal, main, ok, wait_for
from test_enrol import PHONE, capf, node


def ask(n, operation, auth, *more):
    return n.ctl("utils", "capf", operation, PHONE, "--auth", auth, "--yes", *more)


def install(n):
    ok(ask(n, "install", "null-string", "--key", "rsa2048"))
    equal(one_of(capf(n, "--auth", "null")), "done")


def one_of(r):
    return r.json["result"]["capf"]["outcome"]


def asked(n):
    """Of status: what is asked, why it failed, the certificate."""
    s = ok(n.ctl("--json", "utils", "capf", "status", PHONE)).json["result"]["owners"][0]
    return (s["operation"], (s["progress"] or {}).get("reason", ""),
            s["certificate"] and s["certificate"]["sha256"])


def listed(n, state):
    got = ok(n.ctl("--json", "utils", "capf", "lsc", "list", "--with-state", state))
    return [c["sha256"] for c in got.json["result"]["certificates"]]


def stale(n):
    return ok(n.ctl("--json", "utils", "capf", "stale-lsc", "list")).json["result"]["count"]


def gives(n, state):
    """A fetch that the phone answers with what it has: refused, and why."""
    had = asked(n)[2]
    ok(ask(n, "fetch", "null-string"))
    equal(one_of(capf(n, "--auth", "null")), "declined")
    operation, why, certificate = asked(n)
    equal((operation, certificate), ("troubleshoot", had))
    contains(why, f"known here as {state}")
    ok(n.ctl("utils", "capf", "cancel", PHONE))


def proves_nothing(n, why):
    for auth in ("existing-lsc", "existing-mic"):
        ok(ask(n, "install", auth))
        equal(one_of(capf(n, "--auth", "lsc")), "declined", auth)
        contains(asked(n)[1], why)
        ok(n.ctl("utils", "capf", "cancel", PHONE))


def test_revoked_stays_revoked():
    with node(PHONE) as n:
        install(n)
        first = asked(n)[2]
        ok(n.ctl("utils", "capf", "revoke", PHONE, "--yes"))
        gives(n, "revoked")
        equal((listed(n, "revoked"), listed(n, "current")), ([first], []))
        proves_nothing(n, "certificate is revoked")
        ok(n.ctl("phone", "remove", PHONE, "--yes"))
        equal(listed(n, "revoked"), [first])
        ok(n.ctl("phone", "add", PHONE, "--model", "8861"))
        proves_nothing(n, "certificate is revoked")
        gives(n, "revoked")


def test_superseded_and_deleted():
    with node(PHONE) as n:
        install(n)
        kept = os.path.join(n.work, "kept")
        shutil.copytree(os.path.join(n.phones, PHONE), kept)
        first = asked(n)[2]
        install(n)
        second = asked(n)[2]
        shutil.rmtree(os.path.join(n.phones, PHONE))
        shutil.copytree(kept, os.path.join(n.phones, PHONE))
        gives(n, "superseded")
        proves_nothing(n, "no longer its own")
        equal((listed(n, "superseded"), listed(n, "current")), ([first], [second]))


def test_never_confirmed():
    """Sent to whoever came under the phone's name, who stored it and did not say so."""
    with node(PHONE) as n:
        for how in ("stale-lsc delete all", f"revoke {PHONE}"):
            ok(ask(n, "install", "null-string", "--key", "rsa2048"))
            equal(one_of(capf(n, "--auth", "null", "--misbehave", "cut-after=6")), "broken")
            ok(n.ctl("utils", "capf", "cancel", PHONE))
            wait_for("what was sent", lambda: stale(n) == 1)
            proves_nothing(n, "had proved nothing")
            ok(n.ctl("utils", "capf", *how.split(), "--yes"))
            equal(stale(n), 0)
            proves_nothing(n, "certificate is ")
            gives(n, "deleted" if "delete" in how else "revoked")
            equal(asked(n)[2], None)


if __name__ == "__main__":
    main([test_revoked_stays_revoked, test_superseded_and_deleted, test_never_confirmed])
