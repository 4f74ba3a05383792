#!/usr/bin/env python3
"""SRST references: a gateway's certificate fetched, compared, accepted, watched."""
import contextlib
import os
import re
import socket
import sqlite3
import time

from gateway import Gateway, make_certificate
from node import Node, contains, equal, fails, main, ok, wait_for

PHONE, OTHER = "SEP0011223344AA", "SEP0011223344BB"


def reference(n, gateway, *more, name="branch"):
    return ok(n.ctl("srst", "add", name, "--address", "127.0.0.1", "--certificate-port",
                    gateway.port, "--secure", "yes", *more))


def shown(n, name="branch"):
    return ok(n.ctl("srst", "show", name, "--json")).json["result"]


def audit(n):
    with contextlib.closing(sqlite3.connect(f"file:{n.state}/phonetrust.db?mode=ro",
                                            uri=True)) as db:
        return [row for row in db.execute("SELECT command, detail FROM audit")
                if row[0].startswith("srst")]


def test_fetch_compare_accept():
    with Node() as n, Gateway(*make_certificate(n.work)) as g:
        reference(n, g)
        got = ok(n.ctl("srst", "fetch", "branch"))
        for text in ("Subject: CN=gateway", "Valid: ", "Fingerprint (sha256): ",
                     "Fingerprint (sha1): ", "Fingerprint (md5): ",
                     f"srst accept branch --sha256 {g.sha256}"):
            contains(got.out, text)
        s = shown(n)
        equal((s["accepted_sha256"], s["candidate_sha256"]), (None, g.sha256))
        # Only by somebody who says so, and no other one.
        fails(n.ctl("srst", "accept", "branch"), 1, "--yes")
        fails(n.ctl("srst", "accept", "branch", "--sha256", "00" * 32, "--yes"), 4,
              "nothing is accepted")
        fails(n.ctl("srst", "accept", "branch", "--sha256", "00", "--yes"), 2, "64 hexadecimal")
        equal(shown(n)["accepted_sha256"], None)
        colons = ":".join(re.findall("..", g.sha256.upper()))
        got = ok(n.ctl("srst", "accept", "branch", "--sha256", colons, "--yes"))
        contains(got.out, "accepted for branch")
        s = shown(n)
        equal((s["accepted_sha256"], s["candidate_sha256"]), (g.sha256, None))
        contains(ok(n.ctl("srst", "fetch", "branch")).out, "the accepted certificate")
        fails(n.ctl("srst", "accept", "branch", "--yes"), 1, "no candidate")
        contains(str(audit(n)), g.sha256)


def test_versions_of_old_gateways():
    with Node() as n:
        cert = make_certificate(n.work)
        for i, args in enumerate((("-tls1", "-cipher", "AES128-SHA:@SECLEVEL=0"),
                                  ("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"),
                                  ("-tls1_2", "-cipher", "AES256-SHA:@SECLEVEL=0"),
                                  ("-tls1_3",),
                                  ("-tls1", "-cipher", "ALL:@SECLEVEL=0", "-Verify", "1"))):
            with Gateway(*cert, *args) as g:
                reference(n, g, name=f"g{i}")
                got = n.ctl("srst", "fetch", f"g{i}")
                # The last one wants a certificate of ours and hears that there is none.
                if "-Verify" in args:
                    fails(got, 4, "TLS handshake")
                else:
                    contains(ok(got).out, g.sha256)


def test_expected_or_nothing():
    with Node() as n, Gateway(*make_certificate(n.work)) as g:
        reference(n, g)
        before = shown(n)
        got = fails(n.ctl("srst", "fetch", "branch", "--expect-sha256", "11" * 32), 4,
                    "nothing is stored")
        contains(got.err, g.sha256)
        equal(shown(n), before)
        fails(n.ctl("srst", "fetch", "branch", "--expect-sha256", "xyz"), 2, "64 hexadecimal")
        ok(n.ctl("srst", "fetch", "branch", "--expect-sha256", g.sha256))
        equal(shown(n)["candidate_sha256"], g.sha256)


