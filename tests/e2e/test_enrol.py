#!/usr/bin/env python3
"""Simulated phones enrol: every way to prove oneself, every kind of key,
everything that a phone can do wrong; and they read what is encrypted for
them.  capf is the daemon, phones are phonesim's."""
import contextlib
import os

from node import Node, contains, equal, fails, main, ok, program, run, wait_for

PHONE = "SEP0011223344AA"
OTHER = "SEP0011223344BB"
FIRST = 0x001122330000
MESSAGES = 8                # of an installation, both ways


@contextlib.contextmanager
def node(*phones, args=()):
    """A running node with phones that have booted once."""
    with Node(args=args) as n:
        n.ec_keys()
        n.start()
        for p in phones:
            ok(n.ctl("phone", "add", p, "--model", "8861"))
            ok(n.boot(p))
        yield n


def install(n, *more, phone=PHONE):
    ok(n.ctl("utils", "capf", "install", phone, "--yes", *more))


def boot(n, *more, phone=PHONE):
    return n.boot(phone, "--json", *more)


def sessions(result):
    """The CAPF steps of a boot."""
    return [s for s in result.json["result"]["steps"] if s["kind"] == "capf"]


def one(result):
    s, = sessions(result)
    return s["capf"]


def status(n, phone=PHONE):
    return ok(n.ctl("--json", "utils", "capf", "status", phone)).json["result"]


def is_done(n, phone=PHONE):
    """As people see it: nothing is asked any more."""
    contains(ok(n.ctl("utils", "capf", "status", phone)).out, "No Pending Operation", phone)


def is_pending(n, phone=PHONE):
    assert "No Pending Operation" not in ok(n.ctl("utils", "capf", "status", phone)).out, phone


def show(n, phone=PHONE):
    return ok(run(program("phonesim"), "show", phone, "--state", n.phones, "--json")).json[
        "result"]


def lsc_path(n, phone=PHONE):
    return os.path.join(n.phones, phone, "lsc.pem")


def verify(n, phone=PHONE):
    """What OpenSSL says of the phone's LSC, and of its key."""
    ca = os.path.join(n.work, "capf-ca.pem")
    with open(ca, "w", encoding="ascii") as f:
        f.write(ok(n.ctl("show", "cert", "own", "CAPF", "--pem")).out)
    for purpose in ("sslclient", "sslserver"):
        contains(ok(run("openssl", "verify", "-x509_strict", "-partial_chain", "-purpose",
                        purpose, "-CAfile", ca, lsc_path(n, phone))).out, ": OK")
    equal(ok(run("openssl", "x509", "-in", lsc_path(n, phone), "-noout", "-pubkey")).out,
          ok(run("openssl", "pkey", "-in", lsc_path(n, phone), "-pubout")).out, "key")


def certificate(n, phone=PHONE):
    with open(lsc_path(n, phone), encoding="ascii") as f:
        return f.read()


def capf(n, *more, phone=PHONE):
    """One session by itself."""
    return run(program("phonesim"), "capf", phone, "--server", "127.0.0.1", "--port-offset",
               n.ports.offset, "--state", n.phones, "--json", *more)


def test_every_kind_of_key():
    with node(PHONE) as n:
        for key in ("rsa1024", "rsa2048", "rsa3072", "ec256", "ec384", "ec521"):
            install(n, "--key", key, *(["--allow-weak"] if key == "rsa1024" else []))
            r = ok(boot(n))
            equal((one(r)["outcome"], one(r)["key"], one(r)["messages"]),
                  ("done", key, MESSAGES), key)
            equal(r.json["result"]["boots"], 2, key)
            equal(show(n)["lsc"]["key"], key, "kept")
            verify(n)
            is_done(n)
        equal(os.stat(lsc_path(n)).st_mode & 0o777, 0o600)
        # Nothing is pending: no session.
        equal(sessions(ok(boot(n))), [])


