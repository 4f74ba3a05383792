#!/usr/bin/env python3
"""Phones and their digest users, as administrators add, change, import and export them."""
import json
import os
import pty
import signal
import sqlite3
import subprocess
import sys
import termios
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from node import DEADLINE, Node, contains, environment, equal, fails, main, ok, program, wait_for

ONE, TWO = "SEP000000000001", "SEP000000000002"
XML = "<device><a/></device>"


def result(got):
    return ok(got).json["result"]


def phones(n, *options):
    return result(n.ctl("phone", "list", "--json", *options))["phones"]


def names(n, *options):
    return [p["name"] for p in phones(n, *options)]


def show(n, name):
    return result(n.ctl("phone", "show", name, "--json"))


def value(n, name, option):
    got = show(n, name)["settings"][option]
    return got["value"], got["from"]


def write(n, name, text, mode="w"):
    path = os.path.join(n.work, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, mode, encoding="utf-8" if "b" not in mode else None) as f:
        f.write(text)
    return path


def add_ann(n, password=b"s3cret\n"):
    return result(n.ctl("user", "add", "ann", "--digest-credentials-file", "-", "--json",
                        data=password))


def test_life_of_a_phone():
    with Node() as n:
        add = ("phone", "add", ONE, "--model", "CP-8861", "--description", "café", "--web-access",
               "full", "--json")
        made = result(n.ctl(*add))
        equal((made["name"], made["model"], made["protocol"], made["added"], made["origin"]),
              (ONE, "8861", "SIP", True, "command"))
        equal(result(n.ctl(*add))["added"], False, "again the same")
        fails(n.ctl("phone", "add", ONE, "--web-access", "read-only"), 1, "phone set")
        equal(value(n, ONE, "web-access"), ("full", "phone"))
        got = result(n.ctl("phone", "set", ONE, "--web-access", "default", "--pc-port", "no",
                           "--json"))
        equal((got["phones"], got["changed"], got["changed_names"]), (1, 1, [ONE]))
        equal(value(n, ONE, "web-access")[1], "default")
        equal(value(n, ONE, "pc-port"), ("disabled", "phone"))
        again = result(n.ctl("phone", "set", ONE, "--pc-port", "disabled", "--json"))
        equal(again["changed"], 0)
        ok(n.ctl("phone", "profile", "add", "enc", "--device-security-mode", "encrypted"))
        got = fails(n.ctl("phone", "set", ONE, "--profile", "enc"), 4, "needs a certificate")
        contains(got.err, "utils capf install " + ONE)
        equal(show(n, ONE)["profile"], "Standard SIP Non-Secure Profile")
        ok(n.ctl("phone", "set", ONE, "--profile", "enc", "--when-ready"))
        fails(n.ctl("phone", "set", ONE, "--secure-when-ready", "default"), 4, "certificate")
        equal(show(n, ONE)["profile"], "enc")
        fails(n.ctl("phone", "profile", "remove", "enc", "--yes"), 4, ONE)
        ok(n.ctl("phone", "set", ONE, "--profile", "default"))
        equal(show(n, ONE)["profile"], "Standard SIP Non-Secure Profile")
        config = write(n, "x.xml", XML)
        ok(n.ctl("phone", "set", ONE, "--config", config))
        contains(ok(n.ctl("phone", "show", ONE)).out, "own, ")
        ok(n.ctl("phone", "set", ONE, "--config", "none"))
        equal(show(n, ONE)["config"], None)
        fails(n.ctl("phone", "remove", ONE), 1, "--yes")
        ok(n.ctl("phone", "remove", ONE, "--yes"))
        equal(names(n), [])


def test_wrong_values_are_refused_where_typed():
    with Node() as n:
        fails(n.ctl("phone", "add", "1x"), 2, "phone name")
        fails(n.ctl("phone", "add", ONE, "--model", "88 61"), 2, "not a model")
        fails(n.ctl("phone", "add", ONE, "--web-access", "maybe"), 2, "Web Access")
        fails(n.ctl("phone", "add", ONE, "--profile", "nosuch"), 1, "phone profile list")
        fails(n.ctl("phone", "add", ONE, "--device-security-mode", "encrypted"), 2, "no option")
        fails(n.ctl("phone", "add", ONE, "--model", "7960", "--protocol", "SCCP",
                    "--directory-number", "1"), 4, "not applicable to 7960/SCCP")
        fails(n.ctl("phone", "add", ONE, "--template", "hardened", "--profile", "x"), 2,
              "leave out --profile")
        fails(n.ctl("phone", "set", ONE), 1, "phone list")
        fails(n.ctl("phone", "set", "--pc-port", "no"), 2, "--all")
        fails(n.ctl("phone", "set", ONE, "--all", "--pc-port", "no"), 2, "not both")
        fails(n.ctl("phone", "copy", ONE, TWO), 1, "no phone " + ONE)
        equal(names(n), [])


