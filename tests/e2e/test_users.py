#!/usr/bin/env python3
"""Users: passwords and PINs, application users, logging in at phones."""
import base64
import hashlib
import os
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from node import DEADLINE, Node, contains, equal, fails, main, ok, program, run, wait_for

ONE, TWO = "SEP000000000001", "SEP000000000002"
FAST = ("set", "param", "user.hash_rounds", "5000")


def result(got):
    return ok(got).json["result"]


def add(n, name, *more):
    return result(n.ctl("user", "add", name, "--digest-credentials-file", "-", "--json", *more,
                        data=f"digest of {name}\n".encode()))


def show(n, name, *more):
    return result(n.ctl("user", "show", name, "--json", *more))


def phone(n, name):
    return result(n.ctl("phone", "show", name, "--json"))


def digest_user(n, name):
    got = phone(n, name)["settings"]["digest-user"]
    return got["value"] if got["from"] == "phone" else None


def verify(n, name, text, *more):
    return n.ctl("user", "verify", name, *more, data=f"{text}\n".encode())


def owed(n):
    return [p["name"] for p in
            result(n.ctl("phone", "list", "--restart-owed", "--json"))["phones"]]


def audit(n):
    with sqlite3.connect(os.path.join(n.state, "phonetrust.db")) as db:
        return db.execute("SELECT command, detail FROM audit ORDER BY at, seq").fetchall()


def nothing_kept(n, *secrets):
    """No file of the state folder has one of them in it."""
    for root, _, files in os.walk(n.state):
        for name in files:
            with open(os.path.join(root, name), "rb") as f:
                data = f.read()
            for s in secrets:
                assert s.encode() not in data, (name, s)


def test_passwords_and_pins():
    with Node() as n:
        ok(n.ctl(*FAST))
        add(n, "ann")
        got = show(n, "ann")
        equal((got["kind"], got["password"], got["pin"]), ("user", "none", "none"))
        fails(verify(n, "ann", "anything"), 4, "user passwd ann")
        fails(n.ctl("user", "passwd", "ann", data=b"short7x\n"), 2, "password_min_length")
        fails(n.ctl("user", "passwd", "ann", data=b"\n"), 2, "empty")
        fails(n.ctl("user", "pin", "ann", data=b"12a45\n"), 2, "digits")
        fails(n.ctl("user", "pin", "ann", data=b"1234\n"), 2, "user.pin_min_length")
        fails(n.ctl("user", "passwd", "bob", data=b"long enough\n"), 1, "user list")
        ok(n.ctl("user", "passwd", "ann", data=b"Sw0rdfish!\n"))
        ok(n.ctl("user", "pin", "ann", data=b"47114711\n"))
        got = show(n, "ann")
        equal((got["password"], got["pin"]), ("set", "set"))
        said = result(verify(n, "ann", "Sw0rdfish!", "--json"))
        equal((said["right"], said["renewed"], said["what"]), (True, False, "password"))
        ok(verify(n, "ann", "47114711", "--pin"))
        contains(fails(verify(n, "ann", "47114711"), 4).err, "4 more tries")
        fails(verify(n, "ann", "Sw0rdfish!", "--pin"), 4, "PIN")
        with sqlite3.connect(os.path.join(n.state, "phonetrust.db")) as db:
            for (text,) in db.execute("SELECT hash FROM user_hash"):
                assert text.startswith("$6$rounds=5000$") or text.startswith("$6$"), text
        nothing_kept(n, "Sw0rdfish!", "47114711")
        # the same again: another salt, and no word of that it was the same
        equal(result(n.ctl("user", "passwd", "ann", "--json", data=b"Sw0rdfish!\n"))["changed"],
              True)
        ok(n.ctl("user", "pin", "ann", "--remove"))
        equal(result(n.ctl("user", "pin", "ann", "--remove", "--json"))["changed"], False)
        equal(show(n, "ann")["pin"], "none")
        ok(n.ctl("user", "remove", "ann", "--yes"))
        add(n, "ann")
        equal(show(n, "ann")["password"], "none", "a namesake inherits nothing")
        assert ("user passwd", "ann: set") in audit(n), audit(n)