def test_trace():
    with node(PHONE) as n:
        install(n)
        text = ok(n.boot(PHONE)).out
        contains(text, f"asks CAPF 127.0.0.1:{n.port('capf')}")
        contains(text, "capfAuthMode null: installs an LSC, rsa2048: stored; boots again")
        text = ok(run(program("phonesim"), "show", PHONE, "--state", n.phones)).out
        contains(text, f"LSC   CN={PHONE}")


def test_by_string():
    with node(PHONE) as n:
        ok(n.ctl("utils", "capf", "install", PHONE, "--auth", "auth-string", "--string-file", "-",
                 "--yes", data=b"1234567\n"))
        # Nobody types it in: the phone waits, and works without.
        r = ok(boot(n))
        s, = sessions(r)
        equal((s["status"], s["capf"]["auth"]), ("not_asked", "string"))
        contains(s["note"], "waits for an authentication string")
        contains(" ".join(r.json["warnings"]), "--auth-string")
        equal(one(ok(boot(n, "--auth-string", "7654321")))["outcome"], "declined")
        is_pending(n)
        equal(one(ok(boot(n, "--auth-string", "1234567", "--misbehave", "wrong-string")))[
            "outcome"], "declined")
        equal(one(ok(boot(n, "--auth-string", "1234567")))["outcome"], "done")
        verify(n)
        is_done(n)
        # Once used it is gone.
        r = fails(capf(n, "--auth-string", "7654321", "--misbehave", "wrong-session"), 1)
        equal(r.json["result"]["capf"]["outcome"], "declined")


def vendor(n):
    """A vendor's CA, trusted, and the MIC of both phones: (cert, key) paths."""
    ca, ca_key = (os.path.join(n.work, x) for x in ("vendor.pem", "vendor.key"))
    ok(run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", ca_key,
           "-out", ca, "-days", "3650", "-subj", "/O=Vendor/CN=Vendor Manufacturing CA"))
    ok(n.ctl("set", "cert", "import", "trust", "CAPF-trust", ca, "--yes"))
    made = {}
    for p in (PHONE, OTHER):
        cert, key, req = (os.path.join(n.work, p + x) for x in (".pem", ".key", ".csr"))
        ok(run("openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out",
               req, "-subj", f"/O=Vendor/CN=CP-8861-{p}"))
        ok(run("openssl", "x509", "-req", "-in", req, "-CA", ca, "-CAkey", ca_key, "-days",
               "365", "-set_serial", str(int(p[3:], 16)), "-out", cert))
        made[p] = ["--mic", cert, "--mic-key", key]
    return made


def test_by_certificate():
    with node(PHONE, OTHER) as n:
        mic = vendor(n)
        install(n, "--auth", "existing-mic")
        equal(one(ok(boot(n)))["outcome"], "declined", "it has none")
        # Given once it is the phone's.
        equal(one(ok(boot(n, *mic[PHONE])))["outcome"], "done")
        verify(n)
        contains(show(n)["mic"]["subject"], f"CP-8861-{PHONE}")
        install(n, "--auth", "existing-lsc", "--key", "ec256")
        equal(one(ok(boot(n)))["outcome"], "done", "by its LSC")
        install(n, "--auth", "existing-lsc")
        equal(one(ok(boot(n, "--sudi")))["outcome"], "done", "and SUDI, by an EC LSC")
        install(n, "--auth", "existing-mic", phone=OTHER)
        # The certificate and key of a phone, under another name.
        equal(one(ok(boot(n, "--misbehave", f"other-certificate={PHONE}", phone=OTHER)))[
            "outcome"], "declined")
        is_pending(n, OTHER)
        equal(one(ok(boot(n, *mic[OTHER], phone=OTHER)))["outcome"], "done")
        verify(n, OTHER)