def test_several_at_once():
    with Node() as n:
        for name, model in ((ONE, "8861"), (TWO, "8861"), ("lobby", "7960")):
            ok(n.ctl("phone", "add", name, "--model", model))
        got = result(n.ctl("phone", "set", ONE, "lobby", "--pc-port", "no", "--json"))
        equal((got["phones"], got["changed_names"]), (2, [ONE, "lobby"]))
        got = result(n.ctl("phone", "set", "--of-model", "8861", "--pc-port", "no", "--json"))
        equal((got["phones"], got["changed_names"]), (2, [TWO]))
        said = ok(n.ctl("phone", "set", "--all", "--idle-timer", "60", "--dry-run"))
        contains(said.out, "3 of 3 phones changed")
        equal(value(n, ONE, "idle-timer")[1], "default", "a dry run changes nothing")
        standard = "Standard SIP Non-Secure Profile"
        equal(result(n.ctl("phone", "set", "--of-profile", standard, "--idle-timer", "60",
                           "--json"))["changed"], 3)
        # all of them or none: one cannot take it
        ok(n.ctl("phone", "profile", "add", "enc", "--device-security-mode", "encrypted",
                 "--secure-when-ready", "yes", "--key-order", "ec-only"))
        fails(n.ctl("phone", "set", "--all", "--profile", "enc"), 4, "7960")
        equal({p["profile"] for p in phones(n)}, {standard})


def test_templates():
    with Node() as n:
        # Secure at once: not before the phone has its certificate.
        fails(n.ctl("phone", "add", ONE, "--model", "8861", "--template", "hardened"), 4,
              "--secure-when-ready yes")
        equal(names(n), [])
        ok(n.ctl("phone", "add", "d", "--model", "8861", "--template", "secure-when-ready"))
        ok(n.ctl("phone", "remove", "d", "--yes"))
        got = ok(n.ctl("phone", "add", ONE, "--model", "8861", "--template", "hardened",
                       "--secure-when-ready", "yes"))
        contains(got.out, "profile hardened added")
        equal(value(n, ONE, "web-access"), ("disabled", "profile"))
        ok(n.ctl("phone", "add", TWO, "--model", "8861", "--template", "hardened",
                 "--secure-when-ready", "yes"))
        equal([p["profile"] for p in phones(n)], ["hardened", "hardened"])
        ok(n.ctl("phone", "add", "c", "--template", "plain", "--protocol", "SCCP"))
        equal(show(n, "c")["profile"], "plain SCCP")


def test_secrets_stay_secret():
    with Node() as n:
        pw = write(n, "pw", "4711471147\n")
        ok(n.ctl("phone", "add", ONE, "--model", "8861", "--phone-password-file", pw))
        equal(result(n.ctl("phone", "set", ONE, "--phone-password-file", pw, "--json"))
              ["changed"], 0, "the same secret is no change")
        ok(n.ctl("phone", "set", ONE, "--ssh-password-file", "-", data=b"Sw0rdfish\n"))
        shown = show(n, ONE)
        equal(shown["settings"]["ssh-password"],
              {"name": "Secure Shell Password", "value": None, "from": "phone", "secret": True})
        contains(ok(n.ctl("phone", "show", ONE)).out, "(set)")
        fails(n.ctl("phone", "set", ONE, "--phone-password-file", "-", data=b"12 34\n"), 2,
              "not taken")
        fails(n.ctl("phone", "set", ONE, "--phone-password", "123"), 2, "no option")
        fails(n.ctl("phone", "set", ONE, "--phone-password-file", "-", data=b"\n"), 2, "empty")
        got = ok(n.ctl("phone", "copy", ONE, TWO))
        contains(got.err, "2 secrets")
        equal(show(n, TWO)["settings"]["ssh-password"]["from"], "default")
        equal(result(n.ctl("phone", "copy", ONE, "c", "--with-secrets", "--json"))
              ["secrets_left_out"], 0)
        equal(show(n, "c")["settings"]["ssh-password"]["from"], "phone")
        got = ok(n.ctl("phone", "export"))
        contains(got.err, "4 secrets")
        for text in (got.out, ok(n.ctl("run", "sql", "select * from device")).out,
                     str(shown)):
            assert "Sw0rdfish" not in text and "4711471147" not in text
        for root, _, files in os.walk(n.state):
            for name in files:
                with open(os.path.join(root, name), "rb") as f:
                    data = f.read()
                assert b"Sw0rdfish" not in data and b"4711471147" not in data, name
        ok(n.ctl("phone", "set", ONE, "--ssh-password-file", "none"))
        equal(show(n, ONE)["settings"]["ssh-password"]["from"], "default")


