#!/usr/bin/env python3
"""Administrators' commands of CAPF: asking phones, roll-outs, certificates, CTI clients."""
import contextlib
import grp
import json
import os
import pty
import pwd
import re
import sqlite3
import subprocess

from capf_requests import RSA, request
from node import (DEADLINE, Node, Skip, contains, environment, equal, fails, main, ok, program,
                  run, wait_for)

ONE, TWO, OLD = "SEP000000000001", "SEP000000000002", "SEP0000000000FF"


@contextlib.contextmanager
def phones():
    """A node with two phones that can do all, and one that cannot do EC nor has a MIC."""
    with Node() as n:
        n.ec_keys()
        for name, model in ((ONE, "8861"), (TWO, "8861"), (OLD, "7960")):
            ok(n.ctl("phone", "add", name, "--model", model))
        yield n


def capf(n, *words):
    return n.ctl("utils", "capf", *words)


def rows(n, sql, *values, name="phonetrust.db"):
    with contextlib.closing(sqlite3.connect(os.path.join(n.state, name))) as db, db:
        return db.execute(sql, values).fetchall()


def status(n, name):
    return ok(n.ctl("--json", "utils", "capf", "status", name)).json["result"]["owners"][0]


def in_terminal(n, *words, typed=b""):
    """What stands on a terminal afterwards, and the exit status."""
    master, slave = pty.openpty()
    p = subprocess.Popen([program("ctltool"), "--state", n.state, *words], stdin=slave,
                         stdout=slave, stderr=slave, env=environment({"PAGER": "cat"}))
    os.close(slave)
    os.write(master, typed)
    seen = b""
    with contextlib.suppress(OSError):      # the other side is closed
        while piece := os.read(master, 4096):
            seen += piece
    os.close(master)
    return seen.decode(), p.wait(DEADLINE)


def certificate(n, phone, state="current", number=0, kind="phone", instance="", issuer=b""):
    """Any certificate of the state as the phone's or client's."""
    sha256 = rows(n, "SELECT sha256 FROM certificate ORDER BY sha256")[number][0]
    rows(n, "INSERT INTO device_cert VALUES (?, ?, ?, 'lsc', ?, ?, ?, 1795251284, "
         "1795251284)", kind, phone, instance, sha256, issuer, state)
    return sha256.hex()


# --- asking ---

def test_install():
    with phones() as n:
        r = ok(capf(n, "install", ONE, "--key", "rsa3072"))
        contains(r.out, f"on 1 phone ({ONE})")
        contains(r.err, "many models stop at RSA keys of 2048 bits")
        s = status(n, ONE)
        equal((s["operation"], s["authentication_mode"], s["implied"]),
              ("install-upgrade", "by-null-string", False))
        equal((s["progress"], s["outcome"], s["certificate"]), (None, None, None))
        contains(ok(n.ctl("phone", "show", ONE)).out, "Operation    Install/Upgrade")
        contains(ok(n.ctl("phone", "list", "--columns", "name,operation,lsc")).out,
                 f"{ONE}      install-upgrade")
        # The same again is no change, another thing is refused with the cure.
        before = rows(n, "SELECT max(seq) FROM change")
        contains(ok(capf(n, "install", ONE, "--key", "rsa3072")).out, "1 asked already")
        equal(rows(n, "SELECT max(seq) FROM change"), before)
        fails(capf(n, "install", ONE, "--key", "ec384"), 4, f"utils capf cancel {ONE}")
        fails(capf(n, "fetch", ONE), 4, "there is one operation at a time")
        contains(ok(capf(n, "cancel", ONE)).out, "1 of 1 phone")
        equal(status(n, ONE)["operation"], "no-pending-operation")
        ok(capf(n, "fetch", ONE))
        equal(status(n, ONE)["operation"], "troubleshoot")