def test_dry_run_and_files():
    with Node() as n:
        ok(n.ctl(*FAST))
        add(n, "ann")
        path = os.path.join(n.work, "pw")
        with open(path, "w", encoding="ascii") as f:
            f.write("from a file\nsecond line\n")
        os.chmod(path, 0o600)
        ok(n.ctl("user", "passwd", "ann", path, "--dry-run"))
        equal(show(n, "ann")["password"], "none")
        ok(n.ctl("user", "passwd", "ann", path))
        ok(verify(n, "ann", "from a file"))
        for _ in range(5):
            fails(verify(n, "ann", "wrong one", "--dry-run"), 4)
        fails(verify(n, "ann", "from a file"), 4, "too many wrong tries")
        # A new one begins anew.
        ok(n.ctl("user", "passwd", "ann", data=b"quite a new one\n"))
        ok(verify(n, "ann", "quite a new one"))


def test_import_and_export():
    with Node() as n, Node(name="cm2") as m:
        ok(n.ctl(*FAST))
        secrets = ("Sw0rdfish!", "47114711", "d1gest-one", "d1gest-two")
        path = os.path.join(n.work, "users.csv")

        def table(*lines):
            with open(path, "w", encoding="utf-8") as f:
                f.write("".join(line + "\n" for line in lines))
            os.chmod(path, 0o600)
            return path

        table("name,description,password,pin,digest-credentials,realm,password-hash",
              f'ann,"Ann, 2nd",{secrets[0]},{secrets[1]},{secrets[2]},,',
              f"ann,,,,{secrets[3]},pbx.example,",
              "bob,,,,,,{SSHA}lL9Cm5kCEaCMBGmmUQTCYAnqLGzMDDRx",
              f"b ob,,{secrets[0]},,,,", "dora,,,,,,what")
        r = fails(n.ctl("user", "import", path, "--dry-run", "--json"), 3)
        equal(r.json["result"]["added"], 2)
        equal(result(n.ctl("user", "list", "--json"))["users"], [])
        r = fails(n.ctl("user", "import", path), 3, "line 5: ")
        contains(r.err, "line 6: password-hash: ")
        contains(r.err, "1 hash is of a form that is out of date")
        contains(r.out, "5 lines: 2 added, 1 changed, 0 as they were, 2 failed")
        assert not any(s in r.out + r.err for s in secrets), r
        nothing_kept(n, *secrets)
        ok(verify(n, "ann", secrets[0]))
        ok(verify(n, "ann", secrets[1], "--pin"))
        equal(show(n, "ann")["description"], "Ann, 2nd")
        assert ("user import", f"{path}: 2 added, 1 changed, 2 failed") in audit(n), audit(n)

        table("name,password", f"cti,{secrets[0]}")
        ok(n.ctl("user", "import", path, "--application"))
        ok(verify(n, "cti", secrets[0], "--application"))
        fails(n.ctl("user", "import", table("user,pin")), 1,
              "must name the columns: name, description")
        # Columns swapped, and none named: no cell is shown.
        for lines in (("name,password", "sw4pped secret,ann"), ("sw4pped secret,ann", "x,y")):
            r = n.ctl("user", "import", table(*lines))
            assert r.code in (1, 3) and "sw4pped" not in r.out + r.err, r
            contains(r.err, "line 2: name: " if r.code == 3 else "line 1: column 1 ")

        # What is exported goes in elsewhere; secrets are counted, not written.
        r = ok(n.ctl("user", "export"))
        equal(r.out, 'name,description\nann,"Ann, 2nd"\nbob,\n')
        contains(r.err, "of users (4) are left out")
        contains(ok(n.ctl("user", "export", path, "--dry-run")).out, "2 users would be in")
        contains(ok(n.ctl("user", "export", path)).out, "2 users in")
        equal(result(m.ctl("user", "import", path, "--json"))["added"], 2)
        equal(result(m.ctl("user", "import", path, "--json"))["same"], 2)
        equal(show(m, "ann")["description"], "Ann, 2nd")
        # A description is what it was, and not what an import takes for none.
        fails(n.ctl("user", "set", "bob", "--description", "(none)"), 2, "give another text")
        ok(n.ctl("user", "set", "bob", "--description", "-"))
        ok(n.ctl("user", "export", path))
        equal(result(m.ctl("user", "import", path, "--json"))["changed"], 1)
        equal(show(m, "bob")["description"], "-")
        equal(ok(n.ctl("user", "export", "--application")).out, "name,description\ncti,\n")