def test_silent_peers_and_others():
    with Node() as n, socket.socket() as silent, socket.socket() as closed:
        for s in (silent, closed):
            s.bind(("127.0.0.1", 0))
        silent.listen()
        for name, s in (("silent", silent), ("closed", closed)):
            ok(n.ctl("srst", "add", name, "--address", "127.0.0.1", "--certificate-port",
                     s.getsockname()[1], "--secure", "yes"))
        fails(n.ctl("srst", "fetch", "closed"), 6, "nobody answers")
        began = time.monotonic()
        fails(n.ctl("srst", "fetch", "silent"), 6, "in time")
        assert time.monotonic() - began < 120
        equal(shown(n, "silent")["candidate_sha256"], None)
        fails(n.ctl("srst", "fetch", "nosuch"), 1, "srst list")


def test_renewed_at_the_gateway():
    """Nobody tells: a look finds it, and the old one stays until somebody accepts."""
    with Node() as n:
        with Gateway(*make_certificate(n.work, "old")) as old:
            reference(n, old)
            ok(n.ctl("srst", "fetch", "branch"))
            ok(n.ctl("srst", "accept", "branch", "--yes"))
            contains(ok(n.ctl("srst", "check")).out, "the accepted certificate")
            # A look in the second of the acceptance may have come before it.
            wait_for("a look that counts", lambda: "no reference is due" in
                     ok(n.ctl("srst", "check")).out)
        port = old.port
        got = fails(n.ctl("srst", "check", "branch"), 3, "nobody answers")
        with Gateway(*make_certificate(n.work, "new"), port=port) as new:
            got = fails(n.ctl("srst", "check", "--all", "--json"), 3).json["result"]
            equal([(x["name"], x["state"], x["sha256"], x["accepted_sha256"])
                   for x in got["looks"]], [("branch", "other", new.sha256, old.sha256)])
            contains(ok(n.ctl("srst", "list")).out, "other")
            contains(ok(n.ctl("srst", "show", "branch")).out, "ANOTHER certificate")
            # A look stores nothing to accept.
            equal(shown(n)["candidate_sha256"], None)
            ok(n.ctl("srst", "fetch", "branch"))
            equal(shown(n)["accepted_sha256"], old.sha256)
            ok(n.ctl("srst", "accept", "branch", "--sha256", new.sha256, "--yes"))
            equal(shown(n)["accepted_sha256"], new.sha256)
            contains(ok(n.ctl("srst", "check")).out, "the accepted certificate")
        # Nothing needs the old one any more.
        with contextlib.closing(sqlite3.connect(f"file:{n.state}/phonetrust.db?mode=ro",
                                                uri=True)) as db:
            equal(db.execute("SELECT count(*) FROM certificate WHERE sha256 = ?",
                             (bytes.fromhex(old.sha256),)).fetchone(), (0,))


def info(n, phone):
    """srstInfo of a phone's file as it is served, {} for none."""
    status, _, body = n.http(f"/{phone}.cnf.xml")
    equal(status, 200)
    found = re.search(r"<srstInfo>(.*?)</srstInfo>", body.decode(), re.S)
    return dict(re.findall(r"<(\w+)>([^<]*)</", found.group(1))) if found else {}


def test_phones_and_what_they_lack():
    with Node() as n, Gateway(*make_certificate(n.work)) as g:
        fails(n.ctl("phone", "add", PHONE, "--srst-reference", "branch"), 4, "srst add")
        reference(n, g, "--port", "2100", "--sip-address", "gw.example.org")
        ok(n.ctl("phone", "profile", "add", "p", "--srst-reference", "branch",
                 "--device-security-mode", "encrypted", "--secure-when-ready", "yes"))
        ok(n.ctl("phone", "add", PHONE, "--model", "8861", "--srst-reference", "branch"))
        ok(n.ctl("phone", "add", OTHER, "--model", "8861", "--profile", "p"))
        ok(n.ctl("phone", "add", "SEP0011223344CC", "--model", "8861"))
        n.start()
        ok(n.ctl("srst", "fetch", "branch"))
        got = shown(n)
        equal(got["missing"], ["mixed-mode", "gateway-certificate"])
        ok(n.ctl("srst", "accept", "branch", "--yes"))
        got = shown(n)
        equal(got["missing"], ["mixed-mode"])
        equal({p["name"]: p["missing"] for p in got["used_by"]},
              {PHONE: ["mixed-mode", "device-security-mode"],
               OTHER: ["mixed-mode", "phone-certificate"]})
        equal((got["phones"], got["secure_phones"]), (2, 0))
        text = ok(n.ctl("show", "srst", "branch")).out
        contains(text, "Missing for all: the cluster is in non-secure mode")
        contains(text, f"Missing for 1: the phone's Device Security Mode is Non Secure ({PHONE})")
        contains(text, f"Missing for 1: the phone has no certificate, so its file says "
                 f"Non Secure ({OTHER})")
        # Without the conditions a phone is told of the gateway, not of its certificate.
        for phone in (PHONE, OTHER):
            said = info(n, phone)
            equal((said["ipAddr1"], said["port1"], said["sipIpAddr1"], said["sipPort1"],
                   said["isSecure"]), ("127.0.0.1", "2100", "gw.example.org", "5060", "false"))
            assert "certificate" not in said, said
        equal(info(n, "SEP0011223344CC"), {})
        # A change is in the next file asked for.
        got = ok(n.ctl("srst", "set", "branch", "--sip-port", "5070", "--secure", "no"))
        contains(got.out, "Effect: 2 phones get another configuration")
        equal(info(n, PHONE)["sipPort1"], "5070")
        contains(" ".join(shown(n)["missing"]), "reference-secure")