def test_refused():
    with phones() as n:
        fails(capf(n, "install", OLD, "--key", "ec256"), 4, "not known to make EC keys")
        # Keys by the version of trust lists, too.
        ok(n.ctl("set", "param", "itl.signer_version", "1.0", "--yes"))
        for key in ("ec256", "ec521"):
            fails(capf(n, "install", ONE, "--key", key), 4, "set param itl.signer_version 1.1")
        r = ok(n.ctl("phone", "set", ONE, "--key-order", "ec-preferred-rsa-backup"))
        contains(r.err, "asked for RSA keys before")
        ok(n.ctl("phone", "set", ONE, "--key-order", "default"))
        n.ec_keys()
        ok(capf(n, "install", ONE, "--key", "ec256"))
        fails(n.ctl("set", "param", "itl.signer_version", "1.0", "--yes"), 4, f"phone {ONE}: Key")
        ok(capf(n, "cancel", ONE))
        ok(n.ctl("phone", "set", ONE, "--key-order", "default", "--ec-key-size", "default"))
        fails(capf(n, "install", OLD, "--auth", "existing-lsc"), 4, "no certificate to show")
        fails(capf(n, "install", OLD, "--key", "rsa1024"), 4, "--allow-weak")
        ok(capf(n, "install", OLD, "--key", "rsa1024", "--allow-weak"))
        fails(capf(n, "install", ONE, "--by", "2020-01-01T00:00:00Z"), 2, "has passed")
        fails(capf(n, "install", ONE, "--pause-on-errors", "2"), 2, "--batch")
        fails(capf(n, "install"), 2, "--model MODEL")
        fails(capf(n, "install", "SEP000000000099"), 1, "phone list")
        fails(capf(n, "install", ONE, "--key", "rsa512"), 2, "none of")
        # files are encrypted for RSA keys; the 7960 has none of its maker
        ok(n.ctl("phone", "profile", "add", "enc", "--tftp-encrypted-config", "yes"))
        ok(n.ctl("phone", "set", ONE, "--profile", "enc"))
        ok(capf(n, "install", ONE, "--key", "rsa2048"))
        fails(capf(n, "set", "keysize"), 4, "utils capf install --key")
        # What is offered as a cure is one, whatever a request left behind.
        ok(n.ctl("phone", "set", OLD, "--model", "8861"))
        ok(capf(n, "cancel", OLD))
        ok(capf(n, "install", OLD, "--key", "ec256"))
        ok(capf(n, "cancel", OLD))
        cure = ("--key-order", "rsa-only", "--ec-key-size", "default")
        fails(n.ctl("phone", "set", OLD, "--profile", "enc"), 4, " ".join(cure))
        ok(n.ctl("phone", "set", OLD, "--profile", "enc", *cure))


def test_said_once():
    """Cause and cure, and nothing twice."""
    none, file = "SEP000000000099", "/nonexistent.pem"
    with phones() as n:
        ok(capf(n, "install", ONE, TWO, "--batch", "1"))
        for words, code, part in (
                (("install", none), 1, f"{none}: there is no such phone: \"phone list\""),
                (("install", none, OLD, "--dry-run"), 3, f"{none}: there is no such phone"),
                (("install", ONE, "--by", "tomorrow"), 2, "--by: \"tomorrow\" is no time: give"),
                (("install", TWO, "--key", "ec384", "--batch", "1"), 1,
                 f"{TWO}: it is in roll-out"),
                (("status", "b ad"), 2, "\"b ad\" is neither a phone's name, such as SEP"),
                (("revoke", "b!ad", "--yes"), 2, "neither a phone's name"),
                (("csr", "delete", none, "--yes"), 1, "utils capf csr list"),
                (("cert", "import", file), 1, f"{file}: No such file"),
                (("cert", "import", file), 1, "1 of what was handed in was not taken, for the")):
            r = fails(capf(n, *words), code, part)
            for line in (r.out + r.err).splitlines():
                parts = line.split(": ")
                for a, b in zip(parts, parts[1:]):
                    assert not b.startswith((a, f"phone {a}", f"no phone {a}")), line
        string = n.write("string", b"1234567\n")
        ok(n.ctl("user", "add", "ann"))
        fails(n.ctl("user", "passwd", "ann", string, "--remove"), 2, "leave one out")
        fails(n.ctl("phone", "set", ONE, "--digest-user", "ann"), 4,
              "user set ann --digest-credentials-file FILE")
        fails(n.ctl("phone", "set", ONE, "--digest-user", "bob"), 4,
              "user add bob --digest-credentials-file FILE")
        fails(n.ctl("phone", "list", "--setting", "ssh-password=x"), 2, "leave it out")


def test_several():
    """Who cannot is named, the others go in."""
    with phones() as n:
        r = fails(n.ctl("--json", "utils", "capf", "install", "--all", "--key", "ec256"), 3)
        got = r.json["result"]
        equal((got["phones"], got["asked"], got["refused"]), (3, 2, 1))
        equal(got["refused_phones"][0]["name"], OLD)
        r = fails(capf(n, "install", "--all", "--key", "ec256"), 3, "2 asked already")
        contains(r.err, f"{OLD}: 7960 is not known to make EC keys")
        fails(capf(n, "install", "--model", "7960", "--key", "ec256"), 4)
        contains(ok(capf(n, "cancel", "--all")).out, "2 of 3 phones")
        contains(ok(capf(n, "install", "--model", "8851")).out, "no such phone")
        fails(capf(n, "install", "--model", "88661"), 1, "show models")
        # One that is not known here may yet be what phones are.
        ok(n.ctl("phone", "add", "SEP000000000003", "--model", "Other9"))
        fails(capf(n, "install", "--model", "Other9"), 4, "SEP000000000003")
        fails(n.ctl("phone", "logout"), 2, "which ones: --all")
        equal("--model" in n.ctl("phone", "logout").err, False)