def test_wrong_tries_are_limited():
    with Node(args=("--test",)) as n:
        for what in (FAST, ("set", "param", "user.max_tries", "3"),
                     ("set", "param", "user.max_tries_total", "5")):
            ok(n.ctl(*what))
        for name in ("ann", "bob"):
            add(n, name)
            ok(n.ctl("user", "passwd", name, data=b"the right one\n"))
            ok(n.ctl("user", "pin", name, data=b"123456\n"))
        for left in (2, 1):
            contains(fails(verify(n, "ann", "wrong"), 4).err, f"{left} more tr")
        ok(verify(n, "ann", "the right one"))
        for left in (2, 1, 0):
            contains(fails(verify(n, "ann", "wrong"), 4).err, f"{left} more tr")
        # locked: the right one is not looked at either; others are not locked
        contains(fails(verify(n, "ann", "the right one"), 4).err, "too many wrong tries")
        ok(verify(n, "ann", "123456", "--pin"))
        ok(verify(n, "bob", "the right one"))
        for _ in range(2):
            fails(verify(n, "bob", "wrong"), 4)
        contains(fails(verify(n, "bob", "the right one"), 4).err, "all users together")
        for name in ("ann", "bob"):
            ok(verify(n, name, "the right one", "--time-offset", "901"))


def test_tries_at_once_are_counted_each():
    with Node() as n:
        ok(n.ctl(*FAST))
        add(n, "ann")
        ok(n.ctl("user", "passwd", "ann", data=b"the right one\n"))
        argv = [program("ctltool"), "--state", n.state, "user", "verify", "ann"]
        running = [subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE) for _ in range(12)]
        said = [p.communicate(b"wrong one\n", timeout=DEADLINE) for p in running]
        equal({p.returncode for p in running}, {4})
        looked = [err for _, err in said if b"that is not the password" in err]
        equal(len(looked), 5, "user.max_tries")


def test_hashes_of_other_systems():
    with Node() as n:
        ok(n.ctl(*FAST))
        salted = "{SSHA}" + base64.b64encode(
            hashlib.sha1(b"old password" + b"salt").digest() + b"salt").decode()
        plain = hashlib.sha1(b"12345").hexdigest()
        path = os.path.join(n.work, "hash")
        with open(path, "w", encoding="ascii") as f:
            f.write(salted + "\n")
        said = ok(n.ctl("user", "add", "ann", "--password-hash-file", path, "--pin-hash-file", "-",
                        data=f"{plain}\n".encode()))
        contains(said.err, "out of date")
        fails(n.ctl("user", "set", "ann", "--password-hash-file", "-", data=b"plain text\n"), 2,
              "no hash of a password")
        got = result(n.ctl("report", "user", "hashes", "--json"))
        equal([(h["kind"], h["name"], h["what"], h["form"]) for h in got["hashes"]],
              [("user", "ann", "password", "salted-sha1"), ("user", "ann", "pin", "sha1")])
        equal(show(n, "ann")["password"], "out-of-date")
        contains(ok(n.ctl("user", "list")).out, "out-of-date")
        fails(verify(n, "ann", "wrong"), 4)
        equal(show(n, "ann")["password"], "out-of-date", "only the right one renews")
        equal(result(verify(n, "ann", "old password", "--dry-run", "--json"))["renewed"], True)
        equal(show(n, "ann")["password"], "out-of-date", "a dry run renews nothing")
        equal(result(verify(n, "ann", "old password", "--json"))["renewed"], True)
        equal(show(n, "ann")["password"], "set")
        equal(result(verify(n, "ann", "old password", "--json"))["renewed"], False)
        ok(verify(n, "ann", "12345", "--pin"))
        equal(result(n.ctl("report", "user", "hashes", "--json"))["count"], 0)
        # more work asked for later: the same way up
        ok(n.ctl("set", "param", "user.hash_rounds", "6000"))
        equal(result(n.ctl("report", "user", "hashes", "--json"))["count"], 2)
        equal(result(verify(n, "ann", "old password", "--json"))["renewed"], True)