def test_fetch_and_delete():
    with node(PHONE) as n:
        install(n)
        ok(boot(n))
        ok(n.ctl("utils", "capf", "fetch", PHONE, "--yes"))
        equal(one(ok(boot(n)))["operation"], "fetch")
        is_done(n)
        ok(n.ctl("utils", "capf", "delete", PHONE, "--yes"))
        s = one(ok(boot(n)))
        equal((s["operation"], s["outcome"]), ("delete", "done"))
        equal(show(n)["lsc"], None)
        is_done(n)
        # A factory reset takes the rest.
        install(n)
        ok(boot(n))
        ok(run(program("phonesim"), "reset", PHONE, "--state", n.phones))
        equal(os.path.exists(lsc_path(n)), False)


def test_cut_anywhere():
    """After each cut the next boot succeeds."""
    with node(PHONE) as n:
        install(n, "--key", "ec256")
        for cut in range(1, MESSAGES):
            r = ok(boot(n, "--misbehave", f"cut-after={cut}"))
            equal((one(r)["outcome"], one(r)["messages"]), ("broken", cut), cut)
            if cut == MESSAGES - 1:
                # The server has heard that it is stored.
                wait_for("the end of it", lambda: "No Pending Operation" in ok(
                    n.ctl("utils", "capf", "status", PHONE)).out)
                equal(sessions(ok(boot(n))), [])
            else:
                equal(one(ok(boot(n)))["outcome"], "done", f"after {cut}")
            verify(n)
            is_done(n)
            install(n, "--key", "ec256")


def test_misbehaviour():
    """What a patient server takes, and what it must refuse; a phone that does
    it right afterwards gets its certificate."""
    with node(PHONE) as n:
        for kind, outcome in (("byte-per-write", "done"), ("no-progress", "done"),
                              ("slow-key=2", "done"), ("old-version=1", "done"),
                              ("old-version=2", "done"), ("duplicate=2", "done"),
                              ("wrong-session", "declined"), ("no-key", "declined"),
                              ("not-stored", "broken"), ("duplicate=1", None),
                              ("duplicate=3", None), ("reorder", None)):
            # Old phones make RSA keys alone.
            install(n, "--key", "rsa2048" if kind.startswith("old") else "ec256")
            got = one(ok(boot(n, "--misbehave", kind)))["outcome"]
            if outcome is not None:
                equal(got, outcome, kind)
            if got != "done":
                equal(one(ok(boot(n)))["outcome"], "done", f"after {kind}")
            verify(n)
            is_done(n)


def test_one_session():
    with node(PHONE) as n:
        r = ok(capf(n)).json["result"]
        equal((r["capf"]["outcome"], r["capf"]["operation"]), ("nothing", "none"))
        equal(fails(capf(n, phone=OTHER), 1).json["result"]["capf"]["outcome"], "no_device")
        install(n, "--key", "ec384")
        r = ok(capf(n)).json["result"]
        equal((r["capf"]["outcome"], r["capf"]["key"]), ("done", "ec384"))
        verify(n)
        # Another server than the phone's: tftpd's own TLS port.
        r = run(program("phonesim"), "capf", PHONE, "--server", "127.0.0.1", "--port-offset",
                n.port("https") - 3804, "--state", n.phones)
        contains(fails(r, 4).out, "CAPF record held")
        ok(n.ctl("utils", "service", "stop", "capfd"))
        fails(capf(n), 6)


def encrypt(n, *phones):
    ok(n.ctl("phone", "profile", "add", "Encrypted", "--tftp-encrypted-config", "yes", "--yes"))
    for p in phones:
        ok(n.ctl("phone", "set", p, "--profile", "Encrypted", "--yes"))