def test_rehearsed():
    with phones() as n:
        before = rows(n, "SELECT * FROM phone_setting"), rows(n, "SELECT * FROM phone_secret")
        r = ok(capf(n, "install", "--all", "--auth", "auth-string", "--dry-run", "--print"))
        contains(r.out, "3 of 3 phones asked")
        assert not re.search("[0-9]{8}\n", r.out), r.out
        equal((rows(n, "SELECT * FROM phone_setting"), rows(n, "SELECT * FROM phone_secret")),
              before)


def test_delete_asks():
    with phones() as n:
        fails(capf(n, "delete", ONE), 1, "add --yes")
        equal(status(n, ONE)["operation"], "no-pending-operation")
        seen, code = in_terminal(n, "utils", "capf", "delete", ONE, typed=b"n\n")
        equal(code, 1)
        contains(seen, f"Delete the certificate of 1 phone ({ONE})?")
        assert "Effect" not in seen, seen
        ok(capf(n, "delete", ONE, "--yes"))
        equal(status(n, ONE)["operation"], "delete")


def test_nothing_is_promised_that_is_refused():
    """What phones were found unable to do when it was written, too."""
    with phones() as n:
        ok(n.ctl("phone", "profile", "add", "enc", "--tftp-encrypted-config", "yes"))
        ok(n.ctl("phone", "set", ONE, TWO, "--profile", "enc"))
        string = n.write("string", b"1234567\n")
        for words in ((ONE, "--auth", "existing-lsc", "--string-file", string),
                      (ONE, "--key", "ec384"), (ONE, TWO, "--key", "ec384"),
                      ("--all", "--key", "ec384", "--batch", "2")):
            r = fails(capf(n, "install", *words), 4)
            assert "Effect" not in r.out and "until" not in r.out, r.out
            contains(r.err, "add --auth auth-string" if string in words else "rsa-only")
        equal(rows(n, "SELECT count(*) FROM rollout"), [(0,)])
        contains(ok(capf(n, "install", ONE, TWO, "--dry-run")).out, f"on 2 phones ({ONE}, {TWO})")


def test_thousands():
    """In transactions of 1,000, all with a string of their own."""
    with Node() as n:
        path = os.path.join(n.work, "many.csv")
        with open(path, "w", encoding="ascii") as f:
            f.write("name,model\n")
            f.writelines(f"SEP{i:012X},8861\n" for i in range(2500))
        ok(n.ctl("phone", "import", path))
        # Refused for one reason, which is told once.
        r = fails(capf(n, "install", "--all", "--key", "rsa1024"), 4)
        contains(r.err, "2500 phones (SEP000000000000, SEP000000000001, ")
        equal(r.err.count("--allow-weak"), 1)
        got = ok(n.ctl("--json", "utils", "capf", "install", "--all", "--auth", "auth-string",
                       "--print")).json["result"]
        equal((got["asked"], got["strings_made"], len(got["strings"])), (2500, 2500, 2500))
        assert len({s["string"] for s in got["strings"]}) > 2490
        equal(rows(n, "SELECT count(*) FROM audit WHERE command = 'utils capf install'"), [(3,)])
        equal(rows(n, "SELECT count(*) FROM phone_secret"), [(2500,)])
        totals = ok(n.ctl("--json", "utils", "capf", "status", "--failed")).json["result"]
        equal((totals["owners"], totals["totals"]["pending"]), ([], 2500))


# --- authentication strings ---

def test_strings():
    with phones() as n:
        r = ok(capf(n, "install", ONE, "--auth", "auth-string"))
        contains(r.err, "utils capf authstring")
        assert not re.search("[0-9]{8}\n", r.out), r.out
        contains(ok(capf(n, "authstring", ONE)).out, "set")
        text = ok(capf(n, "authstring", ONE, "--print")).out.split()[-1]
        assert re.fullmatch("[0-9]{8}", text), text
        other = ok(capf(n, "authstring", ONE, "--generate", "--print")).out.split()[-1]
        assert re.fullmatch("[0-9]{8}", other) and other != text
        equal(ok(capf(n, "authstring", ONE, "--print")).out.split()[-1], other)
        # Who saw and made them is known, what they are is not.
        said = rows(n, "SELECT detail FROM audit WHERE command = 'utils capf authstring'")
        equal([d for (d,) in said], [f"{ONE}: shown", f"{ONE}: made", f"{ONE}: shown"])
        with contextlib.closing(sqlite3.connect(os.path.join(n.state, "phonetrust.db"))) as db:
            dump = "\n".join(db.iterdump())
        assert text not in dump and other not in dump
        contains(ok(capf(n, "authstring", ONE, "--remove", "--yes")).out, "removed")
        contains(ok(capf(n, "authstring", ONE)).out, "none")
        # Nothing to remove is nothing to ask about.
        r = ok(capf(n, "authstring", ONE, "--remove"))
        assert "Effect" not in r.out + r.err, r
        fails(capf(n, "authstring", ONE, "--print", "--remove"), 2, "contradict")
        fails(capf(n, "authstring", TWO, "--generate"), 4, "--authentication-mode")
        fails(capf(n, "authstring", ONE, "--generate", "--remove"), 2, "contradict")