def test_lists():
    with Node() as n:
        ok(n.ctl("phone", "add", ONE, "--model", "8861", "--description", "Desk one",
                 "--web-access", "full"))
        ok(n.ctl("phone", "add", TWO, "--model", "7960", "--protocol", "SCCP"))
        ok(n.ctl("phone", "add", "lobby", "--model", "8851", "--config",
                 write(n, "x.xml", XML)))
        ok(n.ctl("phone", "import", write(n, "one.csv", "name,model\nimported,8861\n")))
        for options, want in (
                ((), [ONE, TWO, "imported", "lobby"]),
                (("--model", "CP-8861"), [ONE, "imported"]),
                (("--protocol", "sccp"), [TWO]),
                (("--profile", "Standard SCCP Non-Secure Profile"), [TWO]),
                (("--name", "sep*"), [ONE, TWO]),
                (("--description", "*one*"), [ONE]),
                (("--setting", "web-access=full"), [ONE]),
                (("--setting", "Web Access=full", "--model", "8851"), []),
                (("--origin", "import"), ["imported"]),
                (("--with-config",), ["lobby"]),
                (("--without-config",), [ONE, TWO, "imported"]),
                (("--seen", "30"), []),
                (("--unseen", "30"), [ONE, TWO, "imported", "lobby"]),
                (("--sort", "-name"), ["lobby", "imported", TWO, ONE]),
                (("--sort", "model,-name"), [TWO, "lobby", "imported", ONE]),
                (("--sort", "web-access,name", "--limit", "1"), [TWO]),
                (("--limit", "2"), [ONE, TWO])):
            equal(names(n, *options), want, repr(options))
        equal(result(n.ctl("phone", "list", "--limit", "2", "--json"))["count"], 4)
        said = ok(n.ctl("phone", "list", "--columns", "name,web-access", "--limit", "1")).out
        equal(said.splitlines(), ["NAME                 WEB-ACCESS", ONE + "      full",
                                  "1 of 4 phones"])
        fails(n.ctl("phone", "list", "--columns", "nmae"), 2, "not a column")
        fails(n.ctl("phone", "list", "--sort", "x"), 2, "not a column")
        fails(n.ctl("phone", "list", "--profile", "x"), 1, "phone profile list")
        fails(n.ctl("phone", "list", "--setting", "ssh-password=x"), 2, "secret")
        fails(n.ctl("phone", "list", "--setting", "web-access=x"), 2, "Web Access")
        fails(n.ctl("phone", "list", "--limit", "0"), 2, "--limit")


def test_seen():
    with Node() as n:
        for name in (ONE, TWO):
            ok(n.ctl("phone", "add", name, "--model", "8861"))
        n.start()
        equal(n.boot(ONE).code, 0)
        n.stop()
        equal(names(n, "--seen", "1"), [ONE])
        equal(names(n, "--unseen", "1"), [TWO])
        assert phones(n, "--columns", "seen")[0]["seen_at"].startswith("20")


