#!/usr/bin/env python3
"""Auto-registration: phones that nobody added."""
import os
import re
import time

from node import Node, contains, equal, fails, main, ok, run, wait_for

FIRST, LAST = "SEP001122000000", "SEP0011220000FF"
PROFILE = "lobby"


def set_param(n, name, value):
    ok(n.ctl("--yes", "set", "param", f"autoregistration.{name}", value))


def ready(n, **more):
    n.start()
    set_param(n, "names", f"{FIRST}-{LAST}")
    for name, value in more.items():
        set_param(n, name, value)
    set_param(n, "enabled", "yes")


def phones(n):
    rows = ok(n.ctl("--json", "phone", "list")).json["result"]["phones"]
    return {p["name"]: p for p in rows}


def ask(n, phone, suffix=""):
    return n.http(f"/{phone}.cnf.xml{suffix}")[0]


def wait_added(n, phone, suffix=""):
    """As a phone does: ask again."""
    wait_for(f"{phone} has a configuration", lambda: ask(n, phone, suffix) == 200)


def log(n):
    with open(os.path.join(n.state, "run", "tftpd.log"), encoding="utf-8") as f:
        return f.read()


def test_off_by_default():
    with Node() as n:
        n.start()
        set_param(n, "names", f"{FIRST}-{LAST}")
        for _ in range(3):
            equal(ask(n, FIRST), 404)
        equal(phones(n), {})


def test_within_the_range_only():
    with Node() as n:
        ready(n)
        outside = ["SEP001121FFFFFF", "SEP001122000100", "ATA001122000001", "SEPxyz"]
        for phone in outside:
            equal(ask(n, phone), 404)
        for phone in (FIRST, "SEP001122000080", LAST):
            wait_added(n, phone)
        wait_added(n, "sep001122000081")        # any case
        for phone in outside:
            equal(ask(n, phone), 404)
        rows = phones(n)
        equal(sorted(rows), [FIRST, "SEP001122000080", "SEP001122000081", LAST])
        equal({p["origin"] for p in rows.values()}, {"auto"})
        equal(ok(n.ctl("--json", "show", "status")).json["result"]["auto_registered"], 4)
        line = f'autoreg.added device="{FIRST}" address="127.0.0.1"'
        wait_for("it is told", lambda: line in log(n))


def test_each_is_audited_once():
    with Node() as n:
        ready(n)
        wait_added(n, FIRST)
        ask(n, FIRST, ".enc.sgn")       # not there, but the phone is
        wait_added(n, LAST)
        rows = run("sqlite3", os.path.join(n.state, "phonetrust.db"),
                   "SELECT account, command, detail FROM audit "
                   "WHERE command = 'auto-registration' ORDER BY seq")
        if rows.code == 0:
            equal(rows.out.splitlines(), [f"tftpd|auto-registration|{p} 127.0.0.1"
                                          for p in (FIRST, LAST)])


def test_name_asked_decides_the_form():
    with Node() as n:
        ready(n)
        wait_added(n, FIRST, ".sgn")
        equal(ask(n, FIRST), 200)
        plain = n.http(f"/{FIRST}.cnf.xml")[2]
        contains(n.http(f"/{FIRST}.cnf.xml.sgn")[2].decode("latin-1"), plain.decode("latin-1"))


def test_unknown_phone_boots_at_its_second_try():
    with Node() as n:
        ready(n)
        n.write("XMLDefault.cnf.xml", b"<Default><callManagerGroup/></Default>")
        def booted():
            ok(n.boot(FIRST))       # by the default file at first
            return phones(n).get(FIRST)
        equal(wait_for("it is a phone", booted)["origin"], "auto")
        ok(n.boot(FIRST))


def test_count_is_limited():
    with Node() as n:
        ready(n, max="3")
        names = [f"SEP0011220000{i:02X}" for i in range(6)]
        for phone in names[:3]:
            wait_added(n, phone)
        def refused():
            for phone in names[3:]:     # again: each loop learns parameters by itself
                equal(ask(n, phone), 404)
            return "autoreg.refused" in log(n)
        wait_for("it is told", refused)
        contains(log(n), "autoregistration.max")
        equal(sorted(phones(n)), names[:3])
        ok(n.ctl("--yes", "phone", "remove", names[0]))
        wait_added(n, names[3])