def test_string_given():
    with phones() as n:
        def given(text, *phone):
            return n.ctl("utils", "capf", "install", *phone, "--auth", "auth-string",
                         "--string-file", "-", data=text)

        fails(given(b"123\n", ONE), 2, "4 to 15 digits")
        fails(given(b"12ab56\n", ONE), 2, "4 to 15 digits")
        fails(given(b"1234\n", ONE, TWO), 2, "for one phone")
        ok(given(b"123456789012345\n", ONE))
        equal(ok(capf(n, "authstring", ONE, "--print")).out.split()[-1], "123456789012345")
        # The same is the same.
        contains(ok(given(b"123456789012345\n", ONE)).out, "1 asked already")
        fails(n.ctl("utils", "capf", "fetch", TWO, "--string-file", "-", data=b"12345678\n"), 4,
              "--auth auth-string")


def test_on_a_terminal():
    with phones() as n:
        seen, code = in_terminal(n, "utils", "capf", "install", ONE, "--auth", "auth-string")
        equal(code, 0)
        text = re.search(f"  {ONE} +([0-9]{{8}})", seen)
        assert text, seen
        equal(ok(capf(n, "authstring", ONE, "--print")).out.split()[-1], text[1])
        seen, code = in_terminal(n, "utils", "capf", "set", "keep_alive", typed=b"33\n")
        equal(code, 0)
        contains(seen, "5 to 60 (now 15)")
        contains(ok(n.ctl("show", "param", "capf.keep_alive_minutes")).out, "= 33 min")
        fails(capf(n, "set", "keep_alive"), 2, "nobody to ask")
        fails(capf(n, "set", "keep_alive", "4"), 2, "from 5 to 60")


def test_roles():
    """Strings are the owner's."""
    if os.geteuid() != 0:
        raise Skip("only root can be another account")
    nobody = pwd.getpwnam("nobody")
    with phones() as n:
        ok(n.ctl("set", "param", "role.operator_groups", grp.getgrgid(nobody.pw_gid).gr_name))

        def as_nobody(*words):
            return run(program("ctltool"), "--state", n.state, "utils", "capf", *words,
                       env={"SUDO_UID": str(nobody.pw_uid)})

        ok(as_nobody("install", ONE, "--auth", "auth-string"))
        ok(as_nobody("status"))
        fails(as_nobody("authstring", ONE, "--print"), 4, "owner")
        fails(as_nobody("set", "keep_alive", "20"), 4, "owner")
        ok(n.ctl("set", "param", "role.viewer_groups", grp.getgrgid(nobody.pw_gid).gr_name))
        ok(n.ctl("set", "param", "role.operator_groups", ""))
        fails(as_nobody("cancel", ONE), 4, "operator")
        ok(as_nobody("status", ONE))


# --- roll-outs ---

def test_rollout():
    with phones() as n:
        got = ok(n.ctl("--json", "utils", "capf", "install", "--all", "--batch", "2",
                       "--pause-on-errors", "1")).json["result"]
        name = got["rollout"]
        equal((got["phones"], got["asked"], got["waiting"]), (3, 2, 1))
        seen = ok(n.ctl("--json", "watch", "rollout", "--once")).json["result"]
        equal((seen["rollout"], seen["state"], seen["asked"], seen["waiting"]),
              (name, "running", 2, 1))
        equal([p["name"] for p in seen["phones"]], [ONE, TWO])
        equal((status(n, TWO)["operation"], status(n, OLD)["operation"]),
              ("install-upgrade", "no-pending-operation"))
        # Who has forgotten its name finds it.
        for words in ((), (OLD,)):
            contains(ok(capf(n, "status", *words)).out,
                     f"Roll-out {name}: running, 0 done, 0 failed, 2 asked, 1 wait")
            got = ok(n.ctl("--json", "utils", "capf", "status", *words)).json["result"]
            equal([(r["rollout"], r["total"], r["waiting"]) for r in got["rollouts"]],
                  [(name, 3, 1)])
        contains(ok(capf(n, "resume", name)).out, "is running already")
        contains(ok(capf(n, "pause", name)).out, "is paused:")
        again = ok(n.ctl("--json", "utils", "capf", "pause", name)).json
        equal((again["result"]["state"], again["result"]["asked"]), ("paused", 0))
        contains(ok(capf(n, "pause", name)).out, "is paused already")
        contains(ok(capf(n, "resume", name)).out, "is running:")
        contains(ok(capf(n, "resume", name, "--next")).out, "1 phone asked now")
        equal(status(n, OLD)["operation"], "install-upgrade")
        contains(ok(n.ctl("watch", "rollout", name, "--once")).out, "0 done, 0 failed, 3 asked")
        contains(ok(capf(n, "cancel", name)).out, "taken back from 3 phones")
        equal(status(n, ONE)["operation"], "no-pending-operation")
        contains(ok(n.ctl("watch", "rollout", name, "--once")).out, "0 asked, 3 cancelled, of 3")
        contains(ok(capf(n, "cancel", name)).out, "is cancelled already: taken back from 0")
        assert name not in ok(capf(n, "status")).out
        fails(capf(n, "pause", name), 1, "cancelled")
        fails(n.ctl("watch", "rollout", "20200101-000000-0000", "--once"), 1, "no roll-out")
        fails(capf(n, "pause", "20200101-000000-0000"), 1, "no roll-out")