def test_round_trip():
    with Node() as n, Node(name="cm2") as m:
        for node in (n, m):
            ok(node.ctl("phone", "profile", "add", "enc", "--device-security-mode", "encrypted",
                        "--secure-when-ready", "yes"))
            ok(node.ctl("phone", "profile", "add", "urls", "--services-url", "http://h/s"))
            add_ann(node)
        ok(n.ctl("phone", "add", ONE, "--model", "8861", "--profile", "enc", "--description",
                 "a, b", "--digest-user", "ann", "--web-access", "full", "--display-name",
                 "O'Hara, Ann"))
        ok(n.ctl("phone", "add", TWO, "--model", "7960", "--protocol", "SCCP", "--config",
                 write(n, "x.xml", XML)))
        ok(n.ctl("phone", "add", "c", "--profile", "urls", "--services-url", ""))
        for name in ("p.csv", "p.json"):
            file = os.path.join(n.work, name)
            said = ok(n.ctl("phone", "export", file))
            contains(said.out, "3 phones in " + file)
            contains(said.err, "own XML of 1 phone as it was given, with the passwords")
            own = os.path.join(file + ".config", f"{TWO}.cnf.xml")
            equal([os.stat(p).st_mode & 0o777 for p in (os.path.dirname(own), own)],
                  [0o700, 0o600], "own XML may carry passwords")
            got = result(m.ctl("phone", "import", file, "--json"))
            equal((got["added"], got["failed"]), (3, 0), name)
            again = os.path.join(m.work, name)
            ok(m.ctl("phone", "export", again))
            with open(file, encoding="utf-8") as f, open(again, encoding="utf-8") as g:
                equal(g.read(), f.read(), name)
            for phone in (ONE, TWO, "c"):
                want, have = show(n, phone), show(m, phone)
                for key in ("model", "protocol", "profile", "description", "settings",
                            "own_config"):
                    equal(have[key], want[key], f"{phone} {key}")
            equal(value(m, "c", "services-url"), ("", "phone"))
            equal(result(m.ctl("phone", "import", file, "--json"))["same"], 3, "again")
            for phone in (ONE, TWO, "c"):
                ok(m.ctl("phone", "remove", phone, "--yes"))
        equal(json.loads(ok(n.ctl("phone", "export", "--format", "json")).out)[0]["name"], ONE)


def test_import_forms():
    with Node() as n:
        ok(n.ctl("phone", "profile", "add", "enc", "--device-security-mode", "encrypted",
                 "--secure-when-ready", "yes"))
        ok(n.ctl("phone", "profile", "add", "now", "--device-security-mode", "encrypted"))
        fails(n.ctl("phone", "import", write(n, "now.csv", f"name,model,profile\n{ONE},8861,now\n")),
              3, "line 2: Device Security Mode Encrypted needs a certificate")
        write(n, "in/xml/a.xml", XML)
        csv = write(n, "in/p.csv", "name,model,profile,config,ssh-password\n"
                    f"{ONE},8861,enc,xml/a.xml,Sw0rdfish\n{TWO},8861,,xml/none.xml,\n")
        got = fails(n.ctl("phone", "import", csv), 3, "line 3: ")
        assert "Sw0rdfish" not in got.out + got.err
        one = show(n, ONE)
        equal((one["profile"], one["own_config"], one["origin"]), ("enc", True, "import"))
        equal(one["settings"]["ssh-password"]["from"], "phone")
        lines = write(n, "p.jsonl", '{"name": "a", "idle-timer": 5}\n{"name": "b", "x": 1}\n'
                      '{"name": "c", "web-access": "maybe"}\n{"name": "d"}\n')
        got = fails(n.ctl("phone", "import", lines, "--json"), 3)
        equal([x["line"] for x in got.json["result"]["failed_lines"]], [2, 3])
        equal(names(n), [ONE, "a", "d"])
        fails(n.ctl("phone", "import", write(n, "h.csv", "name,nosuch\n")), 1, "columns are")
        said = fails(n.ctl("phone", "import", write(n, "q.csv", "name\nq\n1\n"), "--dry-run"), 3)
        contains(said.out, "1 added")
        equal(names(n, "--name", "q"), [])