def test_flood_of_names_is_bounded():
    with Node() as n:
        ready(n, names="SEP000000000000-SEPFFFFFFFFFFFF", per_minute="60")
        wait_added(n, FIRST)            # now the engine knows the parameters
        began = time.monotonic()
        for i in range(600):
            ask(n, f"SEP0011{i:08X}")
        wait_for("it is told", lambda: "autoreg.late" in log(n))
        # A tenth of a minute's at once, then one a second.
        wait_for("some are added", lambda: len(phones(n)) >= 6)
        count = len(phones(n))
        told = len(re.findall("autoreg.late", log(n)))
        took = time.monotonic() - began
        assert 6 <= count <= 20 + took, (count, took)
        assert told <= 1 + took / 60, "one line a minute"
        equal(n.http("/ITLFile.tlv")[0], 200)


def test_numbers_and_default_file():
    """What the tour says: one switch, and directory numbers of a range."""
    with Node() as n:
        n.start()
        equal(n.http("/XMLDefault.cnf.xml")[0], 404)
        set_param(n, "names", f"{FIRST}-{LAST}")
        set_param(n, "range", "1000-1001")
        equal(n.http("/XMLDefault.cnf.xml")[0], 404)
        equal(ok(n.ctl("--yes", "set", "param", "autoregistration.enabled", "yes")).err, "")
        for name in ("XMLDefault.cnf.xml", "XMLDefault.cnf.xml.sgn", "xmldefault.cnf.xml"):
            status, _, body = n.http(f"/{name}")
            equal(status, 200)
            contains(body.decode("latin-1"), "<Default>")
        for phone, number in ((FIRST, "1000"), (LAST, "1001")):
            wait_added(n, phone)
            contains(n.http(f"/{phone}.cnf.xml")[2].decode(), f"<name>{number}</name>")
        wait_for("it is told", lambda: ask(n, "SEP001122000080") == 404
                 and "autoreg.refused" in log(n))
        contains(log(n), "autoregistration.range")
        equal(sorted(phones(n)), [FIRST, LAST])


def test_profile_of_those_added():
    with Node() as n:
        fails(n.ctl("set", "param", "autoregistration.profile", PROFILE), 4,
              f"there is no profile {PROFILE}: make it")
        ok(n.ctl("phone", "profile", "add", PROFILE, "--protocol", "SCCP"))
        ready(n, profile=PROFILE)
        wait_added(n, FIRST)
        ok(n.ctl("--yes", "phone", "remove", FIRST))
        fails(n.ctl("--yes", "phone", "profile", "remove", PROFILE), 4, "autoregistration.profile")
        wait_added(n, LAST)
        rows = ok(n.ctl("--json", "phone", "profile", "list")).json["result"]["profiles"]
        equal([p["phones"] for p in rows if p["name"] == PROFILE], [1])


def test_numbers_of_those_added():
    with Node() as n:
        ready(n, range="1998-1999")
        ok(n.ctl("phone", "add", "SEPAAAAAAAAAAAA", "--directory-number", "1998"))
        wait_added(n, FIRST)
        contains(n.http(f"/{FIRST}.cnf.xml")[2].decode(), "<name>1999</name>")
        line = f'autoreg.added device="{FIRST}" address="127.0.0.1" number="1999"'
        wait_for("it is told", lambda: line in log(n))
        wait_for("it is told", lambda: ask(n, LAST) == 404 and "autoreg.refused" in log(n))
        contains(log(n), "autoregistration.range")
        ok(n.ctl("phone", "set", "SEPAAAAAAAAAAAA", "--directory-number", "7000"))
        wait_added(n, LAST)
        contains(n.http(f"/{LAST}.cnf.xml")[2].decode(), "<name>1998</name>")


if __name__ == "__main__":
    main([test_off_by_default, test_within_the_range_only, test_each_is_audited_once,
          test_name_asked_decides_the_form, test_unknown_phone_boots_at_its_second_try,
          test_count_is_limited, test_flood_of_names_is_bounded, test_profile_of_those_added,
          test_numbers_and_default_file, test_numbers_of_those_added])