def test_rollout_asked_for_again():
    """Changes nothing, also for those that wait; another one is refused them."""
    with phones() as n:
        words = ("install", "--all", "--auth", "auth-string", "--batch", "1", "--by",
                 "2099-11-30T18:00:00Z")
        ok(capf(n, *words))
        before = rows(n, "SELECT max(seq) FROM change")
        r = ok(capf(n, *words))
        contains(r.out, "0 of 3 phones asked; 3 asked already")
        assert "refused" not in r.err and "roll-out" not in r.out, r
        equal(rows(n, "SELECT max(seq) FROM change"), before)
        for other in (words[:-1] + ("2099-12-30T18:00:00Z",), words[:-2] + ("--key", "rsa3072")):
            contains(fails(capf(n, *other), 3 if "--key" not in other else 4).err,
                     f"2 phones ({TWO}, {OLD}): it is in roll-out")


def test_rollout_without_one():
    """A phone that waits is taken out, with its string; others have their turn."""
    with phones() as n:
        name = ok(n.ctl("--json", "utils", "capf", "install", "--all", "--auth", "auth-string",
                        "--batch", "1", "--pause-on-errors", "1")).json["result"]["rollout"]
        contains(ok(capf(n, "cancel", TWO)).out, "1 of 1 phone")
        contains(ok(capf(n, "cancel", TWO)).out, "0 of 1 phone")
        contains(ok(capf(n, "authstring", TWO)).out, "none")
        ok(capf(n, "resume", name, "--next"))
        equal([status(n, p)["operation"] for p in (ONE, TWO, OLD)],
              ["install-upgrade", "no-pending-operation", "install-upgrade"])
        seen = ok(n.ctl("--json", "watch", "rollout", "--once")).json["result"]
        equal((seen["state"], seen["errors"], seen["failed"]), ("running", 0, 1))
        contains([p["reason"] for p in seen["phones"] if p["name"] == TWO][0], "taken out of it")


def test_rollout_and_other_operations():
    """A phone of which something else is asked meanwhile keeps that."""
    with phones() as n:
        name = ok(n.ctl("--json", "utils", "capf", "install", ONE, TWO, "--batch",
                        "1")).json["result"]["rollout"]
        ok(capf(n, "fetch", TWO))
        ok(capf(n, "resume", name, "--next"))
        equal(status(n, TWO)["operation"], "troubleshoot")
        seen = ok(n.ctl("--json", "watch", "rollout", "--once")).json["result"]
        equal((seen["asked"], seen["failed"]), (1, 1))
        contains([p["reason"] for p in seen["phones"] if p["name"] == TWO][0],
                 "Troubleshoot is pending until")
        ok(capf(n, "cancel", name))
        equal(status(n, TWO)["operation"], "troubleshoot")


def test_rollout_is_watched_to_its_end():
    with phones() as n:
        name = ok(n.ctl("--json", "utils", "capf", "install", ONE, TWO, "--batch",
                        "1")).json["result"]["rollout"]
        p = subprocess.Popen([program("ctltool"), "--state", n.state, "--json", "watch",
                              "rollout", "--interval", "0.1"], stdout=subprocess.PIPE,
                             env=environment())
        first = json.loads(p.stdout.readline())["result"]
        equal((first["rollout"], first["asked"], first["waiting"]), (name, 1, 1))
        # A phone that is taken back counts as failed; the next one is asked.
        ok(capf(n, "cancel", ONE))
        wait_for("the next one", lambda: json.loads(p.stdout.readline())["result"]["waiting"] == 0)
        ok(capf(n, "cancel", TWO))
        last = [json.loads(line)["result"] for line in p.stdout][-1]
        equal((last["state"], last["failed"], last["total"]), ("done", 2, 2))
        equal(p.wait(DEADLINE), 0)
        p.stdout.close()
        contains(ok(n.ctl("watch", "rollout")).out, "100%")
        r = ok(capf(n, "install", ONE, TWO, "--batch", "1"))
        contains(r.out, "Install/Upgrade: 1 of 2 phones asked now, 1 wait, until")
        contains(r.out, ": 1 at a time; watch rollout")