def test_what_works_otherwise_than_it_looks():
    """Advice: each sentence once, and what changed only."""
    with Node() as n:
        add_ann(n)
        ok(n.ctl("user", "add", "bob", "--digest-credentials-file", "-", data=b"of bob\n"))
        ok(n.ctl("phone", "profile", "add", "old", "--device-security-mode", "encrypted",
                 "--secure-when-ready", "yes",
                 "--enable-digest-authentication", "yes",
                 "--exclude-digest-credentials-in-configuration-file", "yes"))
        csv = write(n, "p.csv", "name,model,profile,digest-user\n"
                    f"{ONE},7960,old,ann\n{TWO},7940,old,bob\nc,7960,old,ann\nd,8861,old,ann\n")
        said = ok(n.ctl("phone", "import", csv, "--json")).json["warnings"]
        equal([s[:40] for s in said],
              [f"line 2 and 1 more: {'7960/SIP encrypts its signalling only'}"[:40],
               "line 3: 7940/SIP encrypts its signalling"[:40],
               "line 4 and 1 more: ann is the digest user of several"[:40],
               "line 5: Exclude Digest Credentials in Co"[:40]])
        equal(ok(n.ctl("phone", "import", csv, "--json")).json["warnings"], [])
        said = ok(n.ctl("set", "param", "phone.builtin_bridge", "on")).err
        contains(said, "cannot accept a barge request")
        contains(said, "This concerns 3 phones.")
        assert "signalling only" not in said, said
        equal(ok(n.ctl("set", "param", "phone.builtin_bridge", "off")).err, "")
        xml = write(n, "own.xml", XML)
        said = ok(n.ctl("phone", "add", "e", "--model", "8861", "--config", xml,
                        "--display-name", "Ann", "--web-access", "full")).err
        contains(said, "stays as it was given: Display")
        assert "Web Access" not in said, said


def test_many_with_broken_lines():
    """50,000 with settings, 1,000 of them broken: exactly these."""
    with Node() as n:
        bad, rows = [], ["name,model,description,web-access,pc-port,directory-number"]
        for i in range(50000):
            web = "full"
            if i % 50 == 7:
                bad.append(i + 2)
                web = "maybe" if i % 100 == 7 else "full"
            model = "88 61" if bad and bad[-1] == i + 2 and web == "full" else "8861"
            rows.append(f"SEP{i:012X},{model},desk {i},{web},disabled,{1000 + i}")
        file = write(n, "many.csv", "\n".join(rows) + "\n")
        got = fails(n.ctl("phone", "import", file, "--json"), 3)
        equal(got.json["result"]["added"], 49000)
        equal([x["line"] for x in got.json["result"]["failed_lines"]], bad)
        count = result(n.ctl("phone", "list", "--setting", "web-access=full", "--limit", "1",
                             "--json"))
        equal(count["count"], 49000)
        got = fails(n.ctl("phone", "import", file, "--json"), 3)
        equal((got.json["result"]["same"], got.json["result"]["failed"]), (49000, 1000))


def test_users():
    with Node() as n:
        equal(add_ann(n)["changed"], True)
        equal(add_ann(n)["changed"], False)
        fails(n.ctl("user", "add", "ann", "--digest-credentials-file", "-", data=b"other\n"), 1,
              "user set")
        fails(n.ctl("user", "add", "bob", "--digest-credentials-file", "-", data=b'a"b\n'), 2,
              "printable ASCII")
        fails(n.ctl("user", "add", "a b"), 2, "user's name")
        fails(n.ctl("phone", "add", ONE, "--digest-user", "bob"), 4, "no end user")
        ok(n.ctl("user", "add", "bob", "--description", "Bob"))
        fails(n.ctl("phone", "add", ONE, "--digest-user", "bob"), 4, "no digest credentials")
        ok(n.ctl("phone", "add", ONE, "--digest-user", "ann"))
        equal(value(n, ONE, "digest-user"), ("ann", "phone"))
        shown = result(n.ctl("user", "show", "ann", "--json"))
        equal((shown["digest_credentials"], shown["phone_names"]), (True, [ONE]))
        listed = result(n.ctl("user", "list", "--json"))
        equal([(u["name"], u["phones"]) for u in listed["users"]], [("ann", 1), ("bob", 0)])
        fails(n.ctl("user", "remove", "ann", "--yes"), 4, ONE)
        fails(n.ctl("user", "set", "ann", "--digest-credentials-file", "none"), 4, ONE)
        contains(ok(n.ctl("user", "set", "ann", "--digest-credentials-file", "-",
                          data=b"new one\n")).out, "Effect: 1 phone")
        ok(n.ctl("phone", "set", ONE, "--digest-user", "default"))
        fails(n.ctl("user", "remove", "ann"), 1, "--yes")
        ok(n.ctl("user", "remove", "ann", "--yes"))
        fails(n.ctl("user", "show", "ann"), 1, "user list")
        fails(n.ctl("--batch", write(n, "b", "user add eve --digest-credentials-file -\n")), 1,
              "within a batch")