def came_unasked(n, visits):
    """Where people see that a phone may have lost its key."""
    seen = status(n)["owners"][0]["unasked"]
    equal(seen and seen["visits"], visits or None, "utils capf status NAME")
    failed = ok(n.ctl("utils", "capf", "status", "--failed", "--json")).json["result"]
    equal([o["name"] for o in failed["owners"]], [PHONE] if visits else [], "--failed")
    equal(failed["totals"]["unasked"], bool(visits), "totals")
    equal(ok(n.ctl("show", "status", "--json")).json["result"]["capf_unasked"], bool(visits))
    for words in (("show", "status"), ("utils", "capf", "status"), ("phone", "show", PHONE)):
        equal("unasked" in ok(n.ctl(*words)).out or "may have lost the key" in ok(
            n.ctl(*words)).out, bool(visits), words)
    if visits:
        contains(ok(n.ctl("phone", "show", PHONE)).out, f"utils capf install {PHONE} --auth")


def test_encrypted_configuration():
    """From the short file to CAPF, and with the LSC to the whole one."""
    with node(PHONE) as n:
        encrypt(n, PHONE)
        r = ok(boot(n)).json["result"]
        equal((r["decrypted"], r["verified"], r["boots"]), (True, True, 2))
        stub = next(s for s in r["steps"] if s["asked"] == f"{PHONE}.cnf.xml.sgn")
        equal(stub["decrypted"], False)
        verify(n)
        # From now on it asks for that file first.
        r = ok(boot(n)).json["result"]
        equal((r["decrypted"], r["boots"]), (True, 1))
        equal([s["asked"] for s in r["steps"] if s["kind"] == "config"],
              [f"{PHONE}.cnf.xml.enc.sgn"])
        before = certificate(n)
        # A new LSC: the file is made for it by the time the phone boots.
        install(n)
        r = ok(boot(n))
        equal(one(r)["outcome"], "done")
        equal(r.json["result"]["decrypted"], True)
        assert certificate(n) != before
        # It has lost its key: the file is of no use, which sends it to CAPF.
        # There nothing is asked of it, so it has to wait for an operation.
        os.unlink(lsc_path(n))
        r = fails(boot(n), 1)
        equal((one(r)["cause"], one(r)["outcome"]), ("decrypt", "nothing"))
        equal(r.json["result"]["outcome"], "no_config")
        # That is seen everywhere, with the cure, and over when it is cured.
        came_unasked(n, 1)
        fails(boot(n), 1)
        came_unasked(n, 2)
        install(n)
        equal(ok(boot(n)).json["result"]["decrypted"], True)
        came_unasked(n, 0)
        # Somebody else under its name: the administrator takes it back.
        equal(one(fails(boot(n, "--state", os.path.join(n.work, "stranger")), 1))["outcome"],
              "nothing")
        came_unasked(n, 1)
        ok(n.ctl("utils", "capf", "cancel", PHONE))
        came_unasked(n, 0)


def storm(n, count, *more):
    return run(program("phonesim"), "boot", f"SEP{FIRST:012X}", "--count", count, "--server",
               "127.0.0.1", "--port-offset", n.ports.offset, "--enrol", "--json", *more,
               timeout=300)


def add_phones(n, count):
    path = os.path.join(n.work, "phones.csv")
    with open(path, "w", encoding="ascii") as f:
        f.write("name,model\n")
        f.writelines(f"SEP{FIRST + i:012X},8861\n" for i in range(count))
    ok(n.ctl("phone", "import", path))


def test_five_hundred_at_once():
    with node() as n:
        add_phones(n, 500)
        ok(n.ctl("utils", "capf", "install", "--all", "--key", "ec256", "--yes"))
        r = ok(storm(n, 500, "--state", n.phones)).json["result"]
        equal((r["trusted"], r["capf"]["installed"], r["capf"]["broken"], r["reasons"]),
              (500, 500, 0, []))
        for i in range(0, 500, 50):
            verify(n, f"SEP{FIRST + i:012X}")
        subjects = {show(n, f"SEP{FIRST + i:012X}")["lsc"]["cert_hash"] for i in range(0, 500, 25)}
        equal(len(subjects), 20, "certificates of their own")


if __name__ == "__main__":
    main([v for k, v in list(globals().items()) if k.startswith("test_") and callable(v)])