def test_rollout_skips():
    with phones() as n:
        r = fails(n.ctl("--json", "utils", "capf", "install", "--all", "--key", "ec384", "--batch",
                        "1"), 3)
        got = r.json["result"]
        equal((got["asked"], got["waiting"], got["refused"]), (1, 1, 1))
        equal(r.json["result"]["refused_phones"][0]["name"], OLD)
        # what is in hand is no part of another one
        r = fails(capf(n, "install", "--all", "--key", "ec384", "--batch", "5"), 3)
        contains(r.out, "0 of 3 phones asked; 2 asked already; 1 refused")
        equal(rows(n, "SELECT count(*) FROM rollout"), [(1,)])


# --- certificates ---

def test_certificates():
    with phones() as n:
        first = certificate(n, ONE)
        certificate(n, TWO, "superseded", 1)
        got = ok(n.ctl("--json", "utils", "capf", "lsc", "list")).json["result"]
        equal([(c["name"], c["sha256"]) for c in got["certificates"]], [(ONE, first)])
        issuer = re.search("CN=([^;]*)", got["certificates"][0]["issuer"])[1]
        equal(ok(n.ctl("--json", "utils", "capf", "lsc", "list", "--issuer",
                       issuer)).json["result"]["count"], 1)
        contains(ok(capf(n, "lsc", "list", "--issuer", "other")).out, "0 certificates")
        contains(ok(capf(n, "lsc", "list", "--expiring", "1")).out, "0 certificates")
        contains(ok(capf(n, "lsc", "list", "--expiring", "36500")).out, "1 certificate")
        contains(ok(capf(n, "lsc", "list", "--with-state", "superseded")).out, TWO)
        equal(status(n, ONE)["certificate"]["sha256"], first)
        contains(ok(n.ctl("phone", "show", ONE)).out, "Certificate  LSC of")
        assert ok(n.ctl("--json", "phone", "list", "--columns", "name,lsc", "--name",
                        ONE)).json["result"]["phones"][0]["lsc_until"] is not None

        fails(capf(n, "revoke", ONE), 1, "add --yes")
        r = ok(capf(n, "revoke", ONE, "--yes"))
        contains(r.out, f"utils capf install {ONE}")
        equal(status(n, ONE)["certificate"], None)
        fails(capf(n, "revoke", ONE, "--yes"), 1, "no current certificate")
        contains(ok(capf(n, "revoke", first.upper(), "--yes")).out, "0 revoked")
        fails(capf(n, "revoke", "00" * 32, "--yes"), 1, "lsc list")
        equal(rows(n, "SELECT detail FROM audit WHERE command = 'utils capf revoke'"), [(ONE,)])
        certificate(n, "ann", number=2, kind="user", instance="pc1")
        # Its profile is gone, which certificates outlive.
        contains(ok(capf(n, "revoke", "ann.pc1", "--yes")).out,
                 "utils capf profile add ann pc1 --kind user --operation install-upgrade")
        ok(n.ctl("user", "add", "ann"))
        ok(capf(n, "profile", "add", "ann", "pc1", "--kind", "user"))
        certificate(n, "ann", number=3, kind="user", instance="pc1")
        contains(ok(capf(n, "revoke", "ann.pc1", "--yes")).out,
                 "utils capf profile set ann pc1 --kind user --operation install-upgrade")