def test_remove_several():
    """All of them or none; by filter; one line each in the audit log."""
    with Node() as n:
        for i in range(1, 7):
            ok(n.ctl("phone", "add", f"SEP00000000000{i}", "--model", "8861" if i < 5 else "7960"))
        every = names(n)
        fails(n.ctl("phone", "remove", "--yes"), 2, "--of-model")
        fails(n.ctl("phone", "remove", ONE, "--all", "--yes"), 2, "not both")
        fails(n.ctl("phone", "remove", ONE, "--allow-weak", "--yes"), 2, "no option")
        got = fails(n.ctl("phone", "remove", ONE, TWO, "SEP000000000009", "--yes"), 1,
                    "SEP000000000009")
        contains(got.err, "none is removed")
        fails(n.ctl("phone", "remove", ONE, "a b", "--yes"), 1, "no phone")
        fails(n.ctl("phone", "remove", "--of-profile", "nosuch", "--yes"), 1, "profile list")
        fails(n.ctl("phone", "remove", "--all"), 1, "--yes")
        equal(result(n.ctl("phone", "remove", "--all", "--dry-run", "--json"))["count"], 6)
        equal(names(n), every)
        got = ok(n.ctl("phone", "remove", ONE, TWO, ONE, "--yes"))
        contains(got.out, f"2 phones ({ONE}, {TWO})")
        contains(got.out, "2 phones removed")
        equal(result(n.ctl("phone", "remove", "--of-model", "7960", "--json", "--yes")),
              {"name": None, "removed": True, "count": 2, "names": every[4:]})
        equal(result(n.ctl("phone", "remove", "--of-model", "7960", "--json", "--yes")),
              {"name": None, "removed": False, "count": 0, "names": []})
        equal(result(n.ctl("phone", "remove", "--of-profile", "Standard SIP Non-Secure Profile",
                           "--of-model", "8861", "--json", "--yes"))["names"], every[2:4])
        equal(names(n), [])
        audit = sqlite3.connect(os.path.join(n.state, "phonetrust.db"))
        equal([r[0] for r in audit.execute("SELECT detail FROM audit WHERE command = "
                                           "'phone remove' ORDER BY seq")],
              [ONE, TWO] + every[4:] + every[2:4])
        audit.close()


def test_realms():
    """Digest credentials per realm: added, listed, removed; a phone keeps some it can use."""
    with Node() as n:
        def user(verb, *words, secret=b"of its own\n"):
            return n.ctl("user", verb, "ann", "--digest-credentials-file", *words, "--json",
                         data=secret)

        fails(n.ctl("user", "add", "ann", "--realm", "x"), 2, "--digest-credentials-file")
        fails(user("add", "-", "--realm", "a\"b"), 2, "not a realm")
        equal(result(user("add", "-", "--realm", "elsewhere.example"))["realms"],
              ["elsewhere.example"])
        equal(result(user("add", "-", "--realm", "elsewhere.example"))["changed"], False)
        fails(n.ctl("phone", "add", ONE, "--digest-user", "ann"), 4, "no digest credentials")
        equal(result(user("set", "-", secret=b"any\n"))["realms"], [None, "elsewhere.example"])
        ok(n.ctl("phone", "add", ONE, "--digest-user", "ann"))
        equal(result(user("set", "-", "--realm", "ccmsipline"))["realms"],
              [None, "ccmsipline", "elsewhere.example"])
        contains(ok(n.ctl("user", "show", "ann")).out,
                 "set, for any realm, realm ccmsipline, realm elsewhere.example")
        equal(result(user("set", "none"))["realms"], ["ccmsipline", "elsewhere.example"])
        fails(user("set", "none", "--realm", "ccmsipline"), 4, ONE)
        fails(n.ctl("set", "param", "sip.station_realm", "new one"), 4, ONE)
        ok(n.ctl("set", "param", "sip.station_realm", "elsewhere.example"))
        equal(result(user("set", "none", "--realm", "ccmsipline"))["realms"],
              ["elsewhere.example"])
        audit = sqlite3.connect(os.path.join(n.state, "phonetrust.db"))
        equal(audit.execute("SELECT detail FROM audit ORDER BY seq DESC LIMIT 1").fetchone()[0],
              "ann without digest credentials for realm ccmsipline")
        audit.close()