def test_application_users():
    with Node() as n:
        ok(n.ctl(*FAST))
        add(n, "cti", "--application", "--description", "an end point")
        add(n, "cti")
        equal(show(n, "cti", "--application")["kind"], "application")
        equal(show(n, "cti")["description"], "")
        ok(n.ctl("user", "passwd", "cti", "--application", data=b"of the application\n"))
        ok(verify(n, "cti", "of the application", "--application"))
        fails(verify(n, "cti", "of the application"), 4, "has no password")
        ok(n.ctl("user", "set", "cti", "--application", "--description", "other"))
        equal([u["name"] for u in
               result(n.ctl("user", "list", "--application", "--json"))["users"]], ["cti"])
        client = ("cti", "1", "--kind", "application")
        ok(n.ctl("utils", "capf", "profile", "add", *client))
        fails(n.ctl("user", "remove", "cti", "--application", "--yes"), 4, "instance 1")
        ok(n.ctl("utils", "capf", "profile", "remove", *client, "--yes"))
        ok(n.ctl("user", "remove", "cti", "--application", "--yes"))
        fails(n.ctl("user", "show", "cti", "--application"), 1, "user list --application")
        equal(show(n, "cti")["digest_credentials"], True, "the end user stays")
        # no phone's digest user is an application user
        add(n, "only", "--application")
        fails(n.ctl("phone", "add", ONE, "--model", "8861", "--digest-user", "only"), 4,
              "no end user")


def test_a_digest_user_serves_one_phone():
    with Node() as n:
        add(n, "ann")
        ok(n.ctl("phone", "add", ONE, "--model", "8861", "--digest-user", "ann"))
        equal(result(n.ctl("user", "list", "--shared", "--json"))["count"], 0)
        said = ok(n.ctl("phone", "add", TWO, "--model", "8861", "--digest-user", "ann"))
        contains(said.err, "digest user of several phones")
        equal([u["name"] for u in
               result(n.ctl("user", "list", "--shared", "--json"))["users"]], ["ann"])
        equal(show(n, "ann")["phone_names"], [ONE, TWO])


def test_digest_without_credentials_is_refused_however_it_comes():
    with Node() as n:
        ok(n.ctl("phone", "profile", "add", "dig", "--enable-digest-authentication", "yes"))
        ok(n.ctl("phone", "profile", "add", "later"))
        ok(n.ctl("user", "add", "bare"))
        add(n, "ann")
        why = "no credentials to answer with"
        fails(n.ctl("phone", "add", ONE, "--model", "8861", "--profile", "dig"), 4, why)
        fails(n.ctl("phone", "add", ONE, "--model", "8861", "--profile", "dig",
                    "--digest-user", "bare"), 4, "no digest credentials")
        ok(n.ctl("phone", "add", ONE, "--model", "8861", "--profile", "later"))
        fails(n.ctl("phone", "set", ONE, "--profile", "dig"), 4, why)
        fails(n.ctl("phone", "profile", "set", "later", "--enable-digest-authentication", "yes"),
              4, ONE)
        path = os.path.join(n.work, "p.csv")
        with open(path, "w", encoding="ascii") as f:
            f.write(f"name,model,profile,digest-user\n{TWO},8861,dig,\n")
        fails(n.ctl("phone", "import", path), 3, why)
        ok(n.ctl("phone", "set", ONE, "--profile", "dig", "--digest-user", "ann"))
        fails(n.ctl("phone", "copy", ONE, TWO, "--dry-run"), 0, "several phones")
        fails(n.ctl("phone", "set", ONE, "--digest-user", "default"), 4, why)
        fails(n.ctl("user", "set", "ann", "--digest-credentials-file", "none"), 4,
              "credentials stay")
        fails(n.ctl("user", "remove", "ann", "--yes"), 4, ONE)
        fails(n.ctl("phone", "login", ONE, "bare"), 4, "no digest credentials")