def test_issuers_of_one_name():
    """CAPF is renewed and keeps its name: its generations are told apart."""
    with phones() as n:
        ok(n.ctl("set", "cert", "regen", "CAPF", "--yes"))
        capfs = rows(n, "SELECT sha256, generation FROM own WHERE unit = 'CAPF' "
                     "ORDER BY generation")
        equal([g for _, g in capfs], [1, 2])
        # both say in their own certificate who issued it: their common name is one
        every = [s for s, in rows(n, "SELECT sha256 FROM certificate ORDER BY sha256")]
        for phone, (sha256, _) in zip((ONE, TWO), capfs):
            certificate(n, phone, number=every.index(sha256), issuer=sha256)

        def listed(which):
            r = ok(n.ctl("--json", "utils", "capf", "lsc", "list", "--issuer", which)).json
            return [c["name"] for c in r["result"]["certificates"]], r["warnings"]

        both = ok(n.ctl("--json", "utils", "capf", "lsc", "list")).json["result"]["certificates"]
        equal([(c["name"], c["issuer_sha256"], c["issuer_generation"]) for c in both],
              [(ONE, capfs[0][0].hex(), 1), (TWO, capfs[1][0].hex(), 2)])
        name = re.search("CN=([^;]*)", both[0]["issuer"])[1]
        found, warnings = listed(name)
        equal(found, [ONE, TWO])
        contains(warnings[0], "2 CAs have the common name")
        for phone, (sha256, generation) in zip((ONE, TWO), capfs):
            for which in (str(generation), sha256.hex(), sha256.hex()[:8].upper()):
                equal(listed(which), ([phone], []))
        text = ok(capf(n, "lsc", "list")).out
        contains(text, f"{capfs[0][0].hex()[:8]} 1 ")
        equal(listed("3"), ([], []))


def test_stale():
    with phones() as n:
        for i in range(3):
            rows(n, "INSERT INTO capf_issued (sha256, kind, name, instance, at, der) VALUES "
                 "(?, 'phone', ?, '', ?, x'3000')", bytes([i]) * 32, ONE, 1000 + i,
                 name="observed.db")
        contains(ok(capf(n, "stale-lsc", "list")).out, "3 certificates sent and never confirmed")
        fails(capf(n, "stale-lsc", "delete", "00" * 32), 1, "add --yes")
        ok(capf(n, "stale-lsc", "delete", "00" * 32, "--yes", "--dry-run"))
        contains(ok(capf(n, "stale-lsc", "delete", "00" * 32, "--yes")).out, "1 removed")
        fails(capf(n, "stale-lsc", "delete", "all", "x", "--yes"), 2, "64 hexadecimal digits")
        contains(ok(capf(n, "stale-lsc", "delete", "all", "--yes")).out, "2 removed")
        contains(ok(capf(n, "stale-lsc", "list")).out, "0 certificates")
        # Nothing is asked about what is not there, and a name is a name.
        r = ok(capf(n, "stale-lsc", "delete", "all"))
        equal((r.out, r.err), ("0 removed\n", ""))
        r = fails(capf(n, "stale-lsc", "delete", "00" * 32), 1, "stale-lsc list")
        assert "Effect" not in r.out + r.err, r


def test_status_tells():
    """How it goes is the node's, what came of it the cluster's."""
    with phones() as n:
        ok(capf(n, "install", ONE))
        rows(n, "INSERT INTO capf_progress (kind, name, instance, operation, step, tries, wrong, "
             "reason, address, session, since, at, next_at, until, unproved) SELECT 'phone', ?, '', "
             "'install-upgrade', 'key', 2, 1, 'connection was cut', '192.0.2.7', 7, 1795251284, "
             "1795251300, 1795251330, 0, 3", ONE, name="observed.db")
        rows(n, "INSERT INTO capf_outcome VALUES ('phone', ?, '', 'delete', 'failed', "
             "'phone said no', 'cm1', 1795251284)", TWO)
        s = status(n, ONE)["progress"]
        equal((s["step"], s["tries"], s["unproved"], s["wrong_strings"], s["reason"]),
              ("key", 2, 3, 1, "connection was cut"))
        r = ok(capf(n, "status", ONE)).out
        for part in ("Step         key", "Tries        2, of 192.0.2.7", "connection was cut",
                     "Not proved   3, 1 with a wrong string", "Next try     2026-"):
            contains(r, part)
        contains(ok(capf(n, "status", TWO)).out, "Delete failed")
        got = ok(n.ctl("--json", "utils", "capf", "status", "--failed")).json["result"]
        equal([o["name"] for o in got["owners"]], [ONE, TWO])
        equal(got["totals"], {"owners": 3, "pending": 1, "failed": 2, "unasked": 0,
                                "with_certificate": 0})
        # Who is asked anew has not failed at that.
        ok(capf(n, "delete", TWO, "--yes"))
        got = ok(n.ctl("--json", "utils", "capf", "status", "--failed")).json["result"]
        equal([o["name"] for o in got["owners"]], [ONE])
        equal(got["totals"], {"owners": 3, "pending": 2, "failed": 1, "unasked": 0,
                                "with_certificate": 0})
        contains(ok(capf(n, "status", "--pending")).out, "key")
        fails(capf(n, "status", ONE, "--pending"), 2)
        fails(capf(n, "status", "nobody"), 1)
        fails(capf(n, "status", "nobody.1"), 1)
        # Nor is it at the try that ended the one before.
        rows(n, "INSERT INTO capf_outcome VALUES ('phone', ?, '', 'install-upgrade', 'failed', "
             "'phone said no', 'cm1', 1795251300)", ONE)
        got = ok(n.ctl("--json", "utils", "capf", "status", "--failed")).json["result"]
        equal((got["owners"], got["totals"]["failed"], status(n, ONE)["progress"]), ([], 0, None))