def test_used_ones_stay():
    with Node() as n:
        ok(n.ctl("srst", "add", "branch", "--address", "192.0.2.9"))
        ok(n.ctl("phone", "profile", "add", "p", "--srst-reference", "branch"))
        ok(n.ctl("phone", "add", PHONE, "--srst-reference", "branch"))
        ok(n.ctl("phone", "add", OTHER, "--profile", "p"))
        got = fails(n.ctl("srst", "remove", "branch", "--yes"), 4, "2 phones")
        contains(got.err, PHONE)
        contains(got.err, OTHER)
        ok(n.ctl("phone", "set", PHONE, "--srst-reference", "default"))
        ok(n.ctl("phone", "remove", OTHER, "--yes"))
        fails(n.ctl("srst", "remove", "branch", "--yes"), 4, "profile (p)")
        ok(n.ctl("phone", "profile", "set", "p", "--srst-reference", ""))
        fails(n.ctl("srst", "remove", "branch"), 1, "--yes")
        ok(n.ctl("srst", "remove", "branch", "--yes"))
        fails(n.ctl("srst", "show", "branch"), 1, "srst list")
        contains(ok(n.ctl("srst", "list")).out, "no SRST references")


def test_values():
    with Node() as n:
        add = ("srst", "add", "branch", "--address", "192.0.2.9")
        ok(n.ctl(*add))
        contains(ok(n.ctl(*add)).out, "is so already")
        fails(n.ctl(*add, "--port", "2001"), 1, "srst set")
        for option, value in (("--port", "0"), ("--sip-port", "65536"), ("--secure", "maybe"),
                              ("--certificate-port", "x"), ("--address", "a b"),
                              ("--sip-address", "a/b")):
            fails(n.ctl("srst", "set", "branch", option, value), 2)
        fails(n.ctl("srst", "add", "a b", "--address", "192.0.2.9"), 2, "name of a reference")
        fails(n.ctl("srst", "add", "x"), 2, "--address")
        fails(n.ctl("srst", "check", "branch", "--all"), 2, "do not go together")
        contains(ok(n.ctl("srst", "set", "branch", "--port", "2001", "--dry-run")).out, "2001")
        equal(shown(n)["port"], 2000)
        # Rehearsed, nobody is asked.
        contains(ok(n.ctl("srst", "fetch", "branch", "--dry-run")).out, "would ask 192.0.2.9")
        contains(ok(n.ctl("srst", "check", "--dry-run")).out, "would ask")
        for words in (("check", "nosuch"), ("check", "nosuch", "--dry-run"),
                      ("fetch", "nosuch", "--dry-run")):
            fails(n.ctl("srst", *words), 1, "srst list")


def test_completion():
    with Node() as n:
        ok(n.ctl("srst", "add", "branch", "--address", "192.0.2.9"))
        for line in ("srst show b", "srst fetch ", "show srst ", "phone set X --srst-reference ",
                     "srst check br"):
            got = ok(n.ctl("complete", f"ctltool --state {n.state} {line}")).out.split("\n")
            assert "branch" in got, (line, got)


if __name__ == "__main__":
    main([test_fetch_compare_accept, test_versions_of_old_gateways, test_expected_or_nothing,
          test_silent_peers_and_others, test_renewed_at_the_gateway,
          test_phones_and_what_they_lack, test_used_ones_stay, test_values, test_completion])