def test_logging_in_and_out():
    with Node() as n:
        for name in ("ann", "bob", "desk"):
            add(n, name)
        ok(n.ctl("phone", "profile", "add", "dig", "--enable-digest-authentication", "yes"))
        ok(n.ctl("phone", "add", ONE, "--model", "8861", "--profile", "dig", "--digest-user",
                 "desk"))
        ok(n.ctl("phone", "add", TWO, "--model", "8861"))
        fails(n.ctl("phone", "login", ONE, "nobody"), 1, "user list")
        fails(n.ctl("phone", "login", "SEP0000000000FF", "ann"), 1, "phone list")
        got = result(n.ctl("phone", "login", ONE, "ann", "--json"))
        equal((got["changed"], got["digest_user"], got["restart_owed"]), (True, "ann", True))
        again = result(n.ctl("phone", "login", ONE, "ann", "--json"))
        equal((again["changed"], again["restart_owed"]), (False, False))
        shown = phone(n, ONE)
        equal((shown["login"]["user"], shown["login"]["before"]), ("ann", "desk"))
        contains(shown["restart_owed"]["why"], "ann logged in")
        equal(owed(n), [ONE])
        equal(show(n, "ann")["logged_in_at"], ONE)
        # one phone at a time
        fails(n.ctl("phone", "login", TWO, "ann"), 4, "--move")
        got = result(n.ctl("phone", "login", TWO, "ann", "--move", "--json"))
        equal((got["moved_from"], digest_user(n, ONE), digest_user(n, TWO)), (ONE, "desk", "ann"))
        # another one in place of who is there: what was before stays remembered
        equal(result(n.ctl("phone", "login", TWO, "bob", "--json"))["logged_out"], "ann")
        equal(phone(n, TWO)["login"]["before"], None)
        # meanwhile nobody changes or removes what it stands on
        fails(n.ctl("phone", "set", TWO, "--digest-user", "desk"), 4, "phone logout")
        fails(n.ctl("user", "remove", "bob", "--yes"), 4, "logged in at " + TWO)
        ok(n.ctl("phone", "login", ONE, "ann"))
        fails(n.ctl("user", "remove", "desk", "--yes"), 4, "digest user of " + ONE + " again")
        fails(n.ctl("user", "set", "desk", "--digest-credentials-file", "none"), 4, "logs out")
        ok(n.ctl("phone", "copy", ONE, "SEP000000000003"))
        equal(digest_user(n, "SEP000000000003"), "desk", "a copy is nobody's login")
        ok(n.ctl("phone", "remove", "SEP000000000003", "--yes"))
        got = result(n.ctl("phone", "logout", "--all", "--json"))
        equal((got["changed"], [p["user"] for p in got["phones"]]), (2, ["ann", "bob"]))
        equal((digest_user(n, ONE), digest_user(n, TWO)), ("desk", None))
        equal(result(n.ctl("phone", "logout", ONE, "--json"))["changed"], 0)
        equal(result(n.ctl("phone", "logout", "--all", "--json"))["changed"], 0)
        # an export says what phones are when nobody is logged in
        ok(n.ctl("phone", "login", ONE, "ann"))
        table = ok(n.ctl("phone", "export")).out
        contains(table, "desk")
        assert "ann" not in table, table
        path = os.path.join(n.work, "p.csv")
        with open(path, "w", encoding="ascii") as f:
            f.write(table)
        equal(result(n.ctl("phone", "import", path, "--json"))["same"], 2)
        equal(digest_user(n, ONE), "ann")
        # a phone that goes takes its login along
        ok(n.ctl("phone", "login", TWO, "bob"))
        ok(n.ctl("phone", "remove", TWO, "--yes"))
        equal(show(n, "bob")["logged_in_at"], None)
        ok(n.ctl("user", "remove", "bob", "--yes"))
        lines = audit(n)
        for line in (("phone login", f"ann at {ONE}"), ("phone logout", f"ann at {ONE}")):
            assert line in lines, (line, lines)


def test_logging_in_with_a_pin():
    with Node() as n:
        ok(n.ctl(*FAST))
        add(n, "ann")
        ok(n.ctl("phone", "add", ONE, "--model", "8861"))
        fails(n.ctl("phone", "login", ONE, "ann", "--pin", data=b"12345\n"), 4, "has no PIN")
        ok(n.ctl("user", "pin", "ann", data=b"12345\n"))
        fails(n.ctl("phone", "login", ONE, "ann", "--pin", data=b"54321\n"), 4, "4 more tries")
        equal(phone(n, ONE)["login"], None)
        ok(n.ctl("phone", "login", ONE, "ann", "--pin", data=b"12345\n"))
        equal(phone(n, ONE)["login"]["user"], "ann")