def ask_at_terminal(n, answers, *words):
    """A command on a pseudo terminal, its questions answered: (exit, what it said)."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(program("ctltool"), ["ctltool", "--state", n.state, *words], environment())
    said, end = b"", time.monotonic() + DEADLINE
    for answer in answers:
        while not said.rstrip().endswith(b":"):
            assert time.monotonic() < end, said
            said += os.read(fd, 1000)
        os.write(fd, answer)
        said += b"|"
    try:
        while True:
            part = os.read(fd, 1000)
            if not part:
                break
            said += part
    except OSError:
        pass        # the terminal is gone with its program
    os.close(fd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said.decode()


def test_typed_twice_and_not_shown():
    with Node() as n:
        words = ("user", "add", "ann", "--digest-credentials-file", "-")
        code, said = ask_at_terminal(n, [b"s3cret\n", b"s3kret\n"], *words)
        equal(code, 2, said)
        contains(said, "not the same")
        code, said = ask_at_terminal(n, [b"s3cret\n", b"s3cret\n"], *words)
        equal(code, 0, said)
        contains(said, "Digest Credentials again: ")
        assert "s3cret" not in said, said
        equal(result(n.ctl("user", "show", "ann", "--json"))["digest_credentials"], True)
        equal(add_ann(n)["changed"], False, "typed is what was piped")


def test_interrupted_question_leaves_a_terminal_that_shows():
    with Node() as n:
        primary, secondary = pty.openpty()
        before = termios.tcgetattr(secondary)[3]
        with subprocess.Popen([program("ctltool"), "--state", n.state, "user", "add", "ann",
                               "--digest-credentials-file", "-"], stdin=secondary,
                              stdout=subprocess.DEVNULL, stderr=secondary,
                              env=environment()) as asking:
            try:
                wait_for("it shows nothing",
                         lambda: not termios.tcgetattr(secondary)[3] & termios.ECHO)
                asking.send_signal(signal.SIGTERM)
                equal(asking.wait(DEADLINE), -signal.SIGTERM)
            finally:
                asking.kill()
        equal(termios.tcgetattr(secondary)[3], before)
        os.close(secondary)
        os.close(primary)
        fails(n.ctl("user", "show", "ann"), 1, "no user")


def test_progress_on_a_terminal():
    with Node() as n:
        file = write(n, "p.csv", "name\n" + "".join(f"p{i}\n" for i in range(3000)))
        primary, secondary = pty.openpty()
        done = subprocess.run([program("ctltool"), "--state", n.state, "phone", "import", file],
                              stdout=subprocess.PIPE, stderr=secondary, timeout=DEADLINE,
                              env=environment(), check=False)
        os.close(secondary)
        said = os.read(primary, 65536).decode()
        os.close(primary)
        equal(done.returncode, 0, said)
        contains(said, "100%")
        contains(said, "rows/s")


def test_audit_without_secrets():
    with Node() as n:
        add_ann(n)
        ok(n.ctl("phone", "add", ONE, "--model", "8861", "--ssh-password-file",
                 write(n, "pw", "Sw0rdfish")))
        ok(n.ctl("phone", "set", "--all", "--pc-port", "no"))
        ok(n.ctl("phone", "copy", ONE, TWO, "--with-secrets"))
        db = sqlite3.connect(f"file:{n.state}/phonetrust.db?mode=ro", uri=True)
        rows = db.execute("SELECT command, detail FROM audit ORDER BY seq").fetchall()
        db.close()
        equal([r[0] for r in rows[-4:]], ["user add", "phone add", "phone set", "phone copy"])
        contains(rows[-2][1], "--pc-port")
        assert not any("Sw0rdfish" in str(r) or "s3cret" in str(r) for r in rows), rows


if __name__ == "__main__":
    main([test_life_of_a_phone, test_wrong_values_are_refused_where_typed, test_several_at_once,
          test_templates, test_secrets_stay_secret, test_lists, test_seen, test_round_trip,
          test_import_forms, test_what_works_otherwise_than_it_looks,
          test_many_with_broken_lines, test_users, test_remove_several, test_realms,
          test_typed_twice_and_not_shown,
          test_interrupted_question_leaves_a_terminal_that_shows, test_progress_on_a_terminal,
          test_audit_without_secrets])