# --- CTI clients ---

def test_clients():
    with Node() as n:
        ok(n.ctl("user", "add", "ann"))

        def profile(verb, *words, who=("ann", "pc1", "--kind", "user")):
            return n.ctl("--json", "utils", "capf", "profile", verb, *who, *words)

        fails(profile("add", "--operation", "install-upgrade"), 4, "--generate-string")
        got = ok(profile("add", "--operation", "install-upgrade", "--generate-string",
                         "--print")).json["result"]
        assert re.fullmatch("[0-9]{8}", got["string"])
        equal((got["operation"], got["string_set"]), ("install-upgrade", True))
        with contextlib.closing(sqlite3.connect(os.path.join(n.state, "phonetrust.db"))) as db:
            assert got["string"] not in "\n".join(db.iterdump())
        # Strings of clients as those of phones: by USER.INSTANCE.
        equal(ok(capf(n, "authstring", "ann.pc1", "--print")).out.split()[-1], got["string"])
        new = ok(n.ctl("--json", "utils", "capf", "authstring", "ann.pc1", "--generate",
                       "--print")).json["result"]["owners"][0]
        equal((new["kind"], new["name"], new["changed"]), ("user", "ann.pc1", True))
        assert new["string"] != got["string"]
        equal(ok(capf(n, "authstring", "ann.pc1", "--print")).out.split()[-1], new["string"])
        r = fails(capf(n, "authstring", "ann.pc1", "--remove", "--yes"), 4, "take that back first")
        assert "Effect" not in r.out + r.err, r
        fails(capf(n, "authstring", "ann.pc2"), 1, "no client ann.pc2")
        ok(profile("set", "--operation", "no-pending-operation"))
        contains(ok(capf(n, "authstring", "ann.pc1", "--remove", "--yes")).out, "removed")
        contains(ok(capf(n, "authstring", "ann.pc1")).out, "none")
        ok(profile("set", "--operation", "install-upgrade", "--generate-string"))
        ok(profile("set", "--key-order", "ec-only", "--ec-key-size", "521"))
        fails(profile("set", "--rsa-key-size", "2048"), 4, "does not go with Key Order")
        fails(profile("set", "--rsa-key-size", "1024", "--key-order", "rsa-only"), 4,
              "--allow-weak")
        fails(profile("add", who=("bob", "1", "--kind", "user")), 1, "no end user bob")
        fails(profile("add", who=("ann", "a-b", "--kind", "user")), 2, "instance id")
        fails(profile("show", who=("ann", "pc2", "--kind", "user")), 1, "profile list")
        shown = ok(profile("show")).json["result"]
        equal((shown["ec_key_size"], shown["status"]["operation"]), (521, "install-upgrade"))
        equal(status(n, "ann.pc1")["kind"], "user")
        contains(ok(capf(n, "status")).out, "ann.pc1")
        fails(profile("remove"), 1, "add --yes")
        ok(profile("remove", "--yes"))
        contains(ok(capf(n, "profile", "list")).out, "0 CAPF profiles")


# --- at the prompt ---

def test_completion():
    with phones() as n:
        def offered(line):
            return ok(run(program("ctltool"), "complete", f"ctltool --state {n.state} {line}")
                      ).out.split()

        contains(offered("utils capf "), "authstring")
        contains(offered("capf install --auth e"), "existing-lsc")
        equal(offered(f"capf status {ONE[:-1]}"), [ONE, TWO])
        equal(offered("capf install --batc"), ["--batch"])
        name = ok(n.ctl("--json", "utils", "capf", "install", ONE, "--batch",
                        "1")).json["result"]["rollout"]
        equal(offered("watch rollout "), [name])
        equal(offered("capf cancel 2"), [])
        # Only those of whom a CA is asked.
        equal(offered("utils capf csr delete "), ["all"])
        request(n, **{RSA: "ec"})
        equal(offered("utils capf csr delete "), ["all", RSA])
        equal(offered("utils capf csr delete S"), [RSA])


if __name__ == "__main__":
    main([test_install, test_refused, test_said_once, test_several, test_rehearsed, test_delete_asks,
          test_nothing_is_promised_that_is_refused,
          test_thousands, test_strings, test_string_given, test_on_a_terminal, test_roles, test_rollout,
          test_rollout_asked_for_again, test_rollout_without_one, test_rollout_and_other_operations,
          test_rollout_is_watched_to_its_end, test_rollout_skips, test_certificates, test_issuers_of_one_name, test_stale,
          test_status_tells, test_clients, test_completion])