def test_leaving_when_the_one_before_is_not_usable():
    """Whoever leaves can: the phone has no digest user then, and it says so."""
    with Node() as n:
        add(n, "ann")
        ok(n.ctl("phone", "profile", "add", "dig"))
        ok(n.ctl("phone", "add", ONE, "--model", "8861", "--profile", "dig"))
        ok(n.ctl("phone", "login", ONE, "ann"))
        ok(n.ctl("phone", "profile", "set", "dig", "--enable-digest-authentication", "yes"))
        said = ok(n.ctl("phone", "logout", ONE))
        contains(said.err, "no digest user now")
        equal(digest_user(n, ONE), None)


def test_the_restart_owed_is_seen_to():
    """The phone's file names the user, and its next fetch pays the debt."""
    with Node() as n:
        for name in ("ann", "desk"):
            add(n, name)
        ok(n.ctl("phone", "profile", "add", "dig", "--enable-digest-authentication", "yes"))
        ok(n.ctl("phone", "add", ONE, "--model", "8861", "--profile", "dig", "--digest-user",
                 "desk"))
        n.start()
        path = f"/{ONE}.cnf.xml"
        before = n.http(path)[2]
        ok(n.ctl("phone", "login", ONE, "ann"))
        equal(owed(n), [ONE])
        wait_for("another file", lambda: n.http(path)[2] != before)
        # a fetch in a later second than the login counts
        wait_for("nothing owed", lambda: (n.http(path), time.sleep(0.2), owed(n) == [])[2])
        equal(phone(n, ONE)["restart_owed"], None)
        ok(n.ctl("phone", "logout", ONE))
        equal(owed(n), [ONE])


def test_no_core():
    """What a command holds never gets into a core file."""
    with Node() as n:
        add(n, "ann")
        with subprocess.Popen([program("ctltool"), "--state", n.state, "user", "passwd", "ann"],
                              stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as p:
            def cores():
                with open(f"/proc/{p.pid}/limits", encoding="ascii") as f:
                    return next(r.split()[4:6] for r in f if r.startswith("Max core file size"))
            try:
                wait_for("no core files", lambda: cores() == ["0", "0"])
            finally:
                p.kill()


def test_secrets_from_pipes_and_in_wrong_places():
    with Node() as n:
        add(n, "ann")
        words = " ".join((program("ctltool"), "--state", n.state, "user", "pin", "ann"))
        ok(run("bash", "-c", f"{words} <(echo 135791)"))
        ok(verify(n, "ann", "135791", "--pin"))
        fails(run("bash", "-c", f"{words} <(true)"), 2, "first line")
        fails(n.ctl("user", "pin", "ann", "/dev/null"), 1, "not a regular file")
        # What is typed where it is not taken is not shown again.
        for wrong in (("phone", "login", ONE, "ann", "--pin", "97531"),
                      ("phone", "login", ONE, "ann", "--pin=97531"),
                      ("phone", "set", ONE, "--ssh-password=97531")):
            r = fails(n.ctl(*wrong), 2)
            assert "97531" not in r.out + r.err, r


def test_the_realm_is_in_files():
    """Which of a user's credentials stand in files goes by it: at once, and that is said."""
    with Node() as n:
        add(n, "ann")
        ok(n.ctl("phone", "profile", "add", "dig", "--enable-digest-authentication", "yes"))
        assert "credentials" not in ok(n.ctl("set", "param", "sip.station_realm", "one")).err
        ok(n.ctl("phone", "add", ONE, "--model", "8861", "--profile", "dig", "--digest-user",
                 "ann"))
        contains(ok(n.ctl("set", "param", "sip.station_realm", "two")).err,
                 "1 phone has credentials of a digest user")
        contains(ok(n.ctl("show", "param", "sip.station_realm")).out, "next file asked for")


main([test_passwords_and_pins, test_secrets_from_pipes_and_in_wrong_places,
      test_the_realm_is_in_files, test_import_and_export,
          test_dry_run_and_files,
          test_wrong_tries_are_limited,
          test_tries_at_once_are_counted_each,
          test_hashes_of_other_systems,
          test_application_users,
          test_a_digest_user_serves_one_phone,
          test_digest_without_credentials_is_refused_however_it_comes,
          test_logging_in_and_out,
          test_logging_in_with_a_pin,
          test_leaving_when_the_one_before_is_not_usable,
          test_the_restart_owed_is_seen_to,
          test_no_core])
